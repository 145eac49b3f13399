"""What is read in one step has the same tree, comments and errors as what is read character by character."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import example, given, settings
from many import some
from random_texts import random_texts
from samples import BROKEN, VALID
from trees import are_alike, read

from iamlint.hcl.reading import expressions, native, templates
from iamlint.hcl.reading.lexer import NAME

NEVER = re.compile("(?!)")


@contextmanager
def character_by_character() -> Iterator[None]:
    """Let every pattern that reads more than one name or text in one step match nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(expressions, "EXPRESSION", re.compile(rf"([ \t]*+)({NAME})"))
        patch.setattr(expressions, "EXPRESSION_IN_BRACKETS", re.compile(rf"([ \t\n]*+)({NAME})"))
        for module, name in (
            (expressions, "ITEM"),
            (expressions, "_FOR_HEAD"),
            (native, "ENTRY"),
            (templates, "_PLAIN_STRING"),
            (templates, "_PLAIN_PIECE"),
        ):
            patch.setattr(module, name, NEVER)
        yield


def compare(texts: Iterable[str]) -> None:
    """Compare both ways of reading each text."""
    quickly = [read(text) for text in texts]
    with character_by_character():
        slowly = [read(found.source.text) for found in quickly]
    for found, wanted in zip(quickly, slowly, strict=True):
        assert are_alike(found.body, wanted.body), found.source.text
        assert found.comments == wanted.comments, found.source.text
        assert found.errors == wanted.errors, found.source.text


TERMS = [
    *("a", "a.b", "a.b.c.d.e.f.g", "null", "true.x", "für", "a.é", "a.\u00b2", "\u00b2", "for", "for.a", "for-a", "a-"),
    *(
        "f(x)",
        'f(a.b, "c", 1)',
        "f()",
        "f( x , )",
        "f(x...)",
        "f(",
        "f(]",
        "a.f(x)",
        "ns::f(x)",
        "ns::a::f(x)",
        "f\n(x)",
    ),
    *(
        '"s"',
        '""',
        '"${a}"',
        '"${ a.b }-x-${c}"',
        '"$${a}"',
        '"a${f(b)}c"',
        '"a${b ? c : d}"',
        '"%{ if a }b%{ endif }"',
    ),
    *('"${~ a ~}"', '"${a', '"a', '"\\n${a}"', '"${é}"', '"${a.\u00b2}"', '"${a\n}"', '"${"b"}"', '"$"', '"${}"'),
    *("0", "007", "123456789012345", "1234567890123456", "1.5", "1e3", "1x", "-1", "!a", "- a.b", ".5"),
    *("[]", "[a]", '[a, "b", 3,]', "[\na,\n# c\nb\n]", "[a b]", "[a)", "[", "[,]", "[f(x), [y], {}]"),
    *(
        "{}",
        "{ a = b }",
        '{\n"k" = v, (e) : 2\n"" = 3 # c\n}',
        "{ a : b::c }",
        "{ é = 1 }",
        "{ \u00b2 = 1 }",
        "{ a = b c }",
    ),
    *(
        "{ for = 1 }",
        "{ for-x = 1 }",
        "{ a = [ }",
        "{",
        "{ null = true, b.c = 1 }",
        "{ a == b }",
        "{ a::b(x) = 1 }",
        '{ "a" :: b }',
        "{ a => b }",
        "{ a.b }",
    ),
    *(
        "[for a in b : c]",
        "[for a, b in c : d if e]",
        "{for k,v in w : k => v...}",
        "[for\n  a in b : c]",
        "[for a of b : c]",
    ),
    *("[for ain b : c]", "[for é in b : c]", "[for a in b : c if d)", "{ for a in b : c }", "[for a inb : c]"),
    *("(a)", "(\na\n)", "( a", "(a]", "<<E\nx ${a}\nE", "<<-E\n  x\n  E"),
]
FOLLOWERS = [
    *(
        "",
        " ",
        "\t",
        "\n",
        "\r\n",
        " \n",
        ",",
        " ,",
        ")",
        "]",
        "}",
        " }",
        " b",
        ".b",
        " .b",
        ".0",
        ".*",
        ".*.b",
        "[0]",
        "[*]",
    ),
    *(
        ' ["k"].c',
        "...",
        " ...",
        "(x)",
        " (x)",
        "::b(x)",
        " ::b(x)",
        ":",
        " : b",
        "?",
        " ? b : c",
        ' ? f(b) : "c"',
        "=",
        " = b",
    ),
    *(
        "=>",
        " => b",
        " == b",
        "==b",
        " != null",
        " && b || c",
        " + b * c - d",
        " -b",
        "-b",
        "!b",
        "! b",
        " < b",
        " <<E\nE",
        " >= 1",
    ),
    *(
        " % b",
        " | b",
        " & b",
        "/b",
        " / b",
        " # c",
        "# c",
        " // c",
        " /* c */",
        "/* c */ + b",
        " /* c",
        "\n+ b",
        "\n.b",
        "\n[0]",
    ),
    *(' "s"', '"s"', "'", "$", "\\", "\0", "\u00a0", " é", "\u00b2", "\ufeff"),
]
PLACES = [
    "x = {}\n",
    'b "l" {{\n  x = {}\n  y = 1\n}}\n',
    "b {{ x = {} }}\n",
    "x = {{\n  k = {}\n  l = 1\n}}\n",
    "x = [{}]\n",
    "x = f(1, {})\n",
    'x = "a${{{}}}b"\n',
    "x = [for k in {} : k]\n",
    "x = a ? {} : 1\n",
    "x = (1 + {})\n",
]


@pytest.mark.parametrize("place", PLACES)
def test_terms_and_what_follows(place: str) -> None:
    """Each pair in one of the places, or in five: what follows seldom depends on the place."""
    pairs, step = [term + follower for term in TERMS for follower in FOLLOWERS], some(20, 2)
    compare(place.format(pair) for pair in pairs[PLACES.index(place) % step :: step])


HEADS = [
    *(
        "b",
        "b ",
        "b\t",
        "é",
        "bé",
        "b-1",
        "\u00b2",
        "1",
        "b.c",
        '"b"',
        "",
        'b "l"',
        'b"l"',
        'b "l""m" ',
        'b "l" "m" "n"',
    ),
    *(
        "b l",
        'b "l" m',
        'b "" ',
        'b "$${l}"',
        'b "${l}"',
        'b "l',
        'b "\\n"',
        "b # c",
        "b /* c */ ",
        "b\n",
        "}",
        " }",
        "# c\n}",
    ),
]
TAILS = [
    *(
        "= 1",
        "=1",
        " =\t1",
        "= a\n",
        "== 1",
        "=> 1",
        "=",
        "= # c",
        "= /* c */ 1",
        "=\n1",
        ": 1",
        "{\n}",
        "{ \n}",
        "{}",
        "{ }",
    ),
    *(
        "{ c = 1 }",
        "{ c = 1, }",
        "{\n} # c",
        "{\n}\n}",
        "{\n} d",
        "{\nc = 1\nc = 2\n}",
        "{\n c {\n }\n}",
        "{ c {\n }\n}",
        "{\r\n}",
        "{",
        "{\n",
    ),
    *("{ # c\n}", '{\nc = 1 # d\n# e\n\n  f = "g"\n}', "{\nc = 1}", "", "\n", ",", "= a.\u00b2", "= {\n}", "= [\n]"),
]


BEFORE = ["", "a = 1\n", "\ufeff", "b = 1\n\n# c\n  ", "a {\n  ", "a {\n  b = 2\n\n"]


@pytest.mark.parametrize("before", BEFORE)
def test_heads_of_arguments_and_blocks(before: str) -> None:
    """Each head with each tail in two places, or in all of them with all ends."""
    texts, step = [head + tail + end for head in HEADS for tail in TAILS for end in ("", "\n", "\n}\n")], some(10, 1)
    compare(before + text for text in texts[BEFORE.index(before) % step :: step])


@pytest.mark.parametrize("text", [*VALID.values(), *(broken.text for broken in BROKEN.values())])
def test_samples(text: str) -> None:
    compare((text, text.replace("\n", "\r\n")))


LONG = {
    "a path": lambda n: "x = a" + ".b" * n,
    "a path in a block": lambda n: "c {\n  x = a" + ".b" * n + "\n}",
    "a path in a list": lambda n: "x = [a" + ".b" * n + "]",
    "lists": lambda n: "x = " + "[" * n + "]" * n,
    "calls": lambda n: "x = " + "f(" * n + "a" + ")" * n,
    "objects": lambda n: "x = " + "{ k = " * n + "a" + " }" * n,
    "objects over lines": lambda n: "x = " + '{\n  "k" =  ' * n + "1" + "\n}" * n,
    "references in strings": lambda n: "x = " + '"${' * n + "a" + '}"' * n,
    "conditionals": lambda n: "x = " + "a ? b : " * n + "c",
    "operators": lambda n: "x = " + "a + " * n + "b",
    "blocks": lambda n: "b {\n" * n + "}\n" * n,
    "calls with paths": lambda n: "x = " + "f(a.b.c.d.e.f.g, " * n + "a" + ")" * n,
}


@pytest.mark.parametrize("make", LONG.values(), ids=LONG)
def test_deep_texts(make: Callable[[int], str]) -> None:
    """Below the limit of depth: a term that is read in one step does not count as a level."""
    compare(make(count) + "\n" for count in (1, 5, 30, 90))


@given(random_texts())
@example("a = 1\n" * 30)
@settings(max_examples=some(100, 1_000), deadline=None)
def test_random_texts(text: str) -> None:
    compare((text, text.replace("\n", "\r\n")))
