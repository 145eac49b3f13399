"""``iamlint explain``: the page of a rule, or of an assertion of the user."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from iamlint.cli.configuring import configured_rules
from iamlint.cli.console import Failed, emit, width
from iamlint.cli.options import PATH, Failing, complete_rule
from iamlint.cli.run import load
from iamlint.location import Unreadable
from iamlint.reporters.parts.plain import neutral


@click.command(cls=Failing, epilog="iamlint rules lists the rules.")
@click.argument("name", metavar="RULE|ASSERTION", shell_complete=complete_rule)
@click.option("--rules", multiple=True, type=PATH, metavar="DIR", help="Directory with your own rules (repeatable).")
@click.option(
    "--assertions",
    multiple=True,
    type=PATH,
    metavar="PATH",
    help="Assertions: files, or folders of them (repeatable). [those of the configuration]",
)
def explain(name: str, rules: tuple[Path, ...], assertions: tuple[Path, ...]) -> None:
    """Explain a rule or an assertion: why it matters, before and after, the fix."""
    from iamlint.reporters.page import rule_page
    from iamlint.reporters.parts.folding import folded_page
    from iamlint.rules.catalog import select_rules

    found, unknown = select_rules(load((*configured_rules(), *rules)), (name,))
    pages = [rule_page(rule) for rule in found] if not unknown else _assertion_pages(name, assertions, unknown[0])
    emit("\n".join(folded_page(map(neutral, "\n".join(pages).split("\n")), width(sys.stdout))))


def _assertion_pages(name: str, given: tuple[Path, ...], no_rule: Unreadable) -> list[str]:
    """Return the pages of the assertions that a name means which no rule has. Raises `Failed`."""
    from iamlint.cli.asserting import FAMILY, assertion_paths

    paths = assertion_paths(given)
    if not paths:
        raise Failed([no_rule])
    from iamlint.assertions.documents import load_assertions
    from iamlint.assertions.page import assertion_page
    from iamlint.documents.validation import nearest_of

    every, errors = load_assertions(paths)
    if errors:
        raise Failed([*errors, no_rule])
    chosen = [one for one in every if name in (FAMILY, one.id, f"{FAMILY}/{one.id}")]
    if not chosen:
        nearest = nearest_of(name.removeprefix(f"{FAMILY}/"), [one.id for one in every])
        reason = f"no rule, family or assertion is called `{name}`"
        raise Failed([Unreadable(no_rule.at, reason, nearest or no_rule.hint)])
    return [assertion_page(one) for one in chosen]
