"""Instances to facts: which types matter, and what each of them states."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from iamlint.facts import Fact, Gap
from iamlint.sources.terraform.accounts import service_account
from iamlint.sources.terraform.attachments import attaches, attachments
from iamlint.sources.terraform.custom_roles import organization_role, project_role
from iamlint.sources.terraform.declarations import declaration
from iamlint.sources.terraform.denials import denials
from iamlint.sources.terraform.families import family_of
from iamlint.sources.terraform.federation import workforce_pool, workforce_provider, workload_pool, workload_provider
from iamlint.sources.terraform.grants import grants
from iamlint.sources.terraform.instance import Instance
from iamlint.sources.terraform.keys import api_key, hmac_key, service_account_key
from iamlint.sources.terraform.projects import project, project_service
from iamlint.sources.terraform.tokens import PROVIDERS, TOKENS, provider_impersonation, token_impersonation

_RESOURCES: dict[str, Callable[[Instance], Iterator[Fact]]] = {
    "google_service_account": service_account,
    "google_service_account_key": service_account_key,
    "google_storage_hmac_key": hmac_key,
    "google_apikeys_key": api_key,
    "google_iam_workload_identity_pool": workload_pool,
    "google_iam_workload_identity_pool_provider": workload_provider,
    "google_iam_workforce_pool": workforce_pool,
    "google_iam_workforce_pool_provider": workforce_provider,
    "google_project_iam_custom_role": project_role,
    "google_organization_iam_custom_role": organization_role,
    "google_project": project,
    "google_project_service": project_service,
    "google_iam_deny_policy": denials,
}


def is_wanted(mode: str, kind: str) -> bool:
    """Whether instances of a type state facts; ``mode`` is "managed", "data", "ephemeral" or "provider"."""
    match mode:
        case "managed":
            return kind in _RESOURCES or attaches(kind) or family_of(kind) is not None
        case "provider":
            return kind in PROVIDERS
        case _:
            return kind in TOKENS


def facts_of(instance: Instance) -> Iterator[Fact]:
    """The facts that an instance states.

    One that stands for an unknown number of instances states them for each, under an address that ends in ``[*]``,
    and a gap that says why the number is not known.
    """
    if not is_wanted(instance.mode, instance.type):
        return
    if instance.symbolic:
        reason = f"how many instances of {instance.address} there are is not known: {instance.symbolic.reason}"
        yield Gap(reason, declaration(instance))
    match instance.mode:
        case "managed":
            state = _RESOURCES.get(instance.type) or (attachments if attaches(instance.type) else grants)
        case "provider":
            state = provider_impersonation
        case _:
            state = token_impersonation
    yield from state(instance)
