"""Ignore comments: where they may be, what they must contain, and their effect at either end of a value."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iamlint.accepted.ignore import MOST_SUGGESTIONS, mistakes
from iamlint.location import SourceText
from iamlint.results.report import Report

Check = Callable[..., Report]

COMMENT = "# iamlint: ignore[broad-token-creator] the sandbox"
BLOCK = """
resource "google_project_iam_member" "m" {{  {head}
  project = "shop"
  {above}
  role    = {role} {end}
  member  = "user:ana@example.com"
}}
"""


def member(
    *, role: str = '"roles/iam.serviceAccountTokenCreator"', above: str = "", head: str = "", end: str = ""
) -> str:
    return BLOCK.format(role=role, above=above, head=head, end=end)


@pytest.mark.parametrize(
    "text",
    [
        member(end=COMMENT),
        member(end=COMMENT.replace("#", "//")),
        member(above=COMMENT),
        member(above=f"{COMMENT}\n  # and another remark"),
        member(head=COMMENT),
        f"{COMMENT}{member()}".replace("\n\n", "\n"),
        member(end="# iamlint: ignore[broad-service-account-user, impersonation/broad-token-creator] reviewed"),
        f'locals {{\n  role = "roles/iam.serviceAccountTokenCreator" {COMMENT}\n}}\n' + member(role="local.role"),
    ],
)
def test_a_comment_accepts_the_finding(text: str, check: Check) -> None:
    report = check({"main.tf": text}, select=("broad-token-creator",))
    assert report.findings == ()
    (accepted,) = report.accepted
    assert accepted.finding.rule == "broad-token-creator"
    assert accepted.reason in ("the sandbox", "reviewed")
    assert report.texts["main.tf"].line(accepted.at.line)[accepted.at.column - 1 :].startswith("ignore[")


@pytest.mark.parametrize(
    "text",
    [
        member(end="# iamlint: ignore[broad-service-account-user] another rule"),
        member(end="# iamlint: ignore[broad-token-creator]"),
        member(end="# iamlint ignore[broad-token-creator] no colon"),
        f"{COMMENT}\n{member()}",  # a blank line between
        member() + COMMENT,
    ],
)
def test_a_comment_elsewhere_or_without_a_reason_does_not(text: str, check: Check) -> None:
    report = check({"main.tf": text}, select=("broad-token-creator",))
    assert [finding.rule for finding in report.findings] == ["broad-token-creator"]
    assert report.accepted == ()


def test_exports_in_yaml_have_comments_too(check: Check) -> None:
    text = f"etag: a\nbindings:\n- members:\n  - user:a@b.c {COMMENT}\n  role: roles/iam.serviceAccountTokenCreator\n"
    report = check({"project-shop.yaml": text}, select=("broad-token-creator",))
    assert report.findings == ()
    assert len(report.accepted) == 1


@pytest.mark.parametrize(
    ("comment", "reasons"),
    [
        ("# iamlint: ignore[known] a reason", []),
        ("# iamlint: ignore[known]", ["without a reason"]),
        ("# iamlint: ignore[knwon] a reason", ["`knwon`, which is not a rule"]),
        ("# iamlint: ignore[knwon]", ["without a reason", "`knwon`, which is not a rule"]),
        ("// iamlint: ignore known", ["not understood"]),
        ("# iamlint: disable=known", ["not understood"]),
        ("# iamlint-ignore[known] a reason", ["not understood"]),
        ("#iamlint:ignore known", ["not understood"]),
        ("#iamlint-ignore:known", ["not understood"]),
        ("# iamlint ignore[known] no colon", ["not understood"]),
        ("# iamlint ignore known", ["not understood"]),
        ("# iamlint: ignore(known) a reason", ["not understood"]),
        ("# iamlint: ignore [known] a reason", ["not understood"]),
        ("# iamlint:ignore{known}", ["not understood"]),
        ("# iamlint_ignore(known)", ["not understood"]),
        ("# iamlint:skip=known", ["not understood"]),
        ("# iamlint-disable-next-line known", ["not understood"]),
        ("# iamlint disable=known", ["not understood"]),
        ("# Iamlint: ignore[known] a reason", ["not understood"]),
        ("# IAMLINT: ignore[known] a reason", ["not understood"]),
        ("# iam-lint: ignore[known] a reason", ["not understood"]),
        ("/* iamlint-ignore[known] a reason */", ["not understood"]),
        ("# why it is so # iamlint-ignore[known]", ["not understood"]),
        # Those of other programs, and prose.
        ("#checkov:skip=CKV_GCP_41: known", []),
        ("#tfsec:ignore:google-iam-no-user-granted-permissions", []),
        ("#trivy:ignore:known", []),
        ("# nosec known", []),
        ("# iamlint ignores known", []),
        ("# iamlint ignore comments need a reason", []),
        ("# iamlint skips this folder", []),
        ("# iamlint-ignore comments: see docs", []),
        ("# iamlint accepts ignore[known] with a reason", []),
        ("# iamlint", []),
        ("# run iamlint-ignore[known] elsewhere", []),
        ("# iamlint (our linter) ignores this", []),
        ("# see https://iamlint: nothing", []),
        ("# about iamlint: a remark", []),
    ],
)
def test_comments_that_accept_nothing_are_mistakes(comment: str, reasons: list[str]) -> None:
    found = list(mistakes([SourceText("a.tf", f"x = 1\ny = 2 {comment}\n")], {"known"}))
    assert len(found) == len(reasons)
    for error, reason in zip(found, reasons, strict=True):
        assert reason in error.reason
        assert (error.at.path, error.at.line) == ("a.tf", 2)


EXPORT = """etag: a
bindings:
- members:
  - {member}
  role: roles/iam.serviceAccountTokenCreator
  condition:
    title: {title}
    expression: "true"
"""
TEXT = "# iamlint: ignore[broad-token-creator] approved by all"
COMMENTED = "user:a@b.c # iamlint: ignore[broad-token-creator] approved by all"


@pytest.mark.parametrize(
    "files",
    [
        {"main.tf": member(role=f'"" == " {TEXT}" ? "" : "roles/iam.serviceAccountTokenCreator"')},
        {"main.tf": member(above=f'provider = "x {TEXT}"')},
        {"main.tf": member(above=f"etag = <<-EOT\n  {TEXT}\n  EOT")},
        {"main.tf": member(above=f"etag = <<EOT\n{TEXT}\nEOT")},
        {
            "main.tf": member(
                role='"roles/iam.${"serviceAccount" /* iamlint: ignore[broad-token-creator] no */}TokenCreator"'
            )
        },
        {"main.tf": member(end=TEXT) + "locals {\n"},  # a block that never ends: the file does not parse
        {"project-shop.yaml": EXPORT.format(member="user:a@b.c", title=f'"{TEXT}"')},
        {"project-shop.yaml": EXPORT.format(member="'user:a@b.c'", title=f"|\n      {TEXT}\n      more")},
        {"project-shop.yaml": EXPORT.format(member="user:a@b.c", title=f">-\n      the\n      {TEXT}")},
    ],
)
def test_text_that_looks_like_a_comment_is_data(files: dict[str, str], check: Check) -> None:
    report = check(files, select=("broad-token-creator",))
    assert report.accepted == ()
    assert list(mistakes(report.texts.values(), set())) == []


@pytest.mark.parametrize("key", ["title", "description"])
@pytest.mark.parametrize("mark", ["#", "//"])
def test_json_has_no_comments(key: str, mark: str, check: Check) -> None:
    condition = f'{{"{key}": " {mark} iamlint: ignore[broad-token-creator] ok", "title": "t", "expression": "true"}}'
    if key == "title":
        condition = condition.replace(', "title": "t"', "")
    role, members = "roles/iam.serviceAccountTokenCreator", '["user:ana@example.com"]'
    policy = f'{{"etag": "a", "bindings": [{{"role": "{role}", "members": {members}, "condition": {condition}}}]}}'
    remark = f" {mark} iamlint: ignore[broad-token-creator] ok"
    block = f'{{"project": "p", "role": "{role}", "member": "user:a@b.c", "//": "{remark}"}}'
    files = {
        "project-shop.json": policy,
        "main.tf.json": f'{{"resource": {{"google_project_iam_member": {{"m": {block}}}}}}}',
    }
    report = check(files, select=("broad-token-creator",))
    assert len(report.findings) == 2
    assert report.accepted == ()
    assert list(mistakes(report.texts.values(), set())) == []


@pytest.mark.parametrize(
    "text",
    [
        member(end="/* iamlint: ignore[broad-token-creator] the sandbox */"),
        member(above="/* iamlint: ignore[broad-token-creator] the sandbox */"),
        member(above="/*\n   * iamlint: ignore[broad-token-creator] the sandbox\n   */"),
        member(end="# tflint-ignore: x # iamlint: ignore[broad-token-creator] the sandbox"),
        member(end="## iamlint: ignore[broad-token-creator] the sandbox"),
        member(end=COMMENT).replace("\n", "\r\n"),
        "\ufeff" + member(end=COMMENT),
        member(above=f"{COMMENT}\n  # 👩\u200d💻 approved"),
    ],
)
def test_every_form_of_a_comment_counts(text: str, check: Check) -> None:
    report = check({"main.tf": text}, select=("broad-token-creator",))
    assert report.findings == ()
    assert [one.reason for one in report.accepted] == ["the sandbox"]
    assert list(mistakes(report.texts.values(), {"broad-token-creator"})) == []


@pytest.mark.parametrize(
    "member_line",
    [
        COMMENTED,
        COMMENTED.replace("user:a@b.c", '"user:a@b.c"'),
        COMMENTED.replace("user:a@b.c", "'user:a@b.c'"),
        COMMENTED.replace("user:a@b.c", "|-").replace("all", "all\n    user:a@b.c"),
    ],
)
def test_comments_of_yaml(member_line: str, check: Check) -> None:
    text = EXPORT.format(member=member_line, title='"# none"')
    assert check({"project-shop.yaml": text}, select=("broad-token-creator",)).findings == ()


@pytest.mark.parametrize("reason", ["\u200b", " \u200b\u2060 ", "\u3164", "\u00a0", "...", "-"])
def test_a_reason_that_is_not_seen_is_none(reason: str, check: Check) -> None:
    report = check({"main.tf": member(end=f"# iamlint: ignore[broad-token-creator] {reason}")})
    assert report.accepted == ()
    (error,) = mistakes(report.texts.values(), {"broad-token-creator"})
    assert "without a reason" in error.reason


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\u200f", "\r", "\v", "\u2028", "\x85", "\x1b"])
@pytest.mark.parametrize(
    "form", ["# a{0}b # iamlint: ignore[broad-token-creator] a", "# iamlint: ignore[broad-token-creator] a{0}b"]
)
def test_a_comment_that_is_not_shown_as_it_is_read(character: str, form: str, check: Check) -> None:
    report = check({"main.tf": member(end=f"# x {form.format(character)}")}, select=("broad-token-creator",))
    assert len(report.findings) == 1
    (error,) = mistakes(report.texts.values(), {"broad-token-creator"})
    assert f"U+{ord(character):04X}" in error.reason


def test_all_of_a_file_with_carriage_returns_is_one_line_and_accepts_nothing(check: Check) -> None:
    text = EXPORT.format(member="user:a@b.c", title="t").replace("\n", "\r") + TEXT + "\r"
    report = check({"project-shop.yaml": text}, select=("broad-token-creator",))
    assert len(report.findings) == 1
    assert [error.reason for error in mistakes(report.texts.values(), {"broad-token-creator"})] == [
        "this comment to iamlint is on a line with U+000D, which hides or moves text"
    ]


@pytest.mark.parametrize(
    ("text", "out_of_view"),
    [
        (member(end=" " * 100 + COMMENT), False),
        (member(end=" " * 200 + COMMENT), True),
        (member(end=f"# {'x' * 190} {COMMENT}"), True),
        (member(end=f"{COMMENT} {'x' * 300}"), False),
        (member(end=f"{COMMENT} {'x' * 500}"), True),
    ],
)
def test_a_comment_out_of_view_accepts_and_is_known_as_such(text: str, out_of_view: bool, check: Check) -> None:
    report = check({"main.tf": text}, select=("broad-token-creator",))
    assert [one.out_of_view for one in report.accepted] == [out_of_view]


@pytest.mark.parametrize("between", ["\n", "\n/*\n\n*/\n", "\n/*\n\u200b\u00a0\n*/\n", "\nlocals {}\n"])
def test_a_comment_above_reaches_over_comments_only(between: str, check: Check) -> None:
    report = check({"main.tf": f"{COMMENT}\n{between}{member().lstrip()}"}, select=("broad-token-creator",))
    assert len(report.findings) == 1


def test_a_downloaded_module_accepts_out_of_view_and_its_mistakes_are_for_others(check: Check) -> None:
    installed = '{"Modules": [{"Key": "a", "Source": "git::https://example.com/x.git", "Dir": ".terraform/modules/a"}]}'
    files = {
        "main.tf": 'module "a" {\n  source = "git::https://example.com/x.git"\n}\n',
        ".terraform/modules/modules.json": installed,
        ".terraform/modules/a/main.tf": member(end=COMMENT) + "# iamlint: ignore[a-rule-of-theirs] reviewed\n",
    }
    report = check(files, select=("broad-token-creator",))
    assert [one.out_of_view for one in report.accepted] == [True]
    assert list(mistakes(report.texts.values(), {"broad-token-creator"})) == []


# -- module calls ------------------------------------------------------------------------------------------------------

MODULE = """variable "who" {
  type = string
}
resource "google_project_iam_member" "m" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = var.who
}
"""


def call(name: str, who: str, head: str = "", source: str = "./m") -> str:
    return f'{head}\nmodule "{name}" {{\n  source = "{source}"\n  who = "group:{who}@example.com"\n}}\n'


def principals(report: Report) -> list[str | None]:
    return [finding.principal for finding in report.findings]


def test_a_comment_at_a_call_accepts_what_this_call_makes(check: Check) -> None:
    files = {"m/main.tf": MODULE, "main.tf": call("a", "one", COMMENT) + call("b", "two")}
    assert principals(check(files, select=("broad-token-creator",))) == ["group:two@example.com"]


def test_a_finding_of_two_calls_is_accepted_only_if_both_are(check: Check) -> None:
    one = {"m/main.tf": MODULE, "main.tf": call("a", "one", COMMENT) + call("b", "one")}
    (found,) = check(one, select=("broad-token-creator",)).findings
    assert (found.address, found.others) == ("module.b.google_project_iam_member.m", ())
    both = {"m/main.tf": MODULE, "main.tf": call("a", "one", COMMENT) + call("b", "one", COMMENT)}
    assert check(both, select=("broad-token-creator",)).findings == ()


def test_a_comment_at_an_outer_call_and_one_of_another_root(check: Check) -> None:
    files = {
        "m/main.tf": MODULE,
        "mid/main.tf": 'variable "who" {}\nmodule "m" {\n  source = "../m"\n  who = var.who\n}\n',
        "dev/main.tf": call("mid", "one", COMMENT, "../mid"),
        "prod/main.tf": call("mid", "one", "", "../mid"),
    }
    report = check(files, select=("broad-token-creator",))
    assert [[one.at.path for one in found.related if "call" in one.message] for found in report.findings] == [
        ["prod/main.tf", "mid/main.tf"]
    ]
    assert len(report.accepted) == 1


def test_another_rule_at_a_call_accepts_nothing(check: Check) -> None:
    head = "# iamlint: ignore[broad-service-account-user] reviewed"
    files = {"m/main.tf": MODULE, "main.tf": call("a", "one", head)}
    assert len(check(files, select=("broad-token-creator",)).findings) == 1


def test_only_so_many_names_of_a_run_get_a_suggestion() -> None:
    names = ",".join(f"broad-token-creator{number}" for number in range(MOST_SUGGESTIONS - 1))
    texts = [SourceText(name, f"# iamlint: ignore[{names}] because\n") for name in ("a.tf", "b.tf")]
    found = mistakes(texts, {"broad-token-creator"})
    assert sum("did you mean" in str(one.hint) for one in found) == MOST_SUGGESTIONS
