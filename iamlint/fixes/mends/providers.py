"""Fixes of the conditions and mappings of pool providers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from iamlint.basics.lazy_regex import regex
from iamlint.conditions.declared import MAPPING, TEXT, TRUTH, never, undeclared
from iamlint.conditions.parser import Unparsable, parse
from iamlint.edits import edit
from iamlint.estate import Estate
from iamlint.facts import Condition, Provider
from iamlint.fixes.mends.conditions import corrected
from iamlint.fixes.problem import Change, Problem, Withheld, change
from iamlint.fixes.sources import Tree
from iamlint.fixes.writing import reworded
from iamlint.hcl.syntax import Node, Object, Template
from iamlint.queries.federation.provider_conditions import (
    open_ended_prefixes,
    unmatched_provider_conditions,
    weak_provider_conditions,
)
from iamlint.queries.policies.conditions import refused
from iamlint.unknown import Unknown


def is_right(provider: Provider, expression: str, estate: Estate) -> bool:
    """Whether a condition is valid, and accepts tokens of one tenant only, and at least one of them."""
    if refused(expression) is not None:
        return False
    alone = replace(provider, condition=Condition(expression))
    small = Estate([alone], estate.roles.catalog, estate.as_of)
    asked = (weak_provider_conditions, unmatched_provider_conditions, open_ended_prefixes)
    return not any(True for ask in asked for _ in ask(small))


def written_condition(problem: Problem) -> tuple[Provider, str] | None:
    """Return the provider of a problem with its condition; None unless both are known."""
    provider = problem.match.fact
    condition = provider.condition if isinstance(provider, Provider) else None
    expression = condition.expression if isinstance(condition, Condition) else None
    return (provider, expression) if isinstance(provider, Provider) and isinstance(expression, str) else None


def first_right(problem: Problem, candidates: Iterable[str]) -> Change | None:
    """Return the change to the first correct condition of these."""
    found = written_condition(problem)
    if found is None:
        return None
    provider, before = found
    for text in candidates:
        if text != before and is_right(provider, text, problem.estate):
            edits = reworded(problem.sources, problem.place, before.strip(), text.strip())
            return change(f"write the condition as `{' '.join(text.split())}`", edits)
    return None


# -- prefixes ------------------------------------------------------------------------------------------------------


def end_prefix(problem: Problem) -> Change | None:
    """Adds the delimiter that follows a name in the claim to the prefix in a condition."""
    found, prefix = written_condition(problem), problem.match.words.get("prefix", "")
    return first_right(problem, _ended(found[1], prefix)) if found and prefix else None


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


NO_NUMBER = Withheld("a claim that is a number is compared to a name, and the input does not have the number")


def meant_value(problem: Problem) -> Change | Withheld | None:
    """Corrects a comparison: to the full name of a branch, or to a subject's prefix instead of a star."""
    found = written_condition(problem)
    if found is None:
        return None
    changed = first_right(problem, _spelt_out(found[1]))
    return changed or (NO_NUMBER if _NAME_AS_NUMBER.search(found[1]) else None)


_NAME_AS_NUMBER = regex(
    r"\b(?:assertion|attribute)\.(?:\w+_)?id\b\s*(?:==|in)\s*\[?\s*(?:'[^']*[^0-9'][^']*'|\"[^\"]*[^0-9\"][^\"]*\")"
)
_REF = regex(r"(\b(?:assertion|attribute)\.\w*(?:ref|branch)\b\s*(?:==|in)\s*)(\[[^\]]*\]|'[^']*'|\"[^\"]*\")")
_STAR = regex(r"==\s*(['\"])([^'\"*]+[/:])\*\1")


def _spelt_out(expression: str) -> Iterator[str]:
    yield _REF.sub(
        lambda one: one[1] + re.sub(r"(['\"])(?!refs/)([^'\"*]+)\1", r"\1refs/heads/\2\1", one[2]), expression
    )
    yield re.sub(rf"\s*{_STAR.pattern}", r".startsWith(\1\2\1)", expression)


# -- mappings ------------------------------------------------------------------------------------------------------


def valid_mapping(problem: Problem) -> Change | None:
    """Corrects the key or the expression of an attribute mapping."""
    provider, name = problem.match.fact, problem.match.words.get("attribute")
    found = problem.sources.find(problem.place.at)
    if not isinstance(provider, Provider) or not isinstance(provider.mapping, tuple) or found is None or not name:
        return None
    tree, node = found
    pair = _pair(tree, node, name)
    of = provider.source_of(name)
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
    truth = name.startswith("attribute.") and _is_truth_value(of)
    better = (_as_text(of.strip()), False) if truth else corrected(of, _is_mapping, provider=True)
    if better is None or not _is_mapping(better[0]) or tree.text(value).count(of) != 1:
        return None
    start = value.start + tree.text(value).index(of)
    made = (edit(tree.source, start, start + len(of), better[0]),)
    added = better[0].replace(of.strip(), "")
    return change(f"map `{name}` from `{better[0]}`", made if '"' not in added else None, "unsafe" if truth else None)


def _as_text(truth: str) -> str:
    """Return the text for a truth value: a constant is its own name."""
    return f"'{truth}'" if truth in ("true", "false") else f"{truth} ? 'true' : 'false'"


def _is_truth_value(text: str) -> bool:
    node = parse(text)
    return not isinstance(node, Unparsable | Unknown) and "?" not in text and never(node, TEXT) == TRUTH


def _is_mapping(text: str) -> bool:
    node = parse(text)
    if isinstance(node, Unparsable | Unknown) or undeclared(text, MAPPING) is not None:
        return False
    return never(node, TEXT) is None


def _pair(tree: Tree, node: Node, name: str) -> tuple[Node, Node] | None:
    """Return the key and the value of an item of the object around a node, or of the node."""
    around = next((one for one in (node, *tree.around(node)) if isinstance(one, Object)), None)
    items = around.items if around else ()
    return next(((key, of) for key, of in items if isinstance(key, Template) and key.literal == name), None)


_GOOGLE = ("subject", "groups", "display_name", "profile_photo", "posix_username", "email")


def _google_key(name: str) -> str | None:
    """Return the attribute of Google's that a key means: ``subject``, ``google_subject``, ``google.Subject``."""
    word = re.sub(r"[^a-z]", "", name.lower())
    if name not in _GOOGLE and not word.startswith("google"):
        return None
    near = (one for one in _GOOGLE if _singular(word.removeprefix("google")) == _singular(one.replace("_", "")))
    return next((f"google.{one}" for one in near), None)


def _singular(word: str) -> str:
    return word.removesuffix("s")


def _key(name: str, taken: set[str]) -> str | None:
    """Return the intended key of a refused one; None if the key is accepted, or the intended one is uncertain."""
    head, dot, rest = name.partition(".")
    if name in (f"google.{one}" for one in _GOOGLE) or re.fullmatch(r"attribute\.[a-z0-9_]{1,100}", name):
        return None
    own = _google_key(name)
    if own:
        right = own
    else:
        last = rest if dot and head.lower().rstrip("s") in ("attribute", "assertion", "claim") else name
        right = f"attribute.{re.sub(r'[^a-z0-9_]', '_', last.lower())}"
    return right if right not in taken and "." not in right.partition(".")[2] else None
