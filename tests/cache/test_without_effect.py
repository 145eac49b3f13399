"""An edit without effect is printed from the cache, and only if a run would print the same."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
from cached_estate import added, grant, replaced
from many import some
from test_cache import TESTDATA, Runs, prepared, told
from test_parts import evaluated

from iamlint import budget
from iamlint.cache import entry, store
from iamlint.files.disk import DISK
from iamlint.hcl import read_file
from iamlint.hcl.syntax import Object, Tuple
from iamlint.hcl.without_comments import _chosen, _nested, without_comments
from iamlint.location import Location, SourceText
from iamlint.sources import fact_data, read
from iamlint.sources.reading import Options

ESTATE = {
    "found/main.tf": "# The account of the shop.\n" + grant(),
    "found/names.tf": '# The names.\nlocals {\n  here = "here"\n}\n',
    "found/prod.tfvars": '# Who may deploy.\nwho = "bob"\n',
    "quiet/main.tf": '# The name.\nlocals {\n  # It is short.\n  name = "quiet" # and plain\n\n  all = [\n'
    '    "one", # the first\n  ]\n  /* and */ more = "x"\n}\n',
    "quiet/terraform.tfvars": 'unused = "x"\n',
    "quiet/also.tofu": "",
    "quiet/data.tf": "# A list.\nlocals {\n  list = 1\n}\n",
    "quiet/reads.tf": 'locals {\n  data = length(join(file("${path.module}/data.tf"), [local.name, local.more]))\n'
    "  both = local.data * length(local.all[0])\n}\n"
    + grant("u${local.both}").replace("iam.serviceAccountTokenCreator", "browser"),
    "quiet/unread.tf": 'resource "google_compute_address" "it" {\n  name = "one" # the first\n  description = <<-EOT\n'
    '    many words\n  EOT\n  labels = { a = "b" }\n  one_line { x = "y" }\n}\n',
    "quiet/project.tf": 'resource "google_project" "shop" {\n  project_id = "shop"\n  billing_account = "b"\n'
    '  labels = { a = "b" }\n}\n',
    "quiet/calls.tf": 'module "c" {\n  source = "./sub"\n  nothing = "one"\n}\n',
    "quiet/sub/main.tf": "locals {\n}\n",
    "quiet/more.tf.json": '{"locals": {"//": "a comment", "json": 1}}',
    "wrong/main.tf": 'resource "x" {\n',
}


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Runs]:
    return prepared(tmp_path_factory.mktemp("estate").resolve(), ESTATE, "--format", "json")


@pytest.fixture
def runs(again: Callable[[], Runs]) -> Runs:
    return again()


KEPT: dict[str, Callable[[Path], object]] = {
    "at the end": added("found/names.tf", "\n# the end\n\n"),
    "without a line feed": added("found/names.tf", "# the end"),
    "other words": replaced("found/names.tf", "# The names.", "# The names, and their words."),
    "another sign": replaced("quiet/main.tf", "# The name.", "// The name."),
    "in a block": replaced("quiet/main.tf", "# It is short.", "# It is rather short."),
    "behind an argument": replaced("quiet/main.tf", "# and plain", "# and very plain"),
    "behind a line": replaced("quiet/main.tf", "locals {\n", "locals { # a block\n"),
    "above": replaced("found/names.tf", "# The", "# A line.\n# The"),
    "an empty line": replaced("found/names.tf", "# The", "\n# The"),
    "in a block, on a line of its own": replaced("quiet/main.tf", "  name =", "  # And known.\n\n  name ="),
    "a variable file": added("found/prod.tfvars", "# the end\n"),
    "a variable file in force": added("quiet/terraform.tfvars", "# the end\n"),
    "two files": lambda top: [added(name, "# x\n")(top) for name in ("found/names.tf", "quiet/main.tf")],
    "fewer": replaced("found/names.tf", "# The names.", "# Names."),
    "an unread value": replaced("quiet/unread.tf", '"one"', '"another"'),
    "a shorter one": replaced("quiet/unread.tf", "many words", "words"),
    "one that is an expression": replaced("quiet/unread.tf", '"one"', 'one("two", local.three)'),
    "one of more lines": replaced("quiet/unread.tf", "    many", "    very\n    many"),
    "unread maps": replaced("quiet/unread.tf", '{ a = "b" }\n  one', '{\n    c = "d"\n    # x\n  }\n  one'),
    "an unread value of a block with facts": replaced("quiet/project.tf", 'account = "b"', 'account = "c"'),
}
OTHERS: dict[str, Callable[[Path], object]] = {
    "a file with a finding": added("found/main.tf", "# x\n"),
    "above a grant": replaced("quiet/reads.tf", "locals", "# A line.\nlocals"),
    "an empty line above a grant": replaced("quiet/reads.tf", "locals", "\nlocals"),
    "another column": replaced("found/names.tf", "locals {", " locals {"),
    "an empty line in a value": replaced("quiet/main.tf", "all = [\n", "all = [\n\n"),
    "in a list": replaced("quiet/main.tf", "# the first", "# the very first"),
    "before a value": replaced("quiet/main.tf", "/* and */", "/* and so */"),
    "to iamlint": added("found/names.tf", "# iamlint: ignore[broad-token-creator] it is ours\n"),
    "a value that may be blocks": replaced("quiet/project.tf", 'account = "b"', 'account = { a = "b" }'),
    "what may be blocks": replaced("quiet/project.tf", 'b" }\n}', 'c" }\n}'),
    "an argument less": replaced("quiet/project.tf", '  billing_account = "b"\n', ""),
    "another name": replaced("quiet/project.tf", "billing_account", "billing"),
    "before something else": replaced("quiet/unread.tf", '"y" }', '"z" }'),
    "a place that is reported": replaced("quiet/calls.tf", '"one"', '"another"'),
    "a file read as data": replaced("quiet/data.tf", "# A list.", "# A longer list."),
    "a file of two syntaxes": added("quiet/more.tf.json", " "),
    "an empty file": added("quiet/also.tofu", "# no more\n"),
    "a file with errors": added("wrong/main.tf", "# x\n"),
    "a new error": added("quiet/main.tf", "# x\nlocals {\n"),
    "what looks like one": replaced("quiet/main.tf", '"quiet" #', '"quiet#" #'),
    "no text": lambda top: (top / "found/names.tf").write_bytes(
        (ESTATE["found/names.tf"] + "# \xff").encode("latin-1")
    ),
    "a NUL character": added("found/names.tf", "# \0"),
    "a large file": added("found/names.tf", "#" * 100_000),
    "a new file": lambda top: (top / "quiet/new.tf").write_text("# x\n"),
    "a file that is gone": lambda top: (top / "quiet/main.tf").unlink(),
    "a link": lambda top: ((top / "quiet/main.tf").unlink(), (top / "quiet/main.tf").symlink_to("data.tf")),
    "two files, one with errors": lambda top: [
        added(name, "# x\n")(top) for name in ("found/names.tf", "wrong/main.tf")
    ],
}


@pytest.mark.parametrize("edits", [*zip(list(KEPT)[:10], list(KEPT)[10:], strict=True)])
def test_the_result_before_an_edit_without_effect_is_that_after_it(runs: Runs, edits: tuple[str, ...]) -> None:
    """Two at a time: the result is kept if neither has an effect."""
    before = told(runs("--format", "json"))
    for edit in edits:
        KEPT[edit](runs.cwd)
    assert told(runs.kept("--format", "json")) == before == told(runs("--no-cache", "--format", "json"))
    added("found/names.tf", "# one more\n")(runs.cwd)
    assert told(runs.kept("--format", "json")) == before


@pytest.mark.parametrize("edit", OTHERS)
def test_a_run_after_another_edit_is_a_run(runs: Runs, edit: str) -> None:
    runs("--format", "json")
    OTHERS[edit](runs.cwd)
    assert not runs.is_kept("--format", "json")
    assert told(runs("--format", "json")) == told(runs("--no-cache", "--format", "json"))


def test_all_files_together_may_lose_as_many_bytes_as_the_run_had_to_spare(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the comments there are too few steps."""
    monkeypatch.setattr(budget, "STEPS", 0)
    many = runs.cwd / "quiet"
    (many / "many.tf").write_text(grant("a${count.index}", "many").replace("{\n", "{\n  count = 100\n", 1))
    for name in ("a", "b"):
        (many / f"{name}.tf").write_text("#" * 20_000)
    before = told(runs("--format", "json"))
    assert "takes more steps" not in before[1]
    (many / "a.tf").write_text("#" * 19_700)
    assert told(runs.kept("--format", "json")) == before == told(runs("--no-cache", "--format", "json"))
    for name in ("a", "b"):
        (many / f"{name}.tf").write_text("#")
    assert not runs.is_kept("--format", "json")
    assert told(runs("--format", "json")) == told(runs("--no-cache", "--format", "json")) != before


def test_a_run_that_writes_files_is_a_run(runs: Runs) -> None:
    arguments = ("--format", "json", "--output", "json=../out.json")
    runs(*arguments)
    added("quiet/main.tf", "# x\n")(runs.cwd)
    assert not runs.is_kept(*arguments)


def test_parts_are_kept_over_edits_of_comments(runs: Runs) -> None:
    runs("--format", "json")
    added("found/names.tf", "# x\n")(runs.cwd)
    runs.kept("--format", "json")
    replaced("quiet/main.tf", '"quiet"', '"loud"')(runs.cwd)
    done, names = evaluated(runs, "--format", "json")
    assert names == {"quiet"}
    assert done == told(runs("--no-cache", "--format", "json"))
    added("found/names.tf", "# y\n")(runs.cwd)
    assert runs.is_kept("--format", "json")


@pytest.mark.parametrize("loss", ["damaged", "missing", "of another run"])
def test_parts_that_cannot_be_used_keep_nothing(runs: Runs, loss: str) -> None:
    runs("--format", "json")
    parts = next(path for path in runs.stored if path.suffix == store.PARTS)
    if loss == "damaged":
        kept = parts.read_bytes()
        parts.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    elif loss == "missing":
        parts.unlink()
    else:
        before = parts.read_bytes()
        replaced("quiet/main.tf", '"quiet"', '"loud"')(runs.cwd)
        runs("--format", "json")
        parts.write_bytes(before)
    added("found/names.tf", "# x\n")(runs.cwd)
    assert not runs.is_kept("--format", "json")
    assert told(runs("--format", "json")) == told(runs("--no-cache", "--format", "json"))


def unread_of(runs: Runs) -> Iterator[tuple[Path, int]]:
    """Yield the files of the last run that no rule looked into, and their unread arguments."""
    stored = next(path for path in runs.stored if path.suffix == store.PARTS)
    found = json.loads(entry.opened(stored.name, stored.read_bytes(), (runs.folder / "key").read_bytes()) or b"")
    for number, (_exact, _loose, bits) in found["said"]:
        _, path, answer = found["asked"][number]
        if answer not in found["judged"][1].values():
            yield Path(path), int(bits, 16)


def with_other_arguments(text: str, bits: int) -> str:
    """Return a text whose unread arguments, but for those that may be blocks, are others in as many lines.

    One that something follows in its line stays.
    """
    file = read_file(SourceText("main.tf", text))
    for argument in reversed(list(_chosen(_nested(file.body), bits))):
        start, end = argument.written.start, argument.written.end
        if not isinstance(argument.written, Object | Tuple) and not text[end:].partition("\n")[0].strip():
            space = " " * (end - start) + "\n" * text[start:end].count("\n")
            text = f"{text[:start]}(local.nothing{space}){text[end:]}"
    return text


@pytest.mark.parametrize("corpus", ["estates", "console", "modules"][: some(1, 3)])
def test_every_unread_argument_may_be_another(runs: Runs, corpus: str) -> None:
    shutil.copytree(TESTDATA / corpus, runs.cwd, dirs_exist_ok=True)
    before = told(runs("--show-unknown", "--format", "json"))
    for path, bits in unread_of(runs):
        path.write_text(with_other_arguments(path.read_text(), bits))
    assert told(runs.kept("--show-unknown", "--format", "json")) == before
    assert told(runs("--no-cache", "--show-unknown", "--format", "json")) == before


CORPORA = ("estates", "screens", "modules", "console", "plans", "readme", "story", "vocabulary")
"""Those that have files with comments."""


@pytest.mark.parametrize("corpus", CORPORA[: some(1, 8)])
def test_every_corpus_is_the_same_after_random_comments(runs: Runs, corpus: str) -> None:
    shutil.copytree(TESTDATA / corpus, runs.cwd, dirs_exist_ok=True)
    choice = random.Random(corpus)
    files = sorted(path for one in (".tf", ".tofu", ".tfvars") for path in runs.cwd.rglob(f"*{one}"))
    runs("--show-unknown", "--format", "json")
    for _ in range(some(2, 6)):
        path = choice.choice(files)
        if path.is_file():
            lines = path.read_bytes().split(b"\n")
            lines[choice.randrange(len(lines))] += b" # a comment" if choice.random() < 0.5 else b"\n# a comment"
            path.write_bytes(b"\n".join(lines))
        whole = told(runs("--no-cache", "--show-unknown", "--format", "json"))
        assert told(runs("--show-unknown", "--format", "json")) == whole


# -- what a file says --------------------------------------------------------------------------------------------------


def said(text: str) -> tuple[str, ...]:
    return without_comments(read_file(SourceText("main.tf", text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 1 # x\n", ("a = 1", "a = 1")),
        ("# x\r\na = 1 // y\r\n", ("\r\na = 1", "a = 1")),
        ("b {\n  # x\n  c {\n    # y\n  } # z\n}\n", ("b {\n\n  c {\n\n  }\n}", "b {\n  c {\n  }\n}")),
        ("a = [ # x\n\n]\n", ("a = [ # x\n\n]", "a = [ # x\n\n]")),
        ('a = "# x"\nb = <<E\n# y\n\nE\n', ('a = "# x"\nb = <<E\n# y\n\nE',) * 2),
        ("a = 1 /* x */\n\n/* y\n\nz */\n", ("a = 1 /* x */\n\n/* y\n\nz */", "a = 1 /* x */\n/* y\nz */")),
        ("\n# x\n#\n \na = 1\n", ("\n\n\n \na = 1", "a = 1")),
        ("a = 1 # iamlint: x\n", ()),
        ("a = \n", ()),
    ],
)
def test_what_a_file_says(text: str, expected: tuple[str, ...]) -> None:
    assert said(text) == expected


def test_many_comments_take_little_time() -> None:
    """Each is looked up among the arguments, not compared with all blocks."""
    text = "a {\n b = 1\n}\n#\n" * 6_000
    started = time.process_time()
    assert len(said(text)[1]) == len(text) - 2 * 6_000 - 1
    assert time.process_time() - started < 5


def test_all_files_with_places_are_known() -> None:
    for corpus in TESTDATA.iterdir():
        if corpus.name in ("estates", "exports", "modules", "plans"):
            facts = tuple(read([corpus], Options(tree=DISK)).facts)
            data = json.dumps(fact_data.data_of(facts), separators=(",", ":"))
            found = {one.path for one in places(facts)}
            assert found
            assert found <= fact_data.located_in(data)


def places(value: object) -> Iterator[Location]:
    """Yield the places in a value, at any depth."""
    if isinstance(value, Location):
        yield value
    elif isinstance(value, tuple | frozenset):
        for one in value:
            yield from places(one)
    elif is_dataclass(value):
        for one in fields(value):
            yield from places(getattr(value, one.name))
