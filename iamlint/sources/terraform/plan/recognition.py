"""Distinguishes plans and states from other output of Terraform and other files, by content, in this order.

1. JSON documents: plans and states, one or several in a file, also with log lines around them. 2. Other output of
Terraform: an error that names the command to write a plan as JSON. 3. A text that begins like a plan or state and
cannot be read: an error in any directory.
"""

from __future__ import annotations

import re
from pathlib import Path

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.documents import read_json_among_lines, read_json_documents
from iamlint.documents.parts import members
from iamlint.documents.values import NULL, Value
from iamlint.facts import Declaration, UnreadPart
from iamlint.files.tree import Tree
from iamlint.location import Location, SourceText, Unreadable
from iamlint.sources.marks import is_template, plan_mark
from iamlint.sources.names import usual
from iamlint.sources.reading import Reading
from iamlint.sources.terraform.plan.raw_state import is_raw_state, unsupported

SHOW = "write the plan with terraform show -json FILE > plan.json"
STATE = "write the state with terraform show -json > state.json"

_SHAPES = ("resource_changes", "planned_values", "values", "prior_state", "deferred_changes")
_DEEPEST = 4
"""Maximum depth of a plan in a document."""
MOST = 50
"""Maximum number of plans and states that are read from one file."""
_MARKS = regex(r'"(?:format_version|terraform_version|lineage|resource_changes|instances|root_module|@level)\\?"')
"""Every plan and state, and every message of Terraform, contains one of these, also within a text of JSON."""
_MESSAGES = regex(r'^[ \t]*\{[ \t]*"@level"[ \t]*:.*"@module"[ \t]*:[ \t]*"(?:terraform|tofu)\.ui"', re.MULTILINE)
"""A line of ``terraform plan -json``. Source: https://developer.hashicorp.com/terraform/internals/machine-readable-ui"""
_FOR_PEOPLE = regex(
    r"^(?:\x1b\[[0-9;]*m)*(?:Terraform|OpenTofu) (?:used the selected providers to generate the following execution"
    r"|will perform the following actions:|planned the following actions, but then encountered)",
    re.MULTILINE,
)
_NAME = regex(r"(?:^|[-_.])(?:tf)?plan\.json\Z|\.tfstate\Z|\.tfplan(?:\.json)?\Z|^tfplan\Z")
_OUTPUT = {"sensitive", "type", "value"}


@frozen
class PlanDocuments:
    """The plans and states of a file, its other documents, and why a part of it is not read."""

    documents: tuple[Value, ...] = ()
    errors: tuple[Unreadable, ...] = ()
    unread: str | None = None


def is_plan(document: Value) -> bool:
    """Whether a document is a plan or a state: it has the format's version, and resources or changes of them.

    Changes or values alone make one, too: HCP Terraform and ``jq`` omit the version.
    """
    data = document.data
    if not isinstance(data, dict):
        return False
    return (
        any(shape in data for shape in _SHAPES) if "format_version" in data else _has_changes(data) or _has_values(data)
    )


def _has_changes(data: dict[str, Value]) -> bool:
    changes = data.get("resource_changes", NULL).data
    first = changes[0].data if isinstance(changes, tuple) and changes else None
    return isinstance(first, dict) and {"address", "change"} <= first.keys()


def _has_values(data: dict[str, Value]) -> bool:
    before = data.get("prior_state", NULL).data
    parts = (data.get("planned_values"), data.get("values"), before.get("values") if isinstance(before, dict) else None)
    return any(part and isinstance(part.data, dict) and "root_module" in part.data for part in parts)


def is_plan_name(path: str) -> bool:
    """Whether a file has the name of a plan or a state: ``plan.json``, ``prod.tfplan.json``, ``x.tfstate``."""
    return _NAME.search(usual(path.rpartition("/")[2])) is not None


def is_binary_plan(path: Path, tree: Tree) -> bool:
    """Whether a file is the output of ``terraform plan -out``: a zip archive that begins with ``tfplan``."""
    try:
        if not tree.is_file(path):  # opening a pipe waits for a writer
            return False
        with tree.open(path) as file:
            head = file.read(64)
    except OSError:
        return False
    return head.startswith(b"PK\x03\x04") and head[30:].startswith((b"tfplan", b"tfstate", b"tfconfig"))


def binary_plan(shown: str, *, named: bool) -> Reading:
    """Return the result for a binary plan: an error if the user named it, or if its name says that it is JSON.

    Otherwise somebody left it next to the source that it was made of: an unread part.
    """
    at, reason = Location(shown), "this is a plan in Terraform's binary form"
    if named or usual(shown).endswith(".json"):
        return Reading(errors=[Unreadable(at, reason, SHOW)])
    return Reading(facts=[UnreadPart(f"{reason}, which is not read: {SHOW}", Declaration(at, "file"))])


def plan_documents(source: SourceText, *, named: bool) -> PlanDocuments | None:
    """Return the plans and states of a text, or None.

    ``named`` says that the user named the file. Then, and if its name is that of a plan, any other output of Terraform
    is an error, and so is an empty text.
    """
    expected = named or is_plan_name(source.path) or usual(source.path).endswith(".txt")
    if not _MARKS.search(source.text):
        return _other(source, None) if expected else None
    if usual(source.path).endswith((".yaml", ".yml")) and not source.text.lstrip().startswith("{"):
        return None  # a text that quotes a plan
    found = _documents(source)
    if isinstance(found, tuple):
        listed = tuple(one for document in found for one in _listed(document))
        if any(map(_is_ours, listed)):
            return _sorted(source, listed)
        if lost := _lost(source, found, expected=expected):
            return _quoted(source, found) or lost
    if _MESSAGES.search(source.text):
        return _error(source, "these are the messages of terraform plan -json or apply -json, not a plan")
    if isinstance(found, Unreadable):
        cut = Unreadable(found.at, f"this begins like a plan or state of Terraform, but: {found.reason}", SHOW)
        return PlanDocuments((), (cut,)) if expected or plan_mark(source.text) else None
    return _other(source, found) if expected else None


def _listed(document: Value) -> tuple[Value, ...]:
    """Return the plans in a list of them, as ``jq --slurp`` makes it, or the document itself."""
    items = document.data
    return items if isinstance(items, tuple) and any(map(_is_ours, items)) else (document,)


def _lost(source: SourceText, documents: tuple[Value, ...], *, expected: bool) -> PlanDocuments | None:
    """Return the result for documents that contain a plan, or only the marks of one; None for others."""
    if any(map(_is_hollow, documents)):
        return _error(source, "this has the marks of a plan or state, but none of its parts")
    if not any(_holds_ours(document, _DEEPEST) for document in documents):
        return None
    reason = "the file holds a plan or state within a document of a kind that iamlint does not read"
    return _error(source, reason) if expected else PlanDocuments(unread=reason)


def _quoted(source: SourceText, documents: tuple[Value, ...]) -> PlanDocuments | None:
    """Return the plans in the texts of documents; None if a text has none, or cannot be read."""
    from iamlint.sources.terraform.plan.quoted_plans import quoted_texts

    found: list[Value] = []
    for text in (one for document in documents for one in quoted_texts(source, document, _DEEPEST)):
        inner = read_json_documents(text)
        listed = tuple(one for document in inner for one in _listed(document)) if isinstance(inner, tuple) else ()
        if not any(map(_is_ours, listed)):
            return None
        found += listed
    return _sorted(source, tuple(found)) if found else None


def _is_hollow(document: Value) -> bool:
    """Whether a document has both version keys of plans and states, and none of their other keys.

    Other commands of Terraform (``validate``, ``providers schema``, ``version``) print one of them, and so does an
    empty state. Checked with Terraform 1.11.
    """
    data = document.data
    return isinstance(data, dict) and {"format_version", "terraform_version"} <= data.keys() and not is_plan(document)


def _holds_ours(document: Value, levels: int) -> bool:
    if _is_ours(document):
        return True
    match document.data:
        case dict() as entries if levels:
            return any(_holds_ours(item, levels - 1) for item in entries.values())
        case tuple() as items if levels:
            return any(_holds_ours(item, levels - 1) for item in items)
        case str() as text:  # {"stdout": "{…}"}, as a step of a pipeline keeps the output of a command
            return plan_mark(text) is not None
        case _:
            return False


def _documents(source: SourceText) -> tuple[Value, ...] | Unreadable:
    found = read_json_documents(source)
    if isinstance(found, tuple):
        return found
    among_lines = read_json_among_lines(source)
    if isinstance(among_lines, tuple) and not any(map(_is_ours, among_lines)):
        return found
    return among_lines


def _sorted(source: SourceText, documents: tuple[Value, ...]) -> PlanDocuments:
    """Return the plans and states among documents; the others are errors, and so are more than `MOST`."""
    wrong = [(document, _wrong(document)) for document in documents]
    errors = [error for _, error in wrong if error]
    plans = [document for document, error in wrong if error is None]
    if len(errors) > MOST:
        more = Unreadable(Location(source.path), f"{len(errors) - MOST} more documents are neither a plan nor a state")
        errors = [*errors[:MOST], more]
    if len(plans) > MOST:
        reason = f"{len(plans)} plans in one file, of which {MOST} are read"
        errors.append(Unreadable(Location(source.path), reason, "write each plan to a file of its own"))
    return PlanDocuments(tuple(plans[:MOST]), tuple(errors))


def _is_ours(document: Value) -> bool:
    return is_plan(document) or is_raw_state(document)


def _wrong(document: Value) -> Unreadable | None:
    """Return the error for an invalid document among plans and states."""
    if is_plan(document):
        return _misspelt(document)
    if is_raw_state(document):
        return unsupported(document)
    at = document.at.source.location(document.at.start, document.at.start + 1) if document.at else Location("")
    return Unreadable(at, "this document is neither a plan nor a state", "the rest of the file is read")


def _misspelt(document: Value) -> Unreadable | None:
    """Return the error for a part of a plan under a key that differs from the correct one only in case."""
    data = members(document)
    for key, value in data.items():
        meant = next((part for part in _SHAPES if part not in data and part == key.lower().replace("-", "_")), None)
        if meant and key != meant:
            return Unreadable(value.location, f'the key "{key}" is not a part of a plan or state', f"is {meant} meant?")
    return None


def _other(source: SourceText, documents: tuple[Value, ...] | None) -> PlanDocuments | None:
    """Return the error for a file that should be a plan, if its real type is known or it is empty."""
    promised, text = is_plan_name(source.path), source.text.strip()
    if text in ("", "null", "{}"):
        return _error(source, "the file is empty, where a plan or state is expected") if promised else None
    if _FOR_PEOPLE.search(source.text):
        return _error(source, "this is a plan as terraform plan or show prints it for people")
    if documents is None and (promised or text.startswith("{")):
        found = read_json_documents(source)
        if isinstance(found, Unreadable):
            is_lost = promised and not is_template(source.text)
            return PlanDocuments((), (Unreadable(found.at, found.reason, SHOW),)) if is_lost else None
        documents = found
    if documents and all(map(_is_outputs, documents)):
        return _error(source, "these are the outputs of terraform output -json, not a state", STATE)
    return None


def _is_outputs(document: Value) -> bool:
    """Whether a document has only outputs: each with a value, a type, and whether it is sensitive."""
    data = document.data
    if not isinstance(data, dict) or not data:
        return False
    return all(isinstance(one.data, dict) and one.data.keys() == _OUTPUT for one in data.values())


def _error(source: SourceText, reason: str, hint: str = SHOW) -> PlanDocuments:
    return PlanDocuments((), (Unreadable(Location(source.path), reason, hint),))
