"""Variables: the inputs of a root module, and the conversion of values to the declared type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path

from iamlint.basics.frozen import frozen
from iamlint.budget import Budget
from iamlint.documents.values import Lazy, Value, unknown
from iamlint.hcl.evaluation.evaluate import evaluate
from iamlint.hcl.reading.native import read_expression
from iamlint.hcl.scope import Files, Scope
from iamlint.hcl.syntax import File
from iamlint.location import Location, SourceText, Unreadable
from iamlint.logic.path_globs import PathGlobs
from iamlint.sources.names import ASSIGNMENTS
from iamlint.sources.terraform.configuration.module import Declared, Local, Module

NOT_SET = "has no default and is not set"
"""Why a variable of a root module has no value."""
REFUSED_DEFAULT = "has only a default that its validation refuses"
"""Why a variable has no value although it has a default: somebody must set it."""


def convert_variable(declared: Declared, value: Value) -> Value:
    """Convert a value to the variable's ``type``: strings to numbers, lists to sets, defaults filled in.

    A value that does not fit becomes unknown, with Terraform's error as reason.
    """
    from iamlint.hcl.evaluation.constraints import convert, read_constraint

    written = declared.argument("type")
    if written is None:
        return value
    return convert(value, read_constraint(written.argument.expression, written.source))


def given_or_default(
    declared: Declared, given: Callable[[], Value] | None, work: Callable[[Local], Value], reference: str
) -> tuple[Value, bool]:
    """Return the value of a variable before its validation, and whether that is the default.

    ``given`` is the caller's value; ``work`` evaluates an argument; ``reference`` is the variable's absolute address.
    """
    value = given() if given else None
    nullable = declared.argument("nullable")
    refuses_null = nullable is not None and work(nullable).data is False
    if value is not None and not (value.data is None and refuses_null):
        return convert_variable(declared, value), False
    default = declared.argument("default")
    if default is None:
        return unknown(f"{reference} {NOT_SET}", reference=reference), False
    return convert_variable(declared, work(default)), True


def refuses_default(
    declared: Declared,
    module: Module,
    value: Callable[[str, Declared], tuple[Value, bool]],
    access: Files,
    budget: Budget,
) -> bool:
    """Whether a ``validation`` block of a variable refuses its default; ``value`` gives variables before validation.

    Only conditions about variables count: anything else may depend on the variable itself.
    """

    def unvalidated(name: str) -> Value | None:
        return value(name, module.variables[name])[0] if name in module.variables else None

    variables: Value | None = None
    for block in declared.block.body.blocks:
        written = block.body.arguments.get("condition") if block.type == "validation" else None
        if written is None:
            continue
        variables = variables or Value(Lazy("var", unvalidated, lambda: module.variables))
        scope = Scope(declared.source, {"var": variables}.get, access, budget=budget)
        if evaluate(written.expression, scope).data is False:
            return True
    return False


@frozen
class Settings:
    """The values that a run gives the variables of root modules, in addition to their own files.

    ``files`` are those of ``--var-file``; ``preset`` and ``variables`` are ``NAME=VALUE``, of the configuration and of
    ``--var``. The values in ``excluded`` files are unknown. ``homes`` are the root modules whose folder a file of
    ``--var-file`` is in or below, by the file's path: it counts only there and below.
    """

    files: tuple[File, ...] = ()
    preset: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    excluded: PathGlobs = field(default_factory=PathGlobs)
    homes: Mapping[str, Path] = field(default_factory=dict)

    def files_for(self, directory: Path) -> Iterator[File]:
        """Yield the files of ``--var-file`` that count for the root module in a directory."""
        for file in self.files:
            home = self.homes.get(file.source.path)
            if home is None or directory.is_relative_to(home):
                yield file


def root_inputs(module: Module, settings: Settings, access: Files) -> tuple[dict[str, Value], list[Unreadable]]:
    """Return the values of the root module's variables, and errors.

    In Terraform's order: terraform.tfvars, then ``*.auto.tfvars`` by name, then ``--var-file``, then ``--var``; the
    last one wins. Values for undeclared variables are ignored, as Terraform does for files.
    """
    inputs = dict(_unread(module, settings.excluded))
    errors: list[Unreadable] = []
    for file in (*module.assignments, *settings.files_for(module.directory)):
        scope = Scope(file.source, lambda _name: None, access)
        excluded = file in module.assignments and settings.excluded.matches(file.source.path)
        errors += () if excluded else _blocks_in(file)
        for name, argument in file.body.arguments.items():
            if name in module.variables:
                left_out = _left_out(name, file.source.path) if excluded else None
                inputs[name] = left_out or evaluate(argument.expression, scope)
    for source, given in (("var", settings.preset), ("--var", settings.variables)):
        for setting in given:
            name, _, text = setting.partition("=")
            declared = module.variables.get(name.strip())
            if declared is not None:
                value = _written(declared, text, access, source)
                if isinstance(value, Unreadable):
                    errors.append(value)
                else:
                    inputs[name.strip()] = value
    return inputs, errors


def _blocks_in(file: File) -> Iterator[Unreadable]:
    """Yield an error for the first block of a variable file, which Terraform refuses: it may be the wrong file."""
    for block in file.body.blocks[:1]:
        at = file.source.location(block.start, block.header_end)
        hint = "a variable file has lines NAME = VALUE"
        yield Unreadable(at, f'this variable file has a block "{block.type}", which Terraform refuses', hint)


def _unread(module: Module, excluded: PathGlobs) -> Iterator[tuple[str, Value]]:
    """Yield all variables as unknown if an excluded variable file cannot be read: it may set any."""
    for error in module.errors:
        if is_excluded_file(error.at.path, excluded):
            yield from ((name, _left_out(name, error.at.path)) for name in module.variables)


def _left_out(name: str, path: str) -> Value:
    return unknown(f"var.{name} may be set in {path}, which is not read: it is excluded", reference=f"var.{name}")


def is_excluded_file(path: str, excluded: PathGlobs) -> bool:
    """Whether a path is a variable file that the user excludes."""
    return path.endswith(ASSIGNMENTS) and excluded.matches(path)


def _written(declared: Declared, text: str, access: Files, source_name: str) -> Value | Unreadable:
    """``--var`` gives strings literally, and expressions for variables of other types, as in Terraform."""
    from iamlint.hcl.evaluation.constraints import Constraint, read_constraint

    written = declared.argument("type")
    constraint = read_constraint(written.argument.expression, written.source) if written else None
    if constraint is None or constraint == Constraint("string"):
        return Value(text)
    source = SourceText(f"{source_name} {declared.block.label(0)}", text)
    expression = read_expression(source)
    if isinstance(expression, Unreadable):
        return expression
    return evaluate(expression, Scope(source, lambda _name: None, access))


def undeclared(roots: Iterable[Module], variables: Iterable[str]) -> Iterator[Unreadable]:
    """Yield an error for each ``--var`` that no root module declares: Terraform would refuse it; it may be misspelt."""
    declared = {name for root in roots for name in root.variable_names}
    for name in dict.fromkeys(setting.partition("=")[0].strip() for setting in variables):
        if name not in declared:
            from iamlint.documents.validation import nearest_of

            reason = "no root module declares this variable"
            yield Unreadable(Location(f"--var {name}"), reason, nearest_of(name, declared))


def unused(roots: Iterable[Module], preset: Iterable[str]) -> list[str]:
    """Return the names of the configuration's variables that no root module declares."""
    declared = {name for root in roots for name in root.variable_names}
    return [name for one in preset if (name := one.partition("=")[0].strip()) not in declared]
