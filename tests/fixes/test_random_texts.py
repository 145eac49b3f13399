"""Random Terraform with slips: a fixed text parses, is reported no more than before, and needs no second run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from many import some

from iamlint.files.disk import DISK
from iamlint.files.overlay import Overlay
from iamlint.fixes.collecting import Collector, Run
from iamlint.fixes.proof import fixed
from iamlint.linter import lint
from iamlint.rules.catalog import load_rules
from iamlint.sources import read
from iamlint.sources.reading import Options

RULES = tuple(rule for rule in load_rules()[0] if not rule.acceptance)
ROLES = (
    "roles/run.devloper",
    "run.viewer",
    "roles/viewer",
    "roles/iam.serviceAccountUser",
    "roles/strage.objectViewer",
)
MEMBERS = (
    "service_account:ci@shop.iam.gserviceaccount.com",
    "ci@shop.iam.gserviceaccount.com",
    "group:ops@example.com",
    "User:ana@example.com",
    " user:ana@example.com",
    "group:ci@shop.iam.gserviceaccount.com",
    "deleted:user:bo@example.com?uid=123456789012345678901",
    "serviceAccount:${google_service_account.web.name}",
    "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/attribute.repository/a/b",
    "group:dé😀@example.com",
)
CONDITIONS = (
    "request.time < timestamp('2021-01-01T00:00:00Z')",
    "resource.name.startWith('projects/shop')",
    "request.time < '2099-01-01T00:00:00Z'",
    'resource.name = \\"x\\"',
    "request.time < timestamp('2099-01-01T00:00:00Z')",
)
COMMENTS = ("", " # why", " // é", " /* a = b */")
ACCOUNT = 'resource "google_service_account" "web" {\n  project    = "shop"\n  account_id = "web"\n}\n'

roles, members, comments = st.sampled_from(ROLES), st.sampled_from(MEMBERS), st.sampled_from(COMMENTS)


@st.composite
def blocks(draw: st.DrawFn, number: int) -> str:
    """A resource with a grant, in one of several layouts."""
    role, note = draw(roles), draw(comments)
    condition = draw(st.none() | st.sampled_from(CONDITIONS))
    asked = f'  condition {{\n    title      = "c"\n    expression = "{condition}"\n  }}\n' if condition else ""
    head = f'  project = "shop"{note}\n  role    = "{role}"{draw(comments)}\n'
    above = draw(st.sampled_from(["", "# about it\n", "# -------- all\n\n"]))
    if draw(st.booleans()):
        member = f'  member  = "{draw(members)}"{draw(comments)}\n'
        return f'{above}resource "google_project_iam_member" "m{number}" {{\n{head}{member}{asked}}}\n'
    listed = draw(st.lists(members, min_size=1, max_size=4))
    if draw(st.booleans()):
        written = "[" + ", ".join(f'"{one}"' for one in listed) + "]"
    else:
        written = "[\n" + "".join(f'    "{one}",{draw(comments)}\n' for one in listed) + "  ]"
    body = f"{head}  members = {written}\n{asked}"
    return f'{above}resource "google_project_iam_binding" "b{number}" {{\n{body}}}\n'


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    number = draw(st.integers(1, 4))
    parts = [ACCOUNT, *(draw(blocks(one)) for one in range(number))]
    text = "\n".join(draw(st.permutations(parts)))
    if draw(st.booleans()):
        text = text.replace("  ", "\t")
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    if draw(st.booleans()):
        text = text.rstrip("\r\n")
    return (b"\xef\xbb\xbf" if draw(st.booleans()) else b"") + text.encode()


def run(top: Path, contents: Mapping[str, bytes]) -> Run:
    tree = Overlay(DISK, {Path(path): content for path, content in contents.items()})
    reading = read([top], Options(tree=tree))
    collector = Collector(reading.texts)
    report = lint(reading, RULES, date(2026, 1, 1), also=collector.ask, mend=collector.mend)
    return collector.run(report)


@settings(
    max_examples=some(2, 20),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink one takes minutes
)
@given(texts())
def test_a_fixed_text_parses_and_is_not_worse(content: bytes) -> None:
    with TemporaryDirectory() as directory:
        top = Path(directory).resolve()
        path = top / "main.tf"
        path.write_bytes(content)
        before = run(top, {})
        outcome = fixed(lambda made: run(top, made), lambda one: Path(one).read_bytes(), frozenset({"safe", "unsafe"}))
        made = outcome.contents.get(str(path), content)
        path.write_bytes(made)
        after = run(top, {})
        assert not after.report.errors
        assert outcome.complete
        kinds = [Counter(one.rule for one in each.report.findings) for each in (after, before)]
        assert kinds[0] <= kinds[1]
        assert len(after.report.findings) == len(outcome.run.report.findings)
        if outcome.applied:
            assert kinds[0] != kinds[1]
        else:
            assert made == content
        assert made.startswith(b"\xef\xbb\xbf") == content.startswith(b"\xef\xbb\xbf")
        assert made.count(b"\r\n") == (made.count(b"\n") if b"\r\n" in content else 0)
        again = fixed(lambda more: run(top, more), lambda one: Path(one).read_bytes(), frozenset({"safe", "unsafe"}))
        assert not again.applied
