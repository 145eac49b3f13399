"""Comparison: who can become which account, and who holds which role, after a change and not before, or the reverse.

A change is two estates: of folders, plans, exports or revisions. What is the same by principal, role and resource is no
change, however it is written and wherever it has moved.
"""

from iamlint.comparison.compare import MOST_LISTED, compare
from iamlint.comparison.model import Comparison, Line, Pair, Privilege, Step, UnknownChange
from iamlint.comparison.sides import Side

__all__ = ["MOST_LISTED", "Comparison", "Line", "Pair", "Privilege", "Side", "Step", "UnknownChange", "compare"]
