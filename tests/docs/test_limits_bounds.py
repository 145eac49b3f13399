"""The page about limits names the bounds that the code has."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamlint.assertions import required
from iamlint.budget import SECONDS, STEPS
from iamlint.cache import store
from iamlint.documents import json_text, yaml_text
from iamlint.estate import blockers
from iamlint.files import compressed, texts
from iamlint.fixes import proof
from iamlint.graph import delegation
from iamlint.hcl import scope
from iamlint.hcl.functions import either, partial, types
from iamlint.hcl.functions.filesystem import files
from iamlint.hcl.reading import lexer
from iamlint.queries.federation import outsiders
from iamlint.roles import MOST_SEARCHES
from iamlint.sources import not_uploaded, unwalked
from iamlint.sources.gcloud import stream
from iamlint.sources.terraform import sharing
from iamlint.sources.terraform.evaluation import evaluator, expansion, run

DOCS = Path(__file__).parents[2] / "docs"
MEGA, GIGA = 1_000_000, 1_000_000_000
BOUNDS = {
    "a file": (
        f"{texts.LARGEST // 1024**2} MB; ",
        f"{stream.LARGEST // GIGA} GB of text, {stream.LONGEST // MEGA} MB a line",
        f"{texts.LARGEST_UNPACKED // 1024**2} MB of text in another",
    ),
    "nesting": (f"{lexer.MAX_DEPTH}, {json_text.MAX_DEPTH} and {yaml_text.DEEPEST} levels",),
    "values that YAML": (f"{yaml_text.MOST_ALIASED:,}",),
    "nested module calls": (f"{evaluator.DEEPEST_CALL}",),
    "references": (f"{evaluator.DEEPEST_REFERENCE}",),
    "instances": (f"{expansion.MOST_INSTANCES:,}, {run.MOST_INSTANCES:,}",),
    "facts": (f"{sharing.MOST_FACTS:,}",),
    "steps of one expression": (f"{scope.MOST_STEPS:,}",),
    "steps of a run": (f"{STEPS:,}",),
    "unknown parts": (f"{types.MOST_PARTS:,}",),
    "known elements": (f"{partial.MOST_PARTS:,}; {partial.MOST_UNKNOWN_KEYS}; {either.MOST_OPTIONS} |",),
    "deny policies": (f"{blockers.STEPS:,} pairs, and {blockers.STEPS_A_GRANT} more",),
    "hops of a chain": (f"first {delegation.MOST_HOPS - 1} and the last", f"{delegation.MOST_FOLLOWED:,} edges"),
    "steps of attribute": (f"{outsiders.MOST_STEPS:,} each, {outsiders.MOST_STEPS_OF_RUN:,} in",),
    "names that get": (f"{MOST_SEARCHES}",),
    "a compressed export": (f"{compressed.MOST_TIMES} times",),
    "unreadable lines": (f"{stream.MOST_IN_A_ROW:,} in a row",),
    "elements": (f"{types.MOST_ELEMENTS:,}; {types.LONGEST_TEXT:,}",),
    "files that `file()`": (f"{files.LARGEST // MEGA} MB",),
    "names in skipped": (f"{unwalked.MOST_NAMES:,}",),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_a_bound_is_that_of_the_code(name: str) -> None:
    lines = (DOCS / "limits.md").read_text(encoding="utf-8").partition("## Where it stops")[2].splitlines()
    (row,) = [line for line in lines if line.startswith(f"| {name}")]
    assert [one for one in BOUNDS[name] if one not in row] == []


def test_every_row_has_its_bound_here() -> None:
    section = (DOCS / "limits.md").read_text(encoding="utf-8").partition("## Where it stops")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ") and not line.startswith(("| what", "| ---"))]
    assert len(rows) == len(BOUNDS)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("limits.md", f"`--max-time` ({SECONDS} seconds)"),
        ("limits.md", f"{proof.MOST_PASSES} passes and {proof.MOST_RUNS} checks"),
        ("limits.md", f"{proof.MOST_CHECKED:,} grants together"),
        ("limits.md", f"diagnosed for {required.MOST_DIAGNOSED} pairs"),
        ("limits.md", f"It reads {not_uploaded.MOST} patterns"),
        ("cache.md", f"{store.MOST_ENTRIES} files and {store.MOST_BYTES // 1024**2} MB"),
    ],
)
def test_a_number_in_a_sentence_is_that_of_the_code(page: str, said: str) -> None:
    assert said in " ".join((DOCS / page).read_text(encoding="utf-8").split())
