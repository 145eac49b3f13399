"""Paths: the hops that let a principal become an account, directly or through others.

A hop is a method that a principal has, or a membership of a set that has it. A path is open if every hop is certain,
conditional if one depends on something unknown, and closed if something certainly blocks one.
"""

from iamlint.paths.hops import STATES, Hop, Hops, State, hops_of
from iamlint.paths.names import Names, names_of
from iamlint.paths.onward import MOST_ENDS, End, Onward, Route, onward_of
from iamlint.paths.search import Path, Paths, Reach

__all__ = [
    "MOST_ENDS",
    "STATES",
    "End",
    "Hop",
    "Hops",
    "Names",
    "Onward",
    "Path",
    "Paths",
    "Reach",
    "Route",
    "State",
    "hops_of",
    "names_of",
    "onward_of",
]
