"""Comparison: who can become which account, and who holds which role, after a change and not before, or the reverse.

A change is two estates: of folders, plans, exports or revisions. What is the same by principal, role and resource is no
change, however it is written and wherever it has moved.
"""

from iamlint.comparison.compare import compare
from iamlint.comparison.model import Comparison, Line, Pair, Privilege
from iamlint.comparison.sides import Side

__all__ = ["Comparison", "Line", "Pair", "Privilege", "Side", "compare"]
