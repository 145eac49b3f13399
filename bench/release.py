"""What a release needs besides the build: notes, a bill of materials, hashes, and the addresses in the documents.

    python bench/release.py check VERSION              # the version is the same everywhere, and the changelog has it
    python bench/release.py notes VERSION              # the changelog's section
    python bench/release.py sbom VERSION               # CycloneDX: what the locked installation consists of
    python bench/release.py hashes VERSION DIST        # requirements with hashes: the locked ones, and the built wheel
    python bench/release.py addresses VERSION REVISION # puts both into the README and the documents

Nothing here uses the network, and nothing publishes: `.github/workflows/release.yml` does, on a tag.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCKED = ROOT / ".github" / "requirements.txt"
_BUILD_ONLY = frozenset({"hatchling", "packaging", "pathspec", "pluggy", "trove-classifiers"})
"""In the locked file to build iamlint from source, and no part of an installed one."""
_ENTRY = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>\S+)(?P<rest>.*?)(?=^[\w.-]+==|\Z)", re.MULTILINE | re.DOTALL)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_VERSION = re.compile(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?")
_REVISION = re.compile(r"[0-9a-f]{40}")


def main(arguments: list[str]) -> int:
    """Run a command; returns the exit code."""
    match arguments:
        case ["check", version]:
            problems = list(mistakes(version))
            print("\n".join(problems))
            return int(bool(problems))
        case ["notes", version]:
            print(notes(version))
        case ["sbom", version]:
            print(json.dumps(sbom(version), indent=2))
        case ["hashes", version, directory]:
            print("".join(hashes(version, Path(directory))), end="")
        case ["addresses", version, revision] if _VERSION.fullmatch(version) and _REVISION.fullmatch(revision):
            for path in documents():
                path.write_text(addressed(path.read_text(encoding="utf-8"), version, revision), encoding="utf-8")
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


def project() -> dict[str, Any]:
    """Return the project table of ``pyproject.toml``."""
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


def mistakes(version: str) -> Iterator[str]:
    """Yield what would make a release of this version wrong."""
    if not _VERSION.fullmatch(version):
        yield f"{version} is not a version"
    if project()["version"] != version:
        yield f"pyproject.toml has {project()['version']}, not {version}"
    package = (ROOT / "iamlint" / "__init__.py").read_text(encoding="utf-8")
    if f'__version__ = "{version}"' not in package:
        yield f"iamlint/__init__.py does not have {version}"
    if not notes(version):
        yield f"CHANGELOG.md has no section {version}"


def notes(version: str) -> str:
    """Return the changelog's section of a version, without its heading; "" without one."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(rf"^## \[?{re.escape(version)}(?![\w.])\]?.*?\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


def locked() -> Iterator[tuple[str, str, str, list[str]]]:
    """Yield name, version, marker and hashes of each package that an installation has."""
    for found in _ENTRY.finditer(LOCKED.read_text(encoding="utf-8")):
        if found["name"] not in _BUILD_ONLY:
            marker = re.match(r"\s*;\s*([^\\\n]*)", found["rest"])
            version = found["version"].rstrip(";")
            yield found["name"], version, marker[1].strip() if marker else "", _HASH.findall(found["rest"])


def sbom(version: str) -> dict[str, Any]:
    """Return a CycloneDX 1.6 document: https://cyclonedx.org/docs/1.6/json/. It has no time and no serial number."""
    own = f"pkg:pypi/iamlint@{version}"
    components = [
        {
            "type": "library",
            "bom-ref": f"pkg:pypi/{name}@{found}",
            "name": name,
            "version": found,
            "purl": f"pkg:pypi/{name}@{found}",
        }
        for name, found, _, _ in locked()
    ]
    main_component = {"type": "application", "bom-ref": own, "name": "iamlint", "version": version, "purl": own}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**main_component, "licenses": [{"license": {"id": project()["license"]}}]}},
        "components": components,
        "dependencies": [{"ref": own, "dependsOn": [str(one["bom-ref"]) for one in components]}],
    }


def hashes(version: str, directory: Path) -> Iterator[str]:
    """Yield the lines of a requirements file for ``pip install --require-hashes``: iamlint's wheel and the rest."""
    (wheel,) = directory.glob(f"iamlint-{version}-*.whl")
    yield f"iamlint=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
    for name, found, marker, known in locked():
        condition = f" ; {marker}" if marker else ""
        yield f"{name}=={found}{condition} {' '.join(f'--hash=sha256:{one}' for one in known)}\n"


def documents() -> list[Path]:
    """Return the files with addresses of a release."""
    return [ROOT / "README.md", ROOT / "iamlint/addresses.py", *sorted((ROOT / "docs").glob("*.md"))]


def addressed(text: str, version: str, revision: str) -> str:
    """Return a document with the version and revision of a release instead of the placeholders or the last ones.

    Actions are pinned by the commit, with the version behind it; hooks are pinned by the tag.
    """
    text = re.sub(r"<!-- unpublished -->.*?<!-- /unpublished -->\n\n?", "", text, flags=re.DOTALL)
    pinned = rf"\g<1>@{revision} # v{version}"
    text = re.sub(r"(uses: iamlint/iamlint)@(?:REVISION|[0-9a-f]{40} # v[\w.]+)", pinned, text)
    text = re.sub(r"(iamlint/iamlint)@(?:REVISION|[0-9a-f]{40})(?! #)", rf"\g<1>@{revision}", text)
    text = re.sub(r"(iamlint==)(?:VERSION|\d[\w.]*)", rf"\g<1>{version}", text)
    text = text.replace("PUBLISHED = False", "PUBLISHED = True")
    text = re.sub(r'^TAG = ".*"$', f'TAG = "v{version}"', text, flags=re.MULTILINE)
    text = re.sub(
        r'^ACTION = "(iamlint/iamlint)@.*"$', rf'ACTION = "\g<1>@{revision} # v{version}"', text, flags=re.MULTILINE
    )
    return re.sub(r"(iamlint/iamlint\n +rev: |`rev: )(?:REVISION|v[\w.]+)", rf"\g<1>v{version}", text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
