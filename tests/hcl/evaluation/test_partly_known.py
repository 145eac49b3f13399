"""What is known of collections that are unknown as a whole: it holds for every value of what is unknown."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

import pytest
from many import some
from test_console import Module

from iamlint.documents.values import List, Map, Part, SetOf, Value
from iamlint.hcl.functions.partial import converted, partial_of
from iamlint.hcl.functions.types import EvaluationError
from iamlint.unknown import Unknown, UnknownPart

UNKNOWN = Module(
    {
        **{name: Value(Unknown("later", (UnknownPart(name),))) for name in ("list", "more", "map", "on", "off")},
        **{name: Value(Unknown("later", (UnknownPart(name),))) for name in ("text", "other")},
        "id": Value(
            Unknown("later", ("projects/", UnknownPart("p", True), "/serviceAccounts/", UnknownPart("e", True)))
        ),
    }
)


def text(found: str) -> Value:
    return Value(found)


def texts(*found: str) -> Value:
    return Value(List(map(Value, found)))


def mapping(**found: str) -> Value:
    return Value(Map({key: Value(found[key]) for key in sorted(found)}))


def chosen(chance: random.Random) -> Module:
    """A module where everything that is unknown above has a value."""
    lists = [texts(), texts("a"), texts("b", "z"), texts("c", "a", "é"), texts("x-a", "")]
    maps = [mapping(), mapping(a="1"), mapping(k="v", b="a"), mapping(z="", c="c")]
    words = ["a", "b", "", "x", "k", "x-a", "a-x", "user:a@example.com"]
    return Module(
        {
            "list": chance.choice(lists),
            "more": chance.choice(lists),
            "map": chance.choice(maps),
            "on": Value(chance.random() < 0.5),
            "off": Value(chance.random() < 0.5),
            "text": text(chance.choice(words)),
            "other": text(chance.choice(words)),
        }
    )


_HOLE = re.compile(r"<(\w+)>")


class Expressions:
    """Random expressions over known and unknown values.

    Forms have holes for others, such as ``<list>``, which are made when their form is chosen.
    Without ``try()``: what it falls back to is another value, and we keep what is known of the first.
    """

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def one(self, depth: int, *forms: str) -> str:
        """Return one of the forms with its holes filled."""
        return _HOLE.sub(lambda hole: str(getattr(self, hole[1])(depth)), self.chance.choice(forms))

    def text(self, depth: int) -> str:
        return self.one(
            depth, '"a"', '"b"', '"k"', "text", "other", '"x-${text}"', '"${text}-x"', '"${text}-${other}"', '""'
        )

    def choice(self, depth: int) -> str:
        return self.one(depth, "<text>", "(<condition> ? <text> : <text>)")

    def condition(self, depth: int) -> str:
        return self.one(depth, "on", "off", "on && off", "<text> == <text>", "true", "false")

    def item(self, depth: int) -> str:
        return self.one(depth, "one", "<text>")

    def index(self, depth: int) -> str:
        return self.one(depth, *"0123")

    def list(self, depth: int) -> str:
        if depth == 0:
            return self.one(0, "list", "more", "[]", '["a", "b"]', *["[<text>, <text>]"] * 3)
        return self.one(
            depth - 1,
            "concat(<list>, <list>)",
            "distinct(<list>)",
            "compact(<list>)",
            "flatten([<list>, [<list>]])",
            "reverse(<list>)",
            "sort(<list>)",
            "tolist(toset(<list>))",
            "[for one in <list> : <item> if <condition>]",
            '[for one in <list> : "${one}!"]',
            "[for one in <list> : one if one != <text>]",
            "<condition> ? <list> : <list>",
            "keys(<map>)",
            "values(<map>)",
            "[for key, one in <map> : key if one != <text>]",
            "tolist(setunion(<list>, <list>))",
            "tolist(setsubtract(<list>, <list>))",
            "coalescelist(<list>, <list>)",
            '[for pair in setproduct(<list>, <list>) : join("+", pair)]',
            "(<list>)[*]",
            'split("-", <choice>)',
            'split("-", "<beginning>${<choice>}<end>")',
            'split("-", strrev("<beginning>${<choice>}<end>"))',
            'regexall("^a-", "<beginning>${<choice>}<end>")',
            'regexall("b-k$", "<beginning>${<choice>}<end>")',
        )

    def beginning(self, depth: int) -> str:
        return self.one(depth, "a-", "", "k-b-")

    def end(self, depth: int) -> str:
        return self.one(depth, "-a", "", "-b-k")

    def map(self, depth: int) -> str:
        if depth == 0:
            pair = "(<text>) = <text>, (<text>) = <text>"
            return self.one(0, "map", "{}", "{ a = text }", '{ a = "1", b = "2" }', f"{{ {pair} }}")
        return self.one(
            depth - 1,
            "merge(<map>, <map>)",
            "merge(<map>, <map>)",
            "{for one in <list> : one => <text>}",
            '{for one in <list> : "k-${one}" => one if <condition>}',
            "{for key, one in <map> : key => one if one != <text>}",
            "{for one in <list> : <text> => one...}",
            "<condition> ? <map> : <map>",
            "zipmap([<text>, <text>], [<text>, <text>])",
            "tomap(<map>)",
        )

    def one_of_several(self, depth: int) -> str:
        return self.one(
            depth,
            "coalesce(<choice>, <choice>, <text>)",
            "element(<list>, <condition> ? 0 : 1)",
            "(<list>)[length(<flat_list>)]",
            "try((<map>)[<text>], <choice>)",
            "try((<map>).k, <choice>, <text>)",
            "upper(<choice>) == <choice>",
            'lower("<prefix>${<choice>}-B")',
            'upper("<prefix>${<choice>}-B")',
            'replace("a-b-${<choice>}-a", "<cut>", <text>)',
            "(<list>)[<index>]",
            "element(<list>, <index>)",
            "join(<choice>, [<choice>, <text>])",
            'replace("a-b-${<choice>}", <choice>, <text>)',
            '"%{ if <condition> }a%{ else }${<choice>}%{ endif }-${<choice>}"',
        )

    def flat_list(self, _depth: int) -> str:
        return self.list(0)

    def prefix(self, depth: int) -> str:
        return self.one(depth, "A-", "")

    def cut(self, depth: int) -> str:
        return self.one(depth, "-", "a", "b-")

    def value(self, depth: int) -> str:
        return self.one(
            depth,
            *["<deeper_list>"] * 8,  # as many as these have forms of their own
            *["<deeper_map>"] * 3,
            *["<one_of_several>"] * 3,
            "lookup(<map>, <text>, <text>)",
            "(<map>)[<text>]",
            "(<map>).a",
            "contains(<list>, <text>)",
            "length(<list>)",
            "<condition> ? <text> : <text>",
            "<condition> ? 1 : <condition> ? 2 : 3",
            "<condition> ? { a = <text> } : { a = <text> }",
        )

    def deeper_list(self, depth: int) -> str:
        return self.list(depth + 1)

    def deeper_map(self, depth: int) -> str:
        return self.map(depth + 1)


def fits(known: Value, concrete: Value) -> bool:
    """Whether a value may be what is known of it."""
    match known.data, concrete.data:
        case Unknown(), _ if known.options:
            return any(fits(option, concrete) for option in known.options)
        case Unknown() as why, _ if known.partial is None:
            if isinstance(concrete.data, str):
                long_enough = len(concrete.data) >= sum(len(part) for part in why.parts if isinstance(part, str))
                return concrete.data.startswith(why.prefix) and concrete.data.endswith(why.suffix) and long_enough
            return True
        case ((Unknown() | dict() | tuple() | SetOf()), (dict() | tuple() | SetOf())):
            return holds(known, parts_of(concrete))
        case None, _:
            return concrete.data is None
        case data, found:
            return data == found or str(data) == str(found)


def holds(known: Value, concrete: Sequence[Part]) -> bool:
    """Whether a collection has what it certainly has, and, unless it may have others, only what it may have."""
    partial = partial_of(known)
    assert partial is not None
    found = all(any(same(part, one) for one in concrete) for part in partial.parts if part.sure)
    return found and (partial.open or all(any(same(part, one) for part in partial.parts) for one in concrete))


def same(known: Part, concrete: Part) -> bool:
    keys = known.key is None or concrete.key is None or fits(known.key, concrete.key)
    return keys and fits(known.value, concrete.value)


def parts_of(value: Value) -> tuple[Part, ...]:
    partial = partial_of(value)
    assert partial is not None
    return partial.parts


def cases(count: int) -> Iterator[str]:
    yield from (Expressions(seed).value(seed % 3) for seed in range(count))


def test_what_is_known_of_a_collection_holds_for_every_value() -> None:
    chance, compared, partly, count = random.Random(7), 0, 0, some(400, 6_000)
    modules = [chosen(chance) for _ in range(60)]
    for expression in cases(count):
        ours = UNKNOWN.value(expression)
        if isinstance(ours.data, Unknown) and (ours.data.refused or not (ours.structure or ours.data.parts)):
            continue
        partly += ours.partial is not None
        for module in chance.sample(modules, 8):
            theirs = module.value(expression)
            if not theirs.unknown:
                compared += 1
                assert fits(ours, theirs), expression
    assert partly > count * 0.06
    assert compared > count * 1.2


def test_a_part_that_does_not_convert_is_wrong_only_if_it_is_there() -> None:
    def number(value: Value) -> Value:
        if value.data == "x":
            raise EvaluationError("a number is required")
        return value

    possible, sure = (UNKNOWN.value(one) for one in ('concat(["1"], on ? ["x"] : [])', 'concat(["x"], list)'))
    assert shown(possible) == "list 1 x?"
    assert shown(converted(possible, "set", number)) == "set 1"
    assert shown(converted(sure, "set", lambda value: value)) == "set x ..."
    with pytest.raises(EvaluationError):
        converted(sure, "set", number)


def shown(value: Value) -> object:
    """The sure parts of a value, the possible ones with a question mark, and dots for others."""
    partial = value.partial
    if value.options:
        return "|".join(str(shown(option)) for option in value.options)
    if partial is None:
        return value.data.text if isinstance(value.data, Unknown) else value.data
    found = [f"{_pair(part)}{'' if part.sure else '?'}" for part in partial.parts]
    return " ".join([partial.kind, *found, *(["..."] if partial.open else [])])


def _pair(part: Part) -> str:
    value = str(shown(part.value))
    return f"{shown(part.key)}={value}" if part.key else value


@pytest.mark.parametrize(
    ("expression", "known"),
    [
        ('toset(concat(["a", "b"], list))', "set a b ..."),
        ('merge({ a = "1", b = "2" }, map, { b = "3" })', "map a=1? b=3 ..."),
        ('[for one in concat(["a"], list) : "x-${one}"]', "list x-a ..."),
        ('{for one in concat(["a"], list) : one => "r"}', "map a=r ..."),
        ('[for one in ["a", "b"] : one if on]', "list a? b?"),
        ('on ? ["a", "b"] : ["b"]', "list a? b"),
        ('on ? toset(["a"]) : []', "set a?"),
        ("on ? list : []", "${?}"),
        ('{ (text) = "1" }', "map ${text}=1"),
        ('{ "${text}-a" = "1", "${text}-b" = "2" }', "map ${text}-a=1 ${text}-b=2"),
        ('{ (text) = "1", (other) = "2" }', "map ${text}=1? ${other}=2"),
        ('{ a = "1", (text) = "2", b = "3" }', "map a=1? ${text}=2? b=3"),
        ('keys({ (text) = "1" })', "list ${text}"),
        ('{ (text) = "1" }[text]', "1"),
        ('lookup(merge(map, { a = "1" }), "a", "2")', "1"),
        ('lookup({ "x-${text}" = "1" }, "y", "2")', "2"),
        ('merge(map, { a = "1" }).a', "1"),
        ('contains(concat(list, ["a"]), "a")', True),
        ('zipmap([text], ["1"])', "map ${text}=1"),
        (
            'flatten([for key, all in { (text) = ["a", "b"] } : [for one in all : "${key}:${one}"]])',
            "list ${text}:a ${text}:b",
        ),
        ('concat([{ r = "a" }], list)[*].r', "list a ..."),
        ('try(merge({ a = "1" }, map).a, "2")', "${?}"),
        ('setsubtract(["a", "b"], concat(["a"], list))', "set b?"),
        ('(on ? { a = "x-1", b = "2" } : { a = "x-3", b = "2" }).b', "2"),
        ('(on ? { a = "x-1" } : { a = "x-3" }).a', "x-1|x-3"),
        ('"${on ? "x-1" : "x-3"}-y"', "x-1-y|x-3-y"),
        ('"a%{ if on }-x%{ else }-y%{ endif }"', "a-x|a-y"),
        ('"a%{ if on }-x%{ endif }-${text}"', "a-x-${text}|a-${text}"),
        ('"${on ? "a" : "b"}-${off ? "a" : "b"}"', "a-a|a-b|b-a|b-b"),
        ('format("%s/%s", "r", on ? "a" : "b")', "r/a|r/b"),
        ('format("a:%d@x", text)', "a:${text}@x"),
        ('format("a:%5d@x", text)', "${?}"),
        ('join("/", ["r", on ? "a" : "b"])', "r/a|r/b"),
        ('upper(on ? "a" : text)', "${?}"),
        ('split("/", on ? "a/b" : "a/c")[1]', "b|c"),
        ('(on ? "a" : "b") == "c"', False),
        ('{ a = "1", b = "2", c = "3" }[on ? "a" : "b"]', "1|2"),
        ('{ a = "1", b = "2" }[text]', "1|2"),
        ('{ a = "1" }[text]', "1"),
        ('{ x-a = "1", y-a = "2" }["${text}-b"]', "${?}"),
        ('{ x-a = "1", x-b = "2", y-b = "3" }["x-${text}"]', "1|2"),
        ('{ a = ["x", "y"], b = ["x"] }[text]', "list x y?"),
        ('["1", "2"][length(list)]', "1|2"),
        ('element(["1", "2"], length(list))', "1|2"),
        ('lookup({ a = "1", b = "1" }, text, "2")', "1|2"),
        ('lookup({ a = ["x"] }, text, [])', "list x?"),
        ('coalesce(text, "x")', "${text}|x"),
        ('coalesce("", text, "x-${other}", "y")', "${text}|x-${other}"),
        ('coalesce(on ? "" : "x", "y")', "y|x"),
        ("coalesce(text, other)", "${?}"),
        ('try({ a = "1" }[text], "x")', "${?}"),
        ('try(map.a, "x")', "${map.a}|x"),
        ('try(text, "x")', "${text}"),
        ('split("=>", "${text}=>roles/x")', "list roles/x ..."),
        ('split("=>", "${text}=>roles/x")[1]', "roles/x|${?}"),
        ('split("/", "a/b/${text}/c")[1]', "b"),
        ('element(split("/", "a/b/${text}/c"), 0)', "a"),
        ('split("aa", "xaa${text}")', "${?}"),
        ('join(" ", split("/", id))', "projects ${p} serviceAccounts ${e}"),
        ('element(split("/", id), length(split("/", id)) - 1)', "${e}"),
        ('reverse(split("/", "${id}/keys"))[1]', "${e}"),
        ('split("/", "${id}/${text}")[3]', "${e}"),
        ('split("/", "${id}/${text}")[4]', "${?}"),
        ('split("-", id)', "${?}"),
        ('on ? split("/", "a/${text}") : split("/", "b/a/${text}")', "list a b? ..."),
        ('(on ? split("/", "a/${text}") : split("/", "b/a/${text}"))[0]', "a|b|${?}"),
        ('toset(split(",", "${text},allUsers"))', "set allUsers ..."),
        ('replace("a_b/${text}", "_", "-")', "a-b/${?}"),
        ('replace("a_b/${text}", "__", "-")', "${?}"),
        ('join("|", regexall("^group:", "group:${text}"))', "group:"),
        ('length(regexall("^user:", "group:${text}"))', 0),
        ('join("|", regexall("@x\\\\.org$", "${text}@x.org"))', "@x.org"),
        ('length(regexall("@y$", "${text}@x.org"))', 0),
        ('regexall("^group:a", "group:${text}")', "${?}"),
        ('regexall("group:", "group:${text}")', "${?}"),
        ('regex("p:", "group:${text}")', "p:"),
        ('can(regex("^user:", "group:${text}"))', False),
        ('regex("^g.*", "group:${text}")', "${?}"),
        ('regex("^group:$", "group:${text}")', "${?}"),
        ('lower("A-${text}")', "a-${?}"),
        ('try(list[0], map["k"], "x", "y")', '${list[0]}|${map["k"]}|x'),
        ('on ? "a" : off ? "b" : "a"', "a|b"),
        ("on ? 1 : off ? 2 : 3", "1|2|3"),
        ("on ? 1 : text", "${?}"),
        ('(on ? { a = "1" } : {}).a', "1"),
        ('(on ? { a = "1" } : {})["a"]', "1"),
        ('(on ? { a = "1" } : {}).b', "${?}"),
        ('try((on ? { a = "1" } : {}).a, "2")', "${?}"),
        ('lookup(on ? { a = "1" } : {}, "a", "2")', "${?}"),
        ('(on ? ["a"] : [])[0]', "${?}"),
        ('{for one in concat(["a", "b"], list) : "k" => one...}', "map k=list a b ... ..."),
        ('coalescelist(concat(["a"], list), ["b"])', "list a ..."),
        ('coalescelist(list, ["b"])', "${?}"),
        ('coalescelist(null, concat(["a"], list))', "list a ..."),
        ('coalescelist(null, ["b"])[0]', "b"),
        ('try({ a = text }.a, "x")', "${text}"),
        ('try(map.a.b, "x")', "${map.a.b}|x"),
        ('compact([text, "a", "x-${text}"])', "list ${text}? a x-${text}"),
        ('flatten([text, "a", ["x-${text}"]])', "list ${text}? a x-${text}"),
        ("length(flatten([list]))", "${?}"),
    ],
)
def test_what_is_known(expression: str, known: object) -> None:
    assert shown(UNKNOWN.value(expression)) == known
