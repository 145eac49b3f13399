"""What tests of the whole line share: a folder of files, checked."""

from __future__ import annotations

import gc
import inspect
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING, Any

import many
import pytest
import rows

if TYPE_CHECKING:
    from checking import Check

LAST = Path(__file__).parent / "vocabulary" / "test_unknown.py"
"""The test file that is compiled last."""
os.environ["IAMLINT_NO_CACHE"] = "1"  # also for the processes that tests start; tests of the cache have their own


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write expected files anew; review them as a diff")
    rows.option(parser)
    many.option(parser)


def pytest_sessionstart() -> None:
    """Collect no garbage while tests are collected: their trees and items stay, and each look walks them all."""
    gc.disable()


def pytest_configure(config: pytest.Config) -> None:
    """Compile each module once: where the environment forbids it next to the sources, into a folder of pytest's cache.

    Otherwise each worker and each process that a test starts compiles all that it imports, for a second.
    """
    many.configure(config)
    if _has_room(_MEMORY):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", _MEMORY)
        os.environ.setdefault("TMPDIR", _MEMORY)
        tempfile.tempdir = None  # it is found anew
    cache: pytest.Cache | None = getattr(config, "cache", None)
    if sys.dont_write_bytecode and cache:
        folder = str(cache.mkdir("bytecode"))
        sys.pycache_prefix, sys.dont_write_bytecode = folder, False
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


_MEMORY = "/dev/shm"  # pytest makes a folder in it that only its user can read
"""Where Linux keeps files in memory: to make and remove the suite's thirty thousand on a disk takes a tenth longer."""


def _has_room(folder: str) -> bool:
    """Whether the folders of tests can be made in a folder: there is room, and programs in it can be run."""
    try:
        found = os.statvfs(folder)
    except (AttributeError, OSError):
        return False
    return found.f_bavail * found.f_frsize >= 1 << 31 and not found.f_flag & os.ST_NOEXEC and os.access(folder, os.W_OK)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Collect in one worker first where nothing is compiled yet: compiling takes three quarters of the time.

    The others then read what it has written.
    """
    compiled = Path(cache_from_source(str(LAST))).parent.glob(f"{LAST.stem}.*")
    if os.name == "nt" or not hasattr(session.config, "workerinput") or any(compiled):
        return (yield)
    import fcntl

    with open(__file__, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(file, fcntl.LOCK_SH)
        return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Run the tests of a file in one worker: what they make once is made once."""
    from xdist.scheduler import LoadFileScheduling

    return LoadFileScheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Module | pytest.Class, name: str, obj: object) -> pytest.Item | None:
    """Collect the rows of a table as one test."""
    if rows.are_joined(collector.config) and collector.istestfunction(obj, name):
        return rows.joined(collector, name, obj)
    return None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell how many rows the tables have: they count as one test each."""
    if said := rows.summary(terminalreporter):
        terminalreporter.write_line(said)


_POSIX = re.compile(r"mkfifo|/dev/|/proc/|/etc/|chmod|geteuid|symlink_to|bash|setrlimit|signal\.SIG|os\.kill|pty\b")
"""What a test needs that Windows does not have, or only for administrators, by its text."""


def needs_posix(text: str) -> bool:
    """Whether a test with this text is skipped on Windows."""
    return _POSIX.search(text) is not None


def _draw_no_constants() -> None:
    """Keep hypothesis from parsing all modules for constants to draw: it takes four seconds, and half of one later.

    ``--many`` draws them.
    """
    providers = sys.modules.get("hypothesis.internal.conjecture.providers")
    if providers and {"Constants", "_get_local_constants"} <= vars(providers).keys():
        none = providers.Constants()
        vars(providers)["_get_local_constants"] = lambda: none


def _keep_grammars(config: pytest.Config) -> None:
    """Keep the tables of lark's parsers in pytest's cache: to make those of HCL takes two seconds in each process."""
    cache: pytest.Cache | None = getattr(config, "cache", None)
    if cache is None:
        return
    from lark import Lark

    folder, make = cache.mkdir("grammars"), Lark.__init__

    def made(new: Lark, grammar: Any, /, **options: Any) -> None:
        start = options.get("start", "start")  # it differs in the grammars of HCL and CEL
        make(new, grammar, **{**options, "cache": str(folder / start)})

    Lark.__init__ = made


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip, on Windows, the tests that need a system of POSIX; leave out what ``--many`` does not ask for."""
    if not config.getoption("--many"):
        _draw_no_constants()
    if left_out := many.deselected(config, items):
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    for item in items if os.name == "nt" else ():
        if isinstance(item, pytest.Function) and needs_posix(inspect.getsource(item.function)):
            item.add_marker(pytest.mark.skip(reason="needs a system of POSIX"))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Keep the garbage collector off the collected tests: each full collection would walk all of their objects.

    It runs seldom: a check makes some hundred thousand objects, and nearly all end without it.
    """
    _keep_grammars(session.config)
    gc.freeze()
    gc.set_threshold(500_000, 20, 100)
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Send one report of each phase that matters, not three of a test that passes: to send and to read them costs time.

    The times of setup and teardown are in the reports that are left out, so ``--durations`` gets all of them.
    """
    if not hasattr(item.config, "workerinput") or item.config.getoption("durations"):
        return None
    from _pytest.runner import runtestprotocol

    if item.config.option.verbose > 0:  # others print nothing when a test begins
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Keep it off what earlier tests made, too, which it would walk for a fifteenth of the suite's time.

    Their garbage in cycles stays: a few hundred megabytes. ``--many`` collects it, and so finds files left open in it.
    """
    if not item.config.getoption("--many"):
        gc.freeze()


@pytest.fixture(scope="session")
def expected(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """``expected(path, text)``: the file has this text; with ``--update`` it is written where it has not."""
    update: bool = request.config.getoption("--update")

    def compare(path: Path, text: str) -> None:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if update and before != text:
            path.write_text(text, encoding="utf-8", newline="\n")
        else:
            assert text == before

    return compare


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """``check({"main.tf": …}, select=["broad-token-creator"])`` in a directory of its own."""
    from checking import checker  # xdist's own process runs no test

    return checker(tmp_path, monkeypatch)
