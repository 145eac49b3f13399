"""Names and functions that conditions have, and unknown ones."""

from __future__ import annotations

import pytest

from iamlint.conditions import IAM, MAPPING, PROVIDER, Language, undeclared
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
        (PROVIDER, "assertion.a == 'x' && attribute.b == 'y' && google.subject.startsWith('z')"),
        (PROVIDER, "assertion.groups.exists(group, group in ['a'])"),
        (MAPPING, "assertion.arn.extract('assumed-role/{role}/')"),
        (IAM, Unknown("not known", (UnknownPart("var.name"), " == 'x'"))),
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
        (IAM, "resource.name.startWith('a')", "did you mean `startsWith`"),
        (IAM, "['a'].exists(one, two == one)", "two"),
        (PROVIDER, "repository_owner == 'a'", "repository_owner"),
        (PROVIDER, "assertion.a == b", "`b`"),
        (PROVIDER, "request.time < timestamp('2099-01-01T00:00:00Z')", "request"),
        (PROVIDER, "assertion.a in 'a'", "`in`"),
        (MAPPING, "sub", "sub"),
    ],
)
def test_it_has_not(language: Language, expression: str, named: str) -> None:
    found = undeclared(expression, language)
    assert found is not None
    assert named in found
