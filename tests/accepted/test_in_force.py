"""Every format reports the effects of a configuration, so that a green run is not mistaken for a clean one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from iamlint.accepted.configuration import config, idle_globs
from iamlint.cli.program import program
from iamlint.reporters import FORMATS

BAD = """\
resource "google_project_iam_member" "ci" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
}
"""
SCHEMA = json.loads((Path(config.__file__).with_name("config.schema.json")).read_text(encoding="utf-8"))
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run(".iamlint.yaml's text", "--select", …)`` on two files with a finding each, one of them in ``old/``."""
    monkeypatch.chdir(tmp_path)
    for name in ("main.tf", "old/main.tf", "old/deep/project-shop.json", "old/readme.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(BAD if name.endswith(".tf") else '{"etag": "a", "bindings": []}', encoding="utf-8")

    def check(written: str | None, *arguments: str) -> Result:
        if written is not None:
            Path(".iamlint.yaml").write_text(written, encoding="utf-8")
        return CliRunner().invoke(program, ["check", ".", *arguments])

    return check


def settings(result: Result) -> dict[str, tuple[str, int | None]]:
    found = json.loads(result.stdout)["configuration"]
    return {one["key"]: (one["effect"], one["count"]) for one in found["settings"]} if found else {}


@pytest.mark.parametrize(
    ("written", "key", "effect", "count"),
    [
        ("ignore: [impersonation]", "ignore", "rules off (", None),
        (
            "ignore: [broad-token-creator, broad-service-account-user]",
            "ignore",
            "2 rules off (broad-service-account-user, broad-token-creator)",
            2,
        ),
        ("ignore: [default]", "ignore", "rules off (", None),
        ("select: [hygiene]", "select", "rules not selected (", None),
        ("select: [default, pedantic]", "select", "0 rules not selected and ", 0),
        ("exclude: [old]", "exclude", "2 files excluded (old)", 2),
        ("exclude: ['old/*']", "exclude", "2 files excluded", 2),
        ("exclude: ['*.tf', nothing]", "exclude", "2 files excluded (*.tf, nothing)", 2),
        ("exclude: ['vendor/*']", "exclude", "0 files excluded (vendor/*), of which nothing matches vendor/*", 0),
        (
            "exclude: [old, 'odl/*', '**/deeper']",
            "exclude",
            "(old, odl/*, **/deeper), of which nothing matches odl/*, **",
            2,
        ),
        ("inputs: ['exports/*.json']", "inputs", "(exports/*.json), of which nothing matches exports/*.json", 1),
        (
            "inputs: ['old/*.json', 'old/*.yaml']",
            "inputs",
            "(old/*.json, old/*.yaml), of which nothing matches old/*.yaml",
            2,
        ),
        (
            "paths: {'odl/*': {fail-on: high}, 'old/*': {fail-on: low}}",
            "paths",
            ", of which nothing matches odl/*",
            None,
        ),
        (
            "severity: {broad-token-creator: info, basic-role: critical}",
            "severity",
            "severity of 1 rule lowered (broad-token-creator from high to info), of 1 rule raised",
            1,
        ),
        (
            "accept:\n- {rule: broad-token-creator, principal: '*', reason: r}\n",
            "accept",
            "2 findings accepted (line 2: 2)",
            2,
        ),
        (
            "accept: [{rule: broad-token-creator, path: main.tf, reason: r},\n{rule: broad-token-creator, reason: r}]",
            "accept",
            "2 findings accepted (line 1: 1, line 2: 1)",
            2,
        ),
        ("accept:\n- {rule: broad-token-creator, reason: r, until: 2020-01-01}\n", "accept", "0 findings accepted", 0),
        ("fail-on: never", "fail-on", "no finding fails (2 do not)", 2),
        ("fail-on: critical", "fail-on", "only findings of critical and above fail (2 do not)", 2),
        ("fail-on: info", "fail-on", "every finding fails", 0),
        ("fail-on-unknown: true", "fail-on-unknown", "unknown answers fail", None),
        ("fail-on-unknown: false", "fail-on-unknown", "unknown answers do not fail", None),
    ],
)
def test_what_each_key_did(written: str, key: str, effect: str, count: int | None, run: Run) -> None:
    found = settings(run(written, "--format", "json"))
    assert list(found) == [key]
    assert effect in found[key][0]
    if count is not None:
        assert found[key][1] == count


@pytest.mark.parametrize(
    "written",
    [
        "inputs: [old/deep, 'old/**/*.json', '*.json', '**/project-*']",
        "inputs: ['old/deep/']",
        "exclude: ['old/*', 'main.*', '**/deep', old/readme.md]",
        "paths: {'old/*': {fail-on: high}, 'main.tf': {ignore: [hygiene]}}",
    ],
)
def test_a_glob_that_matches_something_is_not_called_idle(written: str, run: Run) -> None:
    ((effect, _),) = settings(run(written, "--format", "json")).values()
    assert "nothing matches" not in effect


def test_a_glob_with_too_many_names_below_it_is_not_called_idle(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle_globs, "MOST_NAMES", 3)
    ((effect, _),) = settings(run("inputs: ['**/nothing']", "--format", "json")).values()
    assert "nothing matches" not in effect


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_names_the_file_and_what_it_did(form: str, run: Run) -> None:
    written = "ignore: [broad-token-creator]\nexclude: [old]\n"
    assert ".iamlint.yaml" not in run(None, "--format", form).stdout
    text = run(written, "--format", form).stdout
    assert ".iamlint.yaml" in text
    assert "1 rule off (broad-token-creator)" in text
    assert "2 files excluded (old)" in text
    assert "iamlint.yaml" not in run(written, "--no-config", "--format", form).stdout
    assert "iamlint.yaml" not in run("# nothing yet\n", "--format", form).stdout


def test_what_the_command_line_says_instead_is_not_the_configurations(run: Run) -> None:
    written = "select: [hygiene]\nfail-on: never\naccept:\n- {rule: broad-token-creator, reason: r}\n"
    options = ("--select", "broad-token-creator", "--fail-on", "high", "--no-ignore")
    assert settings(run(written, *options, "--format", "json")) == {}
    assert run(written, *options).exit_code == 1


_VALUES: dict[str, Any] = {"array": ["x"], "object": {"broad-token-creator": "low"}, "boolean": True, "string": "x"}


def value_of(key: str) -> Any:
    """Return some value that the schema allows for a key."""
    schema = SCHEMA["properties"][key]
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "array" and "required" in schema.get("items", {}):
        return [{"rule": "broad-token-creator", "reason": "r"}]
    return _VALUES[schema["type"]]


@pytest.mark.parametrize("key", sorted(SCHEMA["properties"].keys() - {"required-version"}))
def test_no_key_of_the_schema_is_in_force_unseen(key: str, run: Run) -> None:
    value = value_of(key)
    if key in ("select", "ignore"):
        value = ["broad-token-creator"]
    if key == "rules":
        value = ["own"]
        Path("own").mkdir()
        text = Path(__file__).parents[2].joinpath("rules/impersonation/broad-token-creator.yaml").read_text("utf-8")
        kept = "\n".join(line for line in text.splitlines() if not line.startswith(("aliases:", "  - ")))
        Path("own/house-rule.yaml").write_text(kept, encoding="utf-8")
    result = run(json.dumps({key: value}), "--format", "json")
    told = json.loads(result.stdout)
    if told["configuration"] is None:
        assert told["errors"], result.stdout  # its errors are reported, and nothing is checked
    else:
        assert [one["key"] for one in told["configuration"]["settings"]] == [key]


def test_a_comment_out_of_view_is_told(run: Run) -> None:
    far = BAD.replace('Creator"', 'Creator"' + " " * 200 + "# iamlint: ignore[broad-token-creator] a")
    Path("main.tf").write_text(far, encoding="utf-8")
    for form in FORMATS:
        text = run(None, "--format", form).stdout
        assert ("out_of_view" if form == "json" else "beyond column 200") in text, form
    assert "main.tf:3:" in run(None).stdout


NAMES = ("broad-token-creator", "default", "pedantic", "impersonation", "CKV_GCP_41")


@pytest.mark.parametrize(
    ("slug", "aliases"), [*((name.lower(), []) for name in NAMES[:4]), ("mine", [NAMES[0]]), ("mine", ["default"])]
)
def test_a_rule_of_ones_own_takes_no_name_that_is_there(
    slug: str, aliases: list[str], tmp_path: Path, run: Run
) -> None:
    document = f"""\
title: Anything is anything else of the house
severity: info
since: 0.1.0
aliases: {json.dumps(aliases)}
when: {{grant: {{role: roles/owner}}}}
message: "{{principal}} has it."
why: It is so.
fix: Take it away.
references: [https://example.com/a]
examples:
  flags:
    - terraform: |
        resource "google_project_iam_member" "a" {{
          project = "p"
          role    = "roles/owner" # finding
          member  = "user:a@b.c"
        }}
  passes:
    - terraform: |
        locals {{}}
"""
    path = tmp_path / "own" / "house" / f"{slug}.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(document.replace("aliases: []\n", ""), encoding="utf-8")
    result = run("rules: [own]", "--format", "json")
    assert result.exit_code == 2
    assert "is the name of" in json.loads(result.stdout)["errors"][0]["reason"]
