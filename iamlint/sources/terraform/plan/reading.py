"""Plans and states from ``terraform show -json``: entries to instances, instances to facts.

Format: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from iamlint.documents.parts import get
from iamlint.documents.values import Value
from iamlint.facts import (
    Boundary,
    BoundaryBinding,
    Declaration,
    DefaultAccounts,
    Denial,
    EmptyBinding,
    Fact,
    Grant,
    OrgPolicy,
    UnreadPart,
)
from iamlint.location import Location, SourceText, Unreadable
from iamlint.sources.reading import Options, Reading
from iamlint.sources.terraform.evaluation.command.commands import unread_of_command
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.plan.before import before
from iamlint.sources.terraform.plan.completeness import incomplete
from iamlint.sources.terraform.plan.configuration import Configuration
from iamlint.sources.terraform.plan.entries import Entry, read_entries
from iamlint.sources.terraform.plan.planned import Planned
from iamlint.sources.terraform.plan.raw_state import is_raw_state, read_raw_state
from iamlint.sources.terraform.plan.recognition import plan_documents
from iamlint.sources.terraform.plan.source_mapping import find_source
from iamlint.sources.terraform.resources.facts import facts_of
from iamlint.sources.workspace import Workspace

_TAKES_AWAY = (Boundary, BoundaryBinding, DefaultAccounts, Denial, EmptyBinding, OrgPolicy)
"""Facts that block or remove access. They do not count before Terraform applies them, nor after it forgets them."""


def read_plans(source: SourceText, options: Options, workspace: Workspace, *, named: bool) -> Reading | None:
    """Return the facts of the plans and states in a file; None for a text without any.

    Other output of Terraform, or a text that begins like a plan or state, is an error.
    """
    found = plan_documents(source, named=named)
    if found is None:
        return None
    reading = Reading(errors=list(found.errors))
    if found.unread:
        reading.facts.append(UnreadPart(found.unread, Declaration(Location(source.path), "plan")))
    for document in found.documents:
        wanted = before(document, source) if options.before else document
        if isinstance(wanted, Unreadable):
            reading.errors.append(wanted)
        else:
            reading.add(read_plan(source, wanted, options, workspace))
    return reading


def read_plan(source: SourceText, document: Value, options: Options, workspace: Workspace) -> Reading:
    """Return the facts of the result of a plan, or of a state.

    If the plan's source is next to it, every part is placed there, and values known after apply keep their names from
    the source; known values are the plan's. Parts with the wrong shape are errors, with their JSON path.
    """
    found, errors = (read_raw_state if is_raw_state(document) else read_entries)(document)
    entries = [entry for entry in found if not entry.disputed]
    reading = Reading(errors=errors, texts={source.path: source})
    reading.facts += _disputed([entry for entry in found if entry.disputed])
    reading.facts += _actions(document, source)
    configuration = Configuration(document)
    beside = find_source(source, entries, configuration, options, workspace)
    reading.errors += configuration.errors
    whole = Declaration(Location(source.path), "plan")
    missing = incomplete(document, entries, configuration)
    if missing:
        reading.facts.append(UnreadPart(missing, whole))
    if isinstance(beside, str):
        reading.facts.append(UnreadPart(beside, whole, unread=False))
        beside = None
    planned = Planned(entries, configuration, beside)
    for instance in planned.instances():
        reading.facts += facts_of(instance)
    reading.facts += _programs(planned, configuration, whole)
    reading.facts += _unapplied(planned)
    reading.facts += planned.removals()
    if beside:
        reading.texts |= beside.texts
    return reading


def _disputed(entries: Sequence[Entry]) -> Iterator[UnreadPart]:
    """Yield one unread part for all entries that contradict a change of the plan: the changes are what is checked."""
    if entries:
        first, more = entries[0], len(entries) - 1
        named = f"{first.address} and {more} more" if more else first.address
        reason = f"planned_values and resource_changes disagree about {named}, and only the latter is read"
        yield UnreadPart(reason, Declaration(first.at.location, first.type, first.address))


def _actions(document: Value, source: SourceText) -> Iterator[UnreadPart]:
    """Yield one unread part for the actions of providers that the apply invokes; what they do is not in a plan."""
    for name in ("action_invocations", "deferred_action_invocations"):
        found = get(document, name)
        if found.data:
            count = len(found.data) if isinstance(found.data, tuple) else 1
            actions = "an action of a provider" if count == 1 else f"{count} actions of providers"
            at = found.at.location if found.at else Location(source.path)
            yield UnreadPart(f"{name}: iamlint does not read what {actions} would do", Declaration(at, "plan"))


def _programs(planned: Planned, configuration: Configuration, whole: Declaration) -> Iterator[UnreadPart]:
    """Yield the commands and programs that change IAM, the same one once.

    A plan has only those commands of provisioners that are constants.
    """
    told: set[str] = set()
    for instance, (reason, at) in planned.programs():
        if reason not in told:
            told.add(reason)
            declared = declaration(instance)
            of_text = declared if declared.planned else replace(declared, at=at.location)
            yield UnreadPart(f"{instance.address} {reason}", of_text)
    for address, value in configuration.commands():
        run = unread_of_command(value)
        if run and run not in told and value.at:
            told.add(run)
            yield UnreadPart(f"{address} {run}", replace(whole, at=value.at.location, address=address))


def _unapplied(planned: Planned) -> Iterator[Fact]:
    """Yield the facts of what the plan defers or forgets: grants count, restrictions do not."""
    for instance, deferred in planned.unapplied():
        if deferred:
            yield UnreadPart(f"{instance.address} is left to a later plan ({deferred})", declaration(instance))
        for fact in facts_of(instance):
            if isinstance(fact, Grant):
                yield replace(fact, origin="member")  # a binding would remove what others have of its role
            elif not isinstance(fact, _TAKES_AWAY) and getattr(fact, "disabled", False) is not True:
                yield fact
