"""The identity that clients configure: the account they impersonate, and the provider. Read from their own files."""

from __future__ import annotations

import configparser
from collections.abc import Iterator
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.documents import read_json, read_yaml
from iamlint.documents.parts import array, get, members
from iamlint.documents.values import Value
from iamlint.location import Location, SourceText, Unreadable

ClientKind = Literal["github-actions", "gitlab", "credentials", "gcloud", "kubernetes"]
ANNOTATION = "iam.gke.io/gcp-service-account"
"""Source: https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity"""
_CREDENTIALS = frozenset({"impersonated_service_account", "external_account", "authorized_user", "service_account"})
"""The types of credential files. Source: https://google.aip.dev/auth/4110"""
_ACCOUNT = regex(r"serviceAccounts/(?P<email>[^/:@\s]+@[^/:@\s]+):")
_AUTH = regex(r"google-github-actions/auth(?:@.*)?\Z")


@frozen
class Client:
    """A client's configuration. A part is None if the file does not state it, or states it by a variable.

    ``caller`` is a principal or an e-mail. ``id_token`` says whether a job may ask its forge for an ID token.
    ``workload`` is ``NAMESPACE/NAME`` of a Kubernetes service account. ``lifetime`` is as written. ``direct`` says that
    the federated identity is used itself, without a service account.
    """

    kind: ClientKind
    at: Location
    target: str | None = None
    delegates: tuple[str, ...] = ()
    provider: str | None = None
    caller: str | None = None
    audience: str | None = None
    id_token: bool | None = None
    environment: str | None = None
    quota_project: str | None = None
    lifetime: str | None = None
    workload: str | None = None
    direct: bool = False


def _text(value: Value, *path: str) -> str | None:
    """Return a text that is stated; None for one that is absent or made of a variable."""
    found = get(value, *path).data
    return found.strip() if isinstance(found, str) and "${{" not in found and "$" not in found and found else None


# -- GitHub and GitLab ---------------------------------------------------------------------------------------------


def workflow_clients(source: SourceText) -> Iterator[Client]:
    """Yield the uses of google-github-actions/auth in a workflow. Source: https://github.com/google-github-actions/auth"""
    documents = read_yaml(source)
    if isinstance(documents, Unreadable) or not documents:
        return
    (workflow, *_) = documents
    for job in members(get(workflow, "jobs")).values():
        for step in array(get(job, "steps")):
            uses = get(step, "uses")
            if isinstance(uses.data, str) and _AUTH.match(uses.data):
                yield _workflow_client(workflow, job, step, uses, source)


def _workflow_client(workflow: Value, job: Value, step: Value, uses: Value, source: SourceText) -> Client:
    environment = _text(job, "environment") or _text(job, "environment", "name")
    at = uses.at.location if uses.at else Location(source.path)
    return Client(
        "github-actions",
        at,
        target=_text(step, "with", "service_account"),
        provider=_text(step, "with", "workload_identity_provider"),
        audience=_text(step, "with", "audience"),
        id_token=_may_ask(workflow, job),
        environment=environment,
        lifetime=_text(step, "with", "access_token_lifetime"),
        direct=_is_direct(get(step, "with")),
    )


def _is_direct(inputs: Value) -> bool:
    """Whether google-github-actions/auth has a provider and no account: then nothing is impersonated.

    Source: https://github.com/google-github-actions/auth#preferred-direct-workload-identity-federation
    """
    has_provider = get(inputs, "workload_identity_provider").data is not None
    return has_provider and get(inputs, "service_account").data in (None, "")


def _may_ask(workflow: Value, job: Value) -> bool | None:
    """Whether a job may ask for an ID token; None for one that a calling workflow decides about.

    Source: https://docs.github.com/en/actions/reference/security/oidc
    """
    for holder in (job, workflow):
        permissions = get(holder, "permissions").data
        match permissions:
            case str():
                return permissions == "write-all"
            case dict():
                return _text(Value(permissions), "id-token") == "write"
    # YAML reads a bare `on` as true; our reader keeps the text.
    match get(workflow, "on").data:
        case str() | dict() as triggers:
            called = "workflow_call" in triggers
        case tuple() as triggers:
            called = any(one.data == "workflow_call" for one in triggers)
        case _:
            called = False
    return None if called else False


def gitlab_clients(source: SourceText) -> Iterator[Client]:
    """Yield the ID tokens of a GitLab pipeline. Source: https://docs.gitlab.com/ci/secrets/id_token_authentication/"""
    documents = read_yaml(source)
    if isinstance(documents, Unreadable) or not documents or not isinstance(documents[0].data, dict):
        return
    for job in (documents[0], *documents[0].data.values()):
        for token in members(get(job, "id_tokens")).values():
            audience = get(token, "aud")
            at = audience.at or token.at
            if at:
                yield Client("gitlab", at.location, audience=_text(token, "aud"), id_token=True)


# -- Kubernetes ----------------------------------------------------------------------------------------------------


def kubernetes_clients(source: SourceText) -> Iterator[Client]:
    """Yield the Kubernetes service accounts of manifests, with the account of Google's that each is annotated with.

    One without an annotation keeps its own identity. Without a namespace it may be in any.
    """
    documents = read_yaml(source)
    for document in () if isinstance(documents, Unreadable) else documents:
        items = get(document, "items").data
        for one in items if isinstance(items, tuple) else (document,):
            email = get(one, "metadata", "annotations", ANNOTATION)
            name = _text(one, "metadata", "name")
            if _text(one, "kind") != "ServiceAccount" or not name:
                continue
            own_namespace = _text(one, "metadata", "namespace")
            if email.data is None and own_namespace and one.at and get(one, "metadata").data is not None:
                yield Client("kubernetes", one.at.location, workload=f"{own_namespace}/{name}", direct=True)
            elif isinstance(email.data, str) and email.at:
                namespace = _text(one, "metadata", "namespace") or "default"
                target = email.data if "$" not in email.data and "{{" not in email.data else None
                yield Client("kubernetes", email.at.location, target=target, workload=f"{namespace}/{name}")


# -- credentials ---------------------------------------------------------------------------------------------------


def is_credentials(source: SourceText) -> bool:
    """Whether a JSON file is a credential of Google's, by its type."""
    document = read_json(source)
    return not isinstance(document, Unreadable) and _text(document, "type") in _CREDENTIALS


def credentials_client(source: SourceText) -> Client | None:
    """Return the identity that a credential file states: never its key, secret or token."""
    document = read_json(source)
    if isinstance(document, Unreadable):
        return None
    kind = _text(document, "type")
    url = _text(document, "service_account_impersonation_url") or ""
    found = _ACCOUNT.search(url)
    chain = [one.data for one in array(get(document, "delegates")) if isinstance(one.data, str)]
    source_type = _text(document, "source_credentials", "type")
    caller = _text(document, "client_email") if kind == "service_account" else None
    if source_type == "service_account":
        caller = _text(document, "source_credentials", "client_email")
    lifetime = get(document, "service_account_impersonation", "token_lifetime_seconds").data
    return Client(
        "credentials",
        Location(source.path),
        target=found["email"] if found else None,
        delegates=tuple(one.rpartition("/")[2] for one in chain),
        provider=_text(document, "audience") if kind == "external_account" else None,
        caller=caller,
        quota_project=_text(document, "quota_project_id"),
        lifetime=str(lifetime) if lifetime is not None else None,
        direct=kind == "external_account" and not url,
    )


def gcloud_client(source: SourceText) -> Client | None:
    """Return the identity in a configuration of gcloud. Source: https://cloud.google.com/sdk/docs/properties"""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(source.text[:100_000], source.path)
    except configparser.Error:
        return None
    if not parser.has_section("core") and not parser.has_section("auth"):
        return None
    chain = parser.get("auth", "impersonate_service_account", fallback="")
    names = [one.strip() for one in chain.split(",") if one.strip()]
    quota = parser.get("billing", "quota_project", fallback="")
    return Client(
        "gcloud",
        Location(source.path),
        target=names[-1] if names else None,
        delegates=tuple(names[:-1]),
        caller=parser.get("core", "account", fallback="") or None,
        quota_project=quota if quota not in ("", "CURRENT_PROJECT", "LEGACY") else None,
    )
