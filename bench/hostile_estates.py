"""Further hostile inputs: estates with expensive grants, policies and exports, and files that are hard to read."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

from hostile_inputs import HONEST, TOKENS, account, forever, grant_on, hostile, member, policy, write

ORG = "cloudresourcemanager.googleapis.com/organizations/1"
OWNER = 'resource "google_project_iam_member" "owner{0}" {{\nproject = "p"\nrole = "roles/owner"\nmember = "serviceAccount:{1}"\n}}\n'
DELEGATE = "organizations/1/roles/delegate"
ROLE = (
    'resource "google_organization_iam_custom_role" "r" {\norg_id = "1"\nrole_id = "delegate"\ntitle = "d"\n'
    'permissions = ["iam.serviceAccounts.implicitDelegation", "iam.serviceAccounts.getAccessToken"]\n}\n'
)


def accounts(count: int) -> list[str]:
    return [f"serviceAccount:{account(n)}" for n in range(count)]


# -- chains ------------------------------------------------------------------------------------------------------------


@hostile
def chain_of_tokens(at: Path) -> None:
    links = forever(lambda n: grant_on(n + 1, f"serviceAccount:{account(n)}"))
    write(at / "main.tf", (HONEST, *(next(links) for _ in range(4500)), OWNER.format("", account(4500))))


@hostile
def chain_with_its_end(at: Path) -> None:
    # The privileged account comes first, so that the size limit cuts off nothing of the chain.
    links = (grant_on(n, f"serviceAccount:{account(n + 1)}") for n in range(9000))
    write(at / "main.tf", (HONEST, OWNER.format("", account(0)), *links))


@hostile
def chain_of_delegations(at: Path) -> None:
    links = (grant_on(n, f"serviceAccount:{account(n + 1)}", DELEGATE) for n in range(9000))
    write(at / "main.tf", (HONEST, ROLE, OWNER.format("", account(0)), *links))


@hostile
def ring(at: Path) -> None:
    links = (grant_on(n, f"serviceAccount:{account((n + 1) % 4000)}", DELEGATE) for n in range(4000))
    write(at / "main.tf", (HONEST, ROLE, OWNER.format("", account(7)), *links))


@hostile
def diamonds(at: Path) -> None:
    links = (
        grant_on(layer * 10 + a, f"serviceAccount:{account(layer * 10 + 10 + b)}", DELEGATE).replace('"g', f'"g{b}_')
        for layer in range(100)
        for a in range(6)
        for b in range(6)
    )
    write(at / "main.tf", (HONEST, ROLE, OWNER.format("", account(0)), *links))


def _binding(number: int, members: list[str], role: str = TOKENS) -> str:
    return (
        f'resource "google_service_account_iam_binding" "b{number}" {{\n'
        f'service_account_id = "projects/p/serviceAccounts/{account(number)}"\nrole = "{role}"\nmembers = {json.dumps(members)}\n}}\n'
    )


@hostile
def everybody_everybody(at: Path) -> None:
    people = accounts(140)
    owners = (OWNER.format(n, account(n)) for n in range(140))
    write(at / "main.tf", (HONEST, ROLE, *owners, *(_binding(n, people, DELEGATE) for n in range(140))))


@hostile
def everybody_on_all(at: Path) -> None:
    members = 'locals {\nm = [for n in range(5000) : "serviceAccount:a${n}@p.iam.gserviceaccount.com"]\n}\n'
    grants = "".join(
        f'resource "google_{kind}_iam_binding" "x{n}" {{\n{where}\nrole = "{role}"\nmembers = local.m\n}}\n'
        for n, (kind, where, role) in enumerate(
            (
                ("project", 'project = "p"', TOKENS),
                ("project", 'project = "p"', DELEGATE),
                ("organization", 'org_id = "1"', "roles/owner"),
            )
        )
    )
    each = 'resource "google_service_account_iam_member" "e" {\nfor_each = toset(local.m)\nservice_account_id = "projects/p/serviceAccounts/${trimprefix(each.key, "serviceAccount:")}"\n'
    write(
        at / "main.tf", HONEST + ROLE + members + grants + each + f'role = "{DELEGATE}"\nmember = "group:g@b.c"\n}}\n'
    )


@hostile
def attachments(at: Path) -> None:
    machine = 'resource "google_compute_instance" "m{0}" {{\nname = "m"\nproject = "p"\nservice_account {{\nemail = "{1}"\nscopes = ["cloud-platform"]\n}}\n}}\n'
    machines = (machine.format(n, account(n % 900)) for n in range(6000))
    write(at / "main.tf", (HONEST, *(OWNER.format(n, account(n)) for n in range(900)), *machines))


@hostile
def token_requests(at: Path) -> None:
    asks = 'data "google_service_account_access_token" "t{0}" {{\ntarget_service_account = "{1}"\ndelegates = ["{2}"]\n}}\n'
    grants = "".join(_binding(n, accounts(500)) for n in range(4))
    write(at / "main.tf", (HONEST, grants, *(asks.format(n, account(n % 4), account(5)) for n in range(9000))))


@hostile
def delegates(at: Path) -> None:
    asks = 'provider "google" {{\nalias = "p{0}"\nimpersonate_service_account = "{1}"\nimpersonate_service_account_delegates = {2}\n}}\n'
    chain = json.dumps([account(n) for n in range(2000)])
    write(at / "main.tf", (HONEST, *(asks.format(n, account(n), chain) for n in range(12))))


# -- blockers ----------------------------------------------------------------------------------------------------------


def _denial(
    number: int, permission: str, parent: str = "organizations%2F1", denied: str = "principalSet://goog/public:all"
) -> str:
    return (
        f'resource "google_iam_deny_policy" "d{number}" {{\nparent = "cloudresourcemanager.googleapis.com%2F{parent}"\nname = "d{number}"\n'
        f'rules {{\ndeny_rule {{\ndenied_principals = ["{denied}"]\ndenied_permissions = ["iam.googleapis.com/{permission}"]\n}}\n}}\n}}\n'
    )


@hostile
def denials(at: Path) -> None:
    write(at / "main.tf", (HONEST, *(_denial(n, "serviceAccounts.getAccessToken") for n in range(3300))))


@hostile
def denials_and_grants(at: Path) -> None:
    some = "".join(
        _denial(n, "serviceAccounts.getAccessToken", f"projects%2Fp{n}", f"principalSet://goog/group/g{n}@b.c")
        for n in range(1500)
    )
    write(
        at / "main.tf",
        (
            HONEST,
            some,
            *(member(f"x{n}", f'"{TOKENS}"', f'"user:a{n}@b.c"').replace('"p"', f'"p{n % 500}"') for n in range(5000)),
        ),
    )


@hostile
def denials_for_groups(at: Path) -> None:
    some = "".join(_denial(n, "*", "organizations%2F1", f"principalSet://goog/group/g{n}@b.c") for n in range(1500))
    write(at / "main.tf", (HONEST, some, *(member(f"x{n}", f'"{TOKENS}"', f'"user:a{n}@b.c"') for n in range(5000))))


@hostile
def denials_long(at: Path) -> None:
    people = json.dumps([f"principal://goog/subject/a{n}@b.c" for n in range(5000)])
    rule = f'rules {{\ndeny_rule {{\ndenied_principals = {people}\ndenied_permissions = ["iam.googleapis.com/serviceAccounts.getAccessToken"]\n}}\n}}\n'
    head = 'resource "google_iam_deny_policy" "d" {\nparent = "cloudresourcemanager.googleapis.com%2Forganizations%2F1"\nname = "d"\n'
    write(
        at / "main.tf", HONEST + head + rule * 4 + "}\n" + member("x", f'"{TOKENS}"', "var.who") + 'variable "who" {}\n'
    )


@hostile
def boundaries(at: Path) -> None:
    piece = (
        'resource "google_iam_principal_access_boundary_policy" "b{0}" {{\norganization = "1"\nlocation = "global"\nprincipal_access_boundary_policy_id = "b{0}"\n'
        'details {{\nrules {{\neffect = "ALLOW"\nresources = ["//cloudresourcemanager.googleapis.com/projects/q{0}"]\n}}\nenforcement_version = "3"\n}}\n}}\n'
        'resource "google_iam_organizations_policy_binding" "b{0}" {{\norganization = "1"\nlocation = "global"\npolicy_kind = "PRINCIPAL_ACCESS_BOUNDARY"\npolicy_binding_id = "b{0}"\n'
        'policy = google_iam_principal_access_boundary_policy.b{0}.id\ntarget {{\nprincipal_set = "//cloudresourcemanager.googleapis.com/organizations/1"\n}}\n}}\n'
    )
    some = "".join(piece.format(n) for n in range(900))
    write(at / "main.tf", (HONEST, some, *(member(f"x{n}", f'"{TOKENS}"', f'"user:a{n}@b.c"') for n in range(5000))))


@hostile
def org_policies(at: Path) -> None:
    piece = 'resource "google_org_policy_policy" "o{0}" {{\nname = "projects/p{0}/policies/iam.disableServiceAccountKeyCreation"\nparent = "projects/p{0}"\nspec {{\nrules {{\nenforce = "TRUE"\n}}\n}}\n}}\n'
    some = "".join(piece.format(n) for n in range(2500))
    keys = (grant_on(n, f"user:a{n}@b.c", "roles/iam.serviceAccountKeyAdmin") for n in range(5000))
    write(at / "main.tf", (HONEST, some, *keys))


# -- roles and conditions ----------------------------------------------------------------------------------------------


@hostile
def permissions_misspelt(at: Path) -> None:
    names = json.dumps([f"compute.instances.getSerialPortOutputs{n}" for n in range(20_000)])
    write(
        at / "main.tf",
        HONEST
        + ROLE.replace('["iam.serviceAccounts.implicitDelegation", "iam.serviceAccounts.getAccessToken"]', names),
    )


@hostile
def permissions_of_misspelt_services(at: Path) -> None:
    names = json.dumps([f"computx{n}.instances.get" for n in range(25_000)])
    write(
        at / "main.tf",
        HONEST
        + ROLE.replace('["iam.serviceAccounts.implicitDelegation", "iam.serviceAccounts.getAccessToken"]', names),
    )


@hostile
def roles_misspelt(at: Path) -> None:
    write(
        at / "main.tf",
        (HONEST, *(member(f"x{n}", f'"roles/iam.serviceAccountTokenCreator{n}"', '"user:a@b.c"') for n in range(9000))),
    )


@hostile
def custom_roles(at: Path) -> None:
    piece = 'resource "google_project_iam_custom_role" "r{0}" {{\nproject = "p"\nrole_id = "r{0}"\ntitle = "r"\npermissions = ["iam.serviceAccounts.actAs", "compute.instances.create"]\n}}\n'
    write(
        at / "main.tf",
        (
            HONEST,
            *(
                piece.format(n) + member(f"x{n}", f"google_project_iam_custom_role.r{n}.id", '"user:a@b.c"')
                for n in range(5000)
            ),
        ),
    )


def _condition(expression: str) -> str:
    return f'condition {{\ntitle = "t"\nexpression = {json.dumps(expression)}\n}}\n'


@hostile
def conditions_long(at: Path) -> None:
    long = " || ".join(f'resource.name.startsWith("projects/_/buckets/b{n}")' for n in range(300))
    write(
        at / "main.tf",
        (
            HONEST,
            *(member(f"x{n}", f'"{TOKENS}"', '"user:a@b.c"', _condition(f"{long} || false == {n}")) for n in range(60)),
        ),
    )


@hostile
def conditions_deep(at: Path) -> None:
    deep = "(" * 60 + "!" * 3000 + "true" + ")" * 60 + " && true" * 1500
    write(
        at / "main.tf",
        (HONEST, *(member(f"x{n}", f'"{TOKENS}"', '"user:a@b.c"', _condition(deep + " " * n)) for n in range(60))),
    )


@hostile
def conditions_short(at: Path) -> None:
    text = 'request.time < timestamp("2030-01-01T00:00:00Z") && resource.name == "{0}"'
    write(
        at / "main.tf",
        (
            HONEST,
            *(
                member(f"x{n}", f'"{TOKENS}"', '"user:a@b.c"', _condition(text.replace("{0}", str(n))))
                for n in range(6000)
            ),
        ),
    )


@hostile
def tags_of_one_project(at: Path) -> None:
    parent = "//cloudresourcemanager.googleapis.com/projects/p"
    tags = (
        f'resource "google_tags_tag_binding" "t{n}" {{\nparent = "{parent}"\ntag_value = "tagValues/{n}"\n}}\n'
        for n in range(3_000)
    )
    write(at / "a.tf", tags)
    asked = (_condition(f"resource.matchTagId('tagKeys/1', 'tagValues/{n}')") for n in range(2_000))
    write(at / "b.tf", (member(f"x{n}", f'"{TOKENS}"', f'"user:a{n}@b.c"', one) for n, one in enumerate(asked)))


@hostile
def providers(at: Path) -> None:
    text = " || ".join(f"assertion.repository == 'o/r{n}'" for n in range(300))
    piece = (
        'resource "google_iam_workload_identity_pool_provider" "p{0}" {{\nproject = "p"\nworkload_identity_pool_id = "pool"\nworkload_identity_pool_provider_id = "p{0}"\n'
        'attribute_mapping = {{\n"google.subject" = "assertion.sub"\n"attribute.r" = "assertion.repository"\n}}\nattribute_condition = {1}\noidc {{\nissuer_uri = "https://token.actions.githubusercontent.com"\n}}\n}}\n'
    )
    some = "".join(piece.format(n, json.dumps(f"{text} || '{n}' == 'x'")) for n in range(60))
    pool = "principalSet://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/pool/attribute.r/"
    write(
        at / "main.tf",
        (
            HONEST,
            some,
            *(
                grant_on(n % 9, f"{pool}o/r{n}", "roles/iam.workloadIdentityUser").replace('"g', f'"g{n}_')
                for n in range(5000)
            ),
        ),
    )


@hostile
def own_rules(at: Path) -> list[str]:
    glob = "*" + "a*" * 200 + "b"
    rule = (
        "title: Something is wrong\nseverity: low\nsince: 0.1.0\nwhen:\n  grant:\n    principal: [{0}]\nmessage: x\nwhy: x\nfix: x\n"
        "references: [https://example.com/x]\nexamples:\n  flags:\n    - terraform: |\n        x {{}} # finding\n  passes:\n    - terraform: |\n        x {{}}\n"
    )
    for number in range(300):
        write(at / "rules" / "own" / f"r{number}.yaml", rule.format(json.dumps(glob + str(number))))
    write(at / ".iamlint.yaml", "rules: [rules]\n")
    people = (member(f"x{n}", '"roles/viewer"', f'"user:{"a" * 100}{n}${{var.x}}@b.c"') for n in range(2500))
    write(at / "main.tf", (HONEST, 'variable "x" {}\n', *people))
    return []


@hostile
def accepted(at: Path) -> list[str]:
    entries = [{"rule": "basic-role", "principal": f"*x{n}*", "reason": "r"} for n in range(4000)]
    write(at / ".iamlint.yaml", json.dumps({"accept": entries}))
    write(at / "main.tf", (HONEST, *(member(f"x{n}", '"roles/owner"', f'"user:a{n}@b.c"') for n in range(6000))))
    return []


# -- exports -----------------------------------------------------------------------------------------------------------


@hostile
def policy_wide(at: Path) -> None:
    write(
        at / "projects" / "p" / "iam.json",
        policy({"role": f"roles/r{n}", "members": [f"user:a{n}@b.c"]} for n in range(15_000)),
    )
    write(at / "main.tf", HONEST)


@hostile
def policy_of_many_members(at: Path) -> None:
    write(
        at / "projects" / "p" / "iam.json",
        policy([{"role": TOKENS, "members": [f"user:a{n}@b.c" for n in range(50_000)]}]),
    )
    write(at / "main.tf", HONEST)


@hostile
def policy_of_agents(at: Path) -> None:
    write(
        at / "projects" / "p" / "iam.json",
        policy(
            [
                {
                    "role": "roles/editor",
                    "members": [f"serviceAccount:{n}@cloudservices.gserviceaccount.com" for n in range(18_000)],
                }
            ]
        ),
    )
    write(at / "main.tf", HONEST)


@hostile
def yaml_policy(at: Path) -> None:
    write(
        at / "projects" / "p" / "iam.yaml",
        ("bindings:\n- role: roles/owner\n  members:\n", *(f"  - user:a{n}@b.c\n" for n in range(50_000))),
    )
    write(at / "main.tf", HONEST)


@hostile
def yaml_aliases(at: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]\n"] + [
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)
    ]
    write(at / "projects" / "p" / "iam.yaml", "".join(lines) + "bindings: *a29\n")
    write(at / "main.tf", HONEST + member("x", '"r"', 'yamldecode(file("projects/p/iam.yaml")).a29[0]'))


@hostile
def yaml_hard(at: Path) -> None:
    write(at / "a.yaml", "bindings: " + "[" * 100_000)
    write(at / "b.yaml", "bindings:\n" + "- " * 100_000 + "x\n")
    write(at / "c.yaml", "bindings:\n" + "? " * 100_000 + "x\n")
    write(at / "d.yaml", "---\nbindings: []\n" * 10_000)
    write(at / "e.yaml", "bindings: " + '"' + "\\x41" * 50_000 + '"\n')
    write(at / "main.tf", HONEST)


@hostile
def connector(at: Path) -> None:
    piece = "apiVersion: iam.cnrm.cloud.google.com/v1beta1\nkind: IAMPolicyMember\nmetadata: {name: x}\nspec: {member: 'user:a@b.c', role: roles/owner, resourceRef: {kind: Project, external: projects/p}}\n---\n"
    write(at / "a.yaml", (piece for _ in range(5000)))
    write(at / "main.tf", HONEST)


@hostile
def json_hard(at: Path) -> None:
    write(at / "projects" / "p" / "iam.json", '{"bindings": ' + "[" * 300_000)
    write(at / "projects" / "q" / "iam.json", '{"bindings": [], "version": ' + "9" * 300_000 + "}")
    write(at / "projects" / "r" / "iam.json", '{"bindings": [' + "1," * 150_000 + "1]}")
    write(at / "main.tf", HONEST)


@hostile
def lines_blank(at: Path) -> None:
    head = '{"name": "//cloudresourcemanager.googleapis.com/projects/p", "asset_type": "cloudresourcemanager.googleapis.com/Project", "iam_policy": {"bindings": []}}\n'
    with gzip.open(at / "assets.jsonl.gz", "wb") as file:
        file.write(head.encode())
        for _ in range(900):
            file.write(b"\n" * 1_000_000)
    write(at / "main.tf", HONEST)


@hostile
def lines_bad(at: Path) -> None:
    head = '{"name": "//cloudresourcemanager.googleapis.com/projects/p", "asset_type": "cloudresourcemanager.googleapis.com/Project", "iam_policy": {"bindings": []}}\n'
    with gzip.open(at / "assets.jsonl.gz", "wb") as file:
        file.write(head.encode())
        for _ in range(700):
            file.write(b"{\n" * 500_000)
    write(at / "main.tf", HONEST)


@hostile
def lines_same(at: Path) -> None:
    head = json.dumps(
        {
            "name": "//cloudresourcemanager.googleapis.com/projects/p",
            "asset_type": "cloudresourcemanager.googleapis.com/Project",
            "iam_policy": {"bindings": [{"role": "roles/owner", "members": ["user:a@b.c"]}]},
        }
    )
    with gzip.open(at / "assets.jsonl.gz", "wb") as file:
        for _ in range(240):
            file.write(f"{head}\n".encode() * 5_000)
    write(at / "main.tf", HONEST)


@hostile
def assets_plain(at: Path) -> None:
    head = '{{"name": "//cloudresourcemanager.googleapis.com/projects/p{0}", "asset_type": "cloudresourcemanager.googleapis.com/Project", "ancestors": ["projects/{0}", "organizations/1"], "iam_policy": {{"bindings": [{{"role": "roles/owner", "members": ["user:a{0}@b.c"]}}]}}}}\n'
    write(at / "assets.jsonl", (head.format(n) for n in range(9000)))
    write(at / "main.tf", HONEST)


@hostile
def folders(at: Path) -> None:
    chain = [
        {"name": f"folders/{n}", "parent": f"folders/{n + 1}", "displayName": "f", "state": "ACTIVE"}
        for n in range(8000)
    ]
    write(at / "folders.json", json.dumps(chain[:6000]))
    write(
        at / "main.tf",
        (
            HONEST,
            *(
                member(f"x{n}", '"roles/owner"', '"user:a@b.c"')
                .replace("google_project", "google_folder")
                .replace('project = "p"', f'folder = "folders/{n}"')
                for n in range(3000)
            ),
        ),
    )


@hostile
def plan(at: Path) -> None:
    change = {"actions": ["create"], "before": None, "after_unknown": {}, "after_sensitive": {}}
    one = [
        {
            "address": f"google_project_iam_member.x{n}",
            "mode": "managed",
            "type": "google_project_iam_member",
            "name": f"x{n}",
            "provider_name": "registry.terraform.io/hashicorp/google",
            "change": {
                **change,
                "after": {"project": "p", "role": "roles/owner", "member": f"user:a{n}@b.c", "condition": []},
            },
        }
        for n in range(2300)
    ]
    write(
        at / "plan.json",
        json.dumps(
            {
                "format_version": "1.2",
                "terraform_version": "1.11.4",
                "planned_values": {"root_module": {}},
                "resource_changes": one,
                "configuration": {"root_module": {}},
            }
        ),
    )
    write(at / "main.tf", HONEST)


@hostile
def noise(at: Path) -> None:
    chance = random.Random(7)
    words = [
        "resource",
        '"google_project_iam_member"',
        "{",
        "}",
        "=",
        '"${',
        "%{ for",
        "<<E\n",
        "[",
        "]",
        "\n",
        "a",
        '"',
        "/*",
        "#",
    ]
    for number in range(20):
        write(at / f"n{number}.tf", " ".join(chance.choice(words) for _ in range(8000)))
    write(at / "zz" / "main.tf", HONEST)
