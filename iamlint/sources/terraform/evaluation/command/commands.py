"""Finds commands in a configuration that change IAM: their grants are not read, which is reported.

Provisioners (https://developer.hashicorp.com/terraform/language/resources/provisioners/syntax), the ``external`` data
source, HTTP requests, modules that run their arguments, such as
https://registry.terraform.io/modules/terraform-google-modules/gcloud/google, and resources that are programs: builds,
workflows, scheduled requests, startup scripts of machines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache, partial
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

from iamlint.basics.lazy_regex import regex
from iamlint.documents.values import Partial, Value
from iamlint.hcl.functions.types import EvaluationError, UnknownResult, parts
from iamlint.location import Span
from iamlint.sources.terraform.configuration.module import Declared, Mode, kind_of
from iamlint.sources.terraform.evaluation.bodies import OF_CALLS, ScopeOf, body, evaluated, provisioners
from iamlint.sources.terraform.evaluation.command.changes import (
    CHANGES_IAM,
    changes_iam,
    command_in,
    command_of_manifest,
    grant_in,
)
from iamlint.sources.terraform.evaluation.command.programs import (
    FILES,
    MANIFESTS,
    OF_PROVISIONERS,
    OF_TYPES,
    PROGRAMS,
    WITH_COMMANDS,
)
from iamlint.sources.terraform.instances.instance import Argument, Body
from iamlint.unknown import HOLE, Unknown

if TYPE_CHECKING:
    from iamlint.sources.terraform.evaluation.run import Run

_CHARACTERS_OF_STEP = 10
"""How many characters of a command are searched in a step."""
_TOOL = regex(r"\b(?:gcloud|gsutil|bq)\b([^\n;|&]*)")
_DECIDED = regex(
    r"(?:add|attach|auth|builds|compute|config|copy|cp|create|create-(?:cred|login)-config|delete|deploy|describe|disable"
    r"|enable|execute|export|import|info|list|load|ls|mb|mk|mv|publish|query|rb|remove|replace|restart|rm|rsync|run|show|ssh|start|stop"
    r"|submit|update|version|wait)\Z|(?:get|print|remove|update)-.*"
)
"""Words of a command line that show that it is not an IAM command, whatever follows."""
_OF_CONTAINERS = ("entrypoint", "command", "arguments", "args")
"""The arguments that are one command together, in this order."""
_LINES = ("command", "commands", "inline", "program", "script", "scripts")
"""The arguments that are command lines, or name a script to run."""
_RUNNERS = (
    r"(?:[^\s/=;|&(]*+/)*+(?:(?:ba|da|k|z)?sh|cmd(?:\.exe)?|command|env|eval|exec|node|nohup|perl|powershell|pwsh"
    r"|python[\d.]*|ruby|source|sudo|time|\.)"
)
"""What runs the command or script that follows it."""
_RUNS_UNKNOWN = regex(
    rf"(?:\A|[\n;|&(])[ \t]*+(?>(?:{_RUNNERS}|\w++=[^\s;|&(`]*+|[-/]\w++)[ \t]++)*+['\"]?\ue000++"
    r"(?:['\"]?[ \t]++-{1,2}\w[^\s;|&]*+)*+['\"]?[ \t]*+(?:[\n;|&)]|\Z)"
)
"""A command line whose only known parts are the shell that runs it, and options."""
_DIRECTORIES = ("working_dir", "working_directory")
"""The arguments that name the directory in which a command runs."""
_MOST_COUNTED = 100
"""Maximum number of further commands of a text that are counted."""
_LONGEST = 80
"""Maximum number of characters of a command that a reason quotes."""

Item = TypeVar("Item")
Search = Callable[[str], "re.Match[str] | None"]
Unread = tuple[str, Span]
"""Why a command is not read, and where it is written."""


def runs(mode: Mode, declared: Declared) -> bool:
    """Whether a block may run commands."""
    kind = declared.block.label(0)
    if (mode, kind) in OF_TYPES or (mode == "managed" and kind in PROGRAMS):
        return True
    return _writes(declared, ("provisioner", *WITH_COMMANDS.get((mode, kind), ())))


def _writes(declared: Declared, names: Collection[str]) -> bool:
    """Whether a block or an override has an argument or a nested block of one of these names."""
    written = (*declared.block.body.arguments, *map(kind_of, declared.block.body.blocks))
    return any(name in written for name in names) or any(_writes(over, names) for over in declared.overrides)


@cache
def runs_or(wanted: Callable[[Mode, str], bool]) -> Callable[[Mode, Declared], bool]:
    """Return a function: whether a block may run commands or is of a wanted type."""
    return lambda mode, declared: wanted(mode, declared.block.label(0)) or runs(mode, declared)


def unread_of_block(mode: Mode, declared: Declared, scope: ScopeOf, run: Run) -> Unread | None:
    """Return the command that changes IAM in an instance of a resource or data source."""
    kind, has_time = (mode, declared.block.label(0)), partial(_has_time, run)
    own = OF_TYPES.get(kind, frozenset())
    for names, one in ((own, declared), *((OF_PROVISIONERS, inner) for inner in provisioners(declared))):
        written = {name: evaluated(local, scope) for name, local in one.arguments().items() if name in names}
        places = (local for name, local in one.arguments().items() if written and name in _DIRECTORIES)
        directories = [evaluated(local, scope).value.data for local in places]
        found = _unread(list(written.values()), run, [one for one in directories if isinstance(one, str)])
        found = found or _unknown_command(written, has_time)
        if found:
            return found
    if mode == "managed" and kind[1] in PROGRAMS:
        program = body(declared, scope)
        return _unread_program(program, has_time, grant_in) or _unread_build(kind[1], program, run)
    with_commands = WITH_COMMANDS.get(kind)
    if not with_commands:
        return None
    search = command_of_manifest if kind[1] in MANIFESTS else command_in
    texts = [name for name in with_commands if name != FILES.get(kind[1])]
    # Most uploads, of which there are thousands, have no text of their own.
    found = _unread_program(body(declared, scope), has_time, search, texts) if _writes(declared, texts) else None
    return found or _unread_file(declared, scope, run)


def unread_of_values(mode: Mode, kind: str, planned: Body) -> Unread | None:
    """Return the change of IAM in the values of a planned resource; files that they name are not read."""
    if mode == "managed" and kind in PROGRAMS:
        return _unread_program(planned, _always, grant_in)
    names = (*WITH_COMMANDS.get((mode, kind), ()), *OF_TYPES.get((mode, kind), ()))
    search = command_of_manifest if kind in MANIFESTS else command_in
    return _unread_program(planned, _always, search, names) if names else None


def unread_of_command(value: Value) -> str | None:
    """Return why a command in a plan is not read, if it changes IAM."""
    found = next(filter(None, map(changes_iam, _texts(value))), None)
    return f"runs a command that changes IAM, which is not read: {_excerpt(found)}" if found else None


def _unread_build(kind: str, trigger: Body, run: Run) -> Unread | None:
    """Return the change of IAM in the file of a build that a trigger names, if the checkout has it.

    Source: https://cloud.google.com/build/docs/api/reference/rest/v1/projects.triggers
    """
    if kind != "google_cloudbuild_trigger":
        return None
    from iamlint.sources.terraform.evaluation.command.scripts import repository_file

    files = trigger.blocks.get("git_file_source", ())
    named = [trigger.arguments.get("filename"), *(one.arguments.get("path") for one in _known(files))]
    for argument in named:
        name = argument.value.data if argument else None
        script = repository_file(name, run.files, run.spares) if isinstance(name, str) else None
        found = changes_iam(script.text) if script and script.text and _has_time(run, script.text) else None
        if argument and script and found:
            reason = f"runs a build that changes IAM, which is not read (in {script.name}): {_excerpt(found)}"
            return reason, argument.at
    return None


def _unread_file(declared: Declared, scope: ScopeOf, run: Run) -> Unread | None:
    """Return the change of IAM in a file that a resource names: a script put into a bucket, a playbook."""
    kind = declared.block.label(0)
    written = declared.argument(FILES[kind]) if kind in FILES else None
    argument = evaluated(written, scope) if written else None
    if argument is None or not isinstance(argument.value.data, str | Unknown):
        return None
    from iamlint.sources.terraform.evaluation.command.scripts import named_files, scripts_at

    name = _with_unknown_parts(argument.value.data)
    if kind == "google_storage_bucket_object":  # there may be thousands
        files = scripts_at(name, run.files, run.spares)
    else:
        files = named_files(name, run.files, (), run.spares, is_command=kind == "ansible_playbook")
    for one in files:
        found = changes_iam(one.text) if one.text and _has_time(run, one.text) else None
        if found:
            return (
                f"passes on a file that changes IAM, which is not read (in {one.name}): {_excerpt(found)}",
                argument.at,
            )
    return None


def _known(blocks: tuple[Body, ...] | Unknown) -> tuple[Body, ...]:
    return () if isinstance(blocks, Unknown) else blocks


def _always(_text: str) -> bool:
    return True


def _unread_program(
    program: Body, has_time: Callable[[str], bool], search: Search, names: Collection[str] | None = None
) -> Unread | None:
    """Return the part of any argument, or of one of these names, in any of its blocks, that changes IAM."""
    for _, argument in program.arguments.items() if names is None else _named(program.arguments, names):
        for text in _texts(argument.value):
            found = search(text) if has_time(text) else None
            if found:
                return f"contains a change of IAM, which is not read: {_excerpt(found)}", argument.at
        why = _may_hide(argument.value)
        if why:
            return f"contains a command that may change IAM, and is not known in full: {why.reason}", argument.at
    words = [program.arguments[name].value for name in _OF_CONTAINERS if name in program.arguments]
    together = " ".join(text for value in words for text in _in_order(value))
    found = search(together) if len(words) > 1 and has_time(together) else None
    if found:
        at = next(program.arguments[name].at for name in _OF_CONTAINERS if name in program.arguments)
        return f"contains a change of IAM, which is not read: {_excerpt(found)}", at
    of_names = program.blocks.items() if names is None else _named(program.blocks, names)
    for inner in chain.from_iterable(found for _, found in of_names if not isinstance(found, Unknown)):
        told = _unread_program(inner, has_time, search)
        if told:
            return told
    return None


def _has_time(run: Run, text: str) -> bool:
    """Spend the steps for a search in a text; if there are no more, the run says that it is not whole."""
    return run.spares(len(text) // _CHARACTERS_OF_STEP)


def _named(written: Mapping[str, Item], names: Collection[str]) -> list[tuple[str, Item]]:
    """Return the arguments or blocks of these names; the others are not evaluated."""
    return [(name, written[name]) for name in names if name in written]


def unread_of_call(declared: Declared, scope: ScopeOf, run: Run) -> Unread | None:
    """Return the part of a module call's arguments that changes IAM, if the module runs them."""
    written = (local for name, local in declared.arguments().items() if name not in OF_CALLS)
    return _unread([evaluated(local, scope) for local in written], run, None)


def _unread(arguments: list[Argument], run: Run, directories: list[str] | None) -> Unread | None:
    """Return the command that changes IAM. Existing files that it names are read, also from these directories.

    Partly known commands, and files that cannot be read, count only with directories: without, it may be no command.
    """
    if not arguments:
        return None
    from iamlint.sources.terraform.evaluation.command.scripts import named_files

    is_command = directories is not None
    for argument in arguments:
        for text in _texts(argument.value):
            found = changes_iam(text) if _has_time(run, text) else None
            if found:
                return f"runs a command that changes IAM, which is not read: {_excerpt(found)}", argument.at
            for one in named_files(text, run.files, directories or (), run.spares, is_command=is_command):
                found = changes_iam(one.text) if one.text and _has_time(run, one.text) else None
                if found:
                    reason = f"runs a command that changes IAM, which is not read (in {one.name}): {_excerpt(found)}"
                    return reason, argument.at
                if one.reason and is_command:
                    return f"runs a command that may change IAM: {one.reason}", argument.at
    for argument in arguments if is_command else ():
        why = _may_hide(argument.value)
        if why:
            return f"runs a command that may change IAM, and is not known in full: {why.reason}", argument.at
    return None


def _unknown_command(written: Mapping[str, Argument], has_time: Callable[[str], bool]) -> Unread | None:
    """Return a wholly unknown command: it may be any."""
    for name, argument in _named(written, _LINES):
        value = argument.value
        lines = [" ".join(_in_order(value))] if name == "program" else list(_alternatives(value))
        why = _unknown_part(value)
        if why and any(_RUNS_UNKNOWN.search(line) for line in lines if has_time(line)):
            return f"runs a command that may change IAM, and is not known in full: {why.reason}", argument.at
    return None


def _alternatives(value: Value) -> Iterator[str]:
    """Yield the texts in a value, with unknown parts as `HOLE`; of one of several texts, each of these."""
    for part in _parts(value):
        if isinstance(part.structure, Partial):
            for option in part.structure.parts:
                yield from _alternatives(option.value)
        elif isinstance(part.data, str | Unknown):
            yield _with_unknown_parts(part.data)


def _parts(value: Value) -> Iterator[Value]:
    try:
        yield from parts(value)
    except (UnknownResult, EvaluationError):
        return


def _unknown_part(value: Value) -> Unknown | None:
    return next((part.unknown for part in _parts(value) if part.unknown), None)


def _may_hide(value: Value) -> Unknown | None:
    """Return why a value is not known in full, if the unknown part may be a command that changes IAM.

    That is so if a file exceeds the bound: padding would hide what is in it.
    """
    why = _unknown_part(value)
    return why if why and ("is larger than" in why.reason or any(map(_may_change, _texts(value)))) else None


def _may_change(text: str) -> bool:
    """Whether the part of a command line that determines its action is unknown."""
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
    written = list(_parts(value))
    yield from (_with_unknown_parts(part.data) for part in written if isinstance(part.data, str | Unknown))
    for part in written:
        if isinstance(part.structure, Partial):  # a part of a collection, or one of several texts
            for option in part.structure.parts:
                yield from _texts(option.value)
    if isinstance(value.data, tuple):
        yield " ".join(_in_order(value))


def _in_order(value: Value) -> Iterator[str]:
    """Yield the words of a command: a text, or the texts of a list."""
    items = value.data if isinstance(value.data, tuple) else (value,)
    yield from (_with_unknown_parts(item.data) for item in items if isinstance(item.data, str | Unknown))


def _with_unknown_parts(text: str | Unknown) -> str:
    if isinstance(text, str):
        return text
    return text.masked() or HOLE


def _excerpt(found: re.Match[str]) -> str:
    """Return the matching line, from the start of the IAM part."""
    text = found.string
    start = text.rfind("\n", 0, found.start()) + 1
    line = text[start:].partition("\n")[0].strip()
    shown = line if len(line) <= _LONGEST else f"…{text[found.start() : found.start() + _LONGEST]}…".replace("\n", " ")
    after = text.find("\n", found.end()) if len(line) <= _LONGEST else found.end()
    more = sum(1 for _ in islice(CHANGES_IAM.finditer(text, after), _MOST_COUNTED)) if after >= 0 else 0
    return shown.replace(HOLE, "${…}") + (f" and {more} more" if more else "")
