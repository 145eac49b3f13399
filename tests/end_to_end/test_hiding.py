"""One dangerous grant in many disguises: each is a finding, an unknown that names it, or an error; never silence.

The disguises and what Terraform makes of each are tables in ``testdata/hiding``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from program import run

TESTDATA = Path(__file__).resolve().parents[2] / "testdata" / "hiding"
VERDICTS = {"grants", "depends", "opentofu", "nothing"}
RULE = "broad-token-creator"
GRANT = """\
resource "google_project_iam_member" "ci" {
  project = "shop-prod"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "group:dev@example.com"
"""
STATED = {"project": "shop-prod", "role": "roles/iam.serviceAccountTokenCreator", "member": "group:dev@example.com"}
RESOURCE = {
    "address": "google_project_iam_member.ci",
    "mode": "managed",
    "type": "google_project_iam_member",
    "name": "ci",
    "provider_name": "registry.terraform.io/hashicorp/google",
}
PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "complete": True,
    "errored": False,
    "planned_values": {"root_module": {"resources": [{**RESOURCE, "values": STATED}]}},
    "resource_changes": [
        {**RESOURCE, "change": {"actions": ["create"], "before": None, "after": STATED, "after_unknown": {}}}
    ],
    "configuration": {"root_module": {}},
}
POLICY = {"bindings": [{"role": STATED["role"], "members": [STATED["member"]]}], "etag": "BwX", "version": 1}


def table() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(TESTDATA.glob("*.yaml")):
        yield from yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader).items()


DISGUISES = dict(table())


def expanded(text: str) -> str:
    """Return the text of a file with the grant inserted."""
    return "".join(_line(line) for line in text.splitlines(keepends=True))


def _line(line: str) -> str:
    head, mark, rest = line.partition("@grant")
    if mark and not head.strip("\ufeff "):
        return f"{head}{GRANT}  {rest.strip()}\n}}\n"
    if line.startswith("@plan"):
        return json.dumps({**PLAN, **json.loads(line.removeprefix("@plan"))}) + "\n"
    return json.dumps(POLICY) + "\n" if line.strip() == "@policy" else line


def write(top: Path, files: Mapping[str, Any]) -> None:
    """Lay out the files of a disguise."""
    for name, content in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        match content:
            case {"link": str() as target}:
                path.symlink_to(target)
            case {"text": str() as text, "encoding": str() as encoding}:
                path.write_bytes(expanded(text).encode(encoding))
            case str() as text:
                path.write_text(expanded(text), encoding="utf-8", newline="\n")


def holds(wanted: str, report: dict[str, Any], screen: Callable[[], str]) -> bool:
    """Whether a report says this; the screen is another run, which only some disguises need."""
    kind, _, text = wanted.partition(": ")
    match kind:
        case "finding":
            return any(finding["rule"] == RULE for finding in report["findings"])
        case "unknown" | "error":
            return any(text in json.dumps(one, ensure_ascii=False) for one in report[f"{kind}s"])
        case "text":
            return text in screen()
        case _:
            return not report["findings"] and not report["unknowns"] and not report["errors"]


@pytest.mark.parametrize("name", DISGUISES)
def test_a_disguise_hides_nothing(name: str, tmp_path: Path) -> None:
    disguise = DISGUISES[name]
    write(tmp_path, disguise["files"])
    arguments = disguise.get("args", ".").split()
    done = run("check", *arguments, "--format", "json", cwd=tmp_path)
    report = json.loads(done.stdout)

    def screen() -> str:
        shown = run("check", *arguments, cwd=tmp_path)
        return shown.stdout + shown.stderr

    says = disguise["says"]
    choices = says if isinstance(says, list) else [says]
    assert any(holds(wanted, report, screen) for wanted in choices), (choices, report["findings"], report["unknowns"])
    if report["errors"]:
        assert done.returncode == 2
    elif report["findings"]:
        assert done.returncode == (0 if name.startswith("configuration-") else 1)


def test_the_tables_are_whole() -> None:
    assert len(DISGUISES) >= 60
    for name, disguise in DISGUISES.items():
        assert disguise.keys() <= {"files", "terraform", "unasked", "says", "note", "args"}, name
        assert disguise.get("terraform", "grants") in VERDICTS, name
        if any(file.endswith((".tf", ".tf.json")) for file in disguise["files"]) and disguise["says"] == "nothing":
            assert "note" in disguise or disguise["terraform"] == "nothing", name
