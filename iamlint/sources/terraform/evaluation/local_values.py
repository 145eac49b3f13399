"""Evaluates the locals of a module. One that is the same in all instances of the module is evaluated once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from iamlint.documents.values import NULL, Value, is_plain
from iamlint.sources.terraform.configuration.module import Local
from iamlint.sources.terraform.evaluation.telling import Telling

SAME_IN_ALL = frozenset({"local", "path"})
"""The names that do not differ between the instances of a module, but for locals that use others."""


class LocalValues(Telling):
    """One instance of a module, as far as its locals go.

    ``_varies`` says whether the local that is being evaluated used a name that may differ between instances;
    ``_varying`` are the locals that did.
    """

    _values: dict[tuple[str, ...], Value]
    _varies: bool
    _varying: set[str]

    @abstractmethod
    def _once(self, key: tuple[str, ...], work: Callable[[], Value]) -> Value: ...

    @abstractmethod
    def _evaluate(self, written: Local) -> Value: ...

    def local(self, name: str) -> Value | None:
        """``local.name``."""
        declared = self.module.locals.get(name)
        if declared is None:
            return None
        key = ("local", name)
        if key in self._values:
            value = self._once(key, lambda: NULL)
        else:
            before, self._varies = self._varies, False
            try:
                value = self._once(key, lambda: self._local(declared))
            finally:  # what an exhausted budget cut off may differ, too
                if self._varies or key not in self._values:
                    self._varying.add(name)
                self._varies = before or name in self._varying
        self._varies |= name in self._varying
        return value

    def _local(self, declared: Local) -> Value:
        """Return the value of a local, from an earlier instance of the module if it is the same in all."""
        constants = self.run.constants
        known = constants.get(id(declared)) if constants is not None else None
        if known is None:
            known = self._evaluate(declared)
            if constants is not None and not (self._varies or self.run.files.assumed) and is_plain(known):
                constants[id(declared)] = known
        return known
