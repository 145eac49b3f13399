"""Queries about the attribute conditions of pool providers: too weak ones, and ones that no token meets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.conditions.declared import MAPPING, PROVIDER, TEXT, never, undeclared
from iamlint.conditions.parser import Unparsable, parse
from iamlint.conditions.token_claims import Claim, claims_compared, is_below, is_obscure, least_bytes
from iamlint.estate import Estate
from iamlint.facts import Condition, Place, Provider, Text, expression_of
from iamlint.federation.admission import admission
from iamlint.federation.issuers import Issuer, is_one_of_shared, possible_issuers, read, shared_issuer
from iamlint.federation.names import LONGEST_SUBJECT
from iamlint.federation.private_issuers import issuer_of
from iamlint.patterns.match import Match
from iamlint.queries.federation.outsiders import BEYOND, Strangers
from iamlint.unknown import SET_ELSEWHERE, Truth, Unknown, shown


def weak_provider_conditions(estate: Estate) -> Iterator[Match]:
    """Providers of shared issuers with a condition that admits tokens of any tenant."""
    for provider, expression in _conditional(estate):
        ways = claims_compared(expression)
        if isinstance(ways, Unparsable) and not ways.beyond:  # malformed-condition reports it
            continue
        if shared_issuer(provider):
            found = _weakness(provider, expression, estate)
        else:
            found = _with_any_issuer(provider, partial(_weakness, expression=expression, estate=estate))
        if found:
            yield found


def _weakness(provider: Provider, expression: Text, estate: Estate) -> Match | None:
    """Return the match of a provider whose condition admits tokens of any tenant of its shared issuer, or may."""
    issuer = issuer_of(provider)
    match claims_compared(expression):
        case Unparsable() as error:
            reason = f"the attribute condition is not understood: {error.reason}"
            return Match(provider, Truth.UNKNOWN, reasons=(reason,))
        case Unknown(reason):
            return Match(provider, Truth.UNKNOWN, reasons=(f"the attribute condition is not known: {reason}",))
        case ways:
            weak, met = _weak(ways, provider, issuer), estate.made(Strangers).admitted(provider)
            if undeclared(expression, PROVIDER) or (not weak and met is Truth.FALSE):
                return None
            if not weak and met is Truth.UNKNOWN:
                return Match(provider, Truth.UNKNOWN, reasons=(BEYOND,))
            if is_obscure(expression) and met is not Truth.TRUE:
                reason = "a part of the attribute condition is not understood"
                return Match(provider, Truth.UNKNOWN, reasons=(reason,))
            claims = ", ".join(f"assertion.{name}" for name in issuer.tenant[:2])
            return Match(provider, Truth.TRUE, words={"claims": claims}, place=_place(provider))


def _with_any_issuer(provider: Provider, asked: Callable[[Provider], Match | None]) -> Match | None:
    """Return the match of a provider whose issuer is not known: true if each that it may have matches."""
    found = [asked(one) for one in possible_issuers(provider)]
    matched = [one for one in found if one]
    if not matched:
        return None
    if is_one_of_shared(provider.issuer) and all(one and one.truth is Truth.TRUE for one in found):
        return replace(matched[0], fact=provider)
    reason = provider.issuer.reason if isinstance(provider.issuer, Unknown) else ""
    return Match(provider, Truth.UNKNOWN, reasons=(f"the issuer is not known: {reason}",), place=_place(provider))


def _weak(ways: tuple[frozenset[Claim], ...], provider: Provider, issuer: Issuer) -> bool:
    """Whether a condition can be met in a way that identifies no tenant."""
    reader, let_in = _reader(provider, issuer), admission(provider)
    return any(not _names_tenant(way, reader) and let_in.taken((way,))[0] for way in ways)


def unmatched_provider_conditions(estate: Estate) -> Iterator[Match]:
    """Providers whose condition no token meets."""
    for provider, expression in _conditional(estate):
        if isinstance(expression, Unknown) and expression.reason.endswith(SET_ELSEWHERE):
            reasons = (f"the attribute condition is not known: {expression.reason}",)
            yield Match(provider, Truth.UNKNOWN, reasons=reasons, place=_place(provider))
            continue
        found = None if undeclared(expression, PROVIDER) else admission(provider).ways()
        if not found or found[0]:
            continue
        if unset := admission(provider).unset(expression):
            reason = f"a part of {unset} {SET_ELSEWHERE}"
            yield Match(provider, Truth.UNKNOWN, reasons=(reason,), place=_place(provider))
        else:
            problem = found[1][0] if found[1] else "it is never true"
            yield Match(provider, Truth.TRUE, words={"problem": problem}, place=_place(provider))


def open_ended_prefixes(estate: Estate) -> Iterator[Match]:
    """Providers of known issuers with a condition that ends within a name that may continue."""
    for provider, expression in _conditional(estate):
        found = _open_end(provider, expression) or _with_any_issuer(provider, partial(_open_end, expression=expression))
        if found:
            yield found


def _open_end(provider: Provider, expression: Text) -> Match | None:
    issuer, ways = shared_issuer(provider), claims_compared(expression)
    found = admission(provider).ways() if isinstance(ways, tuple) else None
    if found is None or not isinstance(ways, tuple) or (issuer and _weak(ways, provider, issuer)):
        return None
    names = next((name for way in found[0] for name in way.open_names()), None)
    if names is None or undeclared(expression, PROVIDER):
        return None
    claim, value, start = names
    words = {"claim": claim, "prefix": value, "other": f"{value}-other", "name": start}
    return Match(provider, Truth.TRUE, words=words, place=_place(provider))


def _place(provider: Provider) -> Place | None:
    """Return the place of the condition."""
    return provider.condition.place if isinstance(provider.condition, Condition) else None


Openness = Literal["anybody", "tenant", "workload", "nobody"]
"""Who a provider admits: any customer of its issuer, one customer, one customer's repository or the like, or nobody."""


def admits(provider: Provider, estate: Estate) -> Openness | Unknown:
    """Return who a provider admits. A private issuer has one tenant."""
    found = estate.made(_Admitted).found
    if id(provider) not in found:  # each of a thousand grants may ask about each provider of a pool
        found[id(provider)] = provider, _admits(provider, estate)
    return found[id(provider)][1]


class _Admitted:
    """Who providers admit, by the identity of the provider, which is kept."""

    def __init__(self, _estate: Estate) -> None:
        self.found: dict[int, tuple[Provider, Openness | Unknown]] = {}


def _admits(provider: Provider, estate: Estate) -> Openness | Unknown:
    issuer, expression = shared_issuer(provider), expression_of(provider.condition)
    if expression is None or expression == "":
        return "anybody" if issuer else "tenant"
    ways = claims_compared(expression)
    if isinstance(ways, Unknown):
        return ways
    if isinstance(ways, Unparsable):
        return Unknown(ways.reason)
    met = estate.made(Strangers).admitted(provider)
    if met is not Truth.FALSE:
        return "anybody" if met is Truth.TRUE else Unknown(BEYOND)
    reader, let_in = _reader(provider, issuer_of(provider)), admission(provider)
    ways = tuple(way for way in ways if let_in.taken((way,))[0])
    if not ways:
        return "nobody"
    if all(_names_workload(way, reader) for way in ways):
        return "workload"
    if is_obscure(expression):
        return Unknown("a part of the attribute condition is not understood")
    return "tenant" if issuer is None or all(_names_tenant(way, reader) for way in ways) else "anybody"


def _names_workload(way: frozenset[Claim], reader: _Reader) -> bool:
    """Whether one way to meet a condition holds for one repository or the like: by its name, or a prefix."""
    for claim in way:
        name, whole = reader.claim(claim)
        if name not in reader.issuer.workload or claim.below:
            continue
        if claim.how in ("equals", "number", "has") and whole:
            return True
        if claim.how in ("equals", "has", "prefix", "matches"):
            return all(
                isinstance(value, Unknown) or reader.issuer.within.search(value) is not None for value in claim.values
            )
    return False


def mapped_claims(provider: Provider, attribute: str) -> tuple[str, ...] | None:
    """Return the claims that an attribute is made of; None if the provider does not show it."""
    of = provider.source_of(attribute)
    return tuple("".join(pair) for pair in _CLAIM.findall(of)) if isinstance(of, str) else None


def _conditional(estate: Estate) -> Iterator[tuple[Provider, Text]]:
    """Yield the enabled providers that have a condition."""
    for provider in estate.of(Provider):
        expression = expression_of(provider.condition)
        if expression is not None and expression != "" and provider.disabled is not True:
            yield provider, expression


_CLAIM = regex(r"assertion(?:\.(submods(?:\.\w+)+|\w+)|\[['\"]([^'\"]+)['\"]\])")


_CONVERTED = regex(r"(?:string|int|uint|dyn)\(([^()]*)\)")


@frozen
class _Reader:
    """Resolves what a provider's conditions compare: the issuer's claims, through the attributes that it maps."""

    issuer: Issuer
    mapped: Mapping[str, str]

    def claim(self, claim: Claim) -> tuple[str, bool]:
        """Return the name of the compared token claim, and whether all of it is compared."""
        of = self.mapped.get(claim.name, claim.name)
        of = converted[1] if (converted := _CONVERTED.fullmatch(of)) else of
        plain = of.removeprefix("assertion.")
        if plain in self.issuer.tenant:
            return plain, not claim.part
        found = ["".join(pair) for pair in _CLAIM.findall(of)]
        name = next((one for one in found if one in self.issuer.tenant), found[0] if found else of)
        return name, not claim.part and of in (name, f"assertion.{name}")


def _reader(provider: Provider, issuer: Issuer) -> _Reader:
    return _Reader(issuer, {name: of.strip() for name, of, _ in provider.mapped if isinstance(of, str)})


# -- weak conditions ---------------------------------------------------------------------------------------------------


def _names_tenant(way: frozenset[Claim], reader: _Reader) -> bool:
    """Whether one way to meet a condition holds for one tenant's tokens only."""
    for claim in way:
        name, whole = reader.claim(claim)
        if claim.below or is_below(reader.mapped.get(claim.name, "")):
            continue
        pins = [_pins(claim.how, name, value, whole, reader.issuer) for value in claim.values]
        if name in reader.issuer.tenant and pins and all(pins):
            return True
    return False


def _pins(how: str, name: str, value: Text, whole: bool, issuer: Issuer) -> bool:
    """Whether only one tenant can meet a demand on a tenant claim; an unknown value may name the tenant."""
    if how == "suffix":  # an address ends in its domain
        return name == "email" and (isinstance(value, Unknown) or value.startswith("@"))
    if how not in ("equals", "number", "has", "prefix", "matches"):
        return False
    if isinstance(value, Unknown):
        return True
    if how in ("equals", "number", "has"):
        return bool(value) and (name != "sub" or not whole or _subject_pins(value, issuer))
    if not whole:
        return bool(value.strip("^./*+$"))
    begins = issuer.begins.get(name)
    if how == "prefix":
        return begins is not None and begins.search(value) is not None
    bounded = value.startswith(("^", "\\A")) and (begins is not None or value.endswith(("$", "\\z")))
    literal = value.removeprefix("^").removeprefix("\\A").replace("\\", "")
    if begins is None:
        return bounded and bool(literal.strip("./*+$"))
    return (bounded or name == "sub") and (begins.search(literal) is not None or "(" in literal or "[" in literal)


def _subject_pins(value: str, issuer: Issuer) -> bool:
    """Whether a whole subject identifies a tenant. One that no token has identifies nobody; another rule reports it."""
    begins, form = issuer.begins.get("sub"), issuer.claims.get("sub")
    if begins is None or (form and read(form, value, whole=True) is None):
        return True
    return begins.search(f"{value}:") is not None


# -- mappings ------------------------------------------------------------------------------------------------------

_KEYS = frozenset(
    f"google.{name}" for name in ("subject", "groups", "display_name", "profile_photo", "posix_username", "email")
)
_MOST_OWN = 50
_OWN_KEY = regex(r"attribute\.[a-z0-9_]{1,100}")


def malformed_mappings(estate: Estate) -> Iterator[Match]:
    """Attribute mappings that IAM refuses, or whose attribute no token can have.

    Source: https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers
    """
    for provider in estate.of(Provider):
        mapping = provider.mapped
        problems = [(key, _key_problem(key) or _value_problem(key, of), place) for key, of, place in mapping]
        keys = [key for key, _, _ in mapping]
        own = [one for one in mapping if one[0].startswith("attribute.")]
        if keys and "google.subject" not in keys and not any("${" in key for key in keys):
            problems.append(("google.subject", "IAM refuses a mapping without it", mapping[0][2]))
        problems += [(key, f"IAM refuses more than {_MOST_OWN} attributes", at) for key, _, at in own[_MOST_OWN:][:1]]
        for key, problem, place in problems:
            if problem:
                yield Match(provider, Truth.TRUE, words={"attribute": key, "problem": problem}, place=place)


def _key_problem(key: str) -> str | None:
    if key in _KEYS or _OWN_KEY.fullmatch(key) or "${" in key:
        return None
    if key.startswith("google."):
        return f"IAM refuses the key, which is none of Google's attributes ({', '.join(sorted(_KEYS))})"
    if key.startswith("attribute."):
        return "IAM refuses the key, whose name may have lower-case letters, digits and underscores only"
    return "IAM refuses the key, which is neither one of Google's attributes (`google.subject`) nor `attribute.NAME`"


def _value_problem(key: str, of: Text) -> str | None:
    node = parse(of)
    match node:
        case Unparsable(beyond=True) | Unknown():
            return None
        case Unparsable():
            return f"`{shown(of)}` is not a CEL expression: {node}"
        case _ if problem := undeclared(of, MAPPING):
            return f"in `{shown(of)}`, {problem}"
        case _ if kind := never(node, TEXT):
            return f"`{shown(of)}` is {kind}, and an attribute is a text" if key != "google.groups" else None
        case _ if key == "google.subject" and (least := least_bytes(of)) > LONGEST_SUBJECT:
            return f"`google.subject` would have {least} bytes or more, and IAM refuses more than {LONGEST_SUBJECT}"
        case _:
            return None
