"""Which blocks may depend on a remote state: those that name one, directly or through others."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamlint.hcl import read_file
from iamlint.location import SourceText
from iamlint.sources.terraform.configuration.module import module_of
from iamlint.sources.terraform.configuration.state_readers import state_readers

STATE = "data.terraform_remote_state.net.outputs.o"


def readers(text: str) -> list[str] | None:
    """Return the names of the resources that may depend on a state."""
    module = module_of(Path(), read_file(SourceText("main.tf", text)))
    found = state_readers([module, module])
    if found is None:
        return None
    return [name for (_, _, name), blocks in module.resources.items() if {id(one) for one in blocks} & found]


def resource(name: str, value: str, kind: str = 'resource "x_y"') -> str:
    return f'{kind} "{name}" {{\n  a = "plain"\n  b {{\n    c = {value}\n  }}\n}}\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (resource("a", STATE) + resource("b", "var.x") + resource("c", "each.value.data"), ["a"]),
        (resource("a", "x_y.b[0].id") + resource("b", "resource.x_y.c.id") + resource("c", STATE), ["a", "b", "c"]),
        (resource("a", "x_y.b.id") + resource("b", "x_z.c.id") + resource("c", STATE), ["c"]),
        (resource("a", "local.a") + f"locals {{\n  a = [for d in local.b : d.x]\n  b = {STATE}\n  c = 1\n}}\n", ["a"]),
        (resource("a", "local.c") + f"locals {{\n  b = {STATE}\n  c = 1\n}}\n", []),
        (resource("a", "data.z.d.id") + resource("d", STATE, 'data "z"') + resource("e", "data.z.f.id"), ["a", "d"]),
        (resource("a", "values(x_y)") + resource("b", "data.z"), ["a", "b"]),
        (resource("a", "module.m.o") + resource("b", "1") + 'module "m" {\n  source = "./m"\n}\n', ["a"]),
        (resource("a", "1") + f'provider "x" {{\n  project = {STATE}\n}}\n', None),
        (resource("a", "1") + 'provider "x" {\n  project = var.p\n}\n', []),
    ],
)
def test_readers_of_states(text: str, expected: list[str] | None) -> None:
    assert readers(text) == expected
