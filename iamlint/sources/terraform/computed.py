"""What the Google provider works out: attributes that follow from the arguments, and data sources that follow too.

Source: the provider's documentation of each resource, https://registry.terraform.io/providers/hashicorp/google/latest/docs
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from iamlint.roles import catalog
from iamlint.sources.terraform.instance import Body
from iamlint.sources.terraform.policies import iam_policy_document
from iamlint.unknown import Hole, Unknown
from iamlint.values import Value


@dataclass(frozen=True, slots=True)
class View:
    """An instance as its own attributes see it: its address, its body, and the project of its provider."""

    address: str
    body: Body
    default_project: Value

    def argument(self, name: str) -> Value:
        """A configured argument, or its unknown stand-in where the provider fills it in."""
        value = self.body.value(name)
        if value.data is None:
            return after_apply(self, name)
        return value

    @property
    def project(self) -> Value:
        """The project argument, or the provider's project."""
        value = self.body.value("project")
        if value.data not in (None, ""):
            return value
        if self.default_project.data not in (None, ""):
            return self.default_project
        return Value(
            Unknown("the project is set neither here nor in the provider block", (Hole(f"{self.address}.project"),))
        )


def after_apply(view: View, name: str) -> Value:
    """The stand-in for what only an apply tells, or, of a data source, only whom it asks."""
    reference = f"{view.address}.{name}"
    _, data, kind = f".{view.address}".rpartition(".data.")
    if not data:
        reason = f"{reference} is known after apply"
    elif kind.startswith("google_"):
        reason = f"only Google's API tells {reference}"
    elif kind.startswith("terraform_remote_state."):
        reason = f"{reference} stands in another state, which is not read"
    else:
        reason = f"{reference} is only known where Terraform runs"
    return Value(Unknown(reason, (Hole(reference),)))


def joined(*parts: str | Value) -> Value:
    """A text put together; its unknown parts stay holes."""
    pieces: list[str | Hole] = []
    reason = ""
    for part in parts:
        data = part.data if isinstance(part, Value) else part
        match data:
            case str():
                pieces.append(data)
            case Unknown():
                reason = reason or data.reason
                pieces += data.parts or (Hole("?"),)
            case _:
                return Value(Unknown("a part of the name is not a string"))
    merged: list[str | Hole] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        elif piece:
            merged.append(piece)
    if reason:
        return Value(Unknown(reason, tuple(merged)))
    return Value("".join(str(piece) for piece in merged))


def account_email(account_id: Value, project: Value, address: str) -> Value:
    """``ACCOUNT@PROJECT.iam.gserviceaccount.com``, or ``${ADDRESS.email}`` where a part of it is not known.

    Projects of a domain ("example.com:shop") have their e-mails under ``shop.example.com``.
    """
    name, of = account_id.data, project.data
    if isinstance(name, str) and isinstance(of, str) and name and of:
        domain, colon, short = of.partition(":")
        return Value(f"{name}@{f'{short}.{domain}' if colon else of}.iam.gserviceaccount.com")
    reason = next(
        (part.reason for part in (name, of) if isinstance(part, Unknown)), "its account id or its project is no name"
    )
    return Value(Unknown(reason, (Hole(f"{address}.email"),)))


def _account(view: View, name: str) -> Value | None:
    email = account_email(view.argument("account_id"), view.project, view.address)
    match name:
        case "email":
            return email
        case "member":
            return joined("serviceAccount:", email)
        case "name" | "id":
            return joined("projects/", view.project, "/serviceAccounts/", email)
        case "project":
            return view.project
        case "disabled":
            return Value(False)
        case _:
            return None


def _known_account(view: View, name: str) -> Value | None:
    """``data.google_service_account``: the account id may be a full e-mail or a full name already."""
    written = view.argument("account_id").data
    if isinstance(written, str) and "@" in written:
        email = Value(written.rpartition("/")[2])
    else:
        email = account_email(view.argument("account_id"), view.project, view.address)
    match name:
        case "email":
            return email
        case "member":
            return joined("serviceAccount:", email)
        case "name" | "id":
            return joined("projects/", view.project, "/serviceAccounts/", email)
        case "project":
            return view.project
        case _:
            return None


def _managed_account(before: str, after: str, *, by_number: bool) -> Callable[[View, str], Value | None]:
    """An account that Google makes for a project, named by the project's number or its id."""

    def attribute(view: View, name: str) -> Value | None:
        number = Value(Unknown("only Google's API has the project's number", (Hole(f"{view.address}.project_number"),)))
        email = joined(before, number if by_number else view.project, after)
        match name:
            case "email" | "email_address":
                return email
            case "member":
                return joined("serviceAccount:", email)
            case "name" | "id":
                return joined("projects/", view.project, "/serviceAccounts/", email)
            case "project":
                return view.project
            case _:
                return None

    return attribute


def _project(view: View, name: str) -> Value | None:
    match name:
        case "project_id":
            value = view.body.value("project_id")
            return view.default_project if value.data is None and view.default_project.data is not None else None
        case "id":
            return joined("projects/", _project(view, "project_id") or view.argument("project_id"))
        case _:
            return None


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
    """The ``id`` has the project's id, the ``name``, which principals are made of, its number."""
    pool = view.argument("workload_identity_pool_id")
    match name:
        case "id":
            return joined("projects/", view.project, "/locations/global/workloadIdentityPools/", pool)
        case "name":
            reason = "only Google's API has the project's number"
            number = Value(Unknown(reason, (Hole(f"{view.address}.project_number"),)))
            return joined("projects/", number, "/locations/global/workloadIdentityPools/", pool)
        case _:
            return None


def _workforce_pool(view: View, name: str) -> Value | None:
    if name in ("id", "name"):
        return joined("locations/", view.argument("location"), "/workforcePools/", view.argument("workforce_pool_id"))
    return None


def _boundary(view: View, name: str) -> Value | None:
    if name in ("id", "name"):
        arguments = ("organization", "location", "principal_access_boundary_policy_id")
        return boundary_name(*map(view.argument, arguments))
    return None


def boundary_name(organization: Value, location: Value, policy_id: Value) -> Value:
    """``organizations/N/locations/global/principalAccessBoundaryPolicies/ID``."""
    policies = "/principalAccessBoundaryPolicies/"
    return joined("organizations/", organization, "/locations/", location, policies, policy_id)


def _client(view: View, name: str) -> Value | None:
    return view.project if name == "project" else None


def _policy(view: View, name: str) -> Value | None:
    return iam_policy_document(view.body) if name == "policy_data" else None


def _known_container(argument: str, prefix: str, number: str) -> Callable[[View, str], Value | None]:
    """A folder or organization that a data source looks up by its number; one that it looks for is not known."""

    def attribute(view: View, name: str) -> Value | None:
        written = view.body.value(argument)
        digits = written.data.removeprefix(prefix) if isinstance(written.data, str) else ""
        if not digits.isdecimal():
            return None
        match name:
            case "id" | "name":
                return Value(prefix + digits, written.at)
            case _:
                return Value(digits, written.at) if name == number else None

    return attribute


def _predefined_role(view: View, name: str) -> Value | None:
    """What the catalogue has of a predefined role; of a custom one only the API tells."""
    role = view.argument("name").data
    permissions = catalog().permissions(role) if name == "included_permissions" and isinstance(role, str) else None
    if not permissions or isinstance(permissions, Unknown):
        return None
    return Value(tuple(Value(permission) for permission in sorted(permissions)))


_ATTRIBUTES: dict[tuple[str, str], Callable[[View, str], Value | None]] = {
    ("managed", "google_service_account"): _account,
    ("managed", "google_project"): _project,
    ("managed", "google_project_iam_custom_role"): _project_role,
    ("managed", "google_organization_iam_custom_role"): _organization_role,
    ("managed", "google_folder"): _folder,
    ("managed", "google_iam_workload_identity_pool"): _workload_pool,
    ("managed", "google_iam_workforce_pool"): _workforce_pool,
    ("managed", "google_iam_principal_access_boundary_policy"): _boundary,
    ("data", "google_iam_workload_identity_pool"): _workload_pool,
    ("data", "google_service_account"): _known_account,
    ("data", "google_project"): _project,
    ("data", "google_folder"): _known_container("folder", "folders/", "folder_id"),
    ("data", "google_organization"): _known_container("organization", "organizations/", "org_id"),
    ("data", "google_client_config"): _client,
    ("data", "google_iam_policy"): _policy,
    ("data", "google_iam_role"): _predefined_role,
    ("data", "google_compute_default_service_account"): _managed_account(
        "", "-compute@developer.gserviceaccount.com", by_number=True
    ),
    ("data", "google_app_engine_default_service_account"): _managed_account(
        "", "@appspot.gserviceaccount.com", by_number=False
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


def computed(mode: str, kind: str, name: str, view: View) -> Value:
    """An attribute that is not configured: worked out where it follows, else known after apply."""
    attribute = _ATTRIBUTES.get((mode, kind))
    found = attribute(view, name) if attribute else None
    if found is not None:
        return found
    if name == "project" and kind.startswith("google_") and view.default_project.data is not None:
        return view.default_project
    return after_apply(view, name)
