import pytest

from iamlint.conditions.parser import Unparsable
from iamlint.conditions.token_claims import Claim, claims_compared, is_below, is_obscure, limits_of
from iamlint.unknown import Unknown, UnknownPart

ROLES = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', [])"


def equals(name: str, *values: str, part: bool = False) -> Claim:
    return Claim(name, "equals", values, part)


@pytest.mark.parametrize(
    ("expression", "ways"),
    [
        ("assertion.repository_owner == 'shop'", [{equals("assertion.repository_owner", "shop")}]),
        ("'shop' == assertion.repository_owner", [{equals("assertion.repository_owner", "shop")}]),
        ("assertion['repository_owner_id'] == '17'", [{equals("assertion.repository_owner_id", "17")}]),
        ("assertion.repository_id in ['1', '2']", [{equals("assertion.repository_id", "1", "2")}]),
        ("attribute.x == 'a' || attribute.x == 'b'", [{equals("attribute.x", "a")}, {equals("attribute.x", "b")}]),
        (
            "assertion.repository_owner == 'shop' && assertion.ref == 'refs/heads/main'",
            [{equals("assertion.repository_owner", "shop"), equals("assertion.ref", "refs/heads/main")}],
        ),
        ("assertion.sub.startsWith('repo:shop/')", [{Claim("assertion.sub", "prefix", ("repo:shop/",))}]),
        ("assertion.sub.matches('^repo:shop/')", [{Claim("assertion.sub", "matches", ("^repo:shop/",))}]),
        ("matches(assertion.sub, '^repo:shop/')", [{Claim("assertion.sub", "matches", ("^repo:shop/",))}]),
        ("'admins' in google.groups", [{Claim("google.groups", "has", ("admins",))}]),
        ("assertion.sub.split(':')[1] == 'shop/x'", [{equals("assertion.sub", "shop/x", part=True)}]),
        ("assertion.sub.extract('repo:{o}/') == 'shop'", [{equals("assertion.sub", "shop", part=True)}]),
        ("string(assertion.project_id) == '17'", [{equals("assertion.project_id", "17")}]),
        ("assertion.project_id == 17", [{Claim("assertion.project_id", "number", ("17",))}]),
        ("int(assertion.project_id) == 17", [{equals("assertion.project_id", "17")}]),
        ("size(assertion.sub) == 17", [{equals("assertion.sub", "17", part=True)}]),
        ("assertion.ref_protected", [{Claim("assertion.ref_protected", "other", ("true",))}]),
        ("has(assertion.environment)", [{Claim("assertion.environment", "present")}]),
        ("assertion.actor != 'mallory'", [{Claim("assertion.actor", "differs", ("mallory",))}]),
        ("assertion.iat > '17'", [{Claim("assertion.iat", "ordered", ("17",))}]),
        ("'17' <= assertion.iat", [{Claim("assertion.iat", "ordered", ("17",))}]),
        ("!(assertion.actor == 'mallory')", [{Claim("assertion.actor", "differs", ("mallory",))}]),
        (
            "!(assertion.a != 'x' || assertion.b != 'y')",
            [{equals("assertion.a", "x"), equals("assertion.b", "y")}],
        ),
        ("assertion.a == 'x' ? true : false", [{equals("assertion.a", "x")}]),
        (
            "assertion.a == 'x' ? assertion.b == 'y' : assertion.c == 'z'",
            [
                {equals("assertion.a", "x"), equals("assertion.b", "y")},
                {Claim("assertion.a", "differs", ("x",)), equals("assertion.c", "z")},
            ],
        ),
        ("true", [set()]),
        ("false", []),
        ("assertion.a == assertion.b", [set()]),
        ("!assertion.sub.startsWith('a')", [set()]),
        ("assertion.groups.exists(g, g == 'y')", [{Claim("assertion.groups", "has", ("y",))}]),
        ("assertion.a == 'x' || assertion.groups.exists(g, g != 'y')", [{equals("assertion.a", "x")}, set()]),
    ],
)
def test_what_a_condition_demands(expression: str, ways: list[set[Claim]]) -> None:
    assert claims_compared(expression) == tuple(map(frozenset, ways))


def test_more_ways_than_can_be_told_apart_keep_what_all_demand() -> None:
    many = " && ".join(f"(assertion.x{number} == 'a' || assertion.y{number} == 'b')" for number in range(20))
    ways = claims_compared(f"assertion.owner == 'shop' && {many}")
    assert isinstance(ways, tuple)
    assert ways
    assert all(equals("assertion.owner", "shop") in way for way in ways)


def test_a_value_with_a_unknown_part_is_a_demand_all_the_same() -> None:
    expression = Unknown("var.org has no default", ("assertion.owner == '", UnknownPart("var.org"), "'"))
    ways = claims_compared(expression)
    assert isinstance(ways, tuple)
    ((claim,),) = ways
    assert claim.name == "assertion.owner"
    assert claim.values == (Unknown("var.org has no default", (UnknownPart("var.org"),)),)


def test_what_is_no_cel_or_not_known_makes_no_demands() -> None:
    assert isinstance(claims_compared("assertion.owner ="), Unparsable)
    assert claims_compared(Unknown("known after apply")) == Unknown("known after apply")


@pytest.mark.parametrize(
    ("expression", "roles"),
    [
        (f"{ROLES}.hasOnly(['a', 'b'])", {"a", "b"}),
        (f"{ROLES}.hasOnly(['a']) || {ROLES}.hasOnly(['b'])", {"a", "b"}),
        (f"{ROLES}.hasOnly(['a', 'b']) && {ROLES}.hasOnly(['b', 'c'])", {"b"}),
        (f"{ROLES}.hasOnly(['a']) && resource.matchTag('1/x', 'y')", {"a"}),
        (f"{ROLES}.hasOnly(['a']) || resource.matchTag('1/x', 'y')", None),
        (f"{ROLES}.hasOnly([])", set()),
        (f"!{ROLES}.hasOnly(['a'])", None),
        ("request.time < timestamp('2030-01-01T00:00:00Z')", None),
        ("is no = CEL", None),
    ],
)
def test_the_roles_that_may_be_granted(expression: str, roles: set[str] | None) -> None:
    assert limits_of(expression) == (None if roles is None else frozenset(roles))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("assertion.repository == 'a/b' && !(assertion.ref == 'x')", False),
        ("true || assertion.ref == 'x'", False),
        ("has(assertion.ref) ? assertion.ref == 'x' : false", False),
        ("assertion.repository_owner + '/' == 'a/'", True),
        ("assertion.ref == 'x' || !['a'].exists(o, assertion.repository.startsWith(o))", False),
        ("assertion.ref == 'x' || !assertion.groups.exists(o, assertion.repository.startsWith(o))", True),
        ("(((", True),
    ],
)
def test_whether_a_part_is_not_understood(expression: str, expected: bool) -> None:
    assert is_obscure(expression) is expected


@pytest.mark.parametrize(
    ("expression", "below"),
    [
        ("assertion.repository.split('/')[1]", True),
        ("assertion.repository.split('/')[0]", False),
        ("assertion.repository.extract('/{name}')", True),
        ("assertion.repository.split('/'", False),
        ("assertion.repository", False),
    ],
)
def test_whether_an_expression_reads_what_follows_a_slash(expression: str, below: bool) -> None:
    assert is_below(expression) is below
