"""``count`` and ``for_each``: the instances of a block and their keys."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from iamlint.basics.frozen import frozen
from iamlint.documents.values import SetOf, Value, key_value
from iamlint.unknown import Unknown, UnknownPart

LONGEST_KEY = 1_000
"""Maximum length of an instance key; longer ones are not distinguished, since addresses contain them."""
MOST_INSTANCES = 10_000
"""Maximum number of instances of one block that are expanded."""

Key = str | int | None


@frozen
class Expansion:
    """The instances of a block: each key with the names (``each``, ``count``) for its expressions.

    ``repeated`` is "count" or "for_each" if the block has one. ``symbolic`` is the reason if the number is unknown;
    then one instance represents all. ``uncertain`` is the reason if the existence of the only instance is unknown.
    ``assumed`` are missing directories that were assumed to be empty.
    """

    instances: tuple[tuple[Key, dict[str, Value]], ...]
    repeated: str | None = None
    symbolic: Unknown | None = None
    uncertain: Unknown | None = None
    assumed: frozenset[str] = frozenset()


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


def by_count(count: Value, address: str, most: int = MOST_INSTANCES) -> Expansion:
    """Return the instances of ``count``."""
    number = count.data
    if isinstance(number, str) and number.isdecimal():
        number = int(number)
    if isinstance(number, Unknown):
        return _symbolic(number, address, "count")
    if isinstance(number, bool) or not isinstance(number, int | Decimal) or number != int(number) or number < 0:
        return _symbolic(Unknown("count is not a whole number"), address, "count")
    if number > MOST_INSTANCES:
        return _symbolic(Unknown(f"count is larger than the {MOST_INSTANCES} that iamlint expands"), address, "count")
    indices = range(min(int(number), most))
    return Expansion(tuple((index, {"count": Value({"index": Value(index)})}) for index in indices), "count")


def by_for_each(collection: Value, address: str, most: int = MOST_INSTANCES) -> Expansion:
    """Return the instances of ``for_each``: the keys of a map, the elements of a set of strings."""
    data = collection.data
    if isinstance(data, Unknown):
        return _symbolic(data, address, "for_each")
    pairs = elements(collection)
    if isinstance(pairs, Unknown):
        return _symbolic(pairs, address, "for_each")
    if data is None or (isinstance(data, tuple) and data):  # an empty tuple may have been a set
        return _symbolic(Unknown("for_each needs a map or a set of strings, as Terraform says"), address, "for_each")
    if len(pairs) > MOST_INSTANCES:
        why = Unknown(f"for_each has more than the {MOST_INSTANCES} elements that iamlint expands")
        return _symbolic(why, address, "for_each")
    instances: list[tuple[Key, dict[str, Value]]] = []
    for key, value in pairs[:most]:
        match key.data:
            case str() as name if len(name) > LONGEST_KEY:
                why = Unknown(f"a key of for_each has more than the {LONGEST_KEY} characters that iamlint reads")
                return _symbolic(why, address, "for_each")
            case str() as name:
                instances.append((name, {"each": Value({"key": key, "value": value})}))
            case Unknown() as part:
                # Terraform would refuse to plan it before a first apply; the element is still one grant to someone.
                instances.append((part.text, {"each": Value({"key": key, "value": value})}))
            case _:
                return _symbolic(Unknown("a key of for_each is not a string"), address, "for_each")
    return Expansion(tuple(instances), "for_each")


def _symbolic(why: Unknown, address: str, repeated: str) -> Expansion:
    def name(part: str) -> Value:
        return Value(Unknown(f"{repeated} is not known: {why.reason}", (UnknownPart(f"{address}[*].{part}"),)))

    each = Value({"key": name("each.key"), "value": name("each.value")})
    return Expansion(((None, {"each": each, "count": Value({"index": name("count.index")})}),), repeated, why)


def key_text(key: Key) -> str:
    """Return an instance key as in addresses: ``[0]``, ``["a"]``, "" for a single instance."""
    if key is None:
        return ""
    if isinstance(key, int):
        return f"[{key}]"
    quoted = (
        key.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    )
    return f'["{quoted}"]'
