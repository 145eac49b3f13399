"""The fixes of rule documents for findings."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from iamlint.edits import SAFETIES, Edit, Fix, Safety, by_path, consistent
from iamlint.estate import Estate
from iamlint.facts import Declaration, Place, UnreadPart
from iamlint.files.disk import DISK
from iamlint.finding import Finding
from iamlint.fixes.mends import mend_of
from iamlint.fixes.problem import Problem, Withheld
from iamlint.fixes.sources import Sources, generated
from iamlint.location import SourceText
from iamlint.patterns.match import Match
from iamlint.rules.rule import Rule
from iamlint.unknown import Truth

_MOST_LAID_OUT = 1_000_000
"""Maximum number of characters of blocks that are read again to keep the layout around the fixes of a report."""


def proposed(rule: Rule, finding: Finding, match: Match, estate: Estate, sources: Sources) -> Fix | Withheld | None:
    """Return the first fix of a rule's document that has edits for a finding.

    Without one, returns the reason why no fix can be right, if one of the functions has a reason. A fix is not proved:
    see `iamlint.fixes.proof`.
    """
    problem = Problem(finding, match, estate, sources)
    withheld: Withheld | None = None
    for mending in rule.mends:
        found = mend_of(mending.by)(problem)
        if isinstance(found, Withheld):
            withheld = withheld or found
        elif found and consistent(found.edits):
            return Fix(mending.by, found.title, _least(mending.safety, found.safety), found.edits)
    return withheld


def proposed_for_acceptance(rule: Rule, finding: Finding, estate: Estate, sources: Sources) -> Fix | Withheld | None:
    """Return the fix of a finding about acceptance, which belongs to no fact of the estate."""
    about = UnreadPart("it is about acceptance", Declaration(finding.at), unread=False)
    return proposed(rule, finding, Match(about, Truth.TRUE, place=Place(finding.at)), estate, sources)


def _least(one: Safety, other: Safety | None) -> Safety:
    return one if other is None else SAFETIES[max(SAFETIES.index(one), SAFETIES.index(other))]


def formatted(fix: Fix, sources: Sources) -> Fix:
    """Return the fix with the edits that keep the alignment of ``terraform fmt``.

    In a report with many fixes in large blocks the later ones are returned as they are.
    """
    edits = (edit for path, some in by_path(fix.edits).items() for edit in _aligned(path, some, sources))
    return replace(fix, edits=tuple(edits))


def _aligned(path: str, edits: list[Edit], sources: Sources) -> Iterable[Edit]:
    """Return the edits of a file, with further edits that keep its blocks formatted.

    Only the blocks that they touch are read again: a file may have thousands of findings, each with a fix.
    """
    from iamlint.fixes.layout import aligned
    from iamlint.fixes.moves import Moves

    source, tree = sources.texts[path], sources.tree(path)
    if tree is None or tree.is_json:
        return aligned(source, edits)
    ranges = Moves(source, sorted(set(edits))).before
    start, end = tree.lines_of_blocks(min(ranges)[0], max(end for _, end in ranges))
    before = len(source.text[:start].encode("utf-8", "surrogatepass"))
    sources.laid_out += end - start
    if sources.laid_out > _MOST_LAID_OUT:
        return edits
    piece = SourceText(path, source.text[start:end])
    return [_moved(one, before) for one in aligned(piece, [_moved(one, -before) for one in edits])]


def _moved(edit: Edit, by: int) -> Edit:
    return replace(edit, start=edit.start + by, end=edit.end + by)


def hindrance(fix: Fix, sources: Sources) -> str:
    """Return why a file of a fix may not be changed; "" if a person writes each of them."""
    return next(filter(None, (_hindrance(path, sources) for path in by_path(fix.edits))), "")


def _hindrance(path: str, sources: Sources) -> str:
    source = sources.texts.get(path)
    if source is None:
        return f"{path} was not read"
    if ".terraform" in Path(path).parts:
        return f"{path} is in an installed module, which `terraform init` replaces"
    return f"{path} is generated" if generated(source) else ""


def within(path: str, given: Iterable[Path]) -> bool:
    """Whether a file is one of the given paths, or below one without a symbolic link in between."""
    real = str(DISK.resolved(Path(path)))
    for one in given:
        root = str(DISK.resolved(one))
        below = os.path.relpath(os.path.abspath(path), os.path.abspath(one))
        expected = root if below == "." else os.path.join(root, below)
        if not below.startswith("..") and os.path.normpath(expected) == real and not DISK.is_link(Path(path)):
            return True
    return False
