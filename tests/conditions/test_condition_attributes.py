"""The attributes that a condition reads: of the resource, the request, the caller, tags and modified roles."""

from __future__ import annotations

from datetime import date

import pytest

from iamlint.conditions.abstract_values import Anything, Between, Possible, Some, known
from iamlint.conditions.attributes import MODIFIED_GRANTS, RESOURCE, alike, attribute, of_api
from iamlint.conditions.context import Context, Tag, TagState
from iamlint.conditions.evaluation import evaluate
from iamlint.facts import Principal
from iamlint.principals import read_principal
from iamlint.unknown import Truth, Unknown, UnknownPart

TODAY = date(2026, 11, 24)
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
CI = "serviceAccount:ci@shop.iam.gserviceaccount.com"
POOL = "//iam.googleapis.com/projects/12345/locations/global/workloadIdentityPools/ci"
STAFF = "//iam.googleapis.com/locations/global/workforcePools/staff"
ACCOUNT_TYPE, PERSON_TYPE = "iam.googleapis.com/ServiceAccount", "iam.googleapis.com/WorkspaceIdentity"
TOKEN, START = "iam.serviceAccounts.getAccessToken", "compute.instances.start"
SET_PROJECT = "resourcemanager.projects.setIamPolicy"


@pytest.mark.parametrize(
    ("path", "permission", "expected"),
    [
        ("resource.service", START, "compute.googleapis.com"),
        ("resource.service", "cloudsql.instances.get", "sqladmin.googleapis.com"),
        ("resource.service", "bigtable.tables.get", "bigtableadmin.googleapis.com"),
        ("resource.service", SET_PROJECT, "cloudresourcemanager.googleapis.com"),
        ("resource.service", "storage.objects.get", "storage.googleapis.com"),
        ("resource.type", SET_PROJECT, "cloudresourcemanager.googleapis.com/Project"),
        ("resource.type", "resourcemanager.folders.get", None),
        ("resource.type", START, None),
        ("resource.name", SET_PROJECT, None),
        ("resource.name", None, None),
        ("resource.service", None, None),
    ],
)
def test_an_attribute_of_the_resource(path: str, permission: str | None, expected: str | None) -> None:
    found = attribute(path, Context(TODAY, permission))
    if expected is None:
        assert isinstance(found, Anything)
        assert [(one.kind, one.text) for one in found.reasons] == [("resource", f"it depends on {path}")]
    else:
        assert found == known(expected)


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ('startsWith("projects/_/buckets/data")', T),
        ('startsWith("projects/_/buckets/da")', T),
        ('startsWith("projects/_/buckets/data/")', U),  # not the bucket itself
        ('startsWith("projects/_/buckets/data/objects/in/")', U),
        ('startsWith("projects/_/buckets/data2")', F),
        ('startsWith("projects/_/buckets/other/objects/")', F),
        ('endsWith("/objects/x")', U),
    ],
)
def test_the_name_of_what_is_in_a_bucket(test: str, expected: Truth) -> None:
    context = Context(TODAY, "storage.objects.get", bucket="data")
    assert evaluate(f"resource.name.{test}", context).truth is expected
    assert evaluate(f"!resource.name.{test}", context).truth is ~expected
    assert evaluate(f"resource.name.{test}", Context(TODAY, "storage.objects.get")).truth is U
    assert evaluate(f"resource.name.{test}", Context(TODAY, bucket="data")).truth is U


@pytest.mark.parametrize(
    ("permission", "what"),
    [
        (TOKEN, "service accounts"),
        ("iam.serviceAccountKeys.create", "service accounts"),
        ("iam.roles.get", "resources of iam"),
        ("run.services.get", "resources of run"),
    ],
)
@pytest.mark.parametrize("path", ["resource.name", "resource.type", "resource.service"])
def test_a_resource_that_provides_no_attributes(permission: str, what: str, path: str) -> None:
    found = attribute(path, Context(TODAY, permission))
    assert isinstance(found, Some)
    assert (found.values, found.fails) == ((), True)
    never = "this part of its condition never grants anything"
    so = never if path == "resource.name" else "no positive test of it in its condition holds"
    reason = f"{what} do not provide {path}, so {so}"
    assert [(one.kind, one.text) for one in found.reasons] == [("unavailable", reason)]


@pytest.mark.parametrize(
    ("path", "kind", "text"),
    [
        ("request.path", "request", "it depends on request.path"),
        ("destination.ip", "request", "it depends on destination.ip"),
        ("origin.ip", "request", "it depends on origin.ip"),
        ("levels.x", "request", "it depends on levels.x"),
        ("device.os", "request", "it depends on device.os"),
        ("resource.labels", "resource", "it depends on resource.labels"),
        ("assertion.sub", "request", "it depends on the token's assertion.sub"),
        ("attribute.x", "request", "it depends on the token's attribute.x"),
        ("google.subject", "request", "it depends on the token's google.subject"),
        ("principal.name", "foreign", "iamlint does not know principal.name"),
        ("something.else", "foreign", "iamlint does not know something.else"),
    ],
)
def test_an_attribute_that_may_have_any_value(path: str, kind: str, text: str) -> None:
    found = attribute(path, Context(TODAY, START))
    assert isinstance(found, Anything)
    assert [(one.kind, one.text) for one in found.reasons] == [(kind, text)]
    assert isinstance(attribute("request.time", Context(TODAY)), Between)


REFERENCE = "serviceAccount:${google_service_account.ci.email}"
PARTLY = read_principal(Unknown("var.x has no default", ("user:", UnknownPart("var.x"))))


@pytest.mark.parametrize(
    ("principal", "type_", "subject"),
    [
        (read_principal("user:ana@example.com"), PERSON_TYPE, "ana@example.com"),
        (read_principal(CI), ACCOUNT_TYPE, "ci@shop.iam.gserviceaccount.com"),
        (
            read_principal("serviceAccount:1-compute@developer.gserviceaccount.com"),
            ACCOUNT_TYPE,
            "1-compute@developer.gserviceaccount.com",
        ),
        (read_principal(REFERENCE), ACCOUNT_TYPE, None),  # its e-mail is not a literal
        (read_principal(f"principal:{POOL}/subject/x"), "iam.googleapis.com/WorkloadPoolIdentity", None),
        (read_principal(f"principalSet:{POOL}/*"), "iam.googleapis.com/WorkloadPoolIdentity", None),
        (read_principal(f"principal:{STAFF}/subject/x"), "iam.googleapis.com/WorkforcePoolIdentity", None),
        (read_principal("group:ops@example.com"), None, None),
        (read_principal("allUsers"), None, None),
        (PARTLY, None, None),
        (None, None, None),
    ],
)
def test_an_attribute_of_the_caller(principal: Principal | None, type_: str | None, subject: str | None) -> None:
    context = Context(TODAY, TOKEN, principal)
    for path, expected in (("principal.type", type_), ("principal.subject", subject)):
        found = attribute(path, context)
        if expected is None:
            assert isinstance(found, Anything)
            assert [(one.kind, one.text) for one in found.reasons] == [("principal", f"it depends on {path}")]
        else:
            assert found == known(expected)


DEFAULT = known(("none",))


@pytest.mark.parametrize(
    ("name", "permission", "modified", "expected"),
    [
        (MODIFIED_GRANTS, TOKEN, ("roles/owner",), DEFAULT),
        (MODIFIED_GRANTS, "resourcemanager.projects.getIamPolicy", ("roles/owner",), DEFAULT),
        (MODIFIED_GRANTS, SET_PROJECT, ("roles/owner",), known(("roles/owner",))),
        (MODIFIED_GRANTS, SET_PROJECT, (), known(())),
        (MODIFIED_GRANTS, None, ("roles/owner",), known(("roles/owner",))),
        (MODIFIED_GRANTS, SET_PROJECT, None, "limit"),
        (MODIFIED_GRANTS, None, None, "limit"),
        ("storage.googleapis.com/objectListPrefix", SET_PROJECT, ("roles/owner",), "request"),
    ],
)
def test_an_attribute_of_an_api(
    name: str, permission: str | None, modified: tuple[str, ...] | None, expected: Possible | str
) -> None:
    found = of_api(name, DEFAULT, Context(TODAY, permission, modified=modified))
    if isinstance(expected, str):
        assert isinstance(found, Anything)
        assert [one.kind for one in found.reasons] == [expected]
    else:
        assert found == expected


ROLES = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', [])"


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        (f"{ROLES}.hasOnly(['a', 'b'])", "a, b"),
        (f"{ROLES}.hasOnly([])", "no role"),
        (f"{ROLES}.hasOnly(['a', 'b', 'c', 'd', 'e'])", "a, b, c, d, e"),
        (f"{ROLES}.hasOnly(['a', 'b', 'c', 'd', 'e', 'f'])", "a, b, c, d, e and others"),
    ],
)
def test_the_roles_that_a_limit_names(expression: str, shown: str) -> None:
    found = evaluate(expression, Context(TODAY, SET_PROJECT))
    assert found.why == (f"this condition allows granting only these roles: {shown}",)


@pytest.mark.parametrize(
    ("expression", "modified", "truth", "why"),
    [
        (f"{ROLES}.hasOnly(['a'])", ("b", "c", "a"), F, "this condition does not allow granting b, c"),
        (f"{ROLES}.hasOnly(['a', 'b'])", ("a",), T, ""),
        (
            f"{ROLES}.hasOnly(['a', request.host])",
            ("b",),
            U,
            "one of the roles that this condition allows granting is not known",
        ),
    ],
)
def test_why_a_role_may_not_be_granted(expression: str, modified: tuple[str, ...], truth: Truth, why: str) -> None:
    found = evaluate(expression, Context(TODAY, SET_PROJECT, modified=modified))
    assert (found.truth, found.why) == (truth, (why,) if why else ())


def test_a_default_that_is_not_empty_is_not_known() -> None:
    limit = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', ['a']).hasOnly(['a'])"
    found = evaluate(limit, Context(TODAY, TOKEN))
    assert (found.truth, found.why) == (U, ("it has a default",))


# -- tags --------------------------------------------------------------------------------------------------------------

KEYS, VALUES = frozenset({"7/env", "tagKeys/1"}), frozenset({"prod", "tagValues/2"})
ENV, OWN_ENV = Tag(KEYS, VALUES, own=False), Tag(KEYS, VALUES, own=True)
NAMELESS = Tag(frozenset(), frozenset({"tagValues/9"}), own=True)


@pytest.mark.parametrize(
    ("state", "matched", "other_value", "other_key", "has"),
    [
        (TagState(()), U, U, U, U),
        (TagState((), complete=True), F, F, F, F),
        (TagState((ENV,)), T, U, U, T),
        (TagState((OWN_ENV,)), T, F, U, T),
        (TagState((ENV,), complete=True), T, F, F, T),
        (TagState((NAMELESS,)), U, U, U, U),
        (TagState((NAMELESS, OWN_ENV)), T, F, U, T),
        (TagState((OWN_ENV, NAMELESS)), T, F, U, T),
    ],
)
def test_the_tags_of_a_resource(
    state: TagState, matched: Truth, other_value: Truth, other_key: Truth, has: Truth
) -> None:
    assert state.matches("7/env", "prod") is state.matches("tagKeys/1", "tagValues/2") is matched
    assert state.matches("7/env", "dev") is other_value
    assert state.matches("7/team", "prod") is other_key
    assert state.has("7/env") is has
    context = Context(TODAY, TOKEN, tags=state)
    assert evaluate("resource.matchTag('7/env', 'prod')", context).truth is matched
    assert evaluate("resource.matchTagId('tagKeys/1', 'tagValues/2')", context).truth is matched
    assert evaluate("resource.matchTag('7/env', 'dev')", context).truth is other_value
    assert evaluate("resource.hasTagKey('7/env')", context).truth is has
    assert evaluate("resource.hasTagKeyId('tagKeys/1')", context).truth is has


def test_a_value_by_its_id_is_that_of_one_key() -> None:
    assert TagState((NAMELESS,)).matches("7/any", "tagValues/9") is T


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("resource.matchTag('7/env', 'dev')", "the resource does not have the tag (matchTag(7/env, dev))"),
        ("resource.hasTagKey('7/team')", "the resource does not have the tag (hasTagKey(7/team))"),
        ("resource.matchTag('7/env')", "the input does not show the tags of the resource (matchTag(7/env))"),
        ("resource.hasTagKey('7/env', 'x')", "the input does not show the tags of the resource (hasTagKey(7/env, x))"),
        (
            "resource.matchTag(request.host, 1)",
            "the resource does not have the tag (matchTag(…, 1))",
        ),
    ],
)
def test_what_a_reader_is_told_of_tags(expression: str, why: str) -> None:
    found = evaluate(expression, Context(TODAY, TOKEN, tags=TagState((ENV,), complete=True)))
    assert found.why == (why,)
    unknown = evaluate("resource.matchTag('7/env', 'dev')", Context(TODAY, TOKEN))
    assert unknown.why == ("the input does not show the tags of the resource (matchTag(7/env, dev))",)


def test_a_tag_with_an_unknown_part_is_shown_with_its_reference() -> None:
    text = Unknown("known after apply", ("resource.matchTag('7/env', '", UnknownPart("var.env"), "')"))
    found = evaluate(text, Context(TODAY, TOKEN))
    assert found.why == ("the input does not show the tags of the resource (matchTag(7/env, ${var.env}))",)


@pytest.mark.parametrize(
    "permission",
    [
        TOKEN,
        START,
        SET_PROJECT,
        *("iam.serviceAccounts.setIamPolicy", "iam.serviceAccountKeys.create", "iam.roles.get"),
        *("resourcemanager.projects.get", "resourcemanager.folders.setIamPolicy", "run.services.setIamPolicy"),
        *("storage.buckets.get", "storage.buckets.setIamPolicy", "setIamPolicy"),
    ],
)
def test_a_permission_has_the_values_of_the_one_that_it_is_like(permission: str) -> None:
    own, other = Context(TODAY, permission), Context(TODAY, alike(permission))
    for path in RESOURCE:
        assert attribute(path, own) == attribute(path, other)
    assert of_api(MODIFIED_GRANTS, known("x"), own) == of_api(MODIFIED_GRANTS, known("x"), other)


def test_a_condition_is_evaluated_once_for_permissions_that_are_alike() -> None:
    condition = 'resource.name.startsWith("projects/shop/once/")'
    by_permission = {name: evaluate(condition, Context(TODAY, name)) for name in (TOKEN, "iam.serviceAccountKeys.get")}
    assert len(set(map(id, by_permission.values()))) == 1
    until = 'request.time < timestamp("2031-01-01T00:00:01Z")'  # it asks for no resource
    assert len({id(evaluate(until, Context(TODAY, name))) for name in (TOKEN, START, "run.services.get")}) == 1
