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
    """Return an unread part for a document about IAM in Google Cloud that iamlint does not read; None for others."""
    group, kind = (text(get(document, "apiVersion")) or "").rpartition("/")[0], text(get(document, "kind")) or ""
    if not _is_document(document) or _OTHER_CLOUDS.search(group) or not _is_about_iam(group, kind):
        return None
    return UnreadPart(f"iamlint does not read {kind} of {group}", Declaration(document.location, kind))


def _is_about_iam(group: str, kind: str) -> bool:
    labels = re.split(r"[.-]", group)
    if group.endswith(_CONNECTOR):
        return kind not in KINDS and (labels[0] == "iam" or _ABOUT_IAM.search(kind) is not None)
    return "iam" in labels or (bool({"gcp", "google"} & set(labels)) and _ABOUT_IAM.search(kind) is not None)
