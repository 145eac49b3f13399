"""What people believe that a role contains, and it does not."""

from __future__ import annotations

from collections.abc import Mapping

_TOKENS = ("getAccessToken", "getOpenIdToken", "signBlob", "signJwt", "implicitDelegation")
_NOTES: Mapping[str, str] = {
    "roles/owner": "Owner cannot mint tokens; it can only grant that permission",
    "roles/editor": "Editor cannot mint tokens",
    "roles/admin": "no list of the permissions of this role is public",
    "roles/iam.serviceAccountUser": "Service Account User lets its holder attach the account to a resource (actAs), "
    "not mint its tokens",
    "roles/iam.serviceAccountAdmin": "Service Account Admin manages the account and its policy, and mints no tokens",
    "roles/iam.serviceAccountKeyAdmin": "Service Account Key Admin creates keys, and mints no tokens",
    "roles/iam.serviceAccountOpenIdTokenCreator": "OpenID Connect Identity Token Creator gives ID tokens only",
    "roles/iam.workloadIdentityUser": "Workload Identity User gives access tokens and ID tokens, and signs nothing",
    "roles/iam.serviceAccountTokenCreator": "Token Creator gives tokens and does not contain actAs: to attach the "
    "account to a resource takes Service Account User",
    "roles/viewer": "Viewer only reads",
}
"""Sources: https://cloud.google.com/iam/docs/service-account-permissions and the role catalogue."""


def note_on(role: str, permission: str) -> str:
    """Return a note on a role that lacks a permission of service accounts, as the rest of a sentence."""
    if not permission.startswith("iam.serviceAccounts."):
        return ""
    if role in ("roles/owner", "roles/editor") and permission.rpartition(".")[2] not in _TOKENS:
        return ""
    note = _NOTES.get(role)
    return f" ({note})" if note else ""
