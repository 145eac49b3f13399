"""``iamlint init``: writes a configuration, and on request a workflow and a hook, after a look at the repository."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from iamlint import __version__
from iamlint.addresses import ACTION, PUBLISHED, REPOSITORY, TAG, page_address
from iamlint.basics.frozen import frozen
from iamlint.basics.words import counted
from iamlint.cli.configuring import settings_path
from iamlint.cli.console import FAILED, OK, emit, repository, say_errors, width
from iamlint.cli.options import Failing
from iamlint.cli.output import unwritable
from iamlint.location import Location, Unreadable

if TYPE_CHECKING:
    from iamlint.cli.commands.survey import Survey

_HINT = "" if PUBLISHED else f" (replace REVISION: a commit of {REPOSITORY})"
_WORKFLOW = ".github/workflows/iamlint.yml"
_HOOK = ".pre-commit-config.yaml"
_MOST_LISTED = 5


@frozen
class _File:
    """A file to write, relative to the top of the repository."""

    path: str
    text: str
    about: str


@click.command(cls=Failing)
@click.option("--workflow/--no-workflow", default=None, help="A workflow of GitHub Actions. [where .github is]")
@click.option("--hook/--no-hook", default=False, help="A hook of pre-commit, if no configuration of hooks exists.")
@click.option("--yes", is_flag=True, help="Write without asking.")
def init(workflow: bool | None, hook: bool, yes: bool) -> None:
    """Write a configuration for this repository, after a look at it.

    It shows first what it found and what it writes, and asks. An existing file is never overwritten.
    """
    from iamlint.cli.commands.survey import survey

    here = Path.cwd().resolve()
    top = repository(here)
    known = settings_path(None)
    found = survey(top)
    wanted = [] if known else [_File(".iamlint.yaml", _configuration(found), "the configuration, with comments")]
    if workflow if workflow is not None else "GitHub Actions" in found.ci:
        wanted.append(_File(_WORKFLOW, _workflow(), f"checks pull requests{_HINT}"))
    if hook:
        wanted.append(_File(_HOOK, _hook(), f"checks commits{_HINT}"))
    files = [one for one in wanted if not os.path.lexists(top / one.path)]
    kept = [one.path for one in wanted if one not in files] + ([_relative(known, top)] if known else [])
    _say([*_told(found, top), "", *_plan(files, kept, hook=hook, top=top)])
    if not files:
        sys.exit(OK)
    if not yes and not _agrees():
        _say(["nothing was written; --yes writes without asking"])
        sys.exit(OK)
    errors = [error for one in files if (error := _write(top, one))]
    say_errors(errors)
    if not errors:
        baseline = "With more findings than you can fix now: iamlint check . --write-baseline .iamlint-baseline.json"
        install = ["For the hook: pre-commit install"] if any(one.path == _HOOK for one in files) else []
        _say(["", "Next: iamlint check .", baseline, *install])
    sys.exit(FAILED if errors else OK)


def _agrees() -> bool:
    """Ask on a terminal; elsewhere the answer is no."""
    return sys.stdin.isatty() and click.confirm("Write these files?", default=True)


def _write(top: Path, file: _File) -> Unreadable | None:
    """Write a new file. Never overwrites a file, and never follows a link out of the repository."""
    path = top / file.path
    try:
        if not Path(os.path.realpath(path.parent)).is_relative_to(top):
            return Unreadable(Location(file.path), "a symbolic link leads out of the repository", "remove the link")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as written:
            written.write(file.text)
    except OSError as error:
        return unwritable(file.path, error)
    _say([f"wrote {file.path}"])
    return None


def _relative(path: Path, top: Path) -> str:
    return path.relative_to(top).as_posix() if path.is_relative_to(top) else path.as_posix()


# -- what is shown -----------------------------------------------------------------------------------------------------


def _say(lines: list[str]) -> None:
    from iamlint.reporters.parts.folding import Fold
    from iamlint.reporters.parts.plain import neutral

    emit("".join(f"{line}\n" for line in Fold(width(sys.stdout)).all(map(neutral, lines), 4)))


def _told(found: Survey, top: Path) -> Iterator[str]:
    """Yield what was found."""
    yield f"In {top}:"
    yield f"  {_counted(found.roots, 'root module')}" + (
        f", {_counted(found.called, 'called module')}" if found.called else ""
    )
    if not found.roots and found.complete:
        yield "  no Terraform is here: run iamlint init at the top of the repository that has it"
    if not found.complete:
        yield "  (not all files were looked at)"
    if found.uninstalled:
        yield f"  modules to download: {_counted(found.uninstalled, 'root module')}; run terraform init there first"
    if found.environments:
        yield f"  environments by their variable files: {', '.join(found.environments)}"
    if found.ci:
        yield f"  CI: {', '.join(found.ci)}"


def _counted(names: list[str], noun: str) -> str:
    shown = ", ".join(names[:_MOST_LISTED]) + (" ..." if len(names) > _MOST_LISTED else "")
    return counted(len(names), noun) + (f" ({shown})" if names else "")


def _plan(files: list[_File], kept: list[str], *, hook: bool, top: Path) -> Iterator[str]:
    """Yield the files to write, and the existing ones."""
    for path in kept:
        yield f"{path} exists already, and is not changed"
    for one in files:
        yield f"to write: {one.path}, {one.about}"
        yield from (f"    {line}" for line in one.text.splitlines() if one.path == ".iamlint.yaml")
    if os.path.lexists(top / _HOOK):
        yield f"{_HOOK} exists already; to add the hook, put this under `repos:`"
        yield from (f"    {line}" for line in _hook().splitlines()[1:])
    elif not hook:
        yield "(--hook also writes a hook of pre-commit)"
    if not files:
        yield "nothing to write"


# -- what is written ---------------------------------------------------------------------------------------------------


def _configuration(found: Survey) -> str:
    """Return the configuration, with comments; optional keys are commented out."""
    lines = [
        "# The configuration of iamlint. `iamlint config` shows what is in force;",
        f"# all keys: {page_address('configuration')}",
        f'required-version: ">={".".join(__version__.split(".")[:2])}"',
        "",
        "# The lowest severity that makes the command fail: critical, high, medium, low, info, never.",
        "# fail-on: medium",
        "",
        "# Further, stricter rules. `iamlint rules` lists all.",
        "# select: [default, pedantic]",
        "",
    ]
    if found.environments:
        lines += ["# Each environment is checked by itself, and findings name it.", "environments:"]
        for name, one in found.environments.items():
            lines += [f"  {_scalar(name)}:", f"    var-file: [{', '.join(map(_scalar, one.var_files))}]"]
            lines += [f"    backend: {_scalar(one.backend)}"] if one.backend else []
            lines += ["    # workspace: " + _scalar(name)]
        lines += [""]
    lines += ["# Paths that are not checked."]
    if found.examples:
        lines += [f"# exclude: [{', '.join(map(_scalar, found.examples[:_MOST_LISTED]))}]", ""]
    else:
        lines += ['# exclude: ["examples/*"]', ""]
    lines += [
        "# Other settings for some paths.",
        "# paths:",
        '#   "legacy/*": {fail-on: critical, ignore: [hygiene]}',
        "",
        "# Findings that are there already: `iamlint check . --write-baseline .iamlint-baseline.json` writes the file.",
        "# baseline: .iamlint-baseline.json",
        "",
        "# Findings that are accepted, with a reason and a last day.",
        "# accept:",
        "#   - rule: broad-token-creator",
        '#     principal: "serviceAccount:ci@*"',
        "#     reason: the pipeline of the sandbox",
        "#     until: 2027-06-30",
    ]
    return "\n".join(lines) + "\n"


def _scalar(text: str) -> str:
    """Return a text as a YAML scalar."""
    plain = text.replace("/", "").replace(".", "").replace("-", "").replace("_", "")
    words = ("true", "false", "yes", "no", "on", "off", "null")
    is_word = plain.isascii() and plain.isalnum() and text[0].isalpha() and text.lower() not in words
    return text if is_word else json.dumps(text)


def _workflow() -> str:
    return f"""\
name: iamlint
on:
  pull_request:
permissions: {{}}
jobs:
  iamlint:
    name: iamlint
    runs-on: ubuntu-24.04
    permissions:
      contents: read # to check out
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          fetch-depth: 0 # the base commit says which lines are changed
          persist-credentials: false
{_noted("      ")}      - uses: {ACTION}
      # To show what a pull request opens, and to comment: {page_address("in-ci")}#github
"""


def _noted(margin: str) -> str:
    """Return a comment on the placeholder, until the first release."""
    return "" if PUBLISHED else f"{margin}# REVISION is a commit of {REPOSITORY}\n"


def _hook() -> str:
    return f"""\
repos:
{_noted("  ")}  - repo: {REPOSITORY}
    rev: {TAG}
    hooks:
      - id: iamlint
"""
