"""``count`` and ``for_each``: the instances of a block and their keys."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import replace

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.documents.values import NULL, Part, Partial, SetOf, Value, key_value
from iamlint.hcl.functions.types import number_of
from iamlint.unknown import Unknown, UnknownPart

LONGEST_KEY = 1_000
"""Maximum length of an instance key; longer ones are not distinguished, since addresses contain them."""
MOST_INSTANCES = 10_000
"""Maximum number of instances of one block that are expanded."""

Key = str | int | None


class UnknownKey(str):
    """The text of a key that is not known: references in it are no part of a known key."""

    __slots__ = ()


@frozen
class Expansion:
    """The instances of a block: each key with the names (``each``, ``count``) for its expressions.

    ``repeated`` is "count" or "for_each" if the block has one. ``symbolic`` is the reason if the number is unknown;
    then ``possible`` are the names of instances that may exist; with ``rest``, the last ones represent all others.
    ``uncertain`` is the reason if the existence of the only instance is unknown.
    ``assumed`` are missing directories that were assumed to be empty.
    """

    instances: tuple[tuple[Key, dict[str, Value]], ...]
    repeated: str | None = None
    symbolic: Unknown | None = None
    possible: tuple[dict[str, Value], ...] = ()
    rest: bool = False
    uncertain: Unknown | None = None
    assumed: frozenset[str] = frozenset()

    def all(self) -> Iterator[tuple[str, dict[str, Value], Unknown | None]]:
        """Yield the end of the address of each instance, its names, and why it represents an unknown number."""
        yield from ((key_text(key), names, None) for key, names in self.instances)
        yield from (("[*]", names, self.symbolic) for names in self.possible)

    def whole(self, objects: Mapping[Key, Value]) -> Value:
        """Return the value of the block: one of these objects by key, or a tuple or a map of them."""
        if self.repeated is None:
            return objects.get(None, NULL)
        if self.repeated == "count":
            return Value(tuple(objects.values()))
        return Value({str(key): value for key, value in sorted(objects.items(), key=lambda item: str(item[0]))})

    def in_part(self, address: str, value_of: Callable[[Key, Mapping[str, Value]], Value | None]) -> Value:
        """Return the value of the block if not all instances are known, or not by their names.

        ``value_of`` returns the value of one.
        """
        reason = self.symbolic.reason if self.symbolic else "a key of for_each is not known"
        why = Unknown(f"the instances of {address} are not known: {reason}", (UnknownPart(address),))
        parts: list[Part] = []
        for sure, (key, names) in (
            *((True, one) for one in self.instances),
            *((False, one) for one in self._possible()),
        ):
            value = value_of(key, names)
            if value is not None:
                parts.append(Part(value, self._key_of(names) if sure or key is None else Value(key), sure))
        kind = "map" if self.repeated == "for_each" else "list"
        return Value(why, None, Partial(kind, tuple(parts), self.rest))

    def _possible(self) -> Iterator[tuple[Key, dict[str, Value]]]:
        """Yield the instances that may exist with their keys. Of an unknown number, that is the first one."""
        for names in self.possible[:-1] if self.rest else self.possible:
            key = self._key_of(names).data
            yield key if isinstance(key, str | int) else key.text if isinstance(key, Unknown) else None, names
        if self.rest and self.repeated == "count":
            yield 0, self.possible[-1]

    def _key_of(self, names: Mapping[str, Value]) -> Value:
        """Return ``each.key`` or ``count.index``; null for a single instance."""
        name, part = ("each", "key") if self.repeated == "for_each" else ("count", "index")
        found = names[name].data if name in names else None
        return found[part] if isinstance(found, dict) else NULL

    @property
    def is_named(self) -> bool:
        """Whether all keys are known."""
        keys = (self._key_of(names).data for _, names in self.instances)
        return not self.symbolic and not any(isinstance(key, Unknown) for key in keys)


SINGLE = Expansion(((None, {}),))


def expanded(
    count: Value | None,
    collection: Value | None,
    enabled: Value | None,
    address: str,
    *,
    conflict: bool,
    most: int = MOST_INSTANCES,
) -> Expansion:
    """Return the instances of a block with these arguments; None means that an argument is not set.

    Terraform refuses ``count`` together with ``for_each`` in one block (``conflict``). If an override file adds one of
    them to the other, Terraform uses ``count``, whichever file has it. ``enabled`` is OpenTofu's. At most ``most``
    instances are made: others would not be read. Sources: ``nodeExpandPlannableResource`` of Terraform 1.11 (checked
    with its binary), https://opentofu.org/docs/language/meta-arguments/enabled/
    """
    if conflict:
        why = Unknown("count and for_each are both set in one block, which Terraform refuses", refused=True)
        return _symbolic(why, address, "count")
    if count is not None:
        return by_count(count, address, most)
    if collection is not None:
        return by_for_each(collection, address, most)
    return SINGLE if enabled is None else _by_enabled(enabled)


def _by_enabled(enabled: Value) -> Expansion:
    match enabled.data:
        case True | "true":
            return SINGLE
        case False | "false":
            return Expansion(())
        case Unknown() as why:
            return replace(SINGLE, uncertain=why)
        case _:
            return replace(SINGLE, uncertain=Unknown("enabled is neither true nor false"))


def elements(collection: Value) -> tuple[tuple[Value, Value], ...] | Unknown:
    """Return key and value of each element, as for ``for_each`` of a dynamic block; null has none."""
    match collection.data:
        case Unknown() as why:
            return why
        case dict() as entries:
            return tuple((key_value(key, value.at), value) for key, value in entries.items())
        case tuple() as items:
            return tuple((Value(index), value) for index, value in enumerate(items))
        case SetOf(items):
            return tuple((value, value) for value in items)
        case None:
            return ()
        case _:
            return Unknown("for_each needs a collection")


def certain_elements(collection: Value) -> tuple[tuple[Value, Value], ...]:
    """Return key and value of each element that an unknown collection certainly has."""
    partial = collection.partial
    if partial is None or collection.unknown is None:
        return ()
    index = Value(Unknown(collection.unknown.reason))
    sure = (part for part in partial.parts if part.sure)
    return tuple((part.value if partial.kind == "set" else part.key or index, part.value) for part in sure)


def by_count(count: Value, address: str, most: int) -> Expansion:
    """Return the instances of ``count``; of an unknown one those of its least value, and those of its greatest."""
    if isinstance(count.data, Unknown):
        numbers = [_number(option) for option in count.options]
        known = [number for number in numbers if isinstance(number, int)]
        if not known or len(known) < len(numbers) or not max(known):
            return _symbolic(count.data, address, "count")
        least, greatest = min(known), max(known)
        possible = tuple(_index(at)[1] for at in range(least, min(greatest, most)))
        return Expansion(tuple(map(_index, range(min(least, most)))), "count", count.data, possible)
    number = _number(count)
    if isinstance(number, Unknown):
        return _symbolic(number, address, "count")
    return Expansion(tuple(map(_index, range(min(number, most)))), "count")


def _number(count: Value) -> int | Unknown:
    """Return the number of instances, or why it is not known.

    Only Terraform 0.11 accepts true and false: they are 1 and 0 there.
    """
    number = int(count.data) if isinstance(count.data, bool) else number_of(count.data)
    if number is None or number != int(number) or number < 0:
        return Unknown("count is not a whole number")
    if number > MOST_INSTANCES:
        return Unknown(f"count is larger than the {MOST_INSTANCES} that iamlint expands")
    return int(number)


def _index(at: int) -> tuple[Key, dict[str, Value]]:
    return at, {"count": Value({"index": Value(at)})}


def by_for_each(collection: Value, address: str, most: int) -> Expansion:
    """Return the instances of ``for_each``: the keys of a map, the elements of a set of strings."""
    data = collection.data
    if isinstance(data, Unknown):
        return _partly(collection.partial, data, address, most)
    pairs = elements(collection)
    if isinstance(pairs, Unknown):
        return _symbolic(pairs, address, "for_each")
    if data is None or (isinstance(data, tuple) and data):  # an empty tuple may have been a set
        return _symbolic(Unknown("for_each needs a map or a set of strings, as Terraform says"), address, "for_each")
    if len(pairs) > MOST_INSTANCES:
        why = Unknown(f"for_each has more than the {MOST_INSTANCES} elements that iamlint expands")
        return _symbolic(why, address, "for_each")
    instances: dict[Key, dict[str, Value]] = {}
    for key, value in pairs[:most]:
        name = _name(key, instances)
        if isinstance(name, Unknown):
            return _symbolic(name, address, "for_each")
        instances[name] = _each(key, value)
    return Expansion(tuple(instances.items()), "for_each")


def _name(key: Value, taken: Container[Key]) -> str | Unknown:
    """Return the key of an instance, or why it has none: it is not known, or one of those ``taken``.

    Terraform would refuse to plan an unknown one before a first apply; the element is still one grant to someone.
    """
    match key.data:
        case str() as name if len(name) > LONGEST_KEY:
            return Unknown(f"a key of for_each has more than the {LONGEST_KEY} characters that iamlint reads")
        case str() as name:
            return name
        case Unknown() as part if part.is_named or part.text not in taken:
            return UnknownKey(part.text)
        case Unknown() as part:
            numbered = (UnknownKey(f"{part.text} {number}") for number in itertools.count(2))
            return next(name for name in numbered if name not in taken)
        case _:
            return Unknown("a key of for_each is not a string")


def _each(key: Value, value: Value) -> dict[str, Value]:
    return {"each": Value({"key": key, "value": value})}


def _partly(partial: Partial | None, why: Unknown, address: str, most: int) -> Expansion:
    """Return the instances of an unknown collection: those that certainly exist, those that may, and all others."""
    rest = _symbolic(why, address, "for_each")
    if partial is None or partial.kind == "list":  # which Terraform refuses
        return rest
    instances: dict[Key, dict[str, Value]] = {}
    possible: list[dict[str, Value]] = []
    is_open = partial.open or len(partial.parts) > most
    for part in partial.parts[:most]:
        key = part.key if partial.kind == "map" and part.key else part.value
        name = _name(key, instances)
        if isinstance(name, Unknown):
            is_open = True
        elif part.sure:
            instances[name] = _each(key, part.value)
        else:
            possible.append(_each(key, part.value))
    possible += rest.possible if is_open else ()
    return Expansion(tuple(instances.items()), "for_each", why if possible else None, tuple(possible), is_open)


def _symbolic(why: Unknown, address: str, repeated: str) -> Expansion:
    def name(part: str) -> Value:
        return Value(Unknown(f"{repeated} is not known: {why.reason}", (UnknownPart(f"{address}[*].{part}"),)))

    each = Value({"key": name("each.key"), "value": name("each.value")})
    names = {"each": each, "count": Value({"index": name("count.index")})}
    return Expansion((), repeated, why, (names,), rest=True)


_PLAIN = regex(r"[\w./:@ -]*")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def key_text(key: Key) -> str:
    """Return an instance key as in addresses: ``[0]``, ``["a"]``, "" for a single instance.

    https://github.com/hashicorp/terraform/blob/main/internal/addrs/instance_key.go (toHCLQuotedString)
    """
    if key is None:
        return ""
    if isinstance(key, int):
        return f"[{key}]"
    if _PLAIN.fullmatch(key):
        return f'["{key}"]'
    quoted = "".join(map(_quoted, key))
    if not isinstance(key, UnknownKey):
        quoted = quoted.replace("${", "$${").replace("%{", "%%{")
    return f'["{quoted}"]'


def _quoted(character: str) -> str:
    if character in _ESCAPES or character.isprintable():
        return _ESCAPES.get(character, character)
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
