"""What the text of an error says, as far as a diagnosis needs it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.diagnosis.recognition.created_types import needed_by_command, needed_to_create
from iamlint.diagnosis.recognition.error_kind import Cause, Step
from iamlint.diagnosis.recognition.fields import Fields

if TYPE_CHECKING:
    from iamlint.diagnosis.recognition.recognise import Recognised

_ROLE = regex(r"--role=(roles/[\w.]+)")
_REPOSITORY = regex(
    r"\b[a-z0-9-]{2,40}-(?:docker|npm|python|maven|apt|yum|go|generic)\.pkg\.dev/[a-z][\w.:-]{1,60}/[\w.-]{1,80}"
)
"""The repository in the address of an image or package."""
_OF_PROJECTS = frozenset({"serviceusage.services.enable", "storage.buckets.create", "storage.buckets.list"})
"""Permissions that are needed on a project, though errors name the project as a bystander.

Source: https://cloud.google.com/storage/docs/access-control/iam-json
"""
_JOB = regex(r"([\w.-]+(?::[\w.-]+?)??):[a-zA-Z][\w-]*\.[\w-]+\Z")
"""The name of a job of BigQuery: its project, its location and its own name. Jobs have no policy of their own."""
_MOST_ADDRESSES = 1000
_NEAR_LINES = 3
"""Lines between two refusals of one call, such as the items of a list."""


@frozen
class Said(Fields):
    """The first recognised kind in the text of an error, which explains the others. Empty without a text."""

    text: str = ""
    kind: str = ""
    title: str = ""
    stage: str = ""
    excerpt: str = ""
    steps: tuple[str, ...] = ()
    settles: Step | None = None
    before_method: bool = False
    of_resource: bool = False
    by_agent: bool = False
    meaning: str = ""
    terraform: str = ""
    gcloud: str = ""
    bad_cures: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    needs: tuple[tuple[str, str], ...] = ()
    """What the call needs: permissions, each with its resource, which is empty if the text does not name it."""

    @property
    def role(self) -> str:
        """The role that the fix of the error's document grants; empty without one."""
        found = _ROLE.search(self.gcloud)
        return found[1] if found else ""

    def __bool__(self) -> bool:
        return bool(self.text)


NOTHING = Said()


def read_error(text: str) -> Said:
    """Return what the text of an error says. Never raises."""
    if not text.strip():
        return NOTHING
    from iamlint.diagnosis.recognition.recognise import recognise

    found = recognise(text)
    if not found:
        return Said(text=text)
    first = next((one for one in found if one.kind and not one.kind.wrapper and one.explained_by is None), found[0])
    kind, fields = first.kind, first.fields
    permission = fields.permission
    if not permission and kind and kind.id == "call-denied":
        permission = needed_to_create(text, first.line) or needed_by_command(text)
    # An error of the call after the login names the account that is read or changed, not one that is used.
    is_read = bool(kind and kind.of_resource and fields.permission.startswith("iam.serviceAccount"))
    # The metadata server gives the token of the machine's own account; another name in the text is that of the request.
    of_machine = bool(kind and kind.id == "metadata-token-failed") and f"service-accounts/{fields.target}/" not in text
    resource = _resource(fields) or (fields.target if is_read else "") or _repository(fields, text)
    return Said(
        text=text,
        kind=kind.id if kind else "",
        title=kind.title if kind else "",
        stage=kind.stage if kind else "",
        excerpt=first.excerpt,
        steps=kind.steps if kind else (),
        settles=kind.settles if kind else None,
        before_method=bool(kind and kind.before_method),
        of_resource=bool(kind and kind.of_resource),
        by_agent=bool(kind and kind.by_agent),
        meaning=kind.meaning if kind else "",
        terraform=kind.terraform if kind else "",
        gcloud=kind.gcloud if kind else "",
        bad_cures=kind.bad_cures if kind else (),
        causes=kind.causes if kind else (),
        permission=permission,
        resource=resource,
        target="" if is_read or of_machine else fields.target,
        principal=fields.principal,
        project=fields.project,
        service=fields.service,
        method=fields.method,
        provider=fields.provider,
        reason=fields.reason,
        other=fields.other,
        names=first.mentions,
        needs=tuple(dict.fromkeys(_needs(first, permission, resource, found))) if permission else (),
    )


def _needs(
    first: Recognised, permission: str, resource: str, found: tuple[Recognised, ...]
) -> Iterator[tuple[str, str]]:
    """Yield the permissions of an error, and those of the same kind and principal on the lines behind it."""
    yield permission, resource
    for name in filter(None, first.fields.other.get("permissions", "").split(", ")):
        yield name, resource
    if first.kind is None or not first.kind.of_resource:
        return
    line = first.line
    for other in found:
        fields = other.fields
        near = 0 <= other.line - line <= _NEAR_LINES
        if other is first or other.kind is not first.kind or not near or not fields.permission:
            continue
        if fields.principal in ("", first.fields.principal):
            line = other.line
            names = fields.other.get("permissions", fields.permission).split(", ")
            yield from ((name, _resource(fields) or resource) for name in names)


def _resource(fields: Fields) -> str:
    """Return the full name of the resource: a text about a project, folder or organization may have its id alone."""
    service, _, rest = fields.permission.partition(".")
    kind = rest.partition(".")[0]
    if fields.permission in _OF_PROJECTS and fields.project and not fields.resource:
        return f"projects/{fields.project.removeprefix('projects/')}"
    job = _JOB.match(fields.resource) if fields.permission.startswith("bigquery.jobs.") else None
    if job:
        return f"projects/{job[1]}"
    if service != "resourcemanager" or kind not in ("projects", "folders", "organizations"):
        return fields.resource
    name = fields.resource or (fields.project if kind == "projects" else "")
    return f"{kind}/{name}" if name and "/" not in name else name


def _repository(fields: Fields, text: str) -> str:
    """Return the only repository whose address is in the text: Docker names the image next to the refusal."""
    if not fields.permission.startswith("artifactregistry."):
        return ""
    found = {one[0] for one in islice(_REPOSITORY.finditer(text), _MOST_ADDRESSES)}
    return next(iter(found)) if len(found) == 1 else ""
