"""The tokens that a provider admits, compared with every token of a small world.

More examples than the suite has time for: ``pytest --many THIS_FILE``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from many import some

from iamlint.conditions.token_claims import Claim
from iamlint.facts import Condition, Declaration, Place, Provider
from iamlint.federation.admission import admission
from iamlint.location import Location

GITHUB, GITLAB = "https://token.actions.githubusercontent.com", "https://gitlab.com"
TERRAFORM, OWN = "https://app.terraform.io", "https://issuer.example"
Token = Mapping[str, str]
AT = Location("main.tf")


def github() -> list[Token]:
    tokens: list[Token] = []
    # Only GitHub knows which name has which number, so each may have any.
    for owner, owner_id, name, number, ref, env in product(
        ("acme", "acme-x", "web"),
        ("1", "2"),
        ("shop", "shop-x"),
        ("10", "20"),
        ("refs/heads/main", "refs/tags/v1"),
        ("prod", "prod-x"),
    ):
        common = {
            "repository": f"{owner}/{name}",
            "repository_owner": owner,
            "repository_owner_id": owner_id,
            "repository_id": number,
            "ref": ref,
            "environment": env,
        }
        subjects = (f"repo:{owner}/{name}:ref:{ref}", f"repo:{owner}/{name}:environment:{env}")
        tokens += [common | {"sub": sub} for sub in subjects]
    return tokens


def gitlab() -> list[Token]:
    return [
        {
            "project_path": f"{group}/{name}",
            "namespace_path": group,
            "ref": ref,
            "ref_type": kind,
            "sub": f"project_path:{group}/{name}:ref_type:{kind}:ref:{ref}",
        }
        for group, name, ref, kind in product(
            # A project may begin like a group next to it.
            ("acme", "acme/web", "acme-x"),
            ("shop", "shop-x", "web"),
            ("main", "v1"),
            ("branch", "tag"),
        )
    ]


def terraform() -> list[Token]:
    return [
        {
            "terraform_organization_name": org,
            "terraform_project_name": project,
            "terraform_workspace_name": workspace,
            "terraform_run_phase": phase,
            "terraform_full_workspace": f"organization:{org}:project:{project}:workspace:{workspace}",
            "sub": f"organization:{org}:project:{project}:workspace:{workspace}:run_phase:{phase}",
        }
        for org, project, workspace, phase in product(
            ("acme", "acme-x"), ("pay", "payroll"), ("prod", "prod-x"), ("plan", "apply")
        )
    ]


def own() -> list[Token]:
    return [{"sub": sub, "team": team} for sub, team in product(("a", "ab", "b"), ("x", "xy"))]


WORLDS = {GITHUB: github(), GITLAB: gitlab(), TERRAFORM: terraform(), OWN: own()}
WRONG = ("*", "acme/*", "a*b")
"""Values that no claim of these issuers has, except an environment, which may have any name."""


@dataclass(frozen=True)
class Check:
    """A condition, as an expression and as its result for a token: None if it cannot be evaluated."""

    text: str
    holds: Callable[[Token], bool | None]


def _either(one: Check, other: Check) -> Check:
    def holds(token: Token) -> bool | None:
        results = (one.holds(token), other.holds(token))
        return True if True in results else None if None in results else False

    return Check(f"({one.text} || {other.text})", holds)


def _both(one: Check, other: Check) -> Check:
    def holds(token: Token) -> bool | None:
        results = (one.holds(token), other.holds(token))
        return False if False in results else None if None in results else True

    return Check(f"({one.text} && {other.text})", holds)


MAPPINGS: dict[str, tuple[str, Callable[[Token, str], str]]] = {
    "plain": ("assertion.{claim}", lambda token, claim: token[claim]),
    "named": ("'x:' + assertion.{claim}", lambda token, claim: f"x:{token[claim]}"),
    "ended": ("assertion.{claim} + ':x'", lambda token, claim: f"{token[claim]}:x"),
    "constant": ("'always'", lambda token, claim: "always"),
}


@dataclass(frozen=True)
class Provided:
    """A provider of a world, with what its attribute is made of."""

    issuer: str
    claim: str
    mapping: str

    def attribute(self, token: Token) -> str:
        return MAPPINGS[self.mapping][1](token, self.claim)

    def provider(self, condition: str | None) -> Provider:
        place = Place(AT)
        of = MAPPINGS[self.mapping][0].format(claim=self.claim)
        return Provider(
            "projects/shop/locations/global/workloadIdentityPools/ci",
            "ci",
            Declaration(AT),
            place,
            "oidc",
            self.issuer,
            condition=Condition(condition) if condition else None,
            mapping=(("google.subject", "assertion.sub", place), ("attribute.a", of, place)),
        )


def _value(data: st.DataObject, provided: Provided, name: str) -> str:
    tokens = WORLDS[provided.issuer]
    token = data.draw(st.sampled_from(tokens))
    return _read(provided, name, token) or ""


def _read(provided: Provided, name: str, token: Token) -> str | None:
    if name == "attribute.a":
        return provided.attribute(token)
    if name == "google.subject":
        return token["sub"]
    return token[name.removeprefix("assertion.")] if name.startswith("assertion.") else None


def _atom(data: st.DataObject, provided: Provided, *, exact: bool) -> Check:
    claims = [f"assertion.{claim}" for claim in WORLDS[provided.issuer][0]]
    name = data.draw(st.sampled_from([*claims, "attribute.a", "google.subject", "attribute.unmapped"]))
    values = [_value(data, provided, name) for _ in range(data.draw(st.integers(1, 2)))]
    free = provided.issuer == OWN or "environment" in (provided.claim, name.removeprefix("assertion."))
    if not free and data.draw(st.integers(0, 4)) == 0:
        values = [data.draw(st.sampled_from(WRONG))]
    value = values[0] or "x"
    how = data.draw(st.sampled_from(["==", "prefix", "in"] if exact else ["==", "prefix", "in", "!=", "ends", "has"]))

    def test(work: Callable[[str], bool]) -> Callable[[Token], bool | None]:
        def holds(token: Token) -> bool | None:
            found = _read(provided, name, token)
            return None if found is None else work(found)

        return holds

    match how:
        case "prefix":
            begins = value if value in WRONG else value[: data.draw(st.integers(1, len(value)))]
            return Check(f"{name}.startsWith('{begins}')", test(lambda found: found.startswith(begins)))
        case "in":
            listed = ", ".join(f"'{one}'" for one in values)
            return Check(f"{name} in [{listed}]", test(lambda found: found in values))
        case "!=":
            return Check(f"{name} != '{value}'", test(lambda found: found != value))
        case "ends":
            return Check(f"{name}.endsWith('{value[-3:]}')", test(lambda found: found.endswith(value[-3:])))
        case "has":
            return Check(f"{name}.contains('{value[:4]}')", test(lambda found: value[:4] in found))
        case _:
            return Check(f"{name} == '{value}'", test(lambda found: found == value))


def _condition(data: st.DataObject, provided: Provided, *, exact: bool, depth: int = 2) -> Check:
    kind = data.draw(st.sampled_from(["atom", "and", "or"] if depth else ["atom"]))
    if kind == "atom":
        return _atom(data, provided, exact=exact)
    parts = [_condition(data, provided, exact=exact, depth=depth - 1) for _ in range(2)]
    return _both(*parts) if kind == "and" else _either(*parts)


def _someone(data: st.DataObject, *, exact: bool) -> tuple[Provided, Check, str, str]:
    issuer = data.draw(st.sampled_from(sorted(WORLDS)))
    claim = data.draw(st.sampled_from(sorted(WORLDS[issuer][0])))
    # A prefix of a claim with a text after it may end in either, which counts as possible.
    mappings = sorted(MAPPINGS.keys() - {"ended"}) if exact else sorted(MAPPINGS)
    provided = Provided(issuer, claim, data.draw(st.sampled_from(mappings)))
    member = data.draw(st.sampled_from(["attribute.a", "google.subject"]))
    value = _value(data, provided, member)
    return provided, _condition(data, provided, exact=exact), member, value


def _gets_in(provided: Provided, check: Check, member: str | None, value: str) -> bool:
    return any(
        check.holds(token) is True and (member is None or _read(provided, member, token) == value)
        for token in WORLDS[provided.issuer]
    )


EXAMPLES = some(20, 600)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data())
def test_whom_it_shuts_out_no_token_is(data: st.DataObject) -> None:
    provided, check, member, value = _someone(data, exact=False)
    let_in = admission(provided.provider(check.text))
    for demand in ((), (Claim(member, "equals", (value,)),)):
        found = let_in.ways(*demand)
        assert found is not None
        if not found[0]:
            assert not _gets_in(provided, check, member if demand else None, value), check.text


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data())
def test_of_values_and_beginnings_it_is_exact(data: st.DataObject) -> None:
    provided, check, member, value = _someone(data, exact=True)
    let_in = admission(provided.provider(check.text))
    for demand in ((), (Claim(member, "equals", (value,)),)):
        found = let_in.ways(*demand)
        assert found is not None
        expected = _gets_in(provided, check, member if demand else None, value)
        assert bool(found[0]) == expected, (provided, check.text, demand, found)


@pytest.mark.parametrize("issuer", [GITHUB, GITLAB, TERRAFORM])
def test_every_token_of_an_issuer_has_the_forms_of_its_claims(issuer: str) -> None:
    for token in WORLDS[issuer]:
        condition = " && ".join(f"assertion.{claim} == '{value}'" for claim, value in token.items())
        found = admission(Provided(issuer, "sub", "plain").provider(condition)).ways()
        assert found is not None
        assert found[0], (condition, found[1])


@pytest.mark.parametrize(
    ("begun", "open_"),
    [("acme-", False), ("acme/web/", False), ("acm", True), ("acme/", True), ("acme/w", True)],
)
def test_a_project_lies_in_its_namespace(begun: str, open_: bool) -> None:
    condition = f"assertion.project_path.startsWith('{begun}') && assertion.namespace_path == 'acme'"
    found = admission(Provided(GITLAB, "sub", "plain").provider(condition)).ways()
    assert found is not None
    assert bool(found[0]) is open_
