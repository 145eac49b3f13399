"""Value classes that are cheap to make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform, overload

Class = TypeVar("Class")


@overload
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[Class]) -> type[Class]: ...


@overload
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(*, order: bool) -> Callable[[type[Class]], type[Class]]: ...


def frozen(
    cls: type[Class] | None = None, *, order: bool = False
) -> type[Class] | Callable[[type[Class]], type[Class]]:
    """Make a class a dataclass with slots, compared and hashed by its fields, that a type checker keeps unchanged.

    ``@dataclass(frozen=True)`` keeps it unchanged at run time too, and each of a run's million values then takes three
    times as long to make: 1.2 µs instead of 0.4 µs.
    """
    made = dataclass(slots=True, unsafe_hash=True, order=order)
    return made if cls is None else made(cls)
