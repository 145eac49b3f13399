"""The roles and members that rules need, computed before reading a large export.

An export of a large organization has millions of grants. Most let nobody become anybody, and many are grants of agents'
roles to Google's agents. Grants that no rule of the run can need are not kept.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, TypeVar

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.facts import Text
from iamlint.logic.globs import compiled, is_glob, text_is
from iamlint.principals import MARKED_RUNS, MARKS, placeholder_of, read_principal
from iamlint.queries import needed_grants
from iamlint.roles import Catalog, Roles
from iamlint.rules.rule import Rule
from iamlint.sources.reading import ExportFilter
from iamlint.unknown import Truth, Unknown, UnknownPart

Pattern = Mapping[str, Any]
Test = Callable[[str], bool]
Found = TypeVar("Found")


def export_filter(rules: Iterable[Rule], catalog: Catalog) -> ExportFilter | None:
    """Return what these rules need; None if one of them needs every grant."""
    rules = tuple(rules)
    if not all(map(_needs_some, rules)):
        return None
    patterns, roles = cache(lambda: _sorted_out(rules)), Roles(catalog, {})
    member = _on_first_use(lambda: _member_test(patterns()[0]))
    alike = _on_first_use(lambda: _alike_test(patterns()[0]))
    return ExportFilter(
        role=_on_first_use(lambda: _role_test(patterns()[1], catalog)),
        agents_role=cache(lambda role: roles.kind(role) == "service_agent"),
        member=member,
        unneeded_agent=_agent_test(member, alike),
        alike=alike,
    )


def _needs_some(rule: Rule) -> bool:
    """Whether a rule needs some grants only, as every query does."""
    pattern = rule.when and rule.when.get("grant")
    return not pattern or not _ROLE_WORDS.isdisjoint(pattern) or _names_few(pattern)


def _sorted_out(rules: Iterable[Rule]) -> tuple[list[Pattern], list[Pattern]]:
    """Return the patterns that need few members, and those that need some roles."""
    by_member: list[Pattern] = []
    by_role: list[Pattern] = []
    for pattern in (pattern for rule in rules for pattern in _patterns(rule)):
        (by_member if _names_few(pattern) else by_role).append(pattern)
    return by_member, by_role


@frozen
class Unneeded:
    """The grants that no rule needs, as a query can name them: a part of what `relevance` leaves out.

    A grant is one of them if its role is among the ``roles``, and its member matches ``member`` and not ``but``. Both
    are regular expressions of RE2, which BigQuery and DuckDB use, for a whole member and for a part of one.
    """

    roles: tuple[str, ...]
    member: str
    but: str


def unneeded(rules: Iterable[Rule], catalog: Catalog) -> Unneeded | None:
    """Return the grants that none of these rules needs; None if one of them needs every grant."""
    rules = tuple(rules)
    if not all(map(_needs_some, rules)):
        return None
    by_member, by_role = _sorted_out(rules)
    is_needed = _role_test(by_role, catalog)
    globs = {one for pattern in by_member for one in _listed(pattern.get("principal"))}
    marks = MARKS if any("placeholder" in pattern for pattern in by_member) else ()
    but = [f"^{_in_re2(glob)}$" for glob in sorted(globs)] + [f"(?i:{re.escape(mark)})" for mark in sorted(marks)]
    roles = tuple(role for role in sorted(catalog.roles) if not is_needed(role))
    member = rf"(?:(?:user:|group:){_LOCAL}@{_DOMAIN}|serviceAccount:{_LOCAL}@{_HOME}\.gserviceaccount\.com)"
    return Unneeded(roles, f"^{member}$", "|".join(but))


def _in_re2(glob: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in glob)


def _on_first_use(make: Callable[[], Callable[[str], Found]]) -> Callable[[str], Found]:
    """Return a test that is made when it is first asked: few runs read a large export."""
    made = cache(make)

    def asked(text: str) -> Found:
        return made()(text)

    return asked


def _names_few(pattern: Pattern) -> bool:
    """Whether a pattern needs few members, whatever their roles."""
    kinds = _listed(pattern.get("principal_kind"))
    return "principal" in pattern or "placeholder" in pattern or (bool(kinds) and _FEW.issuperset(kinds))


_FEW = frozenset({"public", "domain", "deleted", "malformed", "federated", "federated_set", "federated_pool"})
_ROLE_WORDS = {"permission", "role", "role_kind"}


def _patterns(rule: Rule) -> Iterator[Pattern]:
    """Yield the patterns over grants that a grant must match to be found by a rule."""
    if rule.when is not None:
        if "grant" in rule.when:
            yield rule.when["grant"]
    else:
        yield from needed_grants(rule.query) if rule.query else ()


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]


def _role_test(patterns: list[Pattern], catalog: Catalog) -> Test:
    """Return a test: whether a pattern needs a role, or the catalogue does not have it."""
    from iamlint.graph.of_roles import relevant_permissions

    permissions = {one for pattern in patterns for one in _listed(pattern.get("permission"))} | relevant_permissions()
    names = [pattern for pattern in patterns if "permission" not in pattern]
    roles = [compiled(one) for pattern in names for one in _listed(pattern.get("role"))]
    kinds = {one for pattern in names if "role" not in pattern for one in _listed(pattern["role_kind"])}
    globs = [compiled(one) for one in permissions if is_glob(one)]
    of_kinds = Roles(catalog, {})

    @cache
    def is_relevant(role: str) -> bool:
        held = catalog.permissions(role)
        if isinstance(held, Unknown) or not catalog.is_listed(role):
            return True
        if not held.isdisjoint(permissions) or any(glob.match(name) for glob in globs for name in held):
            return True
        return of_kinds.kind(role) in kinds or any(glob.match(role) for glob in roles)

    return is_relevant


_LOCAL, _DOMAIN = "[A-Za-z0-9!#$%&'+=^_.~-]+", "[a-z0-9.-]+"
_WITHOUT_PROJECT = "appspot|cloudbuild|cloudservices|developer"
_HOME = rf"(?:[a-z][a-z0-9-]*\.iam|{_WITHOUT_PROJECT})"
_COMMON = regex(
    rf"(?P<person>user:|group:){_LOCAL}@(?P<domain>{_DOMAIN})\Z"
    rf"|serviceAccount:{_LOCAL}@{_HOME}\.gserviceaccount\.com\Z"
)
"""Members that certainly have none of the few kinds, recognised without parsing them as principals."""


def _member_test(patterns: list[Pattern]) -> Test:
    """Return a test: whether a pattern needs a member."""
    named: dict[str, list[str]] = defaultdict(list)
    for one in (one for pattern in patterns for one in _listed(pattern.get("principal"))):
        named[one.partition(":")[0]].append(compiled(one).pattern)
    anyhow = [text for prefix, texts in named.items() if is_glob(prefix) for text in texts]
    globs = {prefix: re.compile("|".join(texts)) for prefix, texts in named.items() if not is_glob(prefix)}
    others = re.compile("|".join(anyhow)) if anyhow else None
    of_kind = (pattern for pattern in patterns if "principal" not in pattern)
    kinds = {one for pattern in of_kind for one in _listed(pattern.get("principal_kind"))}
    placeholders = any("placeholder" in pattern for pattern in patterns)

    def is_relevant(member: str) -> bool:
        glob = globs.get(member.partition(":")[0])
        if (glob and glob.match(member)) or (others and others.match(member)):
            return True
        if placeholders and placeholder_of(member):
            return True
        return not _COMMON.match(member) and read_principal(member).kind in kinds

    return is_relevant


_NUMBERED = regex(r"serviceAccount:service-[0-9]{1,20}@(?P<domain>[a-z0-9.-]{1,100})\Z")
"""Agents of projects: their domain alone says that they are agents, whatever the number of the project."""


def _agent_test(is_needed: Test, alike: Callable[[str], str | None]) -> Test:
    """Return a test: whether a member is an agent of Google's, and none that a pattern needs."""

    @lru_cache(1 << 12)
    def is_unneeded(member: str) -> bool:
        return read_principal(member).kind == "service_agent" and not is_needed(member)

    @lru_cache(1 << 12)
    def are_unneeded(domain: str) -> bool:
        """Whether all numbered agents of a domain are like one that no pattern needs."""
        one = f"serviceAccount:service-1@{domain}"
        pattern = alike(one)
        return pattern is not None and re.fullmatch(pattern, one) is not None and is_unneeded(one)

    def of_domain(member: str) -> bool:
        match = _NUMBERED.match(member)
        return (match is not None and are_unneeded(match["domain"])) or is_unneeded(member)

    return of_domain


def _alike_test(patterns: list[Pattern]) -> Callable[[str], str | None]:
    """Return a function: the regular expression of all common members that are as irrelevant as one.

    People of one domain are similar, and accounts of all projects.
    """
    globs = [one for pattern in patterns for one in _listed(pattern.get("principal")) if _LETTERS.match(one)]
    placeholders = any("placeholder" in pattern for pattern in patterns)
    person_name = _without_placeholder("[!#$%&'+=^_.~-]") if placeholders else _LOCAL
    account_name = _without_placeholder("[!#$%&'+=^.~-]") if placeholders else _LOCAL
    project = _without_placeholder("-", _LOWER) if placeholders else "[a-z][a-z0-9-]*"
    home = rf"(?:{project}\.iam|{_WITHOUT_PROJECT})"
    account = rf"serviceAccount:{account_name}@{home}\.gserviceaccount\.com"

    @cache
    def is_asked(before: str, domain: Text) -> bool:
        return any(_may_match(glob, before, domain) for glob in globs)

    def alike(member: str) -> str | None:
        match = _COMMON.match(member)
        if match is None:
            return None
        person, domain = match["person"], match["domain"]
        if person:
            return None if is_asked(person, domain) else f"{person}{person_name}@{re.escape(domain)}"
        return None if is_asked("serviceAccount:", _ACCOUNTS) else account

    return alike


_LOWER = "abcdefghijklmnopqrstuvwxyz"
_RUN = f"{_LOWER}0123456789"


def _without_placeholder(separator: str, first: str = _RUN) -> str:
    """Return the regular expression of names that certainly contain no placeholder: they have no capitals, and no
    run of letters and digits in them begins with one of `MARKED_RUNS`. A name begins with one of the ``first`` letters.
    """
    run = _not_beginning(MARKED_RUNS)
    return f"{_not_beginning(MARKED_RUNS, first)}(?:{separator}+{run})*"


def _not_beginning(words: Iterable[str], first: str = _RUN) -> str:
    """Return the regular expression of runs of letters and digits that begin with none of these words."""
    rests: dict[str, list[str]] = defaultdict(list)
    for word in words:
        rests[word[0]].append(word[1:])
    others = "".join(letter for letter in first if letter not in rests)
    further = (f"{letter}(?:{_not_beginning(rest)})?" for letter, rest in sorted(rests.items()) if all(rest))
    return f"(?:{'|'.join((f'[{others}][a-z0-9]*', *further))})"


def _may_match(glob: str, before: str, domain: Text) -> bool:
    """Whether a glob matches ``before``, a local name, ``@`` and a domain, for some name without ``@``."""
    name, at, end = glob.partition("@")
    if not at:
        parts = domain.parts if isinstance(domain, Unknown) else (domain,)
        return text_is([glob], Unknown("", (before, _NAME, *parts))) is not Truth.FALSE
    return text_is([name], Unknown("", (before, _NAME))) & text_is([end], domain) is not Truth.FALSE


_NAME = UnknownPart("name")
_ACCOUNTS = Unknown("the project of an account is not known in full", (UnknownPart("project"), ".gserviceaccount.com"))
_LETTERS = regex(r"[A-Za-z0-9!#$%&'+=^_.~:@*?-]*\Z")
"""The letters of globs that can match common members."""
