"""Checks files against the schemas of their readers, which check-jsonschema carries."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner


def assert_valid(path: Path, schema: str, *options: str) -> None:
    """Assert that a file is valid by a schema: ``github-workflows``."""
    from check_jsonschema import main  # imports what resolves addresses, which takes as long as a small test file

    done = CliRunner().invoke(main, ["--builtin-schema", f"vendor.{schema}", *options, str(path)])
    assert done.exit_code == 0, done.output
