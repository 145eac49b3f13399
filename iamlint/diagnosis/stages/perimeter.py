"""The service perimeters of the input that may have refused a call, where the error says that one did."""

from __future__ import annotations

from dataclasses import replace

from iamlint.diagnosis.answer import Answer, Evidence
from iamlint.diagnosis.asked.case import Case
from iamlint.facts import Perimeter
from iamlint.unknown import Unknown, shown

KIND = "vpc-service-controls"
_LIST = "service perimeters (gcloud access-context-manager perimeters list --policy=POLICY --format=json)"


def with_perimeters(case: Case, answer: Answer) -> Answer:
    """Return the answer with the perimeters that restrict the service of the error, or may."""
    if case.said.kind != KIND:
        return answer
    all_ = [_with_services(one, case) for one in case.estate.of(Perimeter)]
    found = [_evidence(one, case.said.service) for one in all_ if _restricts(one, case.said.service)]
    missing = () if found else (_LIST,)
    return replace(answer, evidence=(*found, *answer.evidence), not_in_input=(*answer.not_in_input, *missing))


def _with_services(perimeter: Perimeter, case: Case) -> Perimeter:
    """A perimeter that another resource adds a project to has the services that its own resource states."""
    if not isinstance(perimeter.services, Unknown):
        return perimeter
    own = (one for one in case.estate.of(Perimeter) if one.name == perimeter.name)
    services = next((one.services for one in own if not isinstance(one.services, Unknown)), perimeter.services)
    return replace(perimeter, services=services)


def _restricts(perimeter: Perimeter, service: str) -> bool:
    if isinstance(perimeter.services, Unknown) or not service:
        return True
    return any(isinstance(one, Unknown) or one == service for one in perimeter.services)


def _evidence(perimeter: Perimeter, service: str) -> Evidence:
    services, resources = perimeter.services, perimeter.resources
    sure = bool(service) and not isinstance(services, Unknown) and service in services
    what = service or "the service"
    projects = "projects that are not known" if isinstance(resources, Unknown) else ", ".join(map(shown, resources))
    verb = "restricts" if sure else "may restrict"
    message = f"the perimeter {shown(perimeter.name)} {verb} {what} for {projects or 'no project'}"
    return Evidence(perimeter.place.at, message)
