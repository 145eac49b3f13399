"""Whether the evidence of use is complete for a grant: only then does a permission without a use count as unused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, time

from iamlint.estate import Estate, Node, identity
from iamlint.facts import Attachment, AuditConfig, Declaration, Grant, Impersonation, Resource
from iamlint.location import COMMAND_LINE, Location
from iamlint.narrowing.model import Advice, Log, Use
from iamlint.narrowing.usage import Usage
from iamlint.unknown import Unknown, shown

_DELEGATION = "iam.serviceAccounts.implicitDelegation"
_TYPES = frozenset({"ADMIN_READ", "DATA_READ", "DATA_WRITE"})
_NAMED = frozenset({"service_account", "default_service_account", "user", "federated", "gke_workload"})
"""Kinds of principals that a log names; for a set it names the members."""
_HOST = "//cloudresourcemanager.googleapis.com/"
_GIVEN = Declaration(Location(COMMAND_LINE))
MOST_AGE = 30
"""Maximum number of days since the last entry of a log."""


class Evidence:
    """The evidence of use for the grants of one estate."""

    def __init__(self, estate: Estate, usage: Usage, days: int) -> None:
        self.estate, self._usage, self._minimum = estate, usage, days
        every = (*known_uses(estate), *(use for log in usage.logs for use in log.uses))
        self._by_principal: dict[str, list[Use]] = defaultdict(list)
        for use in every:
            self._by_principal[use.principal.lower()].append(use)
        self._audited: dict[Node, list[AuditConfig]] = defaultdict(list)
        for audit in estate.of(AuditConfig):
            node = estate.hierarchy.node(audit.resource, audit.declared)
            if node:
                self._audited[node].append(audit)

    def uses(self, grant: Grant) -> list[Use]:
        """Return the uses of a grant's principal that may come from this grant."""
        found = self._by_principal.get(grant.principal.text.lower(), ())
        return [use for use in found if self.may_count(use, grant)]

    def missing(self, grant: Grant) -> Iterator[str]:
        """Yield the missing evidence that permissions without a use are unused; nothing if it is complete."""
        principal, held = grant.principal, self.estate.permissions(grant.role, grant.declared)
        if principal.unknown:
            yield f"the principal is not known: {principal.unknown.reason}"
        elif principal.kind not in _NAMED:
            yield f"logs name the callers, not their membership in {principal.text}"
        if held[1]:
            yield f"the permissions of the role are not known: {held[1].reason}"
        yield from self._of_logs(grant)

    def advice(self, grant: Grant) -> Advice | None:
        """Return Google's recommendation for a grant, with the longest observation if it has several."""
        node = self.estate.hierarchy.node(grant.resource, grant.declared)
        found = [one for one in self._usage.advice if one.role == grant.role and self._is_about(one, grant, node)]
        return max(found, key=lambda one: one.days or 0, default=None)

    def _is_about(self, one: Advice, grant: Grant, node: Node | None) -> bool:
        if one.member.lower() != grant.principal.text.lower() or node is None:
            return False
        kinds = {"projects": "project", "folders": "folder", "organizations": "organization"}
        parts = one.resource.removeprefix(_HOST).split("/")
        if len(parts) != 2 or parts[0] not in kinds:
            return False
        return self.estate.hierarchy.node(Resource(kinds[parts[0]], parts[1]), _GIVEN) == node

    def of_principal(self, grant: Grant) -> list[Use]:
        """Return all known uses of a grant's principal, wherever they were."""
        return [use for use in self._by_principal.get(grant.principal.text.lower(), ()) if use.permission]

    def described(self, grant: Grant) -> str:
        """Return the evidence that completes a grant, for people."""
        logs = self._covering(self._project(grant))
        entries = sum(log.entries for log in logs)
        first, last = min(log.first for log in logs), max(log.last for log in logs)
        named = ", ".join(log.path for log in logs[:3])
        return f"{entries} audit log entries from {first.date()} to {last.date()} ({named})"

    # -- logs --------------------------------------------------------------------------------------------------------

    def _of_logs(self, grant: Grant) -> Iterator[str]:
        if not self._usage.logs:
            runs = self._runs_as(grant)
            seen = f"; {runs} runs as it, which does not say what it calls" if runs else ""
            lacking = "no audit log could be read" if self._usage.errors else "no audit log was given (--usage)"
            yield f"{lacking}{seen}"
            return
        if grant.resource.kind in ("folder", "organization"):
            yield f"logs of projects do not show that they are from all projects of {grant.resource}"
            return
        project = self._project(grant)
        if project is None:
            yield f"the project of {grant.resource} is not known, so it is unknown whether its logs are complete"
            return
        logs = self._covering(project)
        if not logs:
            yield f"the logs have no entry of {project[0]} {project[1]}"
            return
        yield from self._time(logs)
        yield from self._logging(grant, project)
        silent = next((use for use in self.uses(grant) if not use.permission), None)
        if silent:
            at = f"{silent.at.path}:{silent.at.line}"
            yield f"the call {silent.resource} has no permission in the log ({at}), so what it used is unknown"

    def _time(self, logs: list[Log]) -> Iterator[str]:
        days = (max(log.last for log in logs) - min(log.first for log in logs)).days
        if days < self._minimum:
            yield f"the logs span {days} days, and {self._minimum} are needed (--days)"
        today = datetime.combine(self.estate.as_of, time(), UTC)
        age = (today - max(log.last for log in logs)).days
        if age > MOST_AGE:
            yield f"the logs end {age} days ago; later use is not known"

    def _logging(self, grant: Grant, project: Node) -> Iterator[str]:
        """Yield why not every access of the principal is in the logs: Data Access logs are off by default."""
        logged: set[str] = set()
        for node in self.estate.hierarchy.containers(project, grant.declared):
            for audit in self._audited.get(node, ()):
                if audit.service != "allServices" or audit.declared.uncertain or isinstance(audit.log_types, Unknown):
                    continue
                if isinstance(audit.exempted, Unknown):
                    continue
                free = {shown(kind) for kind, who in audit.exempted if _may_be(who, grant)}
                logged.update(str(kind) for kind in audit.log_types if isinstance(kind, str) and kind not in free)
        absent = sorted(_TYPES - logged)
        if absent:
            what = " and ".join(absent)
            yield (
                f"the input does not show that {what} of all services are logged in {project[0]} {project[1]} "
                f"for {grant.principal.text} (google_project_iam_audit_config)"
            )

    def _covering(self, project: Node | None) -> list[Log]:
        if project is None:
            return []
        key = self._key
        return [log for log in self._usage.logs if any(key(one) == project[1] for one in log.projects)]

    # -- where -------------------------------------------------------------------------------------------------------

    def _project(self, grant: Grant) -> Node | None:
        above = self.estate.hierarchy.above(grant.resource, grant.declared)
        return next((node for node in above if node[0] == "project"), None)

    def _key(self, project: str) -> str:
        return self.estate.hierarchy.project_key(project, _GIVEN) or project

    def may_count(self, use: Use, grant: Grant) -> bool:
        """Whether a use may come from a grant: false if it was certainly on another resource."""
        if grant.resource.kind == "service_account" and "@" in use.resource:
            email = use.resource.rpartition("/")[2].lower()
            return email == (identity(grant.resource.name, grant.declared) or email).lower()
        if grant.resource.kind in ("folder", "organization") or not use.project:
            return True
        project = self._project(grant)
        return project is None or self._key(use.project) == project[1]

    def _runs_as(self, grant: Grant) -> str:
        name = identity(grant.principal.email or "", grant.declared)
        for one in self.estate.of(Attachment):
            if name and one.account is not None and identity(one.account, one.declared) == name:
                return f"{one.declared.address or one.resource}"
        return ""


def known_uses(estate: Estate) -> Iterator[Use]:
    """Yield the uses that configurations state: an account that asks for another one's token, hop by hop."""
    for asked in estate.of(Impersonation):
        if isinstance(asked.delegates, Unknown):
            continue
        stops = [*asked.delegates, (asked.target, asked.place)]
        holders = [asked.caller, *(text for text, _ in asked.delegates)]
        for holder, (onto, place) in zip(holders, stops, strict=True):
            caller, target = (_email(text, asked) for text in (holder, onto))
            if caller and target:
                permission = asked.method if place is asked.place else _DELEGATION
                yield Use(f"serviceAccount:{caller}", permission, "", f"serviceAccounts/{target}", place.at)


def _email(text: object, asked: Impersonation) -> str | None:
    found = identity(text, asked.declared) if isinstance(text, str | Unknown) else None
    return found if found and "@" in found and "${" not in found else None


def _may_be(who: object, grant: Grant) -> bool:
    return isinstance(who, Unknown) or str(who).lower() == grant.principal.text.lower()
