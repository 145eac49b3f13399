"""Similar lines without facts are skipped, and nothing else is: facts and errors stay the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlint.roles import catalog
from iamlint.rules.catalog import load_rules, select_rules
from iamlint.rules.interest import export_filter
from iamlint.sources import read
from iamlint.sources.gcloud import stream
from iamlint.sources.gcloud.skip_filter import SkipFilter
from iamlint.sources.reading import ExportFilter, Options

ANA, SA = "user:ana@example.com", "serviceAccount:ci@shop.iam.gserviceaccount.com"
AGENT = "serviceAccount:service-123456789012@container-engine-robot.iam.gserviceaccount.com"


@cache
def relevant() -> ExportFilter:
    found = export_filter(select_rules(load_rules()[0])[0], catalog())
    assert found is not None
    return found


def asset(*members: str, role: str = "roles/viewer", **more: Any) -> dict[str, Any]:
    return {
        "name": "//storage.googleapis.com/logs",
        "asset_type": "storage.googleapis.com/Bucket",
        "iam_policy": {"etag": "a", "bindings": [{"role": role, "members": list(members or (ANA, SA))}]},
        "ancestors": ["projects/123456789012", "organizations/7"],
        "update_time": "2026-08-01T10:00:00Z",
        **more,
    }


def plain(found: dict[str, Any]) -> str:
    return json.dumps(found)


FORMS: dict[str, Callable[[dict[str, Any]], str]] = {
    "spaces": plain,
    "no spaces": lambda found: json.dumps(found, separators=(",", ":")),
    "other order": lambda found: json.dumps(found, sort_keys=True),
    "camel case": lambda found: (
        json.dumps(found)
        .replace("asset_type", "assetType")
        .replace("iam_policy", "iamPolicy")
        .replace("update_time", "updateTime")
    ),
    "letters beyond ASCII": lambda found: json.dumps({**found, "name": "//x.googleapis.com/größe"}, ensure_ascii=False),
    "carriage returns": lambda found: json.dumps(found) + "\r",
}


@pytest.mark.parametrize("form", FORMS)
def test_dull_lines_are_passed_over_in_any_form(form: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    parsed: list[int] = []
    facts = stream._facts

    def counted(line: bytes, number: int, *rest: Any) -> Any:
        parsed.append(number)
        return facts(line, number, *rest)

    monkeypatch.setattr(stream, "_facts", counted)
    monkeypatch.setattr(stream, "SMALL", 0)
    path = tmp_path / "a.ndjson"
    lines = [FORMS[form](asset(f"user:u{n}@example.com", SA)) for n in range(500)]
    path.write_text("\n".join([*lines, FORMS[form](asset("allUsers"))]) + "\n")
    reading = read([path], Options(relevant=relevant()))
    assert parsed == [*range(1, 65), 501]
    assert [fact.declared.at.line for fact in reading.facts][:1] == [501]
    assert reading.errors == []


ODD: dict[str, str] = {
    "public": plain(asset("allUsers")),
    "public by another case": plain(asset("ALLUSERS")),
    "a glob of a rule": plain(asset("user:ana@gmail.com")),
    "a domain": plain(asset("domain:example.com")),
    "malformed": plain(asset("user:ana")),
    "two signs": plain(asset("user:ana@b@example.com")),
    "an empty member": plain(asset("")),
    "a role that is asked about": plain(asset(role="roles/owner")),
    "a role that nobody knows": plain(asset(role="roles/no.such")),
    "a folder": plain(asset(asset_type="cloudresourcemanager.googleapis.com/Folder")),
    "escapes": plain(asset()).replace("roles/viewer", "roles\\/owner"),
    "no name": plain({key: value for key, value in asset().items() if key != "name"}),
    "a key twice": plain(asset()).replace('"role"', '"role": "roles/viewer", "role"'),
    "no role": plain(asset()).replace('"role": "roles/viewer", ', ""),
    "a condition": plain(asset()).replace('"role"', '"condition": {"expression": "false"}, "role"'),
    "a comma too many": plain(asset()).replace("]}]", "]},]"),
    "a bracket too few": plain(asset())[:-1],
    "two on a line": plain(asset()) + plain(asset("allUsers")),
    "a number for a member": plain(asset()).replace(f'"{ANA}"', "7"),
    "nothing": "   ",
    "a placeholder": plain(asset("user:REPLACE_ME@example.com")),
    "a placeholder in small letters": plain(asset("user:your-name@example.com")),
    "a placeholder after other words": plain(asset("group:gcp.change-me@example.com")),
    "a placeholder for an account": plain(asset("serviceAccount:xxxx@shop.iam.gserviceaccount.com")),
    "a placeholder for its project": plain(asset("serviceAccount:ci@your-project.iam.gserviceaccount.com")),
    "a placeholder with an underscore": plain(asset("serviceAccount:project_id@shop.iam.gserviceaccount.com")),
    "no members": plain(asset()).replace(f'"{ANA}", "{SA}"', ""),
}


@pytest.mark.parametrize("odd", ODD)
def test_what_is_not_like_the_dull_lines_is_read(odd: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(stream, "SMALL", 0)
    path = tmp_path / "a.ndjson"
    dull = [plain(asset(ANA, f"group:g{n}@example.com", SA)) for n in range(70)]
    empty = plain(asset()).replace(f'"{ANA}", "{SA}"', "")
    path.write_text("\n".join([*dull, empty, ODD[odd], *dull, ODD[odd]]))
    quick = read([path], Options(relevant=relevant()))
    monkeypatch.setattr(SkipFilter, "learn", lambda *_: None)
    whole = read([path], Options(relevant=relevant()))
    assert (quick.facts, quick.errors) == (whole.facts, whole.errors)


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        ({"permission": "logging.logs.list"}, ["roles/logging.viewer"]),
        ({"role": "roles/monitoring.v*"}, ["roles/monitoring.viewer"]),
        ({"role_kind": "predefined"}, ["roles/logging.viewer", "roles/monitoring.viewer"]),
        ({"permission": "iam.serviceAccounts.actAs"}, []),
    ],
)
def test_roles_that_a_rule_asks_for_are_needed(pattern: dict[str, str], needed: list[str]) -> None:
    rule = replace(load_rules()[0][0], query=None, when={"grant": pattern})
    found = export_filter([rule], catalog())
    assert found
    assert [role for role in ("roles/logging.viewer", "roles/monitoring.viewer") if found.role(role)] == needed


@pytest.mark.parametrize(("role", "kept"), [("roles/owner", [ANA, AGENT]), ("roles/container.serviceAgent", [ANA])])
def test_only_a_role_for_agents_is_left_out_for_one(role: str, kept: list[str]) -> None:
    assert relevant().members(role, [ANA, AGENT]) == kept


def test_members_are_alike_where_no_rule_asks_about_one_of_them() -> None:
    alike = relevant().alike
    assert alike("user:ana@example.com") == alike("user:bo@example.com") != alike("user:ana@example.org")
    assert alike("serviceAccount:a@b.iam.gserviceaccount.com") == alike("serviceAccount:c@d.iam.gserviceaccount.com")
    for asked in ("user:ana@gmail.com", "user:ana@hotmail.de", "allUsers", "serviceAccount:p.svc.id.goog[a/b]", "x"):
        assert alike(asked) is None


PEOPLE = {
    "user:ana@example.com": "com",
    "user:bo@example.com": "com",
    "user:ext-bo@example.com": "com",
    "user:a-tmp@example.org": "org",
    "user:ana@dev.example.com": "dev",
    "group:bo@example.com": "groups",
}
"""Members, and what those that are alike have in common."""
GLOBS = {
    "user:*@example.com": {"com"},
    "user:ana@example.com": {"com"},
    "user:ext-*@example.com": {"com"},
    "user:ana?@example.com": {"com"},
    "user:*-tmp@*": {"com", "org", "dev"},
    "user:*@*.example.com": {"dev"},
    "user:*.com": {"com", "dev"},
    "*:ana@example.com": {"com", "groups"},
    "group:*": {"groups"},
    "users:*": set[str](),
}
"""What a rule needs, and the members that are not alike, since it may need one like them."""


@pytest.mark.parametrize("glob", GLOBS)
def test_people_are_not_alike_where_a_rule_may_need_one_of_them(glob: str) -> None:
    rule = next(one for one in load_rules()[0] if one.when is not None)
    found = export_filter([replace(rule, when={"grant": {"principal": [glob]}})], catalog())
    assert found is not None
    assert {kind for member, kind in PEOPLE.items() if found.alike(member) is None} == GLOBS[glob]
    for member in PEOPLE:
        assert not (found.member(member) and re.fullmatch(found.alike(member) or "", member)), member


def test_a_line_with_a_member_that_is_not_alike_teaches_nothing() -> None:
    """Otherwise its role and its other members would be passed over, too: nothing says that no rule needs them."""
    dull = SkipFilter(relevant().alike)
    usual, odd = asset(ANA), asset(SA, "user:ana@gmail.com", role="roles/browser")
    for _ in range(64):
        dull.learn(usual, usual["asset_type"], usual["iam_policy"])
        dull.learn(odd, odd["asset_type"], odd["iam_policy"])
    skipped = {
        (role, member): dull.end(f"{plain(asset(member, role=role))}\n".encode(), 0) > 0
        for role in ("roles/viewer", "roles/browser")
        for member in (ANA, SA)
    }
    assert [pair for pair, is_skipped in skipped.items() if is_skipped] == [("roles/viewer", ANA)]


PIECES = [
    *(
        "ana",
        "your",
        "name",
        "project",
        "id",
        "me",
        "this",
        "replace",
        "change",
        "exchange",
        "xxx",
        "xxxx",
        "todo",
        "r",
    ),
    *("YOUR", "REPLACE", "PROJECT", "ID", "FIXME", "X", "r", "-", "_", ".", "+", "", "7"),
]


@settings(deadline=None)  # the first call loads the rules
@given(
    form=st.sampled_from(
        ["user:{}@example.com", "group:{}@example.com", "serviceAccount:{}@{}.iam.gserviceaccount.com"]
    ),
    names=st.tuples(*[st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join)] * 2),
)
def test_a_member_that_a_rule_needs_is_like_none_that_it_does_not_need(form: str, names: tuple[str, str]) -> None:
    member, found = form.format(*names), relevant()
    common = found.alike(form.format("ana", "shop"))
    assert common is not None
    if re.fullmatch(common, member):
        assert not found.member(member)


@pytest.mark.parametrize("name", ["ana", "ana.lopez", "young-7", "rex+replies", "cho", "xx", "ci-exchange", "re"])
def test_common_names_are_alike(name: str) -> None:
    assert re.fullmatch(str(relevant().alike("user:bo@example.com")), f"user:{name}@example.com")
    account = f"serviceAccount:{name.replace('+', '')}@shop-prod.iam.gserviceaccount.com"
    assert re.fullmatch(str(relevant().alike("serviceAccount:a@b.iam.gserviceaccount.com")), account)


RESOURCE: dict[str, Any] = {
    "name": "//compute.googleapis.com/projects/shop/zones/a/disks/d",
    "asset_type": "compute.googleapis.com/Disk",
    "resource": {"version": "v1", "data": {"name": "d", "labels": [1.5, None, {"a": "b"}]}},
    "ancestors": ["projects/123456789012"],
    "update_time": "2026-08-01T10:00:00Z",
}
RESOURCES: dict[str, tuple[dict[str, Any], bool]] = {
    "of no interest": (RESOURCE, False),
    "without data": ({key: value for key, value in RESOURCE.items() if key != "resource"}, False),
    "an account": ({**RESOURCE, "asset_type": "iam.googleapis.com/ServiceAccount"}, True),
    "a service": ({**RESOURCE, "asset_type": "serviceusage.googleapis.com/Service"}, True),
    "a policy": ({**RESOURCE, "iam_policy": {}}, True),
    "no kind": ({key: value for key, value in RESOURCE.items() if key != "asset_type"}, True),
    "no name": ({**RESOURCE, "name": 7}, True),
    "a name of another kind": ({**RESOURCE, "name": "disks/d"}, True),
    "a deny policy": ({**RESOURCE, "name": "//iam.googleapis.com/policies/x/denypolicies/d"}, True),
    "wrong data": ({**RESOURCE, "resource": {"data": []}}, True),
    "a wrong ancestor": ({**RESOURCE, "ancestors": [7]}, True),
    "wrong ancestors": ({**RESOURCE, "ancestors": "projects/1"}, True),
}


@pytest.mark.parametrize("case", RESOURCES)
def test_resources_of_which_nothing_is_read_are_not_looked_into(
    case: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    looked: list[str] = []
    read_json = stream.read_json_documents

    def seen(text: Any) -> Any:
        looked.append(text.text)
        return read_json(text)

    monkeypatch.setattr(stream, "SMALL", 0)
    path = tmp_path / "a.ndjson"
    found, into = RESOURCES[case]
    path.write_text(f"{plain(asset('allUsers'))}\n{json.dumps(found)}\n")
    monkeypatch.setattr(stream, "_is_resource_alone", lambda _: False)
    whole = read([path], Options())
    monkeypatch.undo()
    monkeypatch.setattr(stream, "SMALL", 0)
    monkeypatch.setattr(stream, "read_json_documents", seen)
    quick = read([path], Options())
    assert (quick.facts, quick.errors) == (whole.facts, whole.errors)
    assert any(text.startswith(json.dumps(found)) for text in looked) is into
