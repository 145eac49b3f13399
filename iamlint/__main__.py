"""Entry point of ``python -I -m iamlint`` and of the installed script."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130
"""The exit code after Ctrl-C, by shell convention: 128 and the signal's number."""


class Interrupted(BaseException):
    """SIGINT: raised anywhere, so that half-written output is removed."""


def start() -> NoReturn:
    """Run the command line. An interrupt prints one line, also during imports, which take most of a short run."""
    try:
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, _interrupt)
        from iamlint.cli import main

        main()
    except (Interrupted, KeyboardInterrupt):
        with suppress(OSError):
            os.write(2, b"error: interrupted\n")
    os._exit(INTERRUPTED)  # main always exits; freeing a large estate takes seconds


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))  # a second Ctrl-C does not wait
    raise Interrupted


if __name__ == "__main__":
    start()
