"""Narrower rights: the smallest role that a principal needs, by what it was seen to use.

A proposal needs complete evidence of use: audit logs, or Google's recommendations. Every known use must still work with
the proposed role. Without such evidence the answer is unknown, with what is missing.
"""

from iamlint.narrowing.model import MINIMUM_DAYS, Narrowing, Open, Proposal
from iamlint.narrowing.propose import narrow
from iamlint.narrowing.usage import Usage, read_usage

__all__ = ["MINIMUM_DAYS", "Narrowing", "Open", "Proposal", "Usage", "narrow", "read_usage"]
