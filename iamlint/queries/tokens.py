"""Queries about requested tokens."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.basics.lazy_regex import regex
from iamlint.estate import Estate
from iamlint.facts import Impersonation, OrgPolicy, Text
from iamlint.logic.globs import text_is
from iamlint.patterns.match import Match
from iamlint.provenance import at, counts_for, outside
from iamlint.unknown import Truth, Unknown

USUAL, EXTENDED = 3600, 43200
"""Maximum lifetime of an access token in seconds: the default, and for accounts that an organization policy names.

Source: https://cloud.google.com/iam/docs/create-short-lived-credentials-direct#sa-credentials-oauth
"""
EXTENSION = "iam.allowServiceAccountCredentialLifetimeExtension"
_SECONDS = regex(r"(?P<number>[0-9]{1,12})(?:\.[0-9]+)?s\Z")


def long_token_lifetimes(estate: Estate) -> Iterator[Match]:
    """Tokens requested with a longer lifetime than the account may have."""
    extended = [
        policy for policy in estate.of(OrgPolicy) if text_is((EXTENSION,), policy.constraint) is not Truth.FALSE
    ]
    for asked in estate.of(Impersonation):
        written = asked.lifetime[0] if asked.lifetime else None
        if asked.lifetime and isinstance(written, Unknown):
            why = f"the lifetime is not known: {written.reason}"
            yield Match(asked, Truth.UNKNOWN, reasons=(why,), place=asked.lifetime[1])
        seconds = _seconds(asked)
        if seconds is None or seconds <= USUAL or asked.lifetime is None:
            continue
        words = {"lifetime": f"{seconds}s", "longest": f"{USUAL}s"}
        if seconds > EXTENDED:
            words["longest"] = f"{EXTENDED}s"
            yield Match(asked, Truth.TRUE, words=words, place=asked.lifetime[1], raised=1)
            continue
        counted = [policy for policy in extended if counts_for(policy.declared, asked.declared)]
        truth, reason = _is_extended(asked.target, counted)
        if truth is Truth.FALSE:
            truth, reason = _elsewhere(asked, extended)
        if truth is not Truth.TRUE:
            reasons = (reason,) if reason else ()
            yield Match(asked, ~truth, reasons=reasons, words=words, place=asked.lifetime[1])


def _seconds(asked: Impersonation) -> int | None:
    written = asked.lifetime[0] if asked.lifetime else None
    match = _SECONDS.match(written) if isinstance(written, str) else None
    return int(match["number"]) if match else None


def _elsewhere(asked: Impersonation, policies: list[OrgPolicy]) -> tuple[Truth, str]:
    """Return why it is unknown, if a policy that does not count allows longer tokens for the account."""
    for policy in policies:
        if not isinstance(policy.allowed, Unknown) and _is_extended(asked.target, [policy])[0] is Truth.TRUE:
            return Truth.UNKNOWN, f"{at(policy.declared)} sets {EXTENSION}, but is {outside(policy.declared)}"
    return Truth.FALSE, ""


def _is_extended(target: Text, policies: list[OrgPolicy]) -> tuple[Truth, str]:
    """Return whether an organization policy allows longer tokens for the account, and why that is unknown."""
    for policy in policies:
        if isinstance(policy.allowed, Unknown):
            return Truth.UNKNOWN, f"which accounts {EXTENSION} allows is not known: {policy.allowed.reason}"
        for one in policy.allowed:
            if isinstance(target, str) and text_is((target,), one) is Truth.TRUE:
                return Truth.TRUE, ""
            if isinstance(one, Unknown) or isinstance(target, Unknown):
                return Truth.UNKNOWN, f"{EXTENSION} allows an account that is not known"
    return Truth.FALSE, ""
