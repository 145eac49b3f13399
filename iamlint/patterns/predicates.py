"""The words of ``when:``. Each evaluates one property of one fact: true, false, or unknown with the reasons.

A word takes the value from the rule document, as a tuple of alternatives, and the fact. Texts are globs, other values
are plain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, TypeVar, get_args

from iamlint.basics.lazy_regex import regex
from iamlint.estate import Estate
from iamlint.facts import Principal, PrincipalKind, Text
from iamlint.logic.globs import compiled, is_glob, text_is
from iamlint.logic.verdict import FALSE, TRUE, Verdict, distinct
from iamlint.principals import read_principal
from iamlint.unknown import Truth, Unknown, join_texts

F = TypeVar("F")
Word = Callable[[tuple[Any, ...], F, Estate], Verdict]
"""A word for facts of kind ``F``; its docstring is the word's description in the schema of rules."""
MOST_HOLDERS = 1000
"""Maximum number of principals of a kind to compare with an unknown one; with more it may be any of them."""


def glob(what: str, of: Callable[[F], Text | None]) -> Word[F]:
    """Return a word: whether a text of the fact matches; a missing text does not."""

    def word(globs: tuple[Any, ...], fact: F, _estate: Estate) -> Verdict:
        text = of(fact)
        return FALSE if text is None else said(text_is(globs, text), what, text)

    word.__doc__ = f"Whether the {what} matches one of these globs."
    return word


def any_glob(what: str, of: Callable[[F], Iterable[Text] | Unknown | None]) -> Word[F]:
    """Return a word: whether one of several texts of the fact matches."""

    def word(globs: tuple[Any, ...], fact: F, _estate: Estate) -> Verdict:
        texts = of(fact)
        if isinstance(texts, Unknown):
            return Verdict.of(Truth.UNKNOWN, not_known(what, texts))
        verdict = FALSE
        for text in texts or ():
            verdict |= said(text_is(globs, text), what, text)
        return verdict

    word.__doc__ = f"Whether at least one {what} matches one of these globs."
    return word


def flag(what: str, of: Callable[[F], bool | Unknown | None]) -> Word[F]:
    """Return a word: whether a property equals the rule's value, ``true`` or ``false``."""

    def word(wanted: tuple[Any, ...], fact: F, _estate: Estate) -> Verdict:
        value = of(fact)
        if isinstance(value, Unknown):
            return Verdict.of(Truth.UNKNOWN, f"it is not known {what}: {value.reason}")
        return TRUE if value in wanted else FALSE

    word.__doc__ = f"{what[0].upper()}{what[1:]}."
    return word


def kind(what: str, of: Callable[[F], Text | None]) -> Word[F]:
    """Return a word: whether a kind of the fact is one of these."""

    def word(kinds: tuple[Any, ...], fact: F, _estate: Estate) -> Verdict:
        value = of(fact)
        if isinstance(value, Unknown):
            return Verdict.of(Truth.UNKNOWN, not_known("kind", value))
        return TRUE if value in kinds else FALSE

    word.__doc__ = f"Whether the {what} is one of these."
    return word


def account_kind(of: Callable[[F], Text | None]) -> Word[F]:
    """Whether an account is of one of these kinds: user-managed, a default one, or a service agent."""

    def word(kinds: tuple[Any, ...], fact: F, _estate: Estate) -> Verdict:
        email = of(fact)
        if email is None:
            return FALSE
        principal = read_principal(join_texts("serviceAccount:", email))
        return one_of(kinds, possible_kinds(principal), not_known("account", email))

    word.__doc__ = account_kind.__doc__
    return word


def one_of(wanted: tuple[Any, ...], possible: frozenset[str], reason: str) -> Verdict:
    """Whether a value that may be any of ``possible`` is certainly, possibly or never one of ``wanted``."""
    if possible <= frozenset(wanted):
        return TRUE
    return Verdict.of(Truth.UNKNOWN, reason) if possible & frozenset(wanted) else FALSE


def permission(globs: tuple[Any, ...], known: frozenset[str], unknown: Unknown | None) -> Verdict:
    """Whether one of the permissions matches, and which; ``unknown`` says why there may be more than the known ones."""
    held = _held(globs, known)
    if held:
        return Verdict(Truth.TRUE, (), held)
    return Verdict.of(Truth.UNKNOWN, unknown.reason) if unknown else FALSE


@lru_cache(maxsize=4096)
def _held(globs: tuple[str, ...], known: frozenset[str]) -> tuple[str, ...]:
    return distinct(name for one in globs for name in _matching(one, known))


def _matching(one: str, known: frozenset[str]) -> tuple[str, ...]:
    if not is_glob(one):
        return (one,) if one in known else ()
    pattern = compiled(one)
    return tuple(sorted(filter(pattern.match, known)))


def said(truth: Truth, what: str, text: Text | None) -> Verdict:
    """Return a truth about a text, with the reason if it is unknown."""
    if truth is Truth.UNKNOWN:
        return Verdict(truth, (not_known(what, text),))
    return TRUE if truth is Truth.TRUE else FALSE


def not_known(what: str, text: Text | None) -> str:
    """Return why a text is unknown; an account known by its address has no literal e-mail."""
    if isinstance(text, Unknown):
        return f"the {what} is not known: {text.reason}"
    return f"the e-mail of {text} is not known" if text else ""


# -- principals ----------------------------------------------------------------------------------------------------

_ACCOUNTS: frozenset[PrincipalKind] = frozenset(
    {"service_account", "default_service_account", "service_agent", "gke_workload"}
)
_USER_MANAGED = regex(r"serviceAccount:[a-z][a-z0-9-]*@")
_OF_AGENTS = regex(r"serviceAccount:service-")


_SELECTOR = regex(r"/attribute\.|/(?:group|namespace|kubernetes\.cluster)/")


def _selects(principal: Unknown) -> bool:
    """Whether a principal names an attribute or a group, whose value alone is unknown: it is not the whole pool."""
    return any(isinstance(part, str) and _SELECTOR.search(part) for part in principal.parts)


def may_be(principal: Principal, other: Principal) -> bool:
    """Whether a partly known principal may be another one, whose text differs."""
    if other.text == principal.text:
        return False  # its own access is known
    return "${" in other.text or text_is((other.text,), principal.unknown or principal.text) is not Truth.FALSE


def possible_kinds(principal: Principal) -> frozenset[str]:
    """Return the kinds that a partly known principal may have.

    ``serviceAccount:${…}`` may be anybody's account, but ``serviceAccount:ci@${…}.iam.gserviceaccount.com`` is
    user-managed: the accounts of Google's services begin with ``service-`` or a number.
    """
    unknown = principal.unknown
    if unknown is None:
        return frozenset({principal.kind})
    if unknown.options:
        return frozenset[str]().union(*(possible_kinds(read_principal(one)) for one in unknown.options))
    if principal.kind == "unknown":
        return frozenset(get_args(PrincipalKind)) - {"unknown"}
    if principal.kind == "federated_set" and not unknown.suffix and not _selects(unknown):
        return frozenset({"federated_set", "federated_pool"})
    if principal.kind != "service_account":
        return frozenset({principal.kind})
    named = _USER_MANAGED.match(unknown.prefix) and not _OF_AGENTS.match(unknown.prefix)
    if named and unknown.suffix.endswith(".iam.gserviceaccount.com"):
        return frozenset({"service_account"})
    return _ACCOUNTS
