"""The result for a document that is not an export: nothing, unless it was meant to be one.

A directory is full of JSON and YAML of other programs, which are ignored. A file that was certainly an export and
cannot be read is an error. A file that may be an export, or a template of one, is an unread part.
"""

from __future__ import annotations

from collections.abc import Sequence

from iamlint.documents.parts import get, has
from iamlint.documents.values import Value
from iamlint.facts import Declaration, UnreadPart
from iamlint.location import Location, SourceText, Unreadable
from iamlint.sources.gcloud.recognition.no_export import may_hold_bindings
from iamlint.sources.gcloud.recognition.resource_from_path import Claim
from iamlint.sources.gcloud.recognition.strays import holds_bindings
from iamlint.sources.marks import LINK_HINT, is_link, is_template, mark, message
from iamlint.sources.reading import Reading

_OTHERS = (("apiVersion", "kind"), ("steps",), ("$schema",))
"""Keys at the top of documents of other programs: Kubernetes and its likes, Cloud Build, JSON with a schema."""
_EXCLUDE = "what is broken on purpose can be left out with `exclude` in .iamlint.yaml"
AGAIN = f"export it again; {_EXCLUDE}"
_AS_JSON = f"export it with --format=json; {_EXCLUDE}"


def unparsed(source: SourceText, error: Unreadable, claimed: Claim | None, *, named: bool) -> Reading | None:
    """Return the result for a text that cannot be parsed; None if nothing shows that it was meant as a plan or an
    export.
    """
    if is_link(source.text):
        return _link(source, claimed, named=named)
    what = mark(source.text)
    if named:
        return Reading(errors=[error])
    if is_template(source.text):
        reason = f"{claimed.what if claimed else what} is a template here, which is not filled in"
        return _unread(source, reason) if claimed or what else None
    if claimed:
        return Reading(errors=[Unreadable(error.at, error.reason, f"its name says that it is {claimed.what}: {AGAIN}")])
    return Reading(errors=[Unreadable(error.at, error.reason, f"it looks like {what}: {AGAIN}")]) if what else None


def _link(source: SourceText, claimed: Claim | None, *, named: bool) -> Reading:
    if named or claimed:
        return Reading(errors=[Unreadable(Location(source.path), "the file holds only a path", LINK_HINT)])
    return _unread(source, f"the file holds only a path: {LINK_HINT}")


def unrecognised(source: SourceText, documents: Sequence[Value], claimed: Claim | None) -> Reading | None:
    """Return the result for documents of unknown kinds; None if they are ignored or only not exports."""
    at = Location(source.path)
    said = [document for document in documents if document.data is not None]
    if message(source.text):
        return Reading(errors=[Unreadable(at, "the file holds an error message of gcloud", AGAIN)])
    looks = mark(source.text) if any(isinstance(document.data, str) for document in said) else None
    if looks:  # YAML accepts nearly any text as a text
        return Reading(
            errors=[Unreadable(at, "the file is neither JSON nor YAML", f"it looks like {looks}: {_AS_JSON}")]
        )
    if claimed and not said:
        empty = "the file is empty" if not source.text.strip() else "the file holds nothing (null)"
        return Reading(errors=[Unreadable(at, empty, f"its name says that it is {claimed.what}: {AGAIN}")])
    holds = may_hold_bindings(source.text) and any(holds_bindings(document, anywhere=False) for document in said)
    if claimed and claimed.strength != "possible" and not holds and said and all(map(_is_foreign, said)):
        reason = f"the name of the file says that it is {claimed.what}, but its content is another program's"
        return Reading(facts=[UnreadPart(reason, Declaration(at, "export"))], foreign=True)
    if claimed and (claimed.strength == "certain" or holds or any(_is_no_answer(document) for document in said)):
        reason = f"the name of the file says that it is {claimed.what}, but its content is not an export"
        return Reading(errors=[Unreadable(at, reason, AGAIN)])
    if holds:
        return _unread(source, "the file holds an IAM policy within a document of a kind that iamlint does not read")
    return None


def beside_exports(path: str, claimed: Claim, *, among: bool) -> Reading:
    """Return an unread part for another document with a possible export name; ``among`` other exports with such names.

    Alone it is more likely a file of another program.
    """
    reason = f"the name of the file says that it is {claimed.what}, but its content is not an export"
    if among:
        return Reading(errors=[Unreadable(Location(path), reason, AGAIN)])
    if claimed.strength == "likely":
        return Reading(facts=[UnreadPart(reason, Declaration(Location(path), "export"))])
    return Reading()


def _is_foreign(document: Value) -> bool:
    """Whether a document is certainly another program's: it says so, and has no bindings anywhere.

    That it lacks what exports have is not enough: a pull request can replace an export with anything.
    """
    return any(has(document, *keys) for keys in _OTHERS) and not holds_bindings(document, anywhere=True)


def _is_no_answer(document: Value) -> bool:
    """Whether a document is a bare text or number, or an error response of Google's APIs.

    Source: https://cloud.google.com/apis/design/errors#http_mapping
    """
    if not isinstance(document.data, dict | tuple):
        return True
    return has(get(document, "error"), "code", "message") or has(document, "ERROR")


def _unread(source: SourceText, reason: str) -> Reading:
    return Reading(facts=[UnreadPart(reason, Declaration(Location(source.path), "export"))])
