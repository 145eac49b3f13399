"""Installs iamlint for the action into an environment of its own, which later jobs find in GitHub's cache.

``install.py key`` says where the environment is and what it depends on, ``install.py install`` makes it if it is not
there. It runs before iamlint is installed, so it uses the standard library only; Python runs it isolated (``-I``).
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

FAILED = 2
VERSION = re.compile(r"[0-9][0-9A-Za-z.!+]{0,40}")
SOURCE = (
    "iamlint",
    "rules",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    ".github/requirements.txt",
    ".github/install.py",
)
"""What an installation from this action's own source depends on."""


def main() -> None:
    """Run one of the two steps. Exits with 2 if an input is wrong or pip fails."""
    environment = Path(os.environ["RUNNER_TEMP"], "iamlint-environment")
    source, version = Path(os.environ["GITHUB_ACTION_PATH"]), os.environ.get("IAMLINT_VERSION", "").strip()
    if version and not VERSION.fullmatch(version):
        print("::error title=iamlint::the input version is not a version, like 1.2.3")
        sys.exit(FAILED)
    if sys.argv[1:] == ["key"]:
        lines = {"python": program(environment), "environment": environment, "key": key(environment, source, version)}
        with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in lines.items())
    elif not works(environment):
        sys.exit(install(environment, source, version, os.environ.get("IAMLINT_INDEX_URL", "").strip()))


def program(environment: Path, *, windows: bool = os.name == "nt") -> Path:
    """Return the Python of an environment."""
    return environment / ("Scripts/python.exe" if windows else "bin/python")


def key(environment: Path, source: Path, version: str) -> str:
    """Return a name that changes with all that the environment depends on.

    An environment is not movable, and its Python is the one that made it.
    """
    digest = hashlib.sha256()
    for part in (sys.version, sys.executable, os.path.realpath(sys.executable), platform.platform(), str(environment)):
        digest.update(part.encode("utf-8", "surrogateescape") + b"\0")
    for path in files(source) if not version else ():
        digest.update(path.relative_to(source).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return f"iamlint-{version or 'source'}-{platform.system()}-{platform.machine()}-{digest.hexdigest()[:32]}"


def files(source: Path) -> Iterator[Path]:
    """Yield the files that an installation from source depends on, in order."""
    for name in SOURCE:
        path = source / name
        if path.is_dir():
            yield from sorted(one for one in path.rglob("*") if one.is_file() and one.suffix != ".pyc")
        elif path.is_file():
            yield path


def works(environment: Path) -> bool:
    """Whether the environment is there and its Python still starts iamlint: a cached one may be of another machine."""
    python = program(environment)
    if not python.exists():
        return False
    command = [python, "-I", "-c", "import iamlint.cli"]
    return subprocess.run(command, cwd=environment, check=False, capture_output=True).returncode == 0  # noqa: S603  # no shell


def install(environment: Path, source: Path, version: str, index: str) -> int:
    """Make the environment: the locked dependencies with their hashes, then iamlint. Returns the exit code."""
    shutil.rmtree(environment, ignore_errors=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_"))}
    pip = [program(environment), "-I", "-m", "pip", "--isolated", "install", "--quiet", "--no-cache-dir"]
    pip += ["--disable-pip-version-check", *([f"--index-url={index}"] if index else [])]
    locked = source / ".github" / "requirements.txt"
    commands: list[list[str | Path]] = [[sys.executable, "-I", "-m", "venv", environment]]
    if version:
        commands.append([*pip, f"iamlint=={version}"])
    else:
        commands.append([*pip, "--require-hashes", "--only-binary=:all:", "--no-deps", "--requirement", locked])
        commands.append([*pip, "--no-deps", "--no-build-isolation", source])
    return run(commands, environment.parent, clean)


def run(commands: list[list[str | Path]], directory: Path, variables: Mapping[str, str]) -> int:
    """Run commands one after another; returns 2 if one fails."""
    for command in commands:
        if subprocess.run(command, cwd=directory, env=variables, check=False).returncode:  # noqa: S603  # no shell
            print("::error title=iamlint::iamlint could not be installed; the log says why")
            return FAILED
    return 0


if __name__ == "__main__":
    main()
