"""The formats of other CI systems: valid for their consumers, whatever the input contains."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import program
import pytest

from iamlint.finding import Accepted, Finding, UnknownAnswer
from iamlint.location import COMMAND_LINE, Location, Unreadable
from iamlint.reporters import FORMATS, render
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.report import Bar, InForce, Report, Setting

Build = Callable[..., Report]
Find = Callable[..., Finding]

SCHEMAS = Path(__file__).with_name("schemas")
README = Path(__file__).parents[2] / "testdata" / "readme" / "main.tf"
HOSTILE = (
    "<![CDATA[ ]]> <script>&amp;</script>", "\"'><failure message='x'/>", "a\x00b\x1b[31m\x07", "\ud800 \ufffe\uffff",
    "\r\n##vso[task.setvariable variable=PATH]/tmp", "a;b]c%0Ad%AZP25", "\u202eabc\u2066", "x" * 5000,
    "{{7*7}}${{ x }}", "main.tf:1:1: high fake", "::error::x", "%25%0D",
)  # fmt: skip


def hostile(build: Build, find: Find) -> Report:
    findings = [
        find(message=text, address=text, principal=text, role=text, at=Location(text, 3), related=[("role", text)])
        for text in HOSTILE
    ]
    unknown_answers = tuple(UnknownAnswer(text, Location(text, 2), "blanket-token", text, "high") for text in HOSTILE)
    errors = (*(Unreadable(Location(text), text, text) for text in HOSTILE), Unreadable(Location(COMMAND_LINE), "no"))
    accepted = tuple(Accepted(one, text, Location(text), True) for one, text in zip(findings, HOSTILE, strict=True))
    configuration = InForce(HOSTILE[1], (Setting("ignore", HOSTILE[4]),))
    return build(
        findings, unknown_answers=unknown_answers, errors=errors, accepted=accepted, configuration=configuration
    )


def of(form: str, report: Report, bar: Bar | None = None) -> str:
    text = render(form, report, Presentation(bar=bar or Bar()))
    text.encode("utf-8")  # nothing is left that UTF-8 has not
    return text


# -- valid for the consumer --------------------------------------------------------------------------------------------


def valid_json(form: str, text: str) -> Any:
    document = json.loads(text)
    schema = json.loads((SCHEMAS / f"{form}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    return document


def valid_gitlab(text: str) -> list[dict[str, Any]]:
    issues: list[dict[str, Any]] = valid_json("gitlab", text)
    names = [issue["fingerprint"] for issue in issues]
    assert len(set(names)) == len(names), "GitLab shows one issue of each fingerprint"
    return issues


def valid_sonarqube(text: str) -> dict[str, Any]:
    document: dict[str, Any] = valid_json("sonarqube", text)
    names = [rule["id"] for rule in document["rules"]]
    assert len(set(names)) == len(names)
    assert {issue["ruleId"] for issue in document["issues"]} == set(names)
    return document


def valid_junit(text: str) -> ET.Element:
    import xmlschema  # half a second, which only one worker needs

    xmlschema.XMLSchema(SCHEMAS / "junit.xsd").validate(text)
    root = ET.fromstring(text)
    (suite,) = root
    for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(name, "")) == len(suite.findall(f"testcase/{kind}"))
    cases = suite.findall("testcase")
    assert int(suite.get("tests", "")) == len(cases)
    assert len({(case.get("classname"), case.get("name")) for case in cases}) == len(cases)
    return suite


def azure_issues(text: str) -> list[tuple[dict[str, str], str]]:
    """Read the commands as the agent does: anywhere in a line, properties apart from each other by semicolons.

    Source: Command.TryParse in https://github.com/microsoft/azure-pipelines-agent
    """
    found = []
    for line in text.splitlines():
        starts = [match.start() for match in re.finditer(r"##vso\[|##\[", line)]
        assert starts in ([], [0]), line
        if not starts:
            continue
        head, _, message = line.removeprefix("##vso[").partition("]")
        name, _, rest = head.partition(" ")
        assert name == "task.logissue"
        properties = dict(part.split("=", 1) for part in rest.split(";") if part)
        found.append(({key: unescaped(value) for key, value in properties.items()}, unescaped(message)))
    return found


def unescaped(text: str) -> str:
    for escape, character in (("%3B", ";"), ("%5D", "]"), ("%0D", "\r"), ("%0A", "\n"), ("%AZP25", "%")):
        text = text.replace(escape, character)
    return text


def valid_azure(text: str) -> list[tuple[dict[str, str], str]]:
    issues = azure_issues(text)
    for properties, message in issues:
        assert properties.keys() <= {"type", "sourcepath", "linenumber", "columnnumber", "code"}
        assert properties["type"] in ("error", "warning")
        assert message
        assert "\n" not in message
    return issues


LINE = re.compile(
    r"(?P<path>.+?):(?P<line>\d+):(?P<column>\d+): (?P<severity>\w+) (?P<rule>[a-z0-9-]+) (?P<message>.+)"
)


def valid_concise(text: str) -> list[re.Match[str]]:
    lines = [line for line in text.splitlines() if not line.startswith(COMMAND_LINE)]
    found = [match for match in map(LINE.fullmatch, lines) if match]
    assert len(found) == len(lines)
    return found


VALID: dict[str, Callable[[str], Any]] = {
    "gitlab": valid_gitlab,
    "sonarqube": valid_sonarqube,
    "junit": valid_junit,
    "azure": valid_azure,
    "concise": valid_concise,
}


@pytest.mark.parametrize("form", VALID)
def test_a_report_is_valid(form: str, build: Build, find: Find) -> None:
    VALID[form](of(form, build([find(), find(), find(severity="low", related=[("role", "it is here")])])))


@pytest.mark.parametrize("form", VALID)
def test_an_empty_report_is_valid(form: str, build: Build) -> None:
    VALID[form](of(form, build([])))


@pytest.mark.parametrize("form", VALID)
def test_hostile_texts_stay_texts(form: str, build: Build, find: Find) -> None:
    report = hostile(build, find)
    text = of(form, report, Bar(unknown=True))
    found = VALID[form](text)
    if form in ("gitlab", "azure"):
        assert len(found) == len(report.findings) + len(report.unknown_answers) + len(report.errors) + 2 * (
            form == "gitlab"
        )
    assert "\x1b" not in text
    assert "\u202e" not in text


# -- what they say -----------------------------------------------------------------------------------------------------


def test_a_line_is_what_editors_and_grep_read(build: Build, find: Find) -> None:
    assert of("concise", build([find()], errors=(Unreadable(Location("b.tf", 2, 5), "no", "do that"),))) == (
        "b.tf:2:5: error unreadable-input no (do that)\n"
        "main.tf:3:13: high blanket-token user:ana@example.com can impersonate every service account in project shop."
        " [google_project_iam_member.ci]\n"
    )


def test_gitlab_has_our_severity_and_rule_in_the_text(build: Build, find: Find) -> None:
    (issue,) = valid_gitlab(of("gitlab", build([find()])))
    assert issue["description"].startswith("blanket-token (high): user:ana@example.com can")
    assert (issue["check_name"], issue["severity"]) == ("blanket-token", "critical")
    assert issue["location"] == {"path": "main.tf", "lines": {"begin": 3}}
    (names,) = build([find()]).fingerprints
    assert issue["fingerprint"] == names.v2


def test_azure_has_errors_and_warnings_the_worst_first(build: Build, find: Find) -> None:
    severities = ("info", "low", "medium", "high", "critical")
    report = build([find(severity=one, principal=one) for one in severities], errors=(Unreadable(Location("z"), "x"),))
    issues = valid_azure(of("azure", report))
    assert [properties["type"] for properties, _ in issues] == ["error"] * 3 + ["warning"] * 3
    assert [message.split()[0] for _, message in issues] == ["error", "critical", "high", "medium", "low", "info"]
    assert issues[1][0] == {
        "type": "error", "sourcepath": "main.tf", "linenumber": "3", "columnnumber": "13", "code": "blanket-token",
    }  # fmt: skip


def test_azure_reads_back_what_was_written(build: Build, find: Find) -> None:
    text = "100% [a]; b%0Ac %AZP25 %3B"
    ((properties, message),) = valid_azure(
        of("azure", build([find(message=text, address=None, at=Location("a;b]%", 1))]))
    )
    assert properties["sourcepath"] == "a;b]%"
    assert message == f"high [blanket-token] {text}"


def test_a_test_fails_if_the_run_does(build: Build, find: Find) -> None:
    accepted = (Accepted(find(principal="user:x@example.com"), "the pipeline", Location("main.tf", 2)),)
    report = build([find(), find(severity="low", principal="user:b@example.com")], accepted=accepted)
    suite = valid_junit(of("junit", report, Bar("medium")))
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["3", "1", "0", "2"]
    (failure,) = suite.findall("testcase/failure")
    assert failure.get("message", "").startswith("high: user:ana@example.com can")
    assert "the pipeline" in suite.findall("testcase/skipped")[1].get("message", "")


def test_a_rule_without_findings_is_a_passed_test(build: Build) -> None:
    (case,) = valid_junit(of("junit", build([])))
    assert (case.get("classname"), list(case)) == ("iamlint.screen.blanket-token", [])
    errors = (Unreadable(Location("main.tf"), "no"),)
    assert len(valid_junit(of("junit", build([], errors=errors)))) == 1, "nothing passes if a file is not read"


def test_a_severity_that_is_not_the_rules_own_has_a_rule_in_sonarqube(build: Build, find: Find) -> None:
    report = build([find(), find(severity="low", principal="user:b@example.com")])
    document = valid_sonarqube(of("sonarqube", report))
    impacts = {rule["id"]: rule["impacts"][0]["severity"] for rule in document["rules"]}
    assert impacts == {"blanket-token": "HIGH", "blanket-token.low": "LOW"}


@pytest.mark.parametrize(
    ("text", "at", "span"),
    [
        (
            "a\n  bcd\n",
            Location("main.tf", 2, 3, 2, 6),
            {"startLine": 2, "endLine": 2, "startColumn": 2, "endColumn": 5},
        ),
        ("🙂 b", Location("main.tf", 1, 3, 1, 4), {"startLine": 1, "endLine": 1, "startColumn": 3, "endColumn": 4}),
        ("ab\ncd", Location("main.tf", 1, 2, 2, 3), {"startLine": 1, "endLine": 2, "startColumn": 1, "endColumn": 2}),
        ("ab", Location("main.tf", 1, 2, 1, 2), {"startLine": 1}),
        ("ab", Location("main.tf", 1, 2, 1, 9), {"startLine": 1}),
        ("ab", Location("other.tf", 7, 2, 7, 9), {"startLine": 7}),
    ],
    ids=["plain", "beyond the basic plane", "two lines", "empty", "beyond the line", "text not known"],
)
def test_no_column_is_beyond_its_line(text: str, at: Location, span: dict[str, int], build: Build, find: Find) -> None:
    (issue,) = valid_sonarqube(of("sonarqube", build([find(at=at)], {"main.tf": text})))["issues"]
    assert issue["primaryLocation"]["textRange"] == span


# -- from every directory ----------------------------------------------------------------------------------------------


def test_a_forge_gets_the_same_bytes_from_every_directory(tmp_path: Path) -> None:
    forms = sorted(set(FORMATS) - {"text", "concise", "json"})
    top = tmp_path / "repository"
    files = {
        "b/main.tf": README.read_text(encoding="utf-8"),
        "a/main.tf": README.read_text(encoding="utf-8").replace("shop", "till"),
        "a/sub/x.json": '{"a": ',
        "a/other.tfvars": 'w = "user:ana@example.com"\n',
        ".iamlint.yaml": "paths:\n  a/*: {fail-on: never}\n  main.tf: {fail-on: never}\n",
        "main.tf": 'module "m" {\n  source = "./b"\n}\nvariable "w" {}\nresource "google_project_iam_member" "v" '
        '{\n  project = "x"\n  role = "roles/owner"\n  member = var.w\n}\n',
    }
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (top / ".git").mkdir()
    outputs: dict[str, set[str]] = {form: set() for form in forms}
    for directory in (top, top / "a", top / "b", tmp_path, top):
        options = ("--config", str(top / ".iamlint.yaml"), "--fail-on-unknown")
        paths = (str(top / "a"), str(top), str(top / "a" / "sub" / "x.json"))
        done, reports = program.run_forms("check", *options, *paths, forms=forms, cwd=directory, into=tmp_path)
        assert done.returncode == 2, done.stderr
        for form in forms:
            assert "b/main.tf" in reports[form], form
            outputs[form].add(reports[form])
    for form, found in outputs.items():
        assert len(found) == 1, form
        assert str(tmp_path) not in "".join(found), form
    assert '"uri": "a/other.tfvars"' in "".join(outputs["sarif"])
    (junit,) = outputs["junit"]
    failing = set(re.findall(r"<failure [^>]*>(\S+\.tf):", junit))
    assert failing == {"b/main.tf"}, "the configuration lets the others pass, also those that are unknown"
