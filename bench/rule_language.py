"""The words of rules, described by their docstrings: in the schema of rule documents, and on a page."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from iamlint.fixes.mends import MENDS, mend_of, withheld
from iamlint.patterns.fact_schema import KINDS
from iamlint.queries import QUERIES, query_function

SCHEMA = Path(__file__).parents[1] / "rules" / "rule.schema.json"
_WIDTH = 120


def described(thing: Any) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split()).replace("``", "`")


def schema_text(schema: Mapping[str, Any] | None = None) -> str:
    """The schema of rule documents, with a description of each kind of fact, each word and each query."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8")) if schema is None else schema
    for name, kind in KINDS.items():
        defined = {"description": "", **schema["$defs"][name]}
        defined["description"] = described(kind.type)
        schema["$defs"][name] = defined
        for word, ask in kind.words.items():
            defined["properties"][word]["description"] = described(ask)
    named = [{"const": name, "description": described(query_function(name))} for name in sorted(QUERIES)]
    schema["properties"]["query"]["anyOf"] = [*named, {"description": "Any other name is an error of iamlint's own."}]
    told = "The function that makes the edits; docs/rule-language.md describes each."
    schema["$defs"]["mend"]["properties"]["by"] = {"description": told, "enum": sorted(MENDS)}
    return _written(schema) + "\n"


def _written(value: Any, indent: int = 0, room: int = 0) -> str:
    """JSON with each value on one line where it fits."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or (indent and indent + room + len(flat) <= _WIDTH):
        return flat
    inside = " " * (indent + 2)
    if isinstance(value, list):
        items = [inside + _written(one, indent + 2, 1) for one in value]
        return "[\n" + ",\n".join(items) + "\n" + " " * indent + "]"
    pairs = [f"{inside}{json.dumps(key)}: {_written(one, indent + 2, len(key) + 5)}" for key, one in value.items()]
    return "{\n" + ",\n".join(pairs) + "\n" + " " * indent + "}"


def language_page() -> str:
    """The page of all kinds of facts with their words, and of all queries."""
    return "\n".join(_page(json.loads(schema_text()))) + "\n"


def _page(schema: Mapping[str, Any]) -> Iterator[str]:
    yield "# The language of rules"
    yield ""
    yield "`when:` names a kind of fact and says which facts it means; `query:` asks a question to the whole input."
    yield "[Writing a rule of your own](writing-rules.md) shows how. In a pattern keys are *and*, lists are *or*,"
    yield "`unless` is *not*. In a glob `*` matches any text and `?` any one character."
    yield ""
    yield "Generated from the docstrings in `iamlint/patterns` and `iamlint/queries` by `python bench/pages.py`."
    for name, kind in KINDS.items():
        yield from ("", f"## {name}", "", schema["$defs"][name]["description"], "")
        yield from ("| word | value | what it asks |", "| --- | --- | --- |")
        for word, defined in sorted(schema["$defs"][name]["properties"].items()):
            if word != "unless":
                yield f"| `{word}` | {_values(defined, schema)} | {_cell(defined['description'])} |"
        if kind.shown:
            yield from ("", f"Words of messages: {_listed(kind.shown)}.")
    yield from ("", "## Queries", "", "| query | what it yields | words of messages |", "| --- | --- | --- |")
    for name, query in sorted(QUERIES.items()):
        yield f"| `{name}` | {_cell(described(query_function(name)))} | {_listed(query.words)} |"
    yield from ("", "## Fixes", "", "`mend:` lists the fixes of a rule; `by` names one of these.", "")
    yield from ("| fix | what it does | not offered if |", "| --- | --- | --- |")
    of_name = withheld()
    for name in sorted(MENDS):
        reasons = "; ".join(one.reason for one in of_name.get(name, ()))
        yield f"| `{name}` | {_cell(described(mend_of(name)))} | {_cell(reasons)} |"


def _values(defined: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """What a word takes."""
    if defined.get("type") == "boolean":
        return "`true`, `false`"
    if defined.get("$ref") == "#/$defs/globs":
        return "globs"
    one = defined["oneOf"][0]
    found = schema["$defs"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
    return ", ".join(f"`{value}`" for value in found["enum"])


def _listed(names: Any) -> str:
    return ", ".join(f"`{{{name}}}`" for name in sorted(names))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
