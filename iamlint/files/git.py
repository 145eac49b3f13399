"""git as a store of objects: what a commit has, by name.

No work tree, hook, filter, textconv, external diff or file system monitor of the checkout takes part, nothing is
fetched, and no git in the checkout is run. A pull request cannot change the repository's configuration: git
tracks nothing called ``.git``.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from pathlib import Path

from iamlint.basics.lazy_regex import regex
from iamlint.files.disk import DISK

FULL_ID = regex(r"[0-9a-f]{40}|[0-9a-f]{64}")
"""The full id of an object: SHA-1 or SHA-256."""
_PATIENCE = 120
"""Time limit of one git command in seconds."""
_SETTINGS = ("core.fsmonitor=false", "core.hooksPath=/dev/null", "protocol.allow=never")
_FIXED = {"GIT_NO_LAZY_FETCH": "1", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


class MissingRevision(Exception):
    """Raised if there is no repository, it lacks the revision, or git fails; the message names the cause.

    ``hint`` says what to do, if anything helps.
    """

    def __init__(self, message: str, *, hint: str = "fetch it, or check out with fetch-depth: 0") -> None:
        super().__init__(message)
        self.hint = hint


class Repository:
    """The git repository of a work tree. ``top`` is the directory of the work tree, without symbolic links."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self._program = _program(top)

    @classmethod
    def around(cls, directory: Path) -> Repository:
        """Return the repository that contains a directory. Raises `MissingRevision` without one."""
        real = DISK.resolved(directory)
        top = next((path for path in (real, *real.parents) if os.path.lexists(path / ".git")), None)
        if top is None:
            raise MissingRevision(f"{directory} is not in a git repository", hint="")
        return cls(top)

    def commit(self, name: str) -> str:
        """Return the full id of the commit that a name means: a branch, a tag, ``HEAD~1``, an id.

        Raises `MissingRevision`.
        """
        question = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        missing = f"the revision {name} is not in this clone"
        try:
            found = self.run(*question, missing=missing).decode("ascii").strip()
        except MissingRevision:
            if not self.run("rev-list", "--max-count=1", "--all", missing=missing):
                raise MissingRevision("the repository has no commits yet", hint="") from None
            raise
        if not FULL_ID.fullmatch(found):
            raise MissingRevision(missing)
        return found

    def run(self, *arguments: str, missing: str) -> bytes:
        """Return the output of git. Raises `MissingRevision` with a text if it fails."""
        try:
            done = subprocess.run(  # noqa: S603  # no shell; ids and names are checked, and a path follows --
                [*self._command, *arguments],
                cwd=self.top.anchor,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=_PATIENCE,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise MissingRevision(f"git cannot be asked: {error}", hint="") from error
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise MissingRevision(f"{missing} (git: {said[-1]})" if said else missing)
        return done.stdout

    def batch(self) -> subprocess.Popen[bytes]:
        """Start ``git cat-file --batch``, which prints the object of each given id. Raises OSError."""
        return subprocess.Popen(  # noqa: S603  # no shell, nothing of the input
            [*self._command, "cat-file", "--batch"],
            cwd=self.top.anchor,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    @property
    def _command(self) -> list[str]:
        settings = (word for one in _SETTINGS for word in ("-c", one))
        return [self._program, "--no-pager", f"--git-dir={self.top / '.git'}", *settings]


class Objects:
    """The contents of a repository's objects, by id, read by one process that is started on first use."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._process: subprocess.Popen[bytes] | None = None

    def content(self, name: str) -> bytes:
        """Return the content of a blob by its full id. Raises OSError if the clone does not have it."""
        try:
            return self._asked(name)
        except BaseException:  # the rest of an answer that was not read would be taken for the next one
            self.close()
            raise

    def _asked(self, name: str) -> bytes:
        if self._process is None:
            self._process = self._repository.batch()
        question, answer = self._process.stdin, self._process.stdout
        if question is None or answer is None:
            raise OSError(errno.EPIPE, "git cannot be asked")
        question.write(f"{name}\n".encode())
        question.flush()
        head = answer.readline().split()
        if len(head) != 3 or head[1] != b"blob":
            raise OSError(errno.ENOENT, "the clone does not have this file's content")
        content = answer.read(int(head[2]))
        answer.read(1)
        return content

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _environment() -> dict[str, str]:
    """Return the environment without git's variables, which would name another repository or programs to run."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | _FIXED


def _program(top: Path) -> str:
    """Return the first git on the PATH that is not in the checkout. Raises `MissingRevision`."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which("git", path=folder) if os.path.isabs(folder) else None
        if found and not DISK.resolved(Path(found)).is_relative_to(top):
            return found
    raise MissingRevision("git is not installed, and no commit can be read without it", hint="")
