"""The assertions of the page can be read, and their examples pass."""

from __future__ import annotations

import re
from pathlib import Path

from iamlint.assertions import load_assertions
from iamlint.assertions.examples import run_examples
from iamlint.budget import Allowance

PAGE = Path(__file__).parents[2] / "docs" / "assertions.md"


def test_the_usual_assertions_run(tmp_path: Path) -> None:
    found = re.search(r"<!-- assertions: begin -->\n```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    (tmp_path / "usual.yaml").write_text(found[1], encoding="utf-8")
    assertions, errors = load_assertions([tmp_path / "usual.yaml"])
    assert not errors
    assert len(assertions) == 5
    assert [problem for one in assertions for problem in run_examples(one, Allowance())] == []
    assert sum(len(one.examples) for one in assertions) == 2
