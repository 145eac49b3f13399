"""Evaluates one call of a module: its variables, locals, resources and calls, each on first use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from iamlint.budget import Budget
from iamlint.documents.values import Lazy, Value, unknown, with_name
from iamlint.hcl.evaluation.evaluate import evaluate
from iamlint.hcl.scope import Scope
from iamlint.location import SourceText, Span
from iamlint.sources.terraform.configuration.module import Declared, Local, Mode, Module
from iamlint.sources.terraform.configuration.variables import REFUSED_DEFAULT, given_or_default, refuses_default
from iamlint.sources.terraform.evaluation.bodies import body, lifecycle, provisioners
from iamlint.sources.terraform.evaluation.command.commands import runs, runs_or, unread_of_block, unread_of_call
from iamlint.sources.terraform.evaluation.expansion import (
    MOST_INSTANCES,
    Expansion,
    Key,
    expanded,
    key_text,
)
from iamlint.sources.terraform.evaluation.local_values import SAME_IN_ALL, LocalValues
from iamlint.sources.terraform.evaluation.module_call import ModuleCall
from iamlint.sources.terraform.evaluation.moves import Moves, former, is_imported, moves_of
from iamlint.sources.terraform.evaluation.outputs import as_output
from iamlint.sources.terraform.evaluation.passed import Given, Input, passed_providers, provider_name, undeclared
from iamlint.sources.terraform.evaluation.run import (
    STEPS_OF_CALL,
    STEPS_OF_COMMANDS,
    STEPS_OF_EXPANSION,
    STEPS_OF_INSTANCE,
    STEPS_OF_OBJECT,
    STEPS_OF_PROVIDER,
    TOO_MANY_STEPS,
    Run,
)
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.instances.view import View
from iamlint.unknown import Unknown, UnknownPart

DEEPEST_CALL = 40
"""Maximum depth of nested module calls that are followed."""
DEEPEST_REFERENCE = 300
"""Maximum length of a chain of references to a value."""


class ModuleInstance(LocalValues):
    """One instance of a module. ``address`` is empty for the root, else ``module.a["x"]``; ``path`` are call names."""

    def __init__(
        self,
        run: Run,
        module: Module,
        inputs: Mapping[str, Input],
        *,
        address: str = "",
        path: tuple[str, ...] = (),
        via: tuple[Span, ...] = (),
        providers: Mapping[str, Instance] | None = None,
        above: tuple[Path, ...] = (),
        call: Declared | None = None,
        uncertain: Unknown | None = None,
        moves: tuple[Moves, ...] = (),
    ) -> None:
        self.run, self.module, self.inputs = run, module, inputs
        self.address, self.path, self.via, self.uncertain = address, path, via, uncertain
        self.directories = (*above, module.directory)
        self.moves = (*moves, *moves_of(module, address))
        self.call = call
        self._module_call = ModuleCall(call, inputs, module.files[0].source) if call and module.described else None
        self._roots: dict[str, Value | None] = {}
        self._values: dict[tuple[str, ...], Value] = {}
        self._working: set[tuple[str, ...]] = set()
        self._assumed: dict[tuple[str, ...], frozenset[str]] = {}
        self._varies = False
        self._varying: set[str] = set()
        self._inner = 0
        self._expansions: dict[int, Expansion] = {}
        self._children: dict[str, dict[Key, ModuleInstance] | Unknown] = {}
        self._calling: set[str] = set()
        self._unread_calls: dict[str, Declared] = {}
        self.providers = providers or {}  # thousands of instances share the passed ones
        self.own_providers = [self._provider(declared) for declared in module.providers]
        if self.own_providers:
            self.providers = {**self.providers, **{provider.name: provider for provider in self.own_providers}}

    @property
    def is_fresh(self) -> bool:
        """Whether nothing was evaluated yet."""
        return not self._values and not self._expansions

    def forget(self) -> None:
        """Free the values of an instance that nobody uses any more, and that refer to it."""
        for known in (self._roots, self._values, self._expansions):
            known.clear()

    # -- names ---------------------------------------------------------------------------------------------------

    def scope(self, names: Mapping[str, Value] | None = None) -> Callable[[SourceText], Scope]:
        """Return a function that returns the scope of this module's expressions, by their text."""
        extra = names or {}

        def inside(source: SourceText) -> Scope:
            return Scope(
                source,
                lambda name: extra.get(name) or self._root_name(name),
                self.run.files,
                budget=Budget(self.run.most_steps, self.run.budget),
            )

        return inside

    def _root_name(self, name: str) -> Value | None:
        if name not in SAME_IN_ALL:
            self._varies = True
        if name in ("terraform", "tofu"):
            return Value(Lazy(name, self._workspace, lambda: ("workspace",)))
        if name not in self._roots:
            self._roots[name] = self._root(name)
        return self._roots[name]

    def _root(self, name: str) -> Value | None:
        match name:
            case "var":
                return Value(Lazy(self.qualified("var"), self.variable, lambda: self.module.variables))
            case "local":
                return Value(Lazy(self.qualified("local"), self.local, lambda: self.module.locals))
            case "module":
                return Value(Lazy(self.qualified("module"), self._called, lambda: self.module.calls))
            case "data" | "ephemeral":
                mode: Mode = "data" if name == "data" else "ephemeral"
                return Value(Lazy(self.qualified(name), lambda kind: self._kind(mode, kind)))
            case "resource":
                return Value(Lazy(self.qualified(name), lambda kind: self._kind("managed", kind)))
            case "path":
                return Value(self._paths())
            case "each" | "count" | "self":
                return None
            case _:
                return self._kind("managed", name)

    def _paths(self) -> dict[str, Value]:
        here = Path(os.path.relpath(self.module.directory, self.run.root)).as_posix()
        cwd = unknown("path.cwd depends on where Terraform runs", reference="path.cwd")
        return {"module": Value(here), "root": Value("."), "cwd": cwd}

    def _workspace(self, name: str) -> Value | None:
        """``terraform.workspace``; its use is recorded, since it may have another value in another run."""
        if name != "workspace":
            return None
        self.run.asks_workspace = True
        return self.run.workspace

    def _once(self, key: tuple[str, ...], work: Callable[[], Value]) -> Value:
        if key in self._values:
            self.run.files.assumed.update(self._assumed.get(key, ()))
            return self._values[key]
        reference = self.qualified(".".join(key[1:] if key[0] == "output" else key))
        if key in self._working:
            self.run.is_circular = True
            return unknown(f"{reference} refers to itself", reference=reference)
        if self.run.depth >= DEEPEST_REFERENCE:
            return unknown(f"{reference} is behind more than {DEEPEST_REFERENCE} references", reference=reference)
        self._working.add(key)
        self.run.depth += 1
        self.run.deepest = max(self.run.deepest, self.run.depth)
        try:
            value, assumed = self.run.assuming(work)
        finally:
            self._working.discard(key)
            self.run.depth -= 1
        if assumed:
            self._assumed[key] = assumed
        self._values[key] = value = with_name(value, reference)
        return value

    # -- variables and locals --------------------------------------------------------------------------------------

    def variable(self, name: str) -> Value | None:
        """``var.name``: the caller's value, converted to the declared type; else the default."""
        declared = self.module.variables.get(name)
        if declared is None:
            return None
        return self._once(("var", name), lambda: self._variable(name, declared))

    def _variable(self, name: str, declared: Declared) -> Value:
        value, is_default = self._unvalidated(name, declared)
        # A text is cheap to check, and what must be set often has an empty one.
        if is_default and isinstance(value.data, str):
            budget = Budget(self.run.most_steps, self.run.budget)
            if refuses_default(declared, self.module, self._unvalidated, self.run.files, budget):
                reference = self.qualified(f"var.{name}")
                return unknown(f"{reference} {REFUSED_DEFAULT}", reference=reference)
        return value

    def _unvalidated(self, name: str, declared: Declared) -> tuple[Value, bool]:
        """Return the value of a variable before its validation, and whether that is the default."""
        return given_or_default(declared, self.inputs.get(name), self._evaluate, self.qualified(f"var.{name}"))

    def _evaluate(self, written: Local) -> Value:
        return evaluate(written.argument.expression, self.scope()(written.source))

    # -- resources -------------------------------------------------------------------------------------------------

    def _kind(self, mode: Mode, kind: str) -> Value | None:
        prefix = "" if mode == "managed" else f"{mode}."

        def named(name: str) -> Value | None:
            blocks = self.module.resources.get((mode, kind, name))
            if not blocks:
                return None
            return self._once((mode, kind, name), lambda: self._resource(mode, blocks[0]))

        names = self.module.names_of(mode, kind)
        # A type without blocks is an object, too, where it must be one: the reason then has the name of the block.
        if not names and mode == "managed":
            return None
        return Value(Lazy(self.qualified(prefix + kind), named, lambda: names))

    def expansion(self, declared: Declared, address: str) -> Expansion:
        """Return the instances of a block with ``count`` or ``for_each``."""
        known = self._expansions.get(id(declared))
        if known is None:
            found, assumed = self.run.assuming(lambda: self._expand(declared, address))
            known = self._expansions[id(declared)] = replace(found, assumed=assumed) if assumed else found
        self.run.files.assumed.update(known.assumed)
        return known

    def _expand(self, declared: Declared, address: str) -> Expansion:
        written = {name: declared.argument(name) for name in ("count", "for_each")}
        self.run.takes(STEPS_OF_EXPANSION)
        count, collection = (self._evaluate(local) if local else None for local in written.values())
        enabled = next((self._evaluate(local) for local in lifecycle(declared, "enabled")), None)
        conflict = any(written.keys() <= one.block.body.arguments.keys() for one in (declared, *declared.overrides))
        most = self.run.affords(MOST_INSTANCES)
        found = expanded(count, collection, enabled, address, conflict=conflict, most=most)
        if len(found.instances) == most < MOST_INSTANCES:
            self.run.cut = self.run.cut or TOO_MANY_STEPS
        return found

    def _address(self, mode: Mode, declared: Declared) -> str:
        prefix = "" if mode == "managed" else f"{mode}."
        return self.qualified(f"{prefix}{declared.block.label(0)}.{declared.block.label(1)}")

    def _resource(self, mode: Mode, declared: Declared) -> Value:
        """Return the value of ``type.name`` in expressions: an object, a tuple of them, or a map of them."""
        address = self._address(mode, declared)
        expansion = self.expansion(declared, address)
        if not self.run.takes(sum(1 for _ in expansion.all()) * (STEPS_OF_OBJECT + declared.size)):
            return unknown(f"{address} {TOO_MANY_STEPS}", reference=address)

        def made(key: Key, names: Mapping[str, Value]) -> Value:
            return Value(self._object(mode, declared, address + key_text(key), names))

        if not expansion.is_named:
            return expansion.in_part(address, made)
        return expansion.whole({key: made(key, names) for key, names in expansion.instances})

    def _object(self, mode: Mode, declared: Declared, address: str, names: Mapping[str, Value]) -> Lazy:
        from iamlint.sources.terraform.instances.objects import instance_object

        provider = self.provider_of(declared)
        own, inherited = body(declared, self.scope(names)), provider.body if provider else None
        view = View(address, own, inherited, self.run.lookups, self.run.states)
        return instance_object(mode, declared.block.label(0), view)

    # -- providers -------------------------------------------------------------------------------------------------

    def _provider(self, declared: Declared) -> Instance:
        name, alias = declared.block.label(0), declared.literal("alias")
        local_name = f"{name}.{alias}" if alias else name
        evaluated = body(declared, self.scope())
        address = self.qualified(f"provider.{local_name}")
        return Instance("provider", name, local_name, address, evaluated, self.address, self.via)

    def backend(self) -> Instance | None:
        """Return the root module's backend; Terraform ignores those of called modules."""
        declared = self.module.backend
        if self.path or declared is None or declared.block.type == "cloud":
            return None
        name = declared.block.label(0)
        return Instance("backend", name, name, f"terraform.backend.{name}", body(declared, self.scope()))

    def provider_of(self, declared: Declared) -> Instance | None:
        """Return the provider block that configures a resource: the one it names, else that of its type's prefix."""
        written = declared.argument("provider")
        if written:
            name = provider_name(written.argument.expression, written.source)
        else:
            name = declared.block.label(0).partition("_")[0]
        return self.providers.get(name)

    # -- calls -----------------------------------------------------------------------------------------------------

    def children(self, name: str) -> dict[Key, ModuleInstance] | Unknown:
        """Return the instances that a module call makes; unknown if the module is missing."""
        if name not in self._children:
            self._children[name] = Unknown(f"{self.qualified('module.' + name)} refers to itself")
            self._calling.add(name)
            self._children[name] = self._call(name, self.module.calls[name])
            self._calling.discard(name)
        elif name in self._calling:
            self.run.is_circular = True
        return self._children[name]

    def _call(self, name: str, declared: Declared) -> dict[Key, ModuleInstance] | Unknown:
        address = self.qualified(f"module.{name}")
        module = self._called_module(name, declared, address)
        if isinstance(module, Unknown):
            return module
        expansion = self.expansion(declared, address)
        if expansion.symbolic and (module.resources or module.calls):
            why = f"how many instances {address} has is not known: {expansion.symbolic.reason}"
            self._say(declared, address, why, unread=False)
        if expansion.assumed and (module.resources or module.calls):
            self._say_assumed(declared, address, expansion.assumed)
        if refused := undeclared(declared, module):
            self._say_once(declared, address, *refused)
        passed = passed_providers(declared, self.providers)
        arguments = {name: written for name, written in declared.arguments().items() if name in module.variables}
        calls = None if module.calls else self.run.calls

        def child(at: str, names: Mapping[str, Value]) -> ModuleInstance:
            def make(inputs: Mapping[str, Input], providers: Mapping[str, Instance]) -> ModuleInstance:
                return ModuleInstance(
                    *(self.run, module, inputs),
                    address=at,
                    path=(*self.path, name),
                    via=(*self.via, declared.header),
                    providers=providers,
                    above=self.directories,
                    call=declared,
                    uncertain=expansion.uncertain or self.uncertain,
                    moves=self.moves,
                )

            given = Given(arguments, self.scope(names))
            return calls.child(self.run, make, given, passed) if calls else make(given, passed)

        steps = STEPS_OF_CALL + (STEPS_OF_PROVIDER * len(module.providers) + len(passed) if module.providers else 0)
        children: dict[Key, ModuleInstance] = {}
        keys = (*(key for key, _ in expansion.instances), *range(-len(expansion.possible), 0))  # no count has these
        for key, (suffix, names, _) in zip(keys, expansion.all(), strict=True):
            if self.run.is_full(steps):
                return self._full(declared, address)
            children[key] = child(address + suffix, names)
        return children

    def _called_module(self, name: str, declared: Declared, address: str) -> Module | Unknown:
        """Return the module that a call names; why it is not read, which is reported, if it is not."""
        source = declared.literal("source")
        if source is None:
            return self._unread_part(declared, address, "its source is not a plain string")
        if len(self.path) >= DEEPEST_CALL:
            return self._unread_part(declared, address, f"module calls are nested deeper than {DEEPEST_CALL}")
        found = self.run.modules.called(self.module, (*self.path, name), source, declared.literal("version"))
        if isinstance(found, str) or found.described:
            self._unread_calls[name] = declared
        if isinstance(found, str):
            return self._unread_part(declared, address, found)
        if found.directory in self.directories:
            return self._unread_part(declared, address, "it calls itself, directly or through other modules")
        if found.described == "partly":
            self._say(declared, address, f"{address} is not installed, so that only what its arguments grant is known")
        return found

    def _say_commands(self, mode: Mode, declared: Declared) -> None:
        """Add an unread part for the commands of a block that change IAM."""
        address = self._address(mode, declared)
        has_self = any(provisioners(declared))  # only they know ``self``
        for number, (suffix, names, _) in enumerate(self.expansion(declared, address).all()):
            if not self.run.takes(STEPS_OF_COMMANDS + declared.size) or (number and self.run.is_on_reserve):
                self._full(declared, address)
                return
            of_self = {"self": Value(self._object(mode, declared, address + suffix, names))} if has_self else {}
            found = unread_of_block(mode, declared, self.scope({**names, **of_self}), self.run)
            if found:
                self._say_once(declared, address + suffix, *found)

    def _say_commands_of_call(self, name: str, declared: Declared) -> None:
        """Add an unread part for commands among the arguments, which may name outputs of the call itself."""
        unread = unread_of_call(declared, self.scope(), self.run)
        if unread:
            self._say_once(declared, self.qualified(f"module.{name}"), *unread)

    def _called(self, name: str) -> Value | None:
        """Return ``module.name`` for expressions."""
        if name not in self.module.calls:
            return None
        return self._once(("module", name), lambda: self._call_value(name))

    def _call_value(self, name: str) -> Value:
        children = self.children(name)
        address = self.qualified(f"module.{name}")
        if isinstance(children, Unknown):
            return Value(Unknown(children.reason, (UnknownPart(address),)))
        expansion = self.expansion(self.module.calls[name], address)
        objects = {key: Value(child.as_object()) for key, child in children.items()}
        if not expansion.is_named:
            of = dict(zip((id(names) for _, names, _ in expansion.all()), objects.values(), strict=False))
            one = len(expansion.possible) < 2  # several have one address, and so the same names
            sure = {id(names) for _, names in expansion.instances}
            return expansion.in_part(address, lambda _, names: of.get(id(names)) if one or id(names) in sure else None)
        return expansion.whole(objects)

    def as_object(self) -> Lazy:
        """Return this module instance for its caller's expressions: an object of its outputs."""
        return Lazy(self.address, self.output, lambda: self.module.outputs)

    def output(self, name: str) -> Value | None:
        """Return ``module.this.name``, as the caller sees it."""
        declared = self.module.outputs.get(name)
        written = declared.argument("value") if declared else None
        if written is None:
            reference = f"{self.address}.{name}"
            return unknown(f"{self.address} is not installed", reference=reference) if self.module.described else None
        return self._once(("output", name), lambda: as_output(self._evaluate(written), written.source.path))

    # -- instances -------------------------------------------------------------------------------------------------

    def instances(self, wanted: Callable[[Mode, str], bool]) -> Iterator[Instance]:
        """Yield every instance of a wanted type, here and in called modules, providers first."""
        for part in self.parts(wanted):
            if isinstance(part, Instance):
                yield part
            else:
                yield from part.instances(wanted)

    def parts(self, wanted: Callable[[Mode, str], bool]) -> Iterator[Instance | ModuleInstance]:
        """Yield every instance of a wanted type here, providers first, and then the instances of called modules."""
        yield from self.own_providers
        backend = self.backend()
        if backend:
            yield backend
        self.say_others(self.scope(), wanted)
        running = {id(declared) for *_, declared in self.module.chosen(runs)}
        only = None if self.path else self.run.only
        for mode, kind, name, declared in self.module.chosen(runs_or(wanted)):
            if only is not None and id(declared) not in only:
                continue
            if id(declared) in running:
                self._say_commands(mode, declared)
            if wanted(mode, kind):
                yield from self._instances(mode, kind, name, declared)
        for name in self.module.calls:
            children = self.children(name)
            if name in self._unread_calls:
                self._say_commands_of_call(name, self._unread_calls[name])
            if not isinstance(children, Unknown):
                yield from children.values()

    def _instances(self, mode: Mode, kind: str, name: str, declared: Declared) -> Iterator[Instance]:
        address = self._address(mode, declared)
        self.run.assumed_anew()
        expansion = self.expansion(declared, address)
        provider = self.provider_of(declared)
        steps = STEPS_OF_INSTANCE + declared.size
        for number, (suffix, names, symbolic) in enumerate(expansion.all()):
            if self.run.is_full(steps) or (number and self.run.is_on_reserve):
                self._full(declared, address)
                return
            evaluated = body(declared, self.scope(names))
            shown: Literal["managed", "data"] = "managed" if mode == "managed" else "data"
            instance = Instance(shown, kind, name, address + suffix, evaluated, self.address, self.via, provider)
            call, uncertain = self.address if self._module_call else "", expansion.uncertain or self.uncertain
            instance = replace(instance, symbolic=symbolic, call=call, uncertain=uncertain)
            if self.moves:
                before, imported = former(instance.address, self.moves), is_imported(instance.address, self.moves)
                instance = replace(instance, former=before, imported=imported)
            yield self._module_call.placed(instance) if self._module_call else instance
        if self.run.files.assumed:  # by the expansion, or by what the instances used
            self._say_assumed(declared, address, self.run.files.assumed)
