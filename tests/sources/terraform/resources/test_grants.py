"""Members, bindings and policies: one grant for each principal, each part with its own place."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iamlint.documents.values import Value
from iamlint.facts import Condition, Grant, UnreadPart
from iamlint.location import SourceText, Span
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.resources.facts import facts_of, is_wanted
from iamlint.sources.terraform.resources.families import family_of
from iamlint.unknown import Unknown

Build = Callable[..., Instance]
UnknownPartOf = Callable[..., Unknown]


def grants(instance: Instance) -> list[Grant]:
    return [fact for fact in facts_of(instance) if isinstance(fact, Grant)]


def test_a_member_is_one_grant(build: Build) -> None:
    instance = build("google_project_iam_member.x", project="shop", role="roles/viewer", member="user:ana@example.com")
    (grant,) = grants(instance)
    assert grant.principal.text == "user:ana@example.com"
    assert grant.principal.kind == "user"
    assert grant.role == "roles/viewer"
    assert (grant.resource.kind, grant.resource.name) == ("project", "shop")
    assert grant.origin == "member"
    assert grant.condition is None
    assert grant.declared.address == "google_project_iam_member.x"
    assert grant.declared.type == "google_project_iam_member"
    assert [place.at.line for place in (grant.resource_place, grant.role_place, grant.principal_place)] == [2, 3, 4]
    assert grant.declared.at.line == 1


def test_a_binding_is_one_grant_a_member_each_at_its_item(build: Build) -> None:
    members = ["user:ana@example.com", "group:team@example.com", "user:ana@example.com"]
    found = grants(build("google_project_iam_binding.x", project="shop", role="roles/viewer", members=members))
    assert [grant.principal.text for grant in found] == ["user:ana@example.com", "group:team@example.com"]
    assert [(g.principal_place.at.column, g.principal_place.at.end_column) for g in found] == [(14, 36), (38, 62)]
    assert {grant.origin for grant in found} == {"binding"}


def test_a_member_from_elsewhere_has_its_origin(build: Build) -> None:
    tfvars = SourceText("terraform.tfvars", 'team = "group:team@example.com"\n')
    given = Value("group:team@example.com", Span(tfvars, 7, 31))
    found = grants(build("google_project_iam_binding.x", project="shop", role="roles/viewer", members=[given]))
    (place,) = [grant.principal_place for grant in found]
    assert place.at.line == 4
    assert place.origin is not None
    assert place.origin.path == "terraform.tfvars"


def test_an_element_inside_the_expression_is_the_narrowest_place(build: Build) -> None:
    found = grants(build("google_folder_iam_binding.x", folder="1", role="r", members={"user:a@b.c", "user:d@b.c"}))
    assert [grant.principal_place.at.column for grant in found] == [14, 28]
    assert all(grant.principal_place.origin is None for grant in found)


def test_no_members_no_grants(build: Build) -> None:
    assert grants(build("google_project_iam_binding.x", project="shop", role="roles/viewer", members=[])) == []


def test_a_binding_without_members_is_unknown_since_they_may_be_misspelt(build: Build) -> None:
    (found,) = grants(build("google_project_iam_binding.x", project="shop", role="roles/viewer"))
    assert found.principal.unknown is not None
    assert found.principal.unknown.reason == "members is not set"


def test_unknown_members_are_one_grant_of_someone(build: Build) -> None:
    unknown = Unknown("var.members has no default and is not set")
    (grant,) = grants(build("google_project_iam_binding.x", project="shop", role="roles/viewer", members=unknown))
    assert grant.principal.kind == "unknown"
    assert grant.principal.unknown is not None
    assert grant.principal.unknown.reason == "var.members has no default and is not set"
    assert grant.role == "roles/viewer"


def test_unknown_elements_are_a_grant_each(build: Build, unknown_part: UnknownPartOf) -> None:
    members = ["user:ana@example.com", unknown_part("group:", "var.team"), unknown_part("var.other")]
    found = grants(build("google_project_iam_binding.x", project="shop", role="roles/viewer", members=members))
    assert [grant.principal.text for grant in found] == ["user:ana@example.com", "group:${var.team}", "${var.other}"]
    assert [grant.principal.unknown is None for grant in found] == [True, False, False]


@pytest.mark.parametrize(
    "parts",
    [
        ("serviceAccount:", 'module.a["x.y"].google_service_account.ci[0].email'),
        ('module.a["x.y"].google_service_account.ci[0].member',),
    ],
)
def test_a_declared_account_is_known_by_its_address(
    build: Build, unknown_part: UnknownPartOf, parts: tuple[str, ...]
) -> None:
    (grant,) = grants(build("google_project_iam_member.x", project="p", role="r", member=unknown_part(*parts)))
    assert grant.principal.text == 'serviceAccount:${module.a["x.y"].google_service_account.ci[0].email}'
    assert grant.principal.kind == "service_account"
    assert grant.principal.unknown is None


@pytest.mark.parametrize(
    "parts",
    [
        ("serviceAccount:", 'google_project_service_identity.agents["run.googleapis.com"].email'),
        ('google_project_service_identity.agents["run.googleapis.com"].member',),
    ],
)
def test_a_declared_agent_is_known_by_its_address(
    build: Build, unknown_part: UnknownPartOf, parts: tuple[str, ...]
) -> None:
    (grant,) = grants(build("google_project_iam_member.x", project="p", role="r", member=unknown_part(*parts)))
    identity = 'serviceAccount:${google_project_service_identity.agents["run.googleapis.com"].email}'
    assert (grant.principal.text, grant.principal.kind) == (identity, "service_agent")
    assert grant.principal.unknown is None


def test_a_data_source_or_an_id_is_no_declared_account(build: Build, unknown_part: UnknownPartOf) -> None:
    for parts in (
        ("serviceAccount:", "data.google_service_account.ci.email"),
        ("serviceAccount:", "google_service_account.ci.unique_id"),
        ("user:", "google_service_account.ci.email"),
    ):
        (grant,) = grants(build("google_project_iam_member.x", project="p", role="r", member=unknown_part(*parts)))
        assert grant.principal.unknown is not None


def test_a_condition(build: Build) -> None:
    condition = {"title": "until 2030", "expression": "request.time < timestamp('2030-01-01T00:00:00Z')"}
    common = {"project": "p", "role": "r", "member": "user:a@b.c"}
    (grant,) = grants(build("google_project_iam_member.x", **common, condition=condition))
    assert isinstance(grant.condition, Condition)
    assert grant.condition.expression == condition["expression"]
    assert grant.condition.title == "until 2030"
    assert grant.condition.at is not None
    assert grant.condition.at.line == 7
    unknown = Unknown("var.on has no default and is not set")
    (grant,) = grants(build("google_project_iam_member.x", **common, unknown_block_condition=unknown))
    assert grant.condition == unknown


def test_what_is_not_a_string_is_said(build: Build) -> None:
    (grant,) = grants(build("google_project_iam_member.x", project="p", role="r", member=["user:a@b.c"]))
    assert grant.principal.unknown is not None
    assert grant.principal.unknown.reason == "this is not a string"
    (grant,) = grants(build("google_project_iam_member.x", project="p", member="user:a@b.c"))
    assert grant.role == Unknown("role is not set")


@pytest.mark.parametrize(
    ("path", "known"),
    [("variables.tf", False), ("prod.tfvars", True), ("terraform.tfvars.json", True), (None, True)],
    ids=["a default", "tfvars", "tfvars in JSON", "the block itself"],
)
def test_an_empty_role_or_condition_counts_where_it_is_set(build: Build, path: str | None, known: bool) -> None:
    at = SourceText(path or "", 'role = ""\n')
    empty = Value("", Span(at, 7, 9)) if path else ""
    on = {"condition": {"title": "t", "expression": empty}}
    (grant,) = grants(build("google_project_iam_member.x", project="shop", role=empty, member="user:a@b.c", **on))
    assert isinstance(grant.condition, Condition)
    for text in (grant.role, grant.condition.expression):
        reason = text.reason if isinstance(text, Unknown) else text
        assert reason == ("" if known else "this is an empty text, which is set elsewhere")


def test_a_symbolic_instance_states_its_facts_and_a_unread_part(build: Build) -> None:
    why = Unknown("var.members has no default and is not set")
    instance = build("google_project_iam_member.x[*]", project="p", role="r", member="user:a@b.c", symbolic=why)
    unread_part, grant = facts_of(instance)
    assert isinstance(unread_part, UnreadPart)
    assert "var.members has no default" in unread_part.reason
    assert isinstance(grant, Grant)
    assert grant.declared.address == "google_project_iam_member.x[*]"


# -- what it is on -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "target", "expected"),
    [
        ("project", {"project": "projects/shop"}, "project shop"),
        ("folder", {"folder": "folders/123"}, "folder 123"),
        ("folder", {"folder": "123"}, "folder 123"),
        ("organization", {"org_id": "organizations/9"}, "organization 9"),
        ("service_account", {"service_account_id": "projects/p/serviceAccounts/a@p.iam"}, "service account a@p.iam"),
        ("service_account", {"service_account_id": "projects/-/serviceAccounts/a@p.iam"}, "service account a@p.iam"),
        ("service_account", {"service_account_id": "a@p.iam"}, "service account a@p.iam"),
        ("storage_bucket", {"bucket": "logs"}, "storage bucket logs"),
        ("pubsub_topic", {"project": "shop", "topic": "orders"}, "pubsub topic shop/orders"),
        ("bigquery_table", {"table_id": "t", "dataset_id": "d", "project": "p"}, "bigquery table p/d/t"),
        ("cloud_run_service", {"service": "s", "location": "l", "project": "p"}, "cloud run service p/l/s"),
        ("kms_crypto_key", {"crypto_key_id": "projects/p/x/k"}, "kms crypto key projects/p/x/k"),
        ("pubsub_topic", {"project": "shop", "topic": "projects/q/topics/t"}, "pubsub topic projects/q/topics/t"),
        ("iap_web", {"project": "shop"}, "iap web shop"),
        ("quantum_annealer", {"project": "p", "ring": "r", "location": "l"}, "quantum annealer p/l/r"),
    ],
)
def test_the_resource(build: Build, kind: str, target: dict[str, str], expected: str) -> None:
    (grant,) = grants(build(f"google_{kind}_iam_member.x", **target, role="r", member="user:a@b.c"))
    assert grant.resource.kind == kind
    assert str(grant.resource) == expected


def test_the_project_comes_from_the_provider(build: Build, unknown_part: UnknownPartOf) -> None:
    provider = build("provider.google", mode="provider", project="shop")
    instance = build("google_pubsub_topic_iam_member.x", topic="t", role="r", member="user:a@b.c", provider=provider)
    (grant,) = grants(instance)
    assert grant.resource.name == "shop/t"
    (grant,) = grants(build("google_pubsub_topic_iam_member.x", topic="t", role="r", member="user:a@b.c"))
    assert isinstance(grant.resource.name, Unknown)
    assert grant.resource.name.text == "${provider.google.project}/t"
    assert "neither here nor in the provider block" in grant.resource.name.reason
    empty = build("provider.google", mode="provider", project="")  # the provider treats it as unset, too
    (again,) = grants(
        build("google_pubsub_topic_iam_member.x", topic="t", role="r", member="user:a@b.c", provider=empty, project="")
    )
    assert again.resource.name == grant.resource.name
    (grant,) = grants(build("google_storage_bucket_iam_member.x", bucket="b", role="r", member="user:a@b.c"))
    assert grant.resource.name == "b"


def test_unknown_targets_keep_their_names(build: Build, unknown_part: UnknownPartOf) -> None:
    name = unknown_part("projects/", "google_project.p.project_id")
    (grant,) = grants(build("google_project_iam_member.x", project=name, role="r", member="user:a@b.c"))
    assert isinstance(grant.resource.name, Unknown)
    assert grant.resource.name.text == "${google_project.p.project_id}"
    for account in (
        unknown_part("projects/", "google_service_account.a.project"),
        unknown_part("google_service_account.a.name"),
        unknown_part("projects/p/serviceAccounts/", "google_service_account.a.email"),
    ):
        (grant,) = grants(
            build("google_service_account_iam_member.x", service_account_id=account, role="r", member="m")
        )
        if account.text.endswith("project}"):
            assert isinstance(grant.resource.name, Unknown)
        else:
            assert grant.resource.name == "${google_service_account.a.email}"
    (grant,) = grants(build("google_folder_iam_member.x", folder=Unknown("who knows"), role="r", member="m"))
    assert isinstance(grant.resource.name, Unknown)
    assert grant.resource.name.text == "${google_folder_iam_member.x.folder}"


@pytest.mark.parametrize(
    "kind",
    [
        "google_iam_projects_policy_binding",
        "google_iam_folders_policy_binding",
        "google_iam_organizations_policy_binding",
        "google_project_iam_member_remove",
        "google_project_iam_audit_config",
        "google_project_iam_custom_role",
        "aws_x_iam_member",
    ],
)
def test_types_that_grant_nothing(build: Build, kind: str) -> None:
    assert family_of(kind) is None
    if not is_wanted("managed", kind):
        assert list(facts_of(build(f"{kind}.x", role="roles/owner", member="user:a@b.c"))) == []


def test_wanted_types() -> None:
    assert is_wanted("managed", "google_secret_manager_secret_iam_policy")
    assert is_wanted("data", "google_service_account_access_token")
    assert is_wanted("ephemeral", "google_service_account_access_token")
    assert is_wanted("provider", "google-beta")
    assert not is_wanted("managed", "google_service_account_access_token")
    assert not is_wanted("data", "google_compute_network")
    assert not is_wanted("managed", "google_compute_network")
