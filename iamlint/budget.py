"""Limits of one run: steps of work first, which are the same on every machine, and time as the last resort.

A step is about the time to evaluate one small expression, a few microseconds.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

SECONDS = 600
"""Default time limit of a run in seconds (``--max-time``)."""
STEPS = 2_500_000
"""Evaluation steps of one run, in addition to those for the bytes read; 15 seconds or less.

A factory of three hundred projects, each with its accounts and grants, takes about three million.
"""
STEPS_A_BYTE = 1.0
"""Additional steps for each byte of the files that are read: a large configuration may take longer than a small one."""


class Exhausted(Exception):
    """Raised when something needs more steps than its budget has."""


class TimeUp(BaseException):
    """Raised when the time of a run, or of a part of it, is over. It is raised anywhere, so no handler may catch it."""


class Budget:
    """Remaining steps: for one expression, for a root module ``above`` it, for the run above that.

    ``more`` returns further steps when there are too few, once.
    """

    __slots__ = ("above", "left", "more")

    def __init__(self, steps: int, above: Budget | None = None, more: Callable[[], int] | None = None) -> None:
        self.left, self.above, self.more = steps, above, more

    def reaches(self, steps: int) -> bool:
        """Whether there are that many steps, with the further ones if they are needed."""
        if self.left < steps and self.more is not None:
            more, self.more = self.more, None
            self.left += more()
        return self.left >= steps

    def spend(self, steps: int = 1) -> None:
        """Take steps, from this budget and all above; raise `Exhausted` if one of them has too few.

        Call it before doing the work. If one budget has too few steps, those above it do not lose any.
        """
        budget: Budget | None = self
        while budget is not None:
            left = budget.left = budget.left - steps
            if left < 0 and not budget.reaches(0):
                raise Exhausted
            budget = budget.above

    @property
    def is_spent(self) -> bool:
        """Whether more steps were requested than there are."""
        return self.left < 0


class Allowance:
    """The limits of one run: ``seconds`` of wall time, and steps, which grow with the input.

    ``steps`` are for evaluating Terraform, ``documents`` for large exports, so that neither uses up the other's.
    ``current`` is the share of the root module being evaluated, which grows with the files that it reads. ``granted``
    are the steps that were allowed for files so far.

    A longer time limit than the default also allows more steps.
    """

    def __init__(self, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock, self._start = clock, clock()
        self._scale = max(1.0, seconds / SECONDS)
        self.steps = Budget(int(STEPS * self._scale))
        self._first = self.steps.left
        self.documents = Budget(int(STEPS * self._scale))
        self.current: Budget | None = None
        self.granted = 0
        self._whole: Allowance | None = None

    def part(self, share: float) -> Allowance:
        """Return an allowance of a share of the steps that are left, which are taken from here, too."""
        part = Allowance(self.seconds, self._clock)
        part._start, part._whole = self._start, self
        part.steps = Budget(int(max(0, self.steps.left) * share), self.steps)
        part.documents = Budget(int(max(0, self.documents.left) * share), self.documents)
        return part

    @property
    def is_unspent(self) -> bool:
        """Whether no step of the evaluation was spent so far."""
        return self.steps.left == self._first + self.granted

    def bytes_without(self, steps: int) -> int:
        """Return how many bytes less all files may have, if each root module has these steps to spare.

        They count twice: for the run, and for the root module that reads the files.
        """
        return steps // (1 + int(2 * STEPS_A_BYTE * self._scale))

    def limits(self) -> list[int]:
        """Return the steps that are left, here and in the allowance that this is a part of."""
        own = [self.steps.left, self.documents.left, self.granted]
        return [*own, *(self._whole.limits() if self._whole else [])]

    def set_back(self, limits: Sequence[int]) -> None:
        """Set the steps back to what `limits` returned: work is done again."""
        self.steps.left, self.documents.left, self.granted = limits[:3]
        self.current = None
        if self._whole:
            self._whole.set_back(limits[3:])

    def read(self, size: int) -> None:
        """Allow the steps for a file of this many bytes."""
        if self._whole:
            self._whole.read(size)
        steps = int(size * STEPS_A_BYTE * self._scale)
        self.steps.left += steps
        self.granted += steps
        if self.current:
            self.current.left += steps

    def document(self, size: int) -> Budget:
        """Return the steps for a document of this size, which is read line by line: its own, and some of the run's."""
        own = int(size * STEPS_A_BYTE * self._scale)
        self.documents.left += own
        if self._whole:
            self._whole.documents.left += own
        return Budget(own + STEPS // 2, self.documents)

    def left(self, share: float = 1.0) -> float:
        """Return the seconds left in the first ``share`` of the time; negative if it is over."""
        return self._start + self.seconds * share - self._clock()

    def check(self, share: float = 1.0) -> None:
        """Raise `TimeUp` if that time is over."""
        if self.left(share) <= 0:
            raise TimeUp

    @contextmanager
    def interrupting(self, share: float = 1.0) -> Iterator[None]:
        """Raise `TimeUp` inside the block as soon as that time is over.

        Without an alarm (on Windows, outside the main thread) only `check` raises it.
        """
        self.check(share)
        if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGALRM, _interrupt)
        signal.setitimer(signal.ITIMER_REAL, self.left(share))
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise TimeUp
