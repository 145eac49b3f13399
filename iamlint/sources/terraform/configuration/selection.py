"""The value of ``terraform.workspace`` for a root module, and its possible values.

Source: https://developer.hashicorp.com/terraform/language/state/workspaces
"""

from __future__ import annotations

from pathlib import Path

from iamlint.basics.frozen import frozen
from iamlint.documents.values import Value
from iamlint.files.tree import Tree
from iamlint.sources.terraform.configuration.module import Declared, Module
from iamlint.sources.terraform.configuration.nested import nested_blocks
from iamlint.unknown import Unknown, UnknownPart

DEFAULT = "default"
"""The workspace of a root module if none is selected."""
NAME = "terraform.workspace"
SELECTED = Path(".terraform", "environment")
"""The file where ``terraform workspace select`` records the workspace."""
_WITHOUT = ("http", "artifactory", "etcd", "inmem")
"""The backends with the default workspace only. Source: "Backends Supporting Multiple Workspaces", as above."""


@frozen
class Selection:
    """The value of ``terraform.workspace``, and further values that it has in some runs.

    If the value is unknown, ``others`` are the relevant values, not all.
    """

    value: Value
    others: tuple[str, ...] = ()


def selection(root: Module, chosen: str | None, tree: Tree) -> Selection:
    """Return the workspace of a root module. ``chosen`` is what the user gives (``--workspace``, TF_WORKSPACE)."""
    if chosen:
        return Selection(Value(chosen))
    backend = root.backend
    if backend and backend.block.type == "cloud":
        return _in_cloud(backend)
    kind = backend.block.label(0) if backend else "local"
    if kind == "remote" and backend:
        return _remote(backend)
    if tree.is_file(root.directory / SELECTED):
        why = f"{SELECTED.as_posix()} says which workspace somebody selected, not which one is applied"
        return Selection(_unknown(why), (DEFAULT,))
    if kind in _WITHOUT:
        return Selection(Value(DEFAULT))
    where = f'the backend "{kind}"' if backend else "the state"
    return Selection(_unknown(f"{where} may have several workspaces, and none is stated"), (DEFAULT,))


def _in_cloud(cloud: Declared) -> Selection:
    name = _name(cloud)
    if name:
        return Selection(Value(name))
    return Selection(_unknown("the cloud block does not name one workspace"))


def _remote(backend: Declared) -> Selection:
    """With one named workspace, runs in HCP Terraform use its name, and local ones "default"."""
    name = _name(backend)
    if name:
        return Selection(Value(name), (DEFAULT,))
    return Selection(_unknown('the backend "remote" does not name one workspace'))


def _name(backend: Declared) -> str | None:
    """Return the only workspace that a ``workspaces`` block, or argument, names."""
    blocks = nested_blocks(backend.block, "workspaces")
    names = [Declared(block, backend.source).literal("name") for block in blocks]
    return names[0] if len(names) == 1 else None


def _unknown(why: str) -> Value:
    return Value(Unknown(f"{NAME} is not known: {why} (--workspace states one)", (UnknownPart(NAME),)))
