"""Stale acceptance is a finding: a comment, an entry or a baseline that accepts nothing, and a day that is over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from program import run

STALE = ("expired-acceptance", "unused-ignore-comment", "unused-acceptance", "unused-baseline-entry")


def member(role: str = "roles/iam.serviceAccountTokenCreator", who: str = '"user:ana@example.com"') -> str:
    role = role if role.startswith(("var.", "local.")) else f'"{role}"'
    return f'resource "google_project_iam_member" "it" {{\n  project = "shop"\n  role = {role}\n  member = {who}\n}}\n'


def comment(*names: str) -> str:
    return f"# iamlint: ignore[{', '.join(names)}] reviewed in May\n"


FINDING, CLEAN = member(), member("roles/logging.viewer")
TOKENS, KEYS = "broad-token-creator", "broad-key-creator"
CALL = 'module "m" {\n  source = "./m"\n  role   = "ROLE"\n}\n'
MODULE = member("var.role") + 'variable "role" {}\n'


def told(folder: Path, files: dict[str, str], *options: str) -> list[tuple[str, str]]:
    """Return the rules about acceptance that report something, each with its place."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    done = run("check", *(options or (".",)), "--format", "json", cwd=folder)
    findings = json.loads(done.stdout)["findings"]
    return [(one["rule"], f"{one['path']}:{one['line']}") for one in findings if one["family"] == "acceptance"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (comment(TOKENS) + CLEAN, 1),
        (comment(TOKENS, KEYS) + FINDING, 1),
        (FINDING + comment(TOKENS), 6),
        (comment(TOKENS) + "\n" + FINDING, 1),  # a blank line: it is about nothing below
        (FINDING.replace('"shop"\n', '"shop" # iamlint: ignore[broad-key-creator] reviewed\n'), 2),
        (comment("impersonation/broad-key-creator") + FINDING, 1),
    ],
)
def test_a_comment_that_accepts_nothing(tmp_path: Path, text: str, line: int) -> None:
    assert told(tmp_path, {"main.tf": text}) == [("unused-ignore-comment", f"main.tf:{line}")]


@pytest.mark.parametrize(
    "files",
    [
        {"main.tf": comment(TOKENS) + FINDING},
        {"main.tf": comment(TOKENS) + member("var.role") + 'variable "role" {}\n'},  # unknown
        {"main.tf": comment("basic-role") + FINDING},  # a pedantic rule, which did not run
        {"main.tf": comment(TOKENS) + comment(TOKENS) + FINDING},  # each would accept it
        {"main.tf": comment(TOKENS) + CALL.replace("./m", "a/b/c")},  # a module that is not installed
        {"main.tf": comment(TOKENS) + CALL.replace("ROLE", "roles/owner"), "m/main.tf": CLEAN, "b.tf": 'x = "'},
        {
            "main.tf": comment(TOKENS) + CALL.replace("ROLE", "roles/iam.serviceAccountTokenCreator"),
            "m/main.tf": MODULE,
        },
        {
            "main.tf": CALL.replace("ROLE", "roles/iam.serviceAccountTokenCreator"),
            "m/main.tf": comment(TOKENS) + MODULE,
        },
        {".terraform/modules/x/main.tf": comment(TOKENS) + CLEAN, "main.tf": CLEAN},
    ],
)
def test_a_comment_that_accepts_something_or_may(tmp_path: Path, files: dict[str, str]) -> None:
    assert told(tmp_path, files) == []


def test_a_comment_of_a_module_whose_caller_was_not_read(tmp_path: Path) -> None:
    files = {
        "prod/main.tf": CALL.replace("ROLE", "roles/logging.viewer").replace("./m", "../m"),
        "dev/main.tf": CALL.replace("ROLE", "roles/iam.serviceAccountTokenCreator").replace("./m", "../m"),
        "m/main.tf": comment(TOKENS) + MODULE,
    }
    assert told(tmp_path, files) == []
    assert told(tmp_path, {}, "prod") == []
    assert told(tmp_path, {}, "m") == []
    assert told(tmp_path, {"dev/main.tf": files["prod/main.tf"]}) == [("unused-ignore-comment", "m/main.tf:1")]


def test_a_comment_in_a_file_that_links_lead_to(tmp_path: Path) -> None:
    off = comment(TOKENS) + MODULE.replace('"role" {}', '"role" { default = "roles/logging.viewer" }')
    for name in ("dev", "prod"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").symlink_to("../m/main.tf")
    granting = 'role = "roles/iam.serviceAccountTokenCreator"\n'
    assert told(tmp_path, {"m/main.tf": off, "prod/terraform.tfvars": granting}) == []
    assert told(tmp_path, {}, "dev") == []
    assert told(tmp_path, {"prod/terraform.tfvars": ""}) == [("unused-ignore-comment", "dev/main.tf:1")]


def accept(rule: str = TOKENS, **keys: str) -> str:
    return (
        f'accept:\n  - {{rule: "{rule}", reason: reviewed in May'
        + "".join(f', {key}: "{value}"' for key, value in keys.items())
        + "}\n"
    )


@pytest.mark.parametrize(
    ("keys", "text", "rule"),
    [
        ({}, CLEAN, "unused-acceptance"),
        ({"principal": "user:bo@*"}, FINDING, "unused-acceptance"),
        (
            {"address": "google_project_iam_member.other"},
            member("var.role") + 'variable "role" {}\n',
            "unused-acceptance",
        ),
        ({"path": "b/*"}, FINDING, "unused-acceptance"),
        ({"rule": "public-grant"}, member("var.role") + 'variable "role" {}\n', "unused-acceptance"),
        ({"rule": "keys"}, member("roles/viewer"), "unused-acceptance"),
        ({"rule": "broad-*"}, CLEAN, "unused-acceptance"),
        ({"rule": "broad-*"}, FINDING, ""),
        ({"rule": "impersonation"}, FINDING, ""),
        ({"until": "2026-10-31"}, FINDING, "expired-acceptance"),
        ({"until": "2026-10-31"}, CLEAN, "expired-acceptance"),
        ({}, FINDING, ""),
        ({"until": "2097-10-31"}, FINDING, ""),
        ({"principal": "user:ana@*"}, FINDING, ""),
        ({"principal": "user:ana@*"}, member("var.role") + 'variable "role" {}\n', ""),  # unknown
        ({"principal": "user:bo@*"}, member(who="var.who") + 'variable "who" {}\n', ""),  # unknown
        ({}, CALL.replace("./m", "a/b/c"), ""),
    ],
)
def test_an_entry_of_the_configuration(tmp_path: Path, keys: dict[str, str], text: str, rule: str) -> None:
    found = told(tmp_path, {"main.tf": text, ".iamlint.yaml": accept(**keys)})
    assert found == ([(rule, ".iamlint.yaml:2")] if rule else [])


def test_a_run_on_a_part_says_nothing_about_the_rest(tmp_path: Path) -> None:
    files = {
        "a/main.tf": FINDING,
        "b/main.tf": comment(TOKENS) + CLEAN,
        ".iamlint.yaml": accept(principal="user:bo@*"),
    }
    assert len(told(tmp_path, files)) == 2
    assert told(tmp_path, {}, "a") == []
    assert [rule for rule, _ in told(tmp_path, {}, "b")] == ["unused-ignore-comment"]
    (tmp_path / "x.tfvars").write_text("", encoding="utf-8")
    assert told(tmp_path, {}, ".", "--var-file", "x.tfvars") == []
    assert told(tmp_path, {}, ".", "--workspace", "prod") == []
    assert told(tmp_path, {}, "a/main.tf", "--hook") == []
    assert told(tmp_path, {}, ".", "--select", "public-grant") == []
    assert told(tmp_path, {}, ".", "--no-ignore") == []
    assert told(tmp_path, {}, ".", "--ignore", "acceptance") == []
    assert len(told(tmp_path, {}, ".", "--select", f"acceptance,{TOKENS}")) == 2


def test_what_one_environment_needs_is_not_stale(tmp_path: Path) -> None:
    role = member("var.role") + 'variable "role" {}\n'
    files = {
        "main.tf": comment(TOKENS) + role,
        "dev.tfvars": 'role = "roles/iam.serviceAccountTokenCreator"\n',
        "prod.tfvars": 'role = "roles/logging.viewer"\n',
        ".iamlint.yaml": "environments:\n  dev: {var-file: [dev.tfvars]}\n  prod: {var-file: [prod.tfvars]}\n",
    }
    assert told(tmp_path, files) == []
    assert told(tmp_path, {}, ".", "--environment", "prod") == []
    assert told(tmp_path, {"dev.tfvars": files["prod.tfvars"]}) == [("unused-ignore-comment", "main.tf:1")]


def test_a_baseline_whose_finding_is_gone(tmp_path: Path) -> None:
    told(tmp_path, {"a/main.tf": FINDING, "b/main.tf": FINDING})
    run("check", ".", "--write-baseline", "known.json", cwd=tmp_path)
    everything = (".", "--baseline", "known.json")
    assert told(tmp_path, {}, *everything) == []
    assert told(tmp_path, {"b/main.tf": member("var.role") + 'variable "role" {}\n'}, *everything) == []  # unknown
    assert told(tmp_path, {"b/main.tf": CLEAN}, *everything) == [("unused-baseline-entry", "known.json:3")]
    assert told(tmp_path, {}, "a", "--baseline", "known.json") == []
    assert told(tmp_path, {"c.tf": 'x = "'}, *everything) == []  # an error: something may hide there
    (tmp_path / "c.tf").unlink()
    run("check", ".", "--write-baseline", "known.json", cwd=tmp_path)
    assert told(tmp_path, {}, *everything) == []


def test_every_format_tells_it(tmp_path: Path) -> None:
    told(tmp_path, {"main.tf": FINDING})
    run("check", ".", "--write-baseline", "known.json", cwd=tmp_path)
    entry = accept(until="2026-10-31") + "  - {rule: public-grant, reason: for the site}\nbaseline: known.json\n"
    told(tmp_path, {"main.tf": comment(TOKENS) + CLEAN, ".iamlint.yaml": entry})
    texts = {
        "expired-acceptance": "accepted until 2026-10-31, which is over: broad-token-creator (reviewed in May)",
        "unused-ignore-comment": "this comment accepts nothing: broad-token-creator reports nothing here (reviewed",
        "unused-acceptance": "no finding matches this entry: public-grant (for the site)",
        "unused-baseline-entry": "this entry of the baseline is no longer needed: broad-token-creator at google",
    }
    for form in ("text", "concise", "json", "sarif", "github", "markdown", "gitlab", "azure", "junit", "sonarqube"):
        done = run("check", ".", "--format", form, cwd=tmp_path)
        assert done.returncode == 1
        for rule, text in texts.items():
            assert rule in done.stdout, form
            assert text in done.stdout.replace("\\", "") or form == "markdown", form
    assert run("check", ".", "--fail-on", "medium", cwd=tmp_path).returncode == 0


def test_fingerprints_of_stale_acceptance_do_not_depend_on_lines(tmp_path: Path) -> None:
    def names() -> list[str]:
        document: Any = json.loads(run("check", ".", "--format", "json", cwd=tmp_path).stdout)
        return [one["fingerprint"] for one in document["findings"]]

    told(tmp_path, {"main.tf": comment(TOKENS) + CLEAN + comment(KEYS) + CLEAN.replace('"it"', '"other"')})
    before = names()
    told(tmp_path, {"main.tf": "# moved\n\n" + (tmp_path / "main.tf").read_text(encoding="utf-8")})
    assert len(set(before)) == 2
    assert names() == before
