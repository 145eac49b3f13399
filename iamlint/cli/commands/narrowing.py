"""``iamlint narrow``: the smallest roles that keep every known use working."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from iamlint.cli.console import FAILED, FINDINGS, OK, colored, emit, say_errors
from iamlint.cli.options import (
    DATE,
    DAYS,
    FILE,
    Failing,
    catalog_option,
    day_of,
    format_option,
    no_progress_option,
    one_config_options,
    reading_options,
    request,
)
from iamlint.cli.run import read_one, role_catalog
from iamlint.files.disk import DISK
from iamlint.location import COMMAND_LINE, Location, SourceText, Unreadable
from iamlint.results.report import failure

if TYPE_CHECKING:
    from iamlint.estate import Estate
    from iamlint.fixes.collecting import Run
    from iamlint.fixes.proof import Outcome


@click.command("narrow", cls=Failing)
@click.option(
    "--usage",
    multiple=True,
    type=FILE,
    metavar="FILE",
    help="Audit logs (gcloud logging read) or recommendations of google.iam.policy.Recommender, in JSON (repeatable).",
)
@click.option("--principal", default="*", metavar="PRINCIPAL", help="Only grants of these: an e-mail or a glob. [all]")
@click.option("--days", type=DAYS, default=90, metavar="DAYS", help="Days that the evidence must span. [90]")
@click.option("--as-of", type=DATE, metavar="DATE", help="Evaluate as of YYYY-MM-DD. [today]")
@click.option("--fix", is_flag=True, help="Write the proposals to the Terraform files, each proved by another reading.")
@click.option("--diff", is_flag=True, help="Print what --fix would write, and change nothing.")
@reading_options
@catalog_option
@one_config_options
@format_option("text", "json")
@click.option("--show-all", is_flag=True, help="Show each grant that cannot be judged.")
@no_progress_option
def narrow_roles(form: str, show_all: bool, fix: bool, diff: bool, **asked: Any) -> None:
    """Propose the smallest roles that keep every known use working.

    PATHs are Terraform, plans and exports, the working directory by default; --usage names the evidence of use. A
    grant is narrowed only if the evidence is complete: logs or recommendations of 90 days, with all accesses logged.
    Otherwise the answer is unknown, with the missing evidence. Exits with 2 on bad input, else with 0.
    """
    from iamlint.narrowing.output import narrowing_json, narrowing_text

    look = _Look(asked)
    outcome = look.fixed() if fix or diff else None
    if outcome is None:
        look.at({})
    found, errors = look.found, look.errors
    if outcome:
        failed = _applied(outcome, write=not diff, quiet=look.quiet)
        if failed:
            look.at({})
            found = look.found
        errors = [*errors, *failed]
    say_errors(errors)
    if outcome and diff:
        from iamlint.cli.fixing import diff as changes

        emit(changes(outcome), for_programs=True)
        sys.exit(FAILED if errors else FINDINGS if outcome.contents else OK)
    if form == "json":
        emit(narrowing_json(found, errors), for_programs=True)
    else:
        emit(narrowing_text(found, color=colored(sys.stdout), every=show_all))
    sys.exit(FAILED if errors else OK)


def _applied(outcome: Outcome, *, write: bool, quiet: bool) -> list[Unreadable]:
    from iamlint.cli.fixing import say_outcome, written

    errors = written(outcome) if write else []
    if not errors:
        say_outcome(outcome, would=not write, quiet=quiet)
    return errors


class _Look:
    """A narrowing: the options, and the result of the last reading of the input."""

    def __init__(self, asked: dict[str, Any]) -> None:
        from iamlint.narrowing import Narrowing, read_usage

        self.quiet, self._as_of = asked.pop("quiet"), asked.pop("as_of")
        files, self._principal, self._days = (asked.pop(name) for name in ("usage", "principal", "days"))
        self._request = request(asked)
        self._roles = role_catalog(self._request.role_catalog)
        self._usage = read_usage(map(Path, files))
        self.found = Narrowing()
        self.errors: list[Unreadable] = []

    def at(self, contents: Mapping[str, bytes]) -> tuple[Estate, Mapping[str, SourceText]]:
        """Read the input with some files replaced, and narrow its grants. Raises `Failed`."""
        from iamlint.estate import Estate
        from iamlint.files.overlay import Overlay
        from iamlint.narrowing import narrow

        tree = Overlay(DISK, {Path(path): text for path, text in contents.items()}) if contents else DISK
        reading = read_one(self._request, quiet=self.quiet, roles=self._roles, folders_are_named=True, tree=tree)
        estate = Estate(reading.facts, self._roles, day_of(self._as_of))
        self.errors = [*reading.errors, *self._usage.errors, *estate.unfinished]
        self.found = found = narrow(estate, self._usage, reading.texts, self._principal, self._days)
        if self._principal != "*" and not (found.proposals or found.unknown or found.fitting):
            reason = f"no grant that can be narrowed has the principal `{self._principal}`"
            hint = "an e-mail or a glob; `iamlint facts` lists the grants"
            self.errors.append(Unreadable(Location(COMMAND_LINE), reason, hint))
        return estate, reading.texts

    def fixed(self) -> Outcome:
        """Return the result of applying the proposals, without writing. Raises `Failed`."""
        from iamlint.cli.fixing import outcome_of

        return outcome_of(self._request, self._run, unsafe=True)

    def _run(self, contents: Mapping[str, bytes]) -> Run:
        from iamlint.edits import Fix
        from iamlint.finding import Finding
        from iamlint.fixes.collecting import Run
        from iamlint.fixes.instances import Instances, not_right_for
        from iamlint.fixes.mends.roles import narrower
        from iamlint.fixes.proposals import hindrance
        from iamlint.fixes.sources import Sources

        estate, texts = self.at(contents)
        sources, instances = Sources(texts), Instances()
        findings: list[Finding] = []
        fixes: list[tuple[Finding, Fix]] = []
        hindered: list[tuple[Finding, Fix, str]] = []
        for one in self.found.proposals:
            grant = one.grant
            finding = Finding(
                rule="narrow",
                family="narrow",
                severity="info",
                confidence="high",
                message=f"{grant.principal.text} has {grant.role} on {grant.resource}",
                at=grant.role_place.at,
                address=grant.declared.address,
            )
            findings.append(finding)
            change = None if one.kind == "custom" else narrower(grant, one.roles, sources)
            if change is None:
                continue
            fix = Fix("narrower", change.title, "unsafe", change.edits)
            why = hindrance(fix, sources)
            if why:
                hindered.append((finding, fix, why))
            else:
                fixes.append((finding, fix))
                instances.add(finding.rule, fix.edits, grant.declared)
        others = [instances.left_out(finding.rule, fix.edits, estate, sources) for finding, fix in fixes]
        hindered += [(*one, not_right_for(other)) for one, other in zip(fixes, others, strict=True) if other]
        fixes = [one for one, other in zip(fixes, others, strict=True) if not other]
        report = replace(failure(self.errors), findings=tuple(findings), texts=texts)
        return Run(report, estate, tuple(fixes), tuple(hindered))
