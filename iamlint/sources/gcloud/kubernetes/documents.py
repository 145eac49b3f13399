"""Kubernetes documents: opens lists, and reports documents about IAM that iamlint does not read.

Sources: https://kubernetes.io/docs/reference/using-api/api-concepts/#collections and
https://cloud.google.com/config-connector/docs/reference/overview
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from iamlint.basics.lazy_regex import regex
from iamlint.documents.parts import get, text
from iamlint.documents.values import Value
from iamlint.facts import Declaration, UnreadPart
from iamlint.sources.gcloud.kubernetes.config_connector import KINDS

_CONNECTOR = "cnrm.cloud.google.com"
_OTHER_CLOUDS = regex(r"aws|azure|alibaba|alicloud|ibm|openstack|oracle|yandex")
_ABOUT_IAM = regex(r"IAM(?=[A-Z]|\Z)|ServiceAccountKey\Z|PrivilegedAccessManager")
"""Kinds that grant something or make credentials, in any of Google Cloud's groups."""
_ACCOUNT = "IAMServiceAccount"
"""The kind that alone grants nothing."""
_MOST_LOOKED_AT = 20_000
"""Maximum number of values of a document that are searched for other documents."""


def members(document: Value) -> Iterator[Value]:
    """Yield the documents of a list (``kind: List``, ``IAMPolicyMemberList``, a bare list), or the document itself.

    Items of a list of one kind may omit it: they have the list's kind.
    """
    match document.data:
        case tuple() as found if any(_is_document(item) for item in found):
            for item in found:
                yield from members(item)
        case dict() as entries if _is_document(document) and isinstance(get(document, "items").data, tuple):
            kind = text(entries["kind"]) or ""
            if not kind.endswith("List"):
                yield document
                return
            for item in _items(entries, kind):
                yield from members(item)
        case _:
            yield document


def _items(entries: dict[str, Value], kind: str) -> Iterator[Value]:
    version, of = entries["apiVersion"], kind.removesuffix("List")
    for item in entries["items"].data if isinstance(entries["items"].data, tuple) else ():
        if of and isinstance(item.data, dict) and not _is_document(item):
            yield Value({"apiVersion": version, "kind": Value(of, entries["kind"].at), **item.data}, item.at)
        else:
            yield item


def _is_document(value: Value) -> bool:
    return bool(text(get(value, "apiVersion")) and text(get(value, "kind")))


def unread(document: Value) -> UnreadPart | None:
    """Return an unread part for a document about IAM in Google Cloud that iamlint does not read; None for others.

    Documents of other programs contain such documents, too: compositions, work for clusters, values of charts.
    """
    if not _is_document(document):
        return None
    group, kind = _group_and_kind(document)
    if _is_about_iam(group, kind, group.endswith(_CONNECTOR) and kind in KINDS):
        return UnreadPart(f"iamlint does not read {kind} of {group}", Declaration(document.location, kind))
    inner = None if group.endswith(_CONNECTOR) else next(_inner(document), None)
    if inner is None:
        return None
    return UnreadPart(f"iamlint does not read {text(get(inner, 'kind'))} in {kind}", Declaration(inner.location, kind))


def _inner(document: Value) -> Iterator[Value]:
    """Yield the documents about IAM in a document, up to a number of values."""
    left, waiting = _MOST_LOOKED_AT, [document]
    while waiting and left:
        current, left = waiting.pop(), left - 1
        waiting += current.data.values() if isinstance(current.data, dict) else ()
        waiting += current.data if isinstance(current.data, tuple) else ()
        group, kind = _group_and_kind(current)
        if group and isinstance(get(current, "spec").data, dict) and _is_about_iam(group, kind, kind == _ACCOUNT):
            yield current


def _group_and_kind(document: Value) -> tuple[str, str]:
    return (text(get(document, "apiVersion")) or "").rpartition("/")[0], text(get(document, "kind")) or ""


def _is_about_iam(group: str, kind: str, is_harmless: bool) -> bool:
    labels = re.split(r"[.-]", group)
    if is_harmless or _OTHER_CLOUDS.search(group):
        return False
    if group.endswith(_CONNECTOR):
        return labels[0] == "iam" or _ABOUT_IAM.search(kind) is not None
    return "iam" in labels or (bool({"gcp", "google"} & set(labels)) and _ABOUT_IAM.search(kind) is not None)
