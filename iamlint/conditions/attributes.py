"""The attributes that conditions may read, as far as the context determines them.

Source: https://cloud.google.com/iam/docs/conditions-attribute-reference
"""

from __future__ import annotations

from functools import lru_cache

from iamlint.conditions.abstract_values import Anything, Possible, failed, known
from iamlint.conditions.context import PROVIDERS, Context, resources_of
from iamlint.conditions.outcome import Reason
from iamlint.conditions.timestamps import day_of_request
from iamlint.facts import Principal

RESOURCE = frozenset({"resource.name", "resource.type", "resource.service"})
MODIFIED_GRANTS = "iam.googleapis.com/modifiedGrantsByRole"
_REQUEST = ("request.", "destination.", "origin.", "source.", "levels.", "device.")
_PRINCIPAL_TYPES = {
    "user": "iam.googleapis.com/WorkspaceIdentity",
    "service_account": "iam.googleapis.com/ServiceAccount",
    "default_service_account": "iam.googleapis.com/ServiceAccount",
}
_WITH_EMAIL = ("user", "service_account", "default_service_account")
_POOL_TYPES = {
    "/workloadIdentityPools/": "iam.googleapis.com/WorkloadPoolIdentity",
    "/workforcePools/": "iam.googleapis.com/WorkforcePoolIdentity",
}
"""Source: https://cloud.google.com/iam/docs/conditions-attribute-reference#principal"""


@lru_cache(maxsize=4096)
def alike(permission: str, *, of_resource: bool = True) -> str:
    """Return one representative of the permissions that have the same attributes; or only those of no resource.

    An owner has 20 permissions on accounts: a condition is evaluated for two of them.
    """
    service, _, rest = permission.partition(".")
    of_account = service == "iam" and rest.startswith("serviceAccount")
    kind = "serviceAccounts" if of_account else "projects" if permission.startswith("resourcemanager.projects.") else ""
    service, kind = (service, kind) if of_resource else ("", "")
    return f"{service}.{kind}.{'setIamPolicy' if permission.endswith('.setIamPolicy') else 'get'}"


def attribute(path: str, context: Context) -> Possible:
    """Return the value of an attribute, by its path."""
    if path == "request.time":
        return day_of_request(context.as_of, later=context.later)
    if path in RESOURCE:
        return _resource(path, context)
    if path in ("principal.type", "principal.subject"):
        return _principal(path, context.principal)
    if path.startswith(_REQUEST):
        return Anything((Reason("request", f"it depends on {path}"),))
    if path.startswith("resource."):
        return Anything((Reason("resource", f"it depends on {path}"),))
    if path.startswith(("assertion.", "attribute.", "google.")):
        return Anything((Reason("request", f"it depends on the token's {path}"),))
    return Anything((Reason("foreign", f"iamlint does not know {path}"),))


def _resource(path: str, context: Context) -> Possible:
    permission = context.permission
    if permission is None:
        return Anything((Reason("resource", f"it depends on {path}"),))
    service = PROVIDERS.get(permission.partition(".")[0])
    if service is None:
        part = "this part of its condition never grants anything"
        so = part if path == "resource.name" else "no positive test of it in its condition holds"
        return failed(Reason("unavailable", f"{resources_of(permission)} do not provide {path}, so {so}"))
    if path == "resource.service":
        return known(service)
    if path == "resource.type" and permission.startswith("resourcemanager.projects."):
        return known("cloudresourcemanager.googleapis.com/Project")
    within = f"projects/_/buckets/{context.bucket}" if path == "resource.name" and context.bucket else ""
    return Anything((Reason("resource", f"it depends on {path}"),), within)


def _principal(path: str, principal: Principal | None) -> Possible:
    if principal and not principal.unknown:
        in_pool = (type_ for part, type_ in _POOL_TYPES.items() if part in principal.text)
        type_ = _PRINCIPAL_TYPES.get(principal.kind) or next(in_pool, None)
        if path == "principal.type" and type_:
            return known(type_)
        if (
            path == "principal.subject"
            and principal.kind in _WITH_EMAIL
            and principal.email
            and "${" not in principal.email
        ):
            return known(principal.email)
    return Anything((Reason("principal", f"it depends on {path}"),))


def of_api(name: str, default: Possible, context: Context) -> Possible:
    """Return ``api.getAttribute(name, default)``: the default if the request has no such attribute.

    Requests that set no allow policy modify no roles, so a condition on these roles holds for them. Source:
    https://cloud.google.com/iam/docs/setting-limits-on-granting-roles
    """
    if name != MODIFIED_GRANTS:
        return Anything((Reason("request", f"it depends on {name}"),))
    if context.permission and not context.permission.endswith(".setIamPolicy"):
        return default
    if context.modified is not None:
        return known(context.modified)
    return Anything((Reason("limit", "it limits which roles may be granted"),))
