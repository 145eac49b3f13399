"""Assertions: what violates them, what holds, what is unknown; their documents, and the command line."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from iamlint.assertions import Verdicts, check_assertions, coverage, load_assertions
from iamlint.cli import main
from iamlint.estate import Estate
from iamlint.logic.path_globs import PathGlobs
from iamlint.roles import catalog
from iamlint.sources import read
from iamlint.sources.reading import Options
from tests.comparison.conftest import TOKEN, account, in_project, on_account

KEYS = "roles/iam.serviceAccountKeyAdmin"
CHAIN = (
    account("deploy", '"shop-prod"')
    + account("ci", '"shop-dev"')
    + on_account("dev", "ci", "group:dev@x.example")
    + on_account("ci", "deploy", "serviceAccount:ci@shop-dev.iam.gserviceaccount.com")
)
CI = "serviceAccount:ci@shop-dev.iam.gserviceaccount.com"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def estate(text: str) -> Estate:
    Path("main.tf").write_text(text, encoding="utf-8")
    reading = read([Path()], Options(exclude=PathGlobs(("assertions/*",))))
    assert not reading.errors
    return Estate(reading.facts, catalog(), date(2026, 11, 1))


def asserted(clause: str) -> Any:
    Path("asserted.yaml").write_text(f"assertions:\n  - id: it\n    {clause}\n", encoding="utf-8")
    found, errors = load_assertions([Path("asserted.yaml")])
    assert not errors, errors
    return found


def checked(clause: str, text: str = CHAIN) -> Verdicts:
    return check_assertions(asserted(clause), estate(text))


@pytest.mark.parametrize(
    ("clause", "violations"),
    [
        ('forbid: {from: "group:dev@*", to: "serviceAccount:*@*-prod.*"}', ["group:dev@x.example"]),
        ('forbid: {from: "group:dev@*", to: "*@shop-prod.*", by: [identity]}', ["group:dev@x.example"]),
        ('forbid: {from: "group:dev@*", to: "*@shop-prod.*", unless: ["group:dev@x.example"]}', []),
        ('forbid: {from: "group:dev@*", to: "*@shop-prod.*", by: [token]}', ["group:dev@x.example"]),
        ('forbid: {from: "group:dev@*", to: "*@shop-prod.*", by: [id_token]}', ["group:dev@x.example"]),
        ('forbid: {from: "group:dev@*", to: "*@shop-prod.*", by: key}', []),
        ('forbid: {from: "user:*", to: "*"}', []),
        (f'allow-only: {{from: "{CI}", to: "*@shop-prod.*"}}', ["group:dev@x.example"]),
        (f'allow only: {{from: ["{CI}", "group:*"], to: "*@shop-prod.*"}}', []),
        (f'require: {{from: "{CI}", to: "deploy@*"}}', []),
        (f'require: {{from: "{CI}", to: "deploy@*", by: [key]}}', [CI]),
        ('require: {from: "user:ana@x.example", to: "deploy@*"}', ["user:ana@x.example"]),
        ('require: {from: "group:dev@x.example", to: "deploy@*"}', []),
    ],
)
def test_what_violates_an_assertion(clause: str, violations: list[str]) -> None:
    found = checked(clause)
    assert [one.principal for one in found.findings] == violations
    assert all(one.severity is None for one in found.unknown_answers)


def test_a_violation_shows_the_shortest_path_with_lines() -> None:
    (finding,) = checked('forbid: {from: "group:dev@*", to: "*@shop-prod.*", reason: by the pipeline}').findings
    assert "over 2 hops" in finding.message
    assert finding.message.endswith("must not: by the pipeline")
    assert CHAIN.splitlines()[finding.at.line - 1].strip() == 'member             = "group:dev@x.example"'
    assert [one.message.partition(" by ")[0] for one in finding.related] == [
        f"group:dev@x.example becomes {CI}",
        f"{CI} becomes serviceAccount:deploy@shop-prod.iam.gserviceaccount.com",
        "the assertion",
    ]


def test_what_is_not_known_is_a_unknown_answer_and_no_finding() -> None:
    condition = 'condition {\n title = "t"\n expression = var.x\n}'
    unknown = 'variable "x" {}\n' + account("a") + on_account("g", "a", "group:dev@x.example", TOKEN, condition)
    for clause in ('forbid: {from: "group:*", to: "a@*"}', 'require: {from: "group:dev@x.example", to: "a@*"}'):
        found = checked(clause, unknown)
        assert not found.findings
        assert [one.severity for one in found.unknown_answers] == ["high"]
    (unknown_answer,) = checked('forbid: {from: "group:*", to: "nobody@*"}', unknown).unknown_answers
    assert (unknown_answer.severity, unknown_answer.reason) == (
        "high",
        "no service account of the input matches nobody@*",
    )


@pytest.mark.parametrize(
    ("clause", "reason"),
    [
        (
            'forbid: {from: "group:*", to: "deplo@shop-prod.iam.gserviceaccount.com"}',
            "matches deplo@shop-prod.iam.gserviceaccount.com: did you mean `deploy@shop-prod.iam.gserviceaccount.com`?",
        ),
        (
            'forbid: {from: "group:dve@x.example", to: "*"}',
            "matches group:dve@x.example: did you mean `dev@x.example`?",
        ),
        (
            'forbid: {from: "github:acme/shop", to: "*"}',
            "matches github:acme/shop: forbid and allow-only take principals as policies write them",
        ),
    ],
)
def test_names_that_match_nothing_have_a_hint(clause: str, reason: str) -> None:
    (unknown_answer,) = checked(clause).unknown_answers
    assert unknown_answer.reason.endswith(reason)


@pytest.mark.parametrize("by", ["[identity]", "[key]"])
def test_a_grant_that_may_be_above_the_project_is_a_unknown_answer(by: str) -> None:
    above = (
        account("a")
        + f"""
resource "google_organization_iam_member" "g" {{
  org_id = "42"
  role   = "{KEYS}"
  member = "group:dev@x.example"
}}
"""
    )
    for clause in (
        f'forbid: {{from: "group:*", to: "a@*", by: {by}}}',
        f'require: {{from: "group:dev@x.example", to: "a@*", by: {by}}}',
        f'allow-only: {{from: "user:ana@x.example", to: "a@*", by: {by}}}',
    ):
        found = checked(clause, above)
        assert not found.findings
        (unknown_answer,) = found.unknown_answers
        assert "does not show whether project shop is in organization 42" in unknown_answer.reason


def test_a_closed_path_is_no_violation_and_a_required_one_is() -> None:
    off = account("a", more="disabled = true") + on_account("g", "a", "group:dev@x.example")
    assert not checked('forbid: {from: "group:*", to: "a@*"}', off).findings
    (finding,) = checked('require: {from: "group:dev@x.example", to: "a@*"}', off).findings
    assert "cannot become" in finding.message


def test_a_grant_on_the_project_counts_for_each_of_its_accounts() -> None:
    many = "".join(account(f"sa-{number}") for number in range(5)) + in_project("p", "group:dev@x.example", KEYS)
    assert len(checked('forbid: {from: "group:dev@*", to: "*@shop.*", by: [key]}', many).findings) == 5


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("assertions:\n  - forbid: {from: a, too: b}\n", "unknown key `too`"),
        ("assertions:\n  - forbid: {from: a}\n", "the key `to` is missing"),
        ("assertions:\n  - {id: x}\n", "give exactly one of `forbid`, `allow-only` and `require`"),
        ("assertions:\n  - {forbid: {from: a, to: b}, require: {from: a, to: b}}\n", "give exactly one"),
        ("assertions:\n  - forbid: {from: a, to: b, by: [tokn]}\n", "'tokn', which is no method"),
        ("assertions:\n  - {severity: bad, forbid: {from: a, to: b}}\n", "`assertions[0].severity` is 'bad'"),
        (
            "assertions:\n  - {id: x, forbid: {from: a, to: b}}\n  - {id: x, forbid: {from: a, to: b}}\n",
            "id of another",
        ),
        ("assertions: 3\n", "must be a list"),
        ("asertions: []\n", "unknown key `asertions`"),
        ("assertions: [\n", "line"),
    ],
)
def test_a_mistake_in_a_document_has_its_place(text: str, reason: str) -> None:
    Path("assertions").mkdir()
    Path("assertions/a.yaml").write_text(text, encoding="utf-8")
    _, errors = load_assertions([Path("assertions")])
    assert errors
    assert reason in " ".join(one.reason for one in errors) or reason == "line"
    assert errors[0].at.path == "assertions/a.yaml"


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as done:
        main(list(arguments))
    return int(done.value.code or 0)


FORBID = '{id: no-dev, severity: critical, owner: us, forbid: {from: "group:dev@*", to: "*@shop-prod.*", reason: r}}'


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "markdown"])
def test_check_reports_violations_in_every_format(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("main.tf").write_text(CHAIN, encoding="utf-8")
    Path(".iamlint.yaml").write_text(f"assertions:\n  - {FORBID}\n", encoding="utf-8")
    assert run("check", "--select", "assertions", "--format", form) == 1
    told = capsys.readouterr().out
    assert "no-dev" in told
    assert "group:dev" in told


def test_the_folder_and_the_configuration_count_and_no_config_leaves_them_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("main.tf").write_text(CHAIN, encoding="utf-8")
    Path("assertions").mkdir()
    Path("assertions/a.yaml").write_text(f"assertions:\n  - {FORBID}\n", encoding="utf-8")
    Path(".iamlint.yaml").write_text(f"assertions:\n  - {FORBID.replace('no-dev', 'other')}\n", encoding="utf-8")
    run("check", "--format", "json")
    rules = {one["rule"] for one in json.loads(capsys.readouterr().out)["findings"]}
    assert {"no-dev", "other"} <= rules
    run("check", "--format", "json", "--select", "no-dev")
    assert {one["rule"] for one in json.loads(capsys.readouterr().out)["findings"]} == {"no-dev"}
    run("check", "--format", "json", "--ignore", "assertions")
    assert not {"no-dev", "other"} & {one["rule"] for one in json.loads(capsys.readouterr().out)["findings"]}
    run("check", "--format", "json", "--no-config")
    assert not {"no-dev", "other"} & {one["rule"] for one in json.loads(capsys.readouterr().out)["findings"]}


def test_an_unknown_answer_fails_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    Path("main.tf").write_text(account("a"), encoding="utf-8")
    Path(".iamlint.yaml").write_text('assertions:\n  - forbid: {from: "*", to: "b@*"}\n', encoding="utf-8")
    assert run("check", "--select", "assertions") == 0
    assert run("check", "--select", "assertions", "--fail-on-unknown") == 1
    assert run("check", "--select", "assertions", "--coverage") == 0
    assert "iamlint-forbid-1: 1 principal, 0 accounts" in capsys.readouterr().out
    assert run("check", "--select", "keys", "--coverage") == 0
    assert "coverage: no assertions were checked\n" in capsys.readouterr().out


ENTRY = "{rule: RULE, principal: 'group:dev@*', reason: until the pipeline is there, until: '2027-03-31'}"


@pytest.mark.parametrize("name", ["no-dev", "assertions/no-dev", "assertions", "assertions/*"])
def test_the_configuration_accepts_a_violation(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    estate(CHAIN)
    written = f"assertions: [{FORBID}]\naccept: [{ENTRY.replace('RULE', name)}]\nselect: [assertions, acceptance]\n"
    Path(".iamlint.yaml").write_text(written, encoding="utf-8")
    assert run("check", ".", "--format", "json", "--as-of", "2026-11-28") == 0
    (accepted,) = json.loads(capsys.readouterr().out)["accepted"]
    assert (accepted["rule"], accepted["reason"]) == ("no-dev", "until the pipeline is there")
    assert accepted["accepted_at"]["path"] == ".iamlint.yaml"
    assert run("check", ".", "--no-ignore", "--format", "json") == 1
    capsys.readouterr()
    assert run("check", ".", "--format", "json", "--as-of", "2027-04-01") == 1
    over = json.loads(capsys.readouterr().out)["findings"]
    assert {one["rule"] for one in over} == {"no-dev", "expired-acceptance"}
    other = written.replace("'group:dev@*'", "'group:ops@*'")
    Path(".iamlint.yaml").write_text(other, encoding="utf-8")
    assert run("check", ".", "--format", "json", "--as-of", "2026-11-28") == 1
    unused = json.loads(capsys.readouterr().out)["findings"]
    assert {one["rule"] for one in unused} == {"no-dev", "unused-acceptance"}


def test_a_baseline_knows_violations_and_a_comment_accepts_none(capsys: pytest.CaptureFixture[str]) -> None:
    estate(CHAIN.replace("role               =", "# iamlint: ignore[no-dev] mine\n  role ="))
    Path(".iamlint.yaml").write_text(f"assertions: [{FORBID}]\nselect: [assertions]\n", encoding="utf-8")
    assert run("check", ".") == 2
    assert "this comment names the assertion `no-dev`, which no comment accepts" in capsys.readouterr().err
    estate(CHAIN)
    assert run("check", ".", "--write-baseline", "known.json") == 0
    assert run("check", ".", "--baseline", "known.json") == 0


def test_an_unknown_answer_may_be_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    estate(CHAIN)
    unknown = FORBID.replace("shop-prod", "nowhere")
    accept = "accept: [{rule: no-dev, reason: looked at}]\n"
    for entry, code in (("", 1), (accept, 0)):
        Path(".iamlint.yaml").write_text(f"assertions: [{unknown}]\nselect: [assertions]\n{entry}", encoding="utf-8")
        assert run("check", ".", "--fail-on-unknown") == code, capsys.readouterr().out


def test_a_wrong_document_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    Path("main.tf").write_text(account("a"), encoding="utf-8")
    Path(".iamlint.yaml").write_text("assertions:\n  - forbidden: {}\n", encoding="utf-8")
    assert run("check") == 2
    assert ".iamlint.yaml:2" in capsys.readouterr().err


def test_coverage_names_what_is_not_in_the_input() -> None:
    text = CHAIN + in_project("p", "group:dev@x.example", TOKEN)
    lines = "\n".join(coverage(asserted('forbid: {from: "group:dev@*", to: "*@shop-prod.*"}'), estate(text)))
    assert "it: 1 principal, 1 account of the input" in lines
    assert "nothing above project shop-prod" in lines
    assert "members are not in the input of: group:dev@x.example" in lines


def test_iamlint_test_runs_examples(capsys: pytest.CaptureFixture[str]) -> None:
    opens = "\n".join(f"            {line}" for line in CHAIN.splitlines())
    shut = "\n".join(f"            {line}" for line in account("deploy", '"shop-prod"').splitlines())
    Path("assertions").mkdir()
    document = (
        'assertions:\n  - id: it\n    forbid: {from: "group:dev@*", to: "*@shop-prod.*"}\n    examples:\n'
        f"      violates:\n        - terraform: |\n{opens}\n      holds:\n        - terraform: |\n{shut}\n"
    )
    Path("assertions/a.yaml").write_text(document, encoding="utf-8")
    assert run("test", "assertions") == 0
    assert "assertions/it  (2 examples)" in capsys.readouterr().out
    Path("assertions/a.yaml").write_text(document.replace("group:dev@*", "group:ops@*"), encoding="utf-8")
    assert run("test", "assertions/a.yaml") == 1
    assert "does not violate" in capsys.readouterr().out


REQUIRED = 'require: {from: "FROM", to: "deploy@*"}'
FOR_GROUP = account("deploy", '"shop-prod"') + on_account("g", "deploy", "group:dev@x.example")
MEMBER = """
resource "google_cloud_identity_group" "dev" {
  parent = "customers/C1"
  group_key { id = "dev@x.example" }
}
resource "google_cloud_identity_group_membership" "ana" {
  group = google_cloud_identity_group.dev.id
  preferred_member_key { id = "ana@x.example" }
}
"""
FEDERATED = """
locals {
  pool = google_iam_workload_identity_pool.ci.name
}
resource "google_iam_workload_identity_pool" "ci" {
  project                   = "shop-prod"
  workload_identity_pool_id = "ci"
}
resource "google_iam_workload_identity_pool_provider" "github" {
  project                            = "shop-prod"
  workload_identity_pool_id          = google_iam_workload_identity_pool.ci.workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository"
  }
  attribute_condition                = "assertion.repository_owner == 'shop'"
  oidc { issuer_uri = "https://token.actions.githubusercontent.com" }
}
resource "google_service_account_iam_member" "github" {
  service_account_id = google_service_account.deploy.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${local.pool}/attribute.repository/shop/app"
}
"""


@pytest.mark.parametrize(
    ("caller", "text", "violated", "unknown"),
    [
        ("user:ana@x.example", FOR_GROUP, False, "whether user:ana@x.example is a member of dev@x.example"),
        ("user:ana@x.example", FOR_GROUP + MEMBER, False, ""),
        ("user:zoe@x.example", FOR_GROUP + MEMBER, False, "whether user:zoe@x.example is a member"),
        ("github:shop/app", account("deploy", '"shop-prod"') + FEDERATED, False, ""),
        ("github:shop/other", account("deploy", '"shop-prod"') + FEDERATED, True, ""),
        ("github:other/app", account("deploy", '"shop-prod"') + FEDERATED, True, ""),
        ("github:shop", account("deploy", '"shop-prod"') + FEDERATED, False, "is not OWNER/REPOSITORY"),
    ],
)
def test_what_must_be_possible_is_diagnosed(caller: str, text: str, unknown: str, *, violated: bool) -> None:
    found = checked(REQUIRED.replace("FROM", caller), text)
    assert bool(found.findings) is violated
    assert bool(found.unknown_answers) is bool(unknown)
    assert all(unknown in one.reason for one in found.unknown_answers)


def test_a_violated_requirement_says_which_step_fails_and_where() -> None:
    elsewhere = account("deploy", '"shop-prod"') + in_project("ci", CI, TOKEN, '"shop-dev"')
    (finding,) = checked(REQUIRED.replace("FROM", CI), elsewhere).findings
    assert finding.message.startswith(
        f"{CI} cannot become deploy@shop-prod.iam.gserviceaccount.com, and must be able to ("
    )
    assert "shop-dev" in finding.message
    assert [one.at.path for one in finding.related] == ["main.tf", "asserted.yaml"]


def test_a_requirement_to_attach_asks_about_the_right_to_attach() -> None:
    clause = 'require: {from: "user:ana@x.example", to: "deploy@*", by: [attach-create]}'
    user = "roles/iam.serviceAccountUser"
    (finding,) = checked(clause, account("deploy") + on_account("a", "deploy", "user:bob@x.example", user)).findings
    assert "iam.serviceAccounts.actAs" in finding.message


def test_a_path_over_other_methods_or_several_hops_is_enough() -> None:
    keys = account("deploy") + on_account("k", "deploy", "user:ana@x.example", KEYS)
    assert not checked(REQUIRED.replace("FROM", "user:ana@x.example"), keys).findings
    assert not checked(REQUIRED.replace("FROM", "group:dev@x.example")).findings


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run("explain", *arguments)
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize("name", ["no-dev", "assertions/no-dev", "assertions"])
def test_explain_shows_an_assertion_and_where_it_is_defined(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(".iamlint.yaml").write_text(f"select: [default]\nassertions:\n- {FORBID}\n", encoding="utf-8")
    code, out, err = explained(capsys, name)
    assert (code, err) == (0, "")
    assert out.startswith("# no-dev\n")
    assert "defined at `.iamlint.yaml:3`" in out


def test_explain_shows_the_examples_and_the_owner_of_an_assertion(capsys: pytest.CaptureFixture[str]) -> None:
    Path("assertions").mkdir()
    written = {
        "id": "no-dev",
        "forbid": {"from": "group:dev@*", "to": "*", "by": ["key"], "unless": "group:dev@ops.example", "reason": "BEC"},
        "owner": "platform",
        "examples": {"violates": [{"terraform": "# one"}], "holds": [{"terraform": "# two"}]},
    }
    Path("assertions/dev.yaml").write_text(json.dumps({"assertions": [written]}), encoding="utf-8")
    code, out, _ = explained(capsys, "no-dev")
    assert code == 0
    for part in ("`assertions/dev.yaml:1`", "BEC Owner: platform.", "`by`: `key`", "`unless`: `group:dev@ops.example`"):
        assert part in out
    assert out.index("## Violated by") < out.index("# one") < out.index("## Satisfied by") < out.index("# two")


def test_explain_of_a_name_that_neither_has_says_which_is_near(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.yaml").write_text(f"assertions:\n- {FORBID}\n", encoding="utf-8")
    assert explained(capsys, "no-dve")[0] == 2
    code, out, err = explained(capsys, "no-dve", "--assertions", "mine.yaml")
    assert (code, out) == (2, "")
    assert "no rule, family or assertion is called `no-dve` (did you mean `no-dev`?)" in err
    Path("mine.yaml").write_text("assertions:\n- {id: no-dev}\n", encoding="utf-8")
    code, _, err = explained(capsys, "no-dev", "--assertions", "mine.yaml")
    assert code == 2
    assert "mine.yaml:2:3: give exactly one of" in err
