"""Where a fix belongs: it refers to what its module has, has a free name, and changes what owns the role."""

from __future__ import annotations

from pathlib import Path

import pytest
from diagnosis.small_inputs import ACCOUNT, ANA, ANA_TF, CI, CREATOR, USER, account, ask, binding, grant

CI_ACCOUNT = account("ci", "tools")
ROOT = 'terraform {\n  backend "gcs" {}\n}\n'
CALL = 'module "m" {\n  source = "./m"\n}\n'
BOB = '"user:bob@example.com"'
POLICY = """
data "google_iam_policy" "p" {
  binding {
    role    = "%s"
    members = ["user:bob@example.com"]
  }
}

resource "google_service_account_iam_policy" "p" {
  service_account_id = google_service_account.batch.name
  policy_data        = data.google_iam_policy.p.policy_data
}
"""
EMPTY = binding(CREATOR)
ADDED = '# google_service_account_iam_binding.b: add to members\n"user:ana@example.com",'


@pytest.mark.parametrize(
    ("files", "caller", "file", "expected"),
    [
        ({"main.tf": ACCOUNT + CI_ACCOUNT}, CI, "main.tf", "member             = google_service_account.ci.member"),
        (
            {"a/main.tf": ROOT + ACCOUNT, "b/main.tf": ROOT + CI_ACCOUNT},
            CI,
            "a/main.tf",
            f'member             = "serviceAccount:{CI}"',
        ),
        (
            {"main.tf": CALL + CI_ACCOUNT, "m/main.tf": ACCOUNT},
            CI,
            "m/main.tf",
            f'member             = "serviceAccount:{CI}"',
        ),
        (
            {"main.tf": CALL, "m/main.tf": ACCOUNT + CI_ACCOUNT},
            CI,
            "m/main.tf",
            "google_service_account.batch.name\n",
        ),
        (
            {"main.tf": ACCOUNT + grant(BOB, name="ana_as_batch", more='for_each = toset(["x"])')},
            ANA,
            "main.tf",
            '"ana_as_batch_2" {',
        ),
        ({"main.tf": ACCOUNT, "of.tf": binding(CREATOR, BOB)}, ANA, "of.tf", ADDED),
        ({"main.tf": ACCOUNT, "of.tf": EMPTY}, ANA, "of.tf", ADDED),
        (
            {"main.tf": ACCOUNT + binding(USER, BOB)},
            ANA,
            "main.tf",
            '"google_service_account_iam_member" "ana_as_batch"',
        ),
        (
            {"main.tf": ACCOUNT, "of.tf": POLICY % CREATOR},
            ANA,
            "of.tf",
            f"# the policy of google_service_account_iam_policy.p: add to the members of {CREATOR}\n{ANA_TF},",
        ),
        (
            {"main.tf": ACCOUNT, "of.tf": POLICY % USER},
            ANA,
            "of.tf",
            f'policy.p: add\nbinding {{\n  role    = "{CREATOR}"\n  members = [{ANA_TF}]\n}}',
        ),
    ],
)
def test_a_grant_fits_where_it_belongs(
    files: dict[str, str], caller: str, file: str, expected: str, tmp_path: Path
) -> None:
    fix = ask(tmp_path, files, caller).fix
    assert expected in fix.terraform
    assert fix.file == str(tmp_path / file)
    owned = fix.terraform.startswith("#")
    assert (owned, owned) == (not fix.gcloud, "each apply takes away what another resource or gcloud adds" in fix.note)


def test_a_right_on_a_project_is_added_to_its_binding(tmp_path: Path) -> None:
    text = """
resource "google_project_iam_binding" "viewers" {
  project = "shop"
  role    = "roles/storage.objectViewer"
  members = ["user:bob@example.com"]
}
"""
    error = "ana@example.com does not have storage.objects.list access to the Google Cloud project shop."
    fix = ask(tmp_path, text, ANA, None, permission="storage.objects.list", on="projects/shop", error=error).fix
    assert fix.terraform == ADDED.replace("google_service_account_iam_binding.b", "google_project_iam_binding.viewers")


def test_a_command_quotes_what_a_shell_expands(tmp_path: Path) -> None:
    fix = ask(tmp_path, ACCOUNT, "ksa:shop/web/app", None, error="Permission 'storage.objects.get' denied on 'b'").fix
    assert '--member="serviceAccount:shop.svc.id.goog[web/app]"' in fix.gcloud
