"""The rule catalogue: finds, reads and selects rule documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from functools import cache, lru_cache, partial
from pathlib import Path

from iamlint.documents.compiled import read_compiled
from iamlint.files.disk import DISK
from iamlint.files.texts import MISSING, load
from iamlint.files.tree import Entry
from iamlint.finding import Severity
from iamlint.location import COMMAND_LINE, Location, Unreadable
from iamlint.logic.globs import compiled, is_glob
from iamlint.rules.document import read_rule, rule_of
from iamlint.rules.rule import Rule

_SUFFIXES = (".yaml", ".yml")
_NAME = "lower-case words joined by hyphens"
_MOST_NAMES = 4
"""Maximum number of names with a wanted word that an error lists."""
SETS = frozenset({"all", "default", "pedantic", "cis", "mitre"})
"""Names of sets that rules can be in. ``cis`` and ``mitre`` are the rules that name a control or a technique."""
UNREADABLE, NOTE, UNKNOWN = "unreadable-input", "configuration-in-force", "unknown"
"""The codes of what reports say and no rule makes; no rule may have such a name."""
COMPILED = Path(__file__).parent / "compiled.json"
"""The built-in rules as they were compiled when the package was built."""


@cache
def shipped_folder() -> Path:
    """Return the folder of the built-in rules: in the installed package, or next to it in a checkout."""
    package = Path(__file__).parent
    inside = package / "shipped"
    return inside if DISK.is_directory(inside) else package.parents[1] / "rules"


def is_shipped(rule: Rule) -> bool:
    """Whether a rule is a built-in one; a user's rule cannot have its id."""
    return DISK.is_file(shipped_folder() / f"{rule.id}.yaml")


def load_rules(directories: Iterable[Path] = (), *, shipped: bool = True) -> tuple[tuple[Rule, ...], list[Unreadable]]:
    """Return the built-in rules and those in the directories, by id; and all errors in their documents.

    A rule is in a folder that is its family: ``DIR/<family>/<id>.yaml``, or ``DIR/<id>.yaml`` if DIR is the family.
    Nothing in a document is executed.
    """
    rules: list[Rule] = []
    errors: list[Unreadable] = []
    folder = shipped_folder()
    shown = _shown(folder)
    if shipped:
        built_in, wrong = _built_in(folder, shown)
        rules += built_in
        errors += wrong
    directories = tuple(directories)
    for directory in directories:
        paths = list(_documents(directory))
        if not paths:
            why = ("there are no rules here", "rules are files <family>/<id>.yaml")
            errors.append(Unreadable(Location(_shown(directory)), *(why if DISK.exists(directory) else MISSING)))
        for path in paths:
            _load(path, folder / "rule.schema.json", rules, errors)
    errors += _clashes(rules) if directories else _built_in_clashes(folder, shown, shipped=shipped)
    return tuple(sorted(rules, key=lambda rule: rule.id)), errors


@lru_cache(maxsize=4)
def _built_in(folder: Path, shown: str) -> tuple[tuple[Rule, ...], tuple[Unreadable, ...]]:
    """Return the rules of the package and the errors in them, read once in a process; places contain the shown path."""
    found = read_compiled(COMPILED, folder)
    if found is not None:
        prefix = "" if shown == "." else f"{shown}/"
        return tuple(
            rule_of(head, slug, family, f"{prefix}{family}/{slug}.yaml", partial(found.rest, number))
            for number, (family, slug, head) in enumerate(found.heads)
        ), ()
    rules: list[Rule] = []
    errors: list[Unreadable] = []
    for path in _documents(folder):
        _load(path, None, rules, errors)
    return tuple(rules), tuple(errors)


@lru_cache(maxsize=4)
def _built_in_clashes(folder: Path, shown: str, *, shipped: bool) -> tuple[Unreadable, ...]:
    """Return the errors for ambiguous names among the rules of the package, looked for once in a process."""
    return tuple(_clashes(list(_built_in(folder, shown)[0]))) if shipped else ()


def _documents(directory: Path) -> Iterator[Path]:
    """Yield the documents in a directory, then those in its directories; or the given file."""
    if DISK.is_file(directory):
        if directory.suffix in _SUFFIXES:
            yield directory
        return
    families = [directory / entry.name for entry in _entries(directory) if entry.kind == "directory"]
    for folders in ([directory], families):
        files = (folder / entry.name for folder in folders for entry in _entries(folder) if entry.kind == "file")
        yield from sorted(path for path in files if path.suffix in _SUFFIXES)


def _entries(directory: Path) -> list[Entry]:
    """Return the entries of a directory; empty if it cannot be read."""
    try:
        return list(DISK.entries(directory))
    except OSError:
        return []


def _load(path: Path, schema: Path | None, rules: list[Rule], errors: list[Unreadable]) -> None:
    shown, slug, family = _shown(path), path.stem, DISK.resolved(path).parent.name
    wrong = [name for name in (slug, family) if not _is_name(name)]
    if wrong:
        problem = f"`{wrong[0]}` is not a valid name for a rule or family"
        errors.append(Unreadable(Location(shown), problem, f"use {_NAME}"))
        return
    source = load(path, shown)
    found = [source] if isinstance(source, Unreadable) else read_rule(source, slug, family, schema)
    if isinstance(found, Rule):
        rules.append(found)
    else:
        errors += found


def _is_name(name: str) -> bool:
    words = name.split("-")
    return name[:1].isalpha() and all(word.isalnum() and word.isascii() and word == word.lower() for word in words)


def _shown(path: Path) -> str:
    """Return the path for messages: relative to the working directory if it is in it."""
    resolved, cwd = DISK.resolved(path), Path.cwd()
    return (resolved.relative_to(cwd) if resolved.is_relative_to(cwd) else resolved).as_posix()


def _clashes(rules: list[Rule]) -> Iterator[Unreadable]:
    """Yield errors for ambiguous names: an id that another rule has or had, or that is also a family.

    An alias may mean several rules: one check of another tool may be several rules here.
    """
    families = {rule.family for rule in rules}
    taken: dict[str, Rule] = {}
    for rule in rules:
        for name in (rule.slug, *rule.formerly):
            other = taken.setdefault(name, rule)
            if other is not rule:
                yield Unreadable(rule.at, f"`{name}` is the name of another rule, too", f"see {other.at.path}")
    for rule in rules:
        for name in sorted({rule.slug, rule.family, *rule.aliases, *rule.formerly} & SETS):
            yield Unreadable(rule.at, f"`{name}` is the name of a set of rules")
        for name in sorted(rule.names & {UNREADABLE, NOTE, UNKNOWN}):
            yield Unreadable(rule.at, f"`{name}` is the name of what a report says without a rule")
        for name in (rule.slug, *rule.formerly, *rule.aliases):
            if name in families:
                yield Unreadable(rule.at, f"`{name}` is the name of a family, too")
            elif name in rule.aliases and taken.get(name, rule) is not rule:
                yield Unreadable(rule.at, f"`{name}` is the name of another rule, too", f"see {taken[name].at.path}")


# -- chosen --------------------------------------------------------------------------------------------------------


def select_rules(
    rules: Iterable[Rule],
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    places: Mapping[str, Location] | None = None,
) -> tuple[tuple[Rule, ...], list[Unreadable]]:
    """Return the selected rules without the ignored ones; and errors for unknown names.

    ``places`` are where names are written, without those of the command line.

    A rule is selected by its id, ``family/id``, or an alias, which may mean several; by a glob of these; by a
    standard (``cis``, ``cis-1.7``, ``mitre``, ``T1548.005``); or by its family or set: "default", "pedantic" or "all".
    Without ``select`` the set is "default". A family means its default rules.
    """
    rules, select, ignore = tuple(rules), tuple(select) or ("default",), tuple(ignore)
    names = [name for name in dict.fromkeys((*select, *ignore)) if name not in SETS]
    known = SETS.union({rule.family for rule in rules}, *(rule.selecting for rule in rules)) if names else SETS
    errors = [_unknown(name, known, (places or {}).get(name)) for name in names if not named_by(name, known)]
    plain, globs = frozenset(select), tuple(filter(is_glob, select))
    chosen = (
        rule
        for rule in rules
        if not plain.isdisjoint(rule.selecting) or (globs and any(named_by(name, rule.names) for name in globs))
    )
    return tuple(rule for rule in chosen if not ignored(rule, ignore)) if ignore else tuple(chosen), errors


def ignored(rule: Rule, names: Iterable[str]) -> bool:
    """Whether a rule is among these: ids, families with all their rules, globs and sets."""
    return any(name == rule.family or _is_chosen(rule, name, rule.selecting) for name in names)


def _is_chosen(rule: Rule, name: str, names: Set[str]) -> bool:
    return name in names or (is_glob(name) and named_by(name, rule.names))


def named_by(name: str, names: Iterable[str]) -> bool:
    """Whether a name, or a glob of names, means one of these."""
    return name in set(names) or (is_glob(name) and any(compiled(name).match(one) for one in names))


def graded(rules: Iterable[Rule], severities: Mapping[str, Severity]) -> tuple[Rule, ...]:
    """Return the rules with the user's own severities."""
    if not severities:
        return tuple(rules)
    return tuple(replace(rule, severity=severity_of(rule, severities) or rule.severity) for rule in rules)


def severity_of(rule: Rule, severities: Mapping[str, Severity]) -> Severity | None:
    """Return the user's own severity of a rule: by a name of its own, else by its family, else by the last glob."""
    names = rule.names
    exact = sorted(names & severities.keys()) or [name for name in (rule.family,) if name in severities]
    globs = [name for name in severities if is_glob(name) and named_by(name, names)]
    found = exact[:1] or globs[-1:]
    return severities[found[0]] if found else None


def _unknown(name: str, known: Iterable[str], at: Location | None) -> Unreadable:
    from iamlint.documents.validation import nearest_of

    names = sorted(known)
    word = name.lower()
    holding = [f"`{one}`" for one in names if "/" not in one and word in one.split("-")][:_MOST_NAMES]
    hint = nearest_of(name, names) or (
        f"did you mean {' or '.join(holding)}?" if holding else "`iamlint rules` lists them"
    )
    return Unreadable(at or Location(COMMAND_LINE), f"no rule or family is called `{name}`", hint)
