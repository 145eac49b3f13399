"""What the user left out, from the error and the input, where only one answer fits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from iamlint.basics.frozen import frozen
from iamlint.diagnosis.asked.attachments import account_of, is_called, named, running_accounts
from iamlint.diagnosis.asked.clients import Client
from iamlint.diagnosis.asked.question import seconds_of
from iamlint.diagnosis.recognition.called_urls import needed_by
from iamlint.diagnosis.recognition.said import Said
from iamlint.estate import Estate
from iamlint.facts import Attachment, Grant, Impersonation, ServiceAccount
from iamlint.principals import account_kind, project_of
from iamlint.unknown import Unknown, shown

_OF_GKE = frozenset({"gke-token-denied", "gke-openid-denied"})
"""Errors of GKE's metadata server."""
_OF_RUNTIME = frozenset({"secret-denied-revision"})
"""Errors of a service or function when it starts: it is refused as the account that it runs as."""
_SIGNING = frozenset({"signblob-denied", "signjwt-denied"})
"""Errors of clients that sign as the account whose token they have, unless they name another."""


@frozen
class Given:
    """The given caller, account and method. ``rights_only`` says that no account is impersonated, and
    ``right`` is what the caller then needs. ``hint`` says which answers fit where several do. ``assumed`` is what
    nothing in the input shows.
    """

    caller: str | None
    target: str | None
    method: str | None
    delegates: tuple[str, ...] = ()
    on: str | None = None
    rights_only: bool = False
    right: str | None = None
    provider: str | None = None
    lifetime: int | None = None
    hint: str = ""
    assumed: tuple[str, ...] = ()


def completed(given: Given, estate: Estate, said: Said, clients: tuple[Client, ...] = ()) -> Given:
    """Return what is given, completed: from the error, then from the client's files, then from the estate."""
    if said.by_agent and said.of_resource:
        return _of_agent(given, said)
    given = _of_principal(given, said)
    given = _of_schedule(given, estate, said)
    given = _with_workload(given, estate, said, clients)
    given = _with_clients(given, said, clients)
    if given.target is None and not given.rights_only:
        given = _with_target(given, estate, said)
    if given.caller is None:
        given = _with_caller(given, estate, said)
    if said.of_resource and said.permission and given.caller and given.target is None and not given.rights_only:
        given = replace(given, rights_only=True, right=said.permission, on=given.on or said.resource or None)
    if not given.delegates and given.target:
        found = {one.delegates for one in _asking(estate, given.target) if not isinstance(one.delegates, Unknown)}
        chains = {tuple(text for text, _ in chain if isinstance(text, str)) for chain in found}
        if len(chains) == 1 and given.method in (None, "generateAccessToken"):
            given = replace(given, delegates=next(iter(chains)))
    return given


def _of_principal(given: Given, said: Said) -> Given:
    """Return the question of an error that names the account without a right on a resource: impersonation is over."""
    account = said.principal.lower().rpartition(":")[2]
    is_account = account.endswith("gserviceaccount.com")
    if given.caller or given.target or not said.of_resource or not is_account or not said.permission:
        return given
    of_project = said.permission.startswith("resourcemanager.projects.") and said.project
    on = given.on or said.resource or (f"projects/{said.project}" if of_project else None)
    return replace(given, caller=f"serviceAccount:{account}", rights_only=True, right=said.permission, on=on)


def _of_agent(given: Given, said: Said) -> Given:
    """Return the question of an error that refuses a service agent: who started the operation does not matter."""
    agent = (said.principal or said.other.get("agent", "")).rpartition(":")[2].lower()
    caller = f"serviceAccount:{agent}" if agent else None
    on = given.on or said.resource or None
    return replace(
        given, caller=caller, target=None, on=on, rights_only=True, right=said.permission or None if agent else None
    )


def _with_clients(given: Given, said: Said, clients: tuple[Client, ...]) -> Given:
    """Return what the only client of the input that fits states."""
    target = given.target or said.target or None
    fitting = [one for one in clients if target is None or one.target in (None, target)]
    fitting = [one for one in fitting if not one.direct or _is_used_by(one, given.caller)]
    if said.of_resource and _is_person(said.principal):  # pipelines and workloads run as no person
        fitting = [one for one in fitting if one.kind not in _UNATTENDED]
    if target is None and not given.rights_only and _are_direct(fitting):
        right, on = given.right or said.permission or None, given.on or said.resource or None
        hint = f"{fitting[0].at.path} uses the federated identity itself: give --permission and --on"
        return replace(given, rights_only=True, right=right, on=on, provider=fitting[0].provider, hint=hint)
    if given.target is None and not given.rights_only:
        stated = _one(one.target for one in fitting if one.target)
        is_caller = stated is not None and stated.lower() == _account(given.caller) and said.of_resource
        given = replace(given, target=said.target or (None if is_caller else stated))
    if given.caller is None:
        given = replace(given, caller=_one(one.caller for one in fitting if one.caller))
    chains = {one.delegates for one in fitting if one.target}
    lifetimes = {seconds_of(one.lifetime) for one in fitting if one.lifetime}
    return replace(
        given,
        delegates=given.delegates or (next(iter(chains)) if len(chains) == 1 else ()),
        provider=_one(one.provider for one in fitting if one.provider),
        lifetime=next(iter(lifetimes)) if len(lifetimes) == 1 else None,
    )


def _of_schedule(given: Given, estate: Estate, said: Said) -> Given:
    """Return the question of Cloud Scheduler's log: whether the account of the job may call the job's address."""
    if said.kind != "scheduler-attempt-denied" or given.target:
        return given
    right, on = needed_by(said.resource) or (None, None)
    if given.caller is None:
        jobs = [one for one in estate.of(Attachment) if one.resource.kind == "cloud_scheduler_job"]
        logged = [one for one in jobs if is_called(one, said.other.get("job", ""))]
        account = _one(account_of(one, estate) for one in logged or jobs)
        given = replace(given, caller=f"serviceAccount:{account}" if account else None)
    return replace(given, rights_only=True, right=right, on=given.on or on)


_UNATTENDED = ("github-actions", "gitlab", "kubernetes")
_FEDERATED = ("github:", "gitlab:", "oidc:", "principal:")


def _is_used_by(client: Client, caller: str | None) -> bool:
    """Whether a client without a service account may be the caller's."""
    if client.workload:
        return caller is not None and caller.startswith("ksa:") and caller.endswith(f"/{client.workload}")
    return caller is None or caller.startswith("github:" if client.kind == "github-actions" else _FEDERATED)


def _are_direct(clients: Iterable[Client]) -> bool:
    """Whether the clients that exchange a token all use the federated identity itself."""
    federated = [one for one in clients if one.provider or one.direct or one.target]
    return bool(federated) and all(one.direct for one in federated)


def _with_workload(given: Given, estate: Estate, said: Said, clients: tuple[Client, ...]) -> Given:
    """Return the Kubernetes service account whose annotation names the target, where GKE itself asked for the token."""
    if said.kind not in _OF_GKE and not (said.stage == "impersonation" and _are_workloads(estate, clients)):
        return given
    fitting = [one for one in clients if one.workload and one.target and given.target in (None, one.target)]
    workload, target = _one(one.workload for one in fitting), _one(one.target for one in fitting)
    if not workload or not target or given.caller:
        return given if given.caller is None or not target else replace(given, target=target)
    project = _cluster_project(estate)
    likely = project or _granted_pool(estate, target, workload) or project_of(target)
    if not likely:
        return given
    list_ = "gcloud container clusters list --project=PROJECT --format=json"
    assumed = () if project else (f"the project of the workload's cluster, taken to be {likely} ({list_})",)
    return replace(given, target=target, caller=f"ksa:{likely}/{workload}", assumed=assumed)


def _are_workloads(estate: Estate, clients: tuple[Client, ...]) -> bool:
    """Whether Kubernetes workloads are all that the input shows as callers; nodes of clusters run as accounts, too."""
    running = (one for one in estate.of(Attachment) if not one.resource.kind.startswith("container_"))
    return (
        bool(clients) and all(one.workload for one in clients) and not any(account_of(one, estate) for one in running)
    )


def _granted_pool(estate: Estate, target: str, workload: str) -> str | None:
    """Return the only project whose workload of this name has a grant on the target."""
    ends = f".svc.id.goog[{workload}]"
    grants = (one for one in estate.of(Grant) if one.resource.name == target or isinstance(one.resource.name, Unknown))
    texts = [one.principal.text for one in grants]
    pools = (text.removeprefix("serviceAccount:").removesuffix(ends) for text in texts if text.endswith(ends))
    return _one(pool for pool in pools if not pool.isdecimal())  # pools have ids of projects, never numbers


def _cluster_project(estate: Estate) -> str | None:
    """Return the project of the only cluster: its workload identity pool has that name."""
    clusters = [one for one in estate.of(Attachment) if one.resource.kind == "container_cluster"]
    return _one(one.project for one in clusters)


def _asking(estate: Estate, target: str) -> list[Impersonation]:
    """Return the provider blocks, backends and data sources that ask for the token of a target."""
    name = target.rpartition("/")[2].lower()
    return [one for one in estate.of(Impersonation) if isinstance(one.target, str) and one.target.lower() == name]


def _with_target(given: Given, estate: Estate, said: Said) -> Given:
    running = {account_of(one, estate) for one in named(given.on, estate)} if given.on else set()
    runs_as = next(iter(running)) if len(running) == 1 else None
    if said.target or runs_as:
        return replace(given, target=said.target or runs_as)
    refused = said.kind in ("target-rights-missing", "gcs-backend-identity")
    if (
        refused
        and said.principal.endswith("gserviceaccount.com")
        and _account(said.principal) != _account(given.caller)
    ):
        return replace(given, target=said.principal.removeprefix("serviceAccount:"))
    asked = _one(one.target for one in estate.of(Impersonation))
    if asked and (asked.lower() != _account(given.caller) or _signs(given, said)):
        return replace(given, target=asked)
    if (given.caller or said.principal) and said.of_resource:
        return given  # nothing shows that an account is impersonated: the caller itself needs the right
    if said.stage == "quota":
        return given  # the call may be any, and nothing shows that an account is impersonated
    code = running_accounts(estate)
    if len(code) == 1 and (_signs(given, said) or said.kind in _OF_RUNTIME):
        return replace(given, target=code[0])
    accounts = sorted({shown(one.email) for one in estate.of(ServiceAccount) if isinstance(one.email, str)})
    on = {shown(grant.resource.name) for grant in estate.of(Grant) if grant.resource.kind == "service_account"}
    granted = [email for email in accounts if email in on]
    chosen = granted if len(granted) == 1 else accounts
    if not _signs(given, said):
        chosen = [email for email in chosen if email.lower() != _account(given.caller)]
    if len(chosen) == 1:
        which = "something is granted on" if granted == chosen else "the input declares"
        guess = f"the account that is used (--target), taken to be {chosen[0]}, the only one that {which}"
        return replace(given, target=chosen[0], assumed=(*given.assumed, guess))
    return replace(given, hint=f"the input has {', '.join(chosen[:5])}" if chosen else "")


def _with_caller(given: Given, estate: Estate, said: Said) -> Given:
    deploys_itself = said.stage == "attachment"  # an account needs actAs on itself, too
    if said.principal and (deploys_itself or _account(said.principal) != (given.target or "").lower()):
        return replace(given, caller=said.principal)
    asking = _asking(estate, given.target) if given.target else []
    told = _one(one.caller for one in asking if one.caller is not None)
    if told:
        return replace(given, caller=told)
    accounts = running_accounts(estate)
    if _signs(given, said) and given.target and (given.target in accounts or _is_default(given.target)):
        return replace(given, caller=given.target)
    running = [one for one in accounts if one != given.target]
    if len(running) == 1:
        return replace(given, caller=running[0])
    return replace(given, hint=f"the input runs {', '.join(running[:5])}" if running else "")


def _is_person(principal: str) -> bool:
    """Whether an error names a user: an e-mail that is no service account's."""
    account = _account(principal)
    return "@" in account and "/" not in account and not account.endswith("gserviceaccount.com")


def _signs(given: Given, said: Said) -> bool:
    """Whether the call signs, which accounts do for themselves."""
    return said.kind in _SIGNING or given.method in ("signBlob", "signJwt")


def _account(principal: str | None) -> str:
    """Return the e-mail of a principal in lower case; empty without one."""
    return (principal or "").rpartition(":")[2].lower()


def _is_default(email: str) -> bool:
    """Whether an account is a default one, which only what runs in its project has the token of."""
    return account_kind(email) == "default_service_account"


def _one(texts: Iterable[object]) -> str | None:
    """Return the only text among these; None if there are several, or one is not known."""
    found = set(texts)
    only = next(iter(found)) if len(found) == 1 else None
    return only if isinstance(only, str) and "${" not in only else None
