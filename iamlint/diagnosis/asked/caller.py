"""Who calls: the forms of ``--caller``, and the principal that each one is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.facts import Principal
from iamlint.principals import read_principal

CallerKind = Literal["principal", "token", "ksa", "machine", "unknown"]
"""A principal of Google's, the token of an external issuer, a Kubernetes service account, the account of a machine, or
an unknown caller, if neither the user nor the error nor the input names one."""

GITHUB, GITLAB = "https://token.actions.githubusercontent.com", "https://gitlab.com"
MACHINES: Mapping[str, tuple[str, ...]] = {
    "vm": ("compute_instance", "compute_instance_from_template", "compute_instance_from_machine_image"),
    "nodepool": ("container_node_pool", "container_cluster"),
    "template": ("compute_instance_template", "compute_region_instance_template"),
}
"""The kinds of resources that a machine's name may be of, as facts name them."""


class BadCallerError(ValueError):
    """The text of a caller has no form that is known; the message says which forms there are."""


@frozen
class Caller:
    """Who calls. ``text`` is as the user wrote it.

    ``principal`` is set for "principal"; ``claims`` are those of the token, for "token". A "ksa" has ``project``,
    ``namespace`` and ``name``; a "machine" has the ``kinds`` of resources that its ``name`` may be of.
    """

    text: str
    kind: CallerKind
    principal: Principal | None = None
    claims: Mapping[str, str] = field(default_factory=dict)
    project: str = ""
    namespace: str = ""
    name: str = ""
    kinds: tuple[str, ...] = ()


NOBODY_NAMED = Caller("somebody", "unknown")
"""The caller of an error that says what is wrong and not who called."""


def read_caller(text: str, claims: Mapping[str, str]) -> Caller:
    """Return the caller that a text names, with the claims given for its token. Raises `BadCallerError`."""
    prefix, colon, rest = text.strip().partition(":")
    rest = rest.strip()
    match prefix.lower() if colon and rest else "":
        case "github":
            return Caller(text, "token", claims=_github(rest, claims))
        case "gitlab":
            return Caller(text, "token", claims=_gitlab(rest, claims))
        case "oidc":
            return Caller(text, "token", claims={"sub": rest, **claims})
        case "ksa":
            return _ksa(text, rest)
        case "vm" | "nodepool" | "template" as kind:
            return Caller(text, "machine", name=rest, kinds=MACHINES[kind])
        case _:
            return _principal(text.strip())


def _github(repository: str, claims: Mapping[str, str]) -> dict[str, str]:
    """Return the claims that GitHub's tokens of a repository certainly have.

    Source: https://docs.github.com/en/actions/reference/security/oidc
    """
    owner, slash, name = repository.partition("/")
    if not slash or not owner or not name or "/" in name:
        raise BadCallerError(f"{repository!r} is not OWNER/REPOSITORY")
    return {"iss": GITHUB, "repository": repository, "repository_owner": owner, **claims}


def _gitlab(project: str, claims: Mapping[str, str]) -> dict[str, str]:
    """Return the claims that GitLab's tokens of a project certainly have.

    Source: https://docs.gitlab.com/ci/secrets/id_token_authentication/
    """
    group, slash, name = project.rpartition("/")
    if not slash or not group or not name:
        raise BadCallerError(f"{project!r} is not GROUP/PROJECT")
    return {"iss": GITLAB, "project_path": project, "namespace_path": group, **claims}


def _ksa(text: str, rest: str) -> Caller:
    parts = rest.split("/")
    if len(parts) != 3 or not all(parts):
        raise BadCallerError(f"{rest!r} is not PROJECT/NAMESPACE/NAME")
    project, namespace, name = parts
    return Caller(text, "ksa", project=project.removesuffix(".svc.id.goog"), namespace=namespace, name=name)


_GKE = regex(r"serviceAccount:(?P<project>[^@\[\]]+)\.svc\.id\.goog\[(?P<namespace>[^/\]]*)/(?P<name>[^\]]*)\]\Z")
_GKE_DIRECT = regex(
    r"principal://iam\.googleapis\.com/projects/\d+/locations/global/workloadIdentityPools/"
    r"(?P<project>[^/]+)\.svc\.id\.goog/subject/ns/(?P<namespace>[^/]+)/sa/(?P<name>[^/]+)\Z"
)


def _principal(text: str) -> Caller:
    found = _GKE.match(text) or _GKE_DIRECT.match(text)
    if found:
        return Caller(text, "ksa", project=found["project"], namespace=found["namespace"], name=found["name"])
    principal = read_principal(text if ":" in text else _with_prefix(text))
    if principal.kind in ("malformed", "unknown", "deleted"):
        forms = "user:, group:, serviceAccount:, principal://, github:, gitlab:, oidc:, ksa:, vm:, nodepool:, template:"
        raise BadCallerError(f"{text!r} is not a caller that iamlint knows: {forms}")
    return Caller(text, "principal", principal)


def _with_prefix(email: str) -> str:
    """Return an e-mail as a principal: accounts are known by their domain."""
    return f"serviceAccount:{email}" if email.lower().endswith("gserviceaccount.com") else f"user:{email}"
