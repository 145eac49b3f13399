"""The tags of the target, as far as they are given: conditions that ask for them are decided by them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from iamlint.basics.lazy_regex import regex
from iamlint.facts import Condition, Denial, Fact, Grant

_ASKS = regex(
    r"resource\.(?P<function>matchTag|matchTagId|hasTagKey|hasTagKeyId)\(\s*(?P<q>['\"])(?P<key>[^'\"]*)(?P=q)\s*"
    r"(?:,\s*(?P<r>['\"])(?P<value>[^'\"]*)(?P=r)\s*)?\)"
)


def with_tags(facts: Iterable[Fact], tags: Mapping[str, str]) -> Iterator[Fact]:
    """Yield the facts, with conditions on these tags decided. Keys that are not given stay open."""
    for fact in facts:
        if tags and isinstance(fact, Grant | Denial) and isinstance(fact.condition, Condition):
            yield replace(fact, condition=_decided(fact.condition, tags))
        else:
            yield fact


def _decided(condition: Condition, tags: Mapping[str, str]) -> Condition:
    if not isinstance(condition.expression, str):
        return condition

    def answer(found: re.Match[str]) -> str:
        key, value = found["key"], found["value"]
        if key not in tags:
            return found[0]
        return "true" if value is None or tags[key] == value else "false"

    return replace(condition, expression=_ASKS.sub(answer, condition.expression))
