"""From the words of the command line to a question, and to its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import date

from iamlint.basics.frozen import frozen
from iamlint.diagnosis.answer import Answer, VerdictName
from iamlint.diagnosis.asked.caller import NOBODY_NAMED, BadCallerError, Caller, read_caller
from iamlint.diagnosis.asked.case import Case
from iamlint.diagnosis.asked.clients import Client
from iamlint.diagnosis.asked.identity_files import Input
from iamlint.diagnosis.asked.inference import Given, completed
from iamlint.diagnosis.asked.question import METHODS, Question
from iamlint.diagnosis.asked.tags import with_tags
from iamlint.diagnosis.asked.workloads import with_workloads
from iamlint.diagnosis.diagnose import diagnose
from iamlint.diagnosis.proof import prove
from iamlint.diagnosis.recognition.said import NOTHING, Said, read_error
from iamlint.diagnosis.stages.client_stage import claims_of
from iamlint.estate import Estate
from iamlint.facts import ServiceAccount
from iamlint.roles import Catalog


class BadQuestionError(ValueError):
    """Raised for a question that cannot be answered; ``hint`` says what to give."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.hint = hint


@frozen
class Asked:
    """What the user gave, as it was written; what is None is taken from the error or the input."""

    as_of: date
    caller: str | None = None
    target: str | None = None
    method: str | None = None
    provider: str | None = None
    lifetime: int | None = None
    on: str | None = None
    permission: str | None = None
    error: str = ""
    claims: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    delegates: tuple[str, ...] = ()
    prove: bool = False


def answered(asked: Asked, given: Input, roles: Catalog) -> Answer:
    """Return the answer from what was read. Raises `BadQuestionError`."""
    reading = given.reading
    estate = Estate(with_tags(reading.facts, asked.tags), roles, asked.as_of)
    unread = [f"{error.at.path} (it could not be read)" for error in reading.errors]
    answer = answer_from(asked, estate, tuple(dict.fromkeys(unread)), given.clients)
    told = {error.at.path for error in reading.errors}
    empty = [f"{path} (no Terraform, plan or export is there)" for path in reading.empty if path not in told]
    answer = replace(answer, not_in_input=(*answer.not_in_input, *empty))
    if not asked.prove or not answer.fix.grants:
        return answer
    after = Estate([*with_tags(reading.facts, asked.tags), *answer.fix.grants], roles, asked.as_of)
    return _proved(asked, answer, estate, after, given.clients)


def _proved(asked: Asked, answer: Answer, before: Estate, after: Estate, clients: tuple[Client, ...]) -> Answer:
    """Return the answer with the proof of its fix. The error is from before the fix, so it is left out."""
    said = read_error(asked.error)
    clients = with_workloads(clients, before)
    question = _question(asked, before, said, clients)

    def ask(estate: Estate, method: str) -> VerdictName:
        return diagnose(Case(replace(question, method=method), estate, NOTHING, (), clients)).verdict

    target = Case(question, before, NOTHING).target
    who = question.caller.principal.email if question.caller.principal else None
    return replace(answer, proof=prove(question.method, who or "", target, before, after, ask))


def answer_from(asked: Asked, estate: Estate, unread: tuple[str, ...] = (), clients: tuple[Client, ...] = ()) -> Answer:
    """Return the answer from an estate. Raises `BadQuestionError`."""
    said = read_error(asked.error)
    clients = with_workloads(clients, estate)
    case = Case(_question(asked, estate, said, clients), estate, said, unread, clients)
    return diagnose(case)


def _question(asked: Asked, estate: Estate, said: Said, clients: tuple[Client, ...]) -> Question:
    """Return the question, completed from the error and the input. Raises `BadQuestionError`."""
    for option, account in (("--target", asked.target), *(("--delegates", one) for one in asked.delegates)):
        if account is not None and "@" not in account and not account.isdecimal():
            raise BadQuestionError(f"{option}: {account!r} is not an e-mail or unique id", _meant(account, estate))
    given = completed(_given(asked, said), estate, said, clients)
    if said and not said.kind:  # nothing is known of the call: no target is guessed
        given = replace(given, target=asked.target)
    if given.caller is None and not said:
        hint = "give the error with --error, or name the caller with --caller" + (
            f"; {given.hint}" if given.hint else ""
        )
        raise BadQuestionError("who calls is not given, and neither the error nor the input shows it", hint)
    if given.target is None and not given.right and not asked.permission and not said:
        hint = "name it with --target" + (f"; {given.hint}" if given.hint else "")
        raise BadQuestionError(
            "the account that is used is not given, and neither the error nor the input shows it", hint
        )
    if asked.permission and not asked.on:
        raise BadQuestionError("--permission needs --on, the resource that it is needed on", "add --on RESOURCE")
    method = given.method or _method_of(said)
    return Question(
        caller=_with_claims_of(said, _caller(given.caller, asked, clients, inferred=asked.caller is None)),
        target=given.target,
        method=method,
        as_of=asked.as_of,
        delegates=given.delegates,
        provider=asked.provider or (None if said.provider else given.provider),
        lifetime=asked.lifetime or given.lifetime,
        on=asked.on or given.on,
        right=asked.permission or given.right,
        assumed=given.assumed,
    )


def _meant(name: str, estate: Estate) -> str:
    """Return a hint with the e-mail of an account that has this name before its @, or that is declared with it."""
    from iamlint.documents.validation import nearest_of

    emails = [one.email for one in estate.of(ServiceAccount) if isinstance(one.email, str)]
    whole = next((email for email in emails if email.partition("@")[0] == name), "")
    return f"did you mean `{whole}`?" if whole else nearest_of(name, emails)


def _caller(text: str | None, asked: Asked, clients: tuple[Client, ...], *, inferred: bool) -> Caller:
    """Return the caller of a name; unknown without a name, or if the error masks it. Raises `BadQuestionError`."""
    if text is None:
        return NOBODY_NAMED
    try:
        caller = read_caller(text, asked.claims)
    except BadCallerError as bad:
        if inferred:
            return NOBODY_NAMED
        raise BadQuestionError(f"--caller: {bad}") from bad
    return replace(caller, claims=claims_of(clients, caller.claims)) if caller.kind == "token" else caller


def _with_claims_of(said: Said, caller: Caller) -> Caller:
    """Return a caller whose token has the audience or issuer that the error states, where the user gave none."""
    stated = {"aud": said.other.get("audience", ""), "iss": said.other.get("issuer", "")}
    stated = {name: value for name, value in stated.items() if value}
    if caller.kind != "token" or said.stage != "sts-exchange" or not stated:
        return caller
    return replace(caller, claims={**stated, **caller.claims} if "iss" not in stated else {**caller.claims, **stated})


def _given(asked: Asked, said: Said) -> Given:
    """Return what is given; an error that a service agent causes is a question about the agent."""
    caller = asked.caller
    if (said.settles == "service-agent-evicted" or said.by_agent) and said.other.get("agent"):
        caller = f"serviceAccount:{said.other['agent']}"
    rights_only = asked.permission is not None
    return Given(caller, asked.target, asked.method, asked.delegates, asked.on, rights_only)


def _method_of(said: Said) -> str:
    """Return the method that an error names, itself or by its permission."""
    by_permission = {permission: method for method, permission in METHODS.items()}
    if said.method in METHODS:
        return said.method
    return by_permission.get(said.permission, "actAs" if said.stage == "attachment" else "generateAccessToken")
