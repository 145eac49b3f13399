"""Recognises texts that are not exports by the words that they lack, without parsing them.

Directories are full of JSON and YAML of other programs, and to parse those takes longer than to read Terraform's files.
"""

from __future__ import annotations

from iamlint.basics.lazy_regex import regex
from iamlint.sources.marks import is_link, mark

_EXPORTS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("bindings", "etag", "version", "auditConfigs"),),
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
    (("patches", "patchesJson6902", "patchesStrategicMerge"),),
    (
        (
            *("DenyPolicy", "/denypolicies/", "denyRule", "/principalAccessBoundaryPolicies/", "/policyBindings/"),
            *("policyKind", "mainAnalysis", "analysisResults", "asset_type", "assetType", "includedPermissions"),
            *("uniqueId", "keyType", "/keys/", "/services/", "projectNumber", "workloadIdentityPools"),
            *("workforcePools", "tagKeys/", "tagValues/", "tagBindings/", "/accessPolicies/", "/entitlements/"),
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
_BEYOND_ASCII = regex(r"\\u(?:00[89A-Fa-f]|0[1-9A-Fa-f][0-9A-Fa-f]|[1-9A-Fa-f][0-9A-Fa-f]{2})[0-9A-Fa-f]")
"""An escape sequence of a character that no word has: ``\\u2014`` is a dash, and many programs write JSON in ASCII."""
_MOST = 200
"""Maximum number of places of a word within others that are looked at."""


def _has(text: str, word: str) -> bool:
    """Whether a text has a word; a part of a path may be anywhere, another word must be a whole one."""
    at = text.find(word)
    if at < 0 or not word.isidentifier():
        return at >= 0
    for _ in range(_MOST):
        end = at + len(word)
        if not (_is_of_word(text[at - 1 : at]) or _is_of_word(text[end : end + 1])):
            return True
        at = text.find(word, end)
        if at < 0:
            return False
    return True


def is_relevant(text: str) -> bool:
    """Whether a text has a word that every export has, and every text with the marks of a plan or an export.

    A file without one is skipped, unless the user named it or its name claims that it is an export.
    """
    if any(word in text for word in _MARKS):
        return True
    return any(word in text and pattern.search(text) for word, pattern in _MARK_PATTERNS)


def _is_of_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _has_all_of_a_kind(text: str) -> bool:
    for kind in _EXPORTS:
        for words in kind:
            for word in words:
                if word in text and _has(text, word):
                    break
            else:
                break
        else:
            return True
    return False


def is_no_export(text: str) -> bool:
    """Whether a text that nobody named or claims as an export is certainly none, and needs no message either.

    An escape sequence may write any character of a word, so texts with one are not judged here, unless it writes a
    line feed, a tab, a quote, a backslash or a character beyond ASCII.
    """
    if "\\u" in text:
        text = _BEYOND_ASCII.sub(" ", text)
    if "\\" in text and _ESCAPE.search(text):
        return False
    if _has_all_of_a_kind(text):
        return False
    lower = text.lower()
    if _has(lower, "members") and _has(lower, "role"):  # bindings, whatever the case of their keys
        return False
    return not is_link(text) and mark(text) is None
