"""Converts a plan's entries to instances: names unknown values, attaches providers, adds places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from iamlint.documents.values import Value
from iamlint.facts import Grant, RemovedGrant
from iamlint.location import Span
from iamlint.sources.terraform.evaluation.command.commands import Unread, unread_of_values
from iamlint.sources.terraform.evaluation.command.programs import is_program
from iamlint.sources.terraform.instances.instance import Argument, Body, Instance
from iamlint.sources.terraform.plan.addresses import block_address
from iamlint.sources.terraform.plan.configuration import Block, Configuration, Expressions
from iamlint.sources.terraform.plan.entries import AFTER_APPLY, Entry
from iamlint.sources.terraform.plan.providers import Providers
from iamlint.sources.terraform.plan.relocation import placed_at, relocated_body, same
from iamlint.sources.terraform.plan.source_mapping import SourceMapping
from iamlint.sources.terraform.resources.attachments import attaches, is_filled_in, names_account
from iamlint.sources.terraform.resources.facts import facts_of, is_wanted
from iamlint.sources.terraform.resources.families import NOT_THE_TARGET, family_of
from iamlint.unknown import Unknown, UnknownPart


class Planned:
    """The instances of a plan or state."""

    def __init__(self, entries: list[Entry], configuration: Configuration, beside: SourceMapping | None) -> None:
        self._entries = [entry for entry in entries if not entry.removed]
        self._changed = [entry for entry in entries if entry.before is not None and entry.mode == "managed"]
        self._configuration = configuration
        self._beside = beside
        self._providers = Providers(configuration, beside)

    def instances(self) -> Iterator[Instance]:
        """Yield providers, then every entry of a type with facts that Terraform manages."""
        yield from self._providers.all()
        for entry in self._entries:
            if is_wanted(entry.mode, entry.type) and not (entry.deferred or entry.forgotten):
                yield self._placed(self._instance(entry), entry)

    def unapplied(self) -> Iterator[tuple[Instance, str]]:
        """Yield what this plan does not apply: deferred changes with Terraform's reasons, and forgotten objects."""
        for entry in self._entries:
            if is_wanted(entry.mode, entry.type) and (entry.deferred or entry.forgotten):
                yield self._placed(self._instance(entry), entry), entry.deferred

    def programs(self) -> Iterator[tuple[Instance, Unread]]:
        """Yield the instances that contain a command, request or program that changes IAM, with what it is."""
        for entry in self._entries:
            if is_program(entry.mode, entry.type) and not entry.deposed:
                body = body_of(entry.values, entry.at)
                unread = unread_of_values(entry.mode, entry.type, body)
                if unread:
                    one = Instance(entry.mode, entry.type, entry.name, entry.address, body, entry.module, (), None)
                    yield self._placed(one, entry), unread

    def removals(self) -> Iterator[RemovedGrant]:
        """Yield the earlier grants that the plan changes or deletes; the ones that stay are also among the grants."""
        for entry in self._changed:
            if entry.before is not None and is_wanted(entry.mode, entry.type):
                body = body_of(entry.before, entry.at)
                block = self._configuration.block(entry.module, block_address(entry.address, entry.module))
                if block:
                    body = _configured(entry.type, body, block)
                before = Instance(entry.mode, entry.type, entry.name, entry.address, body, entry.module, (), None)
                yield from (RemovedGrant(fact, fact.declared) for fact in facts_of(before) if isinstance(fact, Grant))

    # -- values -----------------------------------------------------------------------------------------------------

    def _instance(self, entry: Entry) -> Instance:
        block = self._configuration.block(entry.module, block_address(entry.address, entry.module))
        body = body_of(entry.values, entry.at)
        if block:
            body = _configured(entry.type, body, block)
        provider = self._providers.get(block.provider) if block else None
        named = _named(body, entry.address)
        former = (entry.previous,) if entry.previous else ()
        return Instance(
            *(entry.mode, entry.type, entry.name, entry.address, named, entry.module, (), provider),
            former=former,
            imported=entry.imported,
        )

    # -- places -----------------------------------------------------------------------------------------------------

    def _placed(self, instance: Instance, entry: Entry) -> Instance:
        """Return the instance placed in the source, else at the call of its module, else in the plan."""
        if self._beside is None:
            return instance
        exact = self._beside.instance(entry.address)
        written = exact or self._beside.block(entry.address)
        if written:
            body = _without_filled_in(entry.type, instance.body, written.body) if exact else instance.body
            body = relocated_body(body, written.body, exact=exact is not None)
            body = _without_inherited_project(body, written.body, instance.provider)
            former = exact.former if exact and exact.former else instance.former
            return replace(instance, body=body, via=written.via, planned=entry.at, former=former)
        call = self._beside.call(entry.module)
        if call:
            header, via = call
            return replace(instance, body=placed_at(instance.body, header), via=via, planned=entry.at)
        return instance


def _named(body: Body, address: str) -> Body:
    """Return the body with its unknown arguments named by their own address.

    References cannot name them: a plan has the same references for ``a.email`` and ``replace(a.email, "x", "y")``, and
    for ``a[count.index]`` and ``a[count.index + 1]``.
    """
    arguments = {
        name: Argument(_of_address(argument.value, f"{address}.{name}"), argument.at, argument.items)
        for name, argument in body.arguments.items()
        if isinstance(why := argument.value.data, Unknown) and not why.parts
    }
    if not arguments and not body.blocks:
        return body
    blocks = {
        name: bodies
        if isinstance(bodies, Unknown)
        else tuple(_named(one, f"{address}.{name}[{index}]") for index, one in enumerate(bodies))
        for name, bodies in body.blocks.items()
    }
    return Body(body.at, {**body.arguments, **arguments}, blocks)


def _of_address(value: Value, address: str) -> Value:
    return Value(Unknown(AFTER_APPLY, (UnknownPart(address),)), value.at)


def _configured(kind: str, body: Body, block: Block) -> Body:
    """Return the body without arguments that the provider fills in.

    An attribute that is neither configured nor known is not an argument. The target of a grant, and the account of a
    resource, are named only by configured arguments, known or not, except the project.
    """
    stated = _stated(kind, body, block.expressions)
    if family_of(kind) is None and not attaches(kind):
        return stated

    def names_it(name: str) -> bool:
        return name in block.expressions or name in NOT_THE_TARGET or name == "project" or names_account(name)

    return Body(body.at, {n: argument for n, argument in stated.arguments.items() if names_it(n)}, stated.blocks)


def _stated(kind: str, body: Body, expressions: Expressions) -> Body:
    """Return the body without unknown arguments and default accounts that are not configured, also in nested blocks.

    A plan's configuration does not contain dynamic blocks: if it has fewer blocks than planned, all are kept.
    """
    is_attached = attaches(kind)
    arguments = {
        name: argument
        for name, argument in body.arguments.items()
        if name in expressions
        or not (isinstance(argument.value.data, Unknown) or (is_attached and is_filled_in(kind, name, argument.value)))
    }
    blocks = dict(body.blocks)
    for name, bodies in body.blocks.items():
        if isinstance(bodies, tuple):
            inner = zip(bodies, _inner(expressions, name, len(bodies)), strict=True)
            blocks[name] = tuple(one if of is None else _stated(kind, one, of) for one, of in inner)
    return Body(body.at, arguments, blocks)


def _inner(expressions: Expressions, name: str, count: int) -> tuple[Expressions | None, ...]:
    """Return the expressions of each nested block of a type; None if the number in the configuration differs."""
    written = expressions.get(name)
    found = written if isinstance(written, list) else [written]
    if len(found) != count:
        return (None,) * count
    return tuple(one if isinstance(one, dict) else None for one in found)


def _without_filled_in(kind: str, body: Body, written: Body) -> Body:
    """Return the body without default accounts that the source does not name: a state has no configuration."""
    if not attaches(kind):
        return body
    arguments = {
        name: argument
        for name, argument in body.arguments.items()
        if not is_filled_in(kind, name, argument.value) or written.value(name).data is not None
    }
    blocks = dict(body.blocks)
    for name, bodies in body.blocks.items():
        theirs = written.blocks_of(name)
        if isinstance(bodies, tuple) and isinstance(theirs, tuple) and len(theirs) == len(bodies):
            blocks[name] = tuple(_without_filled_in(kind, *both) for both in zip(bodies, theirs, strict=True))
    return Body(body.at, arguments, blocks)


def _without_inherited_project(body: Body, written: Body, provider: Instance | None) -> Body:
    """Return the body without a project from the provider; its place is then in the provider block."""
    project = body.arguments.get("project")
    if project is None or provider is None or "project" in written.arguments:
        return body
    if not same(project.value, provider.body.value("project")):
        return body
    return Body(body.at, {n: argument for n, argument in body.arguments.items() if n != "project"}, body.blocks)


def body_of(values: dict[str, Value], at: Span) -> Body:
    """Return the values of an entry as a body; an array of objects is both an argument and nested blocks."""
    arguments: dict[str, Argument] = {}
    blocks: dict[str, tuple[Body, ...] | Unknown] = {}
    for name, value in values.items():
        match value.data:
            case str():
                pass
            case None:
                continue
            case Unknown() as why:
                blocks[name] = why
            case tuple(items) if items and all(isinstance(item.data, dict) for item in items):
                blocks[name] = tuple(body_of(item.data, item.at or at) for item in items if isinstance(item.data, dict))
            case _:
                pass
        arguments[name] = Argument(value, value.at or at)
    return Body(at, arguments, blocks)
