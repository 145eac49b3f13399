"""Finds the blocks of a module that may depend on the states of other root modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from iamlint.hcl.syntax import Attribute, Node, Variable
from iamlint.hcl.walk import walk
from iamlint.sources.terraform.configuration.module import Declared, Module

Name = tuple[str, ...]
"""What an expression names: ``("local", name)``, ``("data", type, name)``, or type and name of a resource."""

_STATES = ("data", "terraform_remote_state")
_LENGTHS = {"local": 2, "var": 2, "module": 2, "data": 3, "ephemeral": 3, "resource": 3}
"""How many names lead to a declaration, by the first of them."""
_PROVIDER = "a provider"
_ANY: Name = ()
"""Stands for a name that is not written in full, such as that of a whole type: it may be any."""


def state_readers(readings: Iterable[Module]) -> Set[int] | None:
    """Return the `id` of each resource's block that may depend on a state, by the names in it; None if any block may.

    ``readings`` are a root module as programs read it. What is not certain counts: every output of a called module may
    depend on a state.
    """
    module, *others = {id(one): one for one in readings}.values()
    if others or any(file.source.path.endswith(".json") for file in module.files):
        return None
    kinds = {kind for mode, kind, _ in module.resources if mode == "managed"}
    uses = {name: set(_names(nodes, kinds)) for name, nodes in _declarations(module)}
    users: dict[Name, list[Name]] = {}
    for user, names in uses.items():
        for name in names:
            users.setdefault(name, []).append(user)
    waiting = [name for name in users if name == _ANY or name[0] == "module" or name[:2] == _STATES]
    found = set(waiting)
    while waiting:
        for user in users.get(waiting.pop(), ()):
            if user not in found:
                found.add(user)
                waiting.append(user)
    if any(name[:1] == (_PROVIDER,) for name in found):
        return None
    return {id(block) for key, blocks in module.resources.items() if _named(*key) in found for block in blocks}


def _declarations(module: Module) -> Iterator[tuple[Name, Iterable[Node]]]:
    for name, local in module.locals.items():
        yield ("local", name), [local.argument.written]
    for name, variable in module.variables.items():
        yield ("var", name), _nodes(variable)
    for number, provider in enumerate(module.providers):
        yield (_PROVIDER, str(number)), _nodes(provider)
    for key, blocks in module.resources.items():
        yield _named(*key), [node for block in blocks for node in _nodes(block)]


def _named(mode: str, kind: str, name: str) -> Name:
    return (kind, name) if mode == "managed" else (mode, kind, name)


def _nodes(declared: Declared) -> Iterator[Node]:
    """Yield the expressions in a block, in its nested blocks and overrides, without plain texts."""
    bodies = [declared.block.body]
    while bodies:
        body = bodies.pop()
        bodies += (block.body for block in body.blocks)
        yield from (one.written for one in body.arguments.values() if one.written.literal is None)
    for over in declared.overrides:
        yield from _nodes(over)


def _names(nodes: Iterable[Node], kinds: Set[str]) -> Iterator[Name]:
    """Yield what the expressions in some nodes name; ``kinds`` are the types of the module's resources."""
    every = [one for node in nodes for one in walk(node)]
    inner = {id(one.object) for one in every if isinstance(one, Attribute)}
    for one in every:
        if isinstance(one, Attribute | Variable) and id(one) not in inner:
            root, *steps = _steps(one)
            length = _LENGTHS.get(root, 2)
            if len(steps) + 1 >= length:
                yield tuple(steps[:2]) if root == "resource" else (root, *steps[: length - 1])
            elif root in _LENGTHS or root in kinds:
                yield _ANY


def _steps(node: Node) -> list[str]:
    """Return the names of a reference, the first one first; "" and the last ones if it begins with something else."""
    found: list[str] = []
    while isinstance(node, Attribute):
        found.append(node.name)
        node = node.object
    return [node.name if isinstance(node, Variable) else "", *reversed(found)]
