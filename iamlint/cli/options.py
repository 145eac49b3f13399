"""Options shared by several commands, and their values as one object."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.budget import SECONDS
from iamlint.cli.console import FAILED, Failed, say_errors
from iamlint.finding import SEVERITIES
from iamlint.reporters import FORMATS

Command = TypeVar("Command", bound=Callable[..., Any])

_GROUPS = {
    "Input": (
        "stdin_name",
        "var",
        "var_file",
        "workspace",
        "environment",
        "source_root",
        "resource",
        "role_catalog",
        "as_of",
        "max_time",
        "hook",
        "second_parser",
    ),
    "Rules": ("select", "ignore", "rules", "assertions"),
    "Configuration": (
        "config",
        "no_config",
        "no_ignore",
        "baseline",
        "write_baseline",
        "changed_since",
        "changed_first",
        "new_in_plan",
    ),
    "Fixes": ("fix", "unsafe_fixes", "diff"),
    "Exit code": ("fail_on", "fail_on_unknown", "exit_zero"),
}
"""The options of ``check`` by heading in its help; all others are output."""


class Failing(click.Command):
    """A command that reports why it failed, and exits with 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Failed as failed:
            say_errors(failed.errors)
            ctx.exit(FAILED)


class Grouped(Failing):
    """A command whose help has its options under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of each group in the order of the group, then the others."""
        options = (one for one in self.get_params(ctx) if one.param_type_name != "argument")
        records = {one.name: one.get_help_record(ctx) for one in options}
        named = {name for names in _GROUPS.values() for name in names}
        groups = {**_GROUPS, "Output": tuple(str(name) for name in records if name not in named)}
        for title, names in groups.items():
            shown = [record for name in names if (record := records.get(name))]
            if shown:
                with formatter.section(title):
                    formatter.write_dl(shown)


PATH = click.Path(path_type=Path, readable=False)  # a file that cannot be read is an error where it is read
FILE = click.Path(path_type=Path, exists=True, dir_okay=False, readable=False)
DIRECTORY = click.Path(path_type=Path, exists=True, file_okay=False, readable=False)
_RESOURCES = "projects/ID, folders/N, organizations/N, serviceAccounts/EMAIL"
_RESOURCE = regex(
    r"projects/[^/\s]+|folders/[0-9]+|organizations/[0-9]+|(projects/[^/\s]+/)?serviceAccounts/[^/\s@]+@[^/\s@]+"
)


def _described(kind: Any, wanted: str) -> Any:
    """Return a type of options whose error says what is wanted."""
    convert = kind.convert

    def converted(value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        with suppress(click.BadParameter):
            return convert(value, param, ctx)
        return kind.fail(f"{value!r} is not {wanted}", param, ctx)

    kind.convert = converted
    return kind


DATE = _described(click.DateTime(["%Y-%m-%d"]), "a day, YYYY-MM-DD")
TIME = _described(click.FloatRange(min=0, min_open=True), "a number of seconds over 0")
DAYS = _described(click.IntRange(min=1), "a number of days over 0")


def day_of(as_of: datetime | None) -> date:
    """Return the day that a run evaluates as of: the given one, or today in UTC."""
    return as_of.date() if as_of else datetime.now(UTC).date()


@frozen
class Request:
    """The options of a run: what is read, and which rules run."""

    paths: tuple[Path, ...]
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    rules: tuple[Path, ...] = ()
    var: tuple[str, ...] = ()
    var_file: tuple[Path, ...] = ()
    workspace: str | None = None
    source_root: Path | None = None
    resource: str | None = None
    second_parser: bool = False
    config: Path | None = None
    no_config: bool = False
    no_ignore: bool = False
    hook: bool = False
    baseline: Path | None = None
    write_baseline: Path | None = None
    changed_since: str | None = None
    changed_first: str | None = None
    new_in_plan: bool = False
    as_of: datetime | None = None
    role_catalog: tuple[Path, ...] = ()
    max_time: float = SECONDS
    fail_on: str | None = None
    assertions: tuple[Path, ...] = ()
    stdin_name: Path | None = None
    environment: tuple[str, ...] = ()
    config_home: Path | None = None

    @property
    def instead(self) -> frozenset[str]:
        """The configuration keys that the command line replaces."""
        alone = self.var_file or self.workspace
        said = {
            "select": self.select,
            "fail-on": self.fail_on,
            "accept": self.no_ignore,
            "baseline": self.no_ignore or self.baseline or self.write_baseline,
            "var-file": self.var_file,
            "workspace": self.workspace,
            "environments": alone and not self.environment,
        }
        return frozenset(key for key, value in said.items() if value)


_LINKS = "Link places in Markdown to the tree at this address, like https://github.com/OWNER/REPO/blob/COMMIT/."
_URL = regex(r"https?://[\w.:-]+/[\w./~%@+-]*")


def _url(_context: click.Context, _parameter: click.Parameter, url: str) -> str:
    """Return an address that is safe in a Markdown link, with a slash at its end."""
    if url and not _URL.fullmatch(url):
        raise click.BadParameter(f"{url!r} is not an address like https://example.com/tree/")
    return url if not url or url.endswith("/") else f"{url}/"


source_url_option = click.option("--source-url", metavar="URL", default="", callback=_url, help=_LINKS)


def _resource(_context: click.Context, _parameter: click.Parameter, name: str | None) -> str | None:
    """Return a resource's name; checked here, since iamlint would ignore a mistyped one."""
    if name is not None and not _RESOURCE.fullmatch(name):
        raise click.BadParameter(f"{name!r} is none of {_RESOURCES}")
    return name


def pairs(_context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Return values ``NAME=VALUE`` as a mapping. Raises BadParameter."""
    found = {}
    for value in values:
        name, separator, text = value.partition("=")
        if not separator or not name:
            raise click.BadParameter(f"{value!r} is not NAME=VALUE", param=parameter)
        found[name] = text
    return found


def reading_options(function: Command) -> Command:
    """Add the options for reading."""
    options = [
        click.argument("paths", nargs=-1, type=PATH),
        click.option("--stdin-name", type=PATH, metavar="PATH", help="File that - (standard input) contains."),
        click.option(
            "--var", multiple=True, metavar="NAME=VALUE", help="Set a variable of the root modules (repeatable)."
        ),
        click.option(
            "--var-file",
            multiple=True,
            type=FILE,
            help="Variable file (repeatable); below a root module it counts only there.",
        ),
        click.option(
            "--workspace",
            metavar="NAME",
            envvar="TF_WORKSPACE",
            help="Value of terraform.workspace in the root modules. [TF_WORKSPACE]",
        ),
        click.option("--source-root", type=DIRECTORY, help="Directory of a plan's Terraform source."),
        click.option(
            "--resource",
            metavar="NAME",
            callback=_resource,
            help=f"The resource of an exported policy: {_RESOURCES}.",
        ),
        click.option(
            "--max-time",
            type=TIME,
            default=SECONDS,
            metavar="SECONDS",
            help=f"Stop after this time, and list what was not checked. [{SECONDS}]",
        ),
        click.option(
            "--second-parser", is_flag=True, help="Read Terraform with python-hcl2 too and report where it disagrees."
        ),
    ]
    return with_options(options, function)


def complete_rule(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """Return the ids of built-in rules that begin with a text, for a shell that completes it."""
    from iamlint.rules.catalog import load_rules

    return [rule.slug for rule in load_rules()[0] if rule.slug.startswith(begun)]


def rule_options(function: Command) -> Command:
    """Add the options that select rules."""
    options = [
        click.option(
            "--select",
            multiple=True,
            metavar="RULE",
            shell_complete=complete_rule,
            help="Only these rules: ids, families, globs, or sets: default; pedantic (more, stricter); all; "
            "cis and mitre (rules with a control of CIS or a technique of ATT&CK). Repeat, or use commas.",
        ),
        click.option(
            "--ignore",
            multiple=True,
            metavar="RULE",
            shell_complete=complete_rule,
            help="Exclude these rules, in the same forms.",
        ),
        click.option(
            "--rules", multiple=True, type=PATH, metavar="DIR", help="Directory with your own rules (repeatable)."
        ),
    ]
    return with_options(options, function)


def format_option(*formats: str) -> Callable[[Command], Command]:
    """Return what adds the option for the format; the first one is the default."""
    text = f"Output format. [{formats[0]}]"
    return click.option("--format", "form", type=click.Choice(formats), default=formats[0], help=text)


as_of_option = click.option("--as-of", type=DATE, metavar="DATE", help="Evaluate conditions as of YYYY-MM-DD. [today]")
claim_option = click.option(
    "--claim", multiple=True, metavar="NAME=VALUE", callback=pairs, help="A claim of the caller's token (repeatable)."
)
no_progress_option = click.option("-q", "--quiet", is_flag=True, help="Show no progress.")


def catalog_option(function: Command) -> Command:
    """Add the option for newer roles."""
    text = "Newer definitions of Google's roles, as gcloud iam roles list or describe prints them (repeatable)."
    return click.option("--role-catalog", multiple=True, type=FILE, help=text)(function)


def settings_options(function: Command) -> Command:
    """Add the options that choose the configuration."""
    options = [
        click.option(
            "--config",
            type=FILE,
            help="Read this configuration. [the nearest .iamlint.yaml, up to the repository's top]",
        ),
        click.option("--no-config", is_flag=True, help="Read no configuration."),
        click.option("--config-home", type=DIRECTORY, hidden=True, help="Folder that its paths are relative to."),
    ]
    return with_options(options, function)


def config_options(
    function: Command, text: str = "Only this environment of the configuration (repeatable). [all]"
) -> Command:
    """Add the options that choose the configuration, and environments of it."""
    environment = click.option("--environment", multiple=True, metavar="NAME", help=text)
    return with_options([settings_options, environment], function)


def one_config_options(function: Command) -> Command:
    """Add the options that choose the configuration, and one environment of it, which is kept as a tuple."""
    return config_options(function, "The environment of the configuration, if it has several.")


def judging_options(function: Command) -> Command:
    """Add the options for accepted findings, and for the day."""
    options = [
        config_options,
        click.option(
            "--assertions",
            multiple=True,
            type=PATH,
            metavar="PATH",
            help="Assertions: files, or folders of them (repeatable). [assertions beside the configuration]",
        ),
        click.option("--baseline", type=FILE, help="Accept the findings in this file of --write-baseline."),
        click.option(
            "--write-baseline",
            type=PATH,
            metavar="FILE",
            help="Write the findings to a baseline, and accept them; keeps reasons of known findings.",
        ),
        click.option(
            "--changed-since",
            metavar="REV",
            help="Report only findings on lines that the working tree has changed since a git revision.",
        ),
        click.option(
            "--new-in-plan", is_flag=True, help="Of plans, report only what the state before them did not have."
        ),
        click.option(
            "--changed-first",
            metavar="REV",
            help="In the format github, annotate lines changed since a git revision before all others.",
        ),
        click.option(
            "--no-ignore", is_flag=True, help="Also report findings that comments or the configuration accept."
        ),
        as_of_option,
        click.option("--hook", is_flag=True, help="The paths are files of a commit: check the modules they are in."),
    ]
    return with_options(options, function)


def fixing_options(function: Command) -> Command:
    """Add the options that change files."""
    options = [
        click.option("--fix", is_flag=True, help="Apply the safe fixes to the files, each proved by another check."),
        click.option(
            "--unsafe-fixes", is_flag=True, help="With --fix or --diff: also the fixes that may change access."
        ),
        click.option(
            "--diff", is_flag=True, help="Print the fixes as a diff, change nothing; exit with 1 if there are any."
        ),
    ]
    return with_options(options, function)


def report_options(function: Command) -> Command:
    """Add the options for the report and the exit code."""
    options = [
        format_option(*FORMATS),
        click.option(
            "--output", multiple=True, metavar="FORMAT=FILE", help="Write another format to a file (repeatable)."
        ),
        click.option(
            "--fail-on",
            type=click.Choice([*SEVERITIES, "never"]),
            help="Lowest severity that makes the command fail. [info]",
        ),
        click.option(
            "--min-severity",
            type=click.Choice([*SEVERITIES]),
            help="Report only findings of this severity or higher; the report counts the others.",
        ),
        click.option("--fail-on-unknown", is_flag=True, help="Unknown answers fail, too, by their possible severity."),
        source_url_option,
        click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are findings."),
        click.option("--show-unknown", is_flag=True, help="List what could not be decided, with the reasons."),
        click.option("--show-all", is_flag=True, help="Show each finding and error, including similar ones."),
        click.option(
            "--statistics",
            is_flag=True,
            help="Show counts by rule and by folder: in text instead of the findings, in Markdown before them.",
        ),
        color_option,
        click.option("-q", "--quiet", is_flag=True, help="Print findings only: no summary, no progress."),
    ]
    return with_options(options, function)


def _color(context: click.Context, _parameter: click.Parameter, choice: str) -> None:
    context.color = {"always": True, "never": False}.get(choice)


def color_option(function: Command) -> Command:
    """Add the option for colour; `iamlint.cli.console.colored` reads it from click's context."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        callback=_color,
        expose_value=False,
        help="When to colour. [auto: on a terminal, unless NO_COLOR is set]",
    )(function)


def with_options(options: list[Callable[[Any], Any]], function: Command) -> Command:
    """Add options, in the order of the help."""
    for option in reversed(options):
        function = option(function)
    return function


def request(asked: dict[str, Any]) -> Request:
    """Return the options of a run; the default path is the working directory. Raises BadParameter."""
    asked["paths"] = asked["paths"] or (Path(),)
    parts = [name for name in ("hook", "no_ignore", "changed_since", "new_in_plan", "stdin_name") if asked.get(name)]
    if asked.get("write_baseline") and (parts or Path("-") in asked["paths"]):
        what = f"--{parts[0].replace('_', '-')}" if parts else "standard input"
        raise click.UsageError(f"--write-baseline needs all findings that nobody accepts otherwise: leave out {what}")
    if asked.get("new_in_plan") and asked.get("changed_since"):
        raise click.UsageError("--new-in-plan is about plans, --changed-since about files in git: give one of them")
    if asked.get("stdin_name") and Path("-") not in asked["paths"]:
        raise click.UsageError("--stdin-name names standard input: give - as a path, too")
    for name in ("select", "ignore"):
        if name in asked:
            asked[name] = tuple(part.strip() for text in asked[name] for part in text.split(",") if part.strip())
    for setting in asked["var"]:
        name, separator, _ = setting.partition("=")
        if not separator or not name.strip():
            raise click.BadParameter(f"{setting!r} is not NAME=VALUE", param_hint="--var")
    return Request(**asked)


def apart(paths: Iterable[Path]) -> None:
    """Raise BadParameter if two outputs are one file: the second would replace the first."""
    seen: set[str] = set()
    for path in paths:
        real = os.path.realpath(path)
        if os.path.exists(real) and not os.path.isfile(real):
            continue
        if real in seen:
            raise click.BadParameter(f"two formats are written to {path}", param_hint="--output")
        seen.add(real)


def target(text: str, formats: Collection[str] = FORMATS) -> tuple[str, Path]:
    """Return format and file of ``--output FORMAT=FILE``. Raises BadParameter for a format that is not listed."""
    name, separator, path = text.partition("=")
    if not separator or not path or name not in formats:
        message = f"{text!r} is not FORMAT=FILE, such as json=report.json, with a format out of {', '.join(formats)}"
        raise click.BadParameter(message, param_hint="--output")
    if path == "-":
        raise click.BadParameter(
            f"{text!r} is no file: --format {name} prints to standard output", param_hint="--output"
        )
    return name, Path(path)
