"""Recognises texts that are not exports by the words that they lack, without parsing them.

Directories are full of JSON and YAML of other programs, and to parse those takes longer than to read Terraform's files.
"""

from __future__ import annotations

import re
from functools import cache

from iamlint.basics.lazy_regex import regex
from iamlint.sources.marks import is_link, mark

_PARTS = ("etag", "version", "auditConfigs")
"""The keys of a policy without bindings: it has no others."""
_EXPORTS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("bindings", *_PARTS),),
    (("apiVersion",), ("kind",)),
    (("roles/",), ("stage", "title"), ("name",)),
    (("policy",), ("type",), ("id",)),
    (("/policies/",), ("spec",)),
    (("constraint",), ("booleanPolicy", "listPolicy", "restoreDefault")),
    (("groups/",), ("groupKey", "memberKey", "preferredMemberKey")),
    (("folders/",), ("parent",)),
    (("organizations/",), ("owner", "directoryCustomerId")),
    (("ACLs",), ("policy",)),
    (
        ("resources",),
        ("gcp:", "google-native:", "accessControl", "action", "gcp-types/", ".v1.", "IAM"),
        ("type", "action"),
    ),
    (("patches", "patchesJson6902", "patchesStrategicMerge", "replacements"),),
    (
        (
            *("DenyPolicy", "/denypolicies/", "denyRule", "/principalAccessBoundaryPolicies/", "/policyBindings/"),
            *("policyKind", "mainAnalysis", "analysisResults", "asset_type", "assetType", "includedPermissions"),
            *("uniqueId", "keyType", "/keys/", "/services/", "projectNumber", "/workloadIdentityPools/"),
            *("/workforcePools/", "tagKeys/", "tagValues/", "tagBindings/", "/accessPolicies/", "/entitlements/"),
            *("storage_url", "iamConfiguration", "ERROR: "),
        ),
    ),
)
"""The words of each kind of document that has a meaning for iamlint. A line is one kind: it has one word of each group.

They follow `kinds.kind_of`, `kubernetes.documents.unread` and `strays.holds_bindings`; a test compares them.
"""


_MARKS = (
    *("googleapis.com/", "polic", "Polic", "roles/", "bindings", "etag", "analysis", "Analysis", "/services/"),
    *("includedPermissions", "uniqueId", "projectNumber", "cnrm.cloud.google.com", "serviceAccounts/", "denyRule"),
    *("workloadIdentityPools", "workforcePools", "folders/", "fullyExplored", "ancestors", "constraints/"),
    *("directoryCustomerId", "organizations/", "asset_type", "assetType", "asset_Type", "assettype", "keyType"),
    *("gserviceaccount.com", "deniedPermissions", "format_version", "lineage", "ERROR: ", '"groupKey"'),
    *("tagKeys/", "tagValues/", "tagBindings/", '"storage_url"', "gcp:", "google-native:"),
)
_MARK_PATTERNS = (
    ("IAM", regex("IAM[A-Z]")),
    ("iam.", regex(r"\biam\.")),
    ("locations/", regex("locations/[a-z0-9-]+/(?:keys|entitlements|accessPolicies)/")),
    ("/memberships/", regex(r"groups/[^/\"]+/memberships/")),
)
"""Patterns, each with a text that all its matches have: to look for the text takes less time."""


_ESCAPE = regex(r"\\[0abefvNLP_xuU/ \t\r\n]")
"""An escape sequence of JSON or YAML that may write a character of a word or before it, or join two lines.

Others, such as the ``\\d`` of a pattern, are none in either language.
"""
_OF_NO_WORD = regex(
    r"\\u(?:00(?:[89A-Fa-f][0-9A-Fa-f]|2[67]|3[CEce])|0[1-9A-Fa-f][0-9A-Fa-f]{2}|[1-9A-Fa-f][0-9A-Fa-f]{3})"
)
"""An escape sequence of a character that no word has: ``\\u2014`` is a dash, and many programs write JSON in ASCII.

Others write ``&``, ``'``, ``<`` and ``>`` like this, for HTML.
"""
_WRITES_MARKS = regex(
    r"\\(?:u00|x|U000000)(?:2[D-Fd-f]|3[0-9Aa]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9Aa])|\"[^\"\n]*\\\r?\n"
)
"""An escape sequence that writes a character of a mark, or joins two lines of a text in quotes.

Line continuations of scripts, which many documents of CI contain, are seldom within quotes.
"""
_OF_PARTS = regex(r"\{\s*\"(?:etag|version|auditConfigs)\"")
_OF_PARTS_IN_MEMBERS = regex(r":\s*\{\s*\"(?:etag|version|auditConfigs)\"")
"""The beginning of an object in JSON that may be a policy without bindings, and of one that is a member of another:
that is no document.
"""
_IN_TEXTS = frozenset({"bindings", "DenyPolicy", "IAM"})
"""Words that count in a text of JSON, too: it may be a whole policy, or a type."""
_MOST = 200
"""Maximum number of places of a word within others that are looked at."""


def _has(text: str, word: str, *, is_json: bool = False) -> bool:
    """Whether a text has a word; a part of a path may be anywhere, another word must be a whole one.

    In JSON such a word is a key, but for some.
    """
    at = text.find(word)
    if at < 0 or not word.isidentifier():
        return at >= 0
    if is_json and word not in _IN_TEXTS:
        return _key(word).search(text) is not None and (word not in _PARTS or _may_have_only_parts(text))
    for _ in range(_MOST):
        end = at + len(word)
        if not (_is_of_word(text[at - 1 : at]) or _is_of_word(text[end : end + 1])):
            return True
        at = text.find(word, end)
        if at < 0:
            return False
    return True


@cache
def _key(name: str) -> re.Pattern[str]:
    """Return a pattern of a key in JSON."""
    return regex(rf"\"{name}\"\s*:")


def _may_have_only_parts(text: str) -> bool:
    """Whether a document of JSON, or an item of a list, may be a policy without bindings."""
    return len(_OF_PARTS.findall(text)) > len(_OF_PARTS_IN_MEMBERS.findall(text))


def is_relevant(text: str) -> bool:
    """Whether a text has a word that every export has, and every text with the marks of a plan or an export.

    A file without one is skipped, unless the user named it or its name claims that it is an export.
    """
    if any(word in text for word in _MARKS):
        return True
    if any(word in text and pattern.search(text) for word, pattern in _MARK_PATTERNS):
        return True
    return "\\" in text and _WRITES_MARKS.search(text) is not None


def _is_of_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _has_all_of_a_kind(text: str, *, is_json: bool) -> bool:
    for kind in _EXPORTS:
        for words in kind:
            for word in words:
                if word in text and _has(text, word, is_json=is_json):
                    break
            else:
                break
        else:
            return True
    return False


def is_no_export(text: str, *, is_json: bool = False) -> bool:
    """Whether a text that nobody named or claims as an export is certainly none, and needs no message either.

    ``is_json`` says that it is read as JSON only, where keys are in quotes.
    """
    plain = _without_escapes(text)
    if plain is None or _has_all_of_a_kind(plain, is_json=is_json) or _may_bind(plain):
        return False
    return not is_link(text) and mark(text) is None


def may_hold_bindings(text: str) -> bool:
    """Whether a text may have bindings, in whatever document, or a policy as a text."""
    plain = _without_escapes(text)
    return plain is None or "bindings" in plain or _may_bind(plain)


def _may_bind(text: str) -> bool:
    """Whether a text may have an object with members and a role, whatever the case of its keys."""
    if "roles/" not in text:
        return False
    lower = text.lower()
    return _has(lower, "members") and _has(lower, "role")


def _without_escapes(text: str) -> str | None:
    """Return a text without escape sequences that write no character of a word; None if others are left.

    Such a text is not judged by its words. Line feeds, tabs, quotes and backslashes are left as they are written.
    """
    if "\\u" in text:
        text = _OF_NO_WORD.sub(" ", text)
    return None if "\\" in text and _ESCAPE.search(text) else text
