"""The page about fixing shows real output."""

from __future__ import annotations

import re
from pathlib import Path

from program import run

PAGE = Path(__file__).parents[2] / "docs" / "fixing.md"
RULE = """title: The old group still holds a role
severity: low
when: {{grant: {{principal: "group:old@example.com"}}}}
message: "{{principal}} still holds {{role}}."
why: It is dissolved.
fix: Remove it.
{mend}references: [https://example.com/groups]
examples:
  flags:
    - terraform: |
        resource "google_project_iam_member" "old" {{
          project = "shop"
          role    = "roles/viewer" # finding
          member  = "group:old@example.com"
        }}
  passes:
    - terraform: |
        resource "google_project_iam_member" "new" {{
          project = "shop"
          role    = "roles/viewer"
          member  = "group:new@example.com"
        }}
"""


def part(name: str, language: str) -> str:
    pattern = rf"<!-- {name}: begin -->\n```{language}\n(.*?)```\n<!-- {name}: end -->"
    (found,) = re.findall(pattern, PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


def test_the_diff_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(part("before", "hcl"), encoding="utf-8")
    done = run("check", "--diff", cwd=tmp_path)
    assert done.stdout == part("diff", "diff"), done.stderr
    assert done.returncode == 1
    assert run("check", "--fix", cwd=tmp_path).returncode == 0


def test_the_rule_of_the_page(tmp_path: Path) -> None:
    document = tmp_path / "house" / "old-group.yaml"
    document.parent.mkdir()
    document.write_text(RULE.format(mend=part("rule", "yaml")), encoding="utf-8")
    done = run("test", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    document.write_text(RULE.format(mend=part("rule", "yaml").replace("remove_grant", "near_role")), encoding="utf-8")
    assert "the fix has no edits for `before`" in run("test", str(tmp_path), cwd=tmp_path).stdout
