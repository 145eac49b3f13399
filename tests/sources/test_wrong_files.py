"""A file of another kind, named by mistake: what it is, and what to give instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamlint.sources import read
from iamlint.sources.reading import Options


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("README.md", "# Terraform", "a document, not Terraform"),
        ("main.py", "import pulumi", "a program or a script"),
        (".terraform.lock.hcl", 'provider "x" {}', "Terraform's lock file"),
        ("terragrunt.hcl", "inputs = {}", "Terragrunt's configuration"),
        ("prod.gcs.tfbackend", 'bucket = "b"', "settings of a backend"),
        (".iamlint.yaml", "fail-on: high", "a configuration of iamlint"),
        ("main.bicep", "param x string", "Bicep"),
        ("key.json", '{"type": "service_account", "private_key": "x"}', "a key of a service account"),
        ("adc.json", '{"type": "authorized_user"}', "credentials of a user"),
        ("report.json", '{"catalog_date": "2026-01-01", "findings": []}', "a report of iamlint"),
        ("x.json", '{"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "runs": []}', "a report in SARIF"),
        ("aws.json", '{"Statement": [{"Effect": "Allow", "Action": "*"}]}', "a policy of AWS"),
        ("stack.yaml", "AWSTemplateFormatVersion: 2010-09-09", "AWS CloudFormation"),
        ("dm.yaml", "resources:\n- name: vm\n  type: compute.v1.instance\n", "Deployment Manager"),
        ("ci.yml", "on: push\njobs: {}\n", "a workflow of GitHub Actions"),
        ("a.yaml", "assertions:\n- forbid: {}\n", "assertions"),
        ("pod.yaml", "apiVersion: v1\nkind: Pod\n", "a manifest of Kubernetes"),
        ("policy.txt", "ROLE: roles/owner\nMEMBERS: user:a@b.c\n", "as gcloud prints it for people"),
        ("a.zip", "PK\x03\x04\x00", "a zip archive"),
    ],
)
def test_it_is_named_with_what_to_give_instead(
    name: str, content: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(content, encoding="latin-1")
    (error,) = read([Path(name)], Options()).errors
    assert what in error.reason
    assert error.hint
    assert not read([Path(name)], Options()).facts


def test_a_file_of_no_kind_has_the_list_of_formats(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("nothing of ours", encoding="utf-8")
    (error,) = read([path], Options()).errors
    assert error.reason == "file type not recognised"
    assert error.hint.startswith("iamlint reads Terraform source")
