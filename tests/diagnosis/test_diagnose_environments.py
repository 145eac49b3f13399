"""Values of the configuration: a call is refused in one environment and works in another."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from diagnosis.small_inputs import ACCOUNT, TARGET, grant

from iamlint.cli.program import program

CONFIGURATION = """
environments:
  prod:
    var-file: [prod.tfvars]
  dev:
    var:
      who: "user:bob@example.com"
"""
FILES = {
    "main.tf": 'variable "who" {\n  type = string\n}\n' + ACCOUNT + grant("var.who"),
    "prod.tfvars": 'who = "user:ana@example.com"\n',
    ".iamlint.yaml": CONFIGURATION,
}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--environment", "prod"], 0),
        (["--environment", "dev"], 1),
        (["--no-config"], 3),
        (["--var-file", "prod.tfvars"], 0),
        ([], 2),
        (["--environment", "stage"], 2),
    ],
)
def test_the_values_of_an_environment(
    arguments: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    asked = ["diagnose", ".", "--caller", "ana@example.com", "--target", TARGET, *arguments]
    result = CliRunner().invoke(program, asked)
    assert result.exit_code == code, result.output
    if not arguments:
        assert "choose one of prod, dev with --environment" in result.output
