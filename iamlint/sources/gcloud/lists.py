"""Opens lists of documents: those of Kubernetes, and responses of Google's APIs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from iamlint.documents.parts import get, text
from iamlint.documents.values import Value
from iamlint.facts import Declaration, UnreadPart
from iamlint.sources.gcloud.kubernetes.documents import members
from iamlint.sources.gcloud.recognition.kinds import Kind, kind_of

_ANSWERS: Mapping[str, frozenset[Kind]] = {
    "accounts": frozenset({"service_account"}),
    "assets": frozenset({"asset"}),
    "folders": frozenset({"folder"}),
    "entitlements": frozenset({"entitlement"}),
    "groups": frozenset({"group"}),
    "items": frozenset({"bucket"}),
    "keys": frozenset({"key", "api_key"}),
    "memberships": frozenset({"membership"}),
    "organizations": frozenset({"organization"}),
    "policies": frozenset({"deny_policy", "org_policy"}),
    "policyBindings": frozenset({"policy_binding"}),
    "principalAccessBoundaryPolicies": frozenset({"boundary_policy"}),
    "projects": frozenset({"project"}),
    "results": frozenset({"search"}),
    "roles": frozenset({"role"}),
    "services": frozenset({"service"}),
    "tagBindings": frozenset({"tag_binding"}),
    "tagKeys": frozenset({"tag_key"}),
    "tagValues": frozenset({"tag_value"}),
    "workforcePoolProviders": frozenset({"provider"}),
    "workforcePools": frozenset({"pool"}),
    "workloadIdentityPoolProviders": frozenset({"provider"}),
    "workloadIdentityPools": frozenset({"pool"}),
}
"""The list fields of API responses, with the kinds of their items.

Source: https://cloud.google.com/apis/design/design_patterns
"""


def opened(document: Value) -> Iterator[Value]:
    """Yield the documents of a list, or the document itself."""
    answer = _answer(document)
    if answer is None:
        yield from members(document)
    else:
        yield answer


def _answer(document: Value) -> Value | None:
    """Return the list in an API's response."""
    for name, kinds in _ANSWERS.items():
        listed = get(document, name)
        if isinstance(listed.data, tuple) and kind_of(listed) in kinds:
            return listed
    return None


def more(document: Value) -> UnreadPart | None:
    """Return an unread part for a response that is one page of several; None if it is complete, or another text."""
    if not text(get(document, "nextPageToken")) or _answer(document) is None:
        return None
    reason = "the list has further pages, which are not in the input (nextPageToken)"
    return UnreadPart(reason, Declaration(document.location, "export"))
