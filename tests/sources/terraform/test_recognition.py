"""Files written by Terraform: plans and states are read, others are an error that names the right command."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from iamlint.facts import Grant, UnreadPart
from iamlint.sources import read
from iamlint.sources.reading import Options, Reading
from iamlint.sources.terraform.plan.recognition import is_plan_name


def plan(who: str = "ana", **more: Any) -> str:
    after = {"project": "shop", "role": "roles/viewer", "member": f"user:{who}@example.com"}
    entry = {"address": f"google_project_iam_member.{who}", "mode": "managed", "type": "google_project_iam_member"}
    change = {**entry, "name": who, "change": {"actions": ["create"], "after": after, "after_unknown": {}}}
    head = {"format_version": "1.2", "terraform_version": "1.11.4"}
    return json.dumps({**head, "resource_changes": [change], **more})


STATE = json.dumps({"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "a", "resources": []})


def walked(tmp_path: Path, text: str | bytes, name: str = "plan.json") -> Reading:
    """Return what is read from a file in a directory that also has some Terraform."""
    (tmp_path / "main.tf").write_text("locals {\n}\n")
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read([tmp_path], Options())


def who(reading: Reading) -> list[str]:
    return [fact.declared.address or "" for fact in reading.facts if isinstance(fact, Grant)]


# -- read --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        plan() + "\n" + plan("ben") + "\n",
        plan() + plan("ben"),
        plan() + "\n\n" + json.dumps(json.loads(plan("ben")), indent=2),
        "[command]/opt/terraform-bin show -json a\n"
        + plan()
        + "\n[command]/opt/terraform-bin show -json b\n"
        + plan("ben"),
        "::debug::start\n"
        + plan()
        + "\n\n::debug::exit code 0\n::set-output name=x::y\n"
        + plan("ben")
        + "\n::end::\n",
        "time=2026-11-01T00:00:00Z level=info\r\n  " + plan() + "\r\n" + plan("ben") + "\r\ndone",
        plan() + "\n" + STATE + "\n" + plan("ben"),
    ],
)
@pytest.mark.parametrize("name", ["plan.json", "prod.json", "plan.jsonl"])
def test_every_plan_of_a_file_is_read(tmp_path: Path, text: str, name: str) -> None:
    found = walked(tmp_path, text, name)
    assert found.errors == []
    assert who(found) == ["google_project_iam_member.ana", "google_project_iam_member.ben"]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"plan_format_version": "1.1", "provider_schemas": {}},
        {"configuration": {"root_module": {}}},
    ],
)
def test_changes_without_a_version_are_a_plan(tmp_path: Path, more: dict[str, Any]) -> None:
    document = {"resource_changes": json.loads(plan())["resource_changes"], **more}
    assert who(walked(tmp_path, json.dumps(document), "reduced.json")) == ["google_project_iam_member.ana"]


def test_values_without_a_version_are_a_plan_or_state(tmp_path: Path) -> None:
    (change,) = json.loads(plan())["resource_changes"]
    entry = {**change, "values": change.pop("change")["after"]}
    values = {"root_module": {"resources": [entry]}}
    for document in ({"planned_values": values}, {"values": values}, {"prior_state": {"values": values}}):
        assert who(walked(tmp_path, json.dumps(document), "reduced.json")) == ["google_project_iam_member.ana"]


def test_a_file_has_so_many_plans_at_most(tmp_path: Path) -> None:
    found = walked(tmp_path, "\n".join(plan(f"u{number}") for number in range(60)))
    assert [error.reason for error in found.errors] == ["60 plans in one file, of which 50 are read"]
    assert len(who(found)) == 50


def test_a_file_has_so_many_errors_at_most(tmp_path: Path) -> None:
    found = walked(tmp_path, plan() + "{}" * 60)
    assert len(found.errors) == 51
    assert found.errors[-1].reason == "10 more documents are neither a plan nor a state"


def test_places_are_those_in_the_file(tmp_path: Path) -> None:
    found = walked(tmp_path, "[command]x show -json p\n" + plan() + "\n::debug::y\n" + plan("ben"))
    assert [fact.principal_place.at.line for fact in found.facts if isinstance(fact, Grant)] == [2, 4]


def test_what_stands_among_plans_is_an_error(tmp_path: Path) -> None:
    found = walked(tmp_path, plan() + '\n{"other": 1}\n')
    assert who(found) == ["google_project_iam_member.ana"]
    assert [(error.reason, error.at.line) for error in found.errors] == [
        ("this document is neither a plan nor a state", 2)
    ]


# -- cut or mixed up ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        plan()[:-1],
        plan()[:-40],
        plan()[:70],
        json.dumps(json.loads(plan()), indent=2)[:-5],
        STATE[:-2],
        plan() + "\n" + plan("ben")[:-9],
        json.dumps(json.loads(plan()), sort_keys=True)[:-9],
        json.dumps({"complete": True, "configuration": {"root_module": {}}, "format_version": "1.2"})[:-3],
        plan() + ", " + plan("ben"),
        plan() + " stray " + plan("ben"),
        "2026-11-01T00:00:00Z " + plan()[:-1],
        "[command]x show -json p\n" + plan()[:-3] + "\n::debug::end\n",
        "[command]x\n" + plan().replace(', "resource_changes"', ',\nWarning: a line of stderr\n"resource_changes"'),
    ],
)
@pytest.mark.parametrize("name", ["plan.json", "deep.json"])
def test_a_plan_that_cannot_be_read_is_an_error(tmp_path: Path, text: str, name: str) -> None:
    found = walked(tmp_path, text, name)
    (error,) = found.errors
    assert error.at.path.endswith(name)
    assert "terraform show -json" in error.hint


def test_log_lines_before_the_object_on_its_line_are_an_error(tmp_path: Path) -> None:
    (error,) = walked(tmp_path, "2026-11-01T00:00:00Z " + plan(), "x.json").errors
    assert error.at.path.endswith("x.json")


# -- no plan -----------------------------------------------------------------------------------------------------------

MESSAGES = "\n".join(
    json.dumps({"@level": "info", "@message": text, "@module": f"{tool}.ui", "@timestamp": "2026-11-28", "type": "x"})
    for tool, text in (("terraform", "Terraform 1.11.4"), ("tofu", "Plan: 1 to add"))
)
FOR_PEOPLE = """
Terraform used the selected providers to generate the following execution
plan. Resource actions are indicated with the following symbols:
  + create

Terraform will perform the following actions:

  # google_project_iam_member.ana will be created
"""
OUTPUTS = json.dumps({"email": {"sensitive": False, "type": "string", "value": "ci@shop.iam.gserviceaccount.com"}})


def binary() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("tfplan", "tfstate", "tfconfig/modules.json"):
            archive.writestr(name, "\x0a\x03" + "x" * 80)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("plan.json", MESSAGES, "these are the messages of terraform plan -json or apply -json, not a plan"),
        ("log.ndjson", MESSAGES, "these are the messages of terraform plan -json or apply -json, not a plan"),
        (
            "x.json",
            MESSAGES.splitlines()[1],
            "these are the messages of terraform plan -json or apply -json, not a plan",
        ),
        (
            "x.json",
            MESSAGES + "\nError: x",
            "these are the messages of terraform plan -json or apply -json, not a plan",
        ),
        ("plan.txt", FOR_PEOPLE, "this is a plan as terraform plan or show prints it for people"),
        ("plan.json", FOR_PEOPLE, "this is a plan as terraform plan or show prints it for people"),
        (
            "tfplan.json",
            "\x1b[0m\x1b[1mOpenTofu will perform the following actions:\x1b[0m\n",
            "this is a plan as terraform plan or show prints it for people",
        ),
        ("plan.json", OUTPUTS, "these are the outputs of terraform output -json, not a state"),
        ("terraform.tfstate", OUTPUTS, "these are the outputs of terraform output -json, not a state"),
        ("plan.json", binary(), "this is a plan in Terraform's binary form"),
        ("plan.json", "", "the file is empty, where a plan or state is expected"),
        ("plan.json", "\n \n", "the file is empty, where a plan or state is expected"),
        ("plan.json", "null\n", "the file is empty, where a plan or state is expected"),
        ("terraform.tfstate", "{}", "the file is empty, where a plan or state is expected"),
    ],
)
def test_what_else_terraform_writes_is_an_error(tmp_path: Path, name: str, text: str | bytes, reason: str) -> None:
    (error,) = walked(tmp_path, text, name).errors
    assert error.reason == reason
    assert "terraform show -json" in error.hint


@pytest.mark.parametrize("name", ["tfplan", "prod.tfplan"])
def test_a_binary_plan_beside_its_source_is_unread(tmp_path: Path, name: str) -> None:
    found = walked(tmp_path, binary(), name)
    assert found.errors == []
    (unread,) = (fact for fact in found.facts if isinstance(fact, UnreadPart))
    assert "Terraform's binary form, which is not read" in unread.reason
    assert unread.declared.at.path.endswith(name)


@pytest.mark.parametrize(
    "text", ["Error: Failed to load the plan file\n", "\u256d\n\u2502 Error\n", '{"a": 1', "<html>"]
)
@pytest.mark.parametrize("name", ["plan.json", "prod-tfplan.json", "terraform.tfstate"])
def test_a_plan_by_its_name_is_json(tmp_path: Path, name: str, text: str) -> None:
    (error,) = walked(tmp_path, text, name).errors
    assert error.at.path.endswith(name)
    assert "terraform show -json" in error.hint


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("out.json", OUTPUTS, "these are the outputs of terraform output -json, not a state"),
        ("saved", binary(), "this is a plan in Terraform's binary form"),
        ("run.log", FOR_PEOPLE, "this is a plan as terraform plan or show prints it for people"),
        ("run.log", MESSAGES, "these are the messages of terraform plan -json or apply -json, not a plan"),
    ],
)
def test_other_names_are_errors_where_the_user_gives_them(
    tmp_path: Path, name: str, text: str | bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    (error,) = read([tmp_path / name], Options()).errors
    assert error.reason == reason


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plan.json", '{"name": "gold", "price": 5}'),
        ("plan.json", "[1, 2]"),
        ("plan.json", '{"name": {{ .Values.name }}}'),
        ("test-plan.json", '{"suites": []}'),
        ("plan.txt", "1. Buy milk.\n2. Will perform the following actions:\n"),
        ("out.json", OUTPUTS),
        ("outputs.json", "{}"),
        ("x.json", "{ broken"),
        ("tsconfig.json", '{\n  // "terraform_version" is of no matter\n  "a": 1,\n}'),
        ("log.ndjson", '{"@level": "info", "@module": "nomad", "@message": "x"}\n'),
        ("schema.json", '{"format_version": "1.0", "provider_schemas": {}}'),
        ("bundle.json", '{"lineage": "wolf"}'),
        ("a.json.tfstate.txt", "x"),
        ("policy.yaml", "data: |\n  " + plan() + "\nother: a\n"),
        ("changes.json", '{"resource_changes": [{"id": 1}]}'),
        ("chart.json", '{"version": 4, "values": {"a": 1}, "resources": [{"type": "x", "instances": []}]}'),
    ],
)
def test_other_files_of_a_tree_are_left_alone(tmp_path: Path, name: str, text: str) -> None:
    found = walked(tmp_path, text, name)
    assert (found.errors, found.facts) == ([], [])


@pytest.mark.parametrize("text", ["[PLAN]", "[PLAN, PLAN]", "[PLAN, {}]"])
def test_a_list_of_plans_is_read(tmp_path: Path, text: str) -> None:
    found = walked(tmp_path, text.replace("PLAN", plan()), "plans.json")
    assert any(isinstance(fact, Grant) for fact in found.facts)
    assert len(found.errors) == text.count("{}")


@pytest.mark.parametrize("text", ['{"result": PLAN}', '{"data": {"plans": [PLAN]}}', '[{"plan": PLAN}]'])
def test_a_plan_within_another_document_is_not_passed_over(tmp_path: Path, text: str) -> None:
    found = walked(tmp_path, text.replace("PLAN", plan()), "x.json")
    assert [type(fact) for fact in found.facts] == [UnreadPart]
    assert found.errors == []
    (tmp_path / "x.json").rename(tmp_path / "plan.json")
    (error,) = read([tmp_path], Options()).errors
    assert "within a document" in error.reason


@pytest.mark.parametrize("text", ['{"stdout": PLAN, "exitcode": 0}', "PLAN", '[{"outputs": {"stdout": PLAN}}]'])
def test_a_plan_in_a_text_of_json_is_read(tmp_path: Path, text: str) -> None:
    written = text.replace("PLAN", json.dumps(plan().replace('"roles/', '"\U0001f600\u00e9\\troles/')))
    found = walked(tmp_path, "\n" + written, "x.json")
    assert found.errors == []
    (grant,) = (fact for fact in found.facts if isinstance(fact, Grant))
    at = grant.role_place.at
    assert (at.line, at.end_line) == (2, 2)
    assert written[at.column - 1 : at.end_column - 1] == json.dumps(json.dumps(grant.role, ensure_ascii=False))[1:-1]


@pytest.mark.parametrize("text", ['{"stdout": PLAN, "stdout_lines": [PLAN]}', '{"a": {"b": PLAN}, "c": PLAN}'])
def test_a_plan_in_several_equal_texts_is_read_once(tmp_path: Path, text: str) -> None:
    found = walked(tmp_path, text.replace("PLAN", json.dumps(plan())), "x.json")
    assert len([fact for fact in found.facts if isinstance(fact, Grant)]) == 1


@pytest.mark.parametrize("text", ['{"stdout": PLAN, "exitcode": 0}', "PLAN", '[{"outputs": {"stdout": PLAN}}]'])
def test_a_cut_plan_in_a_text_of_json_is_not_passed_over(tmp_path: Path, text: str) -> None:
    found = walked(tmp_path, text.replace("PLAN", json.dumps(plan()[:-2])), "x.json")
    assert [type(fact) for fact in found.facts] == [UnreadPart]
    assert found.errors == []
    (tmp_path / "x.json").rename(tmp_path / "plan.json")
    (error,) = read([tmp_path], Options()).errors
    assert "within a document" in error.reason


@pytest.mark.parametrize("text", ["no format_version", '{"x": "format_version"}', "terraform_version"])
def test_a_text_that_only_names_a_mark_is_passed_over(tmp_path: Path, text: str) -> None:
    found = walked(tmp_path, json.dumps({"stdout": text, "more": '"format_version"'}), "x.json")
    assert (found.errors, found.facts) == ([], [])


@pytest.mark.parametrize("parts", [{}, {"resourceChanges": []}, {"plannedValues": {"root_module": {}}}, {"Values": {}}])
def test_versions_of_a_plan_without_its_parts_are_an_error(tmp_path: Path, parts: dict[str, object]) -> None:
    text = json.dumps({"format_version": "1.2", "terraform_version": "1.11.4", **parts})
    (error,) = walked(tmp_path, text, "x.json").errors
    assert "none of its parts" in error.reason


@pytest.mark.parametrize("key", ["Resource_changes", "RESOURCE_CHANGES", "resource-changes"])
def test_a_part_of_a_plan_under_a_key_in_another_case_is_an_error(tmp_path: Path, key: str) -> None:
    text = plan(planned_values={"root_module": {}}).replace('"resource_changes"', f'"{key}"')
    (error,) = walked(tmp_path, text).errors
    assert "resource_changes" in error.hint


def test_names_of_plans_and_states() -> None:
    plans = ("plan.json", "tfplan.json", "a/prod-plan.json", "prod.plan.json", "x_plan.json", "terraform.tfstate")
    assert all(map(is_plan_name, (*plans, "tfplan", "x.tfplan", "x.tfplan.json")))
    assert not any(map(is_plan_name, ("explan.json", "plans.json", "plan.yaml", "terraform.tfstate.backup", "plan")))
