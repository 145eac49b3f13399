"""The facts of module calls that a session remembers: each is used again while all that it read is the same.

Only modules that call no others are remembered: they are most of the work, and nothing inside them is evaluated twice.
A call is recorded with each input, and each argument of a passed provider, that its resources read, in their order. The
facts are used again if the module is the same, and these values are the same at the same places. What a module reads of
the disk is known as for any other part of a session's memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import TypeVar, cast

from iamlint.basics.frozen import mutable
from iamlint.budget import Allowance
from iamlint.cache.memory import Memory, Name, Trace
from iamlint.documents.values import Value
from iamlint.facts import Fact, UnreadPart
from iamlint.files.tree import Asked
from iamlint.location import Span
from iamlint.sources.terraform.configuration.module import Declared, Mode, Module
from iamlint.sources.terraform.evaluation.evaluator import ModuleInstance
from iamlint.sources.terraform.evaluation.kept.fingerprints import NotFixed, fingerprint
from iamlint.sources.terraform.evaluation.kept.states import CIRCULAR, OUTPUTS, STATE
from iamlint.sources.terraform.evaluation.passed import Input
from iamlint.sources.terraform.evaluation.run import MISSING, TELL, Run, Told
from iamlint.sources.terraform.instances.instance import Argument, Body, Instance
from iamlint.unknown import Unknown

_OF_STATES = frozenset({*STATE.values(), OUTPUTS, CIRCULAR[0]})
DEEPEST = 100
"""Maximum length of a chain of references in a root module whose calls are remembered."""

Result = TypeVar("Result")
Event = tuple[str, object, object]
"""What a call did: read an input or an argument of a provider, or reported an unread part or a missing directory."""
INPUT, PROVIDER = "input", "provider"
Make = Callable[[Mapping[str, Input], Mapping[str, Instance]], ModuleInstance]


@mutable(eq=False)
class Notes:
    """What one instance of a module does, while ``events`` is a list. ``trace`` is what it asks the disk.

    ``elsewhere`` are the steps of other modules. ``is_odd`` says that it read what is not noted.
    """

    of: _Child
    events: list[Event] | None = None
    trace: Trace | None = None
    elsewhere: int = 0
    is_odd: bool = False

    def note(self, kind: str, name: object, result: object) -> None:
        """Add an event."""
        if self.events is not None:
            self.events.append((kind, name, result))


@mutable(eq=False)
class KeptCall:
    """The facts of a call, the steps that they took, and the number of instances. ``place`` is where it is called."""

    module: Module
    place: bytes
    events: tuple[Event, ...]
    facts: tuple[Fact, ...]
    steps: int
    instances: int
    asks_workspace: bool


@mutable(eq=False)
class KeptCalls:
    """The calls in one evaluation of a root module. ``name`` contains what they depend on besides what they read.

    ``again`` repeats what a part did to the files of a check. ``touch`` asks for a module. ``wanted`` says which types
    have facts.
    """

    memory: Memory
    name: Name
    run: Run
    allowance: Allowance
    again: Callable[[Iterable[Asked]], None]
    touch: Callable[[Module], object]
    wanted: Callable[[Mode, str], bool]

    def child(
        self, run: Run, make: Make, given: Mapping[str, Input], providers: Mapping[str, Instance]
    ) -> ModuleInstance:
        """Return an instance of a module that calls no others: what it reads is noted."""
        return _Child(self, run, make, given, providers).instance()

    # -- again -----------------------------------------------------------------------------------------------------

    def known(self, child: ModuleInstance) -> KeptCall | None:
        """Return the call of an earlier check if it read the same; what it reported is reported."""
        child.say_others(child.scope(), self.wanted)
        name = self._name(child)
        part = self.memory.peek(name)
        known = cast("KeptCall", part.value) if part else None
        if part is None or known is None or known.module is not child.module or known.place != _place(child):
            return None
        before = child.run.assumed_anew()
        is_same = all(_happens(event, child) for event in known.events)
        child.run.files.assumed.clear()
        child.run.files.assumed.update(before)
        if not is_same:
            return None
        self.memory.part(*name)
        self.again(part.did)
        child.run.instances += known.instances
        child.run.asks_workspace |= known.asks_workspace
        return known

    def _name(self, child: ModuleInstance) -> Name:
        return ("call", *self.name, child.address)

    # -- anew ------------------------------------------------------------------------------------------------------

    def recorded(
        self, child: ModuleInstance, work: Callable[[ModuleInstance], Iterator[Fact]], of_facts: Callable[[], int]
    ) -> Iterator[Fact]:
        """Yield the facts of a call by ``work``, and remember them. ``of_facts`` are the steps that facts took so far.

        An instance whose outputs were asked has read values already, and which of them the facts need is not known, so
        another instance is made for the facts.
        """
        run = child.run
        one = child if child.is_fresh else _notes_of(child).of.instance()
        notes = _notes_of(one)
        before = _Before(run, self.allowance, of_facts())
        run.asks_workspace = False
        facts: list[Fact] = []
        notes.events = []
        try:
            with self.memory.tracing() as trace:
                notes.trace = trace
                if child.module.described is None:
                    self.touch(child.module)
                for fact in work(one):
                    facts.append(fact)
                    yield fact
        finally:
            events, notes.events, notes.trace = notes.events, None, None
            if one is not child:
                one.forget()
            asks_workspace, run.asks_workspace = run.asks_workspace, run.asks_workspace or before.asks_workspace
        if (
            is_odd(run)
            or notes.is_odd
            or before.is_changed()
            or any(question in _OF_STATES for question, _ in trace.asked)
        ):
            return
        try:
            fixed = tuple((kind, name, _fixed(kind, result)) for kind, name, result in events)
            place = _place(child)
        except NotFixed:
            return
        steps = max(0, before.steps() - notes.elsewhere - (of_facts() - before.of_facts))
        kept = KeptCall(
            child.module, place, fixed, tuple(facts), steps, run.instances - before.instances, asks_workspace
        )
        self.memory.keep(self._name(child), kept, trace)


def is_odd(run: Run) -> bool:
    """Whether any value of a root module may depend on the order of evaluation."""
    return run.is_circular or run.deepest > DEEPEST


@mutable(eq=False)
class _Before:
    """The state of a run before a call."""

    run: Run
    allowance: Allowance
    of_facts: int
    asks_workspace: bool = field(init=False)
    instances: int = field(init=False)
    _left: int = field(init=False)
    _granted: int = field(init=False)
    _more: object = field(init=False)

    def __post_init__(self) -> None:
        self.asks_workspace, self.instances = self.run.asks_workspace, self.run.instances
        self._left, self._granted = self.run.budget.left, self.allowance.granted
        self._more = self.run.budget.more

    def steps(self) -> int:
        """Return the steps that were spent since then."""
        return self._left + self.allowance.granted - self._granted - self.run.budget.left

    def is_changed(self) -> bool:
        """Whether the root module ran out of steps, or got more of them, since then."""
        run = self.run
        return bool(run.cut) or run.is_on_reserve or run.budget.more is not self._more


@mutable(eq=False)
class _Child:
    """The arguments of a module call, and how to make an instance of it; inputs are evaluated once for all of them."""

    calls: KeptCalls
    run: Run
    make: Make
    given: Mapping[str, Input]
    providers: Mapping[str, Instance]
    inputs: dict[str, tuple[Value, frozenset[str]]] = field(default_factory=dict)

    def instance(self) -> ModuleInstance:
        """Return a new instance, with notes of its own."""
        notes = Notes(self)
        providers = {name: _noting(name, one, self, notes) for name, one in self.providers.items()}
        made = self.make(_Inputs(self, notes), providers)
        made.notes = notes
        return made

    def input(self, name: str, notes: Notes) -> tuple[Value, frozenset[str]]:
        """Return the value of an input, and the directories that were assumed to be empty for it.

        It is evaluated in the calling module, which has notes of its own.
        """
        if name not in self.inputs:
            self.inputs[name] = self.run.assuming(lambda: self.outside(notes, self.given[name]))
        self.run.files.assumed.update(self.inputs[name][1])
        return self.inputs[name]

    def outside(self, notes: Notes, work: Callable[[], Result]) -> Result:
        """Return the result of work that is not the module's own."""
        if notes.trace is None:
            return work()
        before = _Before(self.run, self.calls.allowance, 0)
        with self.calls.memory.without(notes.trace):
            found = work()
        notes.elsewhere += before.steps()
        return found


class _Inputs(Mapping[str, Input]):
    """The inputs of an instance; each that is read is noted."""

    __slots__ = ("_child", "_notes")

    def __init__(self, child: _Child, notes: Notes) -> None:
        self._child, self._notes = child, notes

    def __getitem__(self, name: str) -> Input:
        if name not in self._child.given:
            self._notes.note(INPUT, name, None)
            raise KeyError(name)

        def value() -> Value:
            found = self._child.input(name, self._notes)
            self._notes.note(INPUT, name, found)
            return found[0]

        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._child.given)

    def __len__(self) -> int:
        return len(self._child.given)


class _ProviderArguments(Mapping[str, Argument]):
    """The arguments of a provider that is passed to an instance; each that is read is noted."""

    __slots__ = ("_arguments", "_child", "_name", "_notes")

    def __init__(self, name: str, arguments: Mapping[str, Argument], child: _Child, notes: Notes) -> None:
        self._name, self._arguments, self._child, self._notes = name, arguments, child, notes

    def __getitem__(self, name: str) -> Argument:
        if name not in self._arguments:
            self._notes.note(PROVIDER, (self._name, name), None)
            raise KeyError(name)
        found = self._child.outside(self._notes, lambda: self._arguments[name])
        self._notes.note(PROVIDER, (self._name, name), found)
        return found

    def __iter__(self) -> Iterator[str]:
        self._notes.is_odd = True
        return iter(self._arguments)

    def __len__(self) -> int:
        return len(self._arguments)


class _ProviderBlocks(Mapping[str, "tuple[Body, ...] | Unknown"]):
    """The nested blocks of a provider; a call that reads them is not remembered."""

    __slots__ = ("_blocks", "_notes")

    def __init__(self, blocks: Mapping[str, tuple[Body, ...] | Unknown], notes: Notes) -> None:
        self._blocks, self._notes = blocks, notes

    def __getitem__(self, name: str) -> tuple[Body, ...] | Unknown:
        self._notes.is_odd = True
        return self._blocks[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._blocks)

    def __len__(self) -> int:
        return len(self._blocks)


def _noting(name: str, provider: Instance, child: _Child, notes: Notes) -> Instance:
    body = provider.body
    arguments = _ProviderArguments(name, body.arguments, child, notes)
    return replace(provider, body=replace(body, arguments=arguments, blocks=_ProviderBlocks(body.blocks, notes)))


def _notes_of(instance: ModuleInstance) -> Notes:
    return cast("Notes", instance.notes)


def _place(child: ModuleInstance) -> bytes:
    """Return the fingerprint of where and how a module is called. Raises `NotFixed`."""
    of, call = _notes_of(child).of, child.call
    written = cast("Declared", call).arguments() if child.module.described else {}
    arguments = ((local.argument.expression, local.source) for local in written.values())
    return fingerprint(
        repr((child.address, child.path, list(map(str, child.directories)), child.moves, list(written))),
        child.uncertain,
        child.run.workspace,
        *child.via,
        *(Span(source, one.start, one.end) for one, source in arguments),
        *(part for name, one in of.providers.items() for part in (name, one.address, one.body.at)),
    )


def _fixed(kind: str, result: object) -> object:
    """Return what is kept of an event's result. Raises `NotFixed`."""
    if kind in (TELL, MISSING):
        return result
    if kind == INPUT and result is not None:
        value, assumed = cast("tuple[Value, frozenset[str]]", result)
        return fingerprint(value, *sorted(assumed))
    return fingerprint(cast("Argument | None", result))


def _happens(event: Event, child: ModuleInstance) -> bool:
    """Whether the same happens again; an unread part is reported."""
    kind, name, result = event
    if kind == TELL:
        child.run.tell(cast("Told", name), cast("UnreadPart", result))
        return True
    if kind == MISSING:
        child.run.miss(*cast("tuple[str, str]", name), cast("UnreadPart", result))
        return True
    of = _notes_of(child).of
    found: object
    if kind == INPUT:
        text = cast("str", name)
        found = of.input(text, _notes_of(child)) if text in of.given else None
    else:
        provider, argument = cast("tuple[str, str]", name)
        passed = of.providers.get(provider)
        found = passed.body.arguments.get(argument) if passed else None
    try:
        return _fixed(kind, found) == result
    except NotFixed:
        return False
