"""Fixes of provider conditions that admit tokens of any tenant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, product

from iamlint.basics.lazy_regex import regex
from iamlint.edits import Edit
from iamlint.estate import Estate, scope
from iamlint.facts import Condition, Grant, Provider
from iamlint.federation.names import Identity, identity_of
from iamlint.fixes.mends.providers import first_right, is_right, written_condition
from iamlint.fixes.problem import Change, Problem, Withheld, change
from iamlint.fixes.sources import Sources, argument
from iamlint.fixes.writing import quoted, replaced, reworded, with_argument
from iamlint.hcl.syntax import Template
from iamlint.unknown import shown

NO_TENANT = Withheld(
    "the grants to the pool's identities do not name one owner or repository of GitHub, or one namespace or project of "
    "GitLab"
)
_MOST_TRIED = 60
"""Maximum number of conditions that are tried."""
_MOST_NAMED = 12
"""Maximum number of alternatives that are tried, each on its own."""


def known_tenant(problem: Problem) -> Change | Withheld | None:
    """Requires the owner or the repository from the input's grants to the pool's identities."""
    provider = problem.match.fact
    if not isinstance(provider, Provider):
        return None
    demand = _demand(provider, problem.estate)
    if demand is None:
        return NO_TENANT
    before = provider.condition.expression if isinstance(provider.condition, Condition) else ""
    if not isinstance(before, str):
        return None
    text = demand if before.strip() in ("", "true") else f"{_grouped(before.strip())} && {demand}"
    if not is_right(provider, text, problem.estate):
        return None
    title = f"demand `{demand}`"
    if before.strip():
        return change(title, reworded(problem.sources, problem.place, before.strip(), text))
    return change(title, _new_condition(problem.sources, provider, text))


def _grouped(expression: str) -> str:
    return f"({expression})" if "||" in expression or "?" in expression else expression


_REPOSITORY = regex(r"(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)")
_PROJECT = regex(r"(?P<owner>[\w.-]+(?:/[\w.-]+)*)/(?P<name>[\w.-]+)")
_SUBJECTS = {
    "https://token.actions.githubusercontent.com": regex(r"repo:(?P<owner>[\w.-]+)/(?P<name>[\w.-]+):.+"),
    "https://gitlab.com": regex(r"project_path:(?P<owner>[\w.-]+(?:/[\w.-]+)*)/(?P<name>[\w.-]+):ref_type:.+"),
}
_CLAIMS = {
    "https://token.actions.githubusercontent.com": ("repository", "repository_owner"),
    "https://gitlab.com": ("project_path", "namespace_path"),
}
"""By issuer, the claims with the name of the repository or project, and of its owner or namespace."""


def _demand(provider: Provider, estate: Estate) -> str | None:
    """Return what all grants to identities of the pool have in common: one repository, or one owner."""
    issuer = shown(provider.issuer).rstrip("/")
    if issuer not in _CLAIMS:
        return None
    pool = shown(provider.pool).rpartition("/")[2]
    found = [
        _owner(identity, provider, issuer)
        for grant in estate.of(Grant)
        if scope(grant.declared) == scope(provider.declared)
        and (identity := identity_of(grant.principal)) is not None
        and identity.pool in (pool, None)
    ]
    owners, names = {one and one[0] for one in found}, {one and one[1] for one in found}
    if len(owners) != 1 or None in owners:
        return None
    (owner,), (name,) = owners, names if len(names) == 1 else ("",)
    whole, of_owner = _CLAIMS[issuer]
    return f"assertion.{whole} == '{owner}/{name}'" if name else f"assertion.{of_owner} == '{owner}'"


def _owner(identity: Identity, provider: Provider, issuer: str) -> tuple[str, str] | None:
    """Return the owner and the repository that an identity names, "" for any repository; None if it names no owner."""
    if not isinstance(identity.value, str) or identity.attribute is None:
        return None
    of = provider.source_of(identity.attribute)
    whole, of_owner = _CLAIMS[issuer]
    if of == "assertion.sub":
        found = _SUBJECTS[issuer].fullmatch(identity.value)
    elif of == f"assertion.{whole}":
        found = (_REPOSITORY if whole == "repository" else _PROJECT).fullmatch(identity.value)
    elif of == f"assertion.{of_owner}":
        return (identity.value, "") if re.fullmatch(r"[\w.-]+(?:/[\w.-]+)*", identity.value) else None
    else:
        return None
    return (found["owner"], found["name"]) if found else None


def _new_condition(sources: Sources, provider: Provider, text: str) -> tuple[Edit, ...] | None:
    found = sources.block(provider.declared.at)
    if found is None:
        return None
    tree, block = found
    empty = argument(block.body, "attribute_condition")
    if empty:
        literal = isinstance(empty.expression, Template) and not empty.expression.written
        return replaced(tree, empty.expression, quoted(text)) if literal else None
    after = "workload_identity_pool_provider_id"
    return with_argument(tree, block.body, after, "attribute_condition", quoted(text))


# -- patterns and prefixes -------------------------------------------------------------------------------------------

_MATCHES = r"\.matches\(\s*(?P<quote>['\"])(?P<pattern>[^'\"^$|]+)(?P=quote)\s*\)"
_STARTS = r"\.startsWith\(\s*(?P<mark>['\"])(?P<prefix>[^'\"]*[\w.-])(?P=mark)\s*\)"
_OPEN = regex(f"{_MATCHES}|{_STARTS}")


def bounded_value(problem: Problem) -> Change | None:
    """Anchors a pattern, and ends a prefix after the name in it, where a condition would then name its tenant."""
    found = written_condition(problem)
    return first_right(problem, islice(_bounded(found[1]), _MOST_TRIED)) if found else None


def _bounded(expression: str) -> Iterator[str]:
    """Yield the condition with each of its open values bounded, in each way."""
    opened = list(_OPEN.finditer(expression))
    ways = [_ways(one) for one in opened]
    for chosen in product(*ways) if opened else ():
        text, at = "", 0
        for one, written in zip(opened, chosen, strict=True):
            text, at = text + expression[at : one.start()] + written, one.end()
        yield text + expression[at:]


def _ways(found: re.Match[str]) -> list[str]:
    """Return how an open pattern or prefix may be written: as it is, and bounded."""
    if found["pattern"] is not None:
        quote, pattern = found["quote"], found["pattern"]
        return [found[0], *(f".matches({quote}^{pattern}{end}{quote})" for end in ("", "$"))]
    mark, prefix = found["mark"], found["prefix"]
    return [found[0], *(f".startsWith({mark}{prefix}{end}{mark})" for end in "/:")]


# -- alternatives ----------------------------------------------------------------------------------------------------


def named_ways(problem: Problem) -> Change | None:
    """Leaves out the alternatives of a condition that name no tenant, if another one does."""
    found = written_condition(problem)
    if found is None:
        return None
    provider, before = found
    ways = _alternatives(before)
    if len(ways) > _MOST_NAMED:
        return None
    named = [one for one in ways if is_right(provider, one.strip(), problem.estate)]
    if not named or len(named) == len(ways):
        return None
    text = " || ".join(one.strip() for one in named)
    if not is_right(provider, text, problem.estate):
        return None
    return change(
        f"write the condition as `{' '.join(text.split())}`",
        reworded(problem.sources, problem.place, before.strip(), text),
    )


def _alternatives(expression: str) -> list[str]:
    """Return the parts of an expression between the ``||`` outside brackets and strings."""
    parts, depth, quote, start = [], 0, "", 0
    for at, character in enumerate(expression):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif expression.startswith("||", at) and depth == 0 and at >= start:
            parts.append(expression[start:at])
            start = at + 2
    return [*parts, expression[start:]]
