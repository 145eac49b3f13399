"""Proves a fix: applies its grants in memory, asks again, and compares what the caller can do before and after."""

from __future__ import annotations

from collections.abc import Callable

from iamlint.diagnosis.answer import Proof, VerdictName
from iamlint.diagnosis.asked.question import METHODS
from iamlint.estate import Estate
from iamlint.facts import Grant
from iamlint.unknown import shown

MOST = 10
"""Things that a fix opens which are listed."""

Ask = Callable[[Estate, str], VerdictName]
"""The verdict on the question by another method, in an estate."""


def prove(method: str, caller: str, target: str, before: Estate, after: Estate, ask: Ask) -> Proof:
    """Return the verdict with the fix applied, and what else the caller can do then.

    That is the other methods that work only with the fix, and what the target may do, which the caller then may, too.
    """
    others = [one for one in METHODS if one != method]
    opened = [one for one in others if ask(after, one) == "works" and ask(before, one) != "works"]
    held = [
        f"{shown(grant.role)} on {grant.resource}, as {target}"
        for grant in before.of(Grant)
        if grant.principal.email == target and caller != target
    ]
    found = [*(f"{one} for {target}" for one in opened), *dict.fromkeys(held)]
    return Proof(ask(after, method), tuple(found[:MOST]))
