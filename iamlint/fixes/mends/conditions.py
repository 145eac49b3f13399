"""Fixes of conditions that are not valid expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from iamlint.basics.lazy_regex import regex
from iamlint.basics.letters import differing
from iamlint.conditions.declared import BOUNDARY, FUNCTIONS, IAM, PROVIDER, beside_tags
from iamlint.facts import BoundaryBinding, Condition, Denial, Grant, Provider
from iamlint.fixes.mends.names import one_near
from iamlint.fixes.problem import Change, Problem, Withheld, change
from iamlint.fixes.writing import reworded
from iamlint.queries.policies.conditions import malformed, refused

_STEPS = 3
"""Maximum number of slips that are corrected in one expression."""
_MOST = 200
"""Maximum number of expressions that are tried."""

_Rewrite = tuple[str, bool]
"""An expression, and whether it is certainly the intended one."""


NO_CORRECTION = Withheld("no correction of the usual slips makes the expression valid, or more than one does")


def valid_condition(problem: Problem) -> Change | Withheld | None:
    """Corrects a slip in a condition: a misspelt function or name, one equals sign, a missing bracket or time."""
    fact, estate = problem.match.fact, problem.estate
    if not isinstance(fact, Grant | Denial | BoundaryBinding | Provider) or not isinstance(fact.condition, Condition):
        return None
    written = fact.condition
    expression = written.expression
    if not isinstance(expression, str) or len(expression) > 2_000:
        return None
    is_provider = isinstance(fact, Provider)

    def is_valid(text: str) -> bool:
        if is_provider:
            return refused(text) is None
        if isinstance(fact, Denial) and beside_tags(text):
            return False
        language = BOUNDARY if isinstance(fact, BoundaryBinding) else IAM
        return malformed(Condition(text, written.title, written.at), estate, language) is None

    found = corrected(expression, is_valid, provider=is_provider)
    if found is None:
        return NO_CORRECTION
    text, sure = found
    edits = reworded(problem.sources, problem.place, expression.strip(), text.strip())
    return change(f"write the condition as `{' '.join(text.split())}`", edits, None if sure else "unsafe")


def corrected(expression: str, is_valid: Callable[[str], bool], *, provider: bool) -> _Rewrite | None:
    """Return the only valid expression with the fewest corrections; None without one, or with several."""
    seen, level = {expression}, [(expression, True)]
    for _ in range(_STEPS):
        following: dict[str, bool] = {}
        for text, sure in level:
            for other, certain in _rewrites(text, provider=provider):
                if other not in seen and len(seen) < _MOST:
                    seen.add(other)
                    following[other] = sure and certain
        valid = [(text, sure) for text, sure in following.items() if is_valid(text)]
        if valid:
            return valid[0] if len(valid) == 1 else None
        level = list(following.items())
    return None


_STRING = regex(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"")
_CALLED = regex(r"\b([A-Za-z_]\w*)(?=\s*\()")
_NAME = regex(r"(?<![\w.])([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*)*)(?!\s*\(|\w)")
_TIME = regex(r"['\"][0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]+)['\"]")
_DAY = regex(r"timestamp\(\s*(['\"][0-9]{4}-[0-9]{2}-[0-9]{2})(['\"])\s*\)")
_LOCAL_TIME = regex(r"timestamp\(\s*(['\"][0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(['\"])\s*\)")
_WORDS = {"AND": "&&", "and": "&&", "OR": "||", "or": "||"}
_CLAIMS = regex(
    r"sub|aud|iss|repository(?:_\w+)?|ref(?:_\w+)?|actor(?:_\w+)?|workflow(?:_\w+)?|environment|event_name|job_workflow_\w+"
    r"|namespace_(?:id|path)|project_(?:id|path)|user_\w+|terraform_\w+|organization_\w+|pipeline_\w+|runner_\w+|arn|email"
)
"""Claims of the usual issuers, which a condition names after ``assertion.``."""


def _rewrites(text: str, *, provider: bool) -> Iterator[_Rewrite]:
    """Yield an expression with each of its possible slips corrected."""
    yield from _operators(text)
    yield from _calls(text)
    yield from _names(text, provider=provider)
    yield from _times(text)
    closed = _closed(text)
    if closed:
        yield closed, True
    plain = text.translate(_QUOTES)
    if plain != text:
        yield plain, True


_QUOTES = dict.fromkeys((0x2018, 0x2019, 0x201A), "'") | dict.fromkeys((0x201C, 0x201D, 0x201E), '"')
"""Typographic quotes, by the straight ones that CEL has."""


def _outside(text: str) -> str:
    """Return the expression with its strings blanked out."""
    return _STRING.sub(lambda found: found[0][0] + " " * (len(found[0]) - 2) + found[0][0], text)


def _operators(text: str) -> Iterator[_Rewrite]:
    masked = _outside(text)
    edits = [(one.start(), one.end(), "==") for one in re.finditer(r"(?<![=!<>])=(?!=)|===", masked)]
    if edits:
        yield _replaced(text, edits), True
    edits = [(one.start(), one.end(), one[0] * 2) for one in re.finditer(r"(?<!&)&(?!&)|(?<!\|)\|(?!\|)", masked)]
    if edits:
        yield _replaced(text, edits), True
    words = [
        (one.start(), one.end(), _WORDS[one[0]]) for one in re.finditer(r"(?<![\w.])(?:AND|OR|and|or)(?!\w)", masked)
    ]
    if words:
        yield _replaced(text, words), True
    negated = [(one.start(), one.end(), "!") for one in re.finditer(r"(?<![\w.])(?:not|NOT)\s+", masked)]
    if negated:
        yield _replaced(text, negated), True


def _calls(text: str) -> Iterator[_Rewrite]:
    for found in _CALLED.finditer(_outside(text)):
        name = found[1]
        if name in FUNCTIONS or name == "in":
            continue
        snake = re.sub(r"_([a-z])", lambda one: one[1].upper(), name)
        same = [one for one in FUNCTIONS if one.lower() in (snake.lower(), f"{snake}s".lower())]
        meant = same[0] if len(same) == 1 else one_near(name, FUNCTIONS)
        if meant:
            yield _replaced(text, [(found.start(1), found.end(1), meant)]), True


def _names(text: str, *, provider: bool) -> Iterator[_Rewrite]:
    known = {name: fields for name, fields in (PROVIDER if provider else IAM).names.items() if "." not in name}
    for found in _NAME.finditer(_outside(text)):
        first, rest = found[1], found[2]
        if first in ("true", "false", "null", "in", "and", "or", "not", "AND", "OR", "NOT"):
            continue
        if first not in known:
            same = next((one for one in known if one.lower() == first.lower()), None)
            near = same or (one_near(first, known) if rest else None)
            if near:
                yield _replaced(text, [(found.start(1), found.end(1), near)]), True
            elif provider and _CLAIMS.fullmatch(first) and not rest:
                yield _replaced(text, [(found.start(1), found.start(1), "assertion.")]), True
        elif rest and known[first]:
            field = rest[1:].partition(".")[0]
            start = found.start(2) + 1
            meant = None if field in known[first] else _field_meant(field, known[first])
            if meant:
                yield _replaced(text, [(start, start + len(field), meant)]), True


_SHORT = 5
"""The letters of a name that is certain with one wrong letter only: ``port`` is two letters from ``host``."""


def _field_meant(field: str, known: Iterable[str]) -> str | None:
    near = one_near(field, known)
    is_slip = near and len(field) > 2 and differing(field, near) <= (1 if len(field) <= _SHORT else 2)
    return near if is_slip else None


def _times(text: str) -> Iterator[_Rewrite]:
    if "request.time" in text:
        bare = [one for one in _TIME.finditer(text) if not re.search(r"timestamp\(\s*\Z", text[: one.start()])]
        if bare:
            yield _replaced(text, [(one.start(), one.end(), f"timestamp({one[0]})") for one in bare]), True
    for pattern, more in ((_DAY, "T00:00:00Z"), (_LOCAL_TIME, "Z")):
        if pattern.search(text):
            yield pattern.sub(rf"timestamp(\1{more}\2)", text), False


def _closed(text: str) -> str | None:
    """Return an expression with its open brackets closed at its end; None if all are closed, or if they cross."""
    pairs, waiting = {")": "(", "]": "["}, []
    masked = _outside(text)
    for character in masked:
        if character in "([":
            waiting.append(character)
        elif character in pairs and (not waiting or waiting.pop() != pairs[character]):
            return None
    closing = {"(": ")", "[": "]"}
    return text.rstrip() + "".join(closing[one] for one in reversed(waiting)) if waiting else None


def _replaced(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text
