"""``iamlint narrow``: the smallest roles that keep every known use working."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from iamlint.cli.configuring import Failed, configuration, one_environment
from iamlint.cli.console import FAILED, OK, colored, emit, say_errors
from iamlint.cli.options import DATE, FILE, catalog_option, config_options, reading_options, request
from iamlint.cli.run import read, role_catalog


@click.command("narrow")
@reading_options
@catalog_option
@config_options
@click.option(
    "--usage",
    multiple=True,
    type=FILE,
    metavar="FILE",
    help="Audit logs (gcloud logging read) or recommendations of google.iam.policy.Recommender, in JSON (repeatable).",
)
@click.option("--principal", default="*", metavar="PRINCIPAL", help="Only grants of these: an e-mail or a glob. [all]")
@click.option(
    "--days", type=click.IntRange(min=1), default=90, metavar="DAYS", help="Days that the evidence must span. [90]"
)
@click.option("--as-of", type=DATE, metavar="DATE", help="Evaluate as of YYYY-MM-DD. [today]")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", help="Output format. [text]")
@click.option("--show-all", is_flag=True, help="Show each grant that cannot be judged.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def narrow_roles(**asked: Any) -> None:
    """Propose the smallest roles that keep every known use working.

    PATHs are Terraform, plans and exports, the working directory by default; --usage shows what is in use. A grant is
    narrowed only if the evidence is complete: logs or recommendations of 90 days, with all accesses logged. Otherwise
    the answer is unknown, with what is missing. Exits with 2 on bad input, else with 0.
    """
    _run(asked)


def _run(asked: dict[str, Any]) -> None:
    from iamlint.estate import Estate
    from iamlint.narrowing import narrow, read_usage
    from iamlint.narrowing.output import narrowing_json, narrowing_text

    form, every, quiet, as_of = (asked.pop(name) for name in ("form", "show_all", "quiet", "as_of"))
    files, principal, days = (asked.pop(name) for name in ("usage", "principal", "days"))
    wanted = request(asked)
    try:
        roles = role_catalog(wanted.role_catalog)
        config = configuration(wanted)
        environment = one_environment(wanted, config)
        reading = read(wanted, config, quiet=quiet, roles=roles, folders_are_named=True, environment=environment)
    except Failed as failed:
        say_errors(failed.errors)
        sys.exit(FAILED)
    usage = read_usage(map(Path, files))
    errors = [*reading.errors, *usage.errors]
    estate = Estate(reading.facts, roles, as_of.date() if as_of else datetime.now(UTC).date())
    errors += estate.blockers.unfinished
    found = narrow(estate, usage, reading.texts, principal, days)
    say_errors(errors)
    text = (
        narrowing_json(found, errors)
        if form == "json"
        else narrowing_text(found, color=colored(sys.stdout), every=every)
    )
    emit(text, for_programs=form == "json")
    sys.exit(FAILED if errors else OK)
