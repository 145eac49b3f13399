"""What texts that cannot be parsed were meant to be, and that other broken files have no marks."""

from __future__ import annotations

import pytest

from iamlint.sources.gcloud.recognition.no_export import is_relevant
from iamlint.sources.marks import is_link, is_template, mark

MARKED = [
    ('{"format_version":"1.2","terraform_ver', "a plan or state"),
    ('{"format_version": "1.2"', "a plan or state"),
    ('[command]/usr/bin/terraform show\n{"format_version":"1.2","planned_values":{"root', "a plan"),
    ('{"version": 4, "terraform_version": "1.11.4", "serial": 3, "lineage": "0f', "a state"),
    ('{"bindings":[{"mem', "an IAM policy"),
    ('{\n  "bindings": [\n    {\n      "members": [', "an IAM policy"),
    ("bindings:\n- members: [group:a@example.com\n  role: roles/browser\n", "an IAM policy"),
    ("time=2026 level=info\nbindings:\n- members:\n  - allUsers\n  role: x\n", "an IAM policy"),
    ("ROLE            MEMBERS\nroles/owner     user:ana@example.com\n", "a list of grants"),
    ('{"name":"//cloudresourcemanager.googleapis.com/projects/shop","asset_ty', "an export of assets"),
    ('[{"assetType": "compute.googleapis.com/Instance", "na', "an export of assets"),
    ('{"includedPermissions": ["iam.roles.get", ', "a role"),
    ('[{"email": "ci@shop.iam.gserviceaccount.com", "uniqueId": "1', "a service account"),
    ('[{"name": "projects/123/services/run.googleapis.com", ', "a list of services"),
    ('{"name": "projects/shop/policies/iam.disableServiceAccountKeyCreation", "sp', "an organization policy"),
    ('{"rules": [{"denyRule": {', "a deny policy"),
    (
        "apiVersion: iam.cnrm.cloud.google.com/v1beta1\nkind: IAMPolicyMember\nspec: {",
        "a document of Config Connector",
    ),
    ("ERROR: (gcloud.projects.get-iam-policy) PERMISSION_DENIED: no", "an error message of gcloud"),
    ("WARNING: x\nERROR: gcloud crashed (ConnectionError): timed out", "an error message of gcloud"),
]


@pytest.mark.parametrize(("text", "what"), MARKED)
def test_what_is_broken_off_or_has_a_line_before_it(text: str, what: str) -> None:
    assert mark(text) == what
    assert is_relevant(text), "nothing that has marks is passed over before they are looked for"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind: IAMPolicy", True),
        ("kind: IAM", False),
        ("- iam.roles.get", True),
        ("- miami.roles", False),
        ("locations/eu/keys/k", True),
        ("locations/eu/jobs/k", False),
        ("groups/1/memberships/2", True),
        ("groups//memberships/2", False),
        # A mark may be written with escape sequences, or over two lines.
        (r'{"\u006b\u0069nd": "\u0049\u0041M\u0050olicy"}', True),
        (r'"\x6bind": "\x49\x41\x4dPolicy"', True),
        (r'"\U0000006bind": x', True),
        ('kind: "IA\\\n  MPartial\\\n  Po\\\n  licy"', True),
        (r'{"a": "\u2014 \u003cb\u003e \u0026 \n"}', False),
        ("run: docker build \\\n  .", False),
    ],
)
def test_texts_without_a_mark_of_an_export_are_skipped(text: str, expected: bool) -> None:
    assert is_relevant(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        '{"compilerOptions": {"paths": {}}, // comments\n "name": "web"}',
        "kind: RoleBinding\nroleRef: {kind: Role, name: {{ .Values.role }}\nsubjects:\n- user: a\n",
        "spring.cloud.stream.bindings:\n  input: @in@\n  roles: [admin\n",
        '{"format_version": "1.0", "provider_schemas": {"a"',
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*"',
        "steps:\n- uses: auth\n  with: {provider: projects/1/locations/global/workloadIdentityPools/p",
        "tasks:\n- include: roles/web/tasks/main.yml\n  user: [deploy\n",
        "ERROR: broken\n",
        "",
    ],
)
def test_broken_files_of_other_kinds_have_no_marks(text: str) -> None:
    assert mark(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "a: {{ .Values.x }}\n{{- end }}",
        "{% if x %}\na: 1",
        '{"a": ${jsonencode(x)}}',
        '{"etag": $ETAG,\n"bindings": [$A]}',
        "members: [$A, $B",
    ],
)
def test_templates(text: str) -> None:
    assert is_template(text)


def test_other_broken_texts_are_no_templates() -> None:
    assert not is_template('{"bindings": [{"role": "roles/owner", "members": ["user:a')
    assert not is_template('{"bindings": [{"role": "roles/owner", "members": ["user:$A')
    assert not is_template('{"bindings": [{"role": "roles/owner", "cost": "5 $", "members": ["user:a"}')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("../common/iam.json", True),
        ("../../a/b.tf\n", True),
        ("iam.json", False),
        ("../a\n../b\n", False),
        ("..", False),
    ],
)
def test_a_path_alone(text: str, expected: bool) -> None:
    assert is_link(text) is expected


def test_marks_are_looked_for_at_the_beginning_only() -> None:
    padding = "x" * 1_000_000
    assert mark('{"bindings": [' + padding) == "an IAM policy"
    assert mark(padding + '\n{"includedPermissions": [') is None
