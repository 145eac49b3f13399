"""The rules: their documents found, read, and chosen from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from iamlint.files.disk import DISK
from iamlint.files.texts import load
from iamlint.files.tree import Entry, Tree
from iamlint.finding import Severity
from iamlint.location import COMMAND_LINE, Location, Unreadable
from iamlint.rules.document import read_rule
from iamlint.rules.rule import Rule

_SUFFIXES = (".yaml", ".yml")
_NAME = "lower-case words joined by hyphens"
SETS = frozenset({"default", "pedantic"})
"""Names of sets that the rules say themselves to be in."""


def shipped_folder() -> Path:
    """The folder of the rules that ship: within the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "shipped"
    return inside if DISK.is_directory(inside) else package.parents[1] / "rules"


def load_rules(
    directories: Iterable[Path] = (), *, shipped: bool = True, tree: Tree = DISK
) -> tuple[tuple[Rule, ...], list[Unreadable]]:
    """The rules that ship and those in the directories, by id; and whatever is wrong with their documents.

    A rule lies in a folder that is its family: ``DIR/<family>/<id>.yaml``, or ``DIR/<id>.yaml`` where DIR is the
    family. Nothing in a document is executed.
    """
    rules: list[Rule] = []
    errors: list[Unreadable] = []
    folder = shipped_folder()
    for path in _documents(folder, DISK) if shipped else ():
        _load(path, DISK, None, rules, errors)
    for directory in directories:
        paths = list(_documents(directory, tree))
        if not paths:
            hint = "rules are files <family>/<id>.yaml"
            errors.append(Unreadable(Location(_shown(directory, tree)), "there are no rules here", hint))
        for path in paths:
            _load(path, tree, folder / "rule.schema.json", rules, errors)
    errors += _clashes(rules)
    return tuple(sorted(rules, key=lambda rule: rule.id)), errors


def _documents(directory: Path, tree: Tree) -> Iterator[Path]:
    """The documents in a directory, then those in the directories in it; or the file that is given."""
    if tree.is_file(directory):
        yield directory
        return
    families = [directory / entry.name for entry in _entries(directory, tree) if entry.kind == "directory"]
    for folders in ([directory], families):
        files = (folder / entry.name for folder in folders for entry in _entries(folder, tree) if entry.kind == "file")
        yield from sorted(path for path in files if path.suffix in _SUFFIXES)


def _entries(directory: Path, tree: Tree) -> list[Entry]:
    """The entries of a directory; none where it cannot be read."""
    try:
        return list(tree.entries(directory))
    except OSError:
        return []


def _load(path: Path, tree: Tree, schema: Path | None, rules: list[Rule], errors: list[Unreadable]) -> None:
    shown, slug, family = _shown(path, tree), path.stem, tree.resolved(path).parent.name
    wrong = [name for name in (slug, family) if not _is_name(name)]
    if wrong:
        errors.append(Unreadable(Location(shown), f"`{wrong[0]}` is no name for a rule or family", f"use {_NAME}"))
        return
    source = load(path, shown, tree)
    found = [source] if isinstance(source, Unreadable) else read_rule(source, slug, family, schema)
    if isinstance(found, Rule):
        rules.append(found)
    else:
        errors += found


def _is_name(name: str) -> bool:
    words = name.split("-")
    return name[:1].isalpha() and all(word.isalnum() and word.isascii() and word == word.lower() for word in words)


def _shown(path: Path, tree: Tree) -> str:
    """The path as messages have it: relative to the working directory where it lies below it."""
    resolved, cwd = tree.resolved(path), Path.cwd()
    return (resolved.relative_to(cwd) if resolved.is_relative_to(cwd) else resolved).as_posix()


def _clashes(rules: list[Rule]) -> Iterator[Unreadable]:
    """Names that mean two things: an id that another rule has or had, too, or that is also a family.

    An alias may mean several rules: what another tool asks in one check may be several rules here.
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
        for name in (rule.slug, *rule.formerly, *rule.aliases):
            if name in families:
                yield Unreadable(rule.at, f"`{name}` is the name of a family, too")
            elif taken.get(name, rule) is not rule:
                yield Unreadable(rule.at, f"`{name}` is the name of another rule, too", f"see {taken[name].at.path}")


# -- chosen --------------------------------------------------------------------------------------------------------


def select_rules(
    rules: Iterable[Rule], select: Iterable[str] = (), ignore: Iterable[str] = ()
) -> tuple[tuple[Rule, ...], list[Unreadable]]:
    """The selected rules without the ignored ones; and the names that no rule has.

    A rule is named by its id, ``family/id``, or an alias, which may mean several, and together with others by its
    family or set: "default" or "pedantic", of which the first is selected by default. A family means its default rules.
    """
    rules, select, ignore = tuple(rules), tuple(select) or ("default",), tuple(ignore)
    known = SETS | {name for rule in rules for name in (*own_names(rule), rule.family)}
    errors = [_unknown(name, known) for name in (*select, *ignore) if name not in known]
    chosen = (rule for rule in rules if not _names(rule).isdisjoint(select))
    return tuple(rule for rule in chosen if {*_names(rule), rule.family}.isdisjoint(ignore)), errors


def graded(rules: Iterable[Rule], severities: Mapping[str, Severity]) -> tuple[Rule, ...]:
    """The rules with severities of the user's own, given by a name of the rule."""
    return tuple(
        replace(
            rule,
            severity=next((severities[name] for name in sorted(own_names(rule) & severities.keys())), rule.severity),
        )
        for rule in rules
    )


def own_names(rule: Rule) -> set[str]:
    """The names that mean this rule alone."""
    return {rule.slug, rule.id, *rule.aliases, *rule.formerly}


def _names(rule: Rule) -> set[str]:
    return own_names(rule) | ({"pedantic"} if rule.pedantic else {rule.family, "default"})


def _unknown(name: str, known: Iterable[str]) -> Unreadable:
    from difflib import get_close_matches

    nearest = get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    hint = f"did you mean `{nearest[0]}`?" if nearest else "`iamlint rules` lists them"
    return Unreadable(Location(COMMAND_LINE), f"no rule or family is called `{name}`", hint)
