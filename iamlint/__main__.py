"""``python -I -m iamlint``, and what the installed script calls."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130
"""The exit code of what Ctrl-C ended, as shells have it: 128 and the signal's number."""


class Interrupted(BaseException):
    """SIGINT: raised wherever the program is, so that what it has begun to write is taken away."""


def start() -> NoReturn:
    """Run the command line; an interrupt is one line, also during the imports, which take most of a short run."""
    try:
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, _interrupt)
        from iamlint.cli import main

        main()
    except (Interrupted, KeyboardInterrupt):
        with suppress(OSError):
            os.write(2, b"error: interrupted\n")
    os._exit(INTERRUPTED)  # main always exits; to take a large estate apart takes seconds


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))  # who asks twice does not wait
    raise Interrupted


if __name__ == "__main__":
    start()
