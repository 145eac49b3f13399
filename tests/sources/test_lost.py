"""Unreadable files in a directory: an error if they were meant to be read, else ignored."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from iamlint.facts import Grant, OrgPolicy, Service, UnreadPart
from iamlint.logic.path_globs import PathGlobs
from iamlint.sources import read
from iamlint.sources.reading import Options, Reading

POLICY = json.dumps({"bindings": [{"role": "roles/owner", "members": ["user:ana@example.com"]}], "etag": "BwX="})
ASSET = json.dumps(
    {
        "name": "//cloudresourcemanager.googleapis.com/projects/shop",
        "asset_type": "cloudresourcemanager.googleapis.com/Project",
        "iam_policy": json.loads(POLICY),
    }
)
CLAIMING = [
    "project-shop.json",
    "projects/shop/iam.json",
    "folder-42.yaml",
    "organization-7.json",
    "ci@shop.iam.gserviceaccount.com.json",
]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("main.tf").write_text("locals {}\n")


def walked(name: str, content: str | bytes) -> Reading:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read([Path()], Options())


def said(reading: Reading) -> tuple[list[str], list[str], list[str]]:
    """Return the paths of errors, of unread parts, and the principals of grants."""
    unread_parts = [fact.declared.at.path for fact in reading.facts if isinstance(fact, UnreadPart)]
    grants = [fact.principal.text for fact in reading.facts if isinstance(fact, Grant)]
    return [error.at.path for error in reading.errors], unread_parts, grants


@pytest.mark.parametrize("name", CLAIMING)
@pytest.mark.parametrize(
    "content",
    ["", " \n\n", "null\n", '{"b', "ERROR: gcloud crashed (ConnectionError): timed out\n", "<html>Sign in</html>", "7"],
    ids=["empty", "blank", "null", "cut", "message", "page", "number"],
)
def test_a_file_whose_name_says_that_it_is_an_export_is_not_passed_over(name: str, content: str) -> None:
    errors, unread_parts, grants = said(walked(name, content))
    assert (errors, unread_parts, grants) == ([name], [], [])


@pytest.mark.parametrize("name", ["projects/shop/iam.json", "folder-42.yaml", "ci@shop.iam.gserviceaccount.com.json"])
def test_nor_is_one_that_holds_something_else(name: str) -> None:
    assert said(walked(name, '{"kind": "Thing"}'))[0] == [name]


@pytest.mark.parametrize("content", ['{"error": {"code": 403, "message": "denied"}}', '"text"'])
def test_what_an_api_answers_instead_of_a_policy_is_no_policy(content: str) -> None:
    assert said(walked("project-shop.json", content))[0] == ["project-shop.json"]


@pytest.mark.parametrize("content", ["{}", '{"etag": "ACAB"}', '{"version": 1}', '{"bindings": []}'])
@pytest.mark.parametrize("name", CLAIMING)
def test_an_empty_policy_is_no_error(name: str, content: str) -> None:
    assert said(walked(name, content)) == ([], [], [])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("package.json", '{"name": "web"}'),
        ("package.json", ""),
        ("notes.txt", ""),
        ("broken.json", '{"name": "web",'),
        ("broken.yaml", "a: [b"),
        ("values.yaml", "a: {{ b }}\n"),
        ("projects/shop/package.json", '{"name": "web"}'),
        ("projects/shop/tsconfig.json", '{"files": [], // none\n}'),
        ("projects/shop.yaml", "name: shop\niam:\n  roles/owner: [group:a@example.com]\n"),
        ("projects/shop/services.json", "[]"),
        ("image.json", b"\x89PNG\x00\xff"),
        ("latin.json", '{"name": "caf\u00e9"}'.encode("latin-1")),
        ("package.json.gz", gzip.compress(b'{"name": "web"}', mtime=0)),
    ],
)
def test_other_files_are_passed_over(name: str, content: str | bytes) -> None:
    assert said(walked(name, content)) == ([], [], [])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", POLICY[:-9]),
        ("a.json", "[command]/usr/bin/gcloud projects get-iam-policy shop\n" + POLICY),
        ("a.json", "Updated IAM policy for project [shop].\n" + POLICY),
        ("a.json", POLICY.replace('"etag"', '/* none */ "etag"')),
        ("a.json", POLICY.replace('"BwX="', "NaN")),
        ("a.json", POLICY.replace('"BwX="', "[" * 500 + "]" * 500)),
        ("a.json", POLICY.replace('"BwX="', "9" * 5000)),
        ("a.json", POLICY.replace("ana", "an\u00e9").encode("latin-1")),
        ("a.json", POLICY.encode("utf-16-le")),
        ("a.yaml", "bindings:\n- members: [user:a@example.com]\n  role: roles/owner\nbindings: []\n"),
        ("a.yaml", "Your role: x\n\tbindings:\n- members: [user:a@example.com]\n  role: roles/owner\n"),
        ("a.json", "ROLE  MEMBERS\nroles/owner  user:ana@example.com\n"),
        ("a.yaml", "role,members\nroles/owner,user:ana@example.com\n"),
        ("a.json", "ERROR: (gcloud.projects.get-iam-policy) no permission\n"),
        ("a.yaml", "ERROR: (gcloud.projects.get-iam-policy) no permission\n"),
        ("a.ndjson", ASSET + "\n" + ASSET[:90]),
        ("a.ndjson", ASSET[:90]),
        ("a.ndjson.gz", gzip.compress((ASSET + "\n" + ASSET[:90]).encode(), mtime=0)),
        ("a.ndjson.gz", gzip.compress(ASSET.encode() * 2000, mtime=0)[:-30]),
        ("a.ndjson.gz", gzip.compress(b"\x00\xff\x01" + ASSET.encode(), mtime=0)),
        ("a.ndjson.gz", ASSET.encode()[:90] + b"\xff"),
    ],
)
def test_what_has_the_marks_of_an_export_and_cannot_be_read_is_an_error(name: str, content: str | bytes) -> None:
    assert said(walked(name, content))[0] == [name]


def test_what_is_broken_on_purpose_can_be_left_out() -> None:
    Path("a.json").write_text(POLICY[:-9])
    assert read([Path()], Options(exclude=PathGlobs(("a.json",)))).errors == []
    (error,) = read([Path()], Options()).errors
    assert "exclude" in error.hint


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("name", ["project-shop.json", "project-shop.yaml"])
def test_a_byte_order_mark_tells_how_to_read(name: str, encoding: str) -> None:
    assert said(walked(name, POLICY.encode(encoding))) == ([], [], ["user:ana@example.com"])


def test_what_is_wrong_in_utf_16_is_an_error() -> None:
    errors, *_ = said(walked("project-shop.json", POLICY.encode("utf-16")[:-1]))
    assert errors == ["project-shop.json"]


@pytest.mark.parametrize("name", ["project-shop.json.gz", "projects/shop/iam.json.gz", "project-shop.json"])
def test_a_policy_may_be_compressed(name: str) -> None:
    assert said(walked(name, gzip.compress(POLICY.encode()))) == ([], [], ["user:ana@example.com"])


def test_lines_before_garbage_are_read() -> None:
    reading = walked("a.ndjson.gz", gzip.compress(f"{ASSET}\n".encode()) + b"garbage")
    assert said(reading) == (["a.ndjson.gz"], [], ["user:ana@example.com"])


def test_much_in_a_small_file_is_not_read() -> None:
    (error,) = walked("project-shop.json.gz", gzip.compress(b" " * 20_000_000 + POLICY.encode())).errors
    assert "times its compressed size" in error.reason


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yaml", "kind: IAMPolicyMember\napiVersion: iam.cnrm.cloud.google.com/v1beta1\n{{- if .x }}\nspec: {}\n"),
        ("projects/shop/iam.json", '{"bindings": [{{ bindings }}]}'),
        ("a.json", '{"bindings": [{"role": "roles/owner", "members": ${jsonencode(members)}}]}'),
        ("a.json", '{"policy": ' + POLICY + "}"),
        ("a.json", '{"request": {"body": [{"iamPolicy": ' + POLICY + "}]}}"),
        ("a.json", "../export/iam.json"),
    ],
)
def test_what_is_not_read_and_may_matter_is_an_unread_part(name: str, content: str) -> None:
    assert said(walked(name, content)) == ([], [name], [])


def test_a_symbolic_link_that_is_checked_out_as_text_is_told_as_one() -> None:
    (error,) = walked("projects/shop/iam.json", "../web/iam.json\n").errors
    assert "symlinks" in error.hint


def test_a_file_that_may_not_be_read_is_an_error() -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    Path("a.json").write_text(POLICY)
    Path("a.json").chmod(0)
    assert said(read([Path()], Options()))[0] == ["a.json"]


@pytest.mark.parametrize(
    "name",
    [
        "terragrunt.hcl",
        "prod/terragrunt.hcl",
        "terragrunt.stack.hcl",
        "main.tfcomponent.hcl",
        "a.tfdeploy.hcl",
        "a.tfstack.hcl",
        "main.tfcomponent.json",
    ],
)
def test_configuration_of_other_tools_that_makes_resources_is_an_unread_part(name: str) -> None:
    assert said(walked(name, "inputs = {}\n")) == ([], [name], [])


@pytest.mark.parametrize("name", [".terraform.lock.hcl", "tests/main.tftest.hcl", "policy.hcl", ".tflint.hcl"])
def test_other_hcl_is_passed_over(name: str) -> None:
    assert said(walked(name, "a = 1\n")) == ([], [], [])


@pytest.mark.parametrize("name", ["a.tf", "modules/x/a.tf"])
def test_terraform_that_is_a_link_checked_out_as_text_is_told_as_one(name: str) -> None:
    (error,) = walked(name, "../common/a.tf").errors
    assert "symlinks" in error.hint


TABLE = "NAME                    TITLE\nrun.googleapis.com      Cloud Run API\n"


@pytest.mark.parametrize(
    "name", ["project-shop-services.txt", "projects/shop/services.txt", "projects/shop/enabled.txt"]
)
def test_a_table_of_services_is_read_where_its_name_tells_the_project(name: str) -> None:
    reading = walked(name, TABLE)
    assert [(fact.name, fact.project) for fact in reading.facts if isinstance(fact, Service)] == [
        ("run.googleapis.com", "shop")
    ]
    assert reading.errors == []


def test_a_table_of_services_that_was_not_named_and_names_no_project_is_an_unread_part() -> None:
    assert said(walked("shop_services.txt", TABLE)) == ([], ["shop_services.txt"], [])


@pytest.mark.parametrize(
    ("name", "content", "errors"),
    [
        ("project-shop-services.txt", "", 1),
        ("projects/shop/iam.txt", "ROLE  MEMBERS\nroles/owner  user:ana@example.com\n", 1),
        ("project-shop.csv", "role,members\nroles/owner,user:ana@example.com\n", 1),
        ("project-shop.txt", "what is to be done\n", 0),
        ("project-shop.txt", "", 0),
        ("services.txt", "a b c\n", 0),
    ],
)
def test_texts_for_people(name: str, content: str, errors: int) -> None:
    assert len(walked(name, content).errors) == errors


@pytest.mark.parametrize(
    "content",
    [
        {"name": "projects/shop/policies/iam.disableServiceAccountKeyCreation", "spec": {"rules": [{"enforce": True}]}},
        {"constraint": "constraints/iam.disableServiceAccountKeyCreation", "booleanPolicy": {"enforced": True}},
    ],
)
def test_an_organization_policy_without_etag_is_read(content: dict[str, object]) -> None:
    (policy,) = [fact for fact in walked("project-shop.json", json.dumps(content)).facts if isinstance(fact, OrgPolicy)]
    assert policy.enforced is True


def test_a_link_that_leads_out_is_an_unread_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "assets.ndjson").write_text(ASSET)
    monkeypatch.chdir(inner)
    Path("main.tf").write_text("locals {}\n")
    Path("assets.ndjson").symlink_to(tmp_path / "assets.ndjson")
    Path("gone.json").symlink_to("nowhere.json")
    assert said(read([Path()], Options())) == ([], ["assets.ndjson"], [])


@pytest.mark.parametrize(
    ("content", "unread"),
    [
        ({"assets": [json.loads(ASSET)]}, 0),
        ({"results": [{"resource": json.loads(ASSET)["name"], "assetType": "x", "policy": json.loads(POLICY)}]}, 0),
        ({"assets": [json.loads(ASSET)], "nextPageToken": "abc"}, 1),
    ],
)
def test_the_answer_of_an_api_is_read_as_the_list_in_it(content: dict[str, object], unread: int) -> None:
    assert said(walked("answer.json", json.dumps(content))) == ([], ["answer.json"] * unread, ["user:ana@example.com"])


@pytest.mark.parametrize("content", [{"services": [{"version": "1"}]}, {"roles": ["admin"]}, {"policies": [{"id": 7}]}])
def test_lists_of_other_things_are_passed_over(content: dict[str, object]) -> None:
    assert said(walked("answer.json", json.dumps(content))) == ([], [], [])


BINDINGS = json.loads(POLICY)["bindings"]


@pytest.mark.parametrize(
    "content", [BINDINGS, {"Bindings": BINDINGS}, {"shop": json.loads(POLICY)}, [[{"policy": json.loads(POLICY)}]]]
)
def test_a_policy_in_another_form_is_not_passed_over(content: object) -> None:
    assert said(walked("a.json", json.dumps(content))) == ([], ["a.json"], [])
    Path("a.json").unlink()
    assert said(walked("project-shop.json", json.dumps(content)))[0] == ["project-shop.json"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("project-shop.json", '{"bindings": [{"role": "roles/owner"}]}'),
        ("project-shop.json", '[{"bindings": {"role": "roles/owner", "members": "user:ana@example.com"}}]'),
        ("project-shop.yaml", "base: &b {role: roles/owner}\nbindings:\n- <<: *b\n"),
    ],
)
def test_a_binding_without_members_is_an_error(name: str, content: str) -> None:
    reading = walked(name, content)
    assert [error.at.path for error in reading.errors] == [name]


@pytest.mark.parametrize("name", ["project-shop.json", "projects/shop.json", "projects/shop/services.json"])
def test_another_kind_of_document_under_such_a_name_is_an_error_among_exports(name: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    beside = {"services": "description.json", "shop": "web.json"}.get(Path(name).stem, "project-web.json")
    project = {"projectId": "shop", "projectNumber": "123456789012"}
    (Path(name).parent / beside).write_text(json.dumps(project) if beside == "description.json" else POLICY)
    assert said(walked(name, '{"kind": "Thing"}'))[0] == [name]


@pytest.mark.parametrize(
    ("name", "unread"), [("project-sync.json", 1), ("projects/shop.yaml", 0), ("projects/shop/services.yaml", 0)]
)
def test_alone_it_may_be_a_file_of_another_program(name: str, unread: int) -> None:
    assert said(walked(name, '{"kind": "Thing"}')) == ([], [name] * unread, [])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("projects/shop/iam.JSON", POLICY),
        ("project-shop.Yaml", POLICY),
        ("projects/shop/iam.json.txt", POLICY),
        ("projects/shop/iam", POLICY),
        ("ci@shop.iam.gserviceaccount.com", POLICY),
        ("folder-42.txt", POLICY),
        ("project-shop.yaml.gz", gzip.compress(POLICY.encode())),
        ("project-shop.json.GZ", gzip.compress(POLICY.encode())),
        ("ASSETS.NDJSON", ASSET),
        ("assets.JSON.gz", gzip.compress(f"{ASSET}\n".encode())),
    ],
)
def test_an_export_is_known_however_its_ending_is_written(name: str, content: str | bytes) -> None:
    assert said(walked(name, content)) == ([], [], ["user:ana@example.com"])


@pytest.mark.parametrize("name", ["main.TF", "projects/shop/README", "projects/shop/Makefile", "iam", "policy.txt"])
def test_other_names_claim_nothing(name: str) -> None:
    assert said(walked(name, "all:\n\techo\n")) == ([], [], [])


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
SEALED = json.dumps({**json.loads(POLICY), "sops": {"mac": "ENC[AES256_GCM,data:a]", "version": "3.8.1"}})
STAND_INS: dict[str, str | bytes] = {
    "lfs": POINTER,
    "git-crypt": b"\0GITCRYPT\0\xaa\xff\x01",
    "vault": "$ANSIBLE_VAULT;1.1;AES256\n6162\n",
    "age": b"age-encryption.org/v1\n-> X25519 a\n\xff",
    "age-in-text": "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n",
    "pgp": "-----BEGIN PGP MESSAGE-----\n\nabc\n",
    "sops": SEALED,
    "tofu": '{"meta":{"key_provider.pbkdf2.a":"e30="},"encrypted_data":"YQ==","encryption_version":"v0"}',
}


@pytest.mark.parametrize("kind", STAND_INS)
@pytest.mark.parametrize("name", ["projects/shop/iam.json", "folder-42.yaml"])
def test_what_stands_for_an_export_is_an_error_that_says_so(name: str, kind: str) -> None:
    (error,) = walked(name, STAND_INS[kind]).errors
    assert error.at.path == name
    assert "Git LFS" in error.reason if kind == "lfs" else "encrypted" in error.reason


@pytest.mark.parametrize("kind", STAND_INS)
def test_elsewhere_it_is_an_unread_part_where_it_may_be_an_export(kind: str) -> None:
    if kind == "sops":
        return
    reading = walked("prod/values.yaml", STAND_INS[kind])
    assert said(reading) == ([], ["prod/values.yaml"] if kind in ("lfs", "tofu") else [], [])
    Path("prod/project-shop.json").write_text(POLICY)
    exports = read([Path("prod")], Options())
    assert said(exports) == ([], ["prod/values.yaml"], ["user:ana@example.com"])


def test_secrets_that_are_encrypted_are_passed_over() -> None:
    assert said(walked("secrets.enc.yaml", "password: ENC[x]\nsops:\n  mac: ENC[y]\n  version: 3.8.1\n")) == (
        [],
        [],
        [],
    )


@pytest.mark.parametrize(
    "asset",
    [
        ASSET.replace('"bindings"', '"Bindings"'),
        ASSET.replace('"bindings"', '"bind\u200bings"'),
        ASSET.replace('"iam_policy"', '"iam_polcy"'),
        ASSET.replace('"iam_policy"', '"policy"'),
    ],
)
def test_bindings_under_a_key_that_exports_do_not_have_are_an_error(asset: str) -> None:
    (error,) = walked("assets.ndjson", asset).errors
    assert "no bindings under this key" in error.reason


@pytest.mark.parametrize("extra", [{"resource": {"data": {"bindings": BINDINGS}}}, {"tags": {"role": "roles/owner"}}])
def test_what_else_an_asset_has_is_left_alone(extra: dict[str, object]) -> None:
    asset = {**json.loads(ASSET), **extra}
    assert said(walked("assets.ndjson", json.dumps(asset))) == ([], [], ["user:ana@example.com"])


@pytest.mark.parametrize("key", ["binding", "BINDINGS", "bind\u200bings", "\ufeffbindings", "bindings "])
def test_a_policy_whose_key_is_misspelt_is_not_passed_over(key: str) -> None:
    assert said(walked("a.json", json.dumps({key: BINDINGS}))) == ([], ["a.json"], [])


def test_bindings_of_other_tools_are_passed_over() -> None:
    content = {"iam_bindings": {"owners": {"role": "roles/owner", "members": ["user:ana@example.com"]}}}
    assert said(walked("factory.json", json.dumps(content))) == ([], [], [])


CONNECTOR = """\
apiVersion: iam.cnrm.cloud.google.com/v1beta1
kind: IAMPolicy
metadata: {name: shop}
spec:
  resourceRef: {kind: Project, external: projects/shop}
  bindings:
  - role: roles/owner
    members: [{member: "user:ana@example.com"}]
"""
ANALYSIS = {
    "mainAnalysis": {
        "analysisResults": [
            {
                "attachedResourceFullName": "//cloudresourcemanager.googleapis.com/projects/shop",
                "iamBinding": {"role": "roles/owner", "members": ["user:ana@example.com"]},
            }
        ]
    }
}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yaml", CONNECTOR.replace("members:", "MEMBERS:")),
        ("a.yaml", CONNECTOR.replace("bindings:", "Bindings:")),
        ("a.yaml", CONNECTOR.replace("spec:", "Spec:")),
        ("a.json", json.dumps(ANALYSIS).replace("members", "Members")),
        ("a.json", json.dumps(ANALYSIS).replace("iamBinding", "IamBinding")),
        ("a.json", json.dumps(ANALYSIS).replace("analysisResults", "AnalysisResults")),
        ("a.ndjson", ASSET.replace("members", "MEMBERS")),
    ],
)
def test_a_key_in_another_case_is_an_error(name: str, content: str) -> None:
    assert said(walked(name, content))[0][:1] == [name]


@pytest.mark.parametrize(("name", "content"), [("a.yaml", CONNECTOR), ("a.json", json.dumps(ANALYSIS))])
def test_in_the_right_case_it_is_none(name: str, content: str) -> None:
    assert said(walked(name, content)) == ([], [], ["user:ana@example.com"])


@pytest.mark.parametrize("name", ["//Run.googleapis.com/projects/shop", "//x.googleapis.com", "///shop"])
@pytest.mark.parametrize("kind", ["asset", "search", "analysis"])
def test_the_name_of_a_resource_that_cannot_be_read_is_an_error(name: str, kind: str) -> None:
    policy = json.loads(POLICY)
    result = {"attachedResourceFullName": name, "iamBinding": BINDINGS[0]}
    documents: dict[str, object] = {
        "asset": {"name": name, "assetType": "x.googleapis.com/Y", "iamPolicy": policy},
        "search": [{"resource": name, "assetType": "x.googleapis.com/Y", "policy": policy}],
        "analysis": {"mainAnalysis": {"analysisResults": [result]}},
    }
    assert said(walked("a.json", json.dumps(documents[kind])))[0] == ["a.json"]
