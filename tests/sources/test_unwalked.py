"""Skipped directories are reported if they contain Terraform, and are checked if they are named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iamlint.facts import Grant, UnreadPart
from iamlint.logic.path_globs import PathGlobs
from iamlint.sources import read, unwalked
from iamlint.sources.reading import Options, Reading

GRANT = (
    'resource "google_project_iam_member" "it" {\n  project = "shop"\n  role = "roles/owner"\n'
    '  member = "user:ana@example.com"\n}\n'
)


def write(path: Path, text: str = GRANT) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "work"
    write(root / "main.tf", "# nothing\n")
    monkeypatch.chdir(root)
    return root


def told(found: Reading) -> list[tuple[str, str]]:
    unread_parts = [fact for fact in found.facts if isinstance(fact, UnreadPart)]
    assert [unread_part.declared.at.path for unread_part in unread_parts] == found.unwalked
    return [
        (unread_part.declared.at.path, unread_part.reason.removeprefix("Terraform files here are not read: "))
        for unread_part in unread_parts
    ]


DOT = "since its name begins with a dot"


@pytest.mark.parametrize(
    ("file", "where", "why"),
    [
        (".deploy/main.tf", ".deploy", f"this directory is not searched, {DOT}"),
        (".deploy/a/b/iam.tf", ".deploy/a/b", f".deploy above it is not searched, {DOT}"),
        ("a/.b/x.tofu", "a/.b", f"this directory is not searched, {DOT}"),
        (".github/prod/main.tf", ".github/prod", f".github above it is not searched, {DOT}"),
        (".terraform/x/main.tf", ".terraform/x", f".terraform above it is not searched, {DOT}"),
        (
            "node_modules/p/main.tf",
            "node_modules/p",
            "node_modules above it is not searched, since directories with its name contain code of others",
        ),
    ],
)
def test_a_directory_that_is_not_walked_into_and_holds_terraform(top: Path, file: str, where: str, why: str) -> None:
    write(top / file)
    found = read([Path()], Options())
    assert told(found) == [(where, why)]
    assert not any(isinstance(fact, Grant) for fact in found.facts)
    assert any(isinstance(fact, Grant) for fact in read([Path(where)], Options()).facts)


@pytest.mark.parametrize(
    "file",
    [
        ".github/workflows/ci.yaml",
        ".git/main.tf",
        ".terraform/modules/iam/main.tf",
        ".terraform/providers/x/main.tf",
        ".terragrunt-cache/a/main.tf",
        ".deploy/.main.tf",
        ".deploy/x.tfvars",
        "node_modules/p/index.js",
    ],
)
def test_what_nothing_is_said_of(top: Path, file: str) -> None:
    write(top / file)
    assert told(read([Path()], Options())) == []


def test_a_link_to_a_directory_is_told_where_what_it_leads_to_is_not_walked(top: Path) -> None:
    write(top.parent / "elsewhere" / "prod" / "main.tf")
    write(top / ".d" / "prod" / "main.tf")
    write(top / "modules" / "m" / "main.tf", "# nothing\n")
    (top / "outside").symlink_to(top.parent / "elsewhere")
    (top / "hidden").symlink_to(top / ".d" / "prod")
    (top / "same").symlink_to(top / "modules")
    (top / "round").symlink_to(top)
    (top / "nowhere").symlink_to(top / "gone")
    link = "is not searched, since it is a symbolic link"
    found = read([Path()], Options())
    assert told(found) == [
        (".d/prod", f".d above it is not searched, {DOT}"),
        ("hidden", f"this directory {link}"),
        ("outside/prod", f"outside above it {link}"),
    ]
    assert any(isinstance(fact, Grant) for fact in read([Path("outside")], Options()).facts)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, []),
        ({".m/x/main.tf": GRANT}, [".m/x"]),
        ({".m/backend.tf": 'terraform {\n  backend "gcs" {\n  }\n}\n'}, [".m"]),
        ({"main.tf": 'locals {\n  text = file("./.m/main.tf")\n}\n' + GRANT.replace('"shop"', "local.text")}, [".m"]),
    ],
)
def test_a_module_in_a_skipped_directory_is_read_as_it_is_called(
    top: Path, more: dict[str, str], expected: list[str]
) -> None:
    write(top / ".m" / "main.tf")
    for name, text in ({"main.tf": 'module "m" {\n  source = "./.m"\n}\n'} | more).items():
        write(top / name, text)
    assert [where for where, _ in told(read([Path()], Options()))] == expected


def test_what_is_excluded_or_named_as_well_is_not_told(top: Path) -> None:
    write(top / ".a" / "main.tf", "# nothing\n")
    write(top / ".b" / "main.tf", "# nothing\n")
    assert told(read([Path(), Path(".a")], Options(exclude=PathGlobs((".b",))))) == []


def test_the_look_is_bounded_and_says_so(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unwalked.Look, "__init__", _short(unwalked.Look.__init__))
    for number in range(8):
        write(top / "node_modules" / f"{number}.js", "")
    (unread_part,) = (fact for fact in read([Path()], Options()).facts if isinstance(fact, UnreadPart))
    assert unread_part.reason.startswith("whether there are Terraform files here is not known: ")


def _short(init):
    return lambda self, walked, tree, **more: init(self, walked, tree, 5, **more)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_directory_that_cannot_be_read_is_passed_over(top: Path) -> None:
    write(top / ".a" / "main.tf")
    (top / ".a").chmod(0)
    assert told(read([Path()], Options())) == []
    (top / ".a").chmod(0o700)
