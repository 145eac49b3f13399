"""Hostile inputs for the remaining parts: modules, names, conditions, states, reports, commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from hostile_estates import OWNER, ROLE
from hostile_inputs import HONEST, TOKENS, account, grant_on, hostile, locals_of, member, write

POOL = "principalSet://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/pool/attribute.r/"
ISSUER = 'oidc {\nissuer_uri = "https://token.actions.githubusercontent.com"\n}\n'
OWN_RULE = (
    "title: Something is wrong\nseverity: low\nsince: 0.1.0\nwhen:\n  grant:\n{0}message: x\nwhy: x\nfix: x\n"
    "references: [https://example.com/x]\nexamples:\n  flags:\n{1}  passes:\n    - terraform: |\n        x {{}}\n"
)


# -- modules and names -------------------------------------------------------------------------------------------------


@hostile
def module_of_idle_blocks(at: Path) -> None:
    # None of the blocks states a fact; each instance of the module goes over all of them.
    write(at / "m" / "main.tf", (f'resource "a" "b{n}" {{}}\n' for n in range(40_000)))
    write(at / "main.tf", HONEST + 'module "m" {\nsource = "./m"\ncount = 9999\n}\n')


@hostile
def module_of_unknown_blocks(at: Path) -> None:
    write(at / "m" / "main.tf", (f"b{n} {{}}\n" for n in range(80_000)))
    write(at / "main.tf", HONEST + 'module "m" {\nsource = "./m"\ncount = 9999\n}\n')


@hostile
def module_of_providers(at: Path) -> None:
    write(at / "m" / "main.tf", (f'provider "google" {{\nalias = "p{n}"\n}}\n' for n in range(20_000)))
    write(at / "main.tf", HONEST + 'module "m" {\nsource = "./m"\ncount = 9999\n}\n')


@hostile
def module_of_many_roots(at: Path) -> None:
    write(at / "m" / "main.tf", (f'resource "a" "b{n}" {{}}\n' for n in range(32_000)))
    for number in range(3000):
        write(at / f"r{number}" / "main.tf", 'module "m" {\nsource = "../m"\n}\n')
    write(at / "zz" / "main.tf", HONEST)


@hostile
def call_of_many_arguments(at: Path) -> None:
    write(at / "m" / "main.tf", (f'variable "v{n}" {{}}\n' for n in range(15_000)))
    arguments = "".join(f"v{n} = 1\n" for n in range(15_000))
    write(at / "main.tf", HONEST + f'module "m" {{\nsource = "./m"\ncount = 9999\n{arguments}}}\n')


@hostile
def tries_of_locals(at: Path) -> None:
    # Each name is looked up among all declared ones.
    names = "".join(f"l{n} = 1\n" for n in range(20_000))
    uses = (member(f"x{n}", '"r"', f"try({', '.join([f'local.l{n}'] * 20)})") for n in range(2000))
    write(at / "main.tf", (HONEST, f"locals {{\n{names}}}\n", *uses))


@hostile
def data_of_one_kind(at: Path) -> None:
    some = "".join(f'data "a" "b{n}" {{}}\n' for n in range(14_000))
    uses = (member(f"x{n}", '"r"', f"join(data.a.b{n}.x, [data.a.b{n}.y, data.a.b{n}.z])") for n in range(6000))
    write(at / "main.tf", (HONEST, some, *uses))


@hostile
def overrides(at: Path) -> None:
    for number in range(1500):
        write(at / f"a{number}_override.tf", member("x", '"roles/viewer"', f'"user:a{number}@b.c"', "count = 999\n"))
    write(at / "main.tf", HONEST + member("x", '"roles/owner"', '"user:a@b.c"'))


@hostile
def providers_overridden(at: Path) -> None:
    piece = 'provider "google" {{\nalias = "p{0}"\n}}\n'
    write(at / "a.tf", map(piece.format, range(11_000)))
    write(at / "a_override.tf", map(piece.format, range(11_000)))
    write(at / "main.tf", HONEST)


@hostile
def arguments_of_instances(at: Path) -> None:
    many = "".join(f"a{n} = 1\n" for n in range(30_000))
    write(at / "main.tf", (HONEST, member("x", '"roles/owner"', '"user:a@b.c"', f"count = 9999\n{many}")))


@hostile
def instances_asked_for(at: Path) -> None:
    blocks = (f'resource "a" "b{n}" {{\ncount = 9999\n}}\n' for n in range(8000))
    uses = "".join(member(f"x{n}", '"r"', f"a.b{n}[7].c") for n in range(5000))
    write(at / "main.tf", (HONEST, uses, *blocks))


@hostile
def provisioners(at: Path) -> None:
    piece = 'resource "null_resource" "n{0}" {{\ncount = 9999\nprovisioner "local-exec" {{\ncommand = "gcloud x${{count.index}}"\n}}\n}}\n'
    write(at / "main.tf", (HONEST, *map(piece.format, range(6000))))


@hostile
def scripts(at: Path) -> None:
    write(at / "s.sh", "gcloud projects describe x\n" * 10_000)
    piece = 'resource "null_resource" "n{0}" {{\ncount = 9999\nprovisioner "local-exec" {{\ncommand = "./s.sh {0}"\n}}\n}}\n'
    write(at / "main.tf", (HONEST, *map(piece.format, range(5000))))


@hostile
def types_deep(at: Path) -> None:
    kind = "string"
    for _ in range(60):
        kind = f'object({{ a = optional({kind}), b = optional(string, "x") }})'
    calls = (f'module "m{n}" {{\nsource = "./m"\nv = local.rows\n}}\n' for n in range(5000))
    uses = member("x", '"r"', "var.v[0].b")
    write(at / "m" / "main.tf", f'variable "v" {{\ntype = list({kind})\n}}\n{uses}')
    write(at / "main.tf", (HONEST, "locals {\nrows = [for n in range(9999) : {}]\n}\n", *calls))


@hostile
def outputs_chained(at: Path) -> None:
    write(at / "m" / "main.tf", 'variable "v" {}\noutput "o" {\nvalue = [for x in var.v : upper(x)]\n}\n')
    calls = (f'module "m{n + 1}" {{\nsource = "./m"\nv = module.m{n}.o\n}}\n' for n in range(9000))
    first = 'module "m0" {\nsource = "./m"\nv = [for n in range(999) : "x${n}"]\n}\n'
    write(at / "main.tf", (HONEST, first, *calls))


@hostile
def functions_of_pairs(at: Path) -> None:
    many = "[for n in range(9000) : tostring(n)]"
    calls = (
        "matchkeys(local.m, local.m, local.m)",
        "setsubtract(local.m, local.m)",
        "distinct([for x in local.m : { a = x }])",
        'index(local.m, "8999")',
        "[for x in local.m : contains(local.m, x)]",
        "merge([for x in local.m : { (x) = x }]...)",
        "transpose({ for x in local.m : x => local.m })",
        "[for x in local.m : lookup(zipmap(local.m, local.m), x)]",
        "concat([for x in local.m : local.m]...)",
        'compact([for x in local.m : join("", local.m)])',
        'cidrsubnets("10.0.0.0/8", [for x in range(9000) : 20]...)',
        '[for x in local.m : sha512(join("", local.m))]',
        '[for x in local.m : substr(join("", local.m), 0, 30000)]',
        "[for x in local.m : sort(local.m)]",
        "[for x in local.m : local.m == local.m]",
        "[for x in local.m : element(local.m, 7)]",
        "[for x in local.m : slice(local.m, 0, 9000)]",
        "[for x in local.m : reverse(local.m)]",
        "[for x in local.m : values({ for y in local.m : y => y })]",
        "[for x in local.m : one(local.m[*])]",
        '[for x in local.m : base64gzip(join("", local.m))]',
        '[for x in local.m : timeadd("2020-01-01T00:00:00Z", "${x}h")]',
        '[for x in local.m : formatlist("%s", local.m)]',
        '[for x in local.m : startswith(join("", local.m), "1")]',
        "[for x in local.m : templatestring(local.t, { a = x })]",
    )
    uses = (member(f"x{n}", '"r"', f"length({calls[n % len(calls)]})") for n in range(6000))
    write(at / "main.tf", (HONEST, f'locals {{\nm = {many}\nt = "${{join("", local.m)}}"\n}}\n', *uses))


@hostile
def unknown_parts_in_members(at: Path) -> None:
    # Texts of hundreds of unknown parts, each compared with every glob of every rule.
    text = '"serviceAccount:' + "".join(f"a${{var.v{n}}}" for n in range(12)) + '{0}@p.iam.gserviceaccount.com"'
    variables = "".join(f'variable "v{n}" {{}}\n' for n in range(12))
    uses = (member(f"x{n}", f'"{TOKENS}"', text.replace("{0}", str(n))) for n in range(5000))
    write(at / "main.tf", (HONEST, variables, *uses))


# -- conditions and CEL ------------------------------------------------------------------------------------------------


def _conditional_providers(at: Path, condition: Callable[[int], str]) -> None:
    piece = (
        'resource "google_iam_workload_identity_pool_provider" "p{0}" {{\nproject = "p"\nworkload_identity_pool_id = "pool"\n'
        'workload_identity_pool_provider_id = "p{0}"\nattribute_mapping = {{ "google.subject" = "assertion.sub" }}\n'
        'attribute_condition = {1}\noidc {{\nissuer_uri = "https://token.actions.githubusercontent.com"\n}}\n}}\n'
    )
    write(at / "main.tf", (HONEST, *(piece.format(n, json.dumps(condition(n))) for n in range(200))))


@hostile
def providers_with_many_ways(at: Path) -> None:
    text = " && ".join(f"(assertion.a{n} == 'x{n}' || assertion.b{n} == 'y')" for n in range(95))
    _conditional_providers(at, lambda n: f"{text} && assertion.z != '{n}'")


@hostile
def providers_with_many_patterns(at: Path) -> None:
    text = " || ".join(f"assertion.repository.matches('^(a|b{n})*c.{{0,50}}x$')" for n in range(65))
    _conditional_providers(at, lambda n: f"{text} || assertion.r == '{n}'")


def _condition(expression: str) -> str:
    return f'condition {{\ntitle = "t"\nexpression = {expression}\n}}\n'


@hostile
def conditions_of_instances(at: Path) -> None:
    # One long expression, another one for each instance.
    terms = " || ".join(f"resource.name.startsWith('projects/_/buckets/b{n}')" for n in range(200))
    grant = member(
        "x", f'"{TOKENS}"', '"user:a@b.c"', "count = 9999\n" + _condition(f"\"{terms} || '${{count.index}}' == 'x'\"")
    )
    write(at / "main.tf", HONEST + grant)


@hostile
def conditions_hard(at: Path) -> None:
    kinds = (
        "resource.name.matches('" + "(a|b|ab)*" * 50 + "')",
        "resource.name.extract('" + "{a}/" * 300 + "') == 'x'",
        "[" + "1," * 3000 + "1].exists(x, [1,2].exists(y, x == y))",
        "request.time.getFullYear() " + "+ 1 " * 2000 + "> 1",
        "true ? " * 900 + "true" + " : false" * 900,
        "request.time < timestamp('2030-01-01T00:00:00Z') " + "+ duration('1s') " * 900,
        "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(["
        + ",".join(f"'roles/r{n}'" for n in range(900))
        + "])",
        "resource.matchTag('1/env', 'prod')" + " && resource.matchTag('1/env', 'prod')" * 300,
    )
    grants = (
        member(
            f"x{n}",
            '"roles/resourcemanager.projectIamAdmin"',
            '"user:a@b.c"',
            _condition(json.dumps(f"{kinds[n % 8]} || '{n}' == 'y'")),
        )
        for n in range(400)
    )
    write(at / "main.tf", (HONEST, *grants))


@hostile
def mappings_long(at: Path) -> None:
    terms = " : ".join(f"assertion.repository == 'o/r{n}' ? 'r{n}'" for n in range(150)) + " : 'x'"
    piece = (
        'resource "google_iam_workload_identity_pool_provider" "p{0}" {{\nproject = "p"\nworkload_identity_pool_id = "pool"\nworkload_identity_pool_provider_id = "p{0}"\n'
        'attribute_mapping = {{\n"google.subject" = "assertion.sub"\n{1}}}\n'
        + ISSUER.replace("{", "{{").replace("}", "}}")
        + "}}\n"
    )
    some = "".join(
        piece.format(
            n, "".join(f'"attribute.r{m}" = "{terms}"\n' for m in range(3)).replace("attribute.r0", "attribute.r")
        )
        for n in range(30)
    )
    uses = (
        grant_on(n % 9, f"{POOL}o/r{n}", "roles/iam.workloadIdentityUser").replace('"g', f'"g{n}_') for n in range(3000)
    )
    write(at / "main.tf", (HONEST, some, *uses))


@hostile
def providers_and_members(at: Path) -> None:
    piece = (
        'resource "google_iam_workload_identity_pool_provider" "p{0}" {{\nproject = "p"\nworkload_identity_pool_id = "pool"\nworkload_identity_pool_provider_id = "p{0}"\n'
        'attribute_mapping = {{\n"google.subject" = "assertion.sub"\n"attribute.r" = "assertion.repository"\n}}\nattribute_condition = "assertion.repository == \'o/r{0}\'"\noidc {{\nissuer_uri = "https://token.actions.githubusercontent.com"\n}}\n}}\n'
    )
    some = "".join(piece.format(n) for n in range(1200))
    uses = (grant_on(n, f"{POOL}o/r{n}", "roles/iam.workloadIdentityUser") for n in range(2500))
    write(at / "main.tf", (HONEST, some, *uses))


@hostile
def custom_role_of_instances(at: Path) -> None:
    names = json.dumps([f"compute.instances.x{n}" for n in range(9000)])
    role = 'resource "google_project_iam_custom_role" "r" {\ncount = 9999\nproject = "p"\nrole_id = "r${count.index}"\ntitle = "t"\npermissions = local.p\n}\n'
    write(at / "main.tf", HONEST + f"locals {{\np = {names}\n}}\n" + role)


@hostile
def deny_of_instances(at: Path) -> None:
    people = json.dumps([f"principal://goog/subject/a{n}@b.c" for n in range(3000)])
    rule = 'rules {\ndeny_rule {\ndenied_principals = local.p\ndenied_permissions = ["iam.googleapis.com/serviceAccounts.getAccessToken"]\n}\n}\n'
    head = 'resource "google_iam_deny_policy" "d" {\ncount = 9999\nparent = "cloudresourcemanager.googleapis.com%2Forganizations%2F1"\nname = "d${count.index}"\n'
    uses = (member(f"x{n}", f'"{TOKENS}"', f'"user:a{n}@b.c"') for n in range(4000))
    write(at / "main.tf", (HONEST, f"locals {{\np = {people}\n}}\n", head, rule, "}\n", *uses))


@hostile
def deny_policies_and_conditions(at: Path) -> None:
    long = " || ".join(f"resource.matchTag('1/env', 'p{n}')" for n in range(60))
    piece = (
        'resource "google_iam_deny_policy" "d{0}" {{\nparent = "cloudresourcemanager.googleapis.com%2Fprojects%2Fp"\nname = "d{0}"\n'
        'rules {{\ndeny_rule {{\ndenied_principals = ["principalSet://goog/public:all"]\ndenied_permissions = ["iam.googleapis.com/serviceAccounts.*"]\ndenial_condition {{\ntitle = "t"\nexpression = {1}\n}}\n}}\n}}\n}}\n'
    )
    some = "".join(piece.format(n, json.dumps(f"{long} || 'x' == '{n}'")) for n in range(180))
    uses = (member(f"x{n}", f'"{TOKENS}"', f'"user:a{n}@b.c"') for n in range(4500))
    write(at / "main.tf", (HONEST, some, *uses))


# -- documents ---------------------------------------------------------------------------------------------------------


def _change(number: int, **after: object) -> dict[str, object]:
    return {
        "address": f"google_project_iam_member.x{number}",
        "mode": "managed",
        "type": "google_project_iam_member",
        "name": f"x{number}",
        "provider_name": "registry.terraform.io/hashicorp/google",
        "change": {"actions": ["create"], "before": None, "after_unknown": {}, "after": after},
    }


@hostile
def plan_of_deep_modules(at: Path) -> None:
    call: dict[str, object] = {"resources": []}
    for number in range(300):
        call = {"module_calls": {f"m{number}": {"source": "./m", "module": call}}}
    changes = [_change(n, project="p", role="roles/owner", member=f"user:a{n}@b.c") for n in range(1500)]
    for number, one in enumerate(changes):
        one["module_address"] = ".".join(f"module.m{m}[{number}]" for m in range(20))
        one["address"] = f"{one['module_address']}.{one['address']}"
    body = {
        "format_version": "1.2",
        "planned_values": {"root_module": {}},
        "resource_changes": changes[:1100],
        "configuration": {"root_module": call},
    }
    write(at / "plan.json", json.dumps(body))
    write(at / "main.tf", HONEST)


@hostile
def state_of_instances(at: Path) -> None:
    one = [
        {"index_key": n, "attributes": {"project": "p", "role": "roles/owner", "member": f"user:a{n}@b.c"}}
        for n in range(9000)
    ]
    body = {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": 1,
        "lineage": "x",
        "outputs": {},
        "resources": [
            {
                "mode": "managed",
                "type": "google_project_iam_member",
                "name": "x",
                "provider": 'provider["registry.terraform.io/hashicorp/google"]',
                "instances": one,
            }
        ],
    }
    write(at / "terraform.tfstate", json.dumps(body, separators=(",", ":")))
    write(at / "main.tf", HONEST)


@hostile
def yaml_merges(at: Path) -> None:
    lines = ["a0: &a0 {k: v}\n"] + [
        f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}], k{n}: v}}\n" for n in range(1, 3000)
    ]
    write(at / "projects" / "p" / "iam.yaml", ("".join(lines[:300]), "bindings: []\n"))
    write(
        at / "projects" / "q" / "iam.yaml",
        (
            "a: &a {",
            ", ".join(f"k{n}: v" for n in range(9000)),
            "}\n",
            *(f"b{n}: {{<<: *a}}\n" for n in range(9000)),
            "bindings: []\n",
        ),
    )
    write(at / "main.tf", HONEST + member("x", '"r"', 'yamldecode(file("projects/p/iam.yaml")).a299.k'))


@hostile
def roots_of_tfvars(at: Path) -> None:
    for number in range(2500):
        write(at / f"v{number}.tfvars", "".join(f'a{n} = "x"\n' for n in range(9)))
    write(
        at / "main.tf",
        (
            HONEST,
            *(f'variable "a{n}" {{}}\n' for n in range(5000)),
            *(member(f"x{n}", '"r"', f"var.a{n}") for n in range(6000)),
        ),
    )


@hostile
def links_in_circles(at: Path) -> None:
    top = at / "d"
    for number in range(30):
        write(top / f"e{number}" / "f.json", "{}")
        for link in range(6):
            (top / f"e{number}" / f"l{link}").symlink_to(f"../e{(number + link + 1) % 30}")
    uses = (member(f"x{n}", '"r"', f'join("", fileset("d", "**/{n}*"))') for n in range(3000))
    write(at / "main.tf", (HONEST, *uses))


@hostile
def directories_deep(at: Path) -> None:
    here = at
    for _ in range(250):
        here = here / "d"
        write(here / "main.tf", member("x", '"roles/owner"', '"user:a@b.c"') + 'module "m" {\nsource = "./d"\n}\n')
    write(here / "d" / "main.tf", "")
    write(at / "main.tf", HONEST)


@hostile
def modules_listed(at: Path) -> None:
    entries = [
        {
            "Key": f"m{n}",
            "Source": "registry.terraform.io/a/b/c",
            "Version": "1.0.0",
            "Dir": f".terraform/modules/m{n % 9}",
        }
        for n in range(7000)
    ]
    write(at / ".terraform" / "modules" / "modules.json", json.dumps({"Modules": entries}))
    for number in range(9):
        write(at / ".terraform" / "modules" / f"m{number}" / "main.tf", member("x", '"roles/owner"', '"user:a@b.c"'))
    write(
        at / "main.tf", (HONEST, *(f'module "m{n}" {{\nsource = "a/b/c"\nversion = "1.0.0"\n}}\n' for n in range(4000)))
    )


# -- comments, configuration, rules ------------------------------------------------------------------------------------


@hostile
def comment_of_many_rules(at: Path) -> None:
    ids = ",".join(f"basic-role{n}" for n in range(40_000))
    write(at / "a.tf", f"# iamlint: ignore[{ids}] x\n" + member("x", '"roles/owner"', '"user:a@b.c"'))
    write(at / "b.tf", HONEST)


@hostile
def excludes(at: Path) -> None:
    globs = [f"{'*a' * 30}{n}*" for n in range(1000)]  # more are an error of the configuration
    for number in range(3000):
        write(at / ("a" * 120 + str(number)) / "x.tf", "")
    write(at / ".iamlint.yaml", json.dumps({"exclude": globs, "inputs": globs}))
    write(at / "main.tf", HONEST)


@hostile
def rules_nested(at: Path) -> None:
    pattern = "    principal: 'user:*'\n"
    for depth in range(60):
        pattern += f"    {'  ' * depth}unless:\n    {'  ' * depth}  principal: ['user:x{depth}*', '*y{depth}*']\n"
    flags = "    - terraform: |\n        x {} # finding\n"
    for number in range(60):
        write(at / "rules" / "own" / f"r{number}.yaml", OWN_RULE.format(pattern, flags))
    write(at / ".iamlint.yaml", "rules: [rules]\n")
    write(
        at / "main.tf",
        (HONEST, 'variable "v" {}\n', *(member(f"x{n}", '"r"', f'"user:{n}${{var.v}}y1"') for n in range(3000))),
    )


@hostile
def rules_tested(at: Path) -> list[str]:
    grants = "".join(
        f"        {line} # finding\n" if "role =" in line else f"        {line}\n"
        for n in range(2000)
        for line in member(f"x{n}", '"roles/owner"', f'"user:a{n}@b.c"').splitlines()
    )
    examples = f"    - terraform: |\n{grants}" * 4
    write(at / "rules" / "own" / "r.yaml", OWN_RULE.format("    role: roles/owner\n", examples))
    return ["test", "rules"]


@hostile
def rules_tested_hungry(at: Path) -> list[str]:
    loop = "length([for a in range(999) : [for b in range(999) : a + b]])"
    text = "".join(f"        {line}\n" for line in member("x", '"roles/owner"', loop).splitlines()).replace(
        'owner"\n', 'owner" # finding\n'
    )
    for number in range(400):
        write(
            at / "rules" / "own" / f"r{number}.yaml",
            OWN_RULE.format("    role: roles/owner\n", f"    - terraform: |\n{text}" * 4),
        )
    return ["test", "rules"]


@hostile
def roles_own(at: Path) -> list[str]:
    write(
        at / "roles.json",
        json.dumps(
            [{"name": f"roles/r{n}", "includedPermissions": [f"a.b{m}.c" for m in range(20)]} for n in range(2200)]
        ),
    )
    write(at / "main.tf", (HONEST, *(member(f"x{n}", f'"roles/r{n}"', '"user:a@b.c"') for n in range(3000))))
    return ["--role-catalog", "roles.json"]


# -- reports -----------------------------------------------------------------------------------------------------------


def _many(at: Path) -> None:
    name = "n" * 60
    write(
        at / "main.tf",
        (
            HONEST,
            *(
                member(f"{name}{n}", '"roles/owner"', '"allUsers"' if n % 2 else f'"user:a{n}@b.c"')
                for n in range(6000)
            ),
        ),
    )


@hostile
def report_text(at: Path) -> list[str]:
    _many(at)
    return ["--format", "text", "--show-all", "--show-unknown"]


@hostile
def report_sarif(at: Path) -> list[str]:
    _many(at)
    return ["--format", "sarif"]


@hostile
def report_markdown(at: Path) -> list[str]:
    _many(at)
    return ["--format", "markdown"]


@hostile
def report_github(at: Path) -> list[str]:
    _many(at)
    return ["--format", "github"]


@hostile
def report_sarif_of_a_chain(at: Path) -> list[str]:
    delegate = "organizations/1/roles/delegate"
    links = (grant_on(n, f"serviceAccount:{account(n + 1)}", delegate) for n in range(9000))
    write(at / "main.tf", (HONEST, ROLE, OWNER.format("", account(0)), *links))
    return ["--format", "sarif"]


@hostile
def report_text_of_long_lines(at: Path) -> list[str]:
    items = ", ".join(f'"user:a{n}@b.c"' for n in range(40_000))
    write(
        at / "a.tf",
        f'resource "google_project_iam_binding" "x" {{\nproject = "p"\nrole = "roles/owner"\nmembers = [{items}]\n}}\n',
    )
    write(at / "b.tf", HONEST)
    return ["--format", "text", "--show-all"]


@hostile
def facts_of_instances(at: Path) -> list[str]:
    piece = 'resource "google_project_iam_member" "x{0}" {{\ncount = 9999\nproject = "p${{count.index}}"\nrole = "roles/owner"\nmember = "user:a{0}@b.c"\n}}\n'
    write(at / "main.tf", (HONEST, *map(piece.format, range(5000))))
    return ["facts", "."]


@hostile
def facts_of_a_chain(at: Path) -> list[str]:
    links = (grant_on(n, f"serviceAccount:{account(n + 1)}") for n in range(9000))
    write(at / "main.tf", (HONEST, OWNER.format("", account(0)), *links))
    return ["facts", ".", "--format", "json"]


@hostile
def facts_of_texts(at: Path) -> list[str]:
    grown = locals_of("a", '"ab"', '"${{0}}${{0}}"', 14)
    uses = (member(f"x{n}", f'"{TOKENS}"', '"user:${local.a14}@b.c"') for n in range(5000))
    write(at / "main.tf", (HONEST, grown, *uses))
    return ["facts", ".", "--format", "json"]


@hostile
def second_parser(at: Path) -> list[str]:
    write(at / "main.tf", (HONEST, *(member(f"x{n}", '"roles/owner"', f'"user:a{n}@b.c"') for n in range(9000))))
    return ["--second-parser"]


@hostile
def baseline_large(at: Path) -> list[str]:
    finding = {"rule": "basic-role", "fingerprint": "x" * 32}
    write(
        at / "base.json",
        json.dumps({"version": "0.1.0", "findings": [{**finding, "fingerprint": f"{n:032}"} for n in range(12_000)]}),
    )
    write(at / "main.tf", HONEST)
    return ["--baseline", "base.json"]
