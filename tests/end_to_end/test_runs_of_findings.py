"""Findings that are kept as one, of principals with the same access, are those that are made one by one."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from many import some

from iamlint.linter import lint
from iamlint.patterns import match
from iamlint.reporters import FORMATS, render, sarif
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.alike import Alike, Findings, parts_of, representatives
from iamlint.results.report import Bar, Report
from iamlint.roles import catalog
from iamlint.rules.catalog import load_rules, select_rules
from iamlint.rules.interest import export_filter
from iamlint.rules.rule import Rule
from iamlint.sources import read
from iamlint.sources.reading import ExportFilter, Options

ROLES = [
    *("roles/owner", "roles/editor", "roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountUser"),
    *("roles/viewer", "roles/storage.admin", "roles/iam.serviceAccountAdmin", "organizations/7/roles/custom"),
]
OTHERS = [
    *("allUsers", "user:what?@example.com", "user:a b@example.com", "user:\u00e9@example.com", "user:50%s@gmail.com"),
    *("deleted:user:ana@example.com?uid=1", "domain:example.com", "group:all@example.com", "group:ops@example.com"),
    "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/*",
    "serviceAccount:service-100001@compute-system.iam.gserviceaccount.com",
]


@cache
def rules(*, every: bool) -> tuple[tuple[Rule, ...], ExportFilter | None]:
    """Return the rules that are on by default with what they need of an export; or all rules, which need all of it."""
    found = tuple(load_rules()[0])
    chosen = found if every else tuple(select_rules(found)[0])
    return chosen, export_filter(chosen, catalog())


def export(random: Random) -> list[Any]:
    """Return assets with policies: most members of a binding have the same other roles, and some have further ones."""
    home, found = "cloudresourcemanager.googleapis.com", []
    for number in range(random.randint(1, 4)):
        project, ancestors = f"shop-{number}", [f"projects/{100_001 + number}", "folders/5", "organizations/7"]
        crew = [f"user:u{number}-{one}@example.com" for one in range(random.randint(1, 6))]
        crew += [f"serviceAccount:a{one}@{project}.iam.gserviceaccount.com" for one in range(random.randint(0, 5))]
        crew += [f"serviceAccount:{100_001 + number}-compute@developer.gserviceaccount.com"][: random.randint(0, 1)]
        names = [f"//{home}/projects/{project}"] * 2
        names += [f"//iam.googleapis.com/projects/{project}/serviceAccounts/a0@{project}.iam.gserviceaccount.com"]
        names += [f"//storage.googleapis.com/b-{number}", f"//{home}/folders/5", f"//{home}/organizations/7"]
        for name in random.sample(names, random.randint(1, 3)):
            bindings = []
            for role in random.sample(ROLES, random.randint(1, 4)):
                members = [*crew, *random.sample(OTHERS, random.choice((0, 0, 1, 3)))]
                if random.random() < 0.3:
                    members = random.sample(members, random.randint(1, len(members)))
                if random.random() < 0.2:
                    random.shuffle(members)
                if random.random() < 0.1:
                    members.append(members[0])
                binding: dict[str, Any] = {"role": role, "members": members}
                if random.random() < 0.1:
                    binding["condition"] = {"title": "t", "expression": random.choice(["true", 'request.time < "x"'])}
                bindings.append(binding)
            kind = {"iam": "iam.googleapis.com/ServiceAccount", "storage": "storage.googleapis.com/Bucket"}
            of_kind = kind.get(name[2:].partition(".")[0]) or f"{home}/{name.split('/')[3][:-1].title()}"
            policy = {"bindings": bindings}
            found.append({"name": name, "asset_type": of_kind, "iam_policy": policy, "ancestors": ancestors})
    return found


def reports(folder: Path, random: Random, monkeypatch: pytest.MonkeyPatch) -> tuple[Report, Report]:
    """Return the reports on an estate with runs of grants, and with each grant alone."""
    folder.mkdir()
    assets = export(random)
    for name, listed in (("all.json.gz", assets), ("again.json.gz", assets[: random.choice((0, 0, 1))])):
        if listed:  # a compressed export is read line by line, whatever its size
            with gzip.open(folder / name, "wt", encoding="utf-8") as file:
                file.write("".join(json.dumps(one, ensure_ascii=random.random() < 0.2) + "\n" for one in listed))
    if random.random() < 0.2:
        role = {"name": "organizations/7/roles/custom", "includedPermissions": ["iam.serviceAccounts.getAccessToken"]}
        (folder / "role.json").write_text(json.dumps(role), encoding="utf-8")
    if random.random() < 0.2:
        listed = [{"preferredMemberKey": {"id": "u0-0@example.com"}, "roles": [{"name": "MEMBER"}]}]
        (folder / "ops@example.com.json").write_text(json.dumps(listed), encoding="utf-8")
    monkeypatch.chdir(folder)
    found, relevant = rules(every=random.random() < 0.3)

    def report() -> Report:
        return lint(read([Path()], Options(relevant=relevant)), found)

    folded = report()
    with monkeypatch.context() as patch:
        patch.setattr(match, "runs_of", lambda grants, _: [(grant,) for grant in grants])
        return folded, report()


def test_every_format_writes_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Presentation()
    styles = [plain, replace(plain, show_all=True), replace(plain, statistics=True)]
    sizes = []
    for seed in range(some(6, 150)):
        one, other = reports(tmp_path / f"{seed}", Random(seed), monkeypatch)
        monkeypatch.setattr(sarif, "MOST_RESULTS", 20 if seed % 2 else 25_000)
        assert isinstance(other.findings, tuple)
        assert (one.findings, one.unknown_answers) == (other.findings, other.unknown_answers), seed
        for style in styles:
            for form in FORMATS:
                assert render(form, one, style) == render(form, other, style), (seed, form)
        for finding, same in zip(one.findings, other.findings, strict=True):
            assert (finding.parts, finding.root, finding.former) == (same.parts, same.root, same.former)
        sizes += [len(part) for part in parts_of(one.findings) if isinstance(part, Alike)]
    assert len(sizes) > 5
    assert min(sizes) > 1
    assert max(sizes) > 4


def test_folded_findings_are_a_sequence_and_their_representatives_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = next(
        pair
        for seed in range(100)
        if isinstance((pair := reports(tmp_path / f"{seed}", Random(seed), monkeypatch))[0].findings, Findings)
    )
    findings = one.findings
    assert [findings[0], findings[-1], *findings[1:3]] == [other.findings[n] for n in (0, -1, 1, 2)]
    assert (len(findings), hash(findings)) == (len(other.findings), hash(other.findings))
    assert findings != other.findings[1:]
    assert sum(number for _, number in representatives(findings)) == len(findings) > len(list(parts_of(findings)))
    assert one.by_severity == other.by_severity
    bars = [Bar(severity) for severity in ("critical", "high", "info")]
    failing = [any(bar.fails_finding(first) for first, _ in representatives(findings)) for bar in bars]
    assert failing == [any(map(bar.fails_finding, other.findings)) for bar in bars]
