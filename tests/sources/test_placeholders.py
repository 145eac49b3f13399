"""Terraform files whose content is not there or not whole: pointers, encrypted files, conflicts, broken links."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iamlint.facts import UnreadPart
from iamlint.sources import read
from iamlint.sources.reading import Options

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
CRYPT = b"\0GITCRYPT\0\xff\xfe\x01abc"
SOPS = b'{\n\t"data": "ENC[AES256_GCM,data:Zm9v,iv:YQ==,tag:Yg==,type:str]",\n\t"sops": {"version": "3.9.0"}\n}\n'
VAULT = b"$ANSIBLE_VAULT;1.1;AES256\n3636\n"
NAMES = ("main.tf", "main.tofu", "more.tf.json", "terraform.tfvars", "terraform.tfvars.json", "x.auto.tfvars")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("versions.tf").write_text("locals {}\n", encoding="utf-8")


def errors(name: str, content: bytes) -> list[str]:
    Path(name).write_bytes(content)
    return [f"{one.at.path}:{one.at.line}: {one.reason} ({one.hint})" for one in read([Path()], Options()).errors]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (POINTER, "the file is a pointer of Git LFS, and its content is not here (git lfs pull)"),
        (CRYPT, "the file is encrypted by git-crypt (decrypt it before the check: git-crypt unlock)"),
        (SOPS, "the file is encrypted by SOPS (decrypt it before the check: sops decrypt FILE)"),
        (VAULT, "the file is encrypted by Ansible Vault (decrypt it before the check)"),
        ("locals {}\n".encode("utf-16"), "the file is in UTF-16, where UTF-8 is expected (save it as UTF-8)"),
        ("locals {}\n".encode("utf-32"), "the file is in UTF-32, where UTF-8 is expected (save it as UTF-8)"),
    ],
)
def test_a_file_without_its_content_says_what_it_is(name: str, content: bytes, reason: str) -> None:
    assert errors(name, content) == [f"{name}:1: {reason}"]


ENCRYPTED = "ENC[AES256_GCM,data:Zm9v,iv:YQ==,tag:Yg==,type:str]"


@pytest.mark.parametrize("name", ["terraform.tfvars", "x.auto.tfvars"])
@pytest.mark.parametrize("line", [f"role={ENCRYPTED}", f'role = "{ENCRYPTED}"', f"[DEFAULT]\nrole = {ENCRYPTED}"])
def test_lines_that_sops_has_encrypted(name: str, line: str) -> None:
    (error,) = errors(name, f"{line}\nsops_version=3.9.0\n".encode())
    assert error == f"{name}:1: the file is encrypted by SOPS (decrypt it before the check: sops decrypt FILE)"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("main.tf", b'locals {\n  a = "version https://git-lfs.github.com/spec/v1"\n}\n'),
        ("main.tf", b'locals {\n  sops = { x = "ENC[AES256_GCM,data:a]" }\n}\n'),
        ("main.tf.json", b'{"locals": {"sops": {"a": "b"}}}'),
        ("terraform.tfvars.json", b'{"sops": {"version": "3"}}'),
        ("terraform.tfvars", b""),
        ("terraform.tfvars", f'# role={ENCRYPTED}\na = "ENC[x]"\n'.encode()),
        ("main.tf", b""),
        ("main.tf", b"\xef\xbb\xbflocals {}\r\n"),
        ("main.tf", b"locals {\n  a = <<EOT\n<<<<<<< HEAD\n=======\n>>>>>>> x\nEOT\n}\n"),
    ],
)
def test_a_file_that_is_like_one_is_read(name: str, content: bytes) -> None:
    assert errors(name, content) == []


CONFLICT = "{a}<<<<<<< HEAD\n{b}=======\n{c}>>>>>>> other\n{d}"


@pytest.mark.parametrize(
    ("name", "parts", "line"),
    [
        ("main.tf", ("locals {\n", "  a = 1\n", "  a = 2\n", "}\n"), 2),
        ("main.tf", ("locals {\n", "", "  a = 2\n", "}\n"), 2),
        ("main.tf.json", ("{\n", '"locals": {}\n', '"variable": {}\n', "}\n"), 2),
        ("terraform.tfvars", ("", "x = 1\n", "x = 2\n", ""), 1),
        ("plan.json", ("{\n", '"a": 1\n', '"a": 2\n', "}\n"), 2),
        ("project-shop.yaml", ("bindings:\n", "- role: roles/owner\n", "- role: a\n", "  members: [allUsers]\n"), 2),
    ],
)
def test_a_conflict_of_a_merge_is_one_error(name: str, parts: tuple[str, ...], line: int) -> None:
    text = CONFLICT.format(**dict(zip("abcd", parts, strict=True)))
    reason = "the file has an unresolved conflict of a merge (resolve it with git, then check again)"
    assert errors(name, text.encode()) == [f"{name}:{line}: {reason}"]
    assert errors(name, text.replace("\n", "\r\n").encode()) == [f"{name}:{line}: {reason}"]


def test_an_error_elsewhere_in_the_file_stays() -> None:
    text = "locals {\n  a = \n}\n\n\n/*\n<<<<<<< HEAD\n=======\n>>>>>>> x\n*/\n"
    (error,) = errors("main.tf", text.encode())
    assert "conflict" not in error


@pytest.mark.parametrize("name", ["terraform.tfvars", "common.auto.tfvars", "x.auto.tfvars.json"])
def test_a_link_to_a_variable_file_that_each_user_makes_is_unknown(name: str) -> None:
    Path(name).symlink_to("../nowhere.tfvars")
    found = read([Path()], Options())
    assert found.errors == []
    (part,) = found.facts
    assert isinstance(part, UnreadPart)
    assert "nowhere.tfvars is not there, and may be when Terraform runs" in part.reason
    assert f": the link {name} to it would set variables" in part.reason
    assert (part.declared.at.path, part.unread) == (name, False)
    Path("other.auto.tfvars").symlink_to("../nowhere.tfvars")
    (part,) = read([Path()], Options()).facts
    assert isinstance(part, UnreadPart)
    assert "and 1 more to it would set variables" in part.reason


def test_a_link_to_a_variable_file_that_is_there_is_in_force() -> None:
    Path("versions.tf").write_text('variable "a" {\n}\n', encoding="utf-8")
    Path("mine.tfvars").write_text("a = 1\n", encoding="utf-8")
    Path("terraform.tfvars").symlink_to("mine.tfvars")
    found = read([Path()], Options())
    assert (found.errors, found.facts, found.var_files) == ([], [], [])


@pytest.mark.parametrize("name", ["main.tf", "main.tofu", "x.tf.json", "plan.json"])
def test_a_broken_link_is_an_error(name: str) -> None:
    Path(name).symlink_to("nowhere")
    (error,) = read([Path()], Options()).errors
    assert (error.at.path, error.reason) == (name, "the symbolic link is broken or circular")


def test_a_folder_with_the_name_of_a_file_is_none() -> None:
    Path("main.tf").mkdir()
    assert read([Path()], Options()).errors == []


POLICY = '{"bindings": [{"role": "roles/owner", "members": ["allUsers"]}], "etag": "BwX="}'


@pytest.mark.parametrize("wrapped", [{"stdout": POLICY, "exitcode": 0}, [{"steps": {"out": POLICY}}]])
def test_a_policy_in_a_text_of_json_is_not_passed_over(wrapped: object) -> None:
    Path("out.json").write_text(json.dumps(wrapped), encoding="utf-8")
    found = read([Path()], Options())
    assert [type(fact) for fact in found.facts] == [UnreadPart]
    Path("out.json").rename("project-shop.json")
    (error,) = read([Path()], Options()).errors
    assert "its content is not an export" in error.reason


def test_a_text_about_policies_is_passed_over() -> None:
    Path("out.json").write_text(json.dumps({"stdout": 'the policy has "bindings" with "members"'}), encoding="utf-8")
    assert read([Path()], Options()).facts == []
