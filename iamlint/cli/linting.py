"""The report on what was read: what the rules find, or what they found in an earlier check of a session.

Most edits change no fact. A session then uses the rules' results again: they depend on the facts, on ignore comments,
on the names of the files, and on the texts of the files with fixes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from iamlint.accepted.configuration.config import Acceptance
from iamlint.accepted.ignore import mentions_iamlint
from iamlint.accepted.uses import Uses
from iamlint.basics.frozen import frozen, mutable
from iamlint.budget import Allowance
from iamlint.cli.asserting import Asserted
from iamlint.fixes.collecting import Collector
from iamlint.linter import lint
from iamlint.location import SourceText
from iamlint.results.report import Report
from iamlint.roles import Catalog
from iamlint.rules.rule import Rule
from iamlint.sources.reading import Reading

if TYPE_CHECKING:
    from iamlint.cache.memory import Memory


@frozen
class Judging:
    """What judges the facts: rules, assertions, entries of the configuration, the roles, the day and the limits."""

    rules: tuple[Rule, ...]
    wanted: Asserted
    accept: tuple[Acceptance, ...]
    roles: Catalog
    as_of: date | None
    allowance: Allowance

    def report(self, reading: Reading, uses: Uses, texts: Mapping[str, SourceText]) -> tuple[Report, Collector]:
        """Return the report, and what has the fixes. ``uses`` receives what accepts anything."""
        collector = Collector(texts, self.wanted.ask)
        found = lint(
            reading,
            self.rules,
            self.as_of,
            self.accept,
            roles=self.roles,
            allowance=self.allowance,
            also=collector.ask,
            mend=collector.mend,
            uses=uses,
        )
        return collector.judged(found), collector

    def remembered(self, reading: Reading, uses: Uses, memory: Memory) -> tuple[Report, Collector]:
        """Return the report of the last check if it would be the same now, or a new one."""
        last = memory.same("last report", None, _Last)
        day = self.as_of or datetime.now(tz=UTC).date()
        marked = tuple(sorted((path, text) for path, text in reading.texts.items() if mentions_iamlint(text)))
        key = (self.accept, day, self.rules, self.roles, marked, frozenset(reading.texts), tuple(reading.facts))
        if self.wanted.assertions:
            return self.report(reading, uses, reading.texts)
        if last.key != key or any(reading.texts.get(path) is not text for path, text in last.used.items()):
            last.key, last.used, last.uses = None, {}, Uses()
            read = replace(reading, errors=[])
            last.report, collector = self.report(read, last.uses, _Noting(reading.texts, last.used))
            last.collector = collector.copy()
            if self.allowance.left() > 0:
                last.key = key
        else:
            collector = last.collector.copy()
        uses.comments |= last.uses.comments
        uses.entries |= last.uses.entries
        errors = dict.fromkeys([*reading.errors, *last.report.errors])
        report = replace(
            last.report,
            errors=tuple(sorted(errors, key=lambda error: (error.at, error.reason))),
            files=reading.files,
            unwalked=tuple(reading.unwalked),
            var_files=tuple(reading.var_files),
            texts=reading.texts,
        )
        return report, collector


@mutable(eq=False)
class _Last:
    """The report of the last check, without the errors of reading, and what it depends on.

    ``used`` are the texts that fixes were made for, by path; None for a file that was not read.
    """

    key: tuple[object, ...] | None = None
    used: dict[str, SourceText | None] = field(default_factory=dict)
    uses: Uses = field(default_factory=Uses)
    report: Report = field(init=False)
    collector: Collector = field(init=False)


class _Noting(Mapping[str, SourceText]):
    """Texts by path; each that is asked for is noted."""

    def __init__(self, texts: Mapping[str, SourceText], used: dict[str, SourceText | None]) -> None:
        self._texts, self._used = texts, used

    def __getitem__(self, path: str) -> SourceText:
        self._used[path] = self._texts.get(path)
        return self._texts[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)
