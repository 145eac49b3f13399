"""Which accounts are disabled, or may be: by all blocks of a configuration that declare them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from iamlint.estate.names import contradicts, identity
from iamlint.facts import Declaration, ServiceAccount
from iamlint.logic.verdict import TRUE, Verdict
from iamlint.provenance import configuration
from iamlint.unknown import Truth, Unknown


class DisabledAccounts:
    """The accounts of an estate that are disabled, or may be, by their names."""

    def __init__(self, accounts: Iterable[ServiceAccount]) -> None:
        self._off: dict[str, list[ServiceAccount]] = defaultdict(list)
        self._on: dict[str, list[ServiceAccount]] = defaultdict(list)
        for one in accounts:
            if name := identity(one.email, one.declared):
                (self._on if one.disabled is False else self._off)[name].append(one)

    def __bool__(self) -> bool:
        return bool(self._off)

    def __contains__(self, name: str | None) -> bool:
        return name in self._off

    def state(self, name: str | None, counts: Callable[[Declaration], bool]) -> tuple[ServiceAccount, Verdict] | None:
        """Return a disabled account, and whether it certainly is; None if no account that ``counts`` is disabled."""
        for one in self._off.get(name or "", ()):
            others = [other.declared for other in self._on.get(name or "", ())]
            if counts(one.declared) and not any(contradicts(other, one.declared) for other in others):
                return one, _certainty(one, others)
        return None


def _certainty(account: ServiceAccount, others: Iterable[Declaration]) -> Verdict:
    """Return whether an account is certainly disabled; ``others`` are the declarations that enable it."""
    verdict = TRUE
    if isinstance(account.disabled, Unknown):
        verdict = Verdict.of(Truth.UNKNOWN, f"it is not known whether it is disabled: {account.disabled.reason}")
    own = configuration(account.declared)
    for other in others:
        if configuration(other) == own:
            return verdict & Verdict.of(Truth.UNKNOWN, f"{other.at.path}:{other.at.line} enables it")
    return verdict
