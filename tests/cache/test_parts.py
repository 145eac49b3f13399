"""After an edit only what read the changed file is done again, and the result is that of a run without a cache."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from cached_estate import grant
from every_fact import FACTS
from many import some
from test_cache import TESTDATA, Runs, edits, prepared, told

from iamlint import budget
from iamlint.files.disk import DISK
from iamlint.location import SourceText, Span
from iamlint.sources import discovery, fact_data, read
from iamlint.sources.gcloud import export
from iamlint.sources.reading import Options
from iamlint.sources.terraform import source as terraform
from iamlint.sources.terraform.configuration import library, var_files

ESTATE = {
    "own/main.tf": grant("own"),
    "calls/main.tf": 'module "m" {\n  source = "../modules/m"\n  who = "calls"\n}\n',
    "also/main.tf": 'module "m" {\n  source = "../modules/m"\n  who = "also"\n}\nterraform {\n  backend "gcs" {}\n}\n',
    "modules/m/main.tf": 'variable "who" {}\n' + grant("${var.who}"),
    "data/main.tf": 'locals {\n  who = jsondecode(file("who.json")).who\n}\n' + grant("${local.who}"),
    "data/who.json": '{"who": "ana"}',
    "set/main.tf": 'locals {\n  all = fileset(path.module, "users/*.txt")\n}\n'
    + grant('${trimsuffix(basename(each.key), ".txt")}').replace("{\n", "{\n  for_each = local.all\n", 1),
    "set/users/bob.txt": "",
    "values/main.tf": 'variable "who" {}\n' + grant("${var.who}"),
    "values/terraform.tfvars": 'who = "val"\n',
    "state/main.tf": 'terraform {\n  backend "gcs" {\n    bucket = "b"\n    prefix = "p"\n  }\n}\n'
    'output "who" {\n  value = "state"\n}\n',
    "reads/main.tf": 'data "terraform_remote_state" "s" {\n  backend = "gcs"\n'
    '  config = {\n    bucket = "b"\n    prefix = "p"\n  }\n}\n'
    + grant("${data.terraform_remote_state.s.outputs.who}"),
    "installed/main.tf": 'module "r" {\n  source  = "acme/r/google"\n  version = "1.0.0"\n}\n',
    "installed/.terraform/modules/modules.json": json.dumps(
        {
            "Modules": [
                {"Key": "", "Source": "", "Dir": "."},
                {
                    "Key": "r",
                    "Source": "registry.terraform.io/acme/r/google",
                    "Version": "1.0.0",
                    "Dir": ".terraform/modules/r",
                },
            ]
        }
    ),
    "installed/.terraform/modules/r/main.tf": grant("installed"),
    "space/main.tf": grant("${terraform.workspace}"),
    "space/.terraform/environment": "prod",
    "both/main.tf": grant("terraform"),
    "both/main.tofu": grant("opentofu"),
    "notes.json": '{"nothing": "here"}',
    "notes.yaml": "nothing: here\n",
}
NAMES = {path.split("/")[0] for path in ESTATE if path.endswith((".tf", ".tofu"))} - {"modules"}
NEVER_KEPT: set[str] = set()
"""A root module that reads another's outputs."""


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Runs]:
    return prepared(tmp_path_factory.mktemp("estate").resolve(), ESTATE, "--format", "json")


@pytest.fixture
def runs(again: Callable[[], Runs]) -> Runs:
    return again()


def evaluated(runs: Runs, *arguments: str) -> tuple[Any, set[str]]:
    """The result of a run, and the root modules that were evaluated in it."""
    names = set()

    def spy(self: Any, readings: Any) -> Any:
        names.add(next(iter(readings.values())).directory.relative_to(runs.cwd).as_posix())
        return original(self, readings)

    original = terraform._Roots.told
    with mock.patch.object(terraform._Roots, "told", spy):
        done = runs(*arguments)
    return told(done), names


def test_the_estate_of_these_tests_says_something_in_each_root(runs: Runs) -> None:
    found = json.loads(runs("--no-cache", "--format", "json").stdout)
    assert {Path(one["path"]).parts[0] for one in found["findings"]} >= NAMES - {"calls", "also", "state", "both"}
    assert evaluated(runs)[1] == NAMES


EDITS: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "nothing but a file beside": (lambda top: (top / "README.md").write_text("x"), set()),
    "a document": (lambda top: (top / "notes.json").write_text("{}"), set()),
    "a root module": (lambda top: (top / "own/main.tf").write_text(grant("eve")), {"own"}),
    "a new file": (lambda top: (top / "own/b.tf").write_text(grant("eve").replace('"it"', '"b"')), {"own"}),
    "a file that is gone": (lambda top: (top / "own/main.tf").rename(top / "own/other.tf"), {"own"}),
    "a called module": (
        lambda top: (top / "modules/m/main.tf").write_text(ESTATE["modules/m/main.tf"] + "# x"),
        {"calls", "also"},
    ),
    "data": (lambda top: (top / "data/who.json").write_text('{"who": "eve"}'), {"data"}),
    "data that is gone": (lambda top: (top / "data/who.json").unlink(), {"data"}),
    "data that is a link": (
        lambda top: (
            (top / "data/who.json").unlink(),
            (top / "eve.json").write_text('{"who": "eve"}'),
            (top / "data/who.json").symlink_to("../eve.json"),
        ),
        {"data"},
    ),
    "data that is a pipe": (
        lambda top: ((top / "data/who.json").unlink(), os.mkfifo(top / "data/who.json")),
        {"data"},
    ),
    "a set of files": (lambda top: (top / "set/users/eve.txt").write_text(""), {"set"}),
    "the content of a file in a set": (lambda top: (top / "set/users/bob.txt").write_text("longer"), set()),
    "a folder instead of a file in a set": (
        lambda top: ((top / "set/users/bob.txt").unlink(), (top / "set/users/bob.txt").mkdir()),
        {"set"},
    ),
    "values": (lambda top: (top / "values/terraform.tfvars").write_text('who = "eve"'), {"values"}),
    "new values": (lambda top: (top / "values/x.auto.tfvars").write_text('who = "eve"'), {"values"}),
    "an installed module": (
        lambda top: (top / "installed/.terraform/modules/r/main.tf").write_text(grant("eve")),
        {"installed"},
    ),
    "the list of installed modules": (
        lambda top: (top / "installed/.terraform/modules/modules.json").write_text('{"Modules": []}'),
        {"installed"},
    ),
    "the selected workspace": (lambda top: (top / "space/.terraform/environment").write_text("dev"), set()),
    "no selected workspace": (lambda top: (top / "space/.terraform/environment").unlink(), {"space"}),
    "the other program's file": (lambda top: (top / "both/main.tofu").write_text(grant("eve")), {"both"}),
    "a file of the other program": (lambda top: (top / "own/main.tofu").write_text(grant("eve")), {"own"}),
    "a state that is read": (
        lambda top: (top / "state/main.tf").write_text(ESTATE["state/main.tf"].replace('"state"', '"eve"')),
        {"state", "reads"},
    ),
    "the configuration": (lambda top: (top / ".iamlint.yaml").write_text("var: {who: eve}\n"), NAMES),
    "an export": (
        lambda top: (top / "projects.json").write_text('[{"projectId": "shop", "projectNumber": "1", "name": "s"}]'),
        NAMES,
    ),
}


TOGETHER = (
    (
        *("a root module", "data", "a set of files", "values", "an installed module"),
        *("the other program's file", "a called module"),
    ),
    (
        *("a new file", "data that is gone", "the content of a file in a set", "new values"),
        *("the list of installed modules", "no selected workspace", "a state that is read"),
    ),
    ("a file that is gone", "data that is a link", "a folder instead of a file in a set"),
    ("a file of the other program", "data that is a pipe", "the selected workspace"),
)
"""Edits that are about different root modules."""
ALONE = tuple((edit,) for edit in EDITS if not any(edit in edits for edits in TOGETHER))


@pytest.mark.parametrize("edits", TOGETHER + ALONE)
def test_only_what_read_the_change_is_evaluated(runs: Runs, edits: tuple[str, ...]) -> None:
    runs("--format", "json")
    for edit in edits:
        EDITS[edit][0](runs.cwd)
    done, names = evaluated(runs, "--format", "json")
    assert done == told(runs("--no-cache", "--format", "json"))
    assert names == set().union(*(EDITS[edit][1] for edit in edits)) | NEVER_KEPT


def test_only_modules_of_what_changed_are_parsed(runs: Runs) -> None:
    (runs.cwd / "reads/main.tf").unlink()  # it looks for its state in all root modules
    runs()
    (runs.cwd / "calls/main.tf").write_text(ESTATE["calls/main.tf"].replace('"calls"', '"eve"'))
    with mock.patch.object(library, "read_file", wraps=library.read_file) as parsed:
        runs()
    paths = {call.args[0].path for call in parsed.call_args_list}
    assert {"calls/main.tf", "modules/m/main.tf"} <= paths
    assert {"own/main.tf", "data/main.tf", "values/main.tf", "values/terraform.tfvars"}.isdisjoint(paths)


def test_a_file_with_errors_has_them_again(runs: Runs) -> None:
    (runs.cwd / "data/main.tf").write_text('resource "x" {')
    runs("--format", "json")
    (runs.cwd / "own/main.tf").write_text(grant("eve"))
    done = told(runs("--format", "json"))
    assert done == told(runs("--no-cache", "--format", "json"))
    assert done[0] == 2


def test_parts_are_kept_over_several_edits(runs: Runs) -> None:
    runs()
    for number in range(3):
        (runs.cwd / "own/main.tf").write_text(grant(f"eve{number}"))
        assert evaluated(runs)[1] == {"own"} | NEVER_KEPT


def test_a_part_that_comes_back_is_evaluated(runs: Runs) -> None:
    """Only the last run is kept, not all that ever were."""
    runs("--format", "json")
    (runs.cwd / "own/main.tf").write_text(grant("eve"))
    runs("--format", "json")
    (runs.cwd / "own/main.tf").write_text(ESTATE["own/main.tf"])
    done, names = evaluated(runs, "--format", "json")
    assert names <= {"own"} | NEVER_KEPT
    assert done == told(runs("--no-cache", "--format", "json"))


def test_a_document_without_facts_is_parsed_once(runs: Runs) -> None:
    runs()
    (runs.cwd / "own/main.tf").write_text(grant("eve"))
    (runs.cwd / "more.yaml").write_text("something: else\n")
    with mock.patch.object(export, "read_export", wraps=export.read_export) as parsed:
        runs()
    assert {call.args[0].path for call in parsed.call_args_list} <= {"more.yaml", "data/who.json"}
    assert "more.yaml" in {call.args[0].path for call in parsed.call_args_list}


NAMES_ON_DISK: dict[str, Callable[[Path], object]] = {
    "a new document": lambda top: (top / "more.yaml").write_text("something: else\n"),
    "a document less": lambda top: (top / "notes.json").unlink(),
    "a folder with a root module": lambda top: ((top / "new").mkdir(), (top / "new/main.tf").write_text(grant("eve"))),
    "a module in a skipped folder": lambda top: (
        (top / "own/.hidden").mkdir(),
        (top / "own/.hidden/main.tf").write_text(grant("eve")),
    ),
    "a document that becomes a folder": lambda top: ((top / "notes.json").unlink(), (top / "notes.json").mkdir()),
    "a folder that becomes a link": lambda top: (
        (top / "own").rename(top.parent / "away"),
        (top / "own").symlink_to("calls"),
    ),
    "a link that leads elsewhere": lambda top: ((top / "to").unlink(), (top / "to").symlink_to("values")),
    "an exclusion": lambda top: (top / ".iamlint.yaml").write_text("exclude: [own]\n"),
}


@pytest.fixture(scope="module")
def again_with_a_link(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Runs]:
    top = tmp_path_factory.mktemp("linked").resolve()
    return prepared(top, ESTATE, "--format", "json", "to", ".", links={"to": "own"})


@pytest.mark.parametrize("edit", NAMES_ON_DISK)
def test_other_names_on_the_disk_are_found(again_with_a_link: Callable[[], Runs], edit: str) -> None:
    """The estate is given twice, once through a link that ``symlink_to`` made."""
    runs = again_with_a_link()
    assert runs.is_kept("--format", "json", "to", ".")
    NAMES_ON_DISK[edit](runs.cwd)
    with mock.patch.object(discovery, "discover", wraps=discovery.discover) as walked:
        done = told(runs("--format", "json", "to", "."))
    assert walked.call_count == 1
    assert done == told(runs("--no-cache", "--format", "json", "to", "."))


def test_a_tree_with_the_same_names_is_walked_once(runs: Runs) -> None:
    (runs.cwd / ".iamlint.yaml").write_text("exclude: [values]\n")
    (runs.cwd / "terragrunt.hcl").write_text("")
    (runs.cwd / "empty").mkdir()
    runs("--format", "json", ".", "empty")
    (runs.cwd / "own/main.tf").write_text(grant("eve"))
    with mock.patch.object(discovery, "discover", wraps=discovery.discover) as walked:
        done = told(runs("--format", "json", ".", "empty"))
    assert walked.call_count == 0
    assert done == told(runs("--no-cache", "--format", "json", ".", "empty"))


def test_a_document_that_is_edited_is_read(runs: Runs) -> None:
    """Its name and its size are the same."""
    runs("--format", "json")
    export = '[{"projectId": "shop", "projectNumber": "1"}]'
    (runs.cwd / "notes.json").write_text('{"nothing": "%s"}' % ("x" * (len(export) - 15)))
    runs("--format", "json")
    (runs.cwd / "notes.json").write_text(export)
    done = told(runs("--format", "json"))
    assert done == told(runs("--no-cache", "--format", "json"))


def test_variable_files_that_were_not_given_are_read_once(runs: Runs) -> None:
    (runs.cwd / "own/main.tf").write_text('variable "own" {}\n' + grant("${var.own}"))
    for name in ("one", "two"):
        (runs.cwd / f"{name}.tfvars").write_text('own = "x"\n')
    arguments = ("--format", "json")
    runs(*arguments)
    (runs.cwd / "two.tfvars").write_text('other = "x"\n')
    with mock.patch.object(var_files, "read_file", wraps=var_files.read_file) as parsed:
        done = told(runs(*arguments))
    assert [call.args[0].path for call in parsed.call_args_list] == ["two.tfvars"]
    assert done == told(runs("--no-cache", *arguments))


SEEDS = (3, 11, 0, 8, 1, 2, 4, 5, 6, 7, 9, 10)
"""Those of 3, 8 and 11 have links to files of other root modules."""


@pytest.mark.parametrize("seed", SEEDS[: some(1, 12)])
def test_random_edits_of_many_roots(runs: Runs, seed: int) -> None:
    changes = edits(runs.cwd, random.Random(seed))
    for _ in range(7):
        next(changes)
        assert told(runs("--format", "json")) == told(runs("--no-cache", "--format", "json"))


def test_a_root_that_uses_up_its_steps_is_the_same(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "STEPS", 9_000)
    monkeypatch.setattr(budget, "STEPS_A_BYTE", 0)
    (runs.cwd / "many").mkdir()
    (runs.cwd / "many/main.tf").write_text(grant("a${count.index}").replace("{\n", "{\n  count = 300\n", 1))
    done = told(runs("--format", "json"))
    assert "takes more steps" in done[1]
    for number in range(3):
        (runs.cwd / "own/main.tf").write_text(grant(f"eve{number}") + "#" * number * 100)
        assert told(runs("--format", "json")) == told(runs("--no-cache", "--format", "json"))


def test_parts_that_are_damaged_are_not_believed(runs: Runs) -> None:
    runs()
    for path in runs.stored:
        kept = path.read_bytes()
        path.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    assert evaluated(runs)[1] == NAMES


# -- facts as data -----------------------------------------------------------------------------------------------------


def there_and_back(fact: object) -> object:
    return fact_data.value_of(json.loads(json.dumps(fact_data.data_of(fact))))


@pytest.mark.parametrize("corpus", sorted(path.name for path in TESTDATA.iterdir() if path.is_dir()))
def test_facts_of_every_corpus_come_back(corpus: str) -> None:
    facts = read([TESTDATA / corpus], Options(tree=DISK)).facts
    for fact in facts:
        assert repr(there_and_back(fact)) == repr(fact)  # also what comparisons leave out


def test_each_kind_of_fact_comes_back() -> None:
    for fact in FACTS:
        assert there_and_back(fact) == fact
        assert repr(there_and_back(fact)) == repr(fact)


def test_equal_parts_are_one_and_equal_facts_are_two() -> None:
    one = FACTS[0]
    facts = (one, replace(one, declared=replace(one.declared)), (1,), (True,), (1.0,), frozenset("ba"))
    found: Any = there_and_back(facts)
    assert repr(found[:-1]) == repr(facts[:-1])
    assert found[-1] == facts[-1]
    assert found[0].declared is found[1].declared
    assert found[0] is not found[1]


def test_what_is_no_data_is_refused() -> None:
    with pytest.raises(fact_data.NotData):
        fact_data.data_of((Span(SourceText("a", ""), 0, 0),))
