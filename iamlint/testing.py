"""Runs the examples of rule documents: a rule must report exactly the marked lines."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from iamlint.accepted.baseline import Baseline, beyond, read_baseline
from iamlint.accepted.configuration.config import NAME, Config
from iamlint.accepted.configuration.reading import read_config
from iamlint.accepted.stale import Acceptances, with_stale
from iamlint.accepted.uses import Uses
from iamlint.basics.lazy_regex import regex
from iamlint.budget import Allowance
from iamlint.edits import SAFETIES, Safety
from iamlint.files.disk import DISK
from iamlint.files.overlay import Overlay
from iamlint.files.texts import load as load_text
from iamlint.files.tree import Tree
from iamlint.fixes.collecting import Collector, Run
from iamlint.fixes.proof import fixed
from iamlint.linter import lint
from iamlint.location import Location, SourceText, Unreadable
from iamlint.results.report import Report, failure
from iamlint.rules.catalog import load_rules
from iamlint.rules.rule import Example, Mended, Rule
from iamlint.sources import read
from iamlint.sources.reading import Options, Reading

_MARK = regex(r"[ \t]*#[ \t]*finding[ \t]*$", re.MULTILINE)


_SHARE = 0.1
"""Share of the steps of a run that an example may take."""


def run_examples(rule: Rule, allowance: Allowance | None = None) -> list[Unreadable]:
    """Return the problems of a rule's examples; empty if all pass.

    ``allowance`` is what the examples of all rules may spend together; without it, those of this rule. Each gets a
    part of what is left, so that those after a hungry one can still be run.
    """
    allowance = allowance or Allowance()
    problems = [problem for example in rule.page.flags for problem in _run(rule, example, allowance, flagged=True)]
    problems += [problem for one in rule.page.passes for problem in _run(rule, one, allowance, flagged=False)]
    return problems + [problem for one in rule.page.mended for problem in _mended(rule, one, allowance)]


def _mended(rule: Rule, example: Mended, allowance: Allowance) -> Iterator[Unreadable]:
    """Yield the problems of a fix's example: it must make ``after`` of ``before``, which the rule passes."""
    if example.mending.safety == "suggestion":
        levels: frozenset[Safety] = frozenset(SAFETIES)
    else:
        levels = frozenset({"safe", example.mending.safety})
    with TemporaryDirectory() as directory:
        top = Path(directory).resolve()
        _write(example.before, top)
        only = replace(rule, mends=(example.mending,))
        outcome = fixed(lambda contents: checked_with(only, top, contents, allowance), _bytes, levels)
        for error in outcome.run.report.errors:
            yield Unreadable(example.at, f"the result of the fix cannot be read: {error.reason}", error.hint)
        for one in outcome.refused:
            yield Unreadable(example.at, f"the fix is not applied: {one.reason}")
        if not outcome.applied:
            yield Unreadable(example.at, "the fix has no edits for `before`")
        for left in outcome.run.report.findings:
            yield Unreadable(example.at, f"a finding is left after the fix: {left.message}")
        contents = {Path(path).resolve(): content for path, content in outcome.contents.items()}
        for name, text in example.after.items():
            path = top / name
            made = contents.get(path, path.read_bytes() if path.exists() else b"").decode("utf-8")
            if made != text:
                yield Unreadable(example.at, f"the fix does not make `after` of {name}, but:\n{made}")


def checked_with(rule: Rule, top: Path, contents: Mapping[str, bytes], allowance: Allowance | None = None) -> Run:
    """Check a directory by one rule, with the files at these paths replaced."""
    allowance = allowance or Allowance()
    tree = Overlay(DISK, {Path(path): content for path, content in contents.items()})
    reading = read([top], Options(allowance=allowance, tree=tree))
    collector = Collector(reading.texts)
    if rule.acceptance:
        return collector.run(_judged(rule, reading, top, allowance, collector, tree))
    report = lint(reading, [rule], allowance=allowance, also=collector.ask, mend=collector.mend)
    return collector.run(report)


def _bytes(path: str) -> bytes:
    return Path(path).read_bytes()


def _run(rule: Rule, example: Example, allowance: Allowance, *, flagged: bool) -> Iterator[Unreadable]:
    """Yield the problems of one example."""
    marked = {(name, line) for name, text in example.files.items() for line in marked_lines(text)}
    if flagged and not marked:
        yield Unreadable(example.at, "a flagged example has no marked line", "end the line in `# finding`")
        return
    if not flagged and marked:
        yield Unreadable(example.at, "a passing example has a marked line", "remove `# finding`")
        return
    report, found = checked(rule, example, allowance.part(_SHARE))
    for error in report.errors:
        place = f"{Path(error.at.path).name}:{error.at.line}"
        yield Unreadable(example.at, f"the example cannot be read: {place}: {error.reason}", error.hint)
    for name, line in sorted(marked - found):
        yield Unreadable(example.at, f"no finding at {_shown(name, line)}{_unknown(report, name, line)}")
    for name, line in sorted(found - marked):
        messages = [one.message for one in report.findings if one.at.line == line]
        yield Unreadable(example.at, f"a finding at {_shown(name, line)}, which is not marked: {' '.join(messages)}")
    if marked and marked == found and len(report.findings) != len(marked):
        yield Unreadable(example.at, f"{len(report.findings)} findings, where {len(marked)} lines are marked")


def _unknown(report: Report, name: str, line: int) -> str:
    """Return why the rule's answer at a line is unknown, or what it cannot decide elsewhere; "" if all is known."""
    here = [
        unknown_answer
        for unknown_answer in report.unknown_answers
        if unknown_answer.at.line == line and Path(unknown_answer.at.path).name == Path(name).name
    ]
    if here:
        return f": it is unknown whether the rule matches: {'; '.join(dict.fromkeys(one.reason for one in here))}"
    elsewhere = [f"{_shown(Path(one.at.path).name, one.at.line)}: {one.reason}" for one in report.unknown_answers]
    return f"; unknown at {'; at '.join(dict.fromkeys(elsewhere))}" if elsewhere else ""


def marked_lines(text: str) -> list[int]:
    """Return the numbers of the lines that end in ``# finding``."""
    return [text.count("\n", 0, found.start()) + 1 for found in _MARK.finditer(text)]


def unmarked(text: str) -> str:
    """Return the text of an example as it is checked, without the marks."""
    return _MARK.sub("", text)


def checked(rule: Rule, example: Example, allowance: Allowance | None = None) -> tuple[Report, set[tuple[str, int]]]:
    """Return a rule's report on an example, and the (file, line) of its findings."""
    with TemporaryDirectory() as directory:
        top = Path(directory).resolve()
        _write(example.files, top)
        allowance = allowance or Allowance()
        reading = read(_given(example, top), Options(source_root=top, allowance=allowance))
        if rule.acceptance:
            report = _judged(rule, reading, top, allowance, Collector(reading.texts), DISK)
        else:
            report = lint(reading, [rule], allowance=allowance)
        return report, {(_below(one.at, top), one.at.line) for one in report.findings}


def _write(files: Mapping[str, str], top: Path) -> None:
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(unmarked(text), encoding="utf-8", newline="\n")


def _judged(rule: Rule, reading: Reading, top: Path, allowance: Allowance, collector: Collector, tree: Tree) -> Report:
    """Return the findings of a rule about acceptance, with all built-in rules and the example's own configuration."""
    every, errors = load_rules()
    path = top / NAME
    config = read_config(path, path.as_posix(), tree) if tree.is_file(path) else Config()
    if isinstance(config, list):
        return failure([*errors, *config])
    baseline = read_baseline(config.baseline, tree) if config.baseline else Baseline()
    if isinstance(baseline, Unreadable):
        return failure([*errors, baseline])
    uses, as_of = Uses(), datetime.now(tz=UTC).date()
    ran = (*(one for one in every if not one.acceptance and not one.pedantic), rule)
    judged = lint(reading, ran, as_of, config.accept, allowance=allowance, uses=uses, also=collector.ask)
    found = beyond(judged, baseline, as_of)
    settings = load_text(path, path.as_posix(), tree) if config.accept else None
    given = Acceptances(
        as_of=as_of,
        every=every,
        ran=ran,
        is_checked=lambda _: True,
        is_entry_checked=lambda _: True,
        accept=config.accept,
        baseline=baseline,
        known=frozenset(found.known.values()),
        uses=uses,
        settings=settings if isinstance(settings, SourceText) else None,
    )
    report = with_stale(found.report, given)
    found_by_rule = tuple(one for one in report.findings if one.rule == rule.slug)
    return replace(report, findings=found_by_rule, rules=(rule,))


def _given(example: Example, top: Path) -> list[Path]:
    """A plan is given by its file, since its source would state everything twice; anything else as a directory."""
    plans = [top / name for name in example.files if name.endswith(".json") and not name.endswith(".tf.json")]
    return plans if example.kind == "plan" else [top]


def _below(at: Location, top: Path) -> str:
    path = Path(os.path.abspath(at.path))
    return path.relative_to(top).as_posix() if path.is_relative_to(top) else at.path


def _shown(name: str, line: int) -> str:
    return f"line {line} of {name}"
