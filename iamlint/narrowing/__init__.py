"""Narrower rights: the smallest role that a principal needs, from evidence of its use.

A proposal needs complete evidence of use: audit logs, or Google's recommendations. Every known use must still work with
the proposed role. Without such evidence the answer is unknown, with the missing evidence.
"""

from iamlint.narrowing.model import MINIMUM_DAYS, Narrowing, Open, Proposal
from iamlint.narrowing.propose import narrow
from iamlint.narrowing.usage import Usage, read_usage

__all__ = ["MINIMUM_DAYS", "Narrowing", "Open", "Proposal", "Usage", "narrow", "read_usage"]
