"""Whatever a line of an export looks like: skipping it, or reading it the short way, changes no fact and no error."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from many import some

from iamlint.facts import Grant
from iamlint.principals import read_principal
from iamlint.roles import catalog
from iamlint.rules.catalog import load_rules, select_rules
from iamlint.rules.interest import export_filter
from iamlint.sources import read
from iamlint.sources.gcloud import skip_filter, stream
from iamlint.sources.gcloud.resources.policies import principal
from iamlint.sources.reading import ExportFilter, Options, Reading

ROLES = ["roles/viewer", "roles/browser", "roles/owner", "roles/compute.serviceAgent", "roles/new", "roles/ViEwer", ""]
MEMBERS = [
    *("user:ana@example.com", "group:team@example.com", "user:ana@gmail.com", "user:ana@b@example.com", "user:Ana"),
    *("serviceAccount:ci@shop.iam.gserviceaccount.com", "serviceAccount:shop.svc.id.goog[a/b]", "allUsers", "AllUsers"),
    "serviceAccount:service-123456789012@compute-system.iam.gserviceaccount.com",
    "serviceAccount:service-1234@shop.iam.gserviceaccount.com",
    "serviceAccount:service-shop@compute-system.iam.gserviceaccount.com",
    *("deleted:user:ana@example.com?uid=1", "domain:example.com", "user:REPLACE_ME@example.com", "", "größe"),
]
NAMES = ["//storage.googleapis.com/logs", "//cloudresourcemanager.googleapis.com/projects/shop", "shop", '//x.y/"a":b']
KINDS = ["storage.googleapis.com/Bucket", "cloudresourcemanager.googleapis.com/Folder", "x"]
SPACES = ["", "", "", " ", "\t", "  ", "\r", "\n", "\u00a0", "\x0b"]


@cache
def relevant() -> ExportFilter:
    found = export_filter(select_rules(load_rules()[0])[0], catalog())
    assert found is not None
    return found


def values() -> st.SearchStrategy[Any]:
    return st.sampled_from([None, 7, True, "", "a", [], {}, ["a"], [["a"], []], {"role": "roles/owner"}, 1e400])


@st.composite
def bindings(draw: st.DrawFn) -> Any:
    found: dict[str, Any] = {
        "role": draw(st.sampled_from(ROLES)),
        "members": draw(st.lists(st.sampled_from(MEMBERS), max_size=4)),
    }
    if draw(st.integers(0, 9)) == 0:
        found[draw(st.sampled_from(["condition", "role", "members", "x"]))] = draw(values())
    return found


@st.composite
def assets(draw: st.DrawFn) -> Any:
    found: dict[str, Any] = {
        "name": draw(st.sampled_from(NAMES)),
        draw(st.sampled_from(["asset_type", "assetType"])): draw(st.sampled_from(KINDS)),
        draw(st.sampled_from(["iam_policy", "iam_policy", "iamPolicy"])): {
            "etag": "a",
            "bindings": draw(st.lists(bindings(), max_size=3)),
        },
        "ancestors": ["projects/123456789012", "organizations/7"],
        "update_time": "2026-08-01T10:00:00Z",
    }
    if draw(st.integers(0, 9)) == 0:
        found[draw(st.sampled_from([*found, "resource", "org_policy", "x"]))] = draw(values())
    return dict(draw(st.permutations(list(found.items()))))


def written(draw: st.DrawFn, value: Any) -> str:
    """Return a value as JSON: with any whitespace, escapes of letters in any text, and keys that come twice."""
    odd = draw(st.integers(0, 3)) == 0

    def space() -> str:
        return draw(st.sampled_from(SPACES)) if odd else ""

    def text(of: str) -> str:
        at = draw(st.integers(0, max(0, len(of) - 1))) if odd and of else -1
        escaped = (f"\\u{ord(letter):04x}" if at == number else letter for number, letter in enumerate(of))
        quoted = json.dumps(of, ensure_ascii=False)[1:-1]
        return f'"{"".join(escaped) if at >= 0 and quoted == of else quoted}"'

    def any_of(one: Any) -> str:
        match one:
            case str():
                return text(one)
            case list():
                return f"[{space()}{f'{space()},{space()}'.join(map(any_of, one))}{space()}]"
            case dict():
                pairs = [f"{text(key)}{space()}:{space()}{any_of(item)}" for key, item in one.items()]
                if odd and pairs and draw(st.booleans()):
                    pairs.insert(draw(st.integers(0, len(pairs))), draw(st.sampled_from(pairs)))
                return f"{{{space()}{f'{space()},{space()}'.join(pairs)}{space()}}}"
            case _:
                return json.dumps(one)

    return any_of(value)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    found = written(draw, draw(assets())).encode()
    match draw(st.integers(0, 24)):
        case 0:
            return found[: draw(st.integers(0, len(found)))]
        case 1:
            return found + found
        case 2:
            return b"\xef\xbb\xbf" + found
        case 3:
            return found.replace(b"a", draw(st.sampled_from([b"\xff", b"\x00", b"\xc3"])), 1)
        case 4:
            return found.decode().encode("utf-16")
        case 5:
            return found + draw(st.sampled_from([b" ", b"\r", b",", b"\x00", b"]", b"  \t\r"]))
        case _:
            return found


def plain(member: str) -> bytes:
    """Return a line that no rule needs; similar ones are learned."""
    binding = {"role": "roles/viewer", "members": [member]}
    found = {
        "name": NAMES[0],
        "asset_type": KINDS[0],
        "iam_policy": {"etag": "a", "bindings": [binding, {**binding, "role": "roles/browser"}]},
        "ancestors": ["projects/123456789012", "organizations/7"],
        "update_time": "2026-08-01T10:00:00Z",
    }
    return json.dumps(found, separators=(",", ":")).encode()


LEARNED = [plain(f"{kind}@{end}") for kind, end in (("user:a", "example.com"), ("group:b", "example.com"))] + [
    plain("serviceAccount:a@shop.iam.gserviceaccount.com")
]


@contextmanager
def small() -> Iterator[None]:
    """Every file counts as large, two lines are enough to learn from, some are read at once, each error is listed."""
    with (
        mock.patch.object(stream, "SMALL", 0),
        mock.patch.object(stream, "MOST_ERRORS", 1_000_000),
        mock.patch.object(skip_filter, "_LEARNED_AT_ONCE", 2),
        mock.patch.object(stream, "_AT_ONCE", 600),
    ):
        yield


def reading_of(path: Path, *without: tuple[Any, str, Callable[..., Any]]) -> Reading:
    with small(), contextmanager(lambda: _patched(without))():
        return read([path], Options(relevant=relevant()))


def _patched(without: tuple[tuple[Any, str, Callable[..., Any]], ...]) -> Iterator[None]:
    patches = [mock.patch.object(where, name, instead) for where, name, instead in without]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


@settings(
    max_examples=some(6, 100),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to make a file smaller takes minutes
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(lines(), min_size=1, max_size=6), st.sampled_from([b"\n", b"\r\n"]), st.booleans())
def test_no_line_is_skipped_that_says_anything(odd: list[bytes], end: bytes, last: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.ndjson"
        path.write_bytes(end.join([*LEARNED, *LEARNED, *odd, LEARNED[0], *odd]) + (end if last else b""))
        quick = reading_of(path)
        parsed = reading_of(path, (skip_filter.SkipFilter, "learn", lambda *_: None))
        whole = reading_of(
            path,
            (skip_filter.SkipFilter, "learn", lambda *_: None),
            (stream.PlainReader, "facts", lambda *_: None),
            (stream, "_is_resource_alone", lambda *_: False),
        )
    assert (quick.facts, quick.errors) == (parsed.facts, parsed.errors)
    assert [_without_places(one) for one in quick.facts] == [_without_places(one) for one in whole.facts]
    assert _errors(quick) == _errors(whole)


def _errors(reading: Reading) -> list[tuple[int, str]]:
    """Return the errors by line, without those about names: a name is not looked at if nothing is kept of its line."""
    return [(error.at.line, error.reason) for error in reading.errors if "$.name" not in error.reason]


def _without_places(fact: Any) -> object:
    """Return a fact without columns: a member that a binding has twice is at its first place the short way."""
    if isinstance(fact, Grant):
        return fact.principal, fact.role, fact.resource, fact.condition, fact.declared.at.line
    return type(fact), fact.declared.at.line


def test_the_lines_are_learned() -> None:
    """Without this the property above would hold for a filter that skips nothing."""
    seen: list[int] = []
    facts = stream._facts

    def counted(line: bytes, number: int, *rest: Any) -> Any:
        seen.append(number)
        return facts(line, number, *rest)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.ndjson"
        path.write_bytes(b"".join(line + b"\n" for line in [*LEARNED, *LEARNED, *LEARNED]))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stream, "_facts", counted)
            reading_of(path)
    assert seen[-1] < 9


@settings(max_examples=some(100, 1_000), deadline=None)
@given(
    st.sampled_from(
        ["user:", "group:", "serviceAccount:", "deleted:serviceAccount:", "principal://iam.googleapis.com/", ""]
    ),
    st.lists(st.sampled_from(["service-", "a", "A", "1", "12", "907", "-", "-compute", "org-", "@", "@x-", "$", "{"])),
    st.sampled_from(
        [
            *("", "@example.com", "@cloudservices.gserviceaccount.com", "@developer.gserviceaccount.com"),
            *(
                "-compute@developer.gserviceaccount.com",
                "@gcp-sa-pubsub.iam.gserviceaccount.com",
                "@x.svc.id.goog[a1/b2]",
            ),
            *(
                "@shop-1.iam.gserviceaccount.com",
                "@appspot.gserviceaccount.com",
                "@cloud-ml.google.com.iam.gserviceaccount.com",
            ),
        ]
    ),
)
def test_members_that_differ_in_their_digits_are_alike(prefix: str, name: list[str], end: str) -> None:
    member = prefix + "".join(name) + end
    assert principal(member) == read_principal(member, member)
