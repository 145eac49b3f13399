"""The page of an assertion: what it states, where it is defined, why, and its examples."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.assertions.checking import FAMILY, rule_of
from iamlint.assertions.documents import WHOLE, Assertion


def assertion_page(one: Assertion) -> str:
    """Return the page as Markdown, with ``path:line`` of the definition."""
    rule = rule_of(one)
    title = f"**{rule.title}.** `{FAMILY}/{one.id}`, severity {one.severity}."
    parts = [
        f"# {one.id}",
        title,
        f"An assertion of this repository, defined at `{one.at.path}:{one.at.line}`.",
        "\n".join(_clause(one)),
        "## Why",
        rule.page.why.strip(),
    ]
    for heading, violates in (("## Violated by", True), ("## Satisfied by", False)):
        examples = [case.terraform.strip() for case in one.examples if case.violates is violates]
        if examples:
            parts += [heading, *(f"```hcl\n{text}\n```" for text in examples)]
    return "\n\n".join([*parts, "## Fix", rule.page.fix.strip()]) + "\n"


def _clause(one: Assertion) -> Iterator[str]:
    yield f"- `{one.kind}`"
    yield f"- `from`: {_names(one.sources)}"
    yield f"- `to`: {_names(one.targets)}"
    if one.by != (WHOLE,):
        yield f"- `by`: {_names(one.by)}"
    if one.unless:
        yield f"- `unless`: {_names(one.unless)}"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
