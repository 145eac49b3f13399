"""The effects of a configuration in a run, so that a green run is not mistaken for a clean one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import field
from typing import Any

from iamlint.accepted.configuration.config import Config
from iamlint.accepted.configuration.idle_globs import idle_globs
from iamlint.accepted.configuration.sections import LeftOut
from iamlint.basics.frozen import frozen
from iamlint.basics.words import counted, first_names
from iamlint.files.disk import DISK
from iamlint.files.tree import Tree
from iamlint.finding import SEVERITIES
from iamlint.logic.path_globs import PathGlobs
from iamlint.results.report import Bar, InForce, Report, Setting
from iamlint.rules.catalog import graded, select_rules, severity_of
from iamlint.rules.rule import Rule

_MOST = 4
"""Maximum number of names in one effect; the rest is counted."""


@frozen
class Run:
    """The run with a configuration.

    ``every`` are all known rules, including its own. ``select`` and ``ignore`` are from the command line. ``excluded``
    is the number of files that its globs excluded, ``out`` the findings left out by path. ``environments`` are the
    checked ones, ``undeclared`` the variables that no root module declares. ``tree`` has the files that globs match.
    """

    config: Config
    report: Report
    every: tuple[Rule, ...]
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    excluded: int = 0
    out: LeftOut = field(default_factory=LeftOut)
    environments: tuple[str, ...] = ()
    undeclared: frozenset[str] = frozenset()
    tree: Tree = DISK


def in_force(run: Run, overridden: Set[str] = frozenset()) -> InForce | None:
    """Return the keys of the configuration that were in force, in its order; None without any.

    ``overridden`` are the keys that the command line replaces. The key `required-version`
    has no effect on a run. A key without a sentence of its own is still named, so
    that every key in force is visible.
    """
    if not run.config.written:
        return None
    from iamlint.accepted.configuration.required import KEY

    silent = {KEY, *overridden}
    settings = [_EFFECTS.get(key, _plainly)(key, run) for key in run.config.written if key not in silent]
    return InForce(run.config.path, tuple(settings)) if settings else None


def _plainly(key: str, run: Run) -> Setting:
    """Return a key that is set, with the names that it sets: ``var.make set there``."""
    value: Any = run.config.written[key]
    if isinstance(value, Mapping):
        return Setting(key, f"{_listed(f'{key}.{name}' for name in value)} set there", len(value))
    if isinstance(value, list):
        return Setting(key, f"{key} set there ({_listed(map(str, value))})", len(value))
    return Setting(key, f"{key} set there ({value})")


def _assertions(key: str, run: Run) -> Setting:
    number = len(run.config.written[key])
    return Setting(key, counted(number, "assertion"), number)


def _listed(names: Iterable[str]) -> str:
    return first_names(list(names), _MOST)


# -- rules -------------------------------------------------------------------------------------------------------------


def _select(key: str, run: Run) -> Setting:
    usual, chosen = _chosen(run, (), run.ignore), _chosen(run, run.config.select, run.ignore)
    off, more = sorted(usual - chosen), sorted(chosen - usual)
    added = f" and {counted(len(more), 'rule')} added" if more else ""
    return Setting(key, f"{counted(len(off), 'rule')} not selected{_names(off)}{added}", len(off))


def _ignore(key: str, run: Run) -> Setting:
    asked = run.select or run.config.select
    off = sorted(_chosen(run, asked, run.ignore) - _chosen(run, asked, (*run.ignore, *run.config.ignore)))
    return Setting(key, f"{counted(len(off), 'rule')} off{_names(off)}", len(off))


def _chosen(run: Run, select: tuple[str, ...], ignore: tuple[str, ...]) -> set[str]:
    return {rule.slug for rule in select_rules(run.every, select, ignore)[0]}


def _names(names: Iterable[str]) -> str:
    shown = _listed(names)
    return f" ({shown})" if shown else ""


def _severity(key: str, run: Run) -> Setting:
    before = [rule for rule in run.every if severity_of(rule, run.config.severity)]
    changes = [
        (
            f"{old.slug} from {old.severity} to {new.severity}",
            SEVERITIES.index(new.severity) > SEVERITIES.index(old.severity),
        )
        for old, new in zip(before, graded(before, run.config.severity), strict=True)
        if new.severity != old.severity
    ]
    lowered, raised = [text for text, low in changes if low], [text for text, low in changes if not low]
    parts = [f"severity of {counted(len(lowered), 'rule')} lowered{_names(lowered)}"]
    parts += [f"of {counted(len(raised), 'rule')} raised"] if raised else []
    return Setting(key, ", ".join(parts), len(lowered))


def _rules(key: str, run: Run) -> Setting:
    folders = [str(name) for name in run.config.written[key]]
    return Setting(key, f"rules of its own ({_listed(folders)})", len(folders))


# -- findings, files, exit code ----------------------------------------------------------------------------------------


def _accept(key: str, run: Run) -> Setting:
    """Return how many findings each entry accepts: one with a glob, or without any part, may accept all of a rule."""
    entries = {entry.at for entry in run.config.accept}
    count = Counter(one.at for one in run.report.accepted if one.at in entries)
    by_line = [f"line {at.line}: {number}" for at, number in count.most_common()]
    total = sum(count.values())
    return Setting(key, f"{counted(total, 'finding')} accepted{_names(by_line)}", total)


def _baseline(key: str, run: Run) -> Setting:
    path = run.config.baseline
    total = sum(one.at.path == path.as_posix() for one in run.report.accepted) if path else 0
    return Setting(key, f"{counted(total, 'finding')} accepted by the baseline {path}", total)


def _exclude(key: str, run: Run) -> Setting:
    """Return the exclusions of the globs: files, and findings in files that a checked module calls."""
    told = f"{counted(run.excluded, 'file')} excluded{_names(run.config.exclude.globs)}"
    if run.out.excluded:
        told += f", and {counted(run.out.excluded, 'finding')} in excluded files that checked modules use"
    return Setting(key, told + _idle(run.config.exclude, run), run.excluded + run.out.excluded)


def _inputs(key: str, run: Run) -> Setting:
    """Return the globs of documents that count as named, and those that match no file."""
    globs = run.config.inputs
    return Setting(key, f"inputs set there ({_listed(globs.globs)}){_idle(globs, run)}", len(globs.globs))


def _idle(globs: PathGlobs, run: Run) -> str:
    """Return which globs match nothing, for the end of an effect."""
    idle = idle_globs(globs, run.report.inputs, run.tree)
    return f", of which nothing matches {_listed(idle)}" if idle else ""


def _paths(key: str, run: Run) -> Setting:
    """Return the effect of each section: findings ignored, graded, and not failing."""
    told, count = [], 0
    bar = Bar(paths=tuple((one.paths, one.fail_on) for one in run.config.sections if one.fail_on))
    for section in run.config.sections:
        ignored, graded = run.out.by_section.get(section.glob, 0), run.out.graded.get(section.glob, 0)
        there = [one for one in run.report.findings if any(map(section.paths.matches, one.paths))]
        passing = sum(not bar.fails_finding(one) for one in there) if section.fail_on else 0
        parts = [f"{ignored} ignored"] if section.ignore else []
        parts += [f"severity of {graded} changed"] if section.severity else []
        parts += [f"{passing} do not fail"] if section.fail_on else []
        told.append(f"{section.glob}: {', '.join(parts) or 'nothing set'}")
        count += ignored + passing
    of_all = PathGlobs(tuple(glob for one in run.config.sections for glob in one.paths.globs), run.config.home)
    return Setting(key, f"findings by path ({_listed(told)}){_idle(of_all, run)}", count)


def _fail_on(key: str, run: Run) -> Setting:
    bar = Bar(run.config.fail_on or "info")
    passing = sum(not bar.fails_finding(finding) for finding in run.report.findings)
    what = "no finding fails" if bar.severity == "never" else f"only findings of {bar.severity} and above fail"
    if bar.severity == "info":
        what = "every finding fails"
    return Setting(key, f"{what}{f' ({passing} do not)' if passing else ''}", passing)


def _var(key: str, run: Run) -> Setting:
    names = list(run.config.written[key])
    told = f"{counted(len(names), 'variable')} set{_names(names)}"
    nowhere = sorted(run.undeclared & set(names))
    return Setting(key, told + (f", of which nothing declares {_listed(nowhere)}" if nowhere else ""), len(names))


def _environments(key: str, run: Run) -> Setting:
    left = [name for name in run.config.environments if name not in run.environments]
    told = f"{counted(len(run.environments), 'environment')} checked{_names(run.environments)}"
    return Setting(key, told + (f", not {_listed(left)}" if left else ""), len(run.environments))


def _fail_on_unknown(key: str, run: Run) -> Setting:
    return Setting(key, f"unknown answers {'fail' if run.config.fail_on_unknown else 'do not fail'}")


_EFFECTS: Mapping[str, Callable[[str, Run], Setting]] = {
    "select": _select,
    "assertions": _assertions,
    "ignore": _ignore,
    "severity": _severity,
    "rules": _rules,
    "accept": _accept,
    "baseline": _baseline,
    "exclude": _exclude,
    "inputs": _inputs,
    "paths": _paths,
    "var": _var,
    "environments": _environments,
    "fail-on": _fail_on,
    "fail-on-unknown": _fail_on_unknown,
}
