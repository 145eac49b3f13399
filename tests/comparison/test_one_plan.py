"""A plan without HEAD, compared with the state before it, and findings that a plan makes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import program
import pytest

from tests.comparison.conftest import in_project

OPENER = "roles/iam.serviceAccountTokenCreator"
ACCOUNT = {
    "account_id": "ledger",
    "email": "ledger@shop.iam.gserviceaccount.com",
    "name": "projects/shop/serviceAccounts/ledger@shop.iam.gserviceaccount.com",
    "project": "shop",
}


def grant(name: str) -> dict[str, Any]:
    return {"service_account_id": ACCOUNT["name"], "role": OPENER, "member": f"user:{name}@x.example"}


def resource(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name, **more}


def kind(name: str) -> str:
    return "google_service_account" if name == "ledger" else "google_service_account_iam_member"


def state(values: dict[str, Any]) -> dict[str, Any]:
    return {"root_module": {"resources": [resource(kind(name), name, values=one) for name, one in values.items()]}}


def plan(before: dict[str, Any], after: dict[str, Any], **more: Any) -> str:
    """A plan as Terraform writes it; both are values by the name of the resource."""

    def change(name: str) -> dict[str, Any]:
        both = {"before": before.get(name), "after": after.get(name)}
        same = before.get(name) == after.get(name)
        action = "no-op" if same else "create" if name not in before else "update" if name in after else "delete"
        return resource(kind(name), name, change={"actions": [action], "after_unknown": {}, **both})

    whole = {
        "format_version": "1.2",
        "planned_values": state(after),
        "resource_changes": list(map(change, before | after)),
        "prior_state": {"format_version": "1.0", "values": state(before)},
    }
    return json.dumps({name: one for name, one in (whole | more).items() if one is not None}, indent=1)


def compared(text: str, folder: Path) -> tuple[int, Any]:
    (folder / "plan.json").write_text(text, encoding="utf-8")
    done = program.run("compare", "plan.json", "--format", "json", cwd=folder)
    return done.returncode, json.loads(done.stdout)


def told(found: Any, change: str) -> list[tuple[str, int]]:
    return [(one["principal"], one["cause"]["line"]) for one in found[change]]


def test_a_plan_is_compared_with_the_state_before_it(tmp_path: Path) -> None:
    text = plan({"ledger": ACCOUNT, "a": grant("ana")}, {"ledger": ACCOUNT, "b": grant("eve")})
    code, found = compared(text, tmp_path)
    lines = text.splitlines()
    places = {who: [at for at, line in enumerate(lines, 1) if f"user:{who}@" in line] for who in ("ana", "eve")}
    assert code == 1
    assert told(found, "opened") == [("user:eve@x.example", places["eve"][1])]
    assert told(found, "closed") == [("user:ana@x.example", places["ana"][1])]


@pytest.mark.parametrize(
    ("text", "code", "opens"),
    [
        (plan({"ledger": ACCOUNT, "a": grant("ana")}, {"ledger": ACCOUNT, "a": grant("ana")}), 0, []),
        (plan({}, {"ledger": ACCOUNT, "a": grant("ana")}), 1, ["user:ana@x.example"]),
        (plan({}, {"ledger": ACCOUNT, "a": grant("ana")}, prior_state=None), 1, ["user:ana@x.example"]),
        (  # what -target leaves out stays
            plan({"ledger": ACCOUNT, "a": grant("ana")}, {}, resource_changes=[], planned_values={}),
            0,
            [],
        ),
    ],
)
def test_what_opens(text: str, code: int, opens: list[str], tmp_path: Path) -> None:
    got, found = compared(text, tmp_path)
    assert (got, [one["principal"] for one in found["opened"]], found["closed"]) == (code, opens, [])


KEPT = plan({"ledger": ACCOUNT}, {"ledger": ACCOUNT}, prior_state=None)
STATE = json.dumps({"format_version": "1.0", "values": {"root_module": {}}})
POLICY = json.dumps({"bindings": [{"role": "roles/owner", "members": ["user:ana@x.example"]}], "etag": "BwX="})


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (KEPT, "the plan changes what exists and has no prior_state"),
        (STATE, "this is a state, which changes nothing"),
        (POLICY, "this is not a plan as JSON"),
        ("{", "this object is never closed"),
    ],
)
def test_what_has_no_state_before_it_is_an_error(text: str, error: str, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(text, encoding="utf-8")
    done = program.run("compare", "plan.json", cwd=tmp_path)
    assert done.returncode == 2
    assert [error in line for line in done.stderr.splitlines()] == [True]


def test_a_folder_needs_a_head(tmp_path: Path) -> None:
    done = program.run("compare", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert "Missing argument 'HEAD'" in done.stderr
    assert "as in `iamlint compare origin/main .`" in done.stderr


def checked(text: str, folder: Path, *more: str) -> Any:
    (folder / "plan.json").write_text(text, encoding="utf-8")
    done = program.run("check", "--new-in-plan", "--format", "json", "plan.json", *more, cwd=folder)
    return json.loads(done.stdout)


OLD = {"ledger": ACCOUNT, "a": grant("ana")}
OWNER = [{"role": "roles/owner", "members": ["user:ana@x.example"]}]


@pytest.mark.parametrize(
    ("text", "found", "left_out"),
    [
        (plan(OLD, OLD), [], 1),
        (plan(OLD, OLD | {"b": grant("eve")}), ["user:eve@x.example"], 1),
        (plan(OLD, {"ledger": ACCOUNT}), [], 0),
        (plan({}, OLD), ["user:ana@x.example"], 0),
        (plan(OLD, OLD, prior_state=None), ["user:ana@x.example"], 0),  # it may be new
        (plan({}, OLD, prior_state=json.loads(plan({}, OLD))), ["user:ana@x.example"], 0),  # a forged state
        (json.dumps({"format_version": "1.0", "values": state(OLD)}), ["user:ana@x.example"], 0),
    ],
)
def test_a_report_on_what_is_new_in_a_plan(text: str, found: list[str], left_out: int, tmp_path: Path) -> None:
    report = checked(text, tmp_path, "--select", "direct-user-grant")
    assert [one["principal"] for one in report["findings"]] == found
    assert report["changed_since"] == {"revision": "prior_state", "findings_left_out": left_out, "unknowns_left_out": 0}


def test_what_is_no_plan_counts_as_new(tmp_path: Path) -> None:
    owner = {"bindings": OWNER, "etag": "BwX="}
    (tmp_path / "project-shop.json").write_text(json.dumps(owner), encoding="utf-8")
    (tmp_path / "main.tf").write_text(in_project("owner", "user:eve@x.example", "roles/owner"), encoding="utf-8")
    report = checked(plan(OLD, OLD), tmp_path, "project-shop.json", "main.tf", "--select", "direct-user-grant")
    assert [one["principal"] for one in report["findings"]] == ["user:eve@x.example", "user:ana@x.example"]
