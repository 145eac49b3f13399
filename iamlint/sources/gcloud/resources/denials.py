"""Policies that restrict access: deny policies, principal access boundaries and their bindings.

Sources: https://cloud.google.com/iam/docs/deny-overview and
https://cloud.google.com/iam/docs/principal-access-boundary-policies
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from iamlint.documents.parts import get, has, items, text, texts
from iamlint.documents.values import Value
from iamlint.facts import Boundary, BoundaryBinding, Declaration, Denial, Place, Resource, Text, UnreadPart
from iamlint.sources.gcloud.resources.policies import condition_of
from iamlint.unknown import Unknown

_NOT_LISTED = Unknown("a list of deny policies does not print their rules; gcloud iam policies get does")
_NOT_ATTACHED = Unknown("the deny policy does not say what it is attached to")
_NO_DETAILS = Unknown("the export does not print what the boundary policy allows")


def denials(found: Sequence[Value], parent: Text | None = None) -> Iterator[Denial]:
    """Yield the rules of deny policies. A policy printed without its rules denies unknown permissions."""
    for policy in found:
        declared = Declaration(policy.location, "deny_policy")
        where = attachment(text(get(policy, "name")) or "") or parent or _NOT_ATTACHED
        if not has(policy, "rules"):
            yield _not_listed(where, declared, Place(get(policy, "name").location))
        for rule in items(get(policy, "rules")):
            if has(rule, "denyRule"):
                yield denial(get(rule, "denyRule"), where, declared)


def _not_listed(parent: Text, declared: Declaration, at: Place) -> Denial:
    why = _NOT_LISTED
    return Denial(parent, declared, why, why, why, why, condition=why, place=at)


def denial(rule: Value, parent: Text, declared: Declaration) -> Denial:
    """One rule of a deny policy."""
    denied, principals = get(rule, "deniedPermissions"), get(rule, "deniedPrincipals")
    return Denial(
        parent=parent,
        declared=declared,
        denied_principals=texts(principals),
        denied_permissions=texts(denied),
        exception_principals=texts(get(rule, "exceptionPrincipals")),
        exception_permissions=texts(get(rule, "exceptionPermissions")),
        condition=condition_of(get(rule, "denialCondition")),
        place=Place((denied if denied.at else rule).location),
        principals_place=Place(principals.location) if principals.at else None,
    )


def attachment(name: str) -> str | None:
    """Return the attachment point in ``policies/cloudresourcemanager.googleapis.com%2Fprojects%2F1/denypolicies/X``."""
    parts = name.split("/")
    return unquote(parts[1]) if len(parts) == 4 and parts[2] == "denypolicies" else None


def attached_to(resource: Resource | None) -> str | None:
    """Return the attachment point for a resource; only containers can be one."""
    if resource is None or not resource.is_container:
        return None
    return f"cloudresourcemanager.googleapis.com/{resource.kind}s/{resource.name}"


def boundaries(found: Sequence[Value]) -> Iterator[Boundary]:
    """Yield boundary policies, with the resources of all their rules; rules only allow."""
    for policy in found:
        details, name = get(policy, "details"), get(policy, "name")
        resources = [one for rule in items(get(details, "rules")) for one in texts(get(rule, "resources"))]
        yield Boundary(
            name=text(name) or "",
            declared=Declaration(policy.location, "boundary_policy"),
            place=Place((get(details, "rules") if has(details, "rules") else name).location),
            resources=tuple(resources) if has(details, "rules") else _NO_DETAILS,
            enforcement_version=text(get(details, "enforcementVersion")),
        )


def boundary_bindings(found: Sequence[Value]) -> Iterator[BoundaryBinding]:
    """Yield the bindings of boundary policies; policies of other kinds have bindings of the same form."""
    for binding in found:
        if text(get(binding, "policyKind")) in (None, "PRINCIPAL_ACCESS_BOUNDARY"):
            yield BoundaryBinding(
                policy=text(get(binding, "policy")) or "",
                principal_set=text(get(binding, "target", "principalSet")) or "",
                declared=Declaration(binding.location, "policy_binding"),
                condition=condition_of(get(binding, "condition")),
            )


def access_policies(found: Sequence[Value]) -> Iterator[UnreadPart]:
    """Yield an unread part for each access policy: it allows or denies permissions without a role, and is not read.

    Source: https://cloud.google.com/ruby/docs/reference/google-iam-v3beta/latest/Google-Iam-V3beta-AccessPolicyRule
    """
    for one in found:
        yield UnreadPart(
            "an access policy of IAM v3 allows or denies permissions and is not read",
            Declaration(one.location, "access_policy"),
        )
