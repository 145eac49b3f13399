"""Messages: a sentence filled in with the words of a match."""

from __future__ import annotations

import pytest

from iamlint.facts import CustomRole, Declaration, Grant, Place, Principal, Resource
from iamlint.location import Location
from iamlint.patterns.match import Match
from iamlint.rules.message import LONGEST, brief, filled, sentence, words_of
from iamlint.unknown import Truth, Unknown, UnknownPart

HERE, PLACE = Declaration(Location("main.tf")), Place(Location("main.tf"))


@pytest.mark.parametrize(
    ("message", "words", "expected"),
    [
        ("{who} owns {what}.", {"who": "ana", "what": "shop"}, "ana owns shop."),
        ("{who} owns {what}.", {"who": "{what}", "what": "shop"}, "{what} owns shop."),
        ("{who} owns {what}.", {"who": "a\nb\t c", "what": ""}, "a b c owns ."),
        ("{nobody} owns.", {}, "{nobody} owns."),
        ("{}{ }", {}, "{}{ }"),
        ("{who} owns.", {"who": "ci@${?}.example.com"}, "ci@(not known).example.com owns."),
        ("{who} owns.", {"who": "${var.who}"}, "${var.who} owns."),
        ("{who}" * 30, {"who": "x" * 1000}, "x" * LONGEST + "..."),
    ],
)
def test_filled(message: str, words: dict[str, str], expected: str) -> None:
    assert filled(message, words) == expected


def test_a_sentence_is_kept_in_parts_if_they_are_smaller() -> None:
    words = {"who": "user:ana.of.the.whole.shop@example.com"}
    parts = ("{who} owns it.", words, filled("{who} owns it.", words))
    assert sentence(*parts, {}) is None
    assert sentence(*parts, {"who": "a value that is kept"}) == (("", " owns it."), "a value that is kept")


def test_the_words_of_a_grant() -> None:
    role = Unknown("var.x has no default", ("roles/", UnknownPart("var.x")))
    grant = Grant(Principal("user:a@b", "user"), role, Resource("project", "shop"), "member", HERE, PLACE, PLACE, PLACE)
    words = words_of(Match(grant, Truth.TRUE, ("a.b.c", "d.e.f", "g.h.i"), words={"resource": "another", "more": "x"}))
    assert words == {
        "permission": "a.b.c and 2 more",
        "permissions": "a.b.c, d.e.f, g.h.i",
        "principal": "user:a@b",
        "role": "roles/${var.x}",
        "resource": "another",
        "placeholder": "",
        "default_users": "everything that runs without an account of its own",
        "because": "",
        "more": "x",
    }


def test_a_role_with_thousands_of_permissions_is_named_by_some() -> None:
    named = tuple(f"a.b{number}.get" for number in range(10_000))
    words = words_of(Match(CustomRole("projects/shop/roles/r", None, HERE), Truth.TRUE, named))
    assert words["permissions"] == ", ".join(named[:200]) + " and 9800 more"


def test_without_permissions() -> None:
    words = words_of(Match(CustomRole("projects/shop/roles/r", None, HERE), Truth.TRUE))
    assert (words["permission"], words["permissions"], words["role"]) == ("", "", "projects/shop/roles/r")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("project ${?} is open", "project (not known) is open"),
        ("a/${?}-proxy", "a/(not known)-proxy"),
        ("user:ana@example.com", "user:ana@example.com"),
        ("${google_service_account.ci.email}", "${google_service_account.ci.email}"),
        (
            '${module.a["x y"].module.of_the_whole_organization_and_more.google_service_account.ci.email}',
            '${module.a["x y"]...google_service_account.ci.email}',
        ),
        (
            "${module.a_of_the_shop.module.b_of_the_shop.module.c_of_the_shop.google_service_account.ci.email}",
            "${module.a_of_the_shop...module.c_of_the_shop.google_service_account.ci.email}",
        ),
        (
            "${module.a_module_with_a_name_that_is_as_long_as_this_one_is.google_service_account.ci_of_the_shop.email}",
            "${...google_service_account.ci_of_the_shop.email}",
        ),
        (
            "${module.ci_account.google_service_account.of_the_whole_pipeline.email}",
            "${module.ci_account.google_service_account.of_the_whole_pipeline.email}",
        ),
        (
            "${module.a.data.google_compute_default_service_account.of_the_seed_project_of_the_shop.project_number}",
            "${...of_the_seed_project_of_the_shop.project_number}",
        ),
    ],
)
def test_unknown_parts_are_short_and_have_names(text: str, shown: str) -> None:
    assert brief(text) == shown


def test_a_generated_name_of_any_length_is_short() -> None:
    assert len(brief("projects/${var.a}/" + "very-long-" * 60)) < 200
