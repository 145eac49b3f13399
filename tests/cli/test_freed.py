"""A check frees what its report does not need before it is written: nothing collects garbage in cycles."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

from iamlint.accepted.configuration.config import Config
from iamlint.cli.options import Request
from iamlint.cli.run import checked
from iamlint.graph.edges import graph_of
from iamlint.hcl.syntax import File
from iamlint.reporters import FORMATS, render
from iamlint.reporters.parts.presentation import Presentation

GRANTS = """\
resource "google_service_account" "ci" {
  project    = "shop"
  account_id = "ci"
}
resource "google_project_iam_member" "ana" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
}
resource "google_project_iam_binding" "owners" {
  project = "shop"
  role    = "roles/owner"
  members = ["serviceAccount:ci@shop.iam.gserviceaccount.com", "allUsers"]
}
"""


def test_a_report_needs_neither_syntax_trees_nor_the_estate(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(GRANTS, encoding="utf-8")
    request = Request(paths=(tmp_path,), max_time=600.0)
    was = gc.isenabled()
    gc.disable()
    try:
        run = checked(request, Config(), quiet=True)
        assert run.estate
        graph = weakref.ref(graph_of(run.estate))
        before = {form: render(form, run.report, Presentation()) for form in FORMATS}
        report = run.reported()
        del run
        assert graph() is None
        trees = [one.source.path for one in gc.get_objects() if isinstance(one, File)]
        assert not [path for path in trees if path.startswith(tmp_path.as_posix())]
        assert len(report.findings) > 2
        assert {form: render(form, report, Presentation()) for form in FORMATS} == before
    finally:
        if was:
            gc.enable()
