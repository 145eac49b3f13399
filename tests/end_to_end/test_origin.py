"""Reports put a finding where a reviewer looks: where the value is written, in the files that are reviewed."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from checkout import commit, write
from program import run, run_forms

RULE = "broad-token-creator"
ROLE = "roles/iam.serviceAccountTokenCreator"
CHECK = ("check", ".", "--select", RULE)


def member(role: str, who: str, name: str = "it") -> str:
    return (
        f'resource "google_project_iam_member" "{name}" {{\n  project = "shop"\n  role    = {role}\n'
        f"  member  = {who}\n}}\n"
    )


def binding(role: str, who: str) -> str:
    return member(role, f"[{who}]").replace("_member", "_binding").replace("member  =", "members =")


ANA = '"user:ana@example.com"'
LITERAL = f'"{ROLE}"'
_CALLED = '{"Key": "iam", "Source": "registry.terraform.io/a/b/c", "Version": "1.0.0", "Dir": "%s"}'
MODULE_JSON = f'{{"Modules": [{{"Key": "", "Source": "", "Dir": "."}}, {_CALLED}]}}'
INSTALLED = ".terraform/modules/iam"

SA_CALL = 'module "sa" {\n  source = "./sa"\n  name   = "ci"\n}\n\n'
SA = """\
variable "name" {}
resource "google_service_account" "it" {
  project    = "shop"
  account_id = var.name
}
output "member" {
  value = google_service_account.it.member
}
output "built" {
  value = "serviceAccount:${var.name}@shop.iam.gserviceaccount.com"
}
output "all" {
  value = [google_service_account.it.member]
}
output "by_name" {
  value = { (var.name) = google_service_account.it.member }
}
"""

# name: files, and the first place that each format shows
CASES: dict[str, tuple[dict[str, str], str]] = {
    "a literal stays at its argument": ({"main.tf": member(LITERAL, ANA)}, "main.tf:3:13"),
    "a role from tfvars": (
        {
            "main.tf": member("var.role", ANA) + 'variable "role" {}\n',
            "terraform.tfvars": f'\nrole = "{ROLE}"\n',
        },
        "terraform.tfvars:2:8",
    ),
    "a principal from tfvars with a literal role": (
        {"main.tf": member(LITERAL, "var.who") + 'variable "who" {}\n', "x.auto.tfvars": f"who = {ANA}\n"},
        "x.auto.tfvars:1:7",
    ),
    "a principal from a local of the module stays at the role, which the block chose": (
        {"main.tf": member(LITERAL, "local.who") + f"locals {{\n  who = {ANA}\n}}\n"},
        "main.tf:3:13",
    ),
    "a role from a local": (
        {"main.tf": member("local.role", ANA) + f"locals {{\n  role = {LITERAL}\n}}\n"},
        "main.tf:7:10",
    ),
    "an item of a list in a local": (
        {
            "main.tf": member("each.value", ANA).replace("{\n", "{\n  for_each = toset(local.all)\n", 1)
            + f'locals {{\n  all = [\n    "roles/viewer",\n    {LITERAL},\n  ]\n}}\n'
        },
        "main.tf:10:5",
    ),
    "the default of a variable": (
        {"main.tf": member("var.role", ANA) + f'variable "role" {{\n  default = {LITERAL}\n}}\n'},
        "main.tf:7:13",
    ),
    "the argument of a module call": (
        {
            "main.tf": f'module "m" {{\n  source = "./m"\n  role   = {LITERAL}\n}}\n',
            "m/main.tf": member("var.role", ANA) + 'variable "role" {}\n',
        },
        "main.tf:3:12",
    ),
    "a principal from a module call": (
        {
            "main.tf": f'module "m" {{\n  source = "./m"\n  who    = {ANA}\n}}\n',
            "m/main.tf": member(LITERAL, "var.who") + 'variable "who" {}\n',
        },
        "main.tf:3:12",
    ),
    "tfvars through a module call": (
        {
            "main.tf": 'module "m" {\n  source = "./m"\n  who    = var.who\n}\nvariable "who" {}\n',
            "m/main.tf": member(LITERAL, "var.who") + 'variable "who" {}\n',
            "terraform.tfvars": f"who = {ANA}\n",
        },
        "terraform.tfvars:1:7",
    ),
    "an installed module's own value": (
        {
            "main.tf": '# calls\nmodule "iam" {\n  source = "a/b/c"\n}\n',
            f"{INSTALLED}/main.tf": member(LITERAL, ANA),
            ".terraform/modules/modules.json": MODULE_JSON % INSTALLED,
        },
        "main.tf:2:1",
    ),
    "a value of an installed module's own local": (
        {
            "main.tf": 'module "iam" {\n  source = "a/b/c"\n}\n',
            f"{INSTALLED}/main.tf": member("local.role", ANA) + f"locals {{\n  role = {LITERAL}\n}}\n",
            ".terraform/modules/modules.json": MODULE_JSON % INSTALLED,
        },
        "main.tf:1:1",
    ),
    "an installed module with the call's value": (
        {
            "main.tf": f'module "iam" {{\n  source = "a/b/c"\n  who    = {ANA}\n}}\n',
            f"{INSTALLED}/main.tf": member(LITERAL, "var.who") + 'variable "who" {}\n',
            ".terraform/modules/modules.json": MODULE_JSON % INSTALLED,
        },
        "main.tf:3:12",
    ),
    "a role that all calls share, with the principal of one call": (
        {
            "main.tf": f'module "m" {{\n  source = "./m"\n  who    = {ANA}\n}}\n',
            "m/main.tf": member("var.role", "var.who")
            + f'variable "who" {{}}\nvariable "role" {{\n  default = {LITERAL}\n}}\n',
        },
        "main.tf:3:12",
    ),
    "a binding's principal that all calls share, with the role of one call": (
        {
            "main.tf": f'module "m" {{\n  source = "./m"\n  role   = {LITERAL}\n}}\n',
            "m/main.tf": binding("var.role", ANA) + 'variable "role" {}\n',
        },
        "main.tf:3:12",
    ),
    "a principal that a module makes, in a binding": (
        {"main.tf": SA_CALL + binding(LITERAL, "module.sa.member"), "sa/main.tf": SA},
        "main.tf:9:14",
    ),
    "a principal that a module makes from its arguments": (
        {"main.tf": SA_CALL + binding(LITERAL, "module.sa.built"), "sa/main.tf": SA},
        "main.tf:9:14",
    ),
    "a list of principals that a module makes": (
        {"main.tf": SA_CALL + binding(LITERAL, "module.sa.all").replace("[", "").replace("]", ""), "sa/main.tf": SA},
        "main.tf:9:13",
    ),
    "one of a map of principals that a module makes, through a local": (
        {
            "main.tf": SA_CALL + binding(LITERAL, "local.who") + 'locals {\n  who = module.sa.by_name["ci"]\n}\n',
            "sa/main.tf": SA,
        },
        "main.tf:12:9",
    ),
    "a principal that one module makes, passed to another": (
        {
            "main.tf": SA_CALL + 'module "m" {\n  source = "./m"\n  who = [\n    module.sa.member,\n  ]\n}\n',
            "sa/main.tf": SA,
            "m/main.tf": binding(LITERAL, "var.who").replace("[var.who]", "var.who") + 'variable "who" {}\n',
        },
        "main.tf:9:5",
    ),
    "a principal that a module of a module makes": (
        {
            "main.tf": SA_CALL.replace("./sa", "./outer") + binding(LITERAL, "module.sa.member"),
            "outer/main.tf": SA_CALL.replace("./sa", "../sa") + 'output "member" {\n  value = module.sa.member\n}\n',
            "sa/main.tf": SA,
        },
        "main.tf:9:14",
    ),
    "a data file with the role, and a principal that a module makes": (
        {
            "main.tf": SA_CALL + 'module "m" {\n  source = "./m"\n  who    = module.sa.member\n'
            '  iam    = yamldecode(file("iam.yaml"))\n}\n',
            "iam.yaml": f"---\n{ROLE}: [ci]\n",
            "sa/main.tf": SA,
            "m/main.tf": binding("each.key", "var.who").replace("{\n", "{\n  for_each = var.iam\n", 1)
            + 'variable "who" {}\nvariable "iam" {}\n',
        },
        "iam.yaml:2:1",
    ),
    "a literal of a module that has the constants": (
        {
            "main.tf": 'module "all" {\n  source = "./all"\n}\n' + member("module.all.creator", ANA),
            "all/main.tf": f'output "creator" {{\n  value = {LITERAL}\n}}\n',
        },
        "all/main.tf:2:11",
    ),
    "the item of a binding": (
        {
            "main.tf": member(LITERAL, "")
            .replace("_member", "_binding")
            .replace("member  = ", 'members = ["user:b@example.com", var.who]')
            .replace('"user:b@example.com", ', "")
            + 'variable "who" {}\n',
            "terraform.tfvars": f"who = {ANA}\n",
        },
        "terraform.tfvars:1:7",
    ),
}


def sarif_place(text: str) -> str:
    (result,) = json.loads(text)["runs"][0]["results"]
    physical = result["locations"][0]["physicalLocation"]
    region = physical["region"]
    return f"{physical['artifactLocation']['uri']}:{region['startLine']}:{region['startColumn']}"


def related(text: str) -> list[str]:
    (result,) = json.loads(text)["runs"][0]["results"]
    places = [one["physicalLocation"] for one in result.get("relatedLocations", ())]
    return [f"{one['artifactLocation']['uri']}:{one['region']['startLine']}" for one in places]


@cache
def finding_of(name: str) -> dict[str, Any]:
    """Return the one finding in the files of a case."""
    with TemporaryDirectory() as folder:
        write(Path(folder), CASES[name][0])
        (found,) = json.loads(run(*CHECK, "--format", "json", cwd=Path(folder)).stdout)["findings"]
    return dict(found)


@pytest.mark.parametrize("name", CASES)
def test_every_format_puts_it_there(tmp_path: Path, name: str, outside: Path) -> None:
    files, there = CASES[name]
    write(tmp_path, files)
    done, forms = run_forms(*CHECK, forms=("github", "markdown", "sarif", "json"), cwd=tmp_path, into=outside)
    assert done.returncode == 1, done.stdout
    assert f"--> {there}  " in done.stdout
    path, line, column = there.split(":")
    assert f"file={path},line={line},endLine={line},col={column}" in forms["github"]
    assert f"| {path.replace('_', '&#95;')}:{line} |" in forms["markdown"]
    assert sarif_place(forms["sarif"]) == there
    (found,) = json.loads(forms["json"])["findings"]
    argument = f"{found['path']}:{found['line']}"
    if found["origin"]:
        assert "{path}:{line}:{column}".format(**found["origin"]) == there
        assert argument in related(forms["sarif"])
        assert f"the argument is here: {argument}:" in done.stdout
    else:
        assert there.startswith(f"{argument}:")


@pytest.mark.parametrize("name", CASES)
def test_the_configuration_may_ask_for_the_argument(tmp_path: Path, name: str, outside: Path) -> None:
    write(tmp_path, CASES[name][0])
    found = finding_of(name)
    (tmp_path / ".iamlint.yaml").write_text("origin: argument\n", encoding="utf-8")
    there = "{path}:{line}:{column}".format(**found)
    done, forms = run_forms(*CHECK, forms=("sarif",), cwd=tmp_path, into=outside)
    assert f"--> {there}  " in done.stdout
    assert sarif_place(forms["sarif"]) == there


@pytest.mark.parametrize("name", CASES)
def test_a_comment_counts_at_both_places_and_at_the_call(tmp_path: Path, name: str) -> None:
    files, there = CASES[name]
    write(tmp_path, files)
    found = finding_of(name)
    lines = {(there.split(":")[0], int(there.split(":")[1])), (found["path"], found["line"])}
    lines |= {(one["path"], one["line"]) for one in found["related"] if one["message"] == "in this module call"}
    for path, line in lines:
        text = files[path].splitlines()
        text[line - 1] += f" # iamlint: ignore[{RULE}] reviewed"
        write(tmp_path, {**files, path: "\n".join(text) + "\n"})
        assert run(*CHECK, cwd=tmp_path).returncode == 0, (path, line)


def test_a_change_in_the_module_that_makes_a_principal_is_shown_there(tmp_path: Path) -> None:
    files = {"main.tf": SA_CALL + binding(LITERAL, "module.sa.built"), "sa/main.tf": SA}
    write(tmp_path, files)
    commit(tmp_path)
    asked = (*CHECK, "--changed-since", "HEAD")
    assert run(*asked, cwd=tmp_path).returncode == 0
    write(tmp_path, {"sa/main.tf": SA.replace("${var.name}@", "${var.name}-2@")})
    assert "--> sa/main.tf:10:11  " in run(*asked, cwd=tmp_path).stdout
    write(tmp_path, {**files, "main.tf": files["main.tf"].replace('"ci"', '"cd"')})
    assert "cd@shop.iam.gserviceaccount.com" in run(*asked, cwd=tmp_path).stdout


def test_fingerprints_do_not_depend_on_the_place(tmp_path: Path) -> None:
    """Two findings with one identity are numbered alike, wherever a report puts them."""
    write(
        tmp_path,
        {
            "a/main.tf": member("var.role", ANA) + 'variable "role" {}\n',
            "a/z.auto.tfvars": f"role = {LITERAL}\n",
            "b/main.tf": member(LITERAL, ANA),
        },
    )

    def names(form: str) -> dict[str, str]:
        document: Any = json.loads(run(*CHECK, "--format", form, cwd=tmp_path).stdout)
        if form == "json":
            return {one["path"].split("/")[0]: one["fingerprint"] for one in document["findings"]}
        results = document["runs"][0]["results"]
        return {
            one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].split("/")[0]: one[
                "partialFingerprints"
            ]["iamlintGrant/v2"]
            for one in results
        }

    assert names("json") == names("sarif")
    assert len(set(names("json").values())) == 2
