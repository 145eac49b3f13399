"""The input of a diagnosis: what `check` reads, and files that state the identity of clients.

Workflows, pipelines and Kubernetes manifests are found below the given directories. Credentials and configurations of
gcloud are read only where they are named as a path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.diagnosis.asked.clients import (
    ANNOTATION,
    Client,
    credentials_client,
    gcloud_client,
    gitlab_clients,
    is_credentials,
    kubernetes_clients,
    workflow_clients,
)
from iamlint.location import SourceText
from iamlint.provenance import trusted
from iamlint.sources import read
from iamlint.sources.reading import Options, Reading
from iamlint.sources.workspace import Workspace

MOST_FILES = 5_000
"""Files below the given directories whose names are looked at."""
LARGEST = 1_000_000
"""Maximum size of a file with a client's identity, in bytes."""
_WORKFLOWS = (".github", "workflows")
_GITLAB = ".gitlab-ci.yml"
_SERVICE_ACCOUNT = regex(r"(?m)^\s{0,8}(?:- )?kind:\s*ServiceAccount\s*$")
_SKIPPED = frozenset({"node_modules", "__pycache__"})


@frozen
class Input:
    """What was read: facts, and the clients that state an identity."""

    reading: Reading
    clients: tuple[Client, ...] = ()


def read_input(paths: Iterable[Path], options: Options) -> Input:
    """Read everything in these paths: a diagnosis uses all of it."""
    paths = list(paths)
    workspace = Workspace(paths, allowance=options.allowance, tree=options.tree)
    clients: list[Client] = []
    others: list[Path] = []
    for path in paths:
        named = _named_client(path, workspace)
        clients += named
        if not named:
            others.append(path)
        if options.tree.is_directory(path):
            clients += _below(path, workspace)
    reading = read(others, options) if others else Reading()
    reading.facts = list(trusted(reading.facts, "named"))
    reading.texts |= {one.at.path: workspace.texts[one.at.path] for one in clients if one.at.path in workspace.texts}
    return Input(reading, tuple(dict.fromkeys(clients)))


def _small(path: Path, workspace: Workspace) -> SourceText | None:
    """Return the text of a small file below the roots."""
    try:
        status = workspace.tree.status(path)
    except (OSError, ValueError):
        return None
    if status.kind != "file" or status.size > LARGEST:
        return None
    found = workspace.load(path)
    return found if isinstance(found, SourceText) else None


def _named_client(path: Path, workspace: Workspace) -> list[Client]:
    """Return the client that a named file is; None if it is something else."""
    if not workspace.tree.is_file(path):
        return []
    is_ini = path.name.startswith("config_") or path.suffix in (".ini", ".cfg")
    if path.suffix not in (".json", ".yml", ".yaml") and not is_ini:
        return []
    source = _small(path, workspace)
    if source is None:
        return []
    if path.suffix == ".json":
        found = credentials_client(source) if is_credentials(source) else None
        return [found] if found else []
    if is_ini:
        found = gcloud_client(source)
        return [found] if found else []
    return list(_of_yaml(path, source))


def _of_yaml(path: Path, source: SourceText) -> Iterator[Client]:
    if path.name == _GITLAB:
        yield from gitlab_clients(source)
    elif path.parts[-3:-1] == _WORKFLOWS or "google-github-actions/auth" in source.text:
        yield from workflow_clients(source)
    if ANNOTATION in source.text or _SERVICE_ACCOUNT.search(source.text):
        yield from kubernetes_clients(source)


def _below(directory: Path, workspace: Workspace) -> Iterator[Client]:
    """Yield the clients in the files below a directory."""
    seen = 0
    tree = workspace.tree
    for at, directories, files in tree.walk(directory):
        hidden = at.name.startswith(".") and at.name not in ("", ".")
        inside = at.parts[-2:] == _WORKFLOWS or at.name == ".github"
        directories[:] = [name for name in directories if _walks(name, inside=at.name == ".github")]
        for name in sorted(files):
            seen += 1
            if seen > MOST_FILES:
                return
            path = at / name
            if path.suffix not in (".yml", ".yaml") or (hidden and not inside):
                continue
            source = _small(path, workspace)
            if source is not None and _is_of_interest(path, source):
                yield from _of_yaml(path, source)


def _walks(name: str, *, inside: bool) -> bool:
    if inside:
        return name == "workflows"
    return name == ".github" or (not name.startswith(".") and name not in _SKIPPED)


def _is_of_interest(path: Path, source: SourceText) -> bool:
    if path.name == _GITLAB:
        return "id_tokens" in source.text
    return bool(ANNOTATION in source.text or _SERVICE_ACCOUNT.search(source.text)) or (
        "google-github-actions/auth" in source.text and path.parts[-3:-1] == _WORKFLOWS
    )
