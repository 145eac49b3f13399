"""Fixes of projects that lack an API."""

from __future__ import annotations

from iamlint.edits import Edit
from iamlint.facts import Service
from iamlint.fixes.problem import Change, Problem, change
from iamlint.fixes.sources import Sources, Tree, argument
from iamlint.fixes.writing import quoted, with_item, with_lines_after
from iamlint.hcl.syntax import Attribute, Block, Tuple, Variable
from iamlint.queries.services import CREDENTIALS_API

_COPIED = ("disable_on_destroy", "disable_dependent_services", "check_if_service_has_usage_on_destroy")


def enable_credentials_api(problem: Problem) -> Change | None:
    """Enables the IAM Credentials API where the configuration enables other services of the project."""
    services = [fact for fact in problem.match.related if isinstance(fact, Service)]
    for service in services:
        edits = _listed(problem.sources, service) or _resource_below(problem.sources, service)
        if edits:
            return change(f"enable {CREDENTIALS_API} on {problem.match.words.get('project', 'the project')}", edits)
    return None


def _listed(sources: Sources, service: Service) -> tuple[Edit, ...] | None:
    """Return the edit that adds the API to the list of a service's name, if it is a list of literals."""
    found = sources.find(service.place.origin or service.place.at)
    if found is None:
        return None
    tree, node = found
    listed = tree.parent(node)
    return with_item(tree, listed, quoted(CREDENTIALS_API)) if isinstance(listed, Tuple) else None


def _resource_below(sources: Sources, service: Service) -> tuple[Edit, ...] | None:
    """Return the edit that adds a resource below the one that enables another service."""
    found = sources.single(service.declared.at, "google_project_service")
    if found is None:
        return None
    tree, block = found
    name = unused_in(sources, tree, "google_project_service", "iamcredentials")
    lines = [
        (one, tree.text(block.body.arguments[one].expression))
        for one in ("provider", "project")
        if argument(block.body, one)
    ]
    lines.append(("service", quoted(CREDENTIALS_API)))
    lines += [(one, tree.text(block.body.arguments[one].expression)) for one in _COPIED if argument(block.body, one)]
    if any("\n" in text for _, text in lines):
        return None
    return with_lines_after(tree, block, resource("google_project_service", name, lines))


def unused_in(sources: Sources, tree: Tree, kind: str, name: str) -> str:
    """Return a name that no resource of the type in the module has."""
    trees = sources.module(tree.source.path) or []
    return unused(name, {one.label(1) for each in trees for one in each.file.body.blocks if one.label(0) == kind})


def unused(name: str, taken: set[str]) -> str:
    """Return a name, with a number if it is taken."""
    return next(one for one in (name, *(f"{name}_{number}" for number in range(2, 1000))) if one not in taken)


def resource(kind: str, name: str, arguments: list[tuple[str, str]], *, of: str = "resource") -> str:
    """Return a block as ``terraform fmt`` writes it."""
    width = max(len(key) for key, _ in arguments)
    lines = "".join(f"  {key:<{width}} = {text}\n" for key, text in arguments)
    return f'{of} "{kind}" "{name}" {{\n{lines}}}\n'


def reference(block: Block, name: str) -> tuple[str, str] | None:
    """Return the type and name of the block that an argument refers to: ``google_project.shop.id``."""
    found = argument(block.body, name)
    node = found.expression if found else None
    match node:
        case Attribute(object=Attribute(object=Variable(name=kind), name=label)) if kind.startswith("google_"):
            return kind, f"{kind}.{label}"
        case Attribute(object=Attribute(object=Attribute(object=Variable(name="data"), name=kind), name=label)):
            return kind, f"data.{kind}.{label}"
    return None
