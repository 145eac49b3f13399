"""What restricts an API key: clients and APIs that are not everybody's."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from iamlint.estate import Estate
from iamlint.facts import ApiKey, Declaration, Place
from iamlint.location import Location
from iamlint.patterns.fact_schema import kind_of
from iamlint.roles import catalog
from iamlint.unknown import Truth, Unknown, UnknownPart

HERE = Declaration(Location("main.tf", 3))
WHY = Unknown("var.x has no default")


def answer(word: str, listed: object) -> Truth:
    parts: dict[str, Any] = {"clients": listed} if word == "has_clients" else {"apis": listed}
    key = ApiKey("maps", "shop", HERE, Place(HERE.at), **parts)
    estate = Estate([key], catalog(), date(2026, 1, 1))
    return kind_of(key).words[word]((True,), key, estate).truth


@pytest.mark.parametrize(
    "client",
    [
        "*",
        "*/*",
        "https://*",
        "https://*/*",
        "http://*/",
        "*://*/*",
        "*.com",
        "https://*.com/*",
        "0.0.0.0",
        "0.0.0.0/0",
        "::",
        "::0",
        "::/0",
    ],
)
def test_clients_that_are_anybody(client: str) -> None:
    assert answer("has_clients", (client,)) is Truth.FALSE
    assert answer("has_clients", ("https://example.com/*", client)) is Truth.FALSE


@pytest.mark.parametrize(
    "client",
    [
        "https://example.com/*",
        "*.example.com/*",
        "https://*.example.com",
        "203.0.113.0/24",
        "10.0.0.0",
        "2001:db8::/32",
        "com.example.shop",
        "localhost:3000/*",
    ],
)
def test_clients_that_are_some(client: str) -> None:
    assert answer("has_clients", (client,)) is Truth.TRUE


@pytest.mark.parametrize(
    ("listed", "truth"),
    [
        ((), Truth.FALSE),
        (("cloudapis.googleapis.com",), Truth.FALSE),
        (("maps.googleapis.com", "cloudapis.googleapis.com"), Truth.FALSE),
        (("maps.googleapis.com",), Truth.TRUE),
        (WHY, Truth.UNKNOWN),
        ((WHY,), Truth.UNKNOWN),
        ((Unknown(WHY.reason, (UnknownPart("var.x"), ".googleapis.com")),), Truth.TRUE),
        ((Unknown(WHY.reason, (UnknownPart("var.x"),)),), Truth.UNKNOWN),
        ((Unknown(WHY.reason, (UnknownPart("module.a.google_compute_address.x.address"),)),), Truth.TRUE),
    ],
)
def test_apis(listed: object, truth: Truth) -> None:
    assert answer("has_apis", listed) is truth
