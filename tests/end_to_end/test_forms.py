"""A rule over grants gives the same result for every form of a grant: that is the purpose of the one fact."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from checkout import write
from many import some

from iamlint.facts import Condition, Grant
from iamlint.linter import lint
from iamlint.location import Location
from iamlint.rules.catalog import load_rules
from iamlint.rules.rule import Example, Rule
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.testing import checked, unmarked

RULES = [rule for rule in load_rules()[0] if rule.when and "grant" in rule.when]
TARGETS = {
    "project": ("google_project", "project"),
    "folder": ("google_folder", "folder"),
    "organization": ("google_organization", "org_id"),
    "service_account": ("google_service_account", "service_account_id"),
    "storage_bucket": ("google_storage_bucket", "bucket"),
    "cloud_run_v2_service": ("google_cloud_run_v2_service", "name"),
}
EXPORTED = {"project": "project-", "folder": "folder-", "organization": "organization-", "service_account": ""}
ASSETS = {
    "storage_bucket": "//storage.googleapis.com/",
    "cloud_run_v2_service": "//run.googleapis.com/projects/shop/locations/europe-west1/services/",
}
"""Resources whose policies do not name them, with their names in an asset inventory."""


def target(grant: Grant) -> tuple[str, str, str]:
    """Terraform's family, its argument, and the argument's value."""
    family, argument = TARGETS[grant.resource.kind]
    name = str(grant.resource.name)
    if grant.resource.kind == "service_account":
        name = f"projects/{name.partition('@')[2].partition('.')[0]}/serviceAccounts/{name}"
    return family, argument, name.rpartition("/")[2] if grant.resource.kind in ASSETS else name


def policy(grant: Grant) -> dict[str, Any]:
    binding = {"role": grant.role, "members": [grant.principal.text], **under(grant)}
    return {"bindings": [binding], "etag": "BwX", "version": 3 if under(grant) else 1}


def under(grant: Grant) -> dict[str, Any]:
    """The condition, where there is one."""
    match grant.condition:
        case Condition(expression, title):
            return {"condition": {"expression": expression, "title": title}}
        case _:
            return {}


def member(grant: Grant) -> Mapping[str, str]:
    family, argument, name = target(grant)
    arguments = {argument: name, "role": grant.role, "member": grant.principal.text}
    return {"main.tf": block(f"{family}_iam_member", arguments, under(grant))}


def binding(grant: Grant) -> Mapping[str, str]:
    family, argument, name = target(grant)
    arguments = {argument: name, "role": grant.role, "members": [grant.principal.text]}
    return {"main.tf": block(f"{family}_iam_binding", arguments, under(grant))}


def document(grant: Grant) -> Mapping[str, str]:
    family, argument, name = target(grant)
    return {
        "main.tf": f'data "google_iam_policy" "p" {{\n  binding {{\n    role = "{grant.role}"\n'
        f'    members = ["{grant.principal.text}"]\n{blocks(under(grant))}  }}\n}}\n'
        f'resource "{family}_iam_policy" "x" {{\n  {argument} = "{name}"\n'
        "  policy_data = data.google_iam_policy.p.policy_data\n}\n"
    }


def encoded(grant: Grant) -> Mapping[str, str]:
    family, argument, name = target(grant)
    text = json.dumps(policy(grant), indent=2)
    return {
        "main.tf": f'resource "{family}_iam_policy" "x" {{\n  {argument} = "{name}"\n'
        f"  policy_data = <<EOT\n{text}\nEOT\n}}\n"
    }


def in_json(grant: Grant) -> Mapping[str, str]:
    family, argument, name = target(grant)
    body = {argument: name, "role": grant.role, "member": grant.principal.text, **under(grant)}
    return {"main.tf.json": json.dumps({"resource": {f"{family}_iam_member": {"x": body}}}, indent=2)}


def plan(grant: Grant) -> Mapping[str, str]:
    family, argument, name = target(grant)
    return planned(
        f"{family}_iam_binding",
        {argument: name, "role": grant.role, "members": [grant.principal.text], "condition": [*under(grant).values()]},
    )


def planned_policy(grant: Grant) -> Mapping[str, str]:
    family, argument, name = target(grant)
    return planned(f"{family}_iam_policy", {argument: name, "policy_data": json.dumps(policy(grant))})


def planned(type_: str, after: Mapping[str, Any]) -> Mapping[str, str]:
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {"etag": True, "id": True}}
    resource = {"address": f"{type_}.x", "mode": "managed", "type": type_, "name": "x", "change": change}
    plan_ = {
        "format_version": "1.2",
        "planned_values": {"root_module": {}},
        "resource_changes": [resource],
        "configuration": {"root_module": {}},
    }
    return {"plan.json": json.dumps(plan_)}


def export(grant: Grant) -> Mapping[str, str]:
    if grant.resource.kind in ASSETS:
        asset = {"resource": ASSETS[grant.resource.kind] + target(grant)[2], "assetType": "x", "policy": policy(grant)}
        return {"search.json": json.dumps([asset], indent=2)}
    name = f"{EXPORTED[grant.resource.kind]}{str(grant.resource.name).removeprefix('folders/')}.json"
    return {name: json.dumps(policy(grant), indent=2)}


def block(type_: str, arguments: Mapping[str, Any], inner: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    return f'resource "{type_}" "x" {{\n{assigned(arguments)}{blocks(inner or {})}}}\n'


def blocks(inner: Mapping[str, Mapping[str, Any]]) -> str:
    return "".join(f"  {name} {{\n{assigned(arguments)}  }}\n" for name, arguments in inner.items())


def assigned(arguments: Mapping[str, Any]) -> str:
    return "".join(f"  {name} = {json.dumps(value)}\n" for name, value in arguments.items())


FORMS: tuple[Callable[[Grant], Mapping[str, str]], ...] = (
    member,
    binding,
    document,
    encoded,
    in_json,
    plan,
    planned_policy,
    export,
)


def flagged_grants(rule: Rule) -> Iterator[Grant]:
    """Yield the grants that a rule flags in its examples, and that can be written in every form alone."""
    for example in rule.page.flags:
        _, found = checked(rule, example)
        for grant in grants_of(example):
            known = isinstance(grant.resource.name, str) and not grant.principal.unknown
            is_google_s = isinstance(grant.role, str) and grant.role.startswith("roles/")
            alone = known and is_google_s and "${" not in grant.principal.text
            lines = {(Path(at.path).name, at.line) for at in (grant.role_place.at, grant.principal_place.at)}
            marked = {(Path(name).name, line) for name, line in found}
            if alone and lines & marked and grant.resource.kind in (*EXPORTED, *ASSETS):
                yield grant


def grants_of(example: Example) -> list[Grant]:
    return _grants_of(tuple(example.files.items()))


@cache
def _grants_of(files: tuple[tuple[str, str], ...]) -> list[Grant]:
    with TemporaryDirectory() as directory:
        write(Path(directory), {name: unmarked(text) for name, text in files})
        return [fact for fact in read([Path(directory)], Options()).facts if isinstance(fact, Grant)]


def places(rule: Rule, grant: Grant, form: Callable[[Grant], Mapping[str, str]], directory: Path) -> list[Location]:
    write(directory, form(grant))
    report = lint(read([directory], Options()), [rule])
    assert report.errors == ()
    return [finding.at for finding in report.findings]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_grant_is_found_in_every_form(rule: Rule, tmp_path: Path) -> None:
    for number, grant in enumerate(flagged_grants(rule)):
        if not places(rule, grant, member, tmp_path / f"{number}-alone"):
            continue  # it is flagged because of other grants
        step = some(2, 1)
        for form in FORMS[RULES.index(rule) % step :: step]:
            found = places(rule, grant, form, tmp_path / f"{number}-{form.__name__}")
            assert len(found) == 1, (form.__name__, grant)
        return
    pytest.fail("no flagged example can be written in every form")


SERVICE = {"name": "projects/123456/services/run.googleapis.com", "state": "ENABLED"}
SERVICES = {"project-shop-services.json": json.dumps([{**SERVICE, "config": {"name": "run.googleapis.com"}}])}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_call_that_will_be_refused_is_found_whatever_grants_it(
    form: Callable[[Grant], Mapping[str, str]], tmp_path: Path
) -> None:
    """missing-iamcredentials: the services come from an export, the grant from anywhere."""
    (rule,) = (rule for rule in load_rules()[0] if rule.slug == "missing-iamcredentials")
    write(tmp_path / "written", member_of_an_account())
    (grant,) = (fact for fact in read([tmp_path / "written"], Options()).facts if isinstance(fact, Grant))
    found = places(rule, grant, lambda given: {**form(given), **SERVICES}, tmp_path / "put")
    assert len(found) == 1


def member_of_an_account() -> Mapping[str, str]:
    arguments = {
        "service_account_id": "projects/prod/serviceAccounts/deploy@prod.iam.gserviceaccount.com",
        "role": "roles/iam.serviceAccountTokenCreator",
        "member": "serviceAccount:ci@shop.iam.gserviceaccount.com",
    }
    return {"main.tf": block("google_service_account_iam_member", arguments)}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_custom_role_that_signs_is_found_and_so_is_whoever_holds_it(
    form: Callable[[Grant], Mapping[str, str]], tmp_path: Path
) -> None:
    """The role comes from what gcloud describes, the grant from anywhere."""
    role = {"name": "projects/shop/roles/signer", "title": "Signer", "stage": "GA"}
    described = {"role.json": json.dumps({**role, "includedPermissions": ["iam.serviceAccounts.signBlob"]})}
    arguments = {"project": "shop", "role": role["name"], "member": "user:ana@example.com"}
    write(tmp_path / "written", {"main.tf": block("google_project_iam_member", arguments)})
    (grant,) = (fact for fact in read([tmp_path / "written"], Options()).facts if isinstance(fact, Grant))
    wanted = ("signing-permission-in-custom-role", "broad-token-creator")
    for rule in (rule for rule in load_rules()[0] if rule.slug in wanted):
        found = places(rule, grant, lambda given: {**form(given), **described}, tmp_path / rule.slug)
        assert len(found) == 1, rule.slug


# -- all grants of an example at once, for rules that look at more than one -----------------------------------------

BLOCK = re.compile(r'^resource "google_\w+_iam_(?:member|binding|policy)" "\w+" \{\n.*?^\}\n', re.DOTALL | re.MULTILINE)


def renderable(grant: Grant) -> bool:
    known = isinstance(grant.role, str) and isinstance(grant.resource.name, str) and not grant.principal.unknown
    texts = (grant.principal.text, str(grant.role), str(grant.resource.name))
    return known and grant.resource.kind in EXPORTED and "${" not in "".join(texts)


def together(grants: list[Grant], form: Callable[[Grant], Mapping[str, str]]) -> dict[str, str]:
    """All grants in one form: in Terraform a block each, in exports a policy for each resource."""
    files: dict[str, str] = {}
    for number, grant in enumerate(grants):
        for name, text in form(grant).items():
            if form is export and name in files:
                old, new = json.loads(files[name]), json.loads(text)
                files[name] = json.dumps({**old, "bindings": old["bindings"] + new["bindings"]}, indent=2)
            elif form is export:
                files[name] = text
            else:
                stem, _, suffix = name.partition(".")
                files[f"{stem}{number}.{suffix}"] = (
                    text.replace('"x"', f'"x{number}"').replace('"p"', f'"p{number}"').replace(".p.", f".p{number}.")
                )
    return files


def estates(rule: Rule) -> Iterator[tuple[str, list[Grant]]]:
    """The flagged examples whose grants can all be written in every form: what else they say, and the grants."""
    for example in rule.page.flags:
        grants = grants_of(example)
        if example.kind == "terraform" and len(example.files) == 1 and grants and all(map(renderable, grants)):
            (text,) = example.files.values()
            yield BLOCK.sub("", unmarked(text)), grants


OF_FORMS = (
    *("conflicting-bindings", "incomplete-audit-config", "evicted-service-agent", "ungrantable-role"),
    "repeated-member",
)
"""Queries about the form of a grant, or about other parts of a policy."""
QUERIES = [rule for rule in load_rules()[0] if rule.query and rule.slug not in OF_FORMS]
"""The rules with queries; most have an example of only grants that can be written in every form."""


APART = {
    "forgeable-attribute": ("google_iam_workload_identity_pool_provider",),
    "unmatched-federated-principal": ("kubernetes_service_account",),
}
"""Parts that stay Terraform next to an export without belonging to it: Terraform names a pool's project by its id."""


def test_the_questions_about_grants_are_among_them() -> None:
    found = {rule.slug for rule in QUERIES if any(estates(rule))}
    assert {"privileged-account-impersonation", "deploy-as-privileged-account", "broken-delegation-chain"} <= found
    assert {"missing-iamcredentials", "unknown-role", "separation-of-duties"} <= found
    assert {"expired-condition", "idle-condition", "malformed-condition", "never-matching-condition"} <= found
    assert {"unmatched-federated-principal"} <= found


SEVERAL = (member, document, in_json, binding, encoded, export)


@pytest.mark.parametrize(
    ("rule", "form"),
    [(rule, form) for at, rule in enumerate(QUERIES) for form in SEVERAL[at % some(8, 1) :: some(8, 1)]],
    ids=lambda one: one.id if isinstance(one, Rule) else one.__name__,
)
def test_several_grants_are_found_in_every_form(
    rule: Rule, form: Callable[[Grant], Mapping[str, str]], tmp_path: Path
) -> None:
    """In the suite one form for most rules, another one for the next rule."""
    for number, (rest, grants) in enumerate(estates(rule)):
        if form is export and any(text in rest for text in APART.get(rule.slug, ())):
            continue
        directory = tmp_path / str(number)
        write(directory, {"rest.tf": rest, **together(grants, form)})
        report = lint(read([directory], Options()), [rule])
        assert report.errors == ()
        assert report.findings, (form.__name__, rest)


# -- exports -------------------------------------------------------------------------------------------------------

NO_EXPORT = {
    **dict.fromkeys(
        ("attached-default-account", "runs-as-default-account", "full-api-scope", "cross-project-attachment"),
        "what runs as an account is read from Terraform only",
    ),
    **dict.fromkeys(
        ("malformed-delegate", "token-lifetime-too-long"), "who asks for a token is in the configuration of who asks"
    ),
    "repeated-member": "IAM keeps one of two equal members, so that no export shows both",
    "unchecked-invoker": "exports of Cloud Run services are not read",
    "evicted-service-agent": "an export takes nothing away from what it shows",
    "ungrantable-role": "IAM refuses it, so that no export shows it",
    "missing-audit-config": "an export of a project does not show what lies above it",
    "alternate-credential": "a key of an export is stale-key's as soon as it is old, which an example would become",
    "user-managed-key": "a key of an export is stale-key's as soon as it is old, which an example would become",
}
"""Rules that no export can be an example of."""


def has_export(rule: Rule) -> bool:
    """Whether an example has an export, or the grants of one are written as an export above."""
    written = any(name.endswith((".json", ".yaml")) for example in rule.page.flags for name in example.files)
    return written or (rule in QUERIES and any(estates(rule)))


@pytest.mark.parametrize("rule", load_rules()[0], ids=lambda rule: rule.id)
def test_every_rule_is_shown_by_an_export_or_cannot_be(rule: Rule) -> None:
    assert has_export(rule) is (rule.slug not in NO_EXPORT)


@pytest.mark.parametrize(
    ("origin", "slug"), [("GOOGLE_PROVIDED", "user-managed-key"), ("USER_PROVIDED", "alternate-credential")]
)
def test_a_young_key_of_an_export_is_found(origin: str, slug: str, tmp_path: Path) -> None:
    key = {
        "keyAlgorithm": "KEY_ALG_RSA_2048",
        "keyOrigin": origin,
        "keyType": "USER_MANAGED",
        "name": "projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com/keys/0123456789abcdef",
        "validAfterTime": "2026-01-10T10:00:00Z",
        "validBeforeTime": "9999-12-31T23:59:59Z",
    }
    write(tmp_path, {"keys.json": json.dumps([key])})
    rules = [rule for rule in load_rules()[0] if rule.family == "keys"]
    for day, expected in ((date(2026, 2, 1), slug), (date(2026, 5, 1), "stale-key")):
        report = lint(read([tmp_path], Options()), rules, as_of=day)
        assert [finding.rule for finding in report.findings] == [expected]
