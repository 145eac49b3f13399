"""Where the value of a reference is written: the declaration, the arguments of calls, the lines of variable files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from iamlint.hcl import read_file
from iamlint.hcl.syntax import Argument
from iamlint.location import Location, SourceText
from iamlint.server.session import Session
from iamlint.sources.names import ASSIGNMENTS, is_configuration

_DECLARED = {"var": "variable", "module": "module"}


def origins(session: Session, path: Path, reference: str) -> list[tuple[Path, Location, SourceText]]:
    """Return the places where the value of ``var.x``, ``local.x``, ``module.x`` or a resource is written."""
    kind, _, rest = reference.partition(".")
    name = rest.rpartition(".")[2]
    found: list[tuple[Path, Location, SourceText]] = []
    for file, text in _files(session, path.parent):
        at = _in_assignments(text, name) if file.name.endswith(ASSIGNMENTS) else _declared(text, kind, rest)
        if at and (kind == "var" or not file.name.endswith(ASSIGNMENTS)):
            found.append((file, at, text))
    if kind == "var":
        found += _of_calls(session, path.parent, name)
    return found


def _files(session: Session, directory: Path) -> Iterator[tuple[Path, SourceText]]:
    known = {*session.texts, *session.buffers}
    for file in sorted(one for one in known if one.parent == directory):
        text = session.text(file)
        if text is not None and (is_configuration(file.name) or file.name.endswith(ASSIGNMENTS)):
            yield file, text


def _declared(text: SourceText, kind: str, rest: str) -> Location | None:
    names = rest.split(".")
    for block in read_file(text).body.blocks:
        labels = [label.text for label in block.labels]
        if kind == "local" and block.type == "locals":
            argument = block.body.arguments.get(names[0])
            if argument:
                return _value(text, argument)
        declares = block.type == _DECLARED.get(kind) and labels == names[:1]
        if declares or [block.type, *labels] in (["data", *names[:2]], ["resource", kind, names[0]]):
            return text.location(block.start, block.header_end)
    return None


def _value(text: SourceText, argument: Argument) -> Location:
    return text.location(argument.expression.start, argument.expression.end)


def _in_assignments(text: SourceText, name: str) -> Location | None:
    argument = read_file(text).body.arguments.get(name)
    return _value(text, argument) if argument else None


def _of_calls(session: Session, directory: Path, name: str) -> Iterator[tuple[Path, Location, SourceText]]:
    """Yield the arguments of module calls that set a variable of the module in a directory."""
    for file in sorted({*session.texts, *session.buffers}):
        text = session.text(file)
        if text is None or not is_configuration(file.name) or "module" not in text.text:
            continue
        for block in read_file(text).body.blocks:
            arguments = block.body.arguments
            if block.type != "module" or "source" not in arguments or name not in arguments:
                continue
            written = arguments["source"].expression
            source = text.text[written.start : written.end].strip('"')
            if source.startswith(".") and (file.parent / source).resolve() == directory.resolve():
                yield file, _value(text, arguments[name]), text
