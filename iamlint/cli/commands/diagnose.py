"""``iamlint diagnose``: why a call gets 403, and the smallest change that makes it work."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from iamlint.basics.lazy_regex import regex
from iamlint.cli.configuring import configuration, one_environment, options_for
from iamlint.cli.console import FAILED, Failed, colored, emit, say_errors
from iamlint.cli.options import (
    Failing,
    Request,
    as_of_option,
    catalog_option,
    claim_option,
    color_option,
    day_of,
    format_option,
    one_config_options,
    pairs,
    reading_options,
    request,
)
from iamlint.cli.run import role_catalog
from iamlint.files.disk import DISK
from iamlint.location import COMMAND_LINE, Location, Unreadable

if TYPE_CHECKING:
    from iamlint.diagnosis.answer import Answer
    from iamlint.diagnosis.asked.identity_files import Input
    from iamlint.roles import Catalog
    from iamlint.sources.reading import ExportFilter, Reading

WORKS, FAILS, UNKNOWN = 0, 1, 3
"""Exit codes other than 2, which is bad input."""
LONGEST_ERROR = 1_000_000
"""Maximum size of an error text in bytes."""
_FILE_NAME = regex(r"[^\s]{1,200}\.(?:txt|log|json|out|err)")
"""A text that is meant as a file name, not as the text of an error."""
_METHODS = ("generateAccessToken", "generateIdToken", "signBlob", "signJwt", "actAs")


def _seconds(_context: click.Context, _parameter: click.Parameter, value: str | None) -> int | None:
    number = value.strip().removesuffix("s") if value else ""
    if value is not None and (not number.isdecimal() or len(number) > 9):
        raise click.BadParameter(f"{value!r} is not a number of seconds, such as 3600s")
    return int(number) if number else None


@click.command(cls=Failing)
@click.option("--error", metavar="TEXT|FILE|-", help="The error: its text, a file with it, or - for standard input.")
@click.option(
    "--caller",
    metavar="PRINCIPAL",
    help="Who calls: user:, group:, serviceAccount: or an e-mail, principal://, "
    "github:OWNER/REPO, gitlab:GROUP/PROJECT, oidc:SUBJECT, ksa:PROJECT/NAMESPACE/NAME, "
    "vm:, nodepool: or template:NAME.",
)
@click.option("--target", metavar="ACCOUNT", help="The service account that is used: e-mail or unique id.")
@click.option("--method", type=click.Choice(_METHODS), help="The method that is called. [generateAccessToken]")
@click.option(
    "--delegates", metavar="A,B", default="", help="The accounts between caller and target, in the order of the call."
)
@click.option("--provider", metavar="NAME", help="The identity provider that the caller's token is exchanged at.")
@claim_option
@click.option("--lifetime", metavar="SECONDS", callback=_seconds, help="The lifetime that is asked for, such as 7200s.")
@click.option("--on", metavar="RESOURCE", help="What is deployed, or what --permission is needed on.")
@click.option("--permission", metavar="NAME", help="A permission that the target (else the caller) needs on --on.")
@click.option("--tag", multiple=True, metavar="KEY=VALUE", callback=pairs, help="A tag of the target (repeatable).")
@click.option(
    "--prove", is_flag=True, help="Apply the fix in memory, and show the verdict then and what else it opens."
)
@reading_options
@as_of_option
@catalog_option
@one_config_options
@format_option("text", "json", "markdown")
@color_option
def diagnose(form: str, **asked: Any) -> None:
    """Explain why a call gets 403, and the smallest change that makes it work.

    PATHs are Terraform, plans and exports, the working directory by default. Everything in them counts.
    Exits with 0 if the call works, 1 if it fails, 2 on bad input, 3 if the answer is unknown, or not about IAM.
    """
    answer, reading = _answered(asked)
    say_errors(reading.errors)
    emit(_written(answer, reading, form), for_programs=form != "text")
    if reading.errors:
        sys.exit(FAILED)
    sys.exit({"works": WORKS, "fails": FAILS}.get(answer.verdict, UNKNOWN))


def _written(answer: Answer, reading: Reading, form: str) -> str:
    match form:
        case "json":
            from iamlint.diagnosis.output.json_answer import answer_json

            return answer_json(answer)
        case "markdown":
            from iamlint.diagnosis.output.markdown_answer import answer_markdown

            return answer_markdown(answer)
        case _:
            from iamlint.diagnosis.output.text_answer import answer_text

            return answer_text(answer, reading.texts, color=colored(sys.stdout))


def _answered(asked: dict[str, Any]) -> tuple[Answer, Reading]:
    """Return the answer and the input. Raises `Failed`, also for an invalid question."""
    from iamlint.diagnosis.asking import Asked, BadQuestionError, answered
    from iamlint.diagnosis.interest import relevance
    from iamlint.sources.reading import nothing_in

    names = ("caller", "target", "method", "provider", "lifetime", "on", "permission")
    text = asked.pop("error")
    error = _error_text(text)
    given = {name: asked.pop(name) for name in names}
    claims, tags, delegates = asked.pop("claim"), asked.pop("tag"), asked.pop("delegates")
    as_of, prove = asked.pop("as_of"), asked.pop("prove")
    catalogs = asked.pop("role_catalog")
    chain = tuple(part.strip() for part in delegates.split(",") if part.strip())
    day = day_of(as_of)
    wanted = _without(request(asked), text)
    question = Asked(**given, claims=claims, tags=tags, delegates=chain, as_of=day, error=error, prove=prove)
    roles = role_catalog(catalogs)
    given_input = _read(wanted, roles, relevance(question, roles))
    reading = given_input.reading
    if not error and not given_input.clients:
        reading.errors += [nothing_in(shown) for shown in reading.empty]
    try:
        return answered(question, given_input, roles), reading
    except BadQuestionError as bad:
        raise Failed([*reading.errors, Unreadable(Location(COMMAND_LINE), str(bad), bad.hint)]) from bad


def _without(wanted: Request, error: str | None) -> Request:
    """Return what is read, without the file of the error: it is an error, not an export."""
    if not error or error not in map(str, wanted.paths):
        return wanted
    return replace(wanted, paths=tuple(path for path in wanted.paths if str(path) != error))


def _read(wanted: Request, roles: Catalog, relevant: ExportFilter | None) -> Input:
    """Return the input, of large exports what is relevant.

    All documents and root modules in the given folders count for the whole run. Raises `Failed`.
    """
    from iamlint.diagnosis.asked.identity_files import read_input

    config = configuration(wanted)
    options = options_for(wanted, config, one_environment(wanted, config))
    return read_input(
        wanted.paths, replace(options, folders_are_named=True, roles=roles, relevant=relevant, may_be_empty=True)
    )


def _error_text(given: str | None) -> str:
    """Return the text of an error: as given, from a file, or from standard input."""
    if given is None:
        return ""
    text = _text_of(given)
    if not text.strip():
        what = "standard input has no error in it: programs write errors to standard error (2>&1)"
        raise click.BadParameter(what if given == "-" else f"there is no error in {given!r}", param_hint="--error")
    return text


def _text_of(given: str) -> str:
    if given == "-":
        return _limited(iter(lambda: sys.stdin.buffer.read(65536), b""))
    path = Path(given)
    if len(given) >= 4096 or "\n" in given or not DISK.is_file(path):
        if given and DISK.is_directory(path):
            raise click.BadParameter(f"{given!r} is a folder: name the file with the error", param_hint="--error")
        if _FILE_NAME.fullmatch(given):
            raise click.BadParameter(f"there is no file {given!r}", param_hint="--error")
        return given[:LONGEST_ERROR]
    with DISK.open(path) as file:
        return _limited(iter(lambda: file.read(65536), b""))


def _limited(blocks: Iterable[bytes]) -> str:
    """Return the first bytes of a stream, as text."""
    found = bytearray()
    for one in blocks:
        found += one
        if len(found) >= LONGEST_ERROR:
            break
    return bytes(found[:LONGEST_ERROR]).decode("utf-8", "replace")
