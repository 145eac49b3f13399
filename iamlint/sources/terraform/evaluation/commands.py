"""Finds commands in a configuration that change IAM: their grants are not read, which is reported.

Provisioners (https://developer.hashicorp.com/terraform/language/resources/provisioners/syntax), the ``external`` data
source, HTTP requests, modules that run their arguments, such as
https://registry.terraform.io/modules/terraform-google-modules/gcloud/google, and resources that are programs: builds,
workflows, scheduled requests, startup scripts of machines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from itertools import chain, islice

from iamlint.basics.lazy_regex import regex
from iamlint.documents.values import Value
from iamlint.hcl.functions.types import EvaluationError, UnknownResult, parts
from iamlint.hcl.scope import Files
from iamlint.location import Span
from iamlint.sources.marks import ROLE
from iamlint.sources.terraform.configuration.module import Declared, Mode
from iamlint.sources.terraform.evaluation.bodies import META, ScopeOf, body, evaluated, provisioners
from iamlint.sources.terraform.instances.instance import Argument, Body
from iamlint.unknown import Unknown

CHANGES_IAM = regex(
    r"(?:add|set)-iam-policy(?:-binding)?\b"
    r"|(?:googleapis\.com|\bcurl\b)[^\n]{0,400}?(?-i:[:/]setIamPolicy)\b"
    r"|\bgsutil\b.{0,80}?\b(?:iam\s+(?:ch|set)|acl\s+(?:ch|set)|defacl\s+(?:ch|set))\b"
    r"|\biam\s+(?:[a-z-]+\s+){1,3}?(?:create|create-cred-config|enable|set|undelete|update|update-oidc|upload)\b",
    re.IGNORECASE,
)
"""Parts of a command that change access.

Sources: https://cloud.google.com/sdk/gcloud/reference/iam, https://cloud.google.com/storage/docs/gsutil/commands/iam,
and each API's method for it.
"""
_TOOL = regex(r"\b(?:gcloud|gsutil|bq)\b([^\n;|&]*)")
_DECIDED = regex(
    r"(?:add|attach|auth|builds|compute|config|copy|cp|create|delete|deploy|describe|disable|enable|execute|export"
    r"|import|info|list|load|ls|mb|mk|mv|publish|query|rb|remove|replace|restart|rm|rsync|run|show|ssh|start|stop"
    r"|submit|update|version|wait)\Z|(?:get|print|remove|update)-.*"
)
"""Words of a command line that show that it is not an IAM command, whatever follows."""
_SCRIPT = regex(r"[^\s\"'`;|&<>()=]*\.(?:sh|bash|py|js|rb|pl|ps1)\b|(?<![^\s\"'`;|&(])[\w.+-]*/[\w./+-]*\w")
"""A script file in a command, by its extension or by its path."""
_MOST_SCRIPTS = 100
"""Maximum number of files of a command that are read."""
_LONGEST = 80
"""Maximum number of characters of a command that a reason quotes."""

_OF_PROVISIONERS = frozenset({"command", "inline", "script", "scripts", "interpreter", "environment"})
"""The arguments of provisioners that contain the command."""
_OF_TYPES: Mapping[tuple[Mode, str], frozenset[str]] = {
    ("data", "external"): frozenset({"program", "query"}),
    ("data", "http"): frozenset({"url"}),
    ("managed", "terracurl_request"): frozenset({"url"}),
}
"""The arguments of resources and data sources that contain the command or request."""
_PROGRAMS = frozenset(
    {
        "google_cloud_run_v2_job",
        "google_cloud_scheduler_job",
        "google_cloudbuild_trigger",
        "google_compute_instance",
        "google_compute_instance_from_template",
        "google_compute_instance_template",
        "google_compute_region_instance_template",
        "google_deployment_manager_deployment",
        "google_workflows_workflow",
        "local_file",
        "local_sensitive_file",
        "restapi_object",
        "shell_script",
        "vault_gcp_secret_roleset",
        "vault_gcp_secret_static_account",
    }
)
"""Resources with arguments that are programs, requests or templates executed elsewhere."""
_GRANTS = regex(
    rf"{CHANGES_IAM.pattern}|\bsetIamPolicy\b|\bvirtual\.[\w.]+\.iamMemberBinding\b|\bgcpIamPolicy\b|\A{ROLE}\Z|\"{ROLE}\"",
    re.IGNORECASE,
)
"""Parts of a program, request or template that change IAM.

Source for Deployment Manager:
https://cloud.google.com/deployment-manager/docs/configuration/set-access-control-resources
"""
_OF_CALLS = META | {"source", "version"}
"""The arguments of a module call that are not passed to the module."""

Unread = tuple[str, Span]
"""Why a command is not read, and where it is written."""


def runs(mode: Mode, declared: Declared) -> bool:
    """Whether a block may run commands."""
    written = (*declared.block.body.arguments, *(block.type for block in declared.block.body.blocks))
    kind = declared.block.label(0)
    if "provisioner" in written or (mode, kind) in _OF_TYPES or (mode == "managed" and kind in _PROGRAMS):
        return True
    return any(runs(mode, over) for over in declared.overrides)


@cache
def runs_or(wanted: Callable[[Mode, str], bool]) -> Callable[[Mode, Declared], bool]:
    """Return a function: whether a block may run commands or is of a wanted type."""
    return lambda mode, declared: wanted(mode, declared.block.label(0)) or runs(mode, declared)


def unread_of_block(mode: Mode, declared: Declared, scope: ScopeOf, files: Files) -> Unread | None:
    """Return the command that changes IAM in an instance of a resource or data source."""
    own = _OF_TYPES.get((mode, declared.block.label(0)), frozenset())
    for names, one in ((own, declared), *((_OF_PROVISIONERS, inner) for inner in provisioners(declared))):
        written = (local for name, local in one.arguments().items() if name in names)
        found = _unread([evaluated(local, scope) for local in written], files, in_part=True)
        if found:
            return found
    if mode == "managed" and declared.block.label(0) in _PROGRAMS:
        return _unread_program(body(declared, scope))
    return None


def _unread_program(program: Body) -> Unread | None:
    """Return the part of any argument of a resource, in any of its blocks, that changes IAM."""
    for argument in program.arguments.values():
        for text in _texts(argument.value):
            found = _GRANTS.search(text)
            if found:
                return f"contains a change of IAM, which is not read: {_excerpt(found, text)}", argument.at
    for inner in chain.from_iterable(found for found in program.blocks.values() if not isinstance(found, Unknown)):
        told = _unread_program(inner)
        if told:
            return told
    return None


def unread_of_call(declared: Declared, scope: ScopeOf, files: Files) -> Unread | None:
    """Return the part of a module call's arguments that changes IAM, if the module runs them."""
    written = (local for name, local in declared.arguments().items() if name not in _OF_CALLS)
    return _unread([evaluated(local, scope) for local in written], files, in_part=False)


def _unread(arguments: list[Argument], files: Files, *, in_part: bool) -> Unread | None:
    """Return the command that changes IAM. ``in_part`` includes partly known commands. Existing scripts are read."""
    for argument in arguments:
        for text in _texts(argument.value):
            for where, written in (("", text), *_scripts(text, files)):
                found = _changes_iam(written)
                if found:
                    reason = f"runs a command that changes IAM, which is not read{where}: {_excerpt(found, written)}"
                    return reason, argument.at
    for argument in arguments if in_part else ():
        why = next((part.unknown for part in _parts(argument.value) if part.unknown), None)
        if why and any(map(_may_change, _texts(argument.value))):
            return f"runs a command that may change IAM, and is not known in full: {why.reason}", argument.at
    return None


@lru_cache(maxsize=256)
def _changes_iam(written: str) -> re.Match[str] | None:
    """Return the part of a command or script that changes IAM; cached, since many blocks may run the same script."""
    return CHANGES_IAM.search(written)


def _parts(value: Value) -> Iterator[Value]:
    try:
        yield from parts(value)
    except (UnknownResult, EvaluationError):
        return


def _may_change(text: str) -> bool:
    """Whether the part of a command line that determines its action is unknown."""
    from iamlint.sources.terraform.instances.embedded import HOLE

    for found in _TOOL.finditer(text):
        before = ""
        for word in found[1].split():
            is_value = before.startswith("--") and "=" not in before and before != "--quiet"
            if HOLE in word and not word.startswith("-") and not is_value:
                return True
            if _DECIDED.match(word):
                break
            before = word
    return False


def _texts(value: Value) -> Iterator[str]:
    """Yield the texts in a value; those of a list also joined to one line; unknown parts as `HOLE`."""
    found = [part.data for part in _parts(value) if isinstance(part.data, str | Unknown)]
    yield from map(_with_unknown_parts, found)
    if isinstance(value.data, tuple):
        yield " ".join(_with_unknown_parts(item.data) for item in value.data if isinstance(item.data, str | Unknown))


def _with_unknown_parts(text: str | Unknown) -> str:
    from iamlint.sources.terraform.instances.embedded import HOLE

    if isinstance(text, str):
        return text
    return "".join(part if isinstance(part, str) else HOLE for part in text.parts) or HOLE


def _scripts(text: str, files: Files) -> Iterator[tuple[str, str]]:
    """Yield the readable scripts that a command names, each with its name for a reason."""
    from iamlint.hcl.functions.filesystem.files import read_text

    for name in islice(dict.fromkeys(_SCRIPT.findall(text)), _MOST_SCRIPTS):
        try:
            yield f" (in {name})", read_text(files, name)
        except (UnknownResult, EvaluationError):
            continue


def _excerpt(found: re.Match[str], text: str) -> str:
    """Return the matching line, from the start of the IAM part."""
    from iamlint.sources.terraform.instances.embedded import HOLE

    start = text.rfind("\n", 0, found.start()) + 1
    line = text[start:].partition("\n")[0].strip()
    shown = line if len(line) <= _LONGEST else f"…{text[found.start() : found.start() + _LONGEST]}…".replace("\n", " ")
    return shown.replace(HOLE, "${…}")
