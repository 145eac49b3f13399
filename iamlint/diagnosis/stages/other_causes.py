"""The causes of an error that the input neither shows nor excludes, the likeliest first."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace

from iamlint.diagnosis.answer import Answer
from iamlint.diagnosis.asked.case import Case
from iamlint.diagnosis.callers.exchange import NAME as EXCHANGE
from iamlint.diagnosis.callers.exchange import provider_parts
from iamlint.diagnosis.recognition.error_kind import Cause, Step
from iamlint.diagnosis.stages.gates import API, SCOPES
from iamlint.diagnosis.stages.rights import NAME as RIGHTS

_EXCLUDES: Mapping[str, frozenset[Step]] = {
    "allow policies": frozenset(
        {"grant", "member", "condition", "custom-role", "delegation", "disabled", "service-agent-evicted"}
    ),
    SCOPES: frozenset({"oauth-scopes"}),
    API: frozenset({"api"}),
    RIGHTS: frozenset({"target-rights", "quota-project"}),
    EXCHANGE: frozenset({"federation"}),
}
"""The steps of causes that a stage excludes which the input shows as done."""


def other_causes(case: Case, answer: Answer) -> tuple[Cause, ...]:
    """Return the causes that the error's document lists, without those that the input excludes.

    None where a stage shows the cause or what it depends on, and where the call works.
    """
    if answer.verdict == "works" or _is_shown(answer):
        return ()
    excluded = frozenset[Step]().union(*(_EXCLUDES.get(one.name, ()) for one in answer.stages if one.state == "done"))
    return tuple(_named(case, one) for one in case.said.causes if not one.steps or one.steps[0] not in excluded)


def _is_shown(answer: Answer) -> bool:
    """Whether the verdict rests on what the input shows: a cause, or a grant that counts if something unknown holds."""
    if answer.verdict == "unknown":
        return answer.step != "missing-input"
    return any(one.state == "broken" and one.message == answer.headline for one in answer.stages)


def _named(case: Case, cause: Cause) -> Cause:
    """Return a cause whose command has the names that the error states."""
    return replace(cause, command=named_command(case, cause.command))


def named_command(case: Case, command: str) -> str:
    """Return a command of an error's document with the names of the question in place of its placeholders."""
    for placeholder, name in _names(case):
        quoted = shlex.quote(name).replace("\\", "\\\\")
        command = re.sub(rf"(?<=[ =]){placeholder}(?=\s|\Z)", quoted, command)
    return command


def _names(case: Case) -> Iterator[tuple[str, str]]:
    """Yield placeholders with the names that certainly replace them."""
    named = provider_parts(case.said.provider)
    if named:
        yield "PROVIDER", named["provider"]
        yield "POOL", named["pool"]
        yield "PROJECT", named["project"]
    elif case.said.of_resource and case.said.resource.startswith("projects/"):
        yield "PROJECT", case.said.resource.split("/")[1]
    if case.target and "${" not in case.target:
        yield "TARGET", case.target
