"""What the input does not have of all that decides about a resource, and whether that leaves the answer open.

Terraform that declares an account states everything about it that an apply makes; folders, the organization and groups
may say more. An export states the policy of one resource: a policy that is not there is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.diagnosis.asked.case import Case
from iamlint.estate import Node, scope
from iamlint.facts import Declaration, Project, Resource
from iamlint.unknown import shown


def missing_policies(case: Case, resource: Resource, declared: Declaration) -> tuple[str, ...]:
    """Return the commands that print the policies which may grant something on a resource and are not in the input."""
    if _is_declared(case, resource):
        return tuple(_unread(case, declared))
    chain = case.above(resource, declared)
    missing = [command for node in chain if node not in case.exported for command in [policy_command(node)]]
    missing += [] if chain and _is_top(case, chain[-1]) else [_above(chain)]
    return tuple(dict.fromkeys(missing))


def not_looked_at(case: Case, resource: Resource, declared: Declaration) -> tuple[str, ...]:
    """Return what may grant or deny something on a resource and is not in the input, whatever the answer is."""
    chain = case.above(resource, declared)
    found = [
        f"allow policy of {kind.replace('_', ' ')} {name}" for kind, name in chain[1:] if _is_absent(case, kind, name)
    ]
    if not chain or not _is_top(case, chain[-1]):
        found.append("folders and organization above the project (allow, deny and organization policies)")
    return tuple(found)


def _is_absent(case: Case, kind: str, name: str) -> bool:
    return kind in ("folder", "organization") and (kind, name) not in case.exported


def _is_declared(case: Case, resource: Resource) -> bool:
    """Whether Terraform states everything about a resource: it declares the account, or what runs as it."""
    if resource.kind != "service_account":
        return False
    email = shown(resource.name)
    return case.declared_account(email) is not None or (
        case.attachment_of(email) is not None and ("service_account", email) not in case.exported
    )


def _unread(case: Case, declared: Declaration) -> Iterator[str]:
    """Yield the parts of the configuration that were not followed and may grant anything."""
    home = scope(declared)
    for unread_part in case.estate.unread_parts:
        if unread_part.unread and scope(unread_part.declared) == home:
            yield unread_part.reason
    yield from case.unread


def _is_top(case: Case, node: Node) -> bool:
    """Whether the input shows that nothing is above a node."""
    kind, name = node
    if kind == "organization":
        return True
    if kind != "project":
        return False
    found = [one for one in case.estate.of(Project) if case.estate.project_key(one.project_id, one.declared) == name]
    return bool(found) and all(one.parent is None for one in found)


def _above(chain: tuple[Node, ...]) -> str:
    kind, name = chain[-1] if chain else ("project", "PROJECT")
    if kind == "folder":
        return f"gcloud resource-manager folders describe {name} --format=json"
    project = name if kind == "project" else "PROJECT"
    return f"gcloud projects get-ancestors-iam-policy {project} --format=json"


def policy_command(node: Node) -> str:
    """Return the command that prints the allow policy of a resource."""
    kind, name = node
    match kind:
        case "service_account":
            return f"gcloud iam service-accounts get-iam-policy {name} --format=json"
        case "project":
            return f"gcloud projects get-iam-policy {name} --format=json"
        case "folder":
            return f"gcloud resource-manager folders get-iam-policy {name} --format=json"
        case "organization":
            return f"gcloud organizations get-iam-policy {name} --format=json"
        case "storage_bucket":
            return f"gcloud storage buckets get-iam-policy gs://{name} --format=json"
        case _:
            return f"the allow policy of the {kind.replace('_', ' ')} {name}"
