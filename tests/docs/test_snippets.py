"""Every command in the documents runs, and every file in them is valid for the program that reads it."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import program
import pytest
import yaml
from checkout import commit, git, write
from snippets import ROOT, Snippet, files_of, pages, recipes, snippets, write_workflows
from vendor_schemas import assert_valid

from iamlint.accepted.configuration.config import Config, unknown_names
from iamlint.accepted.configuration.reading import read_config
from iamlint.addresses import REPOSITORY
from iamlint.hcl import read_file
from iamlint.location import SourceText
from iamlint.rules.catalog import load_rules

README_COMMANDS = ("python3 -m venv .venv && ",)
"""Commands that ``.ci/run`` and the suite of the wheel run: they install."""
STUBS = {
    "gcloud": 'case "$*" in *"value(projectId)"*) echo shop ;; *get-iam-policy*) echo "{}" ;; *) echo "[]" ;; esac',
    "terraform": 'cat "$FIXTURES/plan.json"',
    "terragrunt": 'mkdir -p plans/app && cp "$FIXTURES/plan.json" plans/app/tfplan.json',
    "curl": 'for a in "$@"; do [ "$last" = --output ] && cp "$FIXTURES/plan.json" "$a"; last="$a"; done; true',
    "docker": "true",
    "bq": "true",
    "duckdb": f'exec {sys.executable} -c "import duckdb, sys; duckdb.execute(sys.stdin.read())"',
    "pre-commit": "true",
    "prek": "true",
}
"""Other programs that the commands use: each leaves what the next command reads."""
MEMBER = """\
resource "google_project_iam_member" "ci" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
}
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the files that the documents mention, and next to it the programs that they use."""
    top = tmp_path_factory.mktemp("snippets")
    work, fixtures, programs = top / "work", top / "fixtures", top / "bin"
    plan = (ROOT / "testdata/plans/variables/plan.json").read_text("utf-8")
    story = (ROOT / "testdata/story/main.tf").read_text("utf-8")
    rule = re.search(
        r"<!-- rule: begin -->\n```yaml\n(.*?)```", (ROOT / "docs/writing-rules.md").read_text("utf-8"), re.DOTALL
    )
    assert rule
    files = {
        "main.tf": MEMBER, "infra/main.tf": story, "envs/prod/main.tf": MEMBER, "prod.tfvars": "", "plan.json": plan,
        "all/policies.ndjson": '{"name": "//cloudresourcemanager.googleapis.com/projects/1", "asset_type": "x"}\n',
        "before.json": plan, "after.json": plan, "export/project-shop.json": '{"bindings": []}',
        "error.txt": (ROOT / "testdata/story/error.txt").read_text("utf-8"),
        "security/house/broad-storage-admin.yaml": rule[1],
    }  # fmt: skip
    write(work, files)
    fixtures.mkdir()
    (fixtures / "plan.json").write_text(plan, encoding="utf-8")
    programs.mkdir()
    for name, script in {**STUBS, "iamlint": f'exec {sys.executable} -m iamlint "$@"'}.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (programs / name).chmod(0o755)
    (programs / "python3").symlink_to(sys.executable)
    commit(work)
    commit(work)
    git(work, "update-ref", "refs/remotes/origin/main", "HEAD")
    return work


@pytest.fixture
def repository(template: Path, tmp_path: Path) -> Path:
    """A copy of the template: a command leaves files."""
    shutil.copytree(template.parent, tmp_path / "copy", symlinks=True)
    return tmp_path / "copy" / "work"


def commands(text: str) -> list[str]:
    """Return the commands of a shell block: lines, joined where they go on; loops and pipelines stay whole."""
    if re.search(r"^(for|while|if|\w+=|\w+\(\))", text, re.MULTILINE):
        return [text]
    joined = re.sub(r"\\\n\s*", " ", text)
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def run(command: str, repository: Path) -> tuple[int, str]:
    """Run a command; one of iamlint alone in this process, since there are many, also if its output is for a file."""
    alone = re.fullmatch(r"(iamlint [^|<>&;$(`]*?)(?: > (\S+))?(?:  #.*)?", command)
    if alone:
        done = program.run(*shlex.split(alone[1], comments=True)[1:], cwd=repository)
        if alone[2]:
            (repository / alone[2]).write_text(done.stdout, encoding="utf-8")
        return done.returncode, done.stdout + done.stderr
    environment = {
        **os.environ,
        "PATH": f"{repository.parent / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "FIXTURES": str(repository.parent / "fixtures"),
    }
    request = json.dumps(dict.fromkeys(("access_token", "plan_json_api_url", "task_result_callback_url"), "x"))
    shell = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=repository,
        env=environment,
        input=request,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return shell.returncode, shell.stdout + shell.stderr


SHELL = [one for one in snippets("sh", "bash") if not one.text.startswith(README_COMMANDS)]


@pytest.mark.parametrize("snippet", SHELL, ids=str)
def test_every_command_runs(snippet: Snippet, repository: Path) -> None:
    for name, text in files_of(snippet.page).items():
        (repository / name).write_text(text, encoding="utf-8")
    for command in commands(snippet.content):
        code, output = run(command, repository)
        assert code in (0, 1), f"{command}\n{output}"
        assert "Traceback" not in output


NAMED = re.compile(r"`(iamlint [^`]+)`")


@pytest.mark.parametrize("page", pages(), ids=lambda path: path.name)
def test_commands_in_sentences_have_options_that_there_are(page: Path) -> None:
    from iamlint.cli.program import program as group

    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for found in NAMED.finditer(text):
        _, name, *words = found[1].split()
        if not re.fullmatch(r"[a-z]+", name):
            continue  # `iamlint VERSION`, or a name like `iamlint-all`
        command = group.get_command(None, name)
        assert command, found[0]
        options = {option for parameter in command.params for option in parameter.opts}
        unknown = [
            word for word in words if word.startswith("-") and word != "-" and word.partition("=")[0] not in options
        ]
        assert unknown == [], found[0]


# -- files ---------------------------------------------------------------------------------------------------------


def valid_by_schema(schema: str, *options: str) -> Callable[[Path], None]:
    return lambda path: assert_valid(path, schema, *options)


def valid_configuration(path: Path) -> None:
    found = read_config(path, path.name)
    assert isinstance(found, Config), found
    names = {name for rule in load_rules()[0] for name in rule.names}
    assert unknown_names(found, names) == []


def valid_hooks(path: Path) -> None:
    command = [str(Path(sys.executable).with_name("pre-commit")), "validate-config", str(path)]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    ours = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    (repository,) = [
        one for one in yaml.safe_load(path.read_text())["repos"] if one["repo"].endswith("/iamlint/iamlint")
    ]
    assert {hook["id"] for hook in repository["hooks"]} <= ours


def valid_atlantis(path: Path) -> None:
    """Source: https://www.runatlantis.io/docs/server-side-repo-config.html#reference"""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert document.keys() == {"repos", "workflows"}
    assert all(one.keys() <= {"id", "workflow", "allowed_overrides"} for one in document["repos"])
    assert {one["workflow"] for one in document["repos"]} == document["workflows"].keys()
    for workflow in document["workflows"].values():
        steps = workflow["plan"]["steps"]
        assert all(step in ("init", "plan") or step.keys() == {"run"} for step in steps)


def valid_jenkinsfile(path: Path) -> None:
    """The structure of a declarative pipeline: https://www.jenkins.io/doc/book/pipeline/syntax/"""
    text = re.sub(r"'[^'\n]*'", "''", path.read_text(encoding="utf-8"))
    assert text.count("{") == text.count("}")
    assert text.count("(") == text.count(")")
    assert re.match(
        r"pipeline \{\n    agent \{.*?\}\n    stages \{\n        stage\(''\) \{\n            steps \{\n", text
    )
    assert "'" not in text.replace("''", "")


FILES: dict[str, Callable[[Path], None]] = {
    r"\.github/workflows/[\w-]+\.yml": valid_by_schema("github-workflows"),
    r"\.gitlab-ci\.yml": valid_by_schema("gitlab-ci", "--data-transform", "gitlab-ci"),
    r"azure-pipelines\.yml": valid_by_schema(
        "azure-pipelines", "--data-transform", "azure-pipelines", "--regex-variant", "python"
    ),
    r"\.iamlint\.yaml": valid_configuration,
    r"\.pre-commit-config\.yaml": valid_hooks,
    r"repos\.yaml": valid_atlantis,
    r"Jenkinsfile": valid_jenkinsfile,
}


@pytest.mark.parametrize(("name", "snippet"), recipes().items(), ids=list(recipes()))
def test_every_file_is_valid(name: str, snippet: Snippet, tmp_path: Path) -> None:
    assert snippet.file
    check = next((check for pattern, check in FILES.items() if re.fullmatch(pattern, snippet.file)), None)
    assert check, f"{name}: say in FILES what reads this file"
    path = tmp_path / snippet.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(snippet.content, encoding="utf-8")
    check(path)


def test_the_recipes_for_every_ci_are_there() -> None:
    files = {one.file for one in recipes().values() if one.page == "docs/in-ci.md"}
    assert files >= {
        ".github/workflows/iam.yml", ".gitlab-ci.yml", "azure-pipelines.yml", "Jenkinsfile", "repos.yaml",
        ".pre-commit-config.yaml",
    }  # fmt: skip


def scripts(text: str) -> list[str]:
    """Return the iamlint commands in a recipe."""
    return [
        re.sub(r"^\.iamlint/bin/", "", found) for found in re.findall(r"(?:\.iamlint/bin/)?iamlint check [^\n']+", text)
    ]


@pytest.mark.parametrize("snippet", [one for one in recipes().values() if scripts(one.content)], ids=str)
def test_the_commands_of_a_recipe_run(snippet: Snippet, repository: Path) -> None:
    for command in scripts(snippet.content):
        here = command.replace("$(Build.ArtifactStagingDirectory)/", "").replace('"$SHOWFILE"', "plan.json")
        code, output = run(here, repository)
        assert code == 1, f"{here}\n{output}"


@pytest.mark.parametrize("snippet", list(snippets("hcl")), ids=str)
def test_every_piece_of_terraform_is_terraform(snippet: Snippet) -> None:
    found = read_file(SourceText("main.tf", snippet.text))
    assert found.errors == []


@pytest.mark.parametrize("snippet", list(snippets("json")), ids=str)
def test_every_piece_of_json_is_json(snippet: Snippet) -> None:
    json.loads(snippet.content)


def test_the_pattern_for_vs_code_reads_our_lines() -> None:
    (snippet,) = [one for one in snippets("json") if one.page == "docs/editors.md"]
    pattern = json.loads(snippet.content)["tasks"][0]["problemMatcher"]["pattern"]
    found = re.search(pattern["regexp"], "infra/a b.tf:3:13: high broad-token-creator user:a@b.c can. [x.y]")
    assert found
    assert [found[pattern[key]] for key in ("file", "line", "column", "code")] == [
        "infra/a b.tf", "3", "13", "broad-token-creator",
    ]  # fmt: skip


def test_zizmor_finds_nothing_in_the_recipes(tmp_path: Path) -> None:
    written = write_workflows(tmp_path)
    assert len(written) >= 5
    command = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--no-progress", "--persona", "pedantic"]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# -- the site ------------------------------------------------------------------------------------------------------


def test_every_page_is_in_the_navigation() -> None:
    text = (ROOT / ".github" / "mkdocs.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"[\w/-]+\.md", text))
    assert {path.name for path in (ROOT / "docs").glob("*.md")} <= named
    assert all((ROOT / "docs" / name).is_file() for name in named - {"rules/*/*.md"} if "*" not in name)


LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s#]*)(#[^)\s]*)?\)")
LINKED = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/*.md")]
"""All pages, generated ones as well."""


@pytest.mark.parametrize("page", LINKED, ids=lambda path: path.name)
def test_no_link_of_a_page_is_broken(page: Path) -> None:
    for found in LINK.finditer(prose(page)):
        target = (page.parent / found[1]).resolve() if found[1] else page
        assert target.exists(), found[0]
        if found[2] and target.suffix == ".md":
            assert found[2][1:] in anchors(target), found[0]


def test_links_to_the_repository_on_the_web_have_a_target() -> None:
    for page in LINKED:
        for name, anchor in re.findall(rf"{REPOSITORY}(?:/blob/main/([\w./-]+))?(#[\w-]+)?(?=[)\s])", prose(page)):
            target = ROOT / (name or "README.md")
            assert target.exists(), (page, name)
            assert not anchor or anchor[1:] in anchors(target), (page, anchor)


def prose(page: Path) -> str:
    """Return the text of a page without its code."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"`[^`\n]*`", "``", text)


@cache
def anchors(page: Path) -> set[str]:
    """Return the anchors of a page: those of its headings, as GitHub makes them, and its own."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return {
        re.sub(r"[^\w -]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", one)).strip().lower().replace(" ", "-")
        for one in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }.union(re.findall(r'<a id="([\w-]+)"', text))


def test_no_address_stands_as_if_it_were_published() -> None:
    """Until the release sets them, tags and versions are placeholders, and the README says so."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        assert not re.search(
            r"iamlint/iamlint@v\d|rev: v0|iamlint==\d|ghcr\.io/iamlint|pypi\.org/project/iamlint", text
        ), page
    assert "Nothing is published yet" in (ROOT / "README.md").read_text(encoding="utf-8")
