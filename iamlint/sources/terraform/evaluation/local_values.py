"""Evaluates the locals of a module.

One that is the same in all instances of the module is evaluated once in a root module. Its value is used again in other
root modules if it is made of other locals alone, and these have the same values there.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping

from iamlint.documents.values import NULL, Value, is_plain, same_plain
from iamlint.hcl import syntax
from iamlint.hcl.functions.lookup import function_of
from iamlint.hcl.walk import walk
from iamlint.sources.terraform.configuration.module import Local
from iamlint.sources.terraform.evaluation.run import Shared
from iamlint.sources.terraform.evaluation.telling import Telling

SAME_IN_ALL = frozenset({"local", "path"})
"""The names that do not differ between the instances of a module, but for locals that use others."""


class LocalValues(Telling):
    """One instance of a module, as far as its locals go.

    ``_varies`` says whether the local that is being evaluated used a name that may differ between instances;
    ``_varying`` are the locals that did. ``_inner`` are the steps that the locals took which it used.
    """

    _values: dict[tuple[str, ...], Value]
    _varies: bool
    _varying: set[str]
    _inner: int

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
            inner, self._inner, left = self._inner, 0, self.run.budget.left
            try:
                value = self._once(key, lambda: self._local(declared))
            finally:  # what an exhausted budget cut off may differ, too
                if self._varies or key not in self._values:
                    self._varying.add(name)
                self._varies = before or name in self._varying
                self._inner = inner + left - self.run.budget.left
        self._varies |= name in self._varying
        return value

    def _local(self, declared: Local) -> Value:
        """Return the value of a local, from an earlier instance of the module if it is the same in all."""
        constants = self.run.constants
        if constants is None:
            return self._evaluate(declared)
        known = constants.get(id(declared)) or self._from_other_root(declared, constants)
        if known is None:
            left = self.run.budget.left
            known = self._evaluate(declared)
            if self._is_constant() and is_plain(known):
                steps = left - self.run.budget.left - self._inner
                known = constants[id(declared)] = self._shared(declared, known, constants, steps)
        return known

    def _is_constant(self) -> bool:
        return not (self._varies or self.run.files.assumed)

    # -- other root modules ----------------------------------------------------------------------------------------

    def _shared(self, declared: Local, value: Value, constants: Mapping[int, Value], steps: int) -> Value:
        """Return the value of a constant: the same object as in an earlier root module if it is the same there."""
        earlier = self.run.shared.get(id(declared))
        if earlier is None:
            self.run.shared[id(declared)] = Shared(declared, value, self._made_of(declared, constants), steps)
        elif same_plain(value, earlier.value):
            return earlier.value
        return value

    def _made_of(self, declared: Local, constants: Mapping[int, Value]) -> Mapping[str, Value] | None:
        """Return the locals that a constant uses; None if its value may depend on others that are not constants."""
        found: dict[str, Value] = {}
        names = _names_of_locals(declared.argument.expression)
        for name in names or ():
            of = constants.get(id(self.module.locals.get(name)))
            if of is not None:
                found[name] = of
            elif ("local", name) in self._values:
                return None
        return None if names is None else found

    def _from_other_root(self, declared: Local, constants: dict[int, Value]) -> Value | None:
        """Return the value that a local has in another root module, if all that it is made of is the same here.

        It takes as many steps as it took there, so that the steps of a root module do not depend on other ones.
        """
        shared = self.run.shared.get(id(declared))
        if shared is None or shared.of is None:
            return None
        if not all(self.local(name) is value for name, value in shared.of.items()) or not self._is_constant():
            return None
        budget, steps = self.run.budget, shared.steps
        above = budget.above.left if budget.above else steps
        if not 0 <= steps <= min(above, self.run.most_steps) or not budget.reaches(steps):
            return None
        budget.spend(steps)
        constants[id(declared)] = shared.value
        return shared.value


def _names_of_locals(expression: syntax.Expression) -> list[str] | None:
    """Return the locals that an expression uses; None if files or the place of its module may matter."""
    names: dict[str, None] = {}
    others = 0
    for node in walk(expression):
        match node:
            case syntax.Attribute(object=syntax.Variable(name="local"), name=name):
                names[name] = None
                others -= 1
            case syntax.Variable(name="local"):
                others += 1
            case syntax.Variable(name="path"):
                return None
            case syntax.Call(name=name) if name not in _OF_THE_LANGUAGE and function_of(name)[0] is None:
                return None
            case _:
                pass
    return None if others else list(names)


_OF_THE_LANGUAGE = frozenset({"try", "can", "templatestring"})
