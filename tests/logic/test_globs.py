"""Globs over texts, whole or partly known."""

from __future__ import annotations

import time

import pytest

from iamlint.logic.globs import text_is
from iamlint.unknown import Truth, Unknown, UnknownPart

TRUE, FALSE, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def partly(*parts: str | UnknownPart) -> Unknown:
    return Unknown("var.x has no default", parts)


@pytest.mark.parametrize(
    ("glob", "text", "truth"),
    [
        ("roles/owner", "roles/owner", TRUE),
        ("roles/owner", "roles/owners", FALSE),
        ("roles/*", "roles/owner", TRUE),
        ("*.setIamPolicy", "iam.serviceAccounts.setIamPolicy", TRUE),
        ("user:?na@*", "user:ana@example.com", TRUE),
        ("user:?na@*", "user:nna@example.com", TRUE),
        ("user:?na@*", "user:na@example.com", FALSE),
        ("a[b]*", "a[b]c", TRUE),
        ("a[b]*", "abc", FALSE),
        ("", "", TRUE),
        ("*", "", TRUE),
    ],
)
def test_known_texts(glob: str, text: str, truth: Truth) -> None:
    assert text_is((glob,), text) is truth


HOLE = UnknownPart("var.x")


@pytest.mark.parametrize(
    ("glob", "text", "truth"),
    [
        ("user:*", partly("user:", HOLE), TRUE),
        ("group:*", partly("user:", HOLE), FALSE),
        ("user:*@gmail.com", partly("user:", HOLE), UNKNOWN),
        ("user:*@gmail.com", partly("user:", HOLE, "@example.com"), FALSE),
        ("user:*@example.com", partly("user:", HOLE, "@example.com"), TRUE),
        ("roles/owner", partly(HOLE), UNKNOWN),
        ("*", partly(HOLE), TRUE),
        ("roles/owner", Unknown("nothing is known"), UNKNOWN),
        ("roles/owner", partly("roles/ow", HOLE), UNKNOWN),
        ("roles/owner", partly("roles/x", HOLE), FALSE),
        ("a?c", partly("a", HOLE, "c"), UNKNOWN),
        ("serviceAccount:*@x.com", "serviceAccount:${google_service_account.a.email}", UNKNOWN),
        ("user:*", "serviceAccount:${google_service_account.a.email}", FALSE),
    ],
)
def test_partly_known_texts(glob: str, text: str | Unknown, truth: Truth) -> None:
    assert text_is((glob,), text) is truth


def test_one_of_several_is_enough() -> None:
    assert text_is(("a", "b*"), "bc") is TRUE
    assert text_is(("a", "b"), partly("b", HOLE)) is UNKNOWN
    assert text_is((), "a") is FALSE


def test_many_stars_do_not_take_long() -> None:
    started = time.process_time()
    assert text_is(("*a" * 200 + "b",), "a" * 3000) is FALSE
    assert text_is(("*a" * 10 + "b",), partly("a" * 2000, HOLE, "c")) is FALSE
    assert text_is(("*a" * 100 + "b",), partly("a" * 2000, HOLE, "c")) is UNKNOWN  # beyond the bound
    assert time.process_time() - started < 5
