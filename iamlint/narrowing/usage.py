"""Reads evidence of use: Cloud Audit Logs, and recommendations of google.iam.policy.Recommender, as gcloud prints them.

Sources: https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog
https://cloud.google.com/recommender/docs/reference/rest/v1/projects.locations.recommenders.recommendations
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from iamlint.basics.frozen import frozen
from iamlint.documents import plain, read_json_documents
from iamlint.documents.parts import has
from iamlint.documents.values import Value
from iamlint.files.texts import load
from iamlint.location import Location, SourceText, Unreadable
from iamlint.narrowing.model import Advice, Log, Use

_LOGS = "gcloud logging read 'logName:cloudaudit.googleapis.com' --freshness=90d --format=json"
_HINT = (
    f"`{_LOGS}` prints logs, `gcloud recommender recommendations list "
    "--recommender=google.iam.policy.Recommender --location=global --project=PROJECT --format=json` recommendations"
)
_MEMBERS = "/iamPolicy/bindings/*/members/"


@frozen
class Usage:
    """The evidence of all files."""

    logs: tuple[Log, ...] = ()
    advice: tuple[Advice, ...] = ()
    errors: tuple[Unreadable, ...] = field(default=())


def read_usage(paths: Iterable[Path]) -> Usage:
    """Return the evidence in some files; a file of another kind, or a bad entry, is an error."""
    logs: list[Log] = []
    advice: list[Advice] = []
    errors: list[Unreadable] = []
    for path in paths:
        source = load(path, path.as_posix())
        found = source if isinstance(source, Unreadable) else _read(source)
        if isinstance(found, Unreadable):
            errors.append(found)
        elif isinstance(found, Log):
            logs.append(found)
        else:
            advice += found
    return Usage(tuple(logs), tuple(advice), tuple(errors))


def _read(source: SourceText) -> Log | list[Advice] | Unreadable:
    documents = read_json_documents(source)
    if isinstance(documents, Unreadable):
        return documents
    entries = [entry for document in documents for entry in _entries(document)]
    logged = [entry for entry in entries if has(entry, "protoPayload")]
    advised = [entry for entry in entries if has(entry, "recommenderSubtype") or has(entry, "primaryImpact")]
    at = Location(source.path)
    if not entries:
        return Unreadable(at, "the file has no entries, so it is no evidence of use", _HINT)
    if logged:
        return _log(source.path, logged)
    if not advised:
        return Unreadable(at, "these are neither audit log entries nor recommendations for roles", _HINT)
    return _advised(advised)


def _entries(document: Value) -> Iterator[Value]:
    if isinstance(document.data, tuple):
        yield from document.data
    else:
        yield document


class _BadError(Exception):
    pass


# -- audit logs ----------------------------------------------------------------------------------------------------


def _log(path: str, entries: list[Value]) -> Log | Unreadable:
    times: list[datetime] = []
    projects: set[str] = set()
    uses: dict[tuple[str, str, str, str], Use] = {}
    for entry in entries:
        written = _mapping(plain(entry))
        try:
            times.append(_time(written.get("timestamp")))
        except _BadError as bad:
            return Unreadable(entry.location, str(bad), _HINT)
        project = _project(written)
        if project:
            projects.add(project)
        for one in _uses(_mapping(written.get("protoPayload")), project, entry.location):
            uses.setdefault((one.principal, one.permission, one.project, one.resource), one)
    return Log(path, min(times), max(times), len(entries), frozenset(projects), tuple(uses.values()))


def _uses(payload: Mapping[str, Any], project: str, at: Location) -> Iterator[Use]:
    principal = _principal(_mapping(payload.get("authenticationInfo")))
    if not principal:
        return
    listed = payload.get("authorizationInfo")
    if not isinstance(listed, list | tuple) or not listed:
        yield Use(principal, "", project, str(payload.get("methodName", "")), at)
        return
    for one in map(_mapping, listed):
        if one.get("granted") is True:
            resource = one.get("resource") or payload.get("resourceName") or ""
            yield Use(principal, str(one.get("permission") or ""), project, str(resource), at)


def _principal(who: Mapping[str, Any]) -> str:
    """Return the caller as policies spell it; "" for an anonymous one."""
    subject, email = who.get("principalSubject"), who.get("principalEmail")
    if isinstance(subject, str) and ":" in subject:
        return subject
    if not isinstance(email, str) or "@" not in email:
        return ""
    return f"{'serviceAccount' if email.lower().endswith('gserviceaccount.com') else 'user'}:{email}"


def _project(entry: Mapping[str, Any]) -> str:
    """Return the project that an entry is from: by its log, else by its resource."""
    name = str(entry.get("logName", ""))
    if name.startswith("projects/"):
        return name.split("/")[1]
    labels = _mapping(_mapping(entry.get("resource")).get("labels"))
    found = labels.get("project_id")
    return found if isinstance(found, str) else ""


def _time(written: object) -> datetime:
    if isinstance(written, str):
        try:
            found = datetime.fromisoformat(written[:19])  # RFC 3339, in UTC; fractions do not matter
        except ValueError:
            pass
        else:
            return found.replace(tzinfo=UTC)
    raise _BadError("an audit log entry has no timestamp")


# -- recommendations -----------------------------------------------------------------------------------------------


def _advised(entries: list[Value]) -> list[Advice] | Unreadable:
    found: list[Advice] = []
    for entry in entries:
        written = _mapping(plain(entry))
        state = str(_mapping(written.get("stateInfo")).get("state", "ACTIVE"))
        if state != "ACTIVE":
            continue
        content = _mapping(written.get("content"))
        groups = content.get("operationGroups")
        operations = [
            _mapping(one)
            for group in (groups if isinstance(groups, list | tuple) else ())
            for one in _listed(_mapping(group).get("operations"))
        ]
        try:
            found += _advice(operations, _days(content), entry.location)
        except _BadError as bad:
            return Unreadable(entry.location, str(bad), _HINT)
    return found


def _advice(operations: list[Mapping[str, Any]], days: int | None, at: Location) -> Iterator[Advice]:
    added: list[tuple[str, str]] = []
    removed: list[tuple[str, str, str]] = []
    for one in operations:
        path, filters = str(one.get("path", "")), _mapping(one.get("pathFilters"))
        role, resource = filters.get("/iamPolicy/bindings/*/role"), str(one.get("resource", ""))
        if not path.startswith(_MEMBERS) or not isinstance(role, str):
            raise _BadError("a recommendation changes something other than the members of a role")
        if one.get("action") == "add":
            added.append((role, str(one.get("value", ""))))
        elif one.get("action") == "remove":
            removed.append((role, str(filters.get("/iamPolicy/bindings/*/members/*", "")), resource))
    for role, member, resource in removed:
        yield Advice(member, role, resource, tuple(new for new, who in added if who == member), days, at)


def _days(content: Mapping[str, Any]) -> int | None:
    """Return how many days of use a recommendation rests on."""
    overview, older = _mapping(content.get("overview")), _mapping(content.get("justification"))
    said = str(overview.get("minimumObservationPeriodInDays", ""))
    if said.isdecimal() and len(said) < 6:
        return int(said)
    try:
        span = _time(older.get("accessObservationEndTime")) - _time(older.get("accessObservationStartTime"))
    except _BadError:
        return None
    return span.days


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _listed(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple) else ()
