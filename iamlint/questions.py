"""The open questions of a run: each unknown thing once, and all of them by cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

from iamlint.basics.frozen import frozen
from iamlint.causes import VARIABLE, WORKSPACE, Cause, Kind, VarFile
from iamlint.finding import Severity, UnknownAnswer
from iamlint.location import Location


@frozen
class Question:
    """One unknown thing, with the unknown answers of all rules that depend on it, the most severe first."""

    unknown_answers: tuple[UnknownAnswer, ...]

    @property
    def reason(self) -> str:
        """Why it is unknown."""
        return self.unknown_answers[0].reason

    @property
    def at(self) -> Location:
        """Where it is."""
        return self.unknown_answers[0].at

    @property
    def address(self) -> str | None:
        """Terraform's address, if there is one."""
        return self.unknown_answers[0].address

    @property
    def severity(self) -> Severity | None:
        """The severity of the most severe possible finding."""
        return self.unknown_answers[0].severity

    @property
    def cause(self) -> Cause:
        """What is missing, or what prevents an answer."""
        return self.unknown_answers[0].cause

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that cannot decide because of it."""
        return tuple(sorted({unknown_answer.rule for unknown_answer in self.unknown_answers if unknown_answer.rule}))

    @property
    def environments(self) -> tuple[str, ...]:
        """The environments of the configuration where it is unknown."""
        return _environments(self.unknown_answers)

    @property
    def accepted_at(self) -> Location | None:
        """The place that accepts all possible findings; None if one of them is not accepted."""
        open_ = [
            unknown_answer for unknown_answer in self.unknown_answers if unknown_answer.severity is not None
        ] or self.unknown_answers
        return None if any(unknown_answer.accepted_at is None for unknown_answer in open_) else open_[0].accepted_at


@frozen
class ByCause:
    """The questions of one kind of cause, in their order.

    ``subjects`` are what they are about, the most frequent first. ``hints`` are files that set the missing values, the
    nearest first.
    """

    kind: Kind
    questions: tuple[Question, ...]
    subjects: tuple[str, ...]
    hints: tuple[str, ...] = ()

    @property
    def rank(self) -> int:
        """The rank of the most severe possible finding."""
        return min(question.unknown_answers[0].rank for question in self.questions)

    @property
    def severity(self) -> Severity | None:
        """The same, by name."""
        return min(self.questions, key=lambda question: question.unknown_answers[0].rank).severity

    @property
    def environments(self) -> tuple[str, ...]:
        """The environments of the configuration that have one of the questions."""
        return _environments(self.questions)

    @property
    def help(self) -> str:
        """What helps, "" if nothing does; an environment of the configuration has its own values."""
        return (self.environments and _IN_ENVIRONMENT.get(self.kind, "")) or self.kind.help


_IN_ENVIRONMENT = {
    VARIABLE: "add it to `var-file` or `var` of the environment",
    WORKSPACE: "set `workspace` of the environment",
}


def _environments(found: Iterable[UnknownAnswer | Question]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for one in found for name in one.environments))


def questions(unknown_answers: Iterable[UnknownAnswer]) -> tuple[Question, ...]:
    """Merge unknown answers about the same thing with the same reason; in the order of the first of each.

    The unknown answers of one question are sorted by rank; those of the same rank keep their order.
    """
    found: dict[tuple[Location, str | None, str], list[UnknownAnswer]] = {}
    for unknown_answer in unknown_answers:
        found.setdefault((unknown_answer.at, unknown_answer.address, unknown_answer.reason), []).append(unknown_answer)
    return tuple(Question(tuple(sorted(group, key=_rank) if len(group) > 1 else group)) for group in found.values())


def _rank(unknown_answer: UnknownAnswer) -> int:
    return unknown_answer.rank


def by_cause(asked: Iterable[Question], var_files: Iterable[VarFile] = ()) -> tuple[ByCause, ...]:
    """Group questions by kind of cause: first those that may hide the most severe findings, then the most frequent."""
    groups: dict[Kind, list[Question]] = {}
    for question in asked:
        groups.setdefault(question.cause.kind, []).append(question)
    var_files = tuple(var_files)
    found = [ByCause(kind, tuple(group), _subjects(group), _hints(group, var_files)) for kind, group in groups.items()]
    return tuple(sorted(found, key=lambda one: (one.rank, -len(one.questions), one.kind.slug)))


def _subjects(group: Iterable[Question]) -> tuple[str, ...]:
    counts = Counter(question.cause.subject for question in group if question.cause.subject)
    return tuple(sorted(counts, key=lambda subject: (-counts[subject], subject)))


def _hints(group: Iterable[Question], var_files: Iterable[VarFile]) -> tuple[str, ...]:
    counts = Counter(path for question in group for path in hints(question, var_files))
    return tuple(sorted(counts, key=lambda path: (-counts[path], path)))


def hints(question: Question, var_files: Iterable[VarFile]) -> tuple[str, ...]:
    """Return the files that set the variable of a root module that has no value, the nearest first."""
    cause = question.cause
    if cause.kind is not VARIABLE or not cause.subject.startswith("var."):
        return ()
    name = cause.subject.removeprefix("var.")
    here = PurePosixPath(question.unknown_answers[0].root)
    fits = [file.path for file in var_files if name in file.names and str(here) in file.roots]
    return tuple(sorted(fits, key=lambda path: (_steps(here, PurePosixPath(path).parent), path)))


def _steps(start: PurePosixPath, end: PurePosixPath) -> int:
    """Return the number of directories between two, by their names."""
    common = next((above for above in (start, *start.parents) if end.is_relative_to(above)), None)
    left = len(common.parts) if common is not None else 0
    return len(start.parts) + len(end.parts) - 2 * left
