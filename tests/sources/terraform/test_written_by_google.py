"""Accounts that Google makes for a resource are known to be service accounts before they exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamlint.facts import Grant, Principal
from iamlint.sources import read
from iamlint.sources.reading import Options

GRANT = 'resource "google_pubsub_topic_iam_member" "m" {\n  topic  = "logs"\n  role   = "roles/pubsub.publisher"\n'


def principal_of(text: str, member: str) -> Principal:
    Path("main.tf").write_text(f"{text}\n{GRANT}  member = {member}\n}}\n")
    (grant,) = (fact for fact in read([Path()], Options()).facts if isinstance(fact, Grant))
    return grant.principal


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("level", ["billing_account", "folder", "organization", "project"])
def test_a_log_sink_writes_as_an_agent(level: str) -> None:
    kind = f"google_logging_{level}_sink"
    found = principal_of(f'resource "{kind}" "s" {{\n  name = "s"\n}}', f"{kind}.s.writer_identity")
    assert (found.text, found.kind) == (f"serviceAccount:${{{kind}.s.writer_identity}}", "service_agent")
    assert found.unknown is not None  # sinks of one organization share an agent: it is not their own


def test_the_sinks_of_one_block_are_apart() -> None:
    sinks = 'resource "google_logging_project_sink" "s" {\n  for_each = toset(["a"])\n  name = each.key\n}'
    found = principal_of(sinks, 'google_logging_project_sink.s["a"].writer_identity')
    assert found.text == 'serviceAccount:${google_logging_project_sink.s["a"].writer_identity}'


def test_a_log_sink_may_write_as_an_account_of_its_own() -> None:
    own = "serviceAccount:logs@shop.iam.gserviceaccount.com"
    sink = f'resource "google_logging_project_sink" "s" {{\n  name = "s"\n  custom_writer_identity = "{own}"\n}}'
    found = principal_of(sink, "google_logging_project_sink.s.writer_identity")
    assert (found.text, found.kind) == (own, "service_account")


def test_a_second_prefix_is_no_principal() -> None:
    sink = 'resource "google_logging_project_sink" "s" {\n  name = "s"\n}'
    found = principal_of(sink, '"serviceAccount:${google_logging_project_sink.s.writer_identity}"')
    assert found.kind == "malformed"


def test_the_sink_of_another_configuration_is_an_account() -> None:
    found = principal_of(
        'data "google_logging_sink" "s" {\n  id = "s"\n}', "data.google_logging_sink.s.writer_identity"
    )
    assert found.kind == "service_account"
    assert found.unknown is not None


@pytest.mark.parametrize(
    ("service", "domain"),
    [("run", "serverless-robot-prod"), ("iap", "gcp-sa-iap"), ("composer", "cloudcomposer-accounts")],
)
def test_the_agent_of_a_service_has_a_known_domain(service: str, domain: str) -> None:
    agent = f'resource "google_project_service_identity" "a" {{\n  service = "{service}.googleapis.com"\n}}'
    found = principal_of(agent, "google_project_service_identity.a.member")
    assert found.text.endswith(f"@{domain}.iam.gserviceaccount.com")


def test_the_agent_of_any_service_is_an_agent() -> None:
    agent = 'resource "google_project_service_identity" "a" {\n  service = "new.googleapis.com"\n}'
    found = principal_of(agent, "google_project_service_identity.a.member")
    assert (found.text, found.kind) == ("serviceAccount:${google_project_service_identity.a.email}", "service_agent")
