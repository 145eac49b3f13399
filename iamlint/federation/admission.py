"""Who can pass a pool's provider: combines its issuer, mapping and condition with the principal of a grant.

A condition is a choice of demands on claims. Each demand is split into the parts of the claim's form, so that demands
on different claims (``repository_owner``, ``repository``, ``sub``) are compared on the same part. If every way to meet
the condition has a contradiction, no token passes. A demand that is not understood may be met.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from itertools import islice, product
from typing import Literal as OneOf

from iamlint.basics.frozen import frozen, mutable
from iamlint.basics.lazy_regex import regex
from iamlint.conditions.parser import Unparsable
from iamlint.conditions.simplified import simplified
from iamlint.conditions.token_claims import Claim, claims_compared, mapped
from iamlint.facts import AWS_ROLE, Condition, Provider, Text, expression_of
from iamlint.federation.forms import may_have
from iamlint.federation.issuers import Claims, Issuer, has_empty_part, meant_claim, only_issuer, read
from iamlint.federation.private_issuers import AWS_ACCOUNT, issuer_of
from iamlint.unknown import Unknown, shown

MOST = 256
"""Maximum number of combinations of values of a way; with more, the way counts as possible."""


@frozen
class Demand:
    """One value that a claim, or the attribute made of it, is compared with."""

    claim: Claim
    value: Text


@mutable
class Way:
    """One way to pass: what is known of the token's claims and of their parts.

    ``stated`` are the parts that the provider itself states.
    """

    issuer: Issuer
    whole: dict[str, str] = field(default_factory=dict)
    begun: dict[str, str] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)
    demanded: list[tuple[str, str, str]] = field(default_factory=list)
    stated: Mapping[str, str] = field(default_factory=dict)

    def open_names(self) -> Iterator[tuple[str, str, str]]:
        """Yield the claims whose prefix ends within a name: the claim, the prefix, and its last, unfinished name."""
        for claim, how, value in self.demanded:
            form = self.issuer.claims.get(claim)
            found = read(form, value, whole=False) if form and how == "prefix" else None
            name, start = found.begun if found and found.begun else ("", "")
            numbered = self.issuer.named.get(name, "") in self.whole
            if name in self.issuer.named and not numbered and name not in self.whole and start[-1:].isalnum():
                yield claim, value, start


Source = tuple[OneOf["claim"], str, str, str] | tuple[OneOf["constant"], str] | OneOf["aws role", "missing", "open"]
"""What an attribute is made of: a claim between two texts, a constant, the ARN of a role as in the mapping that Google
documents, nothing, or something not evaluated."""


@lru_cache(maxsize=4096)
def _rank(claim: Claim) -> tuple[bool, str]:
    """Return what demands are sorted by, the same in each run: those that fix a value come first."""
    return claim.how not in ("equals", "prefix"), str(claim)


@frozen
class Admission:
    """The tokens that a provider admits."""

    provider: Provider
    issuer: Issuer

    def source(self, name: str) -> Source:
        """Return what a name in a condition, or the attribute of a principal, is made of."""
        if name.startswith("assertion."):
            return ("claim", name.removeprefix("assertion."), "", "")
        mapping = self.provider.mapping
        if not name.startswith(("attribute.", "google.")) or isinstance(mapping, Unknown):
            return "open"
        if self.provider.protocol is None or isinstance(self.provider.protocol, Unknown):
            return "open"
        of = self.provider.source_of(name)
        if of is None:
            return "open" if any("${" in key for key, _, _ in mapping) else "missing"
        return _made_of(of)

    def ways(self, *more: Claim) -> tuple[list[Way], list[str]] | None:
        """Return the ways that are open under these demands, and why others are closed; None if unknown."""
        condition = self.provider.condition
        expression = expression_of(condition)
        found = (frozenset[Claim](),) if expression in (None, "") else claims_compared(expression or "")
        if isinstance(found, Unknown | Unparsable):
            return None
        return self.taken(way | frozenset(more) for way in found)

    def taken(self, ways: Iterable[frozenset[Claim]]) -> tuple[list[Way], list[str]]:
        """Return the possible ones among the ways, and why the others are impossible."""
        stated = self._stated()
        open_: list[Way] = []
        closed: list[str] = []
        for way in ways:
            choices = [[Demand(claim, value) for value in claim.values or ("",)] for claim in sorted(way, key=_rank)]
            tried = list(islice(product(*choices), MOST + 1))
            if len(tried) > MOST:
                open_.append(Way(self.issuer, dict(stated)))
                continue
            for demands in tried:
                taken = Way(self.issuer, dict(stated), stated=stated)
                problem = next(filter(None, (self._meet(taken, demand) for demand in demands)), None)
                problem = problem or _tested(taken)
                if problem:
                    closed.append(problem)
                else:
                    open_.append(taken)
        return open_, list(dict.fromkeys(closed))

    def _stated(self) -> Mapping[str, str]:
        """Return the parts of claims that the provider itself states: the number of its AWS account."""
        issuer = self.provider.issuer
        return {AWS_ACCOUNT: issuer} if self.provider.protocol == "aws" and isinstance(issuer, str) else {}

    def unset(self, expression: Text) -> str | None:
        """Return the compared value whose form is right except for an empty part: ``repo:/:ref:refs/heads/main``.

        The part comes from a variable that is empty by default. None without such a value, or if it is a literal.
        """
        ways, condition = claims_compared(expression), self.provider.condition
        if not isinstance(ways, tuple) or not isinstance(condition, Condition) or not condition.joined:
            return None
        compared = (claim for way in ways for claim in sorted(way, key=str))
        return next(filter(None, map(self._unset, compared)), None)

    def _unset(self, claim: Claim) -> str | None:
        source = self.source(claim.name)
        form = self.issuer.claims.get(source[1]) if source[0] == "claim" else None
        if form is None or claim.how not in ("equals", "prefix"):
            return None
        for value in claim.values:
            unread = isinstance(value, str) and read(form, value, whole=claim.how == "equals") is None
            if unread and has_empty_part(form, str(value)):
                return f"`{value}`, which is compared with `{claim.name}`,"
        return None

    def _meet(self, way: Way, demand: Demand) -> str | None:
        """Return why a demand contradicts those before it; None if it may be met."""
        claim, value = demand.claim, demand.value
        source = self.source(claim.name)
        if source == "missing":
            return f"the mapping makes no `{claim.name}`"
        if source == "open" or claim.part:
            return None
        if source == "aws role":
            return _narrow_role(way, *_plain(claim.how, value))
        if source[0] == "constant":
            met = not isinstance(value, str) or _met(claim.how, source[1], value)
            return None if met else f"the mapping makes `{claim.name}` always `{source[1]}`, never `{shown(value)}`"
        _, name, before, after = source
        if problem := _wrong_type(claim, name, self.issuer) or self._no_claim(name) or self._other_issuer(demand, name):
            return problem
        how, text = _plain(claim.how, value)
        if how not in _BEGINNING and not before and not after:
            way.demanded.append((name, how, text))
            return _without(self.issuer.claims.get(name), name, how, text)
        if how not in _BEGINNING or (after and how != "equals"):
            return None
        inner = _within(text, before, after, how)
        if inner is None:
            return f"`{claim.name}` is never `{text}`: it is made with `{before or after}`"
        return _narrow(way, name, how, inner) if before == "" or len(text) >= len(before) else None

    def _no_claim(self, name: str) -> str | None:
        """Return that the issuer's tokens have no such claim, if people take another for it."""
        meant = meant_claim(name, self.issuer)
        other = None if meant else only_issuer(name, self.issuer)
        if not meant and not other:
            return None
        why = f"`{meant}` is meant" if meant else f"those of {other} have it"
        return f"tokens of {self.provider.issuer} have no claim `{name}`: {why}"

    def _other_issuer(self, demand: Demand, name: str) -> str | None:
        """Return that a demand on the issuer is not met: it is always the provider's own."""
        own, value = self.provider.issuer, demand.value
        if name != "iss" or not isinstance(own, str) or not isinstance(value, str):
            return None
        met = any(_met(demand.claim.how, one, value) for one in (own, own.rstrip("/"), f"{own}/"))
        return None if met else f"`assertion.iss` is always `{own}`"


def admission(provider: Provider) -> Admission:
    """Return what a provider admits; an unknown issuer counts as a private one."""
    return Admission(provider, issuer_of(provider))


@lru_cache(maxsize=1024)
def _made_of(of: Text) -> Source:
    if isinstance(of, str) and "assumed-role" in of and simplified(of) == simplified(AWS_ROLE):
        return "aws role"
    found = mapped(of)
    if found is None:
        return "open"
    before, name, after = found
    return ("claim", name, before, after) if name else ("constant", before)


_BEGINNING = ("equals", "prefix", "partly")


def _within(text: str, before: str, after: str, how: str) -> str | None:
    """Return the text between two affixes, or a prefix of it; None if the text does not have them."""
    if how != "equals" and len(text) < len(before):
        return "" if before.startswith(text) else None
    if not text.startswith(before) or not text.endswith(after) or len(text) < len(before) + len(after):
        return None
    return text[len(before) : len(text) - len(after)]


def _wrong_type(claim: Claim, name: str, issuer: Issuer) -> str | None:
    if name not in issuer.claims:
        return None
    if claim.how == "number":
        return f"`assertion.{name}` is a text, which never equals the number {shown(claim.values[0])}"
    if claim.how == "other":
        return f"`assertion.{name}` is a text, which is never compared with {shown(claim.values[0])}"
    return f"`assertion.{name}` is a text, and `in` needs a list" if claim.how == "has" else None


_LITERAL = regex(r"(?:[^\\.*+?()\[\]{}|^$]|\\[^A-Za-z0-9])*")


def _plain(how: str, value: Text) -> tuple[str, str]:
    """Return a demand as a comparison with a known text; "partly" with the prefix of a partly known text."""
    if isinstance(value, Unknown):
        return ("partly", value.prefix) if how in ("equals", "prefix") else ("open", "")
    if how != "matches":
        return how, value
    start = re.match(r"\^|\\A", value)
    if start is None:
        return how, value
    end = re.search(r"\.\*\$?$|\$$|\\z$", value)
    text = value[start.end() : end.start() if end else len(value)]
    if not _LITERAL.fullmatch(text):
        return how, value
    return ("equals" if end and end[0] in ("$", "\\z") else "prefix"), re.sub(r"\\(.)", r"\1", text)


def _without(form: Claims | None, name: str, how: str, text: str) -> str | None:
    """Return why no token's claim contains a text, or ends with it."""
    if form is None or how not in ("suffix", "contains") or may_have(form, text, at_end=how == "suffix"):
        return None
    return (
        f"`assertion.{name}` never {'ends with' if how == 'suffix' else 'contains'} `{text}`: it is like `{form.like}`"
    )


def _narrow(way: Way, name: str, how: str, value: str) -> str | None:
    """Add a value, or a prefix of one, to a way; return why no token has it."""
    way.demanded.append((name, how, value))
    whole, form = how == "equals", way.issuer.claims.get(name)
    if form is None:
        if whole and not value and name in way.issuer.tenant:
            return f"`assertion.{name}` is never empty"
        return _add(way, name, {f"={name}": value} if whole else {}, () if whole else (f"={name}", value))
    found = read(form, value, whole=whole)
    if found is None and whole and not value:
        return f"`assertion.{name}` is never empty"
    if found is None:
        if value == f"assertion.{name}":
            return f"`{value}` is the name of a claim, where its value belongs: it is like `{form.like}`"
        what = f"is never `{value}`" if whole else f"never begins with `{value}`"
        if whole and "*" in value:
            return f"`assertion.{name}` {what}: it is like `{form.like}`, and `==` compares letter by letter"
        return f"`assertion.{name}` {what}: it is like `{form.like}`"
    if whole:
        way.claims[name] = value
    return _add(way, name, {**found.parts, **way.issuer.implied(found.parts)}, found.begun or ())


def _narrow_role(way: Way, how: str, value: str) -> str | None:
    """Add the ARN of a role, or a prefix of one, to a way: the ARN of its sessions begins so."""
    if how not in _BEGINNING:
        return None
    is_session = how == "equals" and "assumed-role" in value
    return _narrow(way, "arn", "prefix", f"{value}/") if is_session else _narrow(way, "arn", how, value)


def _add(way: Way, name: str, parts: Mapping[str, str], begun: Sequence[str]) -> str | None:
    shown_name = f"`assertion.{name}`"
    for part, value in parts.items():
        if way.whole.get(part, value) != value or not value.startswith(way.begun.get(part, "")):
            known = way.whole.get(part) or f"{way.begun.get(part)}…"
            return f"{shown_name} would have `{value}` where {_holder(way, part)} has `{known}`"
        way.whole[part] = value
        if part.startswith("="):
            way.claims[part[1:]] = value
    if begun:
        part, value = begun
        other, longest = way.whole.get(part), way.begun.get(part, "")
        known_part = f"{longest}…" if other is None else other
        agree = other.startswith(value) if other is not None else longest.startswith(value) or value.startswith(longest)
        if not agree:
            return f"{shown_name} would begin with `{value}` where {_holder(way, part)} has `{known_part}`"
        way.begun[part] = max(value, longest, key=len)
    return None


def _holder(way: Way, part: str) -> str:
    return "the provider" if part in way.stated else "another part of the condition"


def _tested(way: Way) -> str | None:
    """Return why the fully known values fail one of the other demands."""
    for part, above in way.issuer.inside.items():
        begun, known = way.begun.get(part, ""), way.whole.get(above)
        if known is not None and not _may_lie_in(begun, known):
            return f"what begins with `{begun}` does not lie in `{known}`, which another part of the condition has"
    values = {**way.claims, **_derived(way)}
    for name, how, wanted in way.demanded:
        value = values.get(name)
        if value is None:
            continue
        if not _met(how, value, wanted):
            what = {"suffix": "end with", "contains": "contain", "differs": "differ from"}.get(how, "begin with")
            return f"`assertion.{name}` is `{value}` and would have to {what} `{wanted}` as well"
    return None


def _may_lie_in(begun: str, above: str) -> bool:
    """Whether a path with this beginning may be one name in the path ``above``."""
    length = len(above) + 1
    return f"{above}/".startswith(begun[:length]) and "/" not in begun[length:]


def _met(how: str, value: str, wanted: str) -> bool:
    """Whether a value meets a demand, as far as that is evaluated."""
    match how:
        case "equals":
            return value == wanted
        case "prefix":
            return value.startswith(wanted)
        case "suffix":
            return value.endswith(wanted)
        case "contains":
            return wanted in value
        case "differs":
            return value != wanted
        case _:
            return True


def _derived(way: Way) -> dict[str, str]:
    """Return the claims of one form whose parts are all known."""
    found = {}
    for name, claims in way.issuer.claims.items():
        pieces = [piece if isinstance(piece, str) else way.whole.get(piece.name) for piece in claims.forms[0]]
        if len(claims.forms) == 1 and None not in pieces:
            found[name] = "".join(piece or "" for piece in pieces)
    return found


def described(ways: Sequence[Way]) -> str:
    """Return who gets in, for a reader: the demands of the first ways."""
    told = [_told(way) for way in ways[:3]]
    if not told or "" in told:
        return "other tokens"
    return " or ".join(dict.fromkeys(told)) + (" or others" if len(ways) > len(told) else "")


def _told(way: Way) -> str:
    words = {"equals": "", "prefix": "beginning with ", "partly": "beginning with "}
    return " and ".join(f"{name} {words[how]}`{value}`" for name, how, value in way.demanded if how in words)
