"""The permissions of a role that matter on service accounts, and what each allows.

Sources: https://cloud.google.com/iam/docs/service-account-permissions and
https://cloud.google.com/iam/docs/attach-service-accounts
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

EdgeKind = Literal["token", "sign", "id_token", "delegate", "key", "policy", "ancestor", "attach"]

EDGE_PERMISSIONS: Mapping[EdgeKind, tuple[str, ...]] = {
    "token": ("iam.serviceAccounts.getAccessToken",),
    "sign": ("iam.serviceAccounts.signBlob", "iam.serviceAccounts.signJwt"),
    "id_token": ("iam.serviceAccounts.getOpenIdToken",),
    "delegate": ("iam.serviceAccounts.implicitDelegation",),
    "key": ("iam.serviceAccountKeys.create",),
    "policy": ("iam.serviceAccounts.setIamPolicy",),
    "ancestor": (
        "resourcemanager.projects.setIamPolicy",
        "resourcemanager.folders.setIamPolicy",
        "resourcemanager.organizations.setIamPolicy",
    ),
    "attach": ("iam.serviceAccounts.actAs",),
}
"""The permissions that make each kind of direct edge, the most common first.

``token``, ``sign``, ``key``, ``policy`` and ``ancestor`` give the whole identity of the account. ``id_token`` does not,
``delegate`` only allows the account in a chain, and ``attach`` also needs a permission to deploy.
"""

IDENTITY: frozenset[EdgeKind] = frozenset({"token", "sign", "key", "policy", "ancestor"})
"""The kinds of edges that give the whole identity of an account by themselves."""

PRIVILEGED: tuple[str, ...] = (
    *(permission for kind in ("token", "sign", "key", "policy", "ancestor") for permission in EDGE_PERMISSIONS[kind]),
    "iam.roles.update",
)
"""The permissions that make an account privileged on a project, folder or organization: each reaches others.

Owner and Editor have some of them. Attaching accounts also counts if the principal can deploy.
"""

TO_GRANT: frozenset[str] = frozenset(PRIVILEGED)
"""A grant of policy administration counts if its holder can grant one of these."""
OF_CALLS: frozenset[str] = frozenset((*EDGE_PERMISSIONS["token"], *EDGE_PERMISSIONS["sign"]))
"""The permissions that give calls to every API as the account."""

_CHANGING = frozenset({"update", "patch", "set", "setIamPolicy"})


def changes(permissions: frozenset[str], viewer: frozenset[str]) -> bool:
    """Whether permissions change what exists; ``viewer`` are those of Viewer, which only reads.

    Adding something (a log entry, a message, a job) changes nothing that exists, so log writers are not strong.
    """
    return any(one.rpartition(".")[2] in _CHANGING and one not in viewer for one in permissions)
