"""Facts as JSON lines and as columns: one of every kind, known and not."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any, get_args

import pytest

from iamlint import facts as vocabulary
from iamlint.facts import (
    AccessSetting,
    ApiKey,
    Attachment,
    AuditConfig,
    Boundary,
    BoundaryBinding,
    Bucket,
    Condition,
    Credential,
    CustomRole,
    Declaration,
    DefaultAccounts,
    Denial,
    EffectiveTags,
    EmptyBinding,
    ExportedPolicy,
    Fact,
    Folder,
    Grant,
    Group,
    Impersonation,
    KubernetesAccount,
    Membership,
    Organization,
    OrgPolicy,
    Perimeter,
    Place,
    Pool,
    Principal,
    Project,
    ProjectReference,
    Provider,
    RemovedGrant,
    Resource,
    Service,
    ServiceAccount,
    ServiceAccountKey,
    TagBinding,
    TagKey,
    TagValue,
    UnreadPart,
)
from iamlint.location import Location
from iamlint.reporters.listings.facts import entry, facts_json, facts_text
from iamlint.unknown import Unknown, UnknownPart

WHY = Unknown("var.x has no default and is not set", (UnknownPart("var.x"),))
DECLARED = Declaration(Location("main.tf", 1), "google_x", "google_x.a")
PLACE = Place(Location("main.tf", 3))
SHOP = Resource("project", "shop")
ANA = "user:ana@example.com"
CI = "ci@shop.iam.gserviceaccount.com"
KEYS = "iam.disableServiceAccountKeyCreation"

CASES: list[tuple[Fact, dict[str, Any]]] = [
    (
        Grant(Principal(ANA, "user"), "roles/x", SHOP, "member", DECLARED, PLACE, PLACE, PLACE, Condition("a", "t")),
        {"kind": "grant", "principal": ANA, "role": "roles/x", "resource": {"kind": "project", "name": "shop"}}
        | {"condition": {"expression": "a", "title": "t"}, "origin": "member", "line": 3},
    ),
    (
        RemovedGrant(Grant(Principal(ANA, "user"), "roles/x", SHOP, "member", DECLARED, PLACE, PLACE, PLACE), DECLARED),
        {"kind": "removed_grant", "principal": ANA, "role": "roles/x", "resource": {"kind": "project", "name": "shop"}}
        | {"condition": None, "origin": "member", "line": 3},
    ),
    (
        ExportedPolicy(SHOP, DECLARED, Place(DECLARED.at), 0, 1),
        {"kind": "exported_policy", "resource": {"kind": "project", "name": "shop"}, "bindings": 0, "version": 1}
        | {"line": 1},
    ),
    (
        EmptyBinding(SHOP, DECLARED, "roles/x"),
        {"kind": "emptied", "role": "roles/x", "resource": {"kind": "project", "name": "shop"}, "condition": None}
        | {"line": 1},
    ),
    (
        DefaultAccounts("shop", "DISABLE", DECLARED),
        {"kind": "default_accounts", "project": "shop", "action": "DISABLE", "line": 1},
    ),
    (
        CustomRole("projects/shop/roles/r", (("a.b.c", PLACE),), DECLARED, "T", "GA"),
        {"kind": "custom_role", "name": "projects/shop/roles/r", "permissions": ["a.b.c"], "title": "T"}
        | {"stage": "GA", "deleted": False, "line": 1},
    ),
    (
        ServiceAccount(CI, "shop", DECLARED, disabled=True, unique_id="7"),
        {"kind": "service_account", "email": CI, "project": "shop", "disabled": True, "unique_id": "7", "line": 1},
    ),
    (
        ServiceAccountKey(CI, DECLARED, PLACE, uploaded=True, expires="9999-12-31T23:59:59Z"),
        {"kind": "service_account_key", "account": CI, "disabled": False, "uploaded": True, "created": None}
        | {"expires": "9999-12-31T23:59:59Z", "line": 3},
    ),
    (
        Credential("hmac_key", CI, DECLARED, PLACE),
        {"kind": "credential", "form": "hmac_key", "account": CI, "disabled": False, "line": 3},
    ),
    (
        Service("iam.googleapis.com", "shop", DECLARED, PLACE, complete=True),
        {"kind": "service", "name": "iam.googleapis.com", "project": "shop", "complete": True, "line": 3},
    ),
    (
        Impersonation(CI, DECLARED, PLACE, (("hop", PLACE),), "me", "bill", lifetime=("60s", PLACE)),
        {"kind": "impersonation", "target": CI, "delegates": ["hop"], "caller": "me", "quota_project": "bill"}
        | {"method": "iam.serviceAccounts.getAccessToken", "lifetime": "60s", "line": 3},
    ),
    (
        Project("shop", DECLARED, "7", "folders/1", "Shop"),
        {"kind": "project", "project_id": "shop", "number": "7", "parent": "folders/1", "display_name": "Shop"}
        | {"line": 1},
    ),
    (
        Folder("folders/1", DECLARED),
        {"kind": "folder", "name": "folders/1", "parent": None, "display_name": None, "line": 1},
    ),
    (
        Organization("organizations/7", DECLARED, "example.com", "C0example"),
        {"kind": "organization", "name": "organizations/7", "domain": "example.com", "customer_id": "C0example"}
        | {"line": 1},
    ),
    (
        Denial(
            "cloudresourcemanager.googleapis.com/projects/shop", DECLARED, ("a",), ("b",), ("c",), ("d",), None, PLACE
        ),
        {"kind": "denial", "parent": "cloudresourcemanager.googleapis.com/projects/shop", "denied_principals": ["a"]}
        | {"denied_permissions": ["b"], "exception_principals": ["c"], "exception_permissions": ["d"]}
        | {"condition": None, "line": 3},
    ),
    (
        Boundary("organizations/1/x", DECLARED, PLACE, ("//a",), "3"),
        {"kind": "boundary", "name": "organizations/1/x", "resources": ["//a"], "enforcement_version": "3", "line": 3},
    ),
    (
        BoundaryBinding("organizations/1/x", "//b", DECLARED, Condition("c")),
        {"kind": "boundary_binding", "policy": "organizations/1/x", "principal_set": "//b"}
        | {"condition": {"expression": "c", "title": None}, "line": 1},
    ),
    (
        OrgPolicy(KEYS, SHOP, DECLARED, PLACE, enforced=False, denied=("*",)),
        {"kind": "org_policy", "constraint": KEYS, "resource": {"kind": "project", "name": "shop"}}
        | {"enforced": False, "allowed": [], "denied": ["*"], "reset": False, "line": 3},
    ),
    (
        Pool("projects/shop/x", DECLARED, project_number="7"),
        {"kind": "pool", "name": "projects/shop/x", "project_number": "7", "imported": False, "disabled": False}
        | {"line": 1},
    ),
    (
        Provider(
            "pool", "provider", DECLARED, PLACE, "oidc", "https://i", ("a",), Condition("c"), (("g", "e", PLACE),)
        ),
        {"kind": "provider", "pool": "pool", "name": "provider", "protocol": "oidc", "issuer": "https://i"}
        | {"audiences": ["a"], "condition": {"expression": "c", "title": None}, "mapping": {"g": "e"}}
        | {"disabled": False, "line": 3},
    ),
    (
        Attachment(None, "compute", SHOP, "shop", DECLARED, PLACE, (("sql", PLACE),), ("a.b.c",)),
        {"kind": "attachment", "account": None, "default": "compute", "resource": {"kind": "project", "name": "shop"}}
        | {"project": "shop", "scopes": ["sql"], "permissions": ["a.b.c"], "line": 3},
    ),
    (
        AuditConfig(SHOP, "allServices", ("DATA_READ",), DECLARED, PLACE, (("DATA_READ", ANA),)),
        {"kind": "audit_config", "resource": {"kind": "project", "name": "shop"}, "service": "allServices"}
        | {"log_types": ["DATA_READ"], "exempted": [{"log_type": "DATA_READ", "principal": ANA}], "line": 3},
    ),
    (
        Group("crew@example.com", DECLARED, "groups/1"),
        {"kind": "group", "email": "crew@example.com"} | {"name": "groups/1", "line": 1},
    ),
    (
        Membership("groups/1", "ana@example.com", DECLARED, PLACE),
        {"kind": "membership", "group": "groups/1", "member": "ana@example.com", "line": 3},
    ),
    (UnreadPart("a module is not there", DECLARED), {"kind": "gap", "reason": "a module is not there", "line": 1}),
    (
        Perimeter(
            "accessPolicies/1/servicePerimeters/p", DECLARED, PLACE, ("projects/7",), ("storage.googleapis.com",)
        ),
        {"kind": "perimeter", "name": "accessPolicies/1/servicePerimeters/p", "resources": ["projects/7"]}
        | {"services": ["storage.googleapis.com"], "line": 3},
    ),
    (
        ApiKey("k", "shop", DECLARED, PLACE, ("10.0.0.1",), ("a.googleapis.com",)),
        {"kind": "api_key", "name": "k", "project": "shop", "clients": ["10.0.0.1"], "apis": ["a.googleapis.com"]}
        | {"created": None, "line": 3},
    ),
    (
        KubernetesAccount("web", "app", CI, DECLARED, PLACE),
        {"kind": "kubernetes_account", "namespace": "web", "name": "app", "account": CI, "line": 3},
    ),
    (
        AccessSetting("no_invoker_check", SHOP, DECLARED, PLACE),
        {"kind": "access_setting", "setting": "no_invoker_check", "resource": {"kind": "project", "name": "shop"}}
        | {"enabled": True, "line": 3},
    ),
    (
        Bucket("data", "shop", DECLARED, PLACE),
        {"kind": "bucket", "name": "data", "project": "shop", "line": 3},
    ),
    (
        ProjectReference("${data.google_project.p.number}", "shop", DECLARED),
        {"kind": "project_reference", "reference": "${data.google_project.p.number}", "project": "shop", "line": 1},
    ),
    (TagKey("1/env", DECLARED, "tagKeys/7"), {"kind": "tag_key", "name": "1/env", "id": "tagKeys/7", "line": 1}),
    (
        TagValue("tagKeys/7", "prod", DECLARED),
        {"kind": "tag_value", "key": "tagKeys/7", "short_name": "prod", "id": None, "line": 1},
    ),
    (
        TagBinding(SHOP, "tagValues/8", DECLARED, PLACE),
        {"kind": "tag_binding", "resource": {"kind": "project", "name": "shop"}, "value": "tagValues/8", "line": 3},
    ),
    (
        EffectiveTags(SHOP, (("1/env", "1/env/prod"),), DECLARED, PLACE),
        {"kind": "effective_tags", "resource": {"kind": "project", "name": "shop"}, "tags": ["1/env=1/env/prod"]}
        | {"line": 3},
    ),
]


@pytest.mark.parametrize(("fact", "said"), CASES, ids=[type(fact).__name__ for fact, _ in CASES])
def test_a_known_fact(fact: Fact, said: dict[str, Any]) -> None:
    common = {"address": "google_x.a", "type": "google_x", "path": "main.tf", "unknown": {}}
    assert entry(fact) == said | common


def test_every_kind_has_its_case() -> None:
    assert {type(fact) for fact, _ in CASES} == set(get_args(vocabulary.Fact))


NOWHERE = Resource("folder", WHY)
UNKNOWN: list[tuple[Fact, set[str]]] = [
    (
        Grant(Principal("?", "unknown", WHY), WHY, NOWHERE, "policy", DECLARED, PLACE, PLACE, PLACE, WHY),
        {"principal", "role", "resource", "condition"},
    ),
    (CustomRole(WHY, WHY, DECLARED, WHY, WHY), {"name", "permissions", "title", "stage"}),
    (CustomRole("r", None, DECLARED), {"permissions"}),
    (CustomRole("r", (("a.b.c", PLACE), (WHY, PLACE)), DECLARED), {"permissions"}),
    (ServiceAccount(WHY, WHY, DECLARED, WHY), {"email", "project", "disabled"}),
    (ServiceAccountKey(WHY, DECLARED, PLACE), {"account"}),
    (Credential("api_key", WHY, DECLARED, PLACE, WHY), {"account", "disabled"}),
    (Service(WHY, WHY, DECLARED, PLACE), {"name", "project"}),
    (
        Impersonation(WHY, DECLARED, PLACE, WHY, WHY, WHY, lifetime=(WHY, PLACE)),
        {"target", "delegates", "caller", "quota_project", "lifetime"},
    ),
    (Project(WHY, DECLARED, None, WHY, WHY), {"project_id", "parent", "display_name"}),
    (Folder(WHY, DECLARED, WHY, WHY), {"name", "parent", "display_name"}),
    (
        Denial(WHY, DECLARED, WHY, WHY, WHY, WHY, WHY),
        {"parent", "denied_principals", "denied_permissions", "exception_principals", "exception_permissions"}
        | {"condition"},
    ),
    (Boundary(WHY, DECLARED, PLACE, WHY, WHY), {"name", "resources", "enforcement_version"}),
    (BoundaryBinding(WHY, WHY, DECLARED, WHY), {"policy", "principal_set", "condition"}),
    (
        OrgPolicy(WHY, NOWHERE, DECLARED, PLACE, WHY, WHY, WHY),
        {"constraint", "resource", "enforced", "allowed", "denied"},
    ),
    (Pool(WHY, DECLARED, WHY), {"name", "disabled"}),
    (
        Provider(WHY, WHY, DECLARED, PLACE, WHY, WHY, WHY, WHY, WHY, WHY),
        {"pool", "name", "protocol", "issuer", "audiences", "condition", "mapping", "disabled"},
    ),
    (Provider("p", "n", DECLARED, PLACE, "aws", mapping=(("google.subject", WHY, PLACE),)), {"mapping"}),
    (
        Attachment(WHY, WHY, NOWHERE, WHY, DECLARED, PLACE, WHY),
        {"account", "default", "resource", "project", "scopes"},
    ),
    (Group(WHY, DECLARED), {"email"}),
    (Membership(WHY, WHY, DECLARED, PLACE), {"group", "member"}),
    (AuditConfig(NOWHERE, WHY, WHY, DECLARED, PLACE, WHY), {"resource", "service", "log_types", "exempted"}),
    (AuditConfig(SHOP, "s", (WHY,), DECLARED, PLACE, ((WHY, ANA),)), {"log_types", "exempted"}),
]


@pytest.mark.parametrize(("fact", "names"), UNKNOWN)
def test_what_is_not_known_is_null_with_its_reason(fact: Fact, names: set[str]) -> None:
    said = entry(fact)
    assert set(said["unknown"]) == names
    assert all(reason for reason in said["unknown"].values())
    for name in names:
        assert None in _leaves(said[name])


def _leaves(value: Any) -> list[Any]:
    match value:
        case dict():
            return [leaf for part in value.values() for leaf in _leaves(part)]
        case list():
            return [leaf for part in value for leaf in _leaves(part)]
        case _:
            return [value]


def test_an_account_that_is_known_by_its_address_is_shown_by_it() -> None:
    account = "${google_service_account.ci.email}"
    said = entry(ServiceAccountKey(account, DECLARED, PLACE))
    assert (said["account"], said["unknown"]) == (account, {})


def test_json_is_one_object_a_line_in_the_order_of_the_places() -> None:
    facts = [fact for fact, _ in CASES]
    text = facts_json(facts)
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["line"] for line in lines] == sorted(line["line"] for line in lines)
    assert len(lines) == len(CASES)
    assert text == facts_json(reversed(facts))
    assert facts_json([]) == facts_text([]) == ""


@pytest.mark.parametrize(
    ("fact", "line"),
    [
        (
            CASES[0][0],
            (
                f"main.tf:3  grant  address=google_x.a principal={ANA} role=roles/x resource=project shop"
                " condition=a t origin=member\n"
            ),
        ),
        (
            OrgPolicy(KEYS, SHOP, DECLARED, PLACE, enforced=False, allowed=("a", "b")),
            (
                f"main.tf:3  org_policy  address=google_x.a constraint={KEYS} resource=project shop enforced=false"
                " allowed=a,b\n"
            ),
        ),
        (
            Provider("p", "n", DECLARED, PLACE, "oidc", "i", mapping=(("a", "b", PLACE), ("c", "d", PLACE))),
            "main.tf:3  provider  address=google_x.a pool=p name=n protocol=oidc issuer=i mapping=a:b,c:d\n",
        ),
        (
            Attachment(WHY, None, SHOP, None, DECLARED, PLACE),
            (
                "main.tf:3  attachment  address=google_x.a account=${var.x}"
                " (unknown: var.x has no default and is not set) resource=project shop\n"
            ),
        ),
        (
            AuditConfig(SHOP, "s", ("R",), DECLARED, PLACE, (("R", ANA), ("W", WHY))),
            (
                f"main.tf:3  audit_config  address=google_x.a resource=project shop service=s log_types=R"
                f" exempted=R {ANA},W ${{var.x}} (unknown: var.x has no default and is not set)\n"
            ),
        ),
        (
            ServiceAccountKey("a@b.c", replace(DECLARED, uncertain="whether it is there is not known: var.x"), PLACE),
            (
                "main.tf:3  service_account_key  address=google_x.a"
                " exists=? (unknown: whether it is there is not known: var.x) account=a@b.c\n"
            ),
        ),
        (UnreadPart("odd \x1b[31m text", DECLARED), "main.tf:1  gap  address=google_x.a reason=odd \\x1b[31m text\n"),
    ],
)
def test_columns_for_people(fact: Fact, line: str) -> None:
    assert facts_text([fact]) == line


@pytest.mark.parametrize(
    ("parts", "for_programs", "for_people"),
    [
        (
            ("projects/shop/roles/", UnknownPart("var.x")),
            "projects/shop/roles/${var.x}",
            "projects/shop/roles/${var.x}",
        ),
        (
            (
                "principalSet://iam.googleapis.com/projects/",
                UnknownPart("google_project.p.number"),
                "/attribute.actor/ana",
            ),
            "principalSet://iam.googleapis.com/projects/${google_project.p.number}/attribute.actor/ana",
            "/attribute.actor/ana",
        ),
        ((UnknownPart("var.x"),), None, "${var.x}"),
        ((), None, "?"),
    ],
)
def test_what_is_known_of_a_text_is_kept(
    parts: tuple[str | UnknownPart, ...], for_programs: str | None, for_people: str
) -> None:
    role = CustomRole(Unknown("it is computed", parts), Unknown("for_each is not known"), DECLARED)
    found = json.loads(facts_json([role]))
    assert (found["name"], found["unknown"]["name"]) == (for_programs, "it is computed")
    assert f"{for_people} (unknown: it is computed)" in facts_text([role])
    assert "permissions=? (unknown: for_each is not known)" in facts_text([role])


def test_ten_thousand_facts_are_quick() -> None:
    principals = [Principal(f"user:u{number}@example.com", "user") for number in range(10_000)]
    facts = [Grant(one, "roles/x", SHOP, "member", DECLARED, PLACE, PLACE, PLACE) for one in principals]
    begun = time.process_time()
    assert len(facts_json(facts).splitlines()) == len(facts_text(facts).splitlines()) == 10_000
    assert time.process_time() - begun < 5
