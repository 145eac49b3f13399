"""The command group: the names of the commands, each loaded when it is run."""

from __future__ import annotations

import sys
from typing import NamedTuple

import click

from iamlint import __version__
from iamlint.cli.console import FAILED, OK, emit


class _Entry(NamedTuple):
    module: str
    attribute: str
    about: str


_COMMANDS = {
    "check": _Entry("check", "check", "Check Terraform source, plans and gcloud exports."),
    "compare": _Entry(
        "comparing", "compare", "Show who can become which account in HEAD and not in BASE, and who gains which role."
    ),
    "config": _Entry(
        "showing", "show_config", "Show the configuration in force here: each key, its value, and where it is set."
    ),
    "demo": _Entry("demo", "demo", "Check a small estate that comes with iamlint, to see what it reports."),
    "diagnose": _Entry(
        "diagnose", "diagnose", "Explain why a call gets 403, and the smallest change that makes it work."
    ),
    "explain": _Entry(
        "explaining", "explain", "Explain a rule or an assertion: why it matters, before and after, the fix."
    ),
    "facts": _Entry("check", "facts", "Show the facts in the input: grants, roles, accounts and so on, one per line."),
    "init": _Entry("starting", "init", "Write a configuration for this repository, after a look at it."),
    "interest": _Entry("interest", "interest", "Print a query that keeps only what the rules need of a large export."),
    "methods": _Entry(
        "check", "list_methods", "List the ways to become a service account that iamlint knows, or explain one."
    ),
    "narrow": _Entry("narrowing", "narrow_roles", "Propose the smallest roles that keep every known use working."),
    "paths": _Entry("paths", "paths", "Show how a principal can become a service account, hop by hop."),
    "reach": _Entry("paths", "reach", "Show which service accounts a principal can become, and what these may do."),
    "roles": _Entry(
        "check",
        "roles",
        "Show the permissions of a role, the roles with a permission, or the size of the role catalogue.",
    ),
    "rules": _Entry("check", "list_rules", "List the rules."),
    "server": _Entry(
        "iamlint.server.command", "server", "Serve an editor: diagnostics as you type, hover, completion and fixes."
    ),
    "test": _Entry(
        "check",
        "test",
        "Run the examples of rules and assertions: the built-in ones and your own, or those in PATH.",
    ),
    "who": _Entry("paths", "who", "Show who can become a service account, directly or through others."),
}
"""The commands by name: the module, in `commands` unless it has a path, its attribute, and the line in ``--help``.

A command's module is imported when it runs: all of them together take most of the time of a short run.
"""


class _Program(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the names of all commands."""
        return [*_COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """Return a command by its name; None for an unknown name."""
        entry = _COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = entry.module if "." in entry.module else f"iamlint.cli.commands.{entry.module}"
        __import__(module)
        found = getattr(sys.modules[module], entry.attribute)
        return found if isinstance(found, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name; the error for an unknown one has the nearest name."""
        if args[0] not in _COMMANDS and not args[0].startswith("-"):
            nearest = _nearest(*args[:2])
            ctx.fail(f"No such command '{args[0]}'." + (f" Did you mean '{nearest}'?" if nearest else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """Write the list of commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.about) for name, entry in _COMMANDS.items()])


_MEANT = {
    "version": "iamlint --version",
    "lint": "check",
    "scan": "check",
    "fix": "check --fix",
    "diff": "compare",
    "graph": "paths",
}
"""Commands of other programs, and ours for the same."""


def _nearest(word: str, after: str = "") -> str:
    """Return the command that is meant by an unknown word, or most similar to it; "" if none is.

    ``after`` is the next word on the command line.
    """
    from difflib import get_close_matches
    from pathlib import Path

    from iamlint.files.disk import DISK

    if word == "help":
        return f"iamlint {after} --help" if after in _COMMANDS else "iamlint --help"
    if word and DISK.exists(Path(word)):
        return f"iamlint check {word}"
    if word.lower() in _MEANT:
        return _MEANT[word.lower()]
    return "".join(get_close_matches(word.lower(), _COMMANDS, n=1))


def _version(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if not asked or context.resilient_parsing:
        return
    from iamlint.catalog_file import catalog_date

    emit(f"iamlint {__version__} (role catalogue of {catalog_date()})\n")
    context.exit(OK)


@click.group(
    name="iamlint",
    cls=_Program,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="New here: iamlint demo shows a report, iamlint check checks the Terraform in this folder. "
    "Exit codes: 0 no findings, 1 findings, 2 error.",
)
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version.")
@click.pass_context
def program(context: click.Context) -> None:
    """Lint Google Cloud IAM: who may become which service account, how, and which line allows it."""
    if context.invoked_subcommand is None:
        emit(context.get_help() + "\n")
        sys.exit(FAILED)
