"""Queries about Google's service agents, which lose their roles if a binding or a policy leaves them out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field

from iamlint.basics.frozen import frozen, mutable
from iamlint.estate import Estate, Node
from iamlint.facts import (
    SERVICE_AGENTS,
    Declaration,
    EmptyBinding,
    ExportedPolicy,
    Grant,
    Place,
    Principal,
    Project,
    Resource,
    Text,
    Written,
)
from iamlint.logic.globs import text_is
from iamlint.patterns.match import Match, possible_kinds
from iamlint.principals import project_number_of
from iamlint.unknown import Truth, Unknown, shown

_APIS_AGENT = "cloudservices.gserviceaccount.com"
"""Google APIs Service Agent: it is in every project, with Editor. Source:
https://cloud.google.com/iam/docs/service-account-types#google-apis-service-agent"""
_EDITOR = "roles/editor"
NEEDED = {"evicted_service_agents": ({"principal_kind": "service_agent", "role": _EDITOR},)}
_WITHOUT_ROLE = frozenset({"iap", "secretmanager", "sqladmin"})
_DOMAINS = {service: domain for service, domain in SERVICE_AGENTS.items() if service not in _WITHOUT_ROLE}
"""The agents that get ``roles/SERVICE.serviceAgent`` on a project when its API is enabled, by service.

Source: https://cloud.google.com/iam/docs/service-agents
"""
_NAMED_BY_SERVICE = frozenset(
    """
    alloydb anthos anthosaudit anthosconfigmanagement anthosidentityservice anthospolicycontroller anthossupport apigee
    assuredworkloads automl backupdr bigqueryconnection binaryauthorization certificatemanager ces chronicle
    cloudaicompanion cloudasset clouddeploy cloudkms configdelivery connectors contactcenterinsights containerscanning
    dataconnectors datalabeling datamigration datapipelines dataplex datastream datastudio designcenter dialogflow
    discoveryengine dns edgecontainer endpoints firebaseappcheck firebaseapphosting firebasedatabase firebasedataconnect
    firebasemods firebasestorage firestore firewallinsights gkebackup gkemulticloud gkeonprem healthcare
    hypercomputecluster identitytoolkit integrations livestream managedflink managedkafka memorystore meshconfig
    meshcontrolplane meshdataplane metastore modelarmor multiclusteringress networkconnectivity networkmanagement
    observability oci osconfig parallelstore pubsublite retail runapps saasservicemgmt servicedirectory spanner
    spectrumsas speech storageinsights stream transcoder vectorsearch visionai vmmigration vmwareengine
    websecurityscanner workloadmanager
    """.split()
)
_NAMED_OTHERWISE = {
    "anthosservicemesh": "gcp-sa-servicemesh",
    "appdevelopmentexperience": "gcp-sa-appdevexperience",
    "appengine": "gcp-gae-service",
    "auditmanager": "gcp-sa-audit-manager",
    "automlrecommendations": "gcp-sa-recommendationengine",
    "baremetalsolution": "gcp-sa-bms",
    "batch": "gcp-sa-cloudbatch",
    "blockchainnodeengine": "gcp-sa-bne",
    "cloudconfig": "gcp-sa-config",
    "cloudoptimization": "gcp-sa-cloudoptim",
    "cloudsecuritycompliance": "gcp-sa-csc-hpsa",
    "cloudsql": "gcp-sa-cloud-sql",
    "cloudtpu": "gcp-sa-tpu",
    "cloudtranslate": "gcp-sa-translation",
    "containeranalysis": "container-analysis",
    "containerregistry": "containerregistry",
    "containerthreatdetection": "gcp-sa-ktd-control",
    "contentwarehouse": "gcp-sa-cloud-cw",
    "developerconnect": "gcp-sa-devconnect",
    "documentaicore": "gcp-sa-prod-dai-core",
    "enterpriseknowledgegraph": "gcp-sa-cloud-ekg",
    "firebasecrashlytics": "gcp-sa-crashlytics",
    "geminicodeassistmanagement": "gcp-sa-geminicodeassistmp",
    "managedidentities": "gcp-sa-mi",
    "memcache": "cloud-memcache-sa",
    "migrationcenter": "gcp-sa-migcenter",
    "multiclustermetering": "gcp-sa-mcmetering",
    "multiclusterservicediscovery": "gcp-sa-mcsd",
    "progressiverollout": "gcp-sa-progrollout",
    "rapidmigrationassessment": "gcp-sa-rma",
    "routeoptimization": "gcp-sa-routeoptim",
    "securesourcemanager": "gcp-sa-sourcemanager",
}
"""The agents of further roles ``roles/SERVICE.serviceAgent``: ``gcp-sa-SERVICE``, or another name.

A role that several agents have by default, or that is not granted on a project, is left out.
Source: https://cloud.google.com/iam/docs/service-agents
"""
_CONNECTED_POLICY = "IAMPolicy"
"""The kind of Config Connector that owns a whole policy."""
_NAMED = 3
"""Maximum number of agents that a message names; it counts the rest."""


@mutable
class _Owner:
    """A resource that owns a role of a project or the whole policy, with the principals that it grants it to."""

    resource: Resource
    declared: Declaration
    place: Written
    role: Text | None
    grants: list[Grant] = field(default_factory=list)


@frozen
class _Agent:
    """A service agent: the local part and the domain of its e-mail, and the role that it has by default."""

    local: str
    domain: str
    role: str


@mutable
class _Known:
    """What the input shows of resources: whole policies, project numbers, and principals added by member resources."""

    exported: set[Node] = field(default_factory=set)
    numbers: dict[Node, str] = field(default_factory=dict)
    added: dict[Node, list[Grant]] = field(default_factory=dict)

    def number(self, node: Node) -> str:
        return node[1] if node[1].isdecimal() else self.numbers.get(node, "PROJECT_NUMBER")


def agent_role(email: str) -> str | None:
    """Return the role that a service agent has on its project by default; None for other accounts."""
    domain = email.rpartition("@")[2].lower()
    if domain == _APIS_AGENT:
        return _EDITOR
    name = domain.removesuffix(".iam.gserviceaccount.com")
    return next((f"roles/{service}.serviceAgent" for service, one in _DOMAINS.items() if one == name), None)


def _known(estate: Estate) -> _Known:
    known, node_of = _Known(), estate.hierarchy.node
    for policy in estate.of(ExportedPolicy):
        if node := node_of(policy.resource, policy.declared):
            known.exported.add(node)
    for project in estate.of(Project):
        if project.number and (node := node_of(Resource("project", project.project_id), project.declared)):
            known.numbers.setdefault(node, project.number)
    for grant in estate.of(Grant):
        added = grant.origin == "member" and grant.principal.kind == "service_agent"
        if added and (node := node_of(grant.resource, grant.declared)):
            known.added.setdefault(node, []).append(grant)
    return known


def evicted_service_agents(estate: Estate) -> Iterator[Match]:
    """Bindings and policies that leave out a service agent which has that role, or a role there, by default.

    An apply removes its role. If an export shows the policy, only the agents in it can lose something.
    """
    known = _known(estate)
    for owner in _owners(estate):
        node = estate.hierarchy.node(owner.resource, owner.declared)
        if node is None:
            continue
        lost, unknown_answer = _lost(owner, node, known, estate)
        if not lost:
            continue
        empty = EmptyBinding(owner.resource, owner.declared, owner.role)
        fact: Grant | EmptyBinding = owner.grants[0] if owner.grants else empty
        reasons = (unknown_answer,) if unknown_answer else ()
        yield Match(
            fact,
            Truth.UNKNOWN if unknown_answer else Truth.TRUE,
            reasons=reasons,
            words=_words(owner, lost),
            place=owner.place,
            confidence="medium" if owner.resource.kind == "organization" else None,
            raised=0 if owner.grants else -1,  # a binding without members is intended
        )


def _words(owner: _Owner, lost: list[_Agent]) -> dict[str, str]:
    named = [_named(one, with_role=owner.role is None) for one in lost[:_NAMED]]
    more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
    owned = "the whole policy of" if owner.role is None else f"all members of {shown(owner.role)} on"
    # The finding is about the first agent, not about one of the members that are named.
    about = {"principal": _named(lost[0], with_role=False)}
    if lost[0].role.startswith("roles/"):
        about["role"] = lost[0].role
    return {"agents": f"{', '.join(named)}{more}", "owned": f"{owned} {owner.resource}", **about}


def _named(agent: _Agent, *, with_role: bool) -> str:
    """Return an agent as a member; if its service has no public list of agents, a description."""
    if agent.domain == "*":
        of = "its services" if agent.role == "its role" else agent.role.removeprefix("roles/").partition(".")[0]
        return f"the service agents of {of} ({agent.local}@…)"
    member = f"serviceAccount:{agent.local}@{agent.domain}"
    return f"{member} ({agent.role})" if with_role else member


# -- owners ------------------------------------------------------------------------------------------------------------


def _owners(estate: Estate) -> Iterable[_Owner]:
    """Yield the bindings and policies of projects, and the policies of organizations."""
    found: dict[object, _Owner] = {}
    for grant in estate.of(Grant):
        whole = grant.origin == "policy" or grant.declared.type == _CONNECTED_POLICY
        if not (whole or grant.origin == "binding") or not _is_asked(grant.resource, whole):
            continue
        if not whole and grant.condition is not None:  # the binding without a condition is a separate one
            continue
        role = None if whole else grant.role
        place = grant.resource_place if role is None else grant.role_place
        key = (grant.declared, str(grant.resource), shown(role) if role is not None else None)
        found.setdefault(key, _Owner(grant.resource, grant.declared, place, role)).grants.append(grant)
    for empty in estate.of(EmptyBinding):
        asked = _is_asked(empty.resource, empty.role is None) and empty.condition is None
        if asked and empty.declared.address:
            key = (empty.declared, str(empty.resource), shown(empty.role) if empty.role is not None else None)
            found.setdefault(key, _Owner(empty.resource, empty.declared, Place(empty.declared.at), empty.role))
    return found.values()


def _is_asked(resource: Resource, whole: bool) -> bool:
    return resource.kind == "project" or (whole and resource.kind == "organization")


# -- losses ------------------------------------------------------------------------------------------------------------


def _lost(owner: _Owner, node: Node, known: _Known, estate: Estate) -> tuple[list[_Agent], str]:
    """Return the agents that lose a role, and why that is not certain."""
    number = known.number(node)
    apis = _Agent(number, _APIS_AGENT, _EDITOR)
    if isinstance(owner.role, Unknown):
        may_be = text_is((_EDITOR, "roles/*.serviceAgent"), owner.role) is not Truth.FALSE
        return ([apis], f"the role is not known: {owner.role.reason}") if may_be else ([], "")
    if node in known.exported:
        return _shown_lost(owner, estate), ""
    if owner.resource.kind == "organization":
        kinds = [possible_kinds(grant.principal) for grant in owner.grants]
        unknown = any("service_agent" in one for one in kinds)
        return ([] if unknown else [_Agent("service-org-ORGANIZATION_ID", "*", "its role")]), ""
    wanted = _wanted(owner, number, apis, estate)
    left = (
        [grant.principal for grant in (*owner.grants, *_added_elsewhere(owner, known.added.get(node, [])))]
        if wanted
        else []
    )
    missing = [agent for agent in wanted if not any(_is_agent(one, agent, number) for one in left)]
    unsure = next((one.unknown for one in left if _may_be_agent(one)), None) if missing else None
    return missing, f"one of the principals is not known: {unsure.reason}" if unsure else ""


def _wanted(owner: _Owner, number: str, apis: _Agent, estate: Estate) -> list[_Agent]:
    """Return the agents that have the role, or any role, by default."""
    if owner.role == _EDITOR:
        return [apis]
    if owner.role is not None:
        service = _service_of(shown(owner.role))
        return [_agent(service, number)] if service else []
    enabled = estate.services_of(owner.resource.name, owner.declared)
    names = {shown(service.name).removesuffix(".googleapis.com") for service in enabled}
    return [apis, *(_agent(name, number) for name in sorted(names & _DOMAINS.keys()))]


def _shown_lost(owner: _Owner, estate: Estate) -> list[_Agent]:
    """Return the agents whose grants an export shows and this resource removes."""
    lost = {}
    for one in estate.replaced:
        email = one.grant.principal.email
        if not one.same and one.by.declared == owner.declared and one.grant.principal.kind == "service_agent" and email:
            local, _, domain = email.partition("@")
            lost[email, shown(one.grant.role)] = _Agent(local, domain, shown(one.grant.role))
    return list(lost.values())


def _added_elsewhere(owner: _Owner, added: list[Grant]) -> Iterator[Grant]:
    """Yield grants that other resources add to what is owned; conflicting-bindings reports the conflict."""
    for grant in added:
        if owner.role is None or grant.role == owner.role:
            yield grant


# -- agents --------------------------------------------------------------------------------------------------------


def _agent(service: str, number: str) -> _Agent:
    name = _DOMAINS.get(service) or _NAMED_OTHERWISE.get(service)
    if name is None and service in _NAMED_BY_SERVICE:
        name = f"gcp-sa-{service}"
    domain = f"{name}.iam.gserviceaccount.com" if name else "*"
    return _Agent(f"service-{number}", domain, f"roles/{service}.serviceAgent")


def _service_of(role: str) -> str | None:
    """Return the service of an agent's role: ``pubsub`` for ``roles/pubsub.serviceAgent``."""
    service, dot, name = role.removeprefix("roles/").partition(".")
    return service if role.startswith("roles/") and dot and name.lower() == "serviceagent" else None


def _is_agent(principal: Principal, agent: _Agent, number: str) -> bool:
    """Whether a principal is the agent, as far as it is known; ``${google_project_service_identity.x}`` is."""
    if principal.kind != "service_agent":
        return False
    domain = principal.text.rpartition("@")[2]
    if "@" not in principal.text or agent.domain == "*":
        return domain != _APIS_AGENT
    own = project_number_of(principal.email or "")
    return domain == agent.domain and not (own and number.isdecimal() and own != number)


def _may_be_agent(principal: Principal) -> bool:
    """Whether an unknown principal may turn out to be an agent."""
    if principal.unknown is None or "service_agent" not in possible_kinds(principal):
        return False
    domain = principal.unknown.suffix.rpartition("@")[2]
    return principal.kind != "service_agent" and not domain.endswith(".iam.gserviceaccount.com")
