"""Plans with their source: values from the plan, places from the source, unknown values by name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from iamlint.facts import Attachment, Condition, Fact, Grant, Impersonation, Place, Project, ServiceAccount, UnreadPart
from iamlint.sources import read
from iamlint.sources.reading import Options, Reading
from iamlint.unknown import Unknown

PLANS = Path(__file__).parents[4] / "testdata" / "plans"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working directory is one without Terraform."""
    directory = tmp_path / "cwd"
    directory.mkdir()
    monkeypatch.chdir(directory)


def case(name: str, tmp_path: Path) -> Path:
    return Path(shutil.copytree(PLANS / name, tmp_path / name))


def grants(reading: Reading) -> dict[str, list[Grant]]:
    assert reading.errors == []
    found: dict[str, list[Grant]] = {}
    for fact in reading.facts:
        if isinstance(fact, Grant):
            found.setdefault(fact.declared.address or "", []).append(fact)
    return found


def line(reading: Reading, place: Place) -> str:
    """The line that a place is on."""
    return reading.texts[place.at.path].line(place.at.line).strip()


def text(reading: Reading, place: Place) -> str:
    """What is written at a place."""
    at = place.at
    assert at.line == at.end_line
    return reading.texts[at.path].line(at.line)[at.column - 1 : at.end_column - 1]


def told(facts: list[Grant]) -> list[tuple[str, Any]]:
    return [(grant.principal.text, grant.role) for grant in facts]


# -- known after apply -------------------------------------------------------------------------------------------------


def test_what_only_an_apply_tells_keeps_its_names(tmp_path: Path) -> None:
    reading = read([case("after-apply", tmp_path) / "plan.json"], Options())
    found = grants(reading)
    ci = "serviceAccount:${google_service_account.ci.email}"
    (grant,) = found["google_project_iam_member.ci"]
    assert (grant.principal.text, grant.principal.unknown) == (ci, None)
    for key in ("a", "b"):
        (grant,) = found[f'google_storage_bucket_iam_member.each["{key}"]']
        assert grant.principal.text == f'serviceAccount:${{google_service_account.each["{key}"].email}}'
    mixed = found["google_folder_iam_binding.mixed"]
    assert [grant.principal.text for grant in mixed] == ["user:ana@example.com", ci]
    assert [text(reading, grant.principal_place) for grant in mixed] == [
        '"user:ana@example.com"',
        "google_service_account.ci.member",
    ]
    (grant,) = found["google_service_account_iam_member.self"]
    assert grant.resource.name == "${google_service_account.ci.email}"
    (grant,) = found["module.topic.google_pubsub_topic_iam_binding.publishers"]
    assert grant.principal.text == ci
    assert text(reading, grant.principal_place) == "var.publishers"
    assert grant.principal_place.origin is not None
    assert str(grant.resource) == "pubsub topic shop/orders"
    assert [at.path.rpartition("/")[2] for at in grant.declared.via] == ["main.tf"]


def test_a_policy_that_is_read_during_the_apply_is_known_from_the_source(tmp_path: Path) -> None:
    reading = read([case("after-apply", tmp_path) / "plan.json"], Options())
    found = grants(reading)["google_project_iam_policy.new"]
    assert [grant.principal.text for grant in found] == [
        "group:minters@example.com",
        "serviceAccount:${google_service_account.ci.email}",
    ]
    assert [line(reading, grant.principal_place) for grant in found] == [
        '"group:minters@example.com",',
        "google_service_account.ci.member,",
    ]
    assert {line(reading, grant.role_place) for grant in found} == {'role = "roles/iam.serviceAccountTokenCreator"'}


def test_other_facts_have_the_names_of_the_source(tmp_path: Path) -> None:
    facts: list[Fact] = read([case("after-apply", tmp_path) / "plan.json"], Options()).facts
    (project,) = [fact for fact in facts if isinstance(fact, Project)]
    accounts = [fact for fact in facts if isinstance(fact, ServiceAccount)]
    (policy, *_) = [f for f in facts if isinstance(f, Grant) and f.declared.address == "google_project_iam_policy.new"]
    names = {project.project_id, policy.resource.name, *(account.project for account in accounts)}
    assert len({name if isinstance(name, str) else name.text for name in names}) == 1
    (asked,) = [fact for fact in facts if isinstance(fact, Impersonation)]
    assert asked.target == "deployer@shop.iam.gserviceaccount.com"


def test_every_fact_tells_the_plan(tmp_path: Path) -> None:
    reading = read([case("after-apply", tmp_path) / "plan.json"], Options())
    for fact in reading.facts:
        assert fact.declared.at.path.endswith(".tf")
        assert fact.declared.planned is not None
        assert fact.declared.planned.path.endswith("plan.json")


def test_the_layout_of_the_plan_does_not_matter(tmp_path: Path) -> None:
    path = case("after-apply", tmp_path) / "plan.json"
    before = read([path], Options()).facts
    path.write_text(json.dumps(json.loads(path.read_text()), indent=2))
    assert read([path], Options()).facts == before


# -- where it is written -----------------------------------------------------------------------------------------------


def test_the_working_directory_is_searched_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = case("variables", tmp_path)
    plan = directory / "plan.json"
    elsewhere = tmp_path / "plans"
    elsewhere.mkdir()
    plan.rename(elsewhere / "plan.json")
    monkeypatch.chdir(directory)
    (first, *_) = [fact for fact in read([elsewhere / "plan.json"], Options()).facts if isinstance(fact, Grant)]
    assert first.declared.at.path == "main.tf"


def test_a_variable_that_was_given_has_no_origin_in_its_default(tmp_path: Path) -> None:
    reading = read([case("variables", tmp_path) / "plan.json"], Options())
    for address, (grant,) in grants(reading).items():
        assert grant.principal.text == "user:given@example.com"
        assert text(reading, grant.principal_place) == "var.member"
        assert grant.principal_place.origin is None
        assert text(reading, grant.role_place) == "each.value"
        assert grant.role_place.origin is not None
        assert text(reading, Place(grant.role_place.origin)) == f'"{grant.role}"'
        assert str(grant.role) in address


def test_a_module_that_is_not_there_is_placed_at_its_call(tmp_path: Path) -> None:
    reading = read([case("remote-module", tmp_path) / "plan.json"], Options())
    (grant,) = grants(reading)['module.teams["web"].google_project_iam_binding.minters']
    assert grant.principal.text == "group:web@example.com"
    for place in (grant.principal_place, grant.role_place, grant.resource_place):
        assert text(reading, place) == 'module "teams"'
    assert grant.declared.via == ()


def test_a_module_behind_a_link_that_leads_out_is_not_read(tmp_path: Path) -> None:
    directory = case("after-apply", tmp_path / "inside")
    shutil.move(directory / "topic", tmp_path / "topic")
    (directory / "topic").symlink_to(tmp_path / "topic")
    reading = read([directory / "plan.json"], Options())
    (grant,) = grants(reading)["module.topic.google_pubsub_topic_iam_binding.publishers"]
    assert text(reading, grant.principal_place) == 'module "topic"'
    assert grant.principal.unknown is not None


def test_the_plan_wins_where_the_source_has_moved_on(tmp_path: Path) -> None:
    directory = case("variables", tmp_path)
    path = directory / "main.tf"
    path.write_text(path.read_text().replace("var.member\n", '"user:later@example.com"\n'))
    reading = read([directory / "plan.json"], Options())
    for (grant,) in grants(reading).values():
        assert grant.principal.text == "user:given@example.com"
        assert text(reading, grant.principal_place) == '"user:later@example.com"'
        assert grant.principal_place.origin is None


def test_an_instance_that_the_source_does_not_make_is_placed_on_its_block(tmp_path: Path) -> None:
    directory = case("variables", tmp_path)
    path = directory / "main.tf"
    path.write_text(path.read_text().replace("toset(var.roles)", 'toset(["roles/other"])'))
    reading = read([directory / "plan.json"], Options())
    for (grant,) in grants(reading).values():
        assert text(reading, grant.role_place) == "each.value"
        assert grant.role in ("roles/viewer", "roles/iam.serviceAccountTokenCreator")


def test_source_that_declares_something_else_is_left_alone(tmp_path: Path) -> None:
    directory = case("variables", tmp_path)
    (directory / "main.tf").write_text('resource "google_project_iam_member" "other" {}\n')
    for (grant,) in grants(read([directory / "plan.json"], Options())).values():
        assert grant.declared.at.path.endswith("plan.json")


def test_source_that_cannot_be_read_leaves_the_plan(tmp_path: Path) -> None:
    directory = case("variables", tmp_path)
    (directory / "main.tf").write_text('resource "google_project_iam_member" "one" {\n  role = \n')
    assert len(grants(read([directory / "plan.json"], Options()))) == 2


def test_members_are_found_in_any_order(tmp_path: Path) -> None:
    source = (
        'locals {\n  ben = "user:ben@example.com"\n}\n'
        'resource "google_project_iam_binding" "b" {\n  project = "p"\n  role = "r"\n'
        '  members = [\n    "user:cleo@example.com",\n    local.ben,\n    "user:ana@example.com",\n  ]\n}\n'
    )
    members = ["user:ana@example.com", "user:ben@example.com", "user:cleo@example.com", "user:new@example.com"]
    reading = planned(
        tmp_path, source, "google_project_iam_binding.b", {"project": "p", "role": "r", "members": members}
    )
    found = grants(reading)["google_project_iam_binding.b"]
    assert [(grant.principal.text, grant.principal_place.at.line) for grant in found] == [
        ("user:ana@example.com", 10),
        ("user:ben@example.com", 9),
        ("user:cleo@example.com", 8),
        ("user:new@example.com", 7),
    ]
    origins = [grant.principal_place.origin for grant in found]
    assert [origin.line if origin else None for origin in origins] == [None, 2, None, None]


def planned(tmp_path: Path, source: str, address: str, after: dict[str, Any], **more: Any) -> Reading:
    directory = tmp_path / "root"
    directory.mkdir()
    (directory / "main.tf").write_text(source)
    kind, name = address.split(".")
    change = {"actions": ["create"], "after": after, "after_unknown": more.pop("after_unknown", {})}
    entry = {"address": address, "mode": "managed", "type": kind, "name": name, "change": change}
    document = {"format_version": "1.2", "resource_changes": [entry], **more}
    (directory / "plan.json").write_text(json.dumps(document))
    return read([directory / "plan.json"], Options())


ENCODED = """jsonencode({
  bindings = [
    { role = "roles/a", members = [
      "user:ana@example.com"] },
    { role = "roles/b", members = ["user:ana@example.com",
      "user:ben@example.com"] },
  ]
})"""
HEREDOC = """<<EOT
{"bindings":
  [
    {"role": "roles/a", "members": [
      "user:ana@example.com"]},
    {"role": "roles/b", "members": ["user:ana@example.com",
      "user:ben@example.com"]}
]}
EOT
"""


@pytest.mark.parametrize("written", [ENCODED, HEREDOC])
def test_a_policy_in_the_source_is_placed_part_by_part(tmp_path: Path, written: str) -> None:
    source = f'resource "google_folder_iam_policy" "p" {{\n  folder = "1"\n  policy_data = {written}\n}}\n'
    bindings = [
        {"members": ["user:ben@example.com", "user:ana@example.com"], "role": "roles/b"},
        {"members": ["user:ana@example.com"], "role": "roles/a"},
    ]
    after = {"folder": "1", "policy_data": json.dumps({"bindings": bindings})}
    reading = planned(tmp_path, source, "google_folder_iam_policy.p", after)
    found = grants(reading)["google_folder_iam_policy.p"]
    assert told(found) == [
        ("user:ben@example.com", "roles/b"),
        ("user:ana@example.com", "roles/b"),
        ("user:ana@example.com", "roles/a"),
    ]
    for grant in found:
        assert text(reading, grant.principal_place) == f'"{grant.principal.text}"'
        assert text(reading, grant.role_place) == f'"{grant.role}"'


def test_conditions_are_placed(tmp_path: Path) -> None:
    source = (
        'resource "google_folder_iam_member" "m" {\n  folder = "1"\n  role = "r"\n  member = "user:a@example.com"\n'
        '  condition {\n    title = "t"\n    expression = "request.time < x"\n  }\n}\n'
    )
    condition = {"title": "t", "expression": "request.time < x", "description": ""}
    after = {"folder": "1", "role": "r", "member": "user:a@example.com", "condition": [condition]}
    (grant,) = grants(planned(tmp_path, source, "google_folder_iam_member.m", after))["google_folder_iam_member.m"]
    assert isinstance(grant.condition, Condition)
    assert grant.condition.at is not None
    assert (grant.condition.at.path.rpartition("/")[2], grant.condition.at.line) == ("main.tf", 7)


# -- --source-root -----------------------------------------------------------------------------------------------------


def moved(tmp_path: Path, *directories: str) -> Path:
    """Return a plan far from its source, which is in these directories."""
    source = case("variables", tmp_path)
    for directory in directories:
        shutil.copytree(source, tmp_path / directory, ignore=shutil.ignore_patterns("plan.json"))
    target = tmp_path / "plans"
    target.mkdir()
    return Path(shutil.move(source / "plan.json", target / "plan.json"))


def test_the_source_root_may_hold_the_root_module_deeper(tmp_path: Path) -> None:
    plan = moved(tmp_path, "repo/infra/prod")
    (tmp_path / "repo" / "infra" / "main.tf").write_text('resource "google_project_iam_member" "unlike" {}\n')
    for root in ("repo", "repo/infra/prod"):
        for (grant,) in grants(read([plan], Options(source_root=tmp_path / root))).values():
            assert grant.declared.at.path.endswith("repo/infra/prod/main.tf")


def test_two_directories_that_may_be_it_are_a_unread_part(tmp_path: Path) -> None:
    plan = moved(tmp_path, "repo/a", "repo/b")
    reading = read([plan], Options(source_root=tmp_path / "repo"))
    (unread_part,) = [fact for fact in reading.facts if isinstance(fact, UnreadPart)]
    assert "several directories" in unread_part.reason
    for (grant,) in grants(reading).values():
        assert grant.declared.at.path.endswith("plan.json")


def test_a_source_root_without_the_source_is_said(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    plan = case("variables", tmp_path) / "plan.json"
    reading = read([plan], Options(source_root=tmp_path / "elsewhere"))
    assert reading.errors == []
    (unread_part,) = [fact for fact in reading.facts if isinstance(fact, UnreadPart)]
    assert "elsewhere has no source that declares what the plan has" in unread_part.reason


# -- what references do not show
# ----------------------------------------------------------------------------------------

ACCOUNTS = """
variable "none" {
  default = null
}
resource "google_service_account" "n" {
  count      = 2
  project    = "shop"
  account_id = ["ci", "owner"][count.index]
}
resource "google_service_account_iam_member" "x" {
  count              = 1
  role               = "roles/iam.serviceAccountUser"
"""
CI, OWNER = "ci@shop.iam.gserviceaccount.com", "owner@shop.iam.gserviceaccount.com"


def beside(tmp_path: Path, address: str, source: str, after: dict[str, Any], unknown: dict[str, Any]) -> Reading:
    """Return a plan of one resource; its unknown arguments refer to ``google_service_account.n`` and its index."""
    kind, name = address.split("[", maxsplit=1)[0].split(".")
    head = {"mode": "managed", "type": kind, "name": name}
    change = {"actions": ["create"], "after": after, "after_unknown": unknown}
    refers = {"references": ["google_service_account.n", "count.index"]}
    expressions = {name: [{"email": refers}] if name == "service_account" else refers for name in unknown}
    block = {"address": f"{kind}.{name}", "provider_config_key": "google", "expressions": expressions}
    plan = {
        "format_version": "1.2",
        "resource_changes": [{**head, "address": address, "change": change}],
        "configuration": {"root_module": {"resources": [block]}},
    }
    folder = tmp_path / "infra"
    folder.mkdir()
    (folder / "main.tf").write_text(source)
    (folder / "plan.json").write_text(json.dumps(plan))
    return read([folder / "plan.json"], Options())


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ("google_service_account.n[count.index].name", CI),
        ("google_service_account.n[count.index + 1].name", OWNER),
        ("google_service_account.n[1 - count.index].name", OWNER),
        ("element(google_service_account.n, count.index + 3).name", OWNER),
        ("reverse(google_service_account.n[*].name)[count.index]", OWNER),
        ('replace(google_service_account.n[count.index].name, "ci@", "owner@")', OWNER),
        ('count.index == 0 ? google_service_account.n[1].name : "x"', OWNER),
    ],
)
def test_the_source_says_which_account_is_meant(tmp_path: Path, account: str, expected: str) -> None:
    source = f'{ACCOUNTS}  service_account_id = {account}\n  member = "user:ana@example.com"\n}}\n'
    after = {"role": "roles/iam.serviceAccountUser", "member": "user:ana@example.com"}
    found = beside(tmp_path, "google_service_account_iam_member.x[0]", source, after, {"service_account_id": True})
    ((grant,),) = grants(found).values()
    assert grant.resource.name == expected


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ("google_service_account.n[count.index].member", f"serviceAccount:{CI}"),
        ('length(google_service_account.n[0].email) > 0 ? "allUsers" : "user:x@example.com"', "allUsers"),
        ('"user:${google_service_account.n[count.index].account_id}@example.com"', "user:ci@example.com"),
    ],
)
def test_the_source_says_which_member_is_meant(tmp_path: Path, member: str, expected: str) -> None:
    source = f'{ACCOUNTS}  service_account_id = "projects/-/serviceAccounts/{CI}"\n  member = {member}\n}}\n'
    after = {"role": "roles/iam.serviceAccountUser", "service_account_id": f"projects/-/serviceAccounts/{CI}"}
    found = beside(tmp_path, "google_service_account_iam_member.x[0]", source, after, {"member": True})
    ((grant,),) = grants(found).values()
    assert grant.principal.text == expected


INSTANCE = """
resource "google_compute_instance" "x" {
  name = "x"
  service_account {
    scopes = ["cloud-platform"]
"""


@pytest.mark.parametrize(
    ("email", "default"),
    [
        ("    email = null\n", "compute"),
        ("    email = var.none\n", "compute"),
        ("    email = try(google_service_account.n[7].email, null)\n", "compute"),
        ("    email = google_service_account.n[0].email\n", None),
        ("    email = var.unset\n", "unknown"),
    ],
)
def test_null_is_nothing_in_a_plan_as_in_source(tmp_path: Path, email: str, default: str | None) -> None:
    head = 'variable "unset" {}\n' + ACCOUNTS.partition('resource "google_service_account_iam_member"')[0]
    after = {"name": "x", "service_account": [{"scopes": ["cloud-platform"]}]}
    unknown = {"service_account": [{"email": True}]}
    found = beside(tmp_path, "google_compute_instance.x", f"{head}{INSTANCE}{email}  }}\n}}\n", after, unknown)
    for one in (found, read([tmp_path / "infra" / "main.tf"], Options())):
        (attachment,) = (fact for fact in one.facts if isinstance(fact, Attachment))
        assert ("unknown" if isinstance(attachment.default, Unknown) else attachment.default) == default


def test_a_set_that_the_source_knows_is_as_the_source_has_it(tmp_path: Path) -> None:
    written = '["user:ana@example.com", google_service_account.n[0].member]'
    source = ACCOUNTS.replace("_iam_member", "_iam_binding")
    source += f'  service_account_id = "projects/-/serviceAccounts/{OWNER}"\n  members = {written}\n}}\n'
    after = {"role": "roles/iam.serviceAccountUser", "service_account_id": f"projects/-/serviceAccounts/{OWNER}"}
    found = beside(tmp_path, "google_service_account_iam_binding.x[0]", source, after, {"members": True})
    (several,) = grants(found).values()
    assert {grant.principal.text for grant in several} == {"user:ana@example.com", f"serviceAccount:{CI}"}
