"""What a terminal changes: colour, width, progress; and what `--help` and errors of the command line look like."""

from __future__ import annotations

import io
from pathlib import Path

import program
import pytest

from iamlint.cli import console

README = Path(__file__).parents[2] / "testdata" / "readme"
ESCAPE = "\x1b["


@pytest.mark.parametrize(
    ("arguments", "environment", "colored"),
    [
        ([], {}, False),
        (["--color", "always"], {}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        (["--color", "auto"], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
@pytest.mark.parametrize("command", [["check"], ["paths"], ["reach", "group:operators@example.com"]])
def test_when_there_is_colour(
    command: list[str], arguments: list[str], environment: dict[str, str], colored: bool
) -> None:
    done = program.run(*command, ".", *arguments, cwd=README, environment=environment)
    assert (ESCAPE in done.stdout) is colored


class Terminal(io.StringIO):
    """A text stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("term", "colored"), [("xterm", True), ("dumb", False)])
def test_a_dumb_terminal_is_not_coloured(term: str, colored: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", term)
    assert console.colored(Terminal()) is colored
    assert not console.colored(io.StringIO())


def test_the_width_is_that_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "67")
    assert console.width(Terminal()) == 67
    assert console.width(io.StringIO()) is None


def test_a_dumb_terminal_has_no_progress(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(console.Progress, "PATIENCE", 0)
    monkeypatch.setenv("TERM", "dumb")
    console.Progress(on=True)("reading")
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("TERM", "xterm")
    console.Progress(on=True)("reading")
    assert "reading" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["nowhere.tf"], [".", "--config", "bad.yaml"], [".", "--select", "nothing"]])
def test_where_nothing_was_checked_only_the_error_is_shown(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("selekt: []\n", encoding="utf-8")
    (tmp_path / "main.tf").write_text("locals {}\n", encoding="utf-8")
    done = program.run("check", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")


def test_rules_are_a_table_with_room_and_two_lines_without(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("iamlint.cli.commands.check.width", lambda _stream: 80)
    lines = program.run("rules", cwd=tmp_path).stdout.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert lines[:2] == [
        "acceptance/expired-acceptance                   low",
        "    An accepted finding has passed its last day",
    ]
    monkeypatch.setattr("iamlint.cli.commands.check.width", lambda _stream: 120)
    lines = program.run("rules", cwd=tmp_path).stdout.splitlines()
    titles = {line[58:59] for line in lines if not line.startswith(" ")}
    assert all(title.isupper() for title in titles)
    assert all(line[:58].isspace() and line[58:59].strip() for line in lines if line.startswith(" "))


PATH = """\
resource "google_service_account_iam_member" "devs" {
  service_account_id = "projects/shop/serviceAccounts/deploy@shop.iam.gserviceaccount.com"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "group:devs@example.com"
}
"""


def test_paths_and_methods_are_folded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(PATH, encoding="utf-8")
    asked = ("who", "deploy@shop.iam.gserviceaccount.com", ".")
    whole = program.run(*asked, cwd=tmp_path).stdout
    assert max(map(len, whole.splitlines())) > 80
    monkeypatch.setattr(console, "width", lambda _stream: 60)
    folded = program.run(*asked, cwd=tmp_path).stdout
    assert folded.split() == whole.split()
    assert all(len(line) <= 60 or len(line.split()) == 1 for line in folded.splitlines())
    monkeypatch.setattr("iamlint.cli.commands.check.width", lambda _stream: 80)
    assert all(len(line) <= 80 for line in program.run("methods", cwd=tmp_path).stdout.splitlines())


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("iamlint che", "check"),
        ("iamlint check --changed-s", "--changed-since"),
        ("iamlint explain broad-tok", "broad-token-creator"),
        ("iamlint check --ignore broad-tok", "broad-token-creator"),
        ("iamlint rules --select broad-tok", "broad-token-creator"),
    ],
)
def test_shells_complete_commands_options_and_rules(words: str, found: str, tmp_path: Path) -> None:
    asked = {"_IAMLINT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    assert program.run(cwd=tmp_path, environment=asked).stdout.splitlines() == [f"plain,{found}"]


def test_the_options_have_headings(tmp_path: Path) -> None:
    said = program.run("check", "--help", cwd=tmp_path).stdout
    headings = [line for line in said.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert headings == ["Input:", "Rules:", "Configuration:", "Fixes:", "Exit code:", "Output:"]
    for words in ("pedantic", "cis", "all", "--color", "--statistics"):
        assert words in said
