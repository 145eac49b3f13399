"""``iamlint interest``: what the rules need of a large export, as a query that keeps only that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from iamlint import __version__
from iamlint.cli.configuring import configuration
from iamlint.cli.console import Failed, emit
from iamlint.cli.options import Failing, Request, catalog_option, rule_options, settings_options
from iamlint.cli.run import chosen_rules, load, role_catalog
from iamlint.location import COMMAND_LINE, Location, Unreadable
from iamlint.reporters.listings.sql import DIALECTS, Dialect, query
from iamlint.rules.interest import unneeded


@click.command(cls=Failing)
@click.option("--sql", "dialect", type=click.Choice(DIALECTS), required=True, help="Print a query for this database.")
@click.option(
    "--from", "source", required=True, metavar="TABLE|FILE", help="Table of assets; for DuckDB files of them."
)
@click.option(
    "--to", "target", required=True, metavar="URI|FILE", help="What the query writes: gs://BUCKET/*.ndjson.gz."
)
@rule_options
@settings_options
@catalog_option
def interest(
    dialect: Dialect,
    source: str,
    target: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    role_catalog: tuple[Path, ...],
    **asked: Any,
) -> None:
    """Print a query that keeps only what the rules need of a large export.

    The query keeps the assets with a grant that one of the rules may report or follow, and all projects, folders and
    organizations. A check of what it writes has the same findings as a check of everything. The rules are those of the
    options and of the configuration.
    """
    wanted = Request((), select=_names(select), ignore=_names(ignore), **asked)
    config = configuration(wanted)
    chosen, asserted = chosen_rules(load((*config.rules, *wanted.rules)), wanted, config)
    catalog = _catalog(role_catalog)
    left_out = None if asserted.assertions else unneeded(chosen, catalog)
    if left_out is None:
        what = "an assertion" if asserted.assertions else "one of these rules"
        hint = "leave such rules out: they are in the set pedantic, or your own"
        hint = "--ignore assertions leaves them out" if asserted.assertions else hint
        raise Failed([Unreadable(Location(COMMAND_LINE), f"{what} needs every grant", hint)])
    emit(f"-- Made by iamlint {__version__} for {len(chosen)} rules, role catalogue of {catalog.date}.\n")
    emit(query(left_out, dialect, source, target))


_catalog = role_catalog


def _names(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip() for text in given for part in text.split(",") if part.strip())
