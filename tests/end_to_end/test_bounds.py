"""Every run ends: too much input is an error or unknown with its place, and the rest is still checked."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from iamlint import budget
from iamlint.access import blocking
from iamlint.budget import Allowance
from iamlint.cli import main
from iamlint.conditions import evaluation
from iamlint.conditions.context import Context, Tag
from iamlint.estate import blockers
from iamlint.facts import Provider
from iamlint.federation import admission, unmatched
from iamlint.federation.issuers import Issuer
from iamlint.federation.private_issuers import issuer_of
from iamlint.files import compressed
from iamlint.finding import Finding
from iamlint.graph.delegation import MOST_HOPS
from iamlint.hcl.syntax import Node
from iamlint.hcl.walk import walk
from iamlint.linter import lint
from iamlint.location import SourceText
from iamlint.patterns import permission_places
from iamlint.principals import read_principal
from iamlint.queries.federation import grants, provider_conditions
from iamlint.reporters import FORMATS, render, sarif
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.report import Report
from iamlint.roles import MOST_SEARCHES, catalog
from iamlint.rules import workload
from iamlint.rules.catalog import load_rules
from iamlint.rules.document import read_rule
from iamlint.rules.rule import Rule
from iamlint.rules.workload import too_large
from iamlint.sources import read
from iamlint.sources.gcloud.stream import MOST_IN_A_ROW
from iamlint.sources.reading import Options
from iamlint.sources.terraform.evaluation import evaluator
from iamlint.testing import run_examples

Check = Callable[..., Report]
TOKENS = "roles/iam.serviceAccountTokenCreator"


def member(name: str, who: str, role: str = f'"{TOKENS}"') -> str:
    return (
        f'resource "google_project_iam_member" "{name}" {{\n  project = "shop"\n  role = {role}\n  member = {who}\n}}\n'
    )


HONEST = member("honest", '"user:ana@example.com"')


def addresses(report: Report) -> set[str | None]:
    return {finding.address for finding in report.findings}


def doubled(first: str, step: str, times: int = 45) -> str:
    lines = [f"a0 = {first}", *(f"a{n + 1} = {step.replace('#', f'local.a{n}')}" for n in range(times))]
    return "locals {\n" + "\n".join(lines) + "\n}\n"


# -- texts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "step",
    [
        '"${#}${#}"',
        '"${#}, ${#}"',
        'join("", [#, #])',
        'format("%s-%s", #, #)',
        '"%{ for x in [1, 2] }${#}%{ endfor }"',
    ],
)
@pytest.mark.parametrize("first", ['"x${var.v}y"', '"user:${var.v}"', "var.v", '"ten letters"'])
def test_texts_that_double_are_unknown_with_their_place(check: Check, step: str, first: str) -> None:
    text = 'variable "v" {}\n' + doubled(first, step) + HONEST + member("long", '"user:${local.a45}@example.com"')
    report = check({"main.tf": text}, select=("broad-token-creator",))
    assert addresses(report) >= {"google_project_iam_member.honest"}
    told = [*(one.message for one in report.findings), *(one.reason for one in report.unknown_answers)]
    assert any("longer than iamlint evaluates" in text for text in told) or len(report.findings) == 2
    assert len(render("json", report, Presentation())) < 20_000


# -- the steps of a run, shared out ------------------------------------------------------------------------------------

LOOP = "length([for a in range(900) : [for b in range(900) : a + b]])"
DYNAMIC = 'dynamic "x" {\n  for_each = range(900)\n  content {\n    y = 1\n    INNER\n  }\n}\n'
DYNAMIC = DYNAMIC.replace("INNER", DYNAMIC.replace("INNER", ""))
HUNGRY = {
    "loops": {"bad/main.tf": "".join(member(f"x{n}", LOOP) for n in range(3))},
    "locals": {
        "bad/main.tf": f"locals {{\n  many = [for a in range(900) : {LOOP}]\n}}\n" + member("x", "local.many[0]")
    },
    "instances": {"bad/main.tf": member("x", '"user:${count.index}@b.c"').replace("{\n", "{\n  count = 9000\n")},
    "modules": {
        "bad/main.tf": 'module "m" {\n  source = "../m"\n  count = 5000\n}\n',
        "m/main.tf": member("x", '"user:a@b.c"'),
    },
    "facts": {
        "bad/main.tf": 'resource "google_project_iam_binding" "b" {\n  project = "p"\n  role = "roles/owner"\n'
        '  members = [for a in range(1000) : "user:a${a}@b.c"]\n}\n'
    },
    "blocks": {"bad/main.tf": f'resource "google_cloud_run_v2_job" "x" {{\n{DYNAMIC}}}\n' * 3},
    "commands": {
        "bad/main.tf": 'resource "null_resource" "x" {\n  count = 9000\n  provisioner "local-exec" {\n'
        '    command = "gcloud describe ${count.index}"\n  }\n}\n'
    },
    "arguments": {
        "bad/main.tf": member("x", '"user:a@b.c"').replace(
            "{\n", "{\n  count = 900\n" + "".join(f"  a{n} = 1\n" for n in range(300))
        )
    },
    "objects": {
        "bad/main.tf": "".join(
            f'resource "a" "b{n}" {{\n  count = 9000\n}}\n' + member(f"x{n}", f"a.b{n}[7].c") for n in range(3)
        )
    },
    "conditions": {
        "bad/main.tf": member("x", '"user:a@b.c"').replace(
            "{\n",
            '{\n  count = 900\n  condition {\n    title = "t"\n'
            f'    expression = "{" || ".join(["true"] * 60)} || ${{count.index}} == 7"\n  }}\n',
            1,
        )
    },
    "permissions": {
        "bad/main.tf": 'resource "google_project_iam_custom_role" "r" {\n  count = 900\n  project = "p"\n'
        '  role_id = "r${count.index}"\n  permissions = [for n in range(500) : "a.b.c${n}"]\n}\n'
    },
    "directories": {
        "bad/main.tf": "".join(member(f"x{n}", f'one(fileset("..", "**/{n}*"))') for n in range(9)),
        **{f"bad/d{n}/f.txt": "x" for n in range(200)},
    },
    "unknown blocks": {"bad/main.tf": "".join(f"x{n} {{}}\n" for n in range(1500))},
    "providers": {
        "bad/main.tf": 'module "m" {\n  source = "../m"\n  count = 900\n}\n',
        "m/main.tf": "".join(f'provider "google" {{\n  alias = "p{n}"\n}}\n' for n in range(100)),
    },
}


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of thirty thousand steps, however much it reads."""
    monkeypatch.setattr(budget, "STEPS", 30_000)
    monkeypatch.setattr(budget, "STEPS_A_BYTE", 0)


@pytest.mark.usefixtures("few_steps")
@pytest.mark.parametrize(("kind", "honest"), list(zip(HUNGRY, ["a", "zz"] * len(HUNGRY), strict=False)))
def test_a_hungry_root_module_takes_nothing_from_the_others(
    check: Check, kind: str, honest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others come before it, or after it, by turns."""
    monkeypatch.setattr(budget, "STEPS", 10_000)
    others = {f"{honest}{n}/main.tf": HONEST + member(f"of{n}", f'"user:{n}@example.com"') for n in range(8)}
    report = check({**HUNGRY[kind], **others}, select=("broad-token-creator",), options=Options(allowance=Allowance()))
    assert {f"google_project_iam_member.of{n}" for n in range(8)} <= addresses(report)
    assert [error.at.path for error in report.errors] == ["bad"]
    assert "the rest is left out" in report.errors[0].reason


@pytest.mark.usefixtures("few_steps")
def test_many_hungry_root_modules_take_nothing_from_the_others(check: Check) -> None:
    hungry = {f"bad{n}/main.tf": HUNGRY["loops"]["bad/main.tf"] for n in range(9)}
    report = check({**hungry, "honest/main.tf": HONEST}, select=("broad-token-creator",))
    assert addresses(report) == {"google_project_iam_member.honest"}
    assert [error.at.path for error in report.errors] == [f"bad{n}" for n in range(9)]


@pytest.mark.usefixtures("few_steps")
@pytest.mark.parametrize("kind", HUNGRY)
def test_what_is_written_plainly_is_read_though_the_steps_are_spent(check: Check, kind: str) -> None:
    files = {**HUNGRY[kind], "bad/zz.tf": HONEST}
    report = check(files, select=("broad-token-creator",))
    assert "google_project_iam_member.honest" in addresses(report)
    assert [error.at.path for error in report.errors] == ["bad"]


def test_the_blocks_of_a_module_are_gone_over_once_for_all_its_instances(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(evaluator, "runs", lambda _mode, declared: bool(asked.append(declared.block.label(1))))
    idle = "".join(f'resource "null_resource" "x{n}" {{}}\n' for n in range(50))
    call = 'module "m" {\n  source = "../m"\n  count = 30\n}\n'
    report = check({"bad/main.tf": call + HONEST, "other/main.tf": call, "m/main.tf": idle})
    assert report.errors == ()
    assert sorted(asked) == sorted(["honest", *(f"x{n}" for n in range(50))])


def test_names_in_nested_tries_are_looked_for_once(monkeypatch: pytest.MonkeyPatch, check: Check) -> None:
    walked: list[object] = []

    def counted(node: Node) -> Iterator[Node]:
        for found in walk(node):
            walked.append(found)
            yield found

    monkeypatch.setattr("iamlint.hcl.walk.walk", counted)

    def of(depth: int) -> int:
        walked.clear()
        nested = "try(" * depth + "var.x.y" + ", can(1 + 1))" * depth
        report = check({"main.tf": 'variable "x" {}\n' + member("x", f'"user:${{{nested}}}@b.c"')})
        assert report.errors == ()
        return len(walked)

    assert 0 < of(60) < 2.5 * of(30)


@pytest.mark.usefixtures("few_steps")
def test_the_same_is_left_out_each_time(check: Check) -> None:
    files = {**HUNGRY["loops"], "other/main.tf": HUNGRY["facts"]["bad/main.tf"], "honest/main.tf": HONEST}
    first, second = (render("json", check(files), Presentation()) for _ in range(2))
    assert first == second


def test_a_run_of_few_steps_has_no_errors(check: Check) -> None:
    assert check({f"r{n}/main.tf": HONEST for n in range(50)}).errors == ()


# -- time --------------------------------------------------------------------------------------------------------------


class Ticking:
    """A clock that advances by a second at each reading."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def test_what_there_is_no_time_to_read_is_listed(check: Check) -> None:
    files = {f"r{n}/main.tf": HONEST.replace("honest", f"honest{n}") for n in range(40)}
    options = Options(allowance=Allowance(100, Ticking()))
    report = check(files, select=("broad-token-creator",), options=options)
    assert {error.at.path for error in report.errors} <= {f"r{n}" for n in range(40)}
    assert all("--max-time" in error.hint for error in report.errors)
    read = {finding.at.path.partition("/")[0] for finding in report.findings}
    assert read.isdisjoint(error.at.path for error in report.errors)
    assert len(read) + len(report.errors) == 40
    assert report.errors


def test_the_rules_that_there_is_no_time_for_are_listed(check: Check) -> None:
    report = check({"main.tf": HONEST}, select=("broad-token-creator",), allowance=Allowance(1, Ticking()))
    (error,) = report.errors
    assert "broad-token-creator" in error.reason
    assert report.findings == ()


@pytest.mark.parametrize("seconds", ["0", "-1", "soon"])
def test_a_time_that_is_none_is_refused(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["check", "--max-time", seconds, "."])
    assert left.value.code == 2
    assert "--max-time" in capsys.readouterr().err


# -- chains ------------------------------------------------------------------------------------------------------------


def account(number: int) -> str:
    return f"a{number}@p.iam.gserviceaccount.com"


ROLE = (
    'resource "google_organization_iam_custom_role" "r" {\n  org_id = "1"\n  role_id = "d"\n  title = "d"\n'
    '  permissions = ["iam.serviceAccounts.implicitDelegation", "iam.serviceAccounts.getAccessToken"]\n}\n'
)
OWNER = member("owner", f'"serviceAccount:{account(0)}"', '"roles/owner"').replace("shop", "p")


def link(onto: int, holder: int) -> str:
    return (
        f'resource "google_service_account_iam_member" "g{onto}_{holder}" {{\n'
        f'  service_account_id = "projects/p/serviceAccounts/{account(onto)}"\n'
        f'  role = "organizations/1/roles/d"\n  member = "serviceAccount:{account(holder)}"\n}}\n'
    )


def estate(shape: str, size: int) -> str:
    match shape:
        case "chain":
            pairs = [(n, n + 1) for n in range(size)]
        case "ring":
            pairs = [(n, (n + 1) % size) for n in range(size)]
        case "star":
            pairs = [(0, n + 1) for n in range(size)]
        case _:
            pairs = [(4 * n + a, 4 * n + 4 + b) for n in range(size // 16) for a in range(4) for b in range(4)]
    return ROLE + OWNER + "".join(link(*pair) for pair in pairs)


@pytest.mark.parametrize("shape", ["chain", "ring", "star", "diamonds"])
def test_chains_are_told_in_few_words(check: Check, shape: str) -> None:
    select = ("privileged-account-impersonation",)
    small, large = (check({"main.tf": estate(shape, size)}, select=select) for size in (64, 170))
    assert len(large.findings) > len(small.findings) > 50
    assert len(render("json", large, Presentation())) < 5 * len(render("json", small, Presentation()))
    assert max(len(finding.related) for finding in large.findings) <= MOST_HOPS + 5
    assert max(len(finding.message) for finding in large.findings) < 2000


def test_a_long_chain_says_how_much_of_it_is_left_out(check: Check) -> None:
    report = check({"main.tf": estate("chain", 300)}, select=("privileged-account-impersonation",))
    messages = [finding.message for finding in report.findings]
    left_out = 300 - MOST_HOPS
    assert any(f"... {left_out} more, which may mint its tokens" in message for message in messages)
    assert sum("more, which may mint" not in message for message in messages) == MOST_HOPS


def test_a_sarif_log_of_many_long_paths_has_the_hops_of_some(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    report = check({"main.tf": estate("chain", 30)}, select=("privileged-account-impersonation",))
    logs = []
    for most in (sarif._MOST_FURTHER, 20):
        monkeypatch.setattr(sarif, "_MOST_FURTHER", most)
        logs.append(json.loads(render("sarif", report, Presentation()))["runs"][0])
    whole, short = (sum("codeFlows" in result for result in log["results"]) for log in logs)
    assert whole == len(report.findings) > short > 0
    assert len(logs[1]["results"]) == whole
    (note,) = logs[1]["invocations"][0]["toolExecutionNotifications"]
    assert f"{whole - short} findings are written without their hops" in note["message"]["text"]


# -- blockers
# -----------------------------------------------------------------------------------------------------------


def denial(number: int) -> str:
    return (
        f'resource "google_iam_deny_policy" "d{number}" {{\n'
        f'  parent = "cloudresourcemanager.googleapis.com%2Fprojects%2Fshop"\n  name = "d{number}"\n'
        f'  rules {{\n    deny_rule {{\n      denied_principals = ["principalSet://goog/group/g{number}@example.com"]\n'
        '      denied_permissions = ["iam.googleapis.com/serviceAccounts.*"]\n    }\n  }\n}\n'
    )


BOUNDARY = """
resource "google_iam_principal_access_boundary_policy" "b{0}" {{
  organization = "1"
  location     = "global"
  principal_access_boundary_policy_id = "b{0}"
  details {{
    rules {{
      effect    = "ALLOW"
      resources = ["//cloudresourcemanager.googleapis.com/projects/q{0}"]
    }}
    enforcement_version = "3"
  }}
}}
resource "google_iam_projects_policy_binding" "b{0}" {{
  project           = "shop"
  location          = "global"
  policy_kind       = "PRINCIPAL_ACCESS_BOUNDARY"
  policy_binding_id = "b{0}"
  policy            = google_iam_principal_access_boundary_policy.b{0}.id
  target {{
    principal_set = "//cloudresourcemanager.googleapis.com/organizations/1"
  }}
}}
"""


@pytest.mark.parametrize("policy", [denial, BOUNDARY.format], ids=["denials", "boundaries"])
def test_more_policies_than_are_held_against_grants_are_an_error(
    check: Check, monkeypatch: pytest.MonkeyPatch, policy: Callable[[int], str]
) -> None:
    monkeypatch.setattr(blockers, "STEPS", 50)
    monkeypatch.setattr(blockers, "STEPS_A_GRANT", 0)
    grants = "".join(member(f"x{n}", f'"user:a{n}@example.com"') for n in range(5))
    report = check({"main.tf": grants + "".join(map(policy, range(60)))}, select=("broad-token-creator",))
    assert report.findings == ()
    unknown = {
        unknown_answer.address
        for unknown_answer in report.unknown_answers
        if unknown_answer.rule == "broad-token-creator"
    }
    assert unknown == {f"google_project_iam_member.x{n}" for n in range(5)}
    (error,) = report.errors
    assert "more deny policies, boundaries and grants" in error.reason


def test_many_policies_that_may_close_a_grant_are_told_in_few_words(check: Check) -> None:
    report = check({"main.tf": HONEST + "".join(map(denial, range(200)))}, select=("broad-token-creator",))
    assert len(report.unknown_answers) <= blocking.MOST_REASONS + 1
    assert any(
        "further deny policies may block it" in unknown_answer.reason for unknown_answer in report.unknown_answers
    )
    assert report.errors == ()


# -- likeness ----------------------------------------------------------------------------------------------------------


def test_likeness_is_looked_for_a_bounded_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("difflib.get_close_matches", lambda name, *_, **__: asked.append(name) or [])
    of_run = catalog().for_one_run()
    for number in range(MOST_SEARCHES + 100):
        of_run.nearest(f"roles/nobody.has{number}")
        of_run.nearest(f"roles/nobody.has{number}")
    assert len(asked) == MOST_SEARCHES
    next_run = catalog().for_one_run()
    next_run.nearest("roles/nobody.has0")
    assert len(asked) == MOST_SEARCHES  # its result is known
    next_run.nearest(f"roles/nobody.has{MOST_SEARCHES}")
    assert len(asked) == MOST_SEARCHES + 1


# -- exports -----------------------------------------------------------------------------------------------------------

ASSET = json.dumps(
    {
        "name": "//cloudresourcemanager.googleapis.com/projects/shop",
        "asset_type": "cloudresourcemanager.googleapis.com/Project",
        "iam_policy": {"bindings": [{"role": TOKENS, "members": ["user:ana@example.com"]}]},
    }
)


def exported(check: Check, tmp_path: Path, text: bytes, **asked: Any) -> Report:
    (tmp_path / "assets.jsonl.gz").write_bytes(gzip.compress(text, 1))
    return check({}, select=("broad-token-creator",), **asked)


@pytest.mark.parametrize("line", [b"{\n", b"null\n", b'{"name": 1}\n', b"\x00\n"])
def test_a_run_of_lines_that_cannot_be_read_ends_the_file(check: Check, tmp_path: Path, line: bytes) -> None:
    report = exported(check, tmp_path, ASSET.encode() + b"\n" + line * (MOST_IN_A_ROW + 500))
    assert len(report.findings) == 1
    assert any("consecutive lines cannot be read" in error.reason for error in report.errors)
    assert len(report.errors) < 110


@pytest.mark.parametrize("filling", [b"\n", b" ", b"{", b"\r\n\t\n"])
def test_a_small_file_of_much_nothing_is_not_read_to_its_end(
    check: Check, tmp_path: Path, filling: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = compressed.FREE // 8
    monkeypatch.setattr(compressed, "FREE", size)
    report = exported(check, tmp_path, ASSET.encode() + b"\n" + filling * (5 * size // 2 // len(filling)))
    assert len(report.findings) == 1
    assert any("times its compressed size" in error.reason for error in report.errors)


def test_blank_lines_are_no_error_and_keep_the_numbers_right(check: Check, tmp_path: Path) -> None:
    report = exported(check, tmp_path, (ASSET + "\n").encode() + b"\n \n\r\n\n" * 1000 + f"  {ASSET}\n".encode())
    assert report.errors == ()
    (one,) = report.findings
    assert sorted((one.at.line, *(related.at.line for related in one.related))) == [1, 4002]


@pytest.mark.usefixtures("few_steps")
def test_an_export_of_too_many_facts_is_not_read_on(check: Check, tmp_path: Path) -> None:
    report = exported(check, tmp_path, (ASSET + "\n").encode() * 5000)
    assert report.findings
    assert ["is not read: it takes more work" in error.reason for error in report.errors] == [True]


# -- reports -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_is_as_long_as_what_it_tells(check: Check, form: str) -> None:
    one = check({"main.tf": HONEST}, select=("broad-token-creator",))

    def of(count: int) -> int:
        findings = [_moved(one.findings[0], number) for number in range(count)]
        return len(render(form, replace(one, findings=tuple(findings)), Presentation(show_all=True)))

    assert of(200) <= 2.2 * of(100)


def _moved(finding: Finding, number: int) -> Finding:
    at = replace(finding.at, line=number + 1, end_line=number + 1)
    return replace(finding, at=at, address=f"x.y{number}", principal=f"user:{number}@example.com")


# -- rules -------------------------------------------------------------------------------------------------------------


def own_rule(slug: str, *, size: int = 1, examples: str = "") -> Rule:
    globs = "".join(f"      - 'user:x{n}*'\n" for n in range(size))
    text = (
        "title: Something is wrong\nseverity: low\nsince: 0.1.0\nwhen:\n  grant:\n    role: roles/owner\n"
        f"    unless:\n    - principal:\n{globs}message: x\nwhy: x\nfix: x\nreferences: [https://example.com/x]\n"
        f"examples:\n  flags:\n{examples}    - terraform: |\n{indented(marked())}  passes:\n"
        "    - terraform: |\n        x {}\n"
    )
    found = read_rule(SourceText(f"own/{slug}.yaml", text), slug, "own", None)
    assert isinstance(found, Rule), found
    return found


def marked(who: str = '"user:a@example.com"') -> str:
    text = member("x", who, '"roles/owner"')
    return text.replace('owner"\n', 'owner" # finding\n')


def indented(text: str) -> str:
    return "".join(f"        {line}\n" for line in text.splitlines())


def test_the_largest_of_too_many_rules_are_left_out_and_named(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workload, "WORK", 0)
    monkeypatch.setattr(workload, "WORK_A_FACT", 100)
    sizes = {"small": 1, "large": 150, "middle": 10, "large-too": 45}
    rules = [own_rule(name, size=size) for name, size in sizes.items()]
    grants = "".join(member(f"x{n}", f'"user:{n}@example.com"', '"roles/owner"') for n in range(5))
    check({"main.tf": grants}, select=("basic-role",))
    report = lint(read([Path()], Options()), rules)
    assert sorted(error.reason.split()[0] for error in report.errors) == ["large", "large-too"]
    assert {finding.rule for finding in report.findings} == {"small", "middle"}


def test_the_rules_that_ship_are_asked_whatever_rules_stand_beside_them() -> None:
    shipped, errors = load_rules(())
    assert not errors
    large = own_rule("a-large-one", size=30_000)
    for facts in (1, 1_000, 1_000_000):
        assert too_large(shipped, lambda _kind, facts=facts: facts) == ()
        assert too_large((*shipped, large), lambda _kind, facts=facts: facts) in ((), (large,))


@pytest.mark.usefixtures("few_steps")
def test_an_example_of_a_rule_takes_a_part_of_the_steps_only() -> None:
    hungry = "".join(f"    - terraform: |\n{indented(marked(LOOP))}" for _ in range(9))
    allowance = Allowance()
    before = allowance.steps.left
    problems = run_examples(own_rule("hungry", examples=hungry), allowance)
    told = [problem.reason for problem in problems if "takes more steps" in problem.reason]
    assert len(told) == 9
    assert before / 3 < allowance.steps.left < before
    assert run_examples(own_rule("modest"), allowance) == []


# -- federation --------------------------------------------------------------------------------------------------------

PROVIDER = """
resource "google_iam_workload_identity_pool_provider" "p{0}" {{
  project                            = "p"
  workload_identity_pool_id          = "pool"
  workload_identity_pool_provider_id = "p{0}"
  attribute_mapping                  = {{ "google.subject" = "assertion.sub", "attribute.r" = "assertion.repository" }}
  attribute_condition                = "assertion.repository == 'o/r{0}'"
  oidc {{
    issuer_uri = "https://token.actions.githubusercontent.com"
  }}
}}
"""


def test_more_providers_and_identities_than_are_held_against_each_other_are_unknown(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unmatched, "MOST_PAIRS", 30)
    pool = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/attribute.r"
    made = "".join(member(f"x{n}", f'"{pool}/other/r{n}"', '"roles/viewer"') for n in range(9))
    report = check(
        {"main.tf": "".join(map(PROVIDER.format, range(10))) + made}, select=("unmatched-federated-principal",)
    )
    unknown = [one.address for one in report.unknown_answers if "more providers and identities" in one.reason]
    assert len(report.findings) == 3
    assert sorted(unknown) == [f"google_project_iam_member.x{n}" for n in range(3, 9)]


def test_attributes_that_no_provider_maps_do_not_cost_a_look_at_every_provider(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def counted(provider: Provider) -> Issuer:
        looked.append(provider.declared.address or "")
        return issuer_of(provider)

    monkeypatch.setattr(admission, "issuer_of", counted)
    pool = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/attribute"
    made = "".join(member(f"x{n}", f'"{pool}.a{n}/x"') for n in range(30))
    rules = ("unmatched-federated-principal", "forgeable-attribute")
    report = check({"main.tf": "".join(map(PROVIDER.format, range(30))) + made}, select=rules)
    assert len(report.findings) == 30
    assert len(looked) <= 3 * 30, "of 30 times 30 pairs"


def test_what_a_provider_admits_is_asked_once(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Provider] = []
    shared_issuer = provider_conditions.shared_issuer

    def counted(provider: Provider) -> Issuer | None:
        looked.append(provider)
        return shared_issuer(provider)

    monkeypatch.setattr(provider_conditions, "shared_issuer", counted)
    monkeypatch.setattr(grants, "MOST_RELATED", 2)
    pool = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/attribute.ref"
    open_to_all = "".join(line for line in PROVIDER.splitlines(keepends=True) if "attribute_condition" not in line)
    of_ref = open_to_all.replace("attribute.r", "attribute.ref").replace("assertion.repository", "assertion.ref")
    chosen = "".join(map(of_ref.format, range(5)))
    made = "".join(member(f"x{n}", f'"{pool}/refs/heads/b{n}"') for n in range(5))
    report = check({"main.tf": chosen + made}, select=("forgeable-attribute",))
    assert [len(one.related) for one in report.findings] == [2] * 5
    assert len(looked) == 5


# -- conditions --------------------------------------------------------------------------------------------------------


def test_a_condition_that_does_not_ask_who_is_evaluated_once_for_all_principals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Context] = []
    value_of = evaluation.value_of

    def counted(node: Any, context: Context) -> Any:
        made.append(context)
        return value_of(node, context)

    monkeypatch.setattr(evaluation, "value_of", counted)
    people = [read_principal(f"user:a{n}@example.com") for n in range(5)]
    for text, times in (("resource.name == 'of nobody'", 1), ("principal.subject == 'of somebody'", 5)):
        made.clear()
        for one in people:
            evaluation.evaluate(text, Context(date(2026, 1, 1), "iam.serviceAccounts.actAs", one))
        assert len({context.principal for context in made}) == times


def test_the_permissions_of_a_role_are_gone_over_once_for_all_its_findings(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(permission_places, "_MOST_INDEXED", 1)
    monkeypatch.setattr(permission_places, "_INDEXED", Counted(asked))
    names = json.dumps([f"computx{n}.instances.get" for n in range(40)])
    role = 'resource "google_project_iam_custom_role" "r" {\n  project = "p"\n  role_id = "r"\n  title = "t"\n'
    report = check({"main.tf": f"{role}  permissions = {names}\n}}\n"}, select=("unknown-permission",))
    assert len(report.findings) == 40
    assert len({(one.at.line, one.at.column) for one in report.findings}) == 40
    assert asked == ["r"]


class Counted(dict[int, Any]):
    """An index that lists the roles that are put into it."""

    def __init__(self, asked: list[str]) -> None:
        super().__init__()
        self._asked = asked

    def __setitem__(self, key: int, value: Any) -> None:
        self._asked.append(str(value[0].name).rpartition("/")[2])
        super().__setitem__(key, value)


def test_the_tags_of_a_resource_are_not_gone_over_for_each_grant_on_it(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[Tag] = []
    monkeypatch.setattr(Tag, "__hash__", lambda tag: hashed.append(tag) or 1)
    blocks = [
        f'resource "google_tags_tag_binding" "t{n}" {{\n  parent = "//cloudresourcemanager.googleapis.com/projects/p"\n'
        f'  tag_value = "tagValues/{n}"\n}}\n'
        f'resource "google_project_iam_member" "m{n}" {{\n  project = "p"\n  role = "roles/owner"\n'
        f'  member = "user:ana{n}@example.com"\n  condition {{\n    title = "t"\n'
        f"    expression = \"resource.matchTagId('tagKeys/1', 'tagValues/{n}')\"\n  }}\n}}\n"
        for n in range(8)
    ]
    report = check({"main.tf": "".join(blocks)}, select=("basic-role-impersonation",))
    assert len(report.findings) == 8
    assert not hashed


def test_a_long_name_is_not_kept_for_each_rule_that_asks_about_it(check: Check) -> None:
    bindings = [{"role": f"roles/{'x' * 100_000}", "members": [f"user:{who}@example.com"]} for who in ("ana", "bob")]
    report = check({"project-shop.json": json.dumps({"bindings": bindings, "etag": "x"})})
    told = [about for one in report.unknown_answers for about in one.about]
    assert len(set(told)) >= 2
    assert max(map(len, told)) < 2_000
