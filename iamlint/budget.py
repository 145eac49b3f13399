"""What one run may spend: steps of work first, which are the same on every machine, and time as the last resort.

A step is about what one small expression takes to evaluate, a few microseconds.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SECONDS = 600
"""Seconds of a run where nothing else is asked for (``--max-time``)."""
STEPS = 2_500_000
"""Steps of evaluation of one run, beside those for what it reads; 15 seconds or less.

A factory of three hundred projects, each with its accounts and grants, takes about three million.
"""
STEPS_A_BYTE = 1.0
"""Further steps for each byte of the files that are read: a large configuration may take longer than a small one."""


class Exhausted(Exception):  # noqa: N818  # no error of ours, but the end of what is done
    """Something takes more steps than are spent on it."""


class TimeUp(BaseException):
    """The time of a run, or of a part of it, is over. It is raised wherever the run is, so no handler may keep it."""


class Budget:
    """Steps that may be taken: for one expression, for a root module ``above`` it, for the run above that."""

    __slots__ = ("above", "left")

    def __init__(self, steps: int, above: Budget | None = None) -> None:
        self.left, self.above = steps, above

    def spend(self, steps: int = 1) -> None:
        """Take steps, from this one and all above; raises `Exhausted` where one of them has no more.

        To be called before the work is done: what one of them has no steps for, those above it do not lose.
        """
        budget: Budget | None = self
        while budget is not None:
            budget.left -= steps
            if budget.left < 0:
                raise Exhausted
            budget = budget.above

    @property
    def is_spent(self) -> bool:
        """Whether more was asked for than there is."""
        return self.left < 0


class Allowance:
    """What one run may spend: ``seconds`` of wall time, and steps, which grow with what is read.

    ``steps`` are for evaluating Terraform, ``documents`` for large exports, so that neither takes them from the other.
    ``current`` is the part of the steps of the root module that is evaluated, which grows with what that reads.

    More time than is usual allows more steps, too.
    """

    def __init__(self, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock, self._start = clock, clock()
        self._scale = max(1.0, seconds / SECONDS)
        self.steps = Budget(int(STEPS * self._scale))
        self.documents = Budget(int(STEPS * self._scale))
        self.current: Budget | None = None

    def read(self, size: int) -> None:
        """Allow the steps for a file of so many bytes."""
        steps = int(size * STEPS_A_BYTE * self._scale)
        self.steps.left += steps
        if self.current:
            self.current.left += steps

    def document(self, size: int) -> Budget:
        """The steps for a document of so many bytes, which is read a line at a time: its own, and some of the run's."""
        own = int(size * STEPS_A_BYTE * self._scale)
        self.documents.left += own
        return Budget(own + STEPS // 2, self.documents)

    def left(self, share: float = 1.0) -> float:
        """Seconds that are left of the first ``share`` of the time; below 0 where it is over."""
        return self._start + self.seconds * share - self._clock()

    def check(self, share: float = 1.0) -> None:
        """Raise `TimeUp` where that time is over."""
        if self.left(share) <= 0:
            raise TimeUp

    @contextmanager
    def interrupting(self, share: float = 1.0) -> Iterator[None]:
        """Raise `TimeUp` in what is done here as soon as that time is over.

        Where there is no alarm (on Windows, outside of the main thread) only `check` raises it.
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
