"""Findings that are made of what alike ones have in common are the same as those that are made one by one."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from iamlint.budget import Budget
from iamlint.estate import Estate, principal_node
from iamlint.facts import Grant
from iamlint.finding import MOST_ENDS, Finding
from iamlint.graph.edges import _LOOKED_AT, graph_of
from iamlint.graph.held_grants import packed
from iamlint.graph.workload_privileges import PEOPLE
from iamlint.linter import lint, rule_matches
from iamlint.linter.findings import Maker
from iamlint.location import Location
from iamlint.paths.closure import reached_values
from iamlint.paths.onward import _Reached, onward_of
from iamlint.patterns.evaluation import judge
from iamlint.patterns.fact_schema import KINDS
from iamlint.patterns.match import grant_verdicts
from iamlint.reporters.json_report import _Findings, _Shared, json_report
from iamlint.reporters.parts.indented import Written, indented
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.fingerprint import fingerprints
from iamlint.roles import catalog
from iamlint.rules.catalog import load_rules
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.unknown import Truth

NAMES = [
    *(
        "ci",
        "ci",
        "what?",
        "50%s",
        "${var.name}",
        "a b",
        "a  b",
        " c",
        "q\\u0000",
        "\\u00e9",
        'q\\"',
        "tab\\t",
        "a\\u001fb",
    ),
    *("back\\\\slash", "\\u2028", "?.", "."),
]
"""Parts of principals' names, as JSON writes them."""


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "100%s.json"
    lines = [line(f"shop-{number}" if number % 3 else "shop?", name) for number, name in enumerate(NAMES)]
    path.write_text("\n".join([*lines, lines[0], line("shop\\u00a0", "ci"), line("folders/7", "ci")]))
    return path


def line(project: str, name: str) -> str:
    members = [f"user:{name}@example.com", f"serviceAccount:{name}@{project}.iam.gserviceaccount.com", "allUsers"]
    members += ["serviceAccount:12345-compute@developer.gserviceaccount.com", f"group:{name}"]
    listed = ",".join(f'"{one}"' for one in members)
    roles = ("roles/owner", "roles/editor", "roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountUser")
    bindings = ",".join(f'{{"role":"{role}","members":[{listed}]}}' for role in roles)
    weak = ",".join(f'"serviceAccount:weak-{number}@{project}.iam.gserviceaccount.com"' for number in range(2))
    bindings += f',{{"role":"roles/iam.serviceAccountTokenCreator","members":[{weak}]}}'
    idle = ",".join(f'"serviceAccount:idle-{number}@{project}.iam.gserviceaccount.com"' for number in range(2))
    bindings += f',{{"role":"roles/iam.serviceAccountUser","members":[{idle}]}}'
    home = project if "/" in project else f"projects/{project}"
    kind = "cloudresourcemanager.googleapis.com/Project"
    return (
        f'{{"name":"//cloudresourcemanager.googleapis.com/{home}","asset_type":"{kind}",'
        f'"iam_policy":{{"bindings":[{bindings}]}},"ancestors":["projects/1","organizations/7"]}}'
    )


def test_findings_of_alike_grants_are_those_of_each_grant(export: Path) -> None:
    reading, rules = read([export], Options()), load_rules()[0]
    estate = Estate(reading.facts, catalog(), date(2026, 1, 1))
    folded, alone = Maker(estate, reading.texts), Maker(estate, reading.texts)
    pairs = [
        (folded.finding(rule, one), alone._whole(rule, one)) for rule in rules for one in rule_matches(rule, estate)
    ]
    assert len(pairs) > 100
    for one, other in pairs:
        assert _values(one) == _values(other)
    assert 1 < len([form for _, form in folded._forms.values() if form]) < len(pairs) / 2


def _values(finding: Finding) -> list[object]:
    return [getattr(finding, name) for name in Finding.__match_args__]


def test_their_text_in_a_report_is_that_of_each_finding(export: Path) -> None:
    report = lint(read([export], Options()), load_rules()[0])
    writer = _Findings(report.texts, _Shared())
    kinds = set()
    for one, names in zip(report.findings, report.fingerprints, strict=True):
        found = writer.written(one, names)
        kinds.add(type(found))
        assert indented(found, "    ") == indented(writer._plain(one, names), "    ")
    assert Written in kinds
    assert len(writer._forms) < len(report.findings) / 2
    assert len(json.loads("".join(json_report(report, Presentation())))["findings"]) == len(report.findings)


def test_equal_fingerprints_get_numbers_however_many_others_there_are() -> None:
    findings = [
        Finding("a", "b", "high", "high", "", Location("a.json"), principal=f"{number % 400}")
        for number in range(1_000)
    ]
    found = list(fingerprints(findings))
    assert [one.v2.partition("-")[2] for one in found] == [""] * 400 + ["2"] * 400 + ["3"] * 200
    assert {one.own.name for one in found[:400]} == {one.own.name for one in found}


def test_what_a_kind_of_principals_decides_is_what_each_principal_decides(export: Path) -> None:
    estate = Estate(read([export], Options()).facts, catalog(), date(2026, 1, 1))
    words, truths = KINDS["grant"].words, set()
    patterns = [rule.when["grant"] for rule in load_rules()[0] if rule.when and "grant" in rule.when]
    patterns += [
        {"principal": one} for one in ("user:*", "*", "serviceAccount:*@shop-1.*", ["group:ci", "allUsers"], "u*")
    ]
    patterns += [{"unless": [{"principal": one} for one in ("user:*", "group:?i", "serviceAccount:*")]}]
    for pattern in patterns:
        found = {id(grant): verdict.truth for grant, verdict in grant_verdicts(pattern, estate)}
        for grant in estate.of(Grant):
            alone = judge(pattern, grant, estate, words).truth
            assert found.get(id(grant), Truth.FALSE) is alone, (pattern, grant)
            truths.add(alone)
    assert truths == set(Truth)


def test_an_account_of_a_project_gets_the_answer_of_those_with_the_same_access(export: Path) -> None:
    estate = Estate(read([export], Options()).facts, catalog(), date(2026, 1, 1))
    graph, among = graph_of(estate), set[bool]()
    sources = dict.fromkeys(principal_node(grant) or "" for grant in estate.of(Grant))
    for node, below in graph._privileged_below.items():
        accounts = (below,) if isinstance(below, str) else below
        others = [source for source in sources if source not in accounts]  # they all get one answer
        for source in (*(one for one in accounts if one in sources), *others[::10]):
            found = graph.privileged_below(node, source)
            assert found == graph._first_beyond(accounts[:_LOOKED_AT], source)
            among.add(source in accounts and found is not None)
    assert among == {True, False}


def test_a_route_without_hops_is_that_of_the_tree(export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    onward = onward_of(Estate(read([export], Options()).facts, catalog(), date(2026, 1, 1)))
    reached, accounts, hierarchy = onward._open, onward.names.accounts, onward.graph.hierarchy
    nodes = {node for name in accounts for node in hierarchy.home(accounts[name].email, accounts[name].declared)}
    spots = [*(((one, False),) for one in (*accounts, *nodes)), *(((one, False), (one, True)) for one in nodes)]
    asked = [(some, end) for end in onward._ends for some in spots]
    found = [reached._at_once(some, end) for some, end in asked]
    monkeypatch.setattr(reached, "_at_once", lambda *_: None, raising=False)
    kinds = set()
    for (some, end), route in zip(asked, found, strict=True):
        if route:
            assert route == reached.route(some, end, Budget(1_000_000))
            kinds.add((isinstance(some[0][0], str), some[0][0] in reached._reversed[False], len(some)))
    assert {(True, False, 1), (False, True, 1), (False, True, 2), (False, False, 1)} <= kinds


def test_a_grant_alone_is_a_privilege_as_one_of_its_kind_is(export: Path) -> None:
    graph = graph_of(Estate(read([export], Options()).facts, catalog(), date(2026, 1, 1)))
    workloads = [one for one, grant in graph._relevant.firsts() if not grant.principal.text.startswith(PEOPLE)]
    alone = {one: packed(graph._strong(graph._relevant.of(one))) for one in workloads}
    assert graph._privileges == {one: strong for one, strong in alone.items() if strong}
    assert any(graph._relevant.has_one(one) for one in graph._privileges)


def test_accounts_that_lead_to_one_container_reach_what_the_whole_search_finds(tmp_path: Path) -> None:
    held = [
        ("shop", "roles/editor", ("a@shop.iam", "far@seed.iam", "b@shop.iam")),
        ("seed", "roles/editor", ("c@seed.iam",)),
        ("web", "roles/iam.serviceAccountTokenCreator", ("t@web.iam", "u@web.iam")),
        ("web", "roles/owner", ("d@web.iam",)),
        ("empty", "roles/editor", ("a@shop.iam", "12345@cloudservices")),
    ]
    (tmp_path / "export.json").write_text("\n".join(_policy(*one) for one in held))
    onward = onward_of(Estate(read([tmp_path], Options()).facts, catalog(), date(2026, 1, 1)))
    for reached in (_Reached(onward, certain=True), _Reached(onward, certain=False)):
        own = {(name, False): of[:MOST_ENDS] for name, of in reached._own.items() if of}
        starts = dict.fromkeys((*own, *(spot for steps in reached._steps for spot in steps.spots)))
        whole = reached_values(starts, reached.after, own, MOST_ENDS)
        found = {(name, kind): values for kind, among in reached._values.items() for name, values in among.items()}
        assert found == {spot: values for spot, values in whole.items() if values}
        names = {name.partition("@")[0]: node[1] for name, node in reached._lone().items()}
        assert names == {"b": "shop", "far": "shop", "c": "seed", "d": "web", "12345": "empty"}
        assert any(delegate for _, delegate in found)


def _policy(project: str, role: str, accounts: tuple[str, ...]) -> str:
    members = [f"serviceAccount:{one}.gserviceaccount.com" for one in accounts]
    name = f"//cloudresourcemanager.googleapis.com/projects/{project}"
    policy = {"bindings": [{"role": role, "members": members}]}
    return json.dumps({"name": name, "asset_type": "cloudresourcemanager.googleapis.com/Project", "iam_policy": policy})
