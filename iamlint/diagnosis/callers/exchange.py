"""The token exchange: which provider takes the caller's token, and what it makes of it.

Source: https://cloud.google.com/iam/docs/workload-identity-federation
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.diagnosis.answer import Evidence, Fix, Stage
from iamlint.diagnosis.asked.case import ASKED, Case, is_managed
from iamlint.diagnosis.callers.holder import Holder, Token
from iamlint.diagnosis.callers.issuer_keys import UNCHECKED, unusable_keys
from iamlint.diagnosis.callers.token_values import Failed, Open, Value, value_of
from iamlint.diagnosis.recognition.error_kind import Step
from iamlint.estate import scope
from iamlint.facts import Condition, OrgPolicy, Pool, Principal, Provider, Resource, Text
from iamlint.location import Location
from iamlint.pools import pool_in
from iamlint.unknown import Truth, Unknown, shown

LONGEST_SUBJECT = 127
"""Bytes of google.subject. Source: https://cloud.google.com/iam/docs/workload-identity-federation#mapping"""
_NAME = regex(
    r"(?:.*//iam\.googleapis\.com/)?projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)"
    r"/workloadIdentityPools/(?P<pool>[^/]+)(?:/providers/(?P<provider>[^/]+))?/?\Z"
)
_ISSUERS = "iam.workloadIdentityPoolProviders"
NAME = "token exchange"


@frozen
class Admitted:
    """What one provider makes of the caller's token: whether it takes it, and who the caller then is."""

    provider: Provider
    truth: Truth
    holder: Holder
    step: Step | None = None
    reason: str = ""
    at: Location | None = None
    missing: str = ""


def admitted(case: Case) -> tuple[Admitted, ...]:
    """Return what the providers that may be meant make of the caller's token, those that take it first."""
    found = [_admitted(case, provider) for provider in _meant(case)]
    order = (Truth.TRUE, Truth.UNKNOWN, Truth.FALSE)
    return tuple(sorted(found, key=lambda one: order.index(one.truth)))


def condition_admits(case: Case) -> bool:
    """Whether the provider that is most likely meant has no condition, or one that is true for the caller's token."""
    found = admitted(case)
    return bool(found) and _condition(case, found[0].provider, found[0].holder)[0] is Truth.TRUE


def exchange_stage(case: Case, found: tuple[Admitted, ...]) -> Stage:
    """Return the stage of the token exchange."""
    if not found:
        return _no_provider(case)
    best = found[0]
    name = shown(best.provider.name)
    at = best.at or best.provider.place.at
    if best.truth is Truth.TRUE:
        message = f"the provider {name} takes the token; the caller is {best.holder.label}"
        unchecked = (UNCHECKED,) if best.provider.keys is not None else ()
        if unchecked and case.said.kind == "sts-issuer-unreachable":
            message += ". Google does not ask the issuer: the error is of another provider, or older than jwks_json"
        return Stage(
            NAME, "done", message, evidence=(Evidence(best.provider.place.at, "this provider"),), missing=unchecked
        )
    others = tuple(f"{shown(one.provider.name)}: {one.reason}" for one in found[1:] if one.reason)
    evidence = (Evidence(at, best.reason),)
    if best.truth is Truth.FALSE:
        message = f"the provider {name} refuses the token: {best.reason}"
        fix = _fix(case, best) if best.step == "federation" else None
        return Stage(NAME, "broken", message, best.step, evidence, (), others, fix=fix)
    message = f"whether the provider {name} takes the token is not known: {best.reason}"
    missing = (best.missing,) if best.missing else ()
    return Stage(NAME, "unknown", message, "missing-input", evidence, missing, others)


def _fix(case: Case, refused: Admitted) -> Fix:
    """Return what to change, with the provider's own names; the reader decides what the condition should say."""
    name = _NAME.match(shown(refused.provider.name))
    at = refused.at or refused.provider.place.at
    note = "Change what the evidence shows, or call from where the provider admits; an empty condition admits too much."
    if name is None:
        return Fix(file=at.path, note=note)
    option = "--attribute-condition=..." if "condition" in refused.reason else "--attribute-mapping=..."
    if "disabled" in refused.reason:
        option = "--no-disabled"
    elif "audience" in refused.reason:
        option = "--allowed-audiences=..."
    elif "jwks_json" in refused.reason:
        option = "--jwk-json-path=keys.json"
    elif "issuer" in refused.reason:
        option = "--issuer-uri=..."
    what, of = f"providers update-oidc {name['provider']}", f" --workload-identity-pool={name['pool']}"
    if refused.reason.startswith("the pool "):
        what, of = f"update {name['pool']}", ""
    project = case.id_of(name["project"])
    command = f"gcloud iam workload-identity-pools {what}{of} --location=global --project={project} {option}"
    return Fix("", command, at.path, note)


def provider_parts(name: str) -> re.Match[str] | None:
    """Return the parts of a provider's full name: project, pool, provider; None if it is no such name."""
    found = _NAME.match(name)
    return found if found and found["provider"] else None


def _meant(case: Case) -> Iterator[Provider]:
    """Yield the providers that the question names, else all that trust the token's issuer."""
    wanted = case.question.provider or case.said.provider
    named = _NAME.match(wanted) if wanted else None
    providers = case.estate.of(Provider)
    issuer = case.question.caller.claims.get("iss")
    trusting = [one for one in providers if _trusts(one, issuer) is not Truth.FALSE]
    if wanted:
        chosen = [one for one in providers if _is_named(case, one, named, wanted)]
        if chosen or case.question.provider or case.said.kind == "sts-invalid-target":
            yield from chosen
            return
    is_only = case.said.kind == "sts-issuer-mismatch" and len(providers) == 1
    yield from trusting or (providers if is_only else ())


def _is_named(case: Case, provider: Provider, named: re.Match[str] | None, wanted: str) -> bool:
    """Whether a provider is the one that a full name, or the last part of one, names."""
    own = shown(provider.name)
    if named is None:
        return own.rpartition("/")[2] == wanted.rpartition("/")[2]
    pool = shown(provider.pool)
    if named["pool"] != pool.rpartition("/")[2]:
        return False
    if named["provider"] != own.rpartition("/")[2]:  # none where the pool's name is given instead
        return False
    project = pool.partition("projects/")[2].partition("/")[0]
    if "*" in named["project"]:  # GitHub masks what is a secret
        return True
    told = _pool_number(case, provider) or case.number_of(project)
    if named["project"].isdecimal() and told:
        return named["project"] in (told, project)
    return named["project"] == project or named["project"].isdecimal() or "${" in project or project.isdecimal()


def _trusts(provider: Provider, issuer: str | None) -> Truth:
    if isinstance(provider.protocol, Unknown) or provider.protocol is None or issuer is None:
        return Truth.UNKNOWN
    if provider.protocol != "oidc":
        return Truth.FALSE
    if provider.issuer is None or isinstance(provider.issuer, Unknown):
        return Truth.UNKNOWN
    return Truth.of(provider.issuer.rstrip("/") == issuer.rstrip("/"))


def _pool_of(case: Case, provider: Provider) -> Pool | None:
    for pool in case.estate.of(Pool):
        same = shown(pool.name) == shown(provider.pool)
        if same and ("${" not in shown(pool.name) or scope(pool.declared) == scope(provider.declared)):
            return pool
    return None


def _pool_number(case: Case, provider: Provider) -> str | None:
    pool = _pool_of(case, provider)
    return pool.project_number if pool else None


def _admitted(case: Case, provider: Provider) -> Admitted:
    holder = _holder(case, provider)
    for check in (_enabled, _issuer, _keys, _issuer_allowed, _audience, _mapping, _condition):
        truth, step, reason, at, missing = check(case, provider, holder)
        if truth is Truth.FALSE:
            return Admitted(provider, truth, holder, step, reason, at)
        if truth is Truth.UNKNOWN:
            later = _refused_later(case, provider, holder)
            return later or Admitted(provider, truth, holder, step, reason, at, missing)
    return Admitted(provider, Truth.TRUE, holder)


_Check = tuple[Truth, Step | None, str, Location | None, str]
_OK: _Check = (Truth.TRUE, None, "", None, "")


def _refused_later(case: Case, provider: Provider, holder: Holder) -> Admitted | None:
    """Return what certainly refuses the token, though an earlier check is open."""
    for check in (_enabled, _issuer, _keys, _mapping, _condition):
        truth, step, reason, at, _ = check(case, provider, holder)
        if truth is Truth.FALSE:
            return Admitted(provider, truth, holder, step, reason, at)
    return None


def _holder(case: Case, provider: Provider) -> Holder:
    """Return who the caller is by a provider's mapping."""
    claims, mapped = case.question.caller.claims, _mapped(case, provider)
    attributes: dict[str, Text | None] = {}
    others = ""
    if isinstance(provider.mapping, Unknown):
        others = f"the provider's mapping is not known: {provider.mapping.reason}"
    else:
        if not provider.mapping and provider.protocol in ("aws", "saml"):
            others = "the attributes of AWS and SAML identities are not worked out"
        for key, expression, _ in provider.mapping:
            attributes[key] = _text(value_of(expression, claims, mapped))
    named = pool_in(shown(provider.pool))
    project = named.project if named else None
    number = _pool_number(case, provider) or (case.number_of(project) if project else None)
    pool = shown(provider.pool).rpartition("/")[2]
    subject = attributes.get("google.subject")
    owner = number or project or "PROJECT_NUMBER"
    text = f"principal://iam.googleapis.com/projects/{owner}/locations/global/workloadIdentityPools/{pool}/subject/"
    principal = Principal(text + (shown(subject) if subject else "SUBJECT"), "federated")
    return Holder(principal, provider.declared, Token(number or project, pool, attributes, provider.declared, others))


def _text(value: object) -> Text | None:
    """Return a mapped value as an attribute; None if the mapping fails, and so makes none."""
    match value:
        case str():
            return value
        case Open(reason):
            return Unknown(reason)
        case _:
            return None


def _mapped(case: Case, provider: Provider) -> dict[str, Value] | Open:
    """Return the values of a provider's attributes for the token, by path."""
    if isinstance(provider.mapping, Unknown):
        return Open(f"the provider's mapping is not known: {provider.mapping.reason}")
    claims = case.question.caller.claims
    made = {key: value_of(expression, claims, {}) for key, expression, _ in provider.mapping}
    return {key if "." in key else f"attribute.{key}": value for key, value in made.items()}


# -- the checks ----------------------------------------------------------------------------------------------------


def _enabled(case: Case, provider: Provider, _holder: Holder) -> _Check:
    pool = _pool_of(case, provider)
    for what, fact in (("pool", pool), ("provider", provider)):
        if fact is None or fact.disabled is False:
            continue
        if isinstance(fact.disabled, Unknown):
            reason = f"whether the {what} is disabled is not known: {fact.disabled.reason}"
            return Truth.UNKNOWN, "missing-input", reason, fact.declared.at, fact.disabled.reason
        return Truth.FALSE, "federation", f"the {what} {shown(fact.name)} is disabled", fact.declared.at, ""
    return _OK


def _issuer(case: Case, provider: Provider, _holder: Holder) -> _Check:
    issuer = case.question.caller.claims.get("iss")
    if issuer is None or provider.protocol is None:
        return _OK
    truth = _trusts(provider, issuer)
    if truth is Truth.FALSE:
        reason = f"it trusts the issuer {shown(provider.issuer)}, and the token is from {issuer}"
        return truth, "federation", reason, provider.place.at, ""
    if truth is Truth.UNKNOWN:
        why = next((one.reason for one in (provider.protocol, provider.issuer) if isinstance(one, Unknown)), "")
        return truth, "missing-input", f"the issuer of the provider is not known: {why}", provider.place.at, why
    return _OK


def _keys(_case: Case, provider: Provider, _holder: Holder) -> _Check:
    reason = unusable_keys(provider)
    return (Truth.FALSE, "federation", reason, provider.place.at, "") if reason else _OK


def _issuer_allowed(case: Case, provider: Provider, _holder: Holder) -> _Check:
    """An organization policy refuses to create providers of other issuers; those that are there stay."""
    if not is_managed(provider.declared) or not isinstance(provider.issuer, str):
        return _OK
    project = shown(provider.pool).partition("projects/")[2].partition("/")[0]
    policy = nearest_policy(case, _ISSUERS, project)
    if policy is None or policy.reset:
        return _OK
    allowed, denied = policy.allowed, policy.denied
    if isinstance(allowed, Unknown) or isinstance(denied, Unknown):
        why = next(one.reason for one in (allowed, denied) if isinstance(one, Unknown))
        return Truth.UNKNOWN, "missing-input", f"the allowed issuers are not known: {why}", policy.place.at, why
    listed = [shown(one).removeprefix("is:").rstrip("/") for one in allowed]
    refused = [shown(one).removeprefix("is:").rstrip("/") for one in denied]
    issuer = provider.issuer.rstrip("/")
    if issuer in refused or "*" in refused or (listed and "*" not in listed and issuer not in listed):
        reason = f"the organization policy {_ISSUERS} does not allow the issuer {provider.issuer}"
        return Truth.FALSE, "org-policy", reason, policy.place.at, ""
    return _OK


def nearest_policy(case: Case, constraint: str, project: str) -> OrgPolicy | None:
    """Return the organization policy of a constraint that is nearest to a project: on it, or above it."""
    found = [one for one in case.estate.of(OrgPolicy) if one.constraint == constraint]
    for node in case.above(Resource("project", project), ASKED):
        for one in found:
            if case.estate.hierarchy.node(one.resource, one.declared) == node:
                return one
    return None


def _audience(case: Case, provider: Provider, _holder: Holder) -> _Check:
    audience = case.question.caller.claims.get("aud")
    if audience is None or provider.protocol != "oidc":
        return _OK
    if isinstance(provider.audiences, Unknown):
        reason = f"the provider's audiences are not known: {provider.audiences.reason}"
        return Truth.UNKNOWN, "missing-input", reason, provider.place.at, provider.audiences.reason
    if provider.audiences:
        accepted = [shown(one) for one in provider.audiences]
        if audience in accepted:
            return _OK
        reason = f"the token's audience is {audience}, and the provider accepts {', '.join(accepted)}"
        return Truth.FALSE, "federation", reason, provider.place.at, ""
    named = _NAME.match(audience.removeprefix("https:"))
    if named is None or not _is_named(case, provider, named, audience) or not named["provider"]:
        reason = f"the token's audience is {audience}, and the provider accepts its own full name only"
        return Truth.FALSE, "federation", reason, provider.place.at, ""
    return _OK


def _mapping(_case: Case, provider: Provider, holder: Holder) -> _Check:
    token = holder.token
    if isinstance(provider.mapping, Unknown):
        reason = f"the provider's mapping is not known: {provider.mapping.reason}"
        return Truth.UNKNOWN, "missing-input", reason, provider.place.at, provider.mapping.reason
    if token is None or not provider.mapping:
        return _OK
    for key, expression, place in provider.mapping:
        value = token.attributes[key]
        if value is None and key == "google.subject":
            reason = f"the mapping of {key} ({shown(expression)}) makes no text for this token"
            return Truth.FALSE, "federation", reason, place.at, ""
        if isinstance(value, str) and key == "google.subject" and len(value.encode()) > LONGEST_SUBJECT:
            reason = f"{key} would be {len(value.encode())} bytes long, and {LONGEST_SUBJECT} are allowed"
            return Truth.FALSE, "federation", reason, place.at, ""
    return _OK


def _condition(case: Case, provider: Provider, _holder: Holder) -> _Check:
    condition = provider.condition
    if condition is None:
        return _OK
    if isinstance(condition, Unknown):
        reason = f"the attribute condition is not known: {condition.reason}"
        return Truth.UNKNOWN, "missing-input", reason, provider.place.at, condition.reason
    at = _place(condition, provider)
    if condition.expression == "":
        return _OK
    found = value_of(condition.expression, case.question.caller.claims, _mapped(case, provider))
    text = shown(condition.expression)
    match found:
        case True:
            return _OK
        case Open(reason):
            return Truth.UNKNOWN, "missing-input", f"{reason}, on which the attribute condition depends", at, reason
        case Failed(reason):
            return Truth.FALSE, "federation", f"the attribute condition fails: {reason} ({text})", at, ""
        case _:
            values = _compared(case, text)
            return Truth.FALSE, "federation", f"the attribute condition is false for this token: {text}{values}", at, ""


def _place(condition: Condition, provider: Provider) -> Location:
    return condition.at or provider.place.at


def _compared(case: Case, text: str) -> str:
    """Return the claims that a condition names, with the token's values."""
    claims = case.question.caller.claims
    named = [name for name in claims if re.search(rf"assertion\.{re.escape(name)}\b", text)]
    told = ", ".join(f"{name} is {claims[name]!r}" for name in named[:3])
    return f", where {told}" if told else ""


# -- no provider ---------------------------------------------------------------------------------------------------


def _no_provider(case: Case) -> Stage:
    wanted = case.question.provider or case.said.provider
    issuer = case.question.caller.claims.get("iss")
    providers = case.estate.of(Provider)
    named = _NAME.match(wanted) if wanted else None
    if named and any(shown(pool.name).endswith(f"/{named['pool']}") for pool in case.estate.of(Pool)) and providers:
        message = f"the input has no provider {wanted}" if named["provider"] else f"{wanted} is a pool, not a provider"
        names = ", ".join(shown(one.name) for one in providers[:3])
        note = f"Write the right name where the client is configured, with the project's number. The input has {names}."
        asking = tuple(Evidence(one.at, message) for one in case.clients if one.provider == wanted)
        return Stage(NAME, "broken", message, "federation", (*asking, *_all(providers)), fix=Fix(note=note))
    if providers and issuer and not wanted:
        message = f"no provider of the input trusts the issuer {issuer}"
        return Stage(NAME, "broken", message, "federation", _all(providers))
    command = "gcloud iam workload-identity-pools providers list --workload-identity-pool=POOL --location=global"
    message = f"the input does not have the provider {wanted}" if wanted else "the input has no identity provider"
    return Stage(NAME, "unknown", message, "missing-input", (), (command,))


def _all(providers: tuple[Provider, ...]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(one.place.at, f"the provider {shown(one.name).rpartition('/')[2]} trusts {shown(one.issuer)}")
        for one in providers[:3]
    )
