"""Who the caller is: the principal of an account, of a machine's account, of a workload or of a federated token."""

from __future__ import annotations

from iamlint.basics.frozen import frozen
from iamlint.diagnosis.answer import Evidence, Stage
from iamlint.diagnosis.asked.attachments import is_called
from iamlint.diagnosis.asked.case import ASKED, Case
from iamlint.diagnosis.callers.exchange import admitted, exchange_stage
from iamlint.diagnosis.callers.holder import Holder, Token, holder_of
from iamlint.estate.names import contradicts
from iamlint.facts import Attachment, Grant, Place, Pool, Principal, Resource, ServiceAccount
from iamlint.federation.unmatched import why_nobody
from iamlint.pools import is_federated
from iamlint.principals import read_principal
from iamlint.unknown import Unknown, shown

NAME = "identity of the caller"
NAME_IT = "who calls (--caller)"


@frozen
class Identity:
    """Who the caller may be, with the stages that say so. ``machine`` is where its token is from."""

    holders: tuple[Holder, ...]
    stages: tuple[Stage, ...]
    machine: Attachment | None = None


def identify(case: Case) -> Identity:
    """Return the caller's identity, as far as the input shows it."""
    caller = case.question.caller
    match caller.kind:
        case "token":
            found = admitted(case)
            stage = exchange_stage(case, found)
            if stage.state == "broken":
                return Identity((), (stage,))
            return Identity(tuple(one.holder for one in found if one.truth is found[0].truth), (stage,))
        case "ksa":
            holder = _workload(case)
            return Identity((holder,), (Stage(NAME, "done", f"the workload is {holder.spellings[0]}"),))
        case "machine":
            return _machine(case)
        case "unknown" if case.said.by_agent and case.said.of_resource:
            message = "a service agent is refused, and the error does not name it"
            return Identity((), (Stage(NAME, "skipped", message),))
        case "unknown" if case.said.kind == "sts-invalid-target" and _refused(case):
            return Identity((), (exchange_stage(case, admitted(case)),))
        case "unknown":
            message = "who calls is not given (--caller), and neither the error nor the input shows it"
            if case.said.stage == "sts-exchange":
                message += (
                    "; with --caller github:OWNER/REPO, or another pipeline's, the provider is asked about its token"
                )
            return Identity((), (Stage(NAME, "unknown", message, "missing-input", (), (NAME_IT,)),))
        case _:
            assert caller.principal is not None  # noqa: S101  # read_caller sets it
            return _of_principal(case, caller.principal, ())


def _refused(case: Case) -> bool:
    """Whether the input shows why the exchange finds no provider, whoever calls."""
    return exchange_stage(case, admitted(case)).state == "broken"


def _of_principal(
    case: Case, principal: Principal, before: tuple[Stage, ...], machine: Attachment | None = None
) -> Identity:
    """Return the holder of a principal, and whether its account can act at all."""
    if principal.email and principal.text.startswith("serviceAccount:"):
        principal = read_principal(f"serviceAccount:{case.email_of(principal.email)}")
    email = principal.email or ""
    is_account = principal.text.startswith("serviceAccount:")
    holder = holder_of(principal, case.declared(email) if is_account else ASKED)
    gone = case.removal_of(email) if is_account else None
    if gone:
        message = f"{gone.declared.address or 'the input'} takes the caller's own account {email} away"
        return Identity(
            (), (*before, Stage(NAME, "broken", message, "disabled", (Evidence(gone.declared.at, message),)))
        )
    accounts = case.accounts.get(email, ()) if is_account else ()
    for account in accounts:
        enabled = any(one.disabled is False and contradicts(one.declared, account.declared) for one in accounts)
        stage = None if enabled else _disabled(account)
        if stage:
            return Identity((holder,) if stage.state == "unknown" else (), (*before, stage), machine)
    off = _of_empty_pool(case, principal)
    if off:
        return Identity((holder,) if off.state == "unknown" else (), (*before, off), machine)
    done = () if before else (Stage(NAME, "done", f"the caller is {principal.text}"),)
    return Identity((holder,), (*before, *done), machine)


def _disabled(account: ServiceAccount) -> Stage | None:
    """Return the stage where the caller's own account is disabled, so that it has no token to begin with."""
    name = shown(account.email)
    at = account.declared.at
    if isinstance(account.disabled, Unknown):
        reason = f"whether the caller's account {name} is disabled is not known: {account.disabled.reason}"
        return Stage(NAME, "unknown", reason, "missing-input", (Evidence(at, reason),), (account.disabled.reason,))
    if not account.disabled:
        return None
    message = f"the caller's own account {name} is disabled: it gets no token to begin with"
    return Stage(NAME, "broken", message, "disabled", (Evidence(at, message),))


def _of_empty_pool(case: Case, principal: Principal) -> Stage | None:
    """Return the stage where the pool of a federated identity is, or may be, disabled, or lets nobody in."""
    for pool in case.estate.of(Pool) if is_federated(principal) else ():
        place = Place(pool.declared.at)
        held = Grant(principal, "", Resource("project", ""), "member", pool.declared, place, place, place)
        why = why_nobody(held, case.estate, doubtful=True)
        if isinstance(why, Unknown):
            evidence = (Evidence(place.at, why.reason),)
            return Stage(NAME, "unknown", why.reason, "missing-input", evidence, (why.reason,))
        if why:
            message = f"no token can be {principal.text}: {why}"
            return Stage(NAME, "broken", message, "federation", (Evidence(place.at, message),))
    return None


def _workload(case: Case) -> Holder:
    """Return a Kubernetes service account of GKE: one principal with two spellings.

    Source: https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity
    """
    caller = case.question.caller
    project = case.id_of(caller.project)
    number = case.number_of(project)
    pool = f"{project}.svc.id.goog"
    subject = f"ns/{caller.namespace}/sa/{caller.name}"
    legacy = f"serviceAccount:{pool}[{caller.namespace}/{caller.name}]"
    full = f"principal://iam.googleapis.com/projects/{number or project}/locations/global/workloadIdentityPools/{pool}"
    attributes = {"google.subject": subject, "namespace": caller.namespace}
    others = "the uid and the cluster of the workload are not given"
    token = Token(number or project, pool, attributes, ASKED, others)
    return Holder(Principal(legacy, "gke_workload"), ASKED, token, (legacy, f"{full}/subject/{subject}"))


def _machine(case: Case) -> Identity:
    caller = case.question.caller
    wanted = caller.name
    found = [one for one in case.estate.of(Attachment) if one.resource.kind in caller.kinds and is_called(one, wanted)]
    if not found:
        message = f"the input has no {caller.text}"
        return Identity(
            (), (Stage(NAME, "unknown", message, "missing-input", (), (f"the Terraform of {caller.text}",)),)
        )
    one = found[0]
    email = case.account_of(one)
    at = one.place.at
    if email is None:
        if one.account is None and one.default is None:
            message = f"{caller.text} runs as no service account, so that it gets no token"
            return Identity((), (Stage(NAME, "broken", message, "grant", (Evidence(at, message),)),), one)
        why = _why_unknown(one)
        message = f"the account that {caller.text} runs as is not known: {why}"
        return Identity((), (Stage(NAME, "unknown", message, "missing-input", (Evidence(at, message),), (why,)),), one)
    message = f"{caller.text} runs as {email}"
    stage = Stage(NAME, "done", message, evidence=(Evidence(at, message),))
    return _of_principal(case, read_principal(f"serviceAccount:{email}"), (stage,), one)


def _why_unknown(attachment: Attachment) -> str:
    for value in (attachment.account, attachment.default, attachment.project):
        if isinstance(value, Unknown):
            return value.reason
    return "it is a default account, and the project's number is not in the input (gcloud projects list --format=json)"
