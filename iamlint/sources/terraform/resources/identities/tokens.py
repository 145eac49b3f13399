"""Requests for an account's token: provider blocks, backends, token data sources and ephemeral resources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from iamlint.facts import Impersonation, Text
from iamlint.sources.terraform.instances.arguments import Placed, listed_texts, placed_text, text_of
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Argument, Body, Instance
from iamlint.sources.terraform.resources.identities.accounts import impersonated
from iamlint.unknown import Unknown, without_prefix

_USUAL = "iam.serviceAccounts.getAccessToken"
TOKENS = {
    "google_service_account_access_token": _USUAL,
    "google_service_account_id_token": "iam.serviceAccounts.getOpenIdToken",
    "google_service_account_jwt": "iam.serviceAccounts.signJwt",
}
"""Types of data sources and ephemeral resources, with the permission that the target must grant.

Source: https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts
"""


def provider_impersonation(provider: Instance) -> Iterator[Impersonation]:
    """Yield the impersonation of a provider block; the caller depends on where Terraform runs.

    Source: https://registry.terraform.io/providers/hashicorp/google/latest/docs/guides/provider_reference
    """
    target = placed_text(provider.body, "impersonate_service_account")
    if target and target[0] != "":
        yield _impersonation(provider, target, "impersonate_service_account_delegates", quota=_quota_project(provider))


def token_impersonation(instance: Instance) -> Iterator[Impersonation]:
    """Yield the impersonation of a token data source; its caller is the account that its provider impersonates, if any.

    An ID token without a target is one of the caller's own account.
    """
    target = placed_text(instance.body, "target_service_account")
    if target and target[0] != "":
        provider = instance.provider
        caller = placed_text(provider.body, "impersonate_service_account") if provider else None
        yield _impersonation(
            instance,
            target,
            "delegates",
            caller=impersonated(caller[0]) if caller and caller[0] != "" else None,
            quota=_quota_project(provider) if provider else None,
        )


def backend_impersonation(backend: Instance) -> Iterator[Impersonation]:
    """Yield the impersonation of a ``gcs`` backend for reading the state; the caller depends on where Terraform runs.

    Source: https://developer.hashicorp.com/terraform/language/backend/gcs
    """
    if backend.type == "gcs":
        yield from _of_backend(backend)


def state_impersonation(instance: Instance) -> Iterator[Impersonation]:
    """Yield the impersonation of a ``terraform_remote_state`` with a ``gcs`` backend; ``config`` is the backend's."""
    config = instance.body.arguments.get("config")
    fields = config.value.data if config else None
    if config is None or not isinstance(fields, dict) or text_of(instance.body.value("backend")) != "gcs":
        return
    arguments = {name: Argument(value, config.at) for name, value in fields.items()}
    yield from _of_backend(replace(instance, body=Body(instance.body.at, arguments)))


def _of_backend(instance: Instance) -> Iterator[Impersonation]:
    target = placed_text(instance.body, "impersonate_service_account")
    if target and target[0] != "":
        yield _impersonation(instance, target, "impersonate_service_account_delegates")


def _impersonation(
    instance: Instance, target: Placed, delegates: str, *, caller: Text | None = None, quota: Text | None = None
) -> Impersonation:
    chain = listed_texts(instance.body, delegates)
    return Impersonation(
        target=impersonated(target[0]),
        declared=declaration(instance),
        place=target[1],
        delegates=chain if isinstance(chain, Unknown) else tuple((impersonated(text), at) for text, at in chain),
        caller=caller,
        quota_project=quota,
        method=TOKENS.get(instance.type, _USUAL),
        lifetime=placed_text(instance.body, "lifetime"),
    )


def _quota_project(provider: Instance) -> Text | None:
    """Return the project billed for calls, if the provider is configured to name one."""
    override = provider.body.value("user_project_override").data
    if override not in (True, "true") and not isinstance(override, Unknown):
        return None
    project = text_of(provider.body.value("billing_project"))
    if project is None or project == "":
        return None
    return without_prefix(project, "projects/")
