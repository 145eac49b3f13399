"""The smallest change that makes a call work: Terraform for the place where it belongs, and gcloud."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.diagnosis.answer import Answer, Fix
from iamlint.diagnosis.asked.caller import NOBODY_NAMED
from iamlint.diagnosis.asked.case import Case
from iamlint.diagnosis.asked.clients import ANNOTATION
from iamlint.diagnosis.asked.reach import gives
from iamlint.diagnosis.callers.exchange import provider_parts
from iamlint.diagnosis.callers.holder import Holder, account_holder
from iamlint.diagnosis.fixes.fix_text import Member, account_reference, block, member_of, resource_name
from iamlint.diagnosis.fixes.owned import in_owner
from iamlint.diagnosis.fixes.refused_member import absent_member, member_form
from iamlint.diagnosis.fixes.several import RoleChoice, grants_of
from iamlint.diagnosis.stages.direct import accounts_of, direct_client
from iamlint.diagnosis.stages.gates import consumer_project, quota_of
from iamlint.diagnosis.stages.hop import PLAN_SOURCE, Hop
from iamlint.diagnosis.stages.paths import chain_to
from iamlint.diagnosis.stages.rights import NAME as RIGHTS
from iamlint.diagnosis.stages.rights import needs_of
from iamlint.diagnosis.stages.stages import is_denial
from iamlint.estate.deny_forms import denied_principal
from iamlint.facts import CustomRole, Declaration, Grant, Place, Principal, Provider, Resource
from iamlint.federation.names import identity_of
from iamlint.principals import read_principal
from iamlint.queries.policies.agents import agent_role
from iamlint.unknown import Truth, shown

_ROLES: Mapping[str, str] = {
    "iam.serviceAccounts.getAccessToken": "roles/iam.serviceAccountTokenCreator",
    "iam.serviceAccounts.getOpenIdToken": "roles/iam.serviceAccountOpenIdTokenCreator",
    "iam.serviceAccounts.signBlob": "roles/iam.serviceAccountTokenCreator",
    "iam.serviceAccounts.signJwt": "roles/iam.serviceAccountTokenCreator",
    "iam.serviceAccounts.implicitDelegation": "roles/iam.serviceAccountTokenCreator",
    "iam.serviceAccounts.actAs": "roles/iam.serviceAccountUser",
}
"""The smallest predefined role with each permission, for users and accounts. Source: the role catalogue."""
_WORKLOAD = "roles/iam.workloadIdentityUser"
_FEDERATED = frozenset({"iam.serviceAccounts.getAccessToken", "iam.serviceAccounts.getOpenIdToken"})


def fix_for(case: Case, answer: Answer, holder: Holder | None, hops: list[Hop]) -> Fix:
    """Return the fix that a verdict calls for; empty if the call works, or nothing is known to cure it."""
    maker = _FIXES.get(answer.step or "")
    if answer.verdict == "works":
        return Fix()
    own = next((stage.fix for stage in answer.stages if stage.fix and stage.message == answer.headline), None)
    if own:
        return own
    said = case.said
    explains = answer.verdict == "unknown" or answer.step in said.steps or answer.headline == said.title
    has_it = any(stage.name == RIGHTS and stage.state == "done" for stage in answer.stages)
    has_it = has_it or (said.stage == "granting" and bool(answer.evidence))
    granted = answer.verdict == "unknown" and (has_it or (not said.of_resource and answer.method_works))
    of_document = _of_agent(case, _named_agent(case)) if said.by_agent else _of_document(case, holder)
    general = of_document if explains and not granted else Fix()
    if explains and not granted and said.of_resource and (case.question.right or said.permission):
        general = replace(_unknown_rights(case, answer, holder), refused=general.refused)
    if maker is None:
        return general
    broken = next((one for one in hops if one.truth is not Truth.TRUE), hops[-1] if hops else None)
    made = maker(_Broken(case, answer, holder, broken))
    return made if made.terraform or made.gcloud or made.note else general


_REGISTRY = regex(r"\b[a-z0-9-]{2,40}-docker\.pkg\.dev\b")
_POD = "serviceAccount:PROJECT.svc.id.goog[NAMESPACE/NAME]"
"""The workload that a fix is for, as documents of GKE's errors name it."""


def _of_document(case: Case, holder: Holder | None) -> Fix:
    """Return the fix of the error's document, with the account that replaces ``target``, and the caller."""
    said, target = case.said, case.target
    terraform, gcloud = said.terraform, said.gcloud
    if holder is not None and not said.by_agent:
        member = member_of(case, holder)
        terraform = terraform.replace('"CALLER"', member.terraform)
        gcloud = gcloud.replace("--member=CALLER", f"--member={member.in_shell}")
        if ".svc.id.goog[" in member.text:
            terraform = terraform.replace(f'"{_POD}"', member.terraform)
            gcloud = gcloud.replace(f'"{_POD}"', member.in_shell)
    registry = _REGISTRY.search(said.text)
    if registry:
        gcloud = gcloud.replace("europe-docker.pkg.dev", registry[0])
    if said.principal:
        gcloud = re.sub(r"--user=EMAIL\b", lambda _: f"--user={shlex.quote(said.principal.rpartition(':')[2])}", gcloud)
    named = provider_parts(said.provider)
    if named:
        gcloud = gcloud.replace(" PROVIDER ", f" {shlex.quote(named['provider'])} ")
        gcloud = gcloud.replace("=POOL ", f"={shlex.quote(named['pool'])} ")
    if target and "${" not in target:
        gcloud = re.sub(r"\bTARGET\b", target, gcloud)
    if target:
        terraform = terraform.replace("google_service_account.target.name", account_reference(case, target))
    return Fix(terraform, gcloud, refused=said.bad_cures)


@frozen
class _Broken:
    """What is to be fixed: the verdict, who the caller is, and the first hop that does not work."""

    case: Case
    answer: Answer
    holder: Holder | None
    hop: Hop | None

    @property
    def place(self) -> str:
        """The file of the first evidence."""
        return self.answer.evidence[0].at.path if self.answer.evidence else ""


_Maker = Callable[[_Broken], Fix]


def role_for(permission: str, holder: Holder) -> str:
    """Return the smallest predefined role with a permission of service accounts that fits a holder."""
    if permission in _FEDERATED and holder.token is not None:
        return _WORKLOAD
    return _ROLES.get(permission, "roles/iam.serviceAccountTokenCreator")


def _grant(broken: _Broken) -> Fix:
    """Return a grant on the account itself, to the caller alone."""
    case, holder, hop = broken.case, broken.holder, broken.hop
    if hop is None or holder is None or hop.resource.kind != "service_account":
        return Fix()
    source, target = hop.holder, hop.target
    role = role_for(hop.permission, source)
    declared = case.declared_account(target)
    file = declared.declared.at.path if declared else ""
    member = member_of(case, source, file)
    name = resource_name(source, target)
    terraform = block(
        f'resource "google_service_account_iam_member" "{name}"',
        {
            "service_account_id": account_reference(case, target, file),
            "role": f'"{role}"',
            "member": member.terraform,
        },
    )
    gcloud = f"gcloud iam service-accounts add-iam-policy-binding {target} --member={member.in_shell} --role={role}"
    note = ""
    if role == "roles/iam.serviceAccountTokenCreator":
        note = f"A custom role with {hop.permission} alone is smaller still."
    made = _made(source.principal, role, hop.resource, hop.declared)
    return in_owner(Fix(terraform, gcloud, file, note, _refused(hop, target, case), (made,)), made, member, case)


def _member(broken: _Broken) -> Fix:
    """Return the attribute that a grant to the caller names and the provider does not map; else such a grant."""
    case, hop = broken.case, broken.hop
    token, claims = hop.holder.token if hop else None, case.question.caller.claims
    if case.said.kind == "target-not-found":
        return Fix()  # a grant on an account that is not there helps nobody
    if case.said.kind == "account-does-not-exist":
        return absent_member(case)
    if case.said.kind in ("member-unknown-type", "member-wrong-prefix"):
        return member_form(case)
    if hop is None or token is None:
        return _grant(broken)
    for grant in case.estate.of(Grant):
        who = identity_of(grant.principal) if grant.resource == hop.resource else None
        if who is None or who.attribute is None or who.attribute in token.attributes:
            continue
        claim = who.attribute.removeprefix("attribute.")
        if who.value == claims.get(claim) and gives(grant, hop.permission, case.estate):
            note = (
                f"Add this to attribute_mapping of the provider in the pool {token.pool}. The grant can stay as it is."
            )
            providers = [one for one in case.estate.of(Provider) if f"/{token.pool}/" in shown(one.name)]
            file = providers[0].declared.at.path if providers else ""
            return Fix(f'"{who.attribute}" = "assertion.{claim}"', "", file, note)
    return _grant(broken)


def _made(principal: Principal, role: str, resource: Resource, declared: Declaration) -> Grant:
    """Return the grant that a fix makes."""
    place = Place(declared.at)
    return Grant(principal, role, resource, "member", declared, place, place, place)


def _refused(hop: Hop, target: str, case: Case) -> tuple[str, ...]:
    """Return the cures that people use and that do harm, each with its reason."""
    project = shown(case.project_of(target)) or "the project"
    role = role_for(hop.permission, hop.holder).rpartition(".")[2]
    found = [f"{role} on {project} instead of the account: it reaches every service account there, also later ones."]
    if hop.permission == "iam.serviceAccounts.actAs":
        found.append(
            "roles/run.serviceAgent, or another role of a service agent: it also mints tokens for every account."
        )
    else:
        found.append("Owner or Editor: neither contains this permission, and both contain far more.")
    return tuple(found)


def _custom_role(broken: _Broken) -> Fix:
    """Return the permission added to the custom role, where the role is there; else a grant."""
    case, hop = broken.case, broken.hop
    role = next((one for one in _custom_roles(case, hop) if not one.deleted and one.stage != "DISABLED"), None)
    if hop is None or role is None or "/roles/" not in shown(role.name):
        return _grant(broken)
    home, _, name = shown(role.name).partition("/roles/")
    collection, _, owner = home.partition("/")
    gcloud = (
        f"gcloud iam roles update {name} --{collection.removesuffix('s')}={owner} --add-permissions={hop.permission}"
    )
    terraform = f'# {role.declared.address or shown(role.name)}: add to permissions\n"{hop.permission}",'
    return Fix(terraform, gcloud, role.declared.at.path, "Everybody who holds the role gets the permission.")


def _custom_roles(case: Case, hop: Hop | None) -> list[CustomRole]:
    found = []
    for tried in hop.tried if hop else ():
        role = case.estate.custom_role(tried.grant.role, tried.grant.declared)
        if role is not None and tried.member.truth is Truth.TRUE:
            found.append(role)
    return found


def _disabled(broken: _Broken) -> Fix:
    case, hop = broken.case, broken.hop
    caller = case.question.caller.principal
    email = case.target
    if hop is None and caller is not None and caller.email:
        email = caller.email
    account = case.declared_account(email)
    file = account.declared.at.path if account else ""
    return Fix("disabled = false", f"gcloud iam service-accounts enable {email or 'CALLER'}", file)


def _api(broken: _Broken) -> Fix:
    case, holder = broken.case, broken.holder
    service = case.said.service or "iamcredentials.googleapis.com"
    project = case.said.project or shown(consumer_project(case, holder)) or "CALLER_PROJECT"
    project = case.id_of(project.removeprefix("projects/"))
    name = re.sub(r"\W", "_", service.partition(".")[0])
    arguments = {"project": f'"{project}"', "service": f'"{service}"'}
    terraform = block(f'resource "google_project_service" "{name}"', arguments)
    gcloud = f"gcloud services enable {service} --project={project}"
    return Fix(terraform, gcloud, note="It belongs to the project of the caller, not to that of the target.")


_QUOTA_RIGHTS = ("quota-project-denied", "quota-project-unset")


def _quota(broken: _Broken) -> Fix:
    case, holder = broken.case, broken.holder
    if case.said.settles == "quota-project" and case.said.kind not in _QUOTA_RIGHTS:
        return _of_document(case, holder)  # a right does not help on a project that does not exist, or has no name
    asked = quota_of(case)
    project = case.said.project or (shown(asked.quota_project) if asked else "") or "PROJECT"
    project = case.id_of(project.removeprefix("projects/"))
    if case.said.kind == "quota-project-unset":  # the project in the text is that of gcloud itself
        project = shown(asked.quota_project) if asked else "PROJECT"
        terraform = block('provider "google"', {"user_project_override": "true", "billing_project": f'"{project}"'})
        return Fix(terraform, f"gcloud auth application-default set-quota-project {project}")
    member = member_of(case, holder) if holder else Member("CALLER", '"CALLER"')
    role = "roles/serviceusage.serviceUsageConsumer"
    arguments = {"project": f'"{project}"', "role": f'"{role}"', "member": member.terraform}
    terraform = block('resource "google_project_iam_member" "quota"', arguments)
    return Fix(terraform, f"gcloud projects add-iam-policy-binding {project} --member={member.in_shell} --role={role}")


def _scopes(broken: _Broken) -> Fix:
    case = broken.case
    caller = case.question.caller
    match caller.text.partition(":")[0]:
        case "nodepool":
            terraform = 'node_config {\n  oauth_scopes = ["https://www.googleapis.com/auth/cloud-platform"]\n}'
            note = (
                "The scopes of a node pool cannot be changed: this makes a new one. Workload Identity needs no scopes."
            )
            return Fix(terraform, note=note)
        case "template":
            return Fix('service_account {\n  scopes = ["cloud-platform"]\n}')
        case _:
            name = caller.name or "VM"
            gcloud = f"gcloud compute instances set-service-account {name} --scopes=cloud-platform"
            note = "The VM must be stopped. Access is then limited by IAM alone."
            return Fix('service_account {\n  scopes = ["cloud-platform"]\n}', gcloud, note=note)


def _delegation(broken: _Broken) -> Fix:
    """Return the missing grant of a hop, or the delegate that the call does not name."""
    case, holder, hop = broken.case, broken.holder, broken.hop
    if case.question.delegates or holder is None or hop is None:
        return _grant(broken)
    chain = chain_to(case, holder, hop.permission, case.target)
    if not chain:
        return _grant(broken)
    names = [one.target for one in chain[:-1]]
    delegates = ", ".join(f'"{name}"' for name in names)
    arguments = {
        "impersonate_service_account": f'"{case.target}"',
        "impersonate_service_account_delegates": f"[{delegates}]",
    }
    terraform = block('provider "google"', arguments)
    gcloud = f"gcloud auth print-access-token --impersonate-service-account={','.join((*names, case.target))}"
    return Fix(terraform, gcloud, note="No grant is needed: the call names the delegates.")


def _wrong_mode(broken: _Broken) -> Fix:
    case = broken.case
    made = _grant(broken)
    direct = direct_client(case)
    if direct and broken.holder:
        names = accounts_of(case, broken.holder)
        name = names[0] if names else "ACCOUNT"
        where = (
            f"`{ANNOTATION}: {name}` to its annotations"
            if direct.workload
            else f"`service_account: {name}` to the step"
        )
        note = f"Add {where}. No grant is missing for it. Or grant the role to the federated identity itself."
        return Fix(file=direct.at.path, note=note)
    if case.question.caller.kind == "token":
        note = "Or leave `service_account` out of the client's configuration: the identity has its own grants."
    elif case.question.caller.kind == "ksa":
        note = "Or remove the annotation iam.gke.io/gcp-service-account: the workload has its own grants."
    elif not case.target:
        return Fix()
    else:
        backend = block('backend "gcs"', {"impersonate_service_account": f'"{case.target}"'})
        return Fix(backend, note="Impersonate in every place that calls Google: the provider, the backend, gcloud.")
    return Fix(made.terraform, made.gcloud, made.file, note, made.refused)


def _unknown_rights(case: Case, answer: Answer, holder: Holder | None) -> Fix:
    """Return the missing grant on the resource; empty if the input has one."""
    has_it = any(stage.name == RIGHTS and stage.state == "done" for stage in answer.stages)
    return Fix() if has_it else _rights(_Broken(case, answer, holder, None))


def _rights(broken: _Broken) -> Fix:
    case, holder = broken.case, broken.holder
    permission = case.question.right or case.said.permission
    if not permission:
        return Fix()
    if case.said.by_agent and not (_named_agent(case) and case.said.permission):
        return _of_agent(case, _named_agent(case))
    refused = _named_agent(case) if case.said.by_agent else case.target
    who = account_holder(case, refused) if refused else holder
    if who is None and case.question.caller is not NOBODY_NAMED:
        return Fix()
    member = member_of(case, who) if who else Member("CALLER", '"CALLER"')
    project = shown(case.project_of(case.target)) if case.target else ""
    needs = next((stage.lacking for stage in broken.answer.stages if stage.lacking), ())
    needs = needs or needs_of(case, permission, case.question.on or case.said.resource or None)
    roles = RoleChoice(_agents_role(case), case.said.role, project or case.said.project or "PROJECT")
    fix = grants_of(needs, roles, member)
    owned = in_owner(fix, fix.grants[0], member, case) if len(fix.grants) == 1 else fix
    return replace(owned, grants=())  # a proof asks for a method that a grant on an account makes work


def _agents_role(case: Case) -> str:
    """Return the role that Google names for a service agent: it often needs more than the permission of the error."""
    return case.said.role if case.said.by_agent else ""


def _evicted(broken: _Broken) -> Fix:
    """Return the agent's own role again; the grant of the error's document where that is another one."""
    case, holder = broken.case, broken.holder
    is_agent = holder is not None and holder.principal.kind == "service_agent"
    agent = (holder.principal.email if holder and is_agent else None) or case.said.other.get("agent", "")
    role = agent_role(agent) or ""
    if not broken.answer.evidence and case.said.gcloud and (not role or role not in case.said.gcloud):
        return _of_agent(case, agent)
    project = shown(case.project_of(case.target)) or "PROJECT"
    member = f"serviceAccount:{agent or 'service-PROJECT_NUMBER@serverless-robot-prod.iam.gserviceaccount.com'}"
    role = role or "roles/run.serviceAgent"
    arguments = {"project": f'"{project}"', "role": f'"{role}"', "member": f'"{member}"'}
    terraform = block('resource "google_project_iam_member" "agent"', arguments)
    gcloud = f"gcloud projects add-iam-policy-binding {project} --member={member} --role={role}"
    note = "Take the authoritative binding of this role away, or add the agent to it."
    made = _made(read_principal(member), role, Resource("project", project), case.declared(case.target))
    return in_owner(Fix(terraform, gcloud, note=note), made, Member(member, f'"{member}"'), case)


def _named_agent(case: Case) -> str:
    """Return the e-mail of the service agent that the error names; empty without one."""
    return (case.said.principal or case.said.other.get("agent", "")).rpartition(":")[2]


def _of_agent(case: Case, agent: str) -> Fix:
    """Return the fix of the error's document, with the service agent and the project that the error names."""
    fix = _of_document(case, None)
    texts = [fix.terraform, fix.gcloud]
    if agent:
        placeholder = r"serviceAccount:(?:[\w-]*NUMBER(?:-compute)?@[\w.-]+|AGENT)"
        texts = [re.sub(placeholder, f"serviceAccount:{agent}", one) for one in texts]
    if re.fullmatch(r"projects/[^/]+", case.said.resource):
        project = case.said.resource.removeprefix("projects/")
        texts = [re.sub(r"\b(?:HOST_)?PROJECT\b", project, one) for one in texts]
    return replace(fix, terraform=texts[0], gcloud=texts[1])


def _org_policy(broken: _Broken) -> Fix:
    case = broken.case
    if case.said.kind in ("", "token-lifetime"):
        return Fix(
            'lifetime = "3600s"', note="Or add the account to iam.allowServiceAccountCredentialLifetimeExtension."
        )
    of_document = _of_document(case, broken.holder)
    allow = "An organization policy administrator must allow it: a grant does not help."
    return replace(of_document, note=allow) if broken.answer.headline == case.said.title else Fix(note=allow)


def _condition(broken: _Broken) -> Fix:
    """Return a grant without the condition: on the account of the call, or on the resource that is refused."""
    if not _is_of_rights(broken.answer):
        return _grant(broken)
    made = _rights(broken)
    note = "Or change the condition, if it is not meant to exclude this call."
    return replace(made, file=broken.place, note="\n".join(filter(None, (made.note, note))))


def _is_of_rights(answer: Answer) -> bool:
    """Whether the rights on a resource stop the call, and not a hop to an account."""
    return any(stage.name == RIGHTS and stage.message == answer.headline for stage in answer.stages)


def _deny(broken: _Broken) -> Fix:
    case, hop = broken.case, broken.hop
    label = hop.holder.label if hop else broken.holder.label if broken.holder else ""
    if _is_of_rights(broken.answer) and case.target:
        label = f"serviceAccount:{case.target}"
    who = denied_principal(label) if label else None
    at = broken.place
    note = "Only if the denial is not meant for this caller: except this principal alone."
    return Fix(f'exception_principals = ["{who}"]' if who else "", "", at, note)


def _boundary(broken: _Broken) -> Fix:
    case = broken.case
    project = shown(case.project_of(case.target)) or "PROJECT"
    at = broken.place
    note = "Only if the caller is meant to use this project: add it to the boundary's resources."
    return Fix(f'resources = ["//cloudresourcemanager.googleapis.com/projects/{project}"]', "", at, note)


def _conflict(broken: _Broken) -> Fix:
    case, hop = broken.case, broken.hop
    member = member_of(case, hop.holder) if hop else Member("CALLER", '"CALLER"')
    at = broken.place
    return Fix(
        f"# members: add\n{member.terraform},",
        "",
        at,
        "Add the caller to the resource that owns the role, and drop the other.",
    )


def _missing(broken: _Broken) -> Fix:
    """Return the command that prints what decides, and the grant that is needed if it shows none."""
    command = next((text for text in broken.answer.not_in_input if text.startswith("gcloud ")), "")
    if not command:
        of_plan = PLAN_SOURCE in broken.answer.not_in_input
        return Fix(note=f"Give {PLAN_SOURCE}") if of_plan else Fix()
    note = "This prints what decides; give it to iamlint with the other files."
    likely = _grant(broken)
    if not likely.gcloud or not is_denial(broken.case):
        return Fix(gcloud=command, note=note)
    note += f"\nIf it shows no such grant, this makes one:\n$ {likely.gcloud}"
    return Fix(gcloud=command, note=note, refused=likely.refused)


_FIXES: Mapping[str, _Maker] = {
    "grant": _grant,
    "member": _member,
    "condition": _condition,
    "custom-role": _custom_role,
    "disabled": _disabled,
    "api": _api,
    "quota-project": _quota,
    "oauth-scopes": _scopes,
    "delegation": _delegation,
    "wrong-mode": _wrong_mode,
    "target-rights": _rights,
    "service-agent-evicted": _evicted,
    "org-policy": _org_policy,
    "deny": _deny,
    "boundary": _boundary,
    "conflict": _conflict,
    "missing-input": _missing,
    "group-membership": _missing,
}
