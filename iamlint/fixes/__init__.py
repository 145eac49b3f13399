"""Fixes: edits that resolve findings, made by pure functions that rule documents name, and proved before use."""

from iamlint.fixes.mends import MENDS, WITHHELD
from iamlint.fixes.mends.roles import narrower
from iamlint.fixes.problem import Change, Mend, Problem, Withheld
from iamlint.fixes.proposals import proposed
from iamlint.fixes.sources import Sources

__all__ = ["MENDS", "WITHHELD", "Change", "Mend", "Problem", "Sources", "Withheld", "narrower", "proposed"]
