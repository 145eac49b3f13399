"""``iamlint config``: the configuration in force, each key with its value and where it is set."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from iamlint.cli.configuring import configuration
from iamlint.cli.console import OK, Failed, emit, repository, width
from iamlint.cli.options import Failing, Request, format_option, settings_options
from iamlint.reporters.parts.indented import json_text

if TYPE_CHECKING:
    from iamlint.accepted.configuration.config import Config


@click.command(cls=Failing, name="config")
@settings_options
@format_option("text", "json")
def show_config(form: str, **asked: Any) -> None:
    """Show the configuration in force here: each key, its value, and where it is set.

    It is the nearest .iamlint.yaml, .iamlint.yml, .iamlint.toml or pyproject.toml with [tool.iamlint], from the working
    directory up to the repository's top. Exits with 2 if it is wrong.
    """
    request = Request((Path(),), **asked)
    config = configuration(request)
    _check_names(request, config)
    emit(_json(config) if form == "json" else _text(config), for_programs=form == "json")
    sys.exit(OK)


def _check_names(request: Request, config: Config) -> None:
    """Raise `Failed` if the configuration names an unknown rule."""
    from iamlint.accepted.configuration.config import unknown_names
    from iamlint.cli.run import chosen_rules, load

    rules = load(config.rules)
    wrong = unknown_names(config, {name for rule in rules for name in (*rule.names, rule.family)})
    if wrong:
        raise Failed(wrong)
    chosen_rules(rules, request, config)


def _schema() -> dict[str, Any]:
    from iamlint.accepted.configuration.config import SCHEMA

    keys: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))["properties"]
    return keys


def _settings(config: Config) -> list[dict[str, Any]]:
    """Return each key with its value, and where it is set; None if it is not."""
    found = []
    for key, schema in _schema().items():
        at = config.at(key) if key in config.written else None
        value = config.written.get(key, schema.get("default"))
        where = {"path": at.path, "line": at.line} if at else None
        found.append({"key": key, "value": value, "set_at": where})
    return found


def _json(config: Config) -> str:

    written = {
        "path": config.path or None,
        "relative_to": config.home.as_posix() if config.home else None,
        "settings": _settings(config),
    }
    return json_text(written)


def _text(config: Config) -> str:
    from iamlint.reporters.parts.folding import Fold
    from iamlint.reporters.parts.plain import neutral

    here = Path.cwd().resolve()
    lines = [f"configuration: {neutral(config.path)}" if config.path else "configuration: none (all keys are defaults)"]
    if not config.path:
        lines.append(f"searched: {neutral(str(here))} and the folders above it, up to {neutral(str(repository(here)))}")
        lines.append("`iamlint init` writes one")
    lines.append("")
    for setting in sorted(_settings(config), key=lambda one: one["set_at"] is None):
        at = setting["set_at"]
        where = f"{at['path']}:{at['line']}" if at else "default"
        value = "not set" if setting["value"] is None else json.dumps(setting["value"], ensure_ascii=False)
        lines.append(neutral(f"{setting['key']:<16}  {value}  ({where})"))
    return "".join(f"{line}\n" for line in Fold(width(sys.stdout)).all(lines, 18))
