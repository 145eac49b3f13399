"""Arguments of module calls that the module does not declare: Terraform refuses them, and they may carry grants."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iamlint.results.report import Report

Check = Callable[..., Report]
MODULE = """\
variable "grants" { default = {} }
resource "google_project_iam_member" "x" {
  for_each = var.grants
  project  = "shop"
  role     = each.key
  member   = each.value
}
"""
CALL = """\
module "iam" {{
  source = "./m"
  count  = 1
  {name} = {{ "roles/owner" = "user:ana@example.com" }}
}}
"""


def told(report: Report) -> list[tuple[str, int]]:
    return [
        (unknown_answer.reason, unknown_answer.at.line)
        for unknown_answer in report.unknown_answers
        if "does not declare" in unknown_answer.reason
    ]


@pytest.mark.parametrize("name", ["grant", "Grants", "grants_"])
def test_a_misspelt_argument_is_unknown_with_its_place(check: Check, name: str) -> None:
    report = check({"main.tf": CALL.format(name=name), "m/main.tf": MODULE})
    (one,) = told(report)
    assert one == (f"module.iam passes {name}, which the module does not declare: Terraform refuses the call", 4)
    assert report.questions[0].cause.kind.slug == "invalid"


def test_all_of_a_call_are_told_at_the_first(check: Check) -> None:
    more = "".join(f"  {name} = 1\n" for name in ("a", "b", "c"))
    report = check({"main.tf": CALL.format(name="grant").replace("}\n}", "}\n" + more + "}"), "m/main.tf": MODULE})
    (one,) = told(report)
    assert one == (
        "module.iam passes grant, a, b and 1 more, which the module does not declare: Terraform refuses the call",
        4,
    )


def test_it_is_told_once_for_all_instances(check: Check) -> None:
    text = CALL.format(name="grant").replace("count  = 1", "count  = 3")
    assert len(told(check({"main.tf": text, "m/main.tf": MODULE}))) == 1


@pytest.mark.parametrize(
    "files",
    [
        {"main.tf": CALL.format(name="grants"), "m/main.tf": MODULE},
        {"main.tf": CALL.format(name="grant").replace("./m", "example/m/google"), "m/main.tf": MODULE},
        {"main.tf": CALL.format(name="grant"), "m/main.tf": MODULE + "}\n"},
        {
            "main.tf": CALL.format(name="grants").replace(
                "count ", "providers = { google = google }\n  depends_on = []\n  count"
            )
        },
    ],
)
def test_what_is_declared_or_not_known_is_not_told(check: Check, files: dict[str, str]) -> None:
    assert told(check({"m/main.tf": MODULE, **files})) == []
