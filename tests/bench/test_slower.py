"""The report of ratios that got worse: only what both tables have, each in its direction, and never a failure."""

from __future__ import annotations

from pathlib import Path

import pytest
import slower
from speed_tables import FORMATS, GROWTH, PEERS

PAGE = """<!-- peers: begin -->
{peers}
{rows}
<!-- peers: end -->
<!-- growth: begin -->
{growth}
{growing}
<!-- growth: end -->
<!-- formats: begin -->
{formats}
<!-- formats: end -->
"""


def page(*rows: str, growing: str = "") -> str:
    heads = {"peers": PEERS.head, "growth": GROWTH.head, "formats": FORMATS.head}
    return PAGE.format(rows="\n".join(rows), growing=growing, **heads)


BEFORE = page(
    "| one file | 0.50 | 1.50 | 4.00 | 3.0 | 8.0 |  | 50 |",
    "| a plan | 5.00 |  |  |  |  | 10.0 | 300 |",
    growing="| source | 10 grants | 1.00 | 2.00 | 4.00 | 8.00 | 2.0 | 100 |",
)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["| one file | 5.00 | 15.00 | 40.00 | 3.0 | 8.0 |  | 50 |"], []),  # another machine
        (["| one file | 0.60 | 1.50 | 4.00 | 2.5 | 6.7 |  | 50 |"], [("trivy : iamlint", 3.0, 2.5)]),
        (["| one file | 0.40 | 1.50 | 4.00 | 3.8 | 10.0 |  | 40 |"], []),  # better
        (["| one file | 0.50 | 1.50 |  | 2.6 |  |  | 59 |"], []),  # less than a fifth
        (["| a plan | 6.00 |  |  |  |  | 12.0 | 300 |"], [("iamlint : JSON", 10.0, 12.0)]),
        (["| a plan | 6.00 |  |  |  |  | 8.0 | 400 |"], [("iamlint MB", 300, 400)]),
        (["| a new line | 6.00 |  |  |  |  | 99.0 | 999 |"], []),
    ],
)
def test_a_ratio_is_worse_in_its_direction(rows: list[str], expected: list[tuple[str, float, float]]) -> None:
    found = list(slower.slower(BEFORE, page(*rows), 0.2))
    assert [one[1:] for one in found] == expected


def test_growth_is_compared(tmp_path: Path) -> None:
    after = page(growing="| source | 10 grants | 1.00 | 2.00 | 4.00 | 16.00 | 4.0 | 100 |")
    assert list(slower.slower(BEFORE, after, 0.2)) == [("growth: source", "8n : 4n", 2.0, 4.0)]


def test_the_report_never_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.md", tmp_path / "new.md"
    old.write_text(BEFORE, encoding="utf-8")
    new.write_text(page("| a plan | 6.00 |  |  |  |  | 99.0 | 300 |"), encoding="utf-8")
    monkeypatch.setattr(slower, "PAGE", old)
    monkeypatch.setattr("sys.argv", ["slower.py", str(new)])
    slower.main()
    told = capsys.readouterr().out
    assert "::warning title=Slower than docs/speed.md::peers: a plan: iamlint : JSON was 10, is 99\n" in told
    assert told.endswith("1 ratios of 1 lines are worse by 20% or more than in docs/speed.md\n")
