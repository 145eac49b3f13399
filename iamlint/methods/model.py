"""Methods: the permissions that each needs, and what it gives over which account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from iamlint.basics.frozen import frozen

ACT_AS = "iam.serviceAccounts.actAs"
"""The permission to attach an account. Source: https://cloud.google.com/iam/docs/attach-service-accounts"""

Group = Literal[
    "token",
    "sign",
    "id-token",
    "delegate",
    "key",
    "policy",
    "role",
    "attach-create",
    "attach-update",
    "use-attached",
    "content",
    "agents",
    "kubernetes",
    "federation",
    "guardrails",
    "groups",
    "second-order",
]
GROUPS: Mapping[Group, str] = {
    "token": "Request an access token",
    "sign": "Sign as the account",
    "id-token": "Request an ID token",
    "delegate": "Be a delegate in a chain",
    "key": "Create or revive a credential of the account",
    "policy": "Change a policy",
    "role": "Change a custom role",
    "attach-create": "Create something that runs as the account",
    "attach-update": "Update something so that it runs as the account",
    "use-attached": "Use something that already runs as the account",
    "content": "Change what something runs",
    "agents": "Use what runs as a Google service agent",
    "kubernetes": "Use a Kubernetes cluster",
    "federation": "Change who a federation trusts",
    "guardrails": "Remove what blocks a method",
    "groups": "Change a group",
    "second-order": "Read a credential of the account",
}
"""The groups, which are the folders of the documents, in the order of the list."""

Place = Literal[
    "account", "account_project", "project", "container", "folder", "organization", "resource", "another_resource"
]
PLACES: Mapping[Place, str] = {
    "account": "on the account, or above it",
    "account_project": "on the account's project, or above it",
    "project": "on the project of the resource, or above it",
    "container": "on the project, folder or organization that it is used on, or above it",
    "folder": "on the folder, or above it",
    "organization": "on the organization",
    "resource": "on the resource, or above it",
    "another_resource": "on another resource that takes part, or above it",
}
"""Where a permission must be granted."""

ActAs = Literal["no", "named", "attached", "on_change"]

Yield = Literal[
    "identity",
    "code",
    "calls",
    "id_token",
    "data",
    "prepared",
    "kubernetes",
    "credential",
    "delegation",
    "opens",
    "nothing",
]
YIELDS: Mapping[Yield, str] = {
    "identity": "the whole identity of the account: access tokens or a key",
    "code": "code that runs as the account and gets its access token",
    "calls": "calls with the account's access token",
    "id_token": "an ID token of the account for one audience",
    "data": "data that the account may read or write, without a token",
    "prepared": "a start of what somebody else has prepared",
    "kubernetes": "a Kubernetes identity, and the account that is bound to it",
    "credential": "a stored credential, if there is one",
    "delegation": "a place in a chain of delegates",
    "opens": "the right to another method, or the end of what blocks it",
    "nothing": "nothing by itself",
}
"""What a method gives, the strongest first."""

Reach = Literal["named", "below", "attached", "agent", "default", "workloads", "federated", "resource", "outside"]
REACHES: Mapping[Reach, str] = {
    "named": "the account that the caller names",
    "below": "every account below the project, folder or organization",
    "attached": "the account that an existing resource runs as",
    "agent": "a Google service agent of the project",
    "default": "a default service account of the project",
    "workloads": "every account that Kubernetes workloads of the project may become",
    "federated": "every account that identities of the pool may become",
    "resource": "no account that IAM names; the resource is changed or read",
    "outside": "no permission in IAM decides it",
}
"""Which accounts a method reaches."""

Certainty = Literal["certain", "likely", "claimed"]


@frozen
class Need:
    """A permission that a method needs, and where it must be granted."""

    permission: str
    on: Place


@frozen
class Agent:
    """A Google-managed account: its e-mail, with ``NUMBER`` for the project's number, and its default role there."""

    email: str
    role: str = ""


@frozen
class Method:
    """A way to become a service account, or to prepare it.

    ``needs`` are all necessary, in addition to `ACT_AS` as ``act_as`` says: "named" on the account that the caller
    names, "attached" also on the account that stays attached, "on_change" only if the account changes. ``runs`` are the
    kinds of resources (Terraform's type without ``google_``) whose account an "attached" method reaches. ``ended`` says
    since when the method no longer works.
    """

    id: str
    group: Group
    title: str
    needs: tuple[Need, ...]
    yields: Yield
    reaches: Reach
    certainty: Certainty
    act_as: ActAs = "no"
    runs: tuple[str, ...] = ()
    agent: Agent | None = None
    ended: str = ""

    @property
    def needs_act_as(self) -> bool:
        """Whether the caller needs `ACT_AS` on the account."""
        return self.act_as in ("named", "attached") or (self.act_as == "on_change" and self.reaches == "named")

    @property
    def apart(self) -> str:
        """Why it counts in addition to a better method onto the same node: it reaches something else; "" otherwise."""
        return self.group if self.group == "delegate" else "default" if self.reaches == "default" else ""

    @property
    def permissions(self) -> tuple[str, ...]:
        """The permissions that are needed, `ACT_AS` last where it is."""
        own = tuple(need.permission for need in self.needs)
        return (*own, ACT_AS) if self.needs_act_as and ACT_AS not in own else own
