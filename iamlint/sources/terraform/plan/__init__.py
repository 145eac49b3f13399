"""Plans and states as ``terraform show -json`` prints them: entries to instances, instances to facts.

Format: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from iamlint.facts import Declaration, Gap
from iamlint.location import Location, SourceText
from iamlint.sources.reading import Options, Reading
from iamlint.sources.terraform.instances import facts_of
from iamlint.sources.terraform.plan.beside import find_source
from iamlint.sources.terraform.plan.configuration import Configuration
from iamlint.sources.terraform.plan.entries import read_entries
from iamlint.sources.terraform.plan.planned import Planned
from iamlint.sources.workspace import Workspace
from iamlint.values import Value

_SHAPES = ("resource_changes", "planned_values", "values")


def is_plan(document: Value) -> bool:
    """Whether a document is a plan or a state: it states its format's version, and has resources or changes of them."""
    data = document.data
    return isinstance(data, dict) and "format_version" in data and any(shape in data for shape in _SHAPES)


def read_plan(source: SourceText, document: Value, options: Options, workspace: Workspace) -> Reading:
    """The facts of what the plan leads to, or of what the state has.

    Where the source that the plan was made of lies beside it, every part is placed there, and what only an apply tells
    keeps the names that the source gives it; the values that the plan knows are the plan's. What is not of the right
    shape is among the errors, with its JSON path.
    """
    entries, errors = read_entries(document)
    reading = Reading(errors=errors, texts={source.path: source})
    configuration = Configuration(document)
    beside = find_source(source, entries, configuration, options, workspace)
    reading.errors += configuration.errors
    if isinstance(beside, str):
        reading.facts.append(Gap(beside, Declaration(Location(source.path), "plan")))
        beside = None
    planned = Planned(entries, configuration, beside)
    for instance in planned.instances():
        reading.facts += facts_of(instance)
    reading.facts += planned.removals()
    if beside:
        reading.texts |= beside.texts
    return reading
