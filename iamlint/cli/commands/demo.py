"""``iamlint demo``: a check of a small estate that comes with the package."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import click

import iamlint
from iamlint.cli.console import FAILED, OK, tell

ESTATE = Path(iamlint.__file__).with_name("demo")
_NEXT = """
What to try next, in a folder of your own:
  iamlint check          check the Terraform files below that folder
  iamlint explain RULE   why a rule matters, an example before and after, and the fix
  iamlint who ACCOUNT    who can become a service account, hop by hop
  iamlint init           look at the repository, and write a configuration for it"""


@click.command(options_metavar="", context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def demo(options: tuple[str, ...]) -> None:
    """Check a small estate that comes with iamlint, to see what it reports.

    OPTIONS are those of check, such as --statistics, --show-unknown or --format json.
    """
    from iamlint.cli.commands.check import check

    tell(f"$ cd {ESTATE} && iamlint check {' '.join(options)}".rstrip() + "\n")
    with contextlib.chdir(ESTATE):
        try:
            check.main(args=["--no-config", *options, "."], prog_name="iamlint check", standalone_mode=False)
        except SystemExit as done:
            code = done.code
        else:
            code = OK
    tell(_NEXT)
    sys.exit(FAILED if code == FAILED else OK)
