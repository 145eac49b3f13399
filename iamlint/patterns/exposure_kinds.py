"""The kinds of API keys, and of settings that decide about public access."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from iamlint.basics.lazy_regex import regex
from iamlint.estate import Estate
from iamlint.facts import AccessSetting, ApiKey, Text
from iamlint.logic.verdict import FALSE, TRUE, Verdict
from iamlint.patterns.kind import Kind, argument
from iamlint.patterns.predicates import flag, glob, kind
from iamlint.unknown import Truth, Unknown, UnknownPart, shown

_ANY_CLIENT = regex(
    r"(?:(?:https?|\*)://)?\*(?:\.[a-z]+)?(?::\*)?(?:/\*?)?\Z|(?:0\.0\.0\.0|::0?)(?:/0)?\Z", re.IGNORECASE
)
"""Referrers and addresses that are anybody's: ``*``, ``https://*/*``, ``*.com``, ``0.0.0.0/0``, ``::0``."""
_OF_RESOURCE = regex(r"(?:module\.[^.]+\.)*google_[a-z0-9_]+\.")
_ANY_API = frozenset({"cloudapis.googleapis.com"})
"""Services that include every API of Google Cloud."""


def _is_anybody(client: str) -> bool:
    return _ANY_CLIENT.match(client) is not None


def _clients(key: ApiKey) -> Verdict:
    return _restricted(key.clients, _is_anybody, "clients")


def _apis(key: ApiKey) -> Verdict:
    return _restricted(key.apis, _ANY_API.__contains__, "APIs")


def _restricted(listed: tuple[Text, ...] | Unknown, is_open: Callable[[str], bool], what: str) -> Verdict:
    """Whether a list of restrictions restricts anything: one entry that is everybody's opens it."""
    if isinstance(listed, Unknown):
        return Verdict.of(Truth.UNKNOWN, f"its restrictions to {what} are not known: {listed.reason}")
    if not listed or any(isinstance(one, str) and is_open(one) for one in listed):
        return FALSE
    unknown = next((one for one in listed if isinstance(one, Unknown) and _may_be_anything(one)), None)
    return Verdict.of(Truth.UNKNOWN, f"one of its {what} is not known: {unknown.reason}") if unknown else TRUE


def _may_be_anything(text: Unknown) -> bool:
    """Whether nothing is known of a text: it is no attribute of a resource either, such as its address."""
    return not text.has_text and not any(
        isinstance(part, UnknownPart) and _OF_RESOURCE.match(part.reference) for part in text.parts
    )


def restricted_clients(wanted: tuple[Any, ...], key: ApiKey, _estate: Estate) -> Verdict:
    """Whether only some referrers, addresses or apps may use the key."""
    return _clients(key) if True in wanted else ~_clients(key)


def restricted_apis(wanted: tuple[Any, ...], key: ApiKey, _estate: Estate) -> Verdict:
    """Whether the key may call only some APIs."""
    return _apis(key) if True in wanted else ~_apis(key)


def open_to(key: ApiKey) -> str:
    """Return what an API key leaves open, in words."""
    parts = []
    if _clients(key).truth is Truth.FALSE:
        parts.append("from anywhere")
    if _apis(key).truth is Truth.FALSE:
        parts.append("for every API that its project enables")
    return " and ".join(parts)


API_KEY: Kind[ApiKey] = Kind(
    ApiKey,
    "api_key",
    words={
        "has_clients": restricted_clients,
        "has_apis": restricted_apis,
        "project": glob("project", lambda key: key.project),
    },
    shown={
        "key": lambda key: shown(key.name),
        "project": lambda key: shown(key.project),
        "open": open_to,
    },
    place=argument,
    described=lambda key: f"the API key {shown(key.name)} is declared here",
)
_SETTINGS = {
    "public_access_prevention": "public access is prevented here",
    "uniform_access": "uniform bucket-level access is set here",
    "no_invoker_check": "the check of the caller is switched off here",
}
ACCESS_SETTING: Kind[AccessSetting] = Kind(
    AccessSetting,
    "access_setting",
    words={
        "setting": kind("setting", lambda one: one.setting),
        "enabled": flag("whether the setting is on", lambda one: one.enabled),
        "resource_kind": glob("kind of resource", lambda one: one.resource.kind),
    },
    shown={"resource": lambda one: str(one.resource)},
    place=argument,
    resource=lambda one: one.resource,
    described=lambda one: _SETTINGS[one.setting],
)
