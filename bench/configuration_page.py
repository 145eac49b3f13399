"""The pages of the configuration's keys and of the JSON report, made from their schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from iamlint.accepted.configuration.config import SCHEMA as CONFIGURATION
from iamlint.reporters.json_report import SCHEMA as REPORT

SCHEMAS = {"config.schema.json": CONFIGURATION, "check.schema.json": REPORT}
"""The schemas that docs/schemas has a copy of, for editors and other programs."""
_TYPES = {"array": "list", "object": "mapping", "boolean": "true or false", "string": "text", "number": "number"}


def configuration_page() -> str:
    """Return the page of all keys."""
    schema = json.loads(CONFIGURATION.read_text(encoding="utf-8"))
    lines = _HEAD.split("\n")[:-1]
    for key, one in schema["properties"].items():
        lines += _key(key, one, schema)
    return "\n".join(lines) + "\n"


_HEAD = """\
# Configuration

iamlint reads one configuration in a run: `.iamlint.yaml`, `.iamlint.yml`, `.iamlint.toml`, or the table
`[tool.iamlint]` of `pyproject.toml`. It is the nearest one, from the working directory up to the top of the
repository (the folder with `.git`). Two in one folder are an error. Without a repository only the working directory
counts. `--config FILE` names another, `--no-config` reads none, `--no-ignore` also reports what it accepts.

`iamlint init` writes one after a look at the repository. If there is a folder `.github`, it also writes a workflow of
GitHub Actions (`--workflow` and `--no-workflow` decide otherwise); `--hook` adds a hook of pre-commit. It asks before
it writes, unless `--yes` is given.

The summary of each run says which configuration was in force, what each key did, and which globs match nothing, in
every format. A missing file or folder is an error. `iamlint config` shows all keys with their values, and where they
are set.

Paths are relative to the configuration's folder. In globs `*` matches any text, also `/`; `?` any one character;
`**/` any folders or none. A glob that matches a folder matches everything in it. Nothing outside of the repository is
read, whatever a configuration names, and nothing is executed.

An error names the line, the key and the nearest name. The schema is [config.schema.json](schemas/config.schema.json);
with `# yaml-language-server: $schema=…` in the first line, editors complete keys.

```yaml
fail-on: medium
exclude: [examples/*]
environments:
  prod: {var-file: [envs/prod.tfvars]}
  dev: {var-file: [envs/dev.tfvars]}
paths:
  "legacy/*": {fail-on: critical}
```

The same in `pyproject.toml`:

```toml
[tool.iamlint]
fail-on = "medium"
exclude = ["examples/*"]

[tool.iamlint.environments]
prod = {var-file = ["envs/prod.tfvars"]}
dev = {var-file = ["envs/dev.tfvars"]}

[tool.iamlint.paths."legacy/*"]
fail-on = "critical"
```

## Keys

"""


def _key(key: str, written: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    one = _resolved(written, schema)
    default = f", default `{json.dumps(one['default'])}`" if "default" in one else ""
    yield from (f"### {key}", "", f"{_type(one).capitalize()}{default}. {_sentence(one.get('description', ''))}", "")
    inner = one.get("items", {}).get("properties") or one.get("properties")
    if not inner and isinstance(one.get("additionalProperties"), dict):
        inner = one["additionalProperties"].get("properties")
    if inner:
        yield from ("| key | value | meaning |", "| --- | --- | --- |")
        for name, given in inner.items():
            part = _resolved(given, schema)
            yield f"| `{name}` | {_type(part)} | {_sentence(part.get('description', ''))} |".replace("  ", " ")
        yield ""
    for example in one.get("examples", ()):
        text = yaml.safe_dump({key: example}, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None)
        text = text if isinstance(example, list | dict) else f"{key}: {json.dumps(example)}"
        yield from ("```yaml", *text.rstrip("\n").split("\n"), "```", "")


def _resolved(one: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with its reference followed."""
    if "$ref" not in one:
        return one
    target = schema["$defs"][one["$ref"].rpartition("/")[2]]
    return {**target, **{key: value for key, value in one.items() if key != "$ref"}}


def _type(one: dict[str, Any]) -> str:
    if "enum" in one:
        return ", ".join(f"`{value}`" for value in one["enum"])
    if "const" in one:
        return f"`{one['const']}`"
    kinds = one.get("type", "")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    named = [_TYPES.get(kind, kind) for kind in kinds if kind != "null"]
    return " or ".join(named) + (" or null" if "null" in kinds else "")


def _sentence(text: str) -> str:
    return text if not text or text.endswith((".", "'")) else f"{text}."


# -- the JSON report ---------------------------------------------------------------------------------------------------


def report_page() -> str:
    """Return the page of the JSON report's keys."""
    schema = json.loads(REPORT.read_text(encoding="utf-8"))
    lines = [
        "# The JSON of `iamlint check`",
        "",
        "`iamlint check --format json` prints one object; `--output json=FILE` writes it to a file. Its schema is",
        "[check.schema.json](schemas/check.schema.json); the suite holds every report of the test data against it.",
        "New keys may be added at any time. `schema_version` grows when a key is removed or changes its meaning. The",
        "exit code never depends on the format: 0 no findings, 1 findings, 2 error.",
        "",
    ]
    lines += _table("the report", schema, schema)
    lines += _table("`findings[]`", {"properties": _all(schema["properties"]["findings"]["items"], schema)}, schema)
    accepted = schema["properties"]["accepted"]["items"]["allOf"][1]
    lines += _table("`accepted[]`: a finding with further keys", accepted, schema)
    for key in ("unknowns", "errors", "unused_var_files"):
        lines += _table(f"`{key}[]`", schema["properties"][key]["items"], schema)
    lines += _table("`summary`", schema["properties"]["summary"], schema)
    return "\n".join(lines).rstrip("\n") + "\n"


def _all(one: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a schema and of its parts."""
    found: dict[str, Any] = {}
    for part in one.get("allOf", [one]):
        found |= _resolved(part, schema).get("properties", {})
    return found


def _table(title: str, one: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    yield from (f"## {title[0].upper()}{title[1:]}", "", "| key | value | meaning |", "| --- | --- | --- |")
    for key, written in one["properties"].items():
        part = _resolved(written, schema)
        kinds = _type(part) or " or ".join(
            _type(_resolved(each, schema)) or "mapping" for each in part.get("oneOf", ())
        )
        kinds = " or ".join(dict.fromkeys(kind for kind in kinds.split(" or ") if kind))
        if part.get("oneOf") and {"type": "null"} in part["oneOf"] and "null" not in kinds:
            kinds += " or null"
        yield f"| `{key}` | {kinds} | {_sentence(part.get('description', ''))} |"
    yield ""


def schema_copies(docs: Path) -> dict[Path, str]:
    """Return the copies of the schemas below ``docs``."""
    return {docs / "schemas" / name: path.read_text(encoding="utf-8") for name, path in SCHEMAS.items()}
