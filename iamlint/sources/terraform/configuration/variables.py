"""Variables: the inputs of a root module, and the conversion of values to the declared type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from iamlint.documents.values import Value
from iamlint.hcl.constraints import Constraint, convert, read_constraint
from iamlint.hcl.evaluate import evaluate
from iamlint.hcl.native import read_expression
from iamlint.hcl.scope import Files, Scope
from iamlint.hcl.syntax import File
from iamlint.location import Location, SourceText, Unreadable
from iamlint.sources.terraform.configuration.module import Declared, Module

NOT_SET = "has no default and is not set"
"""Why a variable of a root module has no value."""


def convert_variable(declared: Declared, value: Value) -> Value:
    """Convert a value to the variable's ``type``: strings to numbers, lists to sets, defaults filled in.

    A value that does not fit becomes unknown, with Terraform's error as reason.
    """
    written = declared.argument("type")
    if written is None:
        return value
    return convert(value, read_constraint(written.argument.expression, written.source))


def root_inputs(
    module: Module, files: Iterable[File], variables: Iterable[str], access: Files
) -> tuple[dict[str, Value], list[Unreadable]]:
    """Return the values of the root module's variables, and errors.

    In Terraform's order: terraform.tfvars, then ``*.auto.tfvars`` by name, then ``--var-file``, then ``--var``; the
    last one wins. Values for undeclared variables are ignored, as Terraform does for files.
    """
    inputs: dict[str, Value] = {}
    for file in (*module.assignments, *files):
        scope = Scope(file.source, lambda _name: None, access)
        for name, argument in file.body.arguments.items():
            if name in module.variables:
                inputs[name] = evaluate(argument.expression, scope)
    errors: list[Unreadable] = []
    for setting in variables:
        name, _, text = setting.partition("=")
        declared = module.variables.get(name.strip())
        if declared is not None:
            value = _from_command_line(declared, text, access)
            if isinstance(value, Unreadable):
                errors.append(value)
            else:
                inputs[name.strip()] = value
    return inputs, errors


def _from_command_line(declared: Declared, text: str, access: Files) -> Value | Unreadable:
    """``--var`` gives strings literally, and expressions for variables of other types, as in Terraform."""
    written = declared.argument("type")
    constraint = read_constraint(written.argument.expression, written.source) if written else None
    if constraint is None or constraint == Constraint("string"):
        return Value(text)
    source = SourceText(f"--var {declared.block.label(0)}", text)
    expression = read_expression(source)
    if isinstance(expression, Unreadable):
        return expression
    return evaluate(expression, Scope(source, lambda _name: None, access))


def undeclared(roots: Iterable[Module], variables: Iterable[str]) -> Iterator[Unreadable]:
    """Yield an error for each ``--var`` that no root module declares: Terraform would refuse it; it may be misspelt."""
    declared = {name for root in roots for name in root.variables}
    for name in dict.fromkeys(setting.partition("=")[0].strip() for setting in variables):
        if name not in declared:
            hint = f"a nearby name is {near[0]}" if (near := get_close_matches(name, declared, 1)) else ""
            yield Unreadable(Location(f"--var {name}"), "no root module declares this variable", hint)
