"""Changed lines: which findings a change is about, block by block, and where they are shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from checkout import commit, git, write
from program import run

ROLE = "roles/iam.serviceAccountTokenCreator"
ANA, BOB = '"user:ana@example.com"', '"user:bob@example.com"'
EXPORT = (
    "bindings:\n- members:\n  - user:ana@example.com\n  - user:bob@example.com\n  role: ROLE\netag: x\nversion: 1\n"
)


def member(
    who: str = ANA, *, name: str = "it", more: str = "", project: str = '"shop"', role: str = f'"{ROLE}"'
) -> str:
    return "\n".join(
        [
            f'resource "google_project_iam_member" "{name}" {{{more}',
            f"  project = {project}",
            f"  role    = {role}",
            f"  member  = {who}",
            "}",
            "",
        ]
    )


def binding(*members: str) -> str:
    listed = "".join(f"    {one},\n" for one in members)
    return (
        'resource "google_project_iam_binding" "it" {\n  project = "shop"\n'
        f'  role    = "{ROLE}"\n  members = [\n{listed}  ]\n}}\n'
    )


def call(role: str = ROLE, more: str = "") -> str:
    return f'module "m" {{\n  source = "./m"\n  role   = "{role}"\n{more}}}\n'


VAR = 'variable "x" {}\n'
MODULE = member(role="var.role") + 'variable "role" {}\nvariable "n" { default = 1 }\n'
CUSTOM = 'resource "google_project_iam_custom_role" "r" {\n  project = "shop"\n  role_id = "r"\n  title = "r"\n'
JSON = json.dumps(
    {
        "resource": {
            "google_project_iam_member": {"a": {"project": "shop", "role": ROLE, "member": "user:a@example.com"}}
        }
    }
)
PROVIDER = """resource "google_iam_workload_identity_pool" "p" {
  project                   = "shop"
  workload_identity_pool_id = "pool"
}
resource "google_iam_workload_identity_pool_provider" "p" {
  project                            = "shop"
  workload_identity_pool_id          = google_iam_workload_identity_pool.p.workload_identity_pool_id
  workload_identity_pool_provider_id = "p"MORE
  attribute_mapping = { "google.subject" = "assertion.sub" }
  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}
"""
EACH = "\n  for_each = LIST"
UNTIL = (
    '\n  condition {\n    title      = "t"\n    expression = "request.time < timestamp(\'2999-01-01T00:00:00Z\')"\n  }'
)

PERMISSIONS = ("getAccessToken", "getOpenIdToken", "signBlob", "signJwt", "implicitDelegation")
DENIED = f"""resource "google_iam_deny_policy" "d" {{
  parent = "cloudresourcemanager.googleapis.com%2Fprojects%2Fshop"
  name   = "d"
  rules {{
    deny_rule {{
      denied_principals  = ["principalSet://goog/public:all"]
      denied_permissions = {json.dumps([f"iam.googleapis.com/serviceAccounts.{one}" for one in PERMISSIONS])}
    }}
  }}
}}
"""
HARMLESS = 'locals {\n  p = ["storage.buckets.get"]\n}\n'

# name: files before, files after (None removes one), places of the findings shown
Files = dict[str, str | None]
CASES: dict[str, tuple[Files, Files, list[str]]] = {
    "the principal": ({"a.tf": member()}, {"a.tf": member(BOB)}, ["a.tf:4"]),
    "the project": ({"a.tf": member()}, {"a.tf": member(project='"till"')}, ["a.tf:2"]),
    "another member of a binding": ({"a.tf": binding(ANA)}, {"a.tf": binding(ANA, BOB)}, ["a.tf:6"]),
    "a member that is gone": ({"a.tf": binding(ANA, BOB)}, {"a.tf": binding(BOB)}, []),
    "another block above": ({"a.tf": member()}, {"a.tf": VAR + member()}, []),
    "the number": (
        {"a.tf": member(more="\n  count = var.x"), "v.tf": 'variable "x" {\n  default = 0\n}\n'},
        {"v.tf": 'variable "x" {\n  default = 1\n}\n'},
        ["v.tf:2"],
    ),
    "the number itself": (
        {"a.tf": member(more="\n  count = 0")},
        {"a.tf": member(more="\n  count = 1")},
        ["a.tf:4"],
    ),
    "the number in a call": (
        {"a.tf": call(more="  count = 0\n"), "m/m.tf": MODULE},
        {"a.tf": call(more="  count = 1\n")},
        ["a.tf:4"],
    ),
    "a condition that is gone": ({"a.tf": member(more=UNTIL)}, {"a.tf": member()}, ["a.tf:3"]),
    "a new key": (
        {"a.tf": member("each.value", more=EACH.replace("LIST", f"{{\n    a = {ANA}\n  }}"))},
        {"a.tf": member("each.value", more=EACH.replace("LIST", f"{{\n    a = {ANA}\n    b = {BOB}\n  }}"))},
        ["a.tf:4"],
    ),
    "a new key without a value": (
        {"a.tf": member('"user:${each.key}@example.com"', more=EACH.replace("LIST", 'toset([\n    "ana",\n  ])'))},
        {
            "a.tf": member(
                '"user:${each.key}@example.com"', more=EACH.replace("LIST", 'toset([\n    "ana",\n    "bob",\n  ])')
            )
        },
        ["a.tf:7"],
    ),
    "a part of a text from tfvars": (
        {"a.tf": member('"user:${var.x}@example.com"') + VAR, "x.auto.tfvars": '# who\nx = "ana"\n'},
        {"x.auto.tfvars": '# who\nx = "bob"\n'},
        ["x.auto.tfvars:2"],
    ),
    "a part of a text from variables in JSON": (
        {"a.tf": member('"user:${var.x}@example.com"') + VAR, "x.auto.tfvars.json": '{\n  "x": "ana"\n}\n'},
        {"x.auto.tfvars.json": '{\n  "x": "bob"\n}\n'},
        ["x.auto.tfvars.json:2"],
    ),
    "a local of a local": (
        {"a.tf": member("local.a"), "l.tf": f"locals {{\n  a = local.b\n  b = {ANA}\n}}\n"},
        {"l.tf": f"locals {{\n  a = local.b\n  b = {BOB}\n}}\n"},
        ["l.tf:3"],
    ),
    "another local": (
        {"a.tf": member("local.a"), "l.tf": f"locals {{\n  a = {ANA}\n  b = 1\n}}\n"},
        {"l.tf": f"locals {{\n  a = {ANA}\n  b = 2\n}}\n"},
        [],
    ),
    "the call's argument": (
        {"a.tf": call("roles/logging.viewer"), "m/m.tf": MODULE},
        {"a.tf": call()},
        ["a.tf:3"],
    ),
    "another argument of the call": (
        {"a.tf": call(more="  n = 1\n"), "m/m.tf": MODULE},
        {"a.tf": call(more="  n = 2\n")},
        [],
    ),
    "a permission of a custom role": (
        {"a.tf": CUSTOM + '  permissions = [\n    "iam.serviceAccounts.signBlob",\n  ]\n}\n'},
        {
            "a.tf": CUSTOM
            + '  permissions = [\n    "iam.serviceAccounts.signBlob",\n    "iam.serviceAccounts.signJwt",\n  ]\n}\n'
        },
        ["a.tf:7"],
    ),
    "a member of an export": (
        {"project-shop.yaml": EXPORT.replace("ROLE", ROLE)},
        {"project-shop.yaml": EXPORT.replace("ROLE", ROLE).replace("bob", "cy")},
        ["project-shop.yaml:4"],
    ),
    "a renamed export": (
        {"project-shop.yaml": EXPORT.replace("ROLE", ROLE)},
        {"project-shop.yaml": None, "old/project-shop.yaml": EXPORT.replace("ROLE", ROLE)},
        [],
    ),
    "a renamed block, half of it new": (
        {"a.tf": member(name="old")},
        {
            "a.tf": None,
            "b.tf": "moved {\n  from = google_project_iam_member.old\n  to = google_project_iam_member.it\n}\n"
            + member(BOB),
        },
        ["b.tf:8"],
    ),
    "a renamed block without moved": ({"a.tf": member(name="old")}, {"a.tf": member(name="new")}, ["a.tf:3"]),
    "a copy in another module": ({"a.tf": member()}, {"b/a.tf": member()}, ["b/a.tf:3"]),
    "a file that Terraform ignored": ({".a.tf": member()}, {".a.tf": None, "a.tf": member()}, ["a.tf:3"]),
    "a folder that was not searched": ({".x/a.tf": member()}, {".x/a.tf": None, "x/a.tf": member()}, ["x/a.tf:3"]),
    "a folder that was excluded": (
        {"attic/a.tf": member(), ".iamlint.yaml": "exclude: [attic]\n"},
        {"attic/a.tf": None, "x/a.tf": member()},
        ["x/a.tf:3"],
    ),
    "a variable file that was not loaded": (
        {"a.tf": VAR + member("var.x"), "old.tfvars": f"x = {ANA}\n"},
        {"old.tfvars": None, "terraform.tfvars": f"x = {ANA}\n"},
        ["terraform.tfvars:1"],
    ),
    "a document that was no configuration": (
        {"notes.json": JSON},
        {"notes.json": None, "a.tf.json": JSON},
        ["a.tf.json:1"],
    ),
    "a renamed file of JSON": ({"a.tf.json": JSON}, {"a.tf.json": None, "b.tf.json": JSON}, []),
    "an export of another project": (
        {"projects/shop/iam.yaml": EXPORT.replace("ROLE", ROLE)},
        {"projects/shop/iam.yaml": None, "projects/till/iam.yaml": EXPORT.replace("ROLE", ROLE)},
        ["projects/till/iam.yaml:3", "projects/till/iam.yaml:4"],
    ),
    "a condition of a provider that is gone": (
        {"a.tf": PROVIDER.replace("MORE", "\n  attribute_condition = \"assertion.repository_owner_id == '1'\"")},
        {"a.tf": PROVIDER.replace("MORE", "")},
        ["a.tf:11"],
    ),
    "a project that is gone": (
        {"a.tf": member(), "p.tf": 'provider "google" {\n  project = "till"\n}\n'},
        {"a.tf": member().replace('  project = "shop"\n', "")},
        ["a.tf:2"],
    ),
    "an argument of the call that is gone": (
        {"a.tf": call("roles/viewer"), "m/m.tf": MODULE.replace('"role" {', f'"role" {{\n  default = "{ROLE}"\n')},
        {"a.tf": call().replace(f'  role   = "{ROLE}"\n', "")},
        ["a.tf:1"],
    ),
    "another argument of the call that is gone": (
        {"a.tf": call(more="  n = 1\n"), "m/m.tf": MODULE},
        {"a.tf": call()},
        [],
    ),
    "an order that is gone": (
        {"a.tf": member(more="\n  depends_on = [terraform_data.x]")},
        {"a.tf": member()},
        [],
    ),
    # what no changed line shows
    "a text that is read": (
        {"a.tf": member('trimspace(file("who"))'), "who": "user:ana@example.com"},
        {"who": "user:bob@example.com"},
        ["a.tf:3"],
    ),
    "a row of a table": (
        {
            "a.tf": member("each.value.who", more='\n  for_each = { for x in csvdecode(file("t.csv")) : x.name => x }'),
            "t.csv": "name,who\na,user:ana@example.com\n",
        },
        {"t.csv": "name,who\na,user:ana@example.com\nb,user:bob@example.com\n"},
        ["a.tf:4"],
    ),
    "a file that is there now": (
        {"a.tf": member(more='\n  count = length(fileset(path.module, "on/*"))'), "on.txt": ""},
        {"on/a": ""},
        ["a.tf:4"],
    ),
    "a hash of a file": (
        {"a.tf": member(more='\n  count = filemd5("x") == md5("on") ? 1 : 0'), "x": "off"},
        {"x": "on"},
        ["a.tf:4"],
    ),
    "a variable file that is gone": (
        {"a.tf": VAR.replace("{}", f"{{\n  default = {BOB}\n}}") + member("var.x"), "x.auto.tfvars": f"x = {ANA}\n"},
        {"x.auto.tfvars": None},
        ["a.tf:6"],
    ),
    "an override that is gone": (
        {"a.tf": member(), "b_override.tf": 'resource "google_project_iam_member" "it" {\n  count = 0\n}\n'},
        {"b_override.tf": None},
        ["a.tf:3"],
    ),
    "a number that a module returns": (
        {
            "a.tf": member(more="\n  count = module.m.n") + 'module "m" {\n  source = "./m"\n}\n',
            "m/o.tf": 'output "n" {\n  value = 0\n}\n',
        },
        {"m/o.tf": 'output "n" {\n  value = 1\n}\n'},
        ["a.tf:4"],
    ),
    "a deny policy that is gone": ({"a.tf": member(), "d.tf": DENIED}, {"d.tf": None}, ["a.tf:3"]),
    "a permission of a custom role in a local": (
        {"a.tf": CUSTOM + "  permissions = local.p\n}\n" + member(role='"projects/shop/roles/r"'), "l.tf": HARMLESS},
        {"l.tf": HARMLESS.replace("storage.buckets.get", "iam.serviceAccounts.getAccessToken")},
        ["a.tf:9"],
    ),
    "a file that nothing reads": ({"a.tf": member(), "x": "off"}, {"x": "on"}, []),
    "a variable file with the same value": (
        {"a.tf": VAR + member("var.x"), "x.auto.tfvars": f"x = {ANA}\n"},
        {"x.auto.tfvars": None, "y.auto.tfvars": f"# as before\nx = {ANA}\n"},
        [],
    ),
    "a deny policy of another module that is gone": (
        {"a.tf": member(), "b/d.tf": DENIED},
        {"b/d.tf": None},
        [],
    ),
    "line ends of Windows": ({"a.tf": member()}, {"a.tf": member().replace("\n", "\r\n")}, []),
}


def shown(folder: Path) -> list[str]:
    done = run("check", ".", "--changed-since", "HEAD", "--format", "github", "--ignore", "hygiene", cwd=folder)
    places = re.finditer(r"^::(?:error|warning|notice) file=([^,.][^,]*),line=(\d+)", done.stdout, re.MULTILINE)
    return sorted(f"{found[1]}:{found[2]}" for found in places)


@pytest.mark.parametrize("name", CASES)
def test_what_is_on_changed_lines(tmp_path: Path, name: str) -> None:
    before, after, places = CASES[name]
    write(tmp_path, before)
    commit(tmp_path)
    write(tmp_path, after)
    assert shown(tmp_path) == places


@pytest.mark.parametrize("name", ["the principal", "another block above", "the number", "a deny policy that is gone"])
def test_what_is_on_changed_lines_is_so_staged_or_not(tmp_path: Path, name: str) -> None:
    before, after, places = CASES[name]
    write(tmp_path, before)
    commit(tmp_path)
    assert shown(tmp_path) == []
    write(tmp_path, after)
    git(tmp_path, "add", ".")
    assert shown(tmp_path) == places


def test_an_unknown_answer_that_the_revision_did_not_have(tmp_path: Path) -> None:
    write(
        tmp_path, {"a.tf": member('file("who")') + member('"user:${var.y}@example.com"', name="y"), "who": "user:a@b.c"}
    )
    commit(tmp_path)
    assert unknown(tmp_path) == []
    (tmp_path / "who").unlink()
    assert unknown(tmp_path) == ["google_project_iam_member.it"]


ADD = "gcloud projects add-iam-policy-binding shop --member=user:ana@example.com\n"
RUN = 'resource "null_resource" "run" {\n  provisioner "local-exec" {\n    command = "./grant.sh"\n  }\n}\n'
OF_MANY = (
    'resource "google_project_iam_binding" "it" {\n  project = "shop"\n  role    = var.x\n  members = local.who\n}\n'
)
NESTED = json.dumps(
    {"a": {"policy": {"bindings": [{"role": ROLE, "members": ["user:ana@b.c"]}], "etag": "x"}}}, indent=1
)


@pytest.mark.parametrize(
    ("block", "file", "before", "after"),
    [
        (
            VAR + member("local.who", role="var.x"),
            "l.tf",
            f"locals {{\n  who = {ANA}\n}}\n",
            f"locals {{\n  who = {BOB}\n}}\n",
        ),
        (VAR + OF_MANY, "l.tf", f"locals {{\n  who = [{ANA}]\n}}\n", f"locals {{\n  who = [{ANA}, {BOB}]\n}}\n"),
        (RUN, "grant.sh", ADD, ADD + ADD.replace("ana", "bob")),
        ("", "x.json", NESTED, NESTED.replace("ana", "bob")),
    ],
)
def test_an_unknown_answer_about_something_else(tmp_path: Path, block: str, file: str, before: str, after: str) -> None:
    write(tmp_path, {"a.tf": block, file: before})
    commit(tmp_path)
    assert unknown(tmp_path) == []
    write(tmp_path, {file: after})
    assert len(unknown(tmp_path)) == 1


def unknown(folder: Path) -> list[str]:
    done = run("check", ".", "--changed-since", "HEAD", "--format", "json", cwd=folder)
    return sorted({one["address"] for one in json.loads(done.stdout)["unknowns"]})


def test_what_cannot_be_read_in_the_revision_is_told_and_counts_as_new(tmp_path: Path) -> None:
    write(tmp_path, {"a.tf": member('file("who")'), "who": "user:a@b.c", "l.tf": "locals {\n"})
    commit(tmp_path)
    write(tmp_path, {"l.tf": ""})
    done = run("check", ".", "--changed-since", "HEAD", cwd=tmp_path)
    assert "1 error in a check of HEAD" in done.stdout + done.stderr
