"""Value classes that are cheap to define and to make.

`dataclasses` compiles the methods of each class when its module is imported, which was a quarter of a short run. Here a
method is compiled when it has been called a few times. `dataclasses.field`, `fields` and `replace` work as they do with
dataclasses. Not supported: ``ClassVar``, ``InitVar`` and ``kw_only``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field
from operator import eq, ge, gt, le, lt
from reprlib import recursive_repr
from typing import Any, TypeVar, cast, dataclass_transform, overload

Class = TypeVar("Class")


@overload
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[Class]) -> type[Class]: ...


@overload
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(*, order: bool = False, slots: bool = True) -> Callable[[type[Class]], type[Class]]: ...


def frozen(
    cls: type[Class] | None = None, *, order: bool = False, slots: bool = True
) -> type[Class] | Callable[[type[Class]], type[Class]]:
    """Make a class of values: compared and hashed by its fields; a type checker reports changes of its attributes.

    ``@dataclass(frozen=True)`` keeps it unchanged at run time too, and each of a run's million values then takes three
    times as long to make: 1.2 µs instead of 0.4 µs. ``slots=False`` is for classes with a `cached_property`.
    """

    def make(cls: type[Class]) -> type[Class]:
        return _made(cls, "__eq__", "__hash__", *(_ORDER if order else ()), slots=slots)

    return make if cls is None else make(cls)


@overload
@dataclass_transform(field_specifiers=(field,))
def mutable(cls: type[Class]) -> type[Class]: ...


@overload
@dataclass_transform(field_specifiers=(field,))
def mutable(*, eq: bool = True) -> Callable[[type[Class]], type[Class]]: ...


def mutable(cls: type[Class] | None = None, *, eq: bool = True) -> type[Class] | Callable[[type[Class]], type[Class]]:
    """Make a class with slots whose attributes may change: compared by its fields and not hashable, or by identity."""

    def make(cls: type[Class]) -> type[Class]:
        return _made(cls, *(("__eq__",) if eq else ()), slots=True)

    return make if cls is None else make(cls)


# -- fields --------------------------------------------------------------------------------------------------------

_DECLARED = "__declared__"
"""The attribute of a class that maps its fields to their defaults, as they are written in it: MISSING without one."""


def _made(cls: type[Class], *methods: str, slots: bool) -> type[Class]:
    """Return the class with the fields that it declares and inherits, and with methods, unless it has its own."""
    inherited: dict[str, Any] = {}
    for base in reversed(cls.__mro__[1:-1]):
        inherited |= base.__dict__.get(_DECLARED, {})
    namespace: dict[str, Any] = {name: one for name, one in cls.__dict__.items() if name not in _OF_OLD_CLASS}
    own = {name: namespace.pop(name, MISSING) for name in cls.__annotations__}
    declared = inherited | own
    if slots:
        namespace["__slots__"] = tuple(name for name in own if name not in inherited)
    namespace[_DECLARED] = declared
    namespace["__match_args__"] = tuple([name for name, one in declared.items() if _is_argument(one)])
    namespace["__dataclass_fields__"] = _Fields()
    owner: list[type] = []
    for name in ("__init__", *methods):
        if name not in namespace:
            namespace[name] = _when_called(owner, name)
    namespace.setdefault("__repr__", _shown)
    if "__eq__" in methods:
        namespace.setdefault("__hash__", None)
    kind: Any = type(cls)
    made = kind(cls.__name__, cls.__bases__, namespace)
    owner.append(made)
    return cast("type[Class]", made)


_OF_OLD_CLASS = frozenset({"__dict__", "__weakref__"})


def _is_argument(one: Any) -> bool:
    return one.init if isinstance(one, Field) else True


def _declared(cls: type) -> dict[str, Any]:
    declared: dict[str, Any] = cls.__dict__[_DECLARED]
    return declared


class _Fields:
    """The fields of a class as `dataclasses` has them, made when they are first asked for."""

    def __get__(self, value: object, cls: type) -> Mapping[str, Field[Any]]:
        owner: Any = next(one for one in cls.__mro__ if one.__dict__.get("__dataclass_fields__") is self)
        found = {name: _field(name, one) for name, one in _declared(owner).items()}
        owner.__dataclass_params__, owner.__dataclass_fields__ = _PARAMETERS, found
        return found


def _field(name: str, declared: Any) -> Field[Any]:
    one: Any = declared if isinstance(declared, Field) else field(default=declared)
    one.name, one.type, one.kw_only, one._field_type = name, object, False, _KIND
    return cast("Field[Any]", one)


@dataclass
class _Example:
    value: object


_MADE: Any = _Example
_PARAMETERS, _KIND = _MADE.__dataclass_params__, _MADE.__dataclass_fields__["value"]._field_type
"""What `dataclasses` keeps of a class and of a field; a copy of its own costs it a quarter of a millisecond a class."""


# -- methods -------------------------------------------------------------------------------------------------------

_ORDER = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}


_FEW = 6
"""Number of calls of a method before it is compiled, which takes as long as twenty calls."""


def _when_called(owner: list[type], name: str) -> Callable[..., Any]:
    """Return a method that is interpreted at first, and then puts the compiled one in its place.

    ``owner`` contains the class: a method is made before its class, since a class is slow to change.
    """
    left = _FEW

    def method(self: Any, *args: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        (cls,) = owner
        if left >= 0:
            found = _initialised(cls, self, args, named) if name == "__init__" else _compared(cls, name, self, *args)
            if found is not _TO_COMPILE:
                return found
        compiled = _compiled(cls, name)
        setattr(cls, name, compiled)
        return compiled(self, *args, **named)

    method.__name__ = name
    return method


_TO_COMPILE = object()
"""Result of a call that is refused: the compiled method says why."""


def _initialised(cls: type, self: Any, args: tuple[Any, ...], named: dict[str, Any]) -> object:
    declared = _declared(cls)
    arguments = [name for name, one in declared.items() if _is_argument(one)]
    given = dict(zip(arguments, args, strict=False))
    if len(args) > len(arguments) or not named.keys() <= set(arguments[len(args) :]):
        return _TO_COMPILE
    given |= named
    for name, one in declared.items():
        default, factory = (one.default, one.default_factory) if isinstance(one, Field) else (one, MISSING)
        if name in given:
            setattr(self, name, given[name])
        elif default is not MISSING:
            setattr(self, name, default)
        elif factory is not MISSING:
            setattr(self, name, factory())
        elif _is_argument(one):
            return _TO_COMPILE
    if hasattr(cls, "__post_init__"):
        self.__post_init__()
    return None


def _compared(cls: type, name: str, self: Any, *others: Any) -> object:
    names = [field for field, one in _declared(cls).items() if _counts(one, hashed=name == "__hash__")]
    own = tuple([getattr(self, field) for field in names])
    if name == "__hash__":
        return hash(own)
    if len(others) != 1 or others[0].__class__ is not self.__class__:
        return NotImplemented if others else _TO_COMPILE
    return _COMPARISONS[name](own, tuple([getattr(others[0], field) for field in names]))


_COMPARISONS = {"__eq__": eq, "__lt__": lt, "__le__": le, "__gt__": gt, "__ge__": ge}


def _compiled(cls: type, name: str) -> Callable[..., Any]:
    names: dict[str, Any] = {"__name__": cls.__module__}
    lines = _initialising(cls, names) if name == "__init__" else _comparing(cls, name)
    exec("\n".join(lines), names)  # noqa: S102  # made of the identifiers of fields alone
    method: Callable[..., Any] = names[name]
    method.__qualname__ = f"{cls.__qualname__}.{name}"
    return method


def _initialising(cls: type, names: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of ``__init__``, and add the names in them: its parameters are the fields."""
    parameters, body = ["self"], []
    names["_missing"] = MISSING
    for name, one in _declared(cls).items():
        default, factory = (one.default, one.default_factory) if isinstance(one, Field) else (one, MISSING)
        names[f"_default_{name}"], names[f"_factory_{name}"] = default, factory
        known = default is not MISSING or factory is not MISSING
        value = f"_default_{name}" if factory is MISSING else f"_factory_{name}()"
        if _is_argument(one):
            parameters.append(f"{name}={'_missing' if default is MISSING else value}" if known else name)
            value = name if factory is MISSING else f"{value} if {name} is _missing else {name}"
        if known or _is_argument(one):
            body.append(f"    self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        body.append("    self.__post_init__()")
    yield f"def __init__({', '.join(parameters)}):"
    yield from body or ["    pass"]


def _comparing(cls: type, name: str) -> Iterator[str]:
    """Yield the lines of a method that hashes or compares the values of the fields."""
    fields = [field for field, one in _declared(cls).items() if _counts(one, hashed=name == "__hash__")]
    own, others = ("".join(f"{value}.{one}, " for one in fields) for value in ("self", "other"))
    if name == "__hash__":
        yield "def __hash__(self):"
        yield f"    return hash(({own}))"
    else:
        yield f"def {name}(self, other):"
        yield "    if other.__class__ is self.__class__:"
        yield f"        return ({own}) {_ORDER.get(name, '==')} ({others})"
        yield "    return NotImplemented"


def _counts(one: Any, *, hashed: bool) -> bool:
    """Whether a field is compared, or hashed."""
    if not isinstance(one, Field):
        return True
    return bool(one.compare if one.hash is None or not hashed else one.hash)


@recursive_repr()
def _shown(self: Any) -> str:
    cls = next(one for one in type(self).__mro__ if _DECLARED in one.__dict__)
    shown = (name for name, one in _declared(cls).items() if not isinstance(one, Field) or one.repr)
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"
