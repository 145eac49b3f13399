"""The method documents: each matches the schema, and names what exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamlint.documents import plain, read_yaml
from iamlint.documents.validation import against_schema
from iamlint.location import SourceText, Unreadable
from iamlint.methods.documents import DETAILS, FOLDER, details_of, load_methods, method_paths
from iamlint.methods.index import deployments, method, methods, methods_with
from iamlint.methods.model import ACT_AS, GROUPS, Method
from iamlint.roles import catalog
from iamlint.sources.terraform.resources.attachments import attaches
from iamlint.unknown import Unknown

SCHEMA = FOLDER / "method.schema.json"
PATHS = list(method_paths())
EARLY = ("title", "needs", "act_as", "yields", "reaches", "runs", "agent", "certainty", "ended")


def test_every_document_is_in_the_folder_of_a_group() -> None:
    assert sorted(PATHS) == sorted(FOLDER.rglob("*.yaml"))
    assert {path.parent.name for path in PATHS} == set(GROUPS)
    assert len({path.stem for path in PATHS}) == len(PATHS) == len(methods())


@pytest.mark.parametrize("group", GROUPS)
def test_a_document_is_as_the_schema_has_it(group: str) -> None:
    for path in PATHS:
        if path.parent.name == group:
            as_the_schema_has_it(path)


def as_the_schema_has_it(path: Path) -> None:
    source = SourceText(str(path), path.read_text(encoding="utf-8"))
    documents = read_yaml(source)
    assert not isinstance(documents, Unreadable)
    (document,) = documents
    assert [str(error) for error in against_schema(document, source, SCHEMA)] == []
    keys = list(plain(document))
    assert keys.index(DETAILS) == sum(key in EARLY for key in keys), "what every run reads comes first"


@pytest.mark.parametrize("group", GROUPS)
def test_a_method_names_what_exists(group: str) -> None:
    for one in methods():
        if one.group == group:
            names_what_exists(one)


def names_what_exists(one: Method) -> None:
    roles = catalog()
    assert [permission for permission in one.permissions if not roles.is_permission(permission)] == [], one.id
    assert [kind for kind in one.runs if not attaches(f"google_{kind}")] == [], f"{one.id}: no row in table.json"
    assert bool(one.runs) == (one.reaches == "attached")
    assert bool(one.agent) == (one.reaches in ("agent", "default"))
    if one.agent and one.agent.role:
        assert not isinstance(roles.permissions(one.agent.role), Unknown)


def test_a_method_without_an_example_needs_no_permission() -> None:
    for one in methods():
        details = details_of(one)
        assert bool(details.example) != bool(details.no_example), one.id
        assert details.example or not one.needs, one.id
        assert details.sources, one.id


def test_a_method_says_what_its_document_says() -> None:
    one = method("run-job-create")
    assert (one.group, one.yields, one.reaches, one.certainty) == ("attach-create", "code", "named", "certain")
    assert one.permissions == ("run.jobs.create", ACT_AS)
    assert method("workflow-update").needs_act_as
    assert not method("bigquery-transfer-edit-query").needs_act_as
    assert one in methods_with("run.jobs.create")
    assert methods_with("run.jobs.list") == ()


def test_what_is_read_at_each_run_is_what_is_read_of_the_whole(tmp_path: Path) -> None:
    folder = tmp_path / "token"
    folder.mkdir()
    text = (FOLDER / "token" / "sa-mint-access-token.yaml").read_text(encoding="utf-8")
    (folder / "sa-mint-access-token.yaml").write_text(text, encoding="utf-8")
    assert load_methods(tmp_path) == (method("sa-mint-access-token"),)


@pytest.mark.parametrize(
    ("role", "deploys"),
    [
        ("roles/batch.jobsEditor", True),
        ("roles/cloudtasks.enqueuer", True),
        ("roles/clouddeploy.operator", True),
        ("roles/eventarc.developer", True),
        ("roles/tpu.admin", True),
        ("roles/integrations.integrationAdmin", True),
        ("roles/aiplatform.colabEnterpriseUser", True),
        ("roles/dataform.admin", True),
        # These look, start what is there, or query.
        ("roles/aiplatform.viewer", False),
        ("roles/run.invoker", False),
        ("roles/cloudscheduler.jobRunner", False),
        ("roles/bigquery.jobUser", False),
        ("roles/logging.configWriter", False),
        ("roles/composer.user", False),
    ],
)
def test_which_roles_deploy(role: str, deploys: bool) -> None:
    held = catalog().permissions(role)
    assert not isinstance(held, Unknown)
    assert bool(deployments(held)) == deploys


def test_a_part_of_what_is_needed_deploys_nothing() -> None:
    both = frozenset({"compute.instances.create", "compute.instances.setServiceAccount"})
    assert "compute-instance-create" in [one.id for one in deployments(both)]
    assert deployments(frozenset({"compute.instances.create"})) == ()


def test_the_strongest_deployment_comes_first() -> None:
    held = catalog().permissions("roles/editor")
    assert not isinstance(held, Unknown)
    yields = [one.yields for one in deployments(held)]
    assert yields == sorted(yields, key=["code", "calls", "id_token", "data"].index)
