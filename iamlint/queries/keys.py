"""Queries about the keys of service accounts, and API keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from iamlint.estate import Estate
from iamlint.facts import ApiKey, Credential, ServiceAccountKey
from iamlint.patterns.match import Match
from iamlint.unknown import Truth, Unknown

OLDEST = 90
"""Days. Source: https://cloud.google.com/iam/docs/best-practices-for-managing-service-account-keys"""
_KINDS = {"hmac_key": "HMAC key", "api_key": "API key"}


def user_managed_keys(estate: Estate) -> Iterator[Match]:
    """User-managed keys that Google generated; old ones are reported by `stale_keys`."""
    for key in estate.of(ServiceAccountKey):
        age = _age(key, estate.as_of)
        if not key.uploaded and _works(key, estate.as_of) and (age is None or age <= OLDEST):
            yield Match(key, Truth.TRUE)


def alternate_credentials(estate: Estate) -> Iterator[Match]:
    """HMAC keys, bound API keys, and keys whose private part was generated elsewhere."""
    for credential in estate.of(Credential):
        words = {"kind": _KINDS[credential.kind]}
        if isinstance(credential.disabled, Unknown):
            reason = f"it is not known whether the {words['kind']} is in use: {credential.disabled.reason}"
            yield Match(credential, Truth.UNKNOWN, reasons=(reason,), words=words)
        elif not credential.disabled:
            yield Match(credential, Truth.TRUE, words=words)
    for key in estate.of(ServiceAccountKey):
        age = _age(key, estate.as_of)
        if key.uploaded and _works(key, estate.as_of) and (age is None or age <= OLDEST):
            yield Match(key, Truth.TRUE, words={"kind": "uploaded key"})


def stale_keys(estate: Estate) -> Iterator[Match]:
    """Keys in use for longer than recommended."""
    for key in estate.of(ServiceAccountKey):
        age = _age(key, estate.as_of)
        if _works(key, estate.as_of) and age is not None and age > OLDEST:
            yield Match(key, Truth.TRUE, words={"days": str(age)})


def _works(key: ServiceAccountKey, as_of: date) -> bool:
    """Whether a key is neither disabled nor past its end: https://cloud.google.com/iam/docs/key-rotation"""
    end = _day(key.expires)
    return not key.disabled and (end is None or end >= as_of)


def stale_api_keys(estate: Estate) -> Iterator[Match]:
    """API keys in use for longer than recommended."""
    for key in estate.of(ApiKey):
        age = _age(key, estate.as_of)
        if age is not None and age > OLDEST:
            yield Match(key, Truth.TRUE, words={"days": str(age)})


def _age(key: ServiceAccountKey | ApiKey, as_of: date) -> int | None:
    """Return the age of a key in days; None if the input does not have its date."""
    created = _day(key.created)
    return (as_of - created).days if created else None


def _day(time: str | None) -> date | None:
    """Return the day of a time in RFC 3339."""
    try:
        return date.fromisoformat((time or "")[:10])
    except ValueError:
        return None
