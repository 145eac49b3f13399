"""Attributes that the Google provider computes from arguments, and data sources that follow from them.

Source: the provider's documentation of each resource,
https://registry.terraform.io/providers/hashicorp/google/latest/docs
"""

from __future__ import annotations

from collections.abc import Callable

from iamlint.basics.lazy_regex import regex
from iamlint.documents.values import Value
from iamlint.facts import DEFAULT_ACCOUNTS, SERVICE_AGENTS, Text
from iamlint.sources.terraform.instances.view import (
    LOOKED_UP,
    NO_PROJECT,
    PLACES,
    View,
    after_apply,
    joined,
    of_data,
    project_number,
    segment,
)
from iamlint.unknown import Unknown, UnknownPart

_OTHER_STATE = regex(r"(\S*data\.terraform_remote_state\.\S+) is in another state")


def account_email(account_id: Value, project: Value, address: str) -> Value:
    """Return ``ACCOUNT@PROJECT.iam.gserviceaccount.com``, or ``${ADDRESS.email}`` if a part is unknown.

    E-mails of projects with a domain ("example.com:shop") end in ``shop.example.com``.
    """
    name, of = account_id.data, project.data
    if isinstance(name, str) and isinstance(of, str) and name and of:
        domain, colon, short = of.partition(":")
        return Value(f"{name}@{f'{short}.{domain}' if colon else of}.iam.gserviceaccount.com")
    reason = next(
        (part.reason for part in (name, of) if isinstance(part, Unknown)),
        "its account id or project is not a valid name",
    )
    return Value(Unknown(reason, (UnknownPart(f"{address}.email"),), filled=True))


def _full_name(project: Value, email: Value) -> Value:
    return joined("projects/", segment(project), "/serviceAccounts/", segment(email))


def _account(view: View, name: str) -> Value | None:
    if name == "disabled":
        return Value(False)
    return _of_account(view, name, account_email(view.argument("account_id"), view.project, view.address))


def _known_account(view: View, name: str) -> Value | None:
    """``data.google_service_account``: the account id may already be a full e-mail or a full name."""
    written = view.argument("account_id").data
    if isinstance(written, str) and "@" in written:
        email = Value(written.rpartition("/")[2])
    else:
        email = account_email(view.argument("account_id"), view.project, view.address)
    return _of_account(view, name, email)


def _of_account(view: View, name: str, email: Value) -> Value | None:
    """Return an attribute of an account that follows from its e-mail and its project."""
    match name:
        case "email":
            return email
        case "member":
            return joined("serviceAccount:", email)
        case "name" | "id":
            return _full_name(view.project, email)
        case "project":
            return view.project
        case _:
            return None


def _managed_account(before: str, after: str, *, by_number: bool) -> Callable[[View, str], Value | None]:
    """Return a function for an account that Google makes for a project, named by the project's number or id."""

    def attribute(view: View, name: str) -> Value | None:
        email = joined(before, project_number(view) if by_number else view.project, after)
        return _of_account(view, "email" if name == "email_address" else name, email)

    return attribute


def _service_identity(view: View, name: str) -> Value | None:
    service = view.body.value("service").data
    domain = SERVICE_AGENTS.get(service.removesuffix(".googleapis.com")) if isinstance(service, str) else None
    if domain is None:
        return joined("serviceAccount:", after_apply(view, "email")) if name == "member" else None
    return _managed_account("service-", f"@{domain}.iam.gserviceaccount.com", by_number=True)(view, name)


def _project(view: View, name: str) -> Value | None:
    match name:
        case "project_id":
            return _project_id(view)
        case "id":
            return joined("projects/", _project_id(view))
        case _:
            return _of_project(view, _project_id(view), name)


def _project_id(view: View) -> Value:
    written = view.body.value("project_id")
    if written.data not in (None, ""):
        return written
    if view.default_project.data not in (None, ""):
        return view.default_project
    return Value(Unknown(NO_PROJECT, (UnknownPart(f"{view.address}.project_id"),)))


def _of_project(view: View, project_id: Value, name: str) -> Value | None:
    """Return an attribute of a project from an export.

    If a data source names no known project, the API is not the problem.
    """
    data = project_id.data
    if ("google_project", name) not in LOOKED_UP:
        return None
    if isinstance(data, Unknown) and of_data(view):
        return Value(Unknown(data.reason, (UnknownPart(f"{view.address}.{name}"),)))
    if not isinstance(data, str):
        return None
    match name:
        case "number":
            return _told(view, name, view.lookups.project(data, "number"))
        case "name":
            return _told(view, name, view.lookups.project(data, "display_name"))
        case _:
            parent = view.lookups.project(data, "parent")
            if not isinstance(parent, str):
                return _told(view, name, parent)
            kind, slash, number = parent.partition("/")
            return Value(number if kind == _PARENTS[name] else "") if slash else None


_PARENTS = {"folder_id": "folders", "org_id": "organizations"}


def _told(view: View, name: str, found: Text | None) -> Value | None:
    """Return the value that documents have for an attribute, or why it is unknown; None if they have none."""
    if isinstance(found, Unknown):
        return Value(Unknown(found.reason, (UnknownPart(f"{view.address}.{name}"),)))
    return Value(found) if found else None


def _project_role(view: View, name: str) -> Value | None:
    match name:
        case "id" | "name":
            return joined("projects/", view.project, "/roles/", view.argument("role_id"))
        case "project":
            return view.project
        case _:
            return None


def _organization_role(view: View, name: str) -> Value | None:
    if name in ("id", "name"):
        return joined("organizations/", view.argument("org_id"), "/roles/", view.argument("role_id"))
    return None


def _folder(view: View, name: str) -> Value | None:
    if name in ("id", "name"):
        return joined("folders/", after_apply(view, "folder_id"))
    return None


def _workload_pool(view: View, name: str) -> Value | None:
    """The ``id`` contains the project's id; the ``name``, which principals contain, its number."""
    pool = segment(view.argument("workload_identity_pool_id"))
    match name:
        case "id":
            return joined("projects/", view.project, "/locations/global/workloadIdentityPools/", pool)
        case "name":
            return joined("projects/", project_number(view), "/locations/global/workloadIdentityPools/", pool)
        case _:
            return None


def _workload_provider(view: View, name: str) -> Value | None:
    """As `_workload_pool`: principals contain neither, but configurations confuse a provider with its pool."""
    pool, provider = view.argument("workload_identity_pool_id"), view.argument("workload_identity_pool_provider_id")
    match name:
        case "id" | "name":
            project = view.project if name == "id" else project_number(view)
            pools = "/locations/global/workloadIdentityPools/"
            return joined("projects/", project, pools, pool, "/providers/", provider)
        case _:
            return None


def _workforce_provider(view: View, name: str) -> Value | None:
    pool = _workforce_pool(view, name)
    return joined(pool, "/providers/", view.argument("provider_id")) if pool else None


def _workforce_pool(view: View, name: str) -> Value | None:
    if name in ("id", "name"):
        pool = segment(view.argument("workforce_pool_id"))
        return joined("locations/", view.argument("location"), "/workforcePools/", pool)
    return None


def _repository(view: View, name: str) -> Value | None:
    return view.argument("repository_id") if name == "name" else None


def _secret(view: View, name: str) -> Value | None:
    """The ``name`` contains the project's number, the ``id`` its id."""
    if name == "name":
        return joined("projects/", project_number(view), "/secrets/", view.argument("secret_id"))
    return None


def _boundary(view: View, name: str) -> Value | None:
    if name in ("id", "name"):
        arguments = ("organization", "location", "principal_access_boundary_policy_id")
        return boundary_name(*map(view.argument, arguments))
    return None


def boundary_name(organization: Value, location: Value, policy_id: Value) -> Value:
    """Return ``organizations/N/locations/global/principalAccessBoundaryPolicies/ID``."""
    policies = "/principalAccessBoundaryPolicies/"
    return joined("organizations/", organization, "/locations/", location, policies, policy_id)


def _remote_state(view: View, name: str) -> Value | None:
    """Return the outputs of another root module; a state of none of them is not read."""
    if name != "outputs":
        return None
    reference = f"{view.address}.outputs"
    arguments = {part: view.body.value(part) for part in ("backend", "config", "workspace")}
    found = view.states(arguments, view.address)
    if isinstance(found, Value):
        return found
    through = _OTHER_STATE.search(found)
    if through:  # the chain continues, and has reasons of its own
        found = f"where it is kept is not known without {through[1]}"
    return Value(Unknown(f"{reference} is in another state, which is not read: {found}", (UnknownPart(reference),)))


def _sink(view: View, name: str) -> Value | None:
    """Return the account that a sink writes as: an own one, or one that Google makes for it.

    Source: ``writer_identity`` of google_logging_organization_sink and its like, "serviceAccount:…".
    """
    if name != "writer_identity":
        return None
    own = view.body.value("custom_writer_identity")
    return joined("serviceAccount:", after_apply(view, name)) if own.data in (None, "") else own


def _client(view: View, name: str) -> Value | None:
    return view.project if name == "project" else view.argument(name) if name in PLACES else None


def _policy(view: View, name: str) -> Value | None:
    from iamlint.sources.terraform.instances.policies import iam_policy_document

    return iam_policy_document(view.body) if name == "policy_data" else None


def _known_folder(view: View, name: str) -> Value | None:
    """``data.google_folder``: the folder of this number."""
    written = view.body.value("folder")
    folder = _container(written, "folders/")
    if folder is None:
        return None
    match name:
        case "id" | "name":
            return Value(folder, written.at)
        case "folder_id":
            return Value(folder.removeprefix("folders/"), written.at)
        case "organization" if view.body.value("lookup_organization").data in (True, "true"):
            return _told(view, name, view.lookups.organization_above(folder))
        case "display_name" | "parent":
            return _told(view, name, view.lookups.folder(folder, name))
        case _:
            return None


def _active_folder(view: View, name: str) -> Value | None:
    """``data.google_active_folder``: the folder with this name, if an export has it."""
    called, parent = view.body.value("display_name").data, view.body.value("parent").data
    if name not in ("id", "name") or not isinstance(called, str) or not isinstance(parent, str):
        return None
    return _told(view, name, view.lookups.folder_called(called, parent))


def _known_organization(view: View, name: str) -> Value | None:
    """``data.google_organization``: the one with this number, or this domain, if an export has it."""
    written, domain = view.body.value("organization"), view.body.value("domain").data
    organization = _container(written, "organizations/")
    if organization is None and written.data is None and isinstance(domain, str):
        told = view.lookups.organization_of(domain)
        if isinstance(told, Unknown):
            return _told(view, name, told)
        organization = told
    if organization is None:
        return None
    match name:
        case "id" | "name":
            return Value(organization, written.at)
        case "org_id":
            return Value(organization.removeprefix("organizations/"), written.at)
        case "domain":
            return _told(view, name, view.lookups.organization(organization, "domain"))
        case "directory_customer_id":
            return _told(view, name, view.lookups.organization(organization, "customer_id"))
        case _:
            return None


def _container(written: Value, prefix: str) -> str | None:
    """Return ``folders/N`` or ``organizations/N``, from that form or from the number alone."""
    digits = written.data.removeprefix(prefix) if isinstance(written.data, str) else ""
    return prefix + digits if digits.isdecimal() else None


def _known_role(view: View, name: str) -> Value | None:
    """Return the catalogue's data of a predefined role, or an export's of a custom one; its id is its name."""
    if name == "id":
        return view.argument("name")
    role = view.argument("name").data
    asked = name == "included_permissions" and isinstance(role, str)
    permissions = view.lookups.permissions(role) if asked and isinstance(role, str) else None
    if isinstance(permissions, Unknown):
        return _told(view, name, permissions)
    return Value(tuple(map(Value, sorted(permissions)))) if permissions else None


_ATTRIBUTES: dict[tuple[str, str], Callable[[View, str], Value | None]] = {
    ("managed", "google_service_account"): _account,
    ("managed", "google_project"): _project,
    ("managed", "google_project_service_identity"): _service_identity,
    ("managed", "google_project_iam_custom_role"): _project_role,
    ("managed", "google_organization_iam_custom_role"): _organization_role,
    ("managed", "google_folder"): _folder,
    ("managed", "google_iam_workload_identity_pool"): _workload_pool,
    ("managed", "google_iam_workload_identity_pool_provider"): _workload_provider,
    ("managed", "google_iam_workforce_pool"): _workforce_pool,
    ("managed", "google_iam_workforce_pool_provider"): _workforce_provider,
    ("managed", "google_iam_principal_access_boundary_policy"): _boundary,
    ("managed", "google_logging_billing_account_sink"): _sink,
    ("managed", "google_logging_folder_sink"): _sink,
    ("managed", "google_logging_organization_sink"): _sink,
    ("managed", "google_logging_project_sink"): _sink,
    ("data", "google_logging_sink"): _sink,
    ("managed", "google_artifact_registry_repository"): _repository,
    ("managed", "google_secret_manager_secret"): _secret,
    ("data", "google_iam_workload_identity_pool"): _workload_pool,
    ("data", "google_artifact_registry_repository"): _repository,
    ("data", "google_secret_manager_secret"): _secret,
    ("data", "google_service_account"): _known_account,
    ("data", "google_project"): _project,
    ("data", "google_folder"): _known_folder,
    ("data", "google_active_folder"): _active_folder,
    ("data", "google_organization"): _known_organization,
    ("data", "terraform_remote_state"): _remote_state,
    ("data", "google_client_config"): _client,
    ("data", "google_iam_policy"): _policy,
    ("data", "google_iam_role"): _known_role,
    ("data", "google_compute_default_service_account"): _managed_account(
        "", DEFAULT_ACCOUNTS["compute"], by_number=True
    ),
    ("data", "google_app_engine_default_service_account"): _managed_account(
        "", DEFAULT_ACCOUNTS["app_engine"], by_number=False
    ),
    ("data", "google_storage_project_service_account"): _managed_account(
        "service-", "@gs-project-accounts.iam.gserviceaccount.com", by_number=True
    ),
    ("data", "google_bigquery_default_service_account"): _managed_account(
        "bq-", "@bigquery-encryption.iam.gserviceaccount.com", by_number=True
    ),
    ("data", "google_storage_transfer_project_service_account"): _managed_account(
        "project-", "@storage-transfer-service.iam.gserviceaccount.com", by_number=True
    ),
}


def _id(view: View, kind: str) -> Value:
    from iamlint.sources.terraform.instances.resource_ids import parts_of

    texts, names = parts_of(kind)
    arguments = [view.project if name == "project" else view.argument(name) for name in names]
    return joined(texts[0], *(part for pair in zip(arguments, texts[1:], strict=True) for part in pair))


def computed(mode: str, kind: str, name: str, view: View) -> Value:
    """Return an attribute that is not configured: computed if possible, else known after apply."""
    from iamlint.sources.terraform.instances.resource_ids import FORMATS

    attribute = _ATTRIBUTES.get((mode, kind))
    found = attribute(view, name) if attribute else None
    if found is not None:
        return found
    if name == "id" and kind in FORMATS:
        return _id(view, kind)
    if name == "project" and kind.startswith("google_") and view.default_project.data not in (None, ""):
        return view.default_project
    if mode == "managed" and name in PLACES and f"{{{name}}}" in FORMATS.get(kind, ""):
        return view.argument(name)
    return after_apply(view, name)
