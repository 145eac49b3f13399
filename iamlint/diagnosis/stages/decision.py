"""From the stages and the error to one verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from iamlint.diagnosis.answer import Answer, Confidence, Stage, VerdictName
from iamlint.diagnosis.asked.case import Case
from iamlint.diagnosis.asked.clients import Client
from iamlint.diagnosis.callers.exchange import NAME as EXCHANGE
from iamlint.diagnosis.callers.exchange import condition_admits
from iamlint.diagnosis.recognition.error_kind import Step
from iamlint.diagnosis.stages.gates import API, CLIENT, SCOPES
from iamlint.diagnosis.stages.refused_grants import mended_grants, refused_grants
from iamlint.diagnosis.stages.rights import NAME as RIGHTS
from iamlint.queries.services import CREDENTIALS_API
from iamlint.unknown import Truth

_OF_AGENTS = ("conflict", "org-policy", "disabled", "deny")
"""Where an agent's call stops, apart from its own role."""
_AFTER_LOGIN = ("target-rights", "wrong-mode")
_GRANTED: Mapping[Step, tuple[str, ...]] = {
    "target-rights": ("done", "unknown"),
    "service-agent-evicted": ("done", "unknown"),
    "quota-project": ("done",),
}
"""The states of the rights that leave an error unsettled after its own step: the grant is there, or may be there.

It is then not applied, or minutes old."""
_STOPS = ("condition", "deny", "boundary")
"""Where a right stops that is granted."""
_WRONG_TOKEN = "could not be verified"  # noqa: S105  # a text of an error
"""Cloud Run's error for a token of another kind or audience."""
_NOT_YET = "the change is not applied, it is minutes old, or another one is meant"
_OPPOSITE: Mapping[str, str] = {
    "oauth-scopes": SCOPES,
    "api": API,
    "service-agent-evicted": "allow policies",
    "member": "target account",
}
"""The stages whose success contradicts an error that settles a step."""
CONTRADICTED = (
    "the error says that the condition refuses the token, and by the input it does not: Google has another condition "
    "than the input, another provider is meant, or the change is minutes old"
)
"""Where the input contradicts the error, neither is believed."""


def decide(case: Case, stages: tuple[Stage, ...], method: Truth) -> Answer:
    """Return the verdict on a call, from its stages, their result for the method alone, and the error."""
    said = case.said
    answer = _by_error(case, stages) if said.kind else None
    answer = answer or _by_stages(case, stages)
    works = {Truth.TRUE: True, Truth.FALSE: False, Truth.UNKNOWN: None}[method] if case.target else None
    if said.before_method and answer.verdict == "fails":
        works = False
    return replace(answer, method_works=works)


def _by_error(case: Case, stages: tuple[Stage, ...]) -> Answer | None:
    """Return the verdict that the error settles; None if the stages decide."""
    said = case.said
    wrong_token = said.kind == "run-invoke-denied" and _WRONG_TOKEN in said.text
    after = _after_login(stages) if said.of_resource and not wrong_token else None
    if after:
        return _of_stage(case, "fails", after, stages)
    not_run = next((one for one in stages if one.name == CLIENT and one.state == "unknown"), None)
    if not_run:
        return _of_stage(case, "unknown", not_run, stages)
    if said.settles == "not-iam" or wrong_token:
        broken = None if wrong_token else _broken(stages, said.steps)
        if broken is None:
            return _answer("not-iam", "not-iam", said.title or said.excerpt, stages, also=_meaning(case))
    step = said.settles
    if step is None or step == "not-iam":
        return None
    if said.kind == "federated-token-refused" and not _is_federated(case):
        return _answer("unknown", "missing-input", said.title, stages, "medium", also=_meaning(case))
    causes = _OF_AGENTS if step == "service-agent-evicted" else said.steps
    broken = _broken(stages, (step, *causes, "disabled"))
    rights = next((one for one in stages if one.name == RIGHTS), None)
    if broken is None and rights and rights.state in _GRANTED.get(step, ()):
        return None
    exchange = any(one.name == EXCHANGE and one.state in ("done", "unknown") for one in stages)
    if broken is None and exchange and said.kind == "sts-attribute-condition" and condition_admits(case):
        return _answer("unknown", "missing-input", CONTRADICTED, stages, "medium")
    if broken is None and rights and step == "quota-project" and rights.step in _STOPS:
        broken = rights
    shown_otherwise = None if broken else _contradicting(case, stages)
    if shown_otherwise:
        said_there = shown_otherwise.message
        by = "" if said_there.endswith("in the input") else "by the input "
        message = f"{by}{said_there}, and the error says otherwise: {_NOT_YET}"
        return replace(
            _answer("unknown", "missing-input", message, stages, "medium"), evidence=shown_otherwise.evidence
        )
    if broken:
        return _of_stage(case, "fails", broken, stages)
    also = rights.also if rights and step == "quota-project" else ()
    answer = _answer("fails", step, said.title or said.excerpt, stages, also=(*also, *_meaning(case)))
    refused = refused_grants(case)
    mended = () if refused else mended_grants(case)
    if mended:
        message = f"by the input {mended[0].message}, and the error says otherwise: {_NOT_YET}"
        return replace(_answer("unknown", "missing-input", message, stages, "medium"), evidence=mended)
    return replace(answer, evidence=refused)


def _is_federated(case: Case) -> bool:
    """Whether the caller's token is one of a workload outside Google."""
    caller = case.question.caller
    return caller.kind in ("token", "ksa") or caller.text.startswith("principal:") or any(map(_direct, case.clients))


def _direct(client: Client) -> bool:
    return client.direct


def _contradicting(case: Case, stages: tuple[Stage, ...]) -> Stage | None:
    """Return the stage that shows the opposite of what the error settles."""
    said = case.said
    name = _OPPOSITE.get(said.settles or "", "")
    if said.settles in ("oauth-scopes", "api") and said.service not in ("", CREDENTIALS_API):
        return None  # the stages are about the API of the method, and the error is about another one
    return next((one for one in stages if one.name == name and one.state == "done"), None)


def _after_login(stages: tuple[Stage, ...]) -> Stage | None:
    """Return what stops the call after the login: the rights on the resource, or the identity that is used."""
    return next(
        (one for one in stages if one.state == "broken" and (one.name == RIGHTS or one.step in _AFTER_LOGIN)), None
    )


def _meaning(case: Case) -> tuple[str, ...]:
    """Return what the error means, as one line."""
    meaning = " ".join(case.said.meaning.split())
    return (meaning,) if meaning else ()


def _broken(stages: tuple[Stage, ...], steps: tuple[str, ...]) -> Stage | None:
    return next((stage for stage in stages if stage.state == "broken" and stage.step in steps), None)


def _by_stages(case: Case, stages: tuple[Stage, ...]) -> Answer:
    broken = next((stage for stage in stages if stage.state == "broken"), None)
    if broken:
        return _of_stage(case, "not-iam" if broken.step == "not-iam" else "fails", broken, stages)
    unknown = next((stage for stage in stages if stage.state == "unknown"), None)
    if unknown and case.question.caller.kind == "unknown" and case.said:
        title = case.said.title or "; ".join(_unrecognised(case))
        answer = _of_stage(case, "unknown", unknown, stages)
        return replace(answer, headline=f"{title}; {unknown.message}", also=_meaning(case))
    if unknown:
        return _of_stage(case, "unknown", unknown, stages)
    is_granted = any(stage.name == RIGHTS and stage.state == "done" for stage in stages)
    if case.said and not case.target and not case.question.right and not is_granted:  # no stage is about a call
        title = case.said.title or "; ".join(_unrecognised(case))
        what = (
            "the account that is used (--target)" if case.said.permission else "the account or the right that is needed"
        )
        headline = f"{title}; neither the error nor the input shows {what}"
        return _answer("unknown", "missing-input", headline, stages, "medium", also=_meaning(case))
    rights = next((one for one in stages if one.name == RIGHTS and one.state == "done"), None)
    if rights and not case.question.on and case.said.of_resource and not case.said.resource:
        message = f"{rights.message}; the error does not name the resource, which may be another one"
        missing = ("the resource (--on)",)
        return replace(
            _answer("unknown", "missing-input", message, stages, "medium", also=_unrecognised(case)),
            not_in_input=missing,
            evidence=rights.evidence,
        )
    done = next((stage for stage in reversed(stages) if stage.name in ("allow policies", RIGHTS)), None)
    if case.said:
        message = (
            "by the input this call works, and the error says that it does not: something that is not in the input "
            "stops it, the change is not applied, or it is minutes old (changes take two to seven minutes)"
        )
        answer = _answer("unknown", "missing-input", message, stages, "medium", also=_unrecognised(case))
        return replace(answer, evidence=done.evidence if done else ())
    headline = done.message if done else "nothing in the input stops this call"
    return Answer("works", None, headline, stages, "", evidence=done.evidence if done else ())


def _unrecognised(case: Case) -> tuple[str, ...]:
    """That the text of the error is of no known kind, with what it names."""
    if case.said.kind:
        return ()
    names = ", ".join(f"{name} {value}" for name, value in case.said.names[:5])
    return ("the text of the error is of no kind that iamlint knows" + (f"; it names {names}" if names else ""),)


def _of_stage(case: Case, verdict: VerdictName, stage: Stage, stages: tuple[Stage, ...]) -> Answer:
    confidence: Confidence = "high" if stage.state == "broken" else "medium"
    return Answer(
        verdict,
        stage.step,
        stage.message,
        stages,
        "",
        hop=stage.hop,
        evidence=stage.evidence,
        also=(*stage.also, *(_unrecognised(case) if case.said else ())),
        not_in_input=stage.missing,
        confidence=confidence,
    )


def _answer(
    verdict: VerdictName,
    step: Step,
    headline: str,
    stages: tuple[Stage, ...],
    confidence: Confidence = "high",
    also: tuple[str, ...] = (),
) -> Answer:
    return Answer(verdict, step, headline, stages, "", also=also, confidence=confidence)
