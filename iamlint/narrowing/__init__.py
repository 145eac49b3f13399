"""Narrower rights: the smallest role that a principal needs, from evidence of its use.

A proposal needs complete evidence of use: audit logs, or Google's recommendations. Every known use must still work with
the proposed role. Without such evidence the answer is unknown, with the missing evidence.
"""

from iamlint.narrowing.model import Narrowing
from iamlint.narrowing.propose import narrow
from iamlint.narrowing.usage import read_usage

__all__ = ["Narrowing", "narrow", "read_usage"]
