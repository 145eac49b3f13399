"""Names and functions that conditions have, and unknown ones."""

from __future__ import annotations

import pytest

from iamlint.conditions.declared import BOUNDARY, IAM, MAPPING, PROVIDER, TEXT, Language, beside_tags, never, undeclared
from iamlint.conditions.parser import Unparsable, parse
from iamlint.unknown import Unknown, UnknownPart


@pytest.mark.parametrize(
    ("language", "expression"),
    [
        (IAM, "resource.matchTag('1/env', 'dev') && resource.hasTagKeyId('tagKeys/1')"),
        (IAM, "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/viewer'])"),
        (IAM, "'accessPolicies/1/accessLevels/a' in request.auth.access_levels"),
        (IAM, "destination.ip == '10.0.0.1' && destination.port == 22 && request.path.startsWith('/admin')"),
        (IAM, "request.time.getHours('Europe/Berlin') < 18 && resource.name.extract('projects/{p}/') == 'shop'"),
        (IAM, "['a', 'b'].exists(one, resource.name.endsWith(one))"),
        (IAM, "principal.type == 'iam.googleapis.com/ServiceAccount'"),
        (BOUNDARY, "principal.type == 'iam.googleapis.com/ServiceAccount' || principal.subject.endsWith('@a')"),
        (IAM, "request.auth.claims.iss == 'a' && origin.region_code == 'DE'"),
        (PROVIDER, "assertion.a == 'x' && attribute.b == 'y' && google.subject.startsWith('z')"),
        (PROVIDER, "assertion.groups.exists(group, group in ['a'])"),
        (PROVIDER, "assertion.email_verified && matches(assertion.a, '^b$')"),
        (PROVIDER, "assertion.a ? assertion.b == 'c' : false"),
        (MAPPING, "assertion.arn.extract('assumed-role/{role}/')"),
        (MAPPING, "'a'"),
        (IAM, Unknown("not known", (UnknownPart("var.name"), " == 'x'"))),
        (IAM, "request.time - timestamp('2030-01-01T00:00:00Z') < duration('60s')"),
        (IAM, "request.time + duration('60s') < timestamp('2030-01-01T00:00:00Z')"),
        (IAM, "duration('60s') + request.time < timestamp('2030-01-01T00:00:00Z')"),
        (IAM, "timestamp('2030-01-01T00:00:00Z') != request.time && resource.type != 'x'"),
    ],
)
def test_it_has(language: Language, expression: str | Unknown) -> None:
    assert undeclared(expression, language) is None


@pytest.mark.parametrize(
    ("language", "expression", "named"),
    [
        (IAM, "assertion.repository == 'a/b'", "assertion"),
        (IAM, "attribute.team == 'a'", "attribute"),
        (IAM, "foo == 'a'", "foo"),
        (IAM, "request.tim < timestamp('2099-01-01T00:00:00Z')", "request.tim"),
        (IAM, "resource.Name == 'a'", "resource.Name"),
        (IAM, "'a' in request.auth.access_level", "request.auth.access_level"),
        (IAM, "request.aut.claims.iss == 'a'", "request.aut"),
        (IAM, "principal.email == 'a'", "principal.email"),
        (IAM, "destination.host == 'a'", "destination.host"),
        (BOUNDARY, "resource.name == 'a'", "`resource`"),
        (BOUNDARY, "request.time < timestamp('2099-01-01T00:00:00Z')", "`request`"),
        (BOUNDARY, "principal.typ == 'a'", "principal.typ"),
        (IAM, "resource.name.startWith('a')", "did you mean `startsWith`"),
        (IAM, "resource.name.contain('a')", "did you mean `contains`"),
        (IAM, "resource.name.frobnicate('a')", "`frobnicate` is not a function of conditions"),
        (IAM, "foo.name.startsWith('a')", "`foo`"),
        (IAM, "resource.name.startsWith(foo)", "`foo`"),
        (IAM, "['a'].exists(one, two == one)", "two"),
        (IAM, "[foo].exists(one, one == 'a')", "`foo`"),
        (IAM, "['a'].exists(one, one == 'a') && one == 'a'", "`one`"),
        (IAM, "!foo", "`foo`"),
        (IAM, "-foo == 1", "`foo`"),
        (IAM, "[1, foo][0] == 1", "`foo`"),
        (IAM, "[1][foo] == 1", "`foo`"),
        (IAM, "true ? foo : 'a'", "`foo`"),
        (IAM, "{'a': foo}['a'] == 'b'", "`foo`"),
        (PROVIDER, "repository_owner == 'a'", "repository_owner"),
        (PROVIDER, "assertion.a == b", "`b`"),
        (PROVIDER, "request.time < timestamp('2099-01-01T00:00:00Z')", "request"),
        (PROVIDER, "assertion.a in 'a'", "`in`"),
        (MAPPING, "sub", "sub"),
        (PROVIDER, "'a'", "a text"),
        (PROVIDER, "1", "a number"),
        (PROVIDER, "{'a': 1}", "a map"),
        (PROVIDER, "assertion.a + 'b'", "a text"),
        (PROVIDER, "assertion.a ? 'b' : 'c'", "a text"),
        (PROVIDER, "assertion.a == 'b' && 'c'", "a text where true or false"),
        (PROVIDER, "!'a'", "a text where true or false"),
        (PROVIDER, "startsWith(assertion.a, 'b')", "is a method"),
        (PROVIDER, "assertion.a.startsWith()", "one argument"),
        (PROVIDER, "int(assertion.a) == '1'", "compares a number with a text"),
        (IAM, "request.time.getHours() == '8'", "compares a number with a text"),
        (IAM, "request.time == 5", "compares a time with a number"),
        (IAM, "timestamp('2030-01-01T00:00:00Z') != 'x'", "compares a time with a text"),
        (IAM, "resource.name == 5", "compares a text with a number"),
        (IAM, "request.time", "a time"),
        (PROVIDER, "assertion.a.contains('b', 'c')", "one argument"),
        (PROVIDER, "assertion.a.matches('[')", "not a regular expression"),
        (PROVIDER, "matches(assertion.a, '(')", "not a regular expression"),
        (MAPPING, "assertion.a.extract()", "one argument"),
        (IAM, "resource.matchTag('1/env')", "two arguments"),
        (IAM, "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole').hasOnly(['a'])", "two arguments"),
    ],
)
def test_it_has_not(language: Language, expression: str, named: str) -> None:
    found = undeclared(expression, language)
    assert found is not None
    assert named in found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("!a", "a truth value"),
        ("a && b", "a truth value"),
        ("a || b", "a truth value"),
        ("true", "a truth value"),
        ("a == b", "a truth value"),
        ("a in ['b']", "a truth value"),
        ("a.startsWith('b')", "a truth value"),
        ("a.exists(b, b == 'c')", "a truth value"),
        ("1", "a number"),
        ("0.5", "a number"),
        ("-a", "a number"),
        ("a - b", "a number"),
        ("size(a)", "a number"),
        ("null", "null"),
        ("{'a': 'b'}", "a map"),
        ("a ? true : 'b'", "a truth value"),
        ("a ? 'b' : 1", "a number"),
        ("a ? 'b' : 'c'", None),
        ("a + b", None),
        ("'a'", None),
        ("a.b", None),
        ("a.extract('{b}')", None),
    ],
)
def test_what_can_be_no_text(expression: str, expected: str | None) -> None:
    parsed = parse(expression)
    assert not isinstance(parsed, Unparsable | Unknown)
    assert never(parsed, TEXT) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("resource.matchTag('1/env', 'dev')", None),
        ("!resource.matchTagId('tagKeys/1', 'tagValues/2') || resource.hasTagKey('1/env') && true", None),
        ("request.time < timestamp('2030-01-01T00:00:00Z')", "request.time"),
        ("resource.matchTag('1/env', 'dev') && resource.name == 'x'", "resource.name"),
        ("resource.name.startsWith('x')", "resource.name"),
        ("principal['subject'] == 'x'", "principal.subject"),
        ("timestamp('2030-01-01T00:00:00Z') == timestamp('2030-01-01T00:00:00Z')", "timestamp"),
        ("tag.matchTag('1/env', 'dev')", "tag"),
        ("resource.matchTag(", None),  # malformed
        (Unknown("not known"), None),
    ],
)
def test_what_is_not_about_tags(expression: str | Unknown, expected: str | None) -> None:
    assert beside_tags(expression) == expected
