"""Root modules that read the outputs of others depend on all that these asked, whichever module read them first."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from cached_estate import grant
from many import some
from test_cache import Runs, prepared, told
from test_parts import evaluated

from iamlint import budget


def backend(prefix: str) -> str:
    return f'terraform {{\n  backend "gcs" {{\n    bucket = "b"\n    prefix = "{prefix}"\n  }}\n}}\n'


def reads(prefix: str) -> str:
    config = f'config = {{\n    bucket = "b"\n    prefix = "{prefix}"\n  }}'
    return f'data "terraform_remote_state" "{prefix}" {{\n  backend = "gcs"\n  {config}\n}}\n'


def output(state: str, name: str) -> str:
    return f"data.terraform_remote_state.{state}.outputs.{name}"


def granted(name: str, value: str) -> str:
    return grant(f"${{{value}}}", name)


ESTATE = {
    "base/main.tf": backend("base")
    + 'variable "set" {}\nmodule "m" {\n  source = "../modules/m"\n}\n'
    + 'output "file" {\n  value = file("who.txt")\n}\noutput "set" {\n  value = var.set\n}\n'
    + 'output "called" {\n  value = module.m.who\n}\noutput "fixed" {\n  value = "fixed"\n}\n'
    + 'output "maybe" {\n  value = fileexists("maybe.txt") ? "there" : "absent"\n}\n'
    + 'output "all" {\n  value = { inner = { who = file("inner.txt") } }\n}\n',
    "base/who.txt": "ana",
    "base/inner.txt": "inner",
    "base/terraform.tfvars": 'set = "bob"\n',
    "modules/m/main.tf": 'output "who" {\n  value = "called"\n}\n',
    "amid/main.tf": backend("amid") + reads("base") + f'output "who" {{\n  value = {output("base", "file")}\n}}\n',
    "first/main.tf": reads("base")
    + granted("file", output("base", "file"))
    + granted("called", output("base", "called"))
    + granted("inner", output("base", "all.inner.who")),
    "second/main.tf": reads("base")
    + granted("file", output("base", "file"))
    + granted("set", output("base", "set"))
    + granted("maybe", output("base", "maybe"))
    + granted("called", output("base", "called"))
    + granted("inner", output("base", "all.inner.who")),
    "third/main.tf": reads("amid") + granted("who", output("amid", "who")),
    "zero/main.tf": granted("none", '"zero"'),
}
READERS = {"first", "second", "third"}
ROOTS = {"base", "zero", "amid", *READERS}


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Runs]:
    return prepared(tmp_path_factory.mktemp("estate").resolve(), ESTATE, "--format", "json", "--show-unknown")


@pytest.fixture
def runs(again: Callable[[], Runs]) -> Runs:
    return again()


def write(name: str, text: str) -> Callable[[Path], object]:
    def change(top: Path) -> None:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)

    return change


def replace(name: str, old: str, new: str) -> Callable[[Path], object]:
    return lambda top: (top / name).write_text((top / name).read_text().replace(old, new))


INSTALLED = {"Key": "m", "Source": "../modules/m", "Dir": "../modules/other"}
EDITS: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "nothing of these": (write("zero/main.tf", granted("none", '"eve"')), {"zero"}),
    "a reader": (replace("first/main.tf", "shop", "other"), {"first"}),
    "a file that an output reads": (write("base/who.txt", "eve"), READERS),
    "a file of an inner part": (write("base/inner.txt", "eve"), {"first", "second"}),
    "a file that was not there": (write("base/maybe.txt", ""), {"second"}),
    "a module that an output calls": (
        write("modules/m/main.tf", 'output "who" {\n  value = "eve"\n}\n'),
        {"base", "first", "second"},
    ),
    "values": (write("base/terraform.tfvars", 'set = "eve"\n'), {"base", *READERS}),
    "new values": (write("base/x.auto.tfvars", 'set = "eve"\n'), {"base", *READERS}),
    "values for the other program": (write("base/override.tofu", "# nothing\n"), {"base", *READERS}),
    "an output that nothing reads": (replace("base/main.tf", '"fixed"\n', '"eve"\n'), set()),
    "the root module": (write("base/new.tf", 'output "new" {\n  value = 1\n}\n'), {"base", *READERS}),
    "another root module with the same state": (write("also/main.tf", backend("base")), {"also", *READERS}),
    "the state is elsewhere": (replace("base/main.tf", 'prefix = "base"', 'prefix = "moved"'), {"base", *READERS}),
    "another one has the state now": (
        lambda top: (
            replace("base/main.tf", 'prefix = "base"', 'prefix = "moved"')(top),
            write("new/main.tf", backend("base") + 'output "file" {\n  value = "eve"\n}\n')(top),
        ),
        {"base", "new", *READERS},
    ),
    "the root module is gone": (lambda top: (top / "base/main.tf").unlink(), READERS),
    "installed modules": (
        lambda top: (
            write("modules/other/main.tf", 'output "who" {\n  value = "eve"\n}\n')(top),
            write("base/.terraform/modules/modules.json", json.dumps({"Modules": [INSTALLED]}))(top),
        ),
        {"base", *READERS},
    ),
    "a link in place of a file": (
        lambda top: (
            (top / "base/who.txt").unlink(),
            (top / "eve.txt").write_text("eve"),
            (top / "base/who.txt").symlink_to("../eve.txt"),
        ),
        READERS,
    ),
    "a link in place of a folder": (
        lambda top: (
            (top / "base").rename(top / "real"),
            (top / "base").symlink_to("real"),
        ),
        READERS,
    ),
}


NO_OTHER = (
    "an output that nothing reads",
    "the root module",
    "values for the other program",
    "a link in place of a folder",
)
"""Edits that may change no result."""


@pytest.mark.parametrize("edit", EDITS)
def test_readers_of_what_changed_are_evaluated(runs: Runs, edit: str) -> None:
    change, again = EDITS[edit]
    before = told(runs("--format", "json", "--show-unknown"))
    change(runs.cwd)
    done, names = evaluated(runs, "--format", "json", "--show-unknown")
    assert done == told(runs("--no-cache", "--format", "json", "--show-unknown"))
    assert again <= names | {"base"}
    assert edit != "nothing of these" or names == {"zero"}
    assert edit != "a reader" or names == {"first"}
    assert edit in NO_OTHER or done != before


def test_unchanged_readers_are_not_evaluated(runs: Runs) -> None:
    done, names = evaluated(runs, "--format", "json")
    assert names == ROOTS
    assert "user:ana@example.com" in done[1]
    for number in range(3):
        write("zero/main.tf", granted("none", f'"eve{number}"'))(runs.cwd)
        assert evaluated(runs, "--format", "json")[1] == {"zero"}


def test_what_a_reader_remembers_lasts_though_another_reads_first(runs: Runs) -> None:
    """The second reader got all values from the instance that the first had evaluated."""
    runs("--format", "json")
    write("zero/main.tf", "")(runs.cwd)
    runs("--format", "json")
    write("first/main.tf", "")(runs.cwd)
    runs("--format", "json")
    write("base/who.txt", "eve")(runs.cwd)
    done, names = evaluated(runs, "--format", "json")
    assert {"second", "third"} <= names
    assert "user:eve@example.com" in done[1]
    assert done == told(runs("--no-cache", "--format", "json"))


def test_states_of_root_modules_that_the_user_did_not_name(runs: Runs) -> None:
    arguments = ("first", "--format", "json", "--show-unknown")
    runs(*arguments)
    for change in (write("base/who.txt", "eve"), replace("base/main.tf", '"fixed"', '"x"'), write("first/b.tf", "")):
        change(runs.cwd)
        assert told(runs(*arguments)) == told(runs("--no-cache", *arguments))
    runs("first", "base", "--format", "json")
    assert told(runs(*arguments)) == told(runs("--no-cache", *arguments))


def test_root_modules_that_read_each_other_are_evaluated(runs: Runs) -> None:
    back = f'output "back" {{\n  value = {output("amid", "back")}\n}}\n'
    write("base/reads.tf", reads("amid") + back + granted("back", output("amid", "who")))(runs.cwd)
    write("amid/back.tf", f'output "back" {{\n  value = {output("base", "back")}\n}}\n')(runs.cwd)
    write("third/back.tf", granted("back", output("amid", "back")))(runs.cwd)
    runs("--format", "json")
    write("zero/main.tf", "")(runs.cwd)
    done, names = evaluated(runs, "--format", "json")
    assert {"base", "third"} <= names
    assert done == told(runs("--no-cache", "--format", "json"))


def test_paths_that_functions_look_at_come_back(runs: Runs) -> None:
    write("zero/main.tf", 'locals {\n  who = file("who.txt")\n}\n' + granted("it", "local.who"))(runs.cwd)
    write("zero/who.txt", "ana")(runs.cwd)
    write("zero/.terraformignore", "*.txt\n")(runs.cwd)
    runs("--format", "json", "--show-unknown")
    replace("third/main.tf", "shop", "other")(runs.cwd)
    done = told(runs("--format", "json", "--show-unknown"))
    assert ".terraformignore" in done[1]
    assert done == told(runs("--no-cache", "--format", "json", "--show-unknown"))


def test_too_few_steps_are_as_without_a_cache(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "STEPS", 3_000)
    monkeypatch.setattr(budget, "STEPS_A_BYTE", 0)
    for number in range(4):
        text = granted("none", f'"a${{count.index + {number}}}"')
        write("zero/main.tf", text.replace("{\n", f"{{\n  count = {1 + number * 30}\n", 1))(runs.cwd)
        done = told(runs("--format", "json", "--show-unknown"))
        assert done == told(runs("--no-cache", "--format", "json", "--show-unknown"))
    assert "takes more steps" in done[1]


CHANGES: tuple[tuple[str, ...], ...] = (
    ("base/who.txt", "ana", "eve"),
    ("base/inner.txt", "inner", "eve", ""),
    ("base/maybe.txt", "", "x"),
    ("base/terraform.tfvars", 'set = "bob"\n', 'set = "eve"\n', ""),
    ("base/y.auto.tfvars", 'set = "zoe"\n', "# none\n"),
    ("modules/m/main.tf", 'output "who" {\n  value = "a"\n}\n', 'output "who" {\n  value = file("./x")\n}\n', "{"),
    ("also/main.tf", backend("base"), backend("other"), backend("amid") + 'output "who" {\n  value = "eve"\n}\n'),
    ("amid/more.tf", reads("other"), granted("more", output("base", "set")), ""),
    ("base/more.tf", reads("amid") + granted("back", output("amid", "who")), granted("own", '"own"'), ""),
    ("first/more.tf", granted("more", output("base", "set")), granted("more", output("base", "fixed")), ""),
    ("third/more.tf", reads("base") + granted("more", output("base", "called")), ""),
    ("base/.terraform/environment", "dev", "prod"),
    ("base/main.tofu", 'output "fixed" {\n  value = "tofu"\n}\n', ""),
)


@pytest.mark.parametrize("seed", range(some(1, 12)))
def test_random_edits_of_states(runs: Runs, seed: int) -> None:
    chance = random.Random(seed)
    form = ("--format", "json", "--show-unknown")
    runs(*form)
    for _ in range(7):
        for _ in range(chance.choice((1, 1, 2))):
            name, *texts = chance.choice(CHANGES)
            if chance.random() < 0.25:
                (runs.cwd / name).unlink(missing_ok=True)
            else:
                write(name, chance.choice(texts))(runs.cwd)
        assert told(runs(*form)) == told(runs("--no-cache", *form))
