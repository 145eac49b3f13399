"""Fixes of the conditions and mappings of pool providers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from iamlint.conditions import MAPPING, Unparsable, never_text, parse, undeclared
from iamlint.edits import Edit, edit
from iamlint.estate import Estate, scope
from iamlint.facts import Condition, Grant, Provider
from iamlint.fixes.mends.conditions import corrected
from iamlint.fixes.problem import Change, Problem, change
from iamlint.fixes.sources import Sources, Tree, argument
from iamlint.fixes.writing import quoted, replaced, reworded, with_argument
from iamlint.hcl.syntax import Node, Object, Template
from iamlint.lazy_regex import regex
from iamlint.queries.federation.names import Identity, identity_of
from iamlint.queries.federation.provider_conditions import (
    open_ended_prefixes,
    unmatched_provider_conditions,
    weak_provider_conditions,
)
from iamlint.queries.policies.conditions import refused
from iamlint.unknown import Unknown, shown


def _is_right(provider: Provider, expression: str, estate: Estate) -> bool:
    """Whether a condition is valid, and accepts tokens of one tenant only, and at least one of them."""
    if refused(expression) is not None:
        return False
    alone = replace(provider, condition=Condition(expression))
    small = Estate([alone], estate.roles.catalog, estate.as_of)
    asked = (weak_provider_conditions, unmatched_provider_conditions, open_ended_prefixes)
    return not any(True for ask in asked for _ in ask(small))


def _written(problem: Problem) -> tuple[Provider, str] | None:
    """Return the provider of a problem with its condition; None unless both are known."""
    provider = problem.match.fact
    condition = provider.condition if isinstance(provider, Provider) else None
    expression = condition.expression if isinstance(condition, Condition) else None
    return (provider, expression) if isinstance(provider, Provider) and isinstance(expression, str) else None


def _first_right(problem: Problem, candidates: Iterable[str]) -> Change | None:
    """Return the change to the first correct condition of these."""
    found = _written(problem)
    if found is None:
        return None
    provider, before = found
    for text in candidates:
        if text != before and _is_right(provider, text, problem.estate):
            edits = reworded(problem.sources, problem.place, before.strip(), text.strip())
            return change(f"write the condition as `{text.strip()}`", edits)
    return None


# -- prefixes ------------------------------------------------------------------------------------------------------


def end_prefix(problem: Problem) -> Change | None:
    """Adds the delimiter that follows a name in the claim to the prefix in a condition."""
    found, prefix = _written(problem), problem.match.words.get("prefix", "")
    return _first_right(problem, _ended(found[1], prefix)) if found and prefix else None


def _ended(expression: str, prefix: str) -> Iterator[str]:
    """Yield the condition with a delimiter after a prefix, and with a comparison of the whole."""
    for quote in "'\"":
        literal = f"{quote}{prefix}{quote}"
        for end in (":", "/"):
            yield expression.replace(literal, f"{quote}{prefix}{end}{quote}")
        yield expression.replace(f"{quote}^{prefix}{quote}", f"{quote}^{prefix}${quote}")
        start = re.search(rf"\.startsWith\(\s*{re.escape(literal)}\s*\)", expression)
        if start:
            yield f"{expression[: start.start()]} == {literal}{expression[start.end() :]}"


def meant_value(problem: Problem) -> Change | None:
    """Corrects a comparison: to the full name of a branch, or to a subject's prefix instead of a star."""
    found = _written(problem)
    return _first_right(problem, _spelt_out(found[1])) if found else None


_REF = regex(r"(\b(?:assertion|attribute)\.\w*(?:ref|branch)\b\s*(?:==|in)\s*)(\[[^\]]*\]|'[^']*'|\"[^\"]*\")")
_STAR = regex(r"==\s*(['\"])([^'\"*]+[/:])\*\1")


def _spelt_out(expression: str) -> Iterator[str]:
    yield _REF.sub(
        lambda one: one[1] + re.sub(r"(['\"])(?!refs/)([^'\"*]+)\1", r"\1refs/heads/\2\1", one[2]), expression
    )
    yield re.sub(rf"\s*{_STAR.pattern}", r".startsWith(\1\2\1)", expression)


# -- tenants -------------------------------------------------------------------------------------------------------


def known_tenant(problem: Problem) -> Change | None:
    """Requires the owner or the repository from the input's grants to the pool's identities."""
    provider = problem.match.fact
    if not isinstance(provider, Provider):
        return None
    demand = _demand(provider, problem.estate)
    if demand is None:
        return None
    before = provider.condition.expression if isinstance(provider.condition, Condition) else ""
    if not isinstance(before, str):
        return None
    text = demand if before.strip() in ("", "true") else f"{_grouped(before.strip())} && {demand}"
    if not _is_right(provider, text, problem.estate):
        return None
    title = f"demand `{demand}`"
    if before.strip():
        return change(title, reworded(problem.sources, problem.place, before.strip(), text))
    return change(title, _new_condition(problem.sources, provider, text))


def _grouped(expression: str) -> str:
    return f"({expression})" if "||" in expression or "?" in expression else expression


_REPOSITORY = regex(r"(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)")
_SUBJECT = regex(r"repo:(?P<owner>[\w.-]+)/(?P<name>[\w.-]+):.+")


def _demand(provider: Provider, estate: Estate) -> str | None:
    """Return what all grants to identities of the pool have in common: one repository, or one owner."""
    if shown(provider.issuer).rstrip("/") != "https://token.actions.githubusercontent.com":
        return None
    pool = shown(provider.pool).rpartition("/")[2]
    found = [
        _owner(identity, provider)
        for grant in estate.of(Grant)
        if scope(grant.declared) == scope(provider.declared)
        and (identity := identity_of(grant.principal)) is not None
        and identity.pool in (pool, None)
    ]
    owners, names = {one and one[0] for one in found}, {one and one[1] for one in found}
    if len(owners) != 1 or None in owners:
        return None
    (owner,), (name,) = owners, names if len(names) == 1 else ("",)
    if name:
        return f"assertion.repository == '{owner}/{name}'"
    return f"assertion.repository_owner == '{owner}'"


def _owner(identity: Identity, provider: Provider) -> tuple[str, str] | None:
    """Return the owner and the repository that an identity names, "" for any repository; None if it names no owner."""
    if not isinstance(identity.value, str) or identity.attribute is None:
        return None
    mapping = provider.mapping if isinstance(provider.mapping, tuple) else ()
    of = next((text for name, text, _ in mapping if name == identity.attribute), None)
    match of:
        case "assertion.sub":
            found = _SUBJECT.fullmatch(identity.value)
        case "assertion.repository":
            found = _REPOSITORY.fullmatch(identity.value)
        case "assertion.repository_owner":
            return (identity.value, "") if re.fullmatch(r"[\w.-]+", identity.value) else None
        case _:
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


# -- mappings ------------------------------------------------------------------------------------------------------


def valid_mapping(problem: Problem) -> Change | None:
    """Corrects the key or the expression of an attribute mapping."""
    provider, name = problem.match.fact, problem.match.words.get("attribute")
    found = problem.sources.find(problem.place.at)
    if not isinstance(provider, Provider) or not isinstance(provider.mapping, tuple) or found is None or not name:
        return None
    tree, node = found
    pair = _pair(tree, node, name)
    of = next((text for key, text, _ in provider.mapping if key == name), None)
    if pair is None or not isinstance(of, str):
        return None
    key, value = pair
    right = _key(name, {one for one, _, _ in provider.mapping})
    if right and right != name:
        written = tree.text(key)
        if written.count(name) != 1:
            return None
        start = key.start + written.index(name)
        bare = "" if written[:1] == '"' else '"'
        text = f"{bare}{right}{bare}"
        return change(f"map `{right}`", (edit(tree.source, start, start + len(name), text),))
    better = corrected(of, _is_mapping, provider=True)
    if better is None or tree.text(value).count(of) != 1:
        return None
    start = value.start + tree.text(value).index(of)
    made = (edit(tree.source, start, start + len(of), better[0]),)
    return change(f"map `{name}` from `{better[0]}`", made if '"' not in better[0] else None)


def _is_mapping(text: str) -> bool:
    node = parse(text)
    if isinstance(node, Unparsable | Unknown) or undeclared(text, MAPPING) is not None:
        return False
    return never_text(node) is None


def _pair(tree: Tree, node: Node, name: str) -> tuple[Node, Node] | None:
    """Return the key and the value of an item of the object around a node, or of the node."""
    around = next((one for one in (node, *tree.around(node)) if isinstance(one, Object)), None)
    items = around.items if around else ()
    return next(((key, of) for key, of in items if isinstance(key, Template) and key.literal == name), None)


_GOOGLE = ("subject", "groups", "display_name", "profile_photo", "posix_username", "email")


def _key(name: str, taken: set[str]) -> str | None:
    """Return the intended key of a refused one; None if the key is accepted, or the intended one is uncertain."""
    head, dot, rest = name.partition(".")
    if name in (f"google.{one}" for one in _GOOGLE) or re.fullmatch(r"attribute\.[a-z0-9_]{1,100}", name):
        return None
    if not dot and name in _GOOGLE:
        right = f"google.{name}"
    else:
        last = rest if dot and head.lower().rstrip("s") in ("attribute", "assertion", "claim") else name
        right = f"attribute.{re.sub(r'[^a-z0-9_]', '_', last.lower())}"
    return right if right not in taken and "." not in right.partition(".")[2] else None
