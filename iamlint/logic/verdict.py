"""The answer of a word, a pattern or a blocker: true, false, or unknown with reasons that a reader can act on."""

from __future__ import annotations

from collections.abc import Iterable

from iamlint.basics.frozen import frozen
from iamlint.facts import Fact
from iamlint.unknown import Truth


@frozen
class Verdict:
    """The truth of one word, with the matched permissions, or the reasons why it is unknown.

    ``facts`` are others that it depends on, for a reader. ``closed`` says that the subject is certainly blocked, and
    the answer is only unknown so that it is reported with its reasons.
    """

    truth: Truth
    reasons: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    closed: bool = False

    def __and__(self, other: Verdict) -> Verdict:
        if self is FALSE or other is FALSE:
            return FALSE
        if (self is TRUE and not other.reasons) or (other is TRUE and not self.reasons):
            found = other if self is TRUE else self
            return FALSE if found.truth is Truth.FALSE else found
        truth = self.truth & other.truth
        return Verdict(
            truth,
            _joined(self.reasons, other.reasons) if truth is Truth.UNKNOWN else (),
            _joined(self.permissions, other.permissions) if truth is not Truth.FALSE else (),
            self.facts + other.facts if truth is not Truth.FALSE else (),
        )

    def __or__(self, other: Verdict) -> Verdict:
        if (self is FALSE and not other.reasons) or (other is FALSE and not self.reasons):
            return other if self is FALSE else self
        truth = self.truth | other.truth
        return Verdict(
            truth,
            _joined(self.reasons, other.reasons) if truth is Truth.UNKNOWN else (),
            _joined(self.permissions, other.permissions),
            self.facts + other.facts,
        )

    def __invert__(self) -> Verdict:
        if not self.reasons and self.truth is not Truth.UNKNOWN:
            return FALSE if self.truth is Truth.TRUE else TRUE
        return Verdict(~self.truth, self.reasons)

    @staticmethod
    def of(truth: Truth, reason: str = "") -> Verdict:
        """Return a truth, with the reason if it is unknown."""
        if truth is Truth.UNKNOWN:
            return Verdict(truth, (reason,) if reason else ())
        return TRUE if truth is Truth.TRUE else FALSE


# Most answers are one of these two, which are shared.
TRUE, FALSE = Verdict(Truth.TRUE), Verdict(Truth.FALSE)


def _joined(some: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """Return the texts of both, each once."""
    return some if some == others and len(some) < 2 else distinct(some + others)


def distinct(items: Iterable[str]) -> tuple[str, ...]:
    """Return the texts in their order, each once."""
    return tuple(dict.fromkeys(items))
