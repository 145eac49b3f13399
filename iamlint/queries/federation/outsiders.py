"""Tokens of strangers: whether a condition is true for one of them, evaluated claim by claim.

A shared issuer signs tokens for everybody. A stranger has another owner, organization or group than those that a
condition names, and is free to choose the names below it: of a repository, a branch, an environment, a workspace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from itertools import islice, permutations, product

from iamlint.basics.lazy_regex import regex
from iamlint.budget import Budget, Exhausted
from iamlint.conditions.abstract_values import Some
from iamlint.conditions.parser import Unparsable, parse
from iamlint.conditions.simplified import with_token
from iamlint.conditions.syntax import Literal, Node, texts_of
from iamlint.conditions.token_claims import Claim, claims_compared, is_obscure
from iamlint.estate import Estate
from iamlint.facts import Provider, Text, expression_of
from iamlint.federation.issuers import SHARED, Claims, Form, Issuer, read, shared_issuer
from iamlint.unknown import Truth, Unknown

MOST_TOKENS = 500
"""Maximum number of tokens that one condition is evaluated for."""
MOST_STEPS = 5_000
"""Maximum number of nodes that are evaluated for all tokens of one condition together; then it stays undecided."""
MOST_STEPS_OF_RUN = 300_000
"""Maximum number of such nodes for all conditions of a run, in steps of a whole condition; the others stay unknown."""
BEYOND = "evaluating all attribute conditions takes more steps than iamlint takes in one run"
_MOST_WAYS = 8
_MOST_WORDS = 8
_MOST_FIRST = 4
"""Maximum number of words that are put before repeated ones."""
_OFTEN = 7
"""How often a word is repeated: more often than a bounded repetition for names usually allows."""
_DEEPEST = 3
"""Maximum number of attributes that are made of each other."""
_WORD = regex(r"[A-Za-z0-9_-]+")
_TENANTS = frozenset(
    {"owner", "organization", "enterprise", "namespace", "workflow_ref.owner", "job_workflow_ref.owner"}
)
"""The parts of claims that name a tenant."""
_NAMES = frozenset({"repository", "project", "workspace", "pipeline"})
"""The parts that a tenant is free to name."""
_STRANGER, _OTHER_NAME = "mallory", "tools"

Token = Mapping[str, str]
_Asked = tuple[Text, tuple[tuple[str, str], ...], str]
"""A condition, the attributes that are made of claims, and the address of the issuer."""


class Strangers:
    """Whether providers of an estate admit strangers. In their order, so that no answer depends on who asks first."""

    def __init__(self, estate: Estate) -> None:
        self._answers: dict[_Asked, Truth] = {}
        left = MOST_STEPS_OF_RUN
        for asked in filter(None, map(_asked, estate.of(Provider))):
            if asked not in self._answers and left > 0:
                met, steps = _admits(*asked)
                self._answers[asked] = Truth.of(met)
                left -= steps

    def admitted(self, provider: Provider) -> Truth:
        """Return whether a condition is certainly true for a token of some stranger; unknown beyond the bound."""
        asked = _asked(provider)
        return self._answers.get(asked, Truth.UNKNOWN) if asked else Truth.FALSE


def _asked(provider: Provider) -> _Asked | None:
    """Return what an answer depends on; None if the demands of the condition decide it, or the issuer is not shared."""
    issuer, expression = shared_issuer(provider), expression_of(provider.condition)
    if issuer is None or not issuer.claims or expression is None:
        return None
    ways = claims_compared(expression)
    if not isinstance(ways, tuple):
        return None
    if not is_obscure(expression) and not any(claim.how == "matches" or claim.part for way in ways for claim in way):
        return None
    made = tuple((name, of) for name, of, _ in provider.mapped if isinstance(of, str))
    return expression, made, next(url for url, known in SHARED.items() if known is issuer)


def _admits(expression: Text, made: tuple[tuple[str, str], ...], address: str) -> tuple[bool, int]:
    """Return whether a condition is true for a token of some stranger, and the steps of the evaluation."""
    node, ways = parse(expression), claims_compared(expression)
    if isinstance(node, Unparsable | Unknown) or not isinstance(ways, tuple):
        return False, 0
    words = frozenset(word for text in texts_of(node) for word in _WORD.findall(text))
    tokens = (token for way in ways[:_MOST_WAYS] for token in _tokens(SHARED[address], way, sorted(words)))
    attributes, work = dict(made), Budget(MOST_STEPS)
    with suppress(Exhausted):
        for token in islice(tokens, MOST_TOKENS):
            match with_token(node, _value(token | {"iss": address}, attributes, work), work):
                case Some((True,), False):
                    return True, MOST_STEPS - work.left
    return False, MOST_STEPS - work.left


def _value(token: Token, made: Mapping[str, str], work: Budget, depth: int = 0) -> Callable[[str], Node | None]:
    """Return the function that reads a claim of a token, or an attribute that is made of claims."""

    def value(path: str) -> Node | None:
        root, _, name = path.partition(".")
        if root == "assertion":
            return Literal(token[name]) if name in token else None
        of = made.get(path)
        node = parse(of) if of is not None and depth < _DEEPEST else None
        if node is None or isinstance(node, Unparsable | Unknown):
            return None
        match with_token(node, _value(token, made, work, depth + 1), work):
            case Some((str(text),), False):
                return Literal(text)
            case _:
                return None

    return value


def _tokens(issuer: Issuer, way: frozenset[Claim], words: list[str]) -> Iterator[dict[str, str]]:
    """Yield tokens of strangers, with what one way to meet a condition demands of claims that anybody can have."""
    demanded = _demanded(issuer, way)
    words = words[:_MOST_WORDS]
    known = set(words)
    for tenant, name in product(_tenants(words), [_OTHER_NAME, *words]):
        if tenant not in known:
            yield _token(issuer, demanded, tenant, name)


def _tenants(words: list[str]) -> Iterator[str]:
    """Yield names that a stranger can register, also those that an open repetition of a pattern allows: (a|b)+."""
    yield _STRANGER
    yield from (name for word in words for name in (f"{word}-{_STRANGER}", f"{_STRANGER}-{word}"))
    yield from (name for word in words for name in (word * _OFTEN, word + word[-1] * _OFTEN))
    yield from (first + word * _OFTEN for first, word in permutations(words[:_MOST_FIRST], 2))


def _demanded(issuer: Issuer, way: frozenset[Claim]) -> dict[str, str]:
    """Return the values that a way demands of claims which identify no tenant."""
    found = {}
    for claim in way:
        name = claim.name.removeprefix("assertion.")
        value = claim.values[0] if claim.values else None
        if claim.how == "equals" and not claim.part and isinstance(value, str) and name not in issuer.tenant:
            found[name] = value
    return found


def _token(issuer: Issuer, demanded: Mapping[str, str], tenant: str, name: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for claim, form in issuer.claims.items():
        usual = _usual(form)
        for part, like in usual[1].items() if usual else ():
            parts.setdefault(part, _chosen(part, like, tenant, name))
        wanted = read(form, demanded[claim], whole=True) if claim in demanded else None
        parts |= {
            part: value
            for part, value in (wanted.parts if wanted else {}).items()
            if part not in _TENANTS and part != "path"
        }
    made = {claim: _made(form, parts) for claim, form in issuer.claims.items()}
    return {**demanded, **{claim: value for claim, value in made.items() if value is not None}}


def _chosen(part: str, like: str, tenant: str, name: str) -> str:
    """Return a stranger's value of a part of a claim."""
    if part in _TENANTS:
        return tenant
    if part == "path":
        return f"{tenant}/{name}"
    if part in _NAMES:
        return name
    return f"9{like}07" if like.isdigit() else f"{like}9" if part.endswith("_id") else like


def _made(form: Claims, parts: Mapping[str, str]) -> str | None:
    """Return a claim of these parts, in its usual form; None if the parts do not make one."""
    usual = _usual(form)
    if usual is None:
        return None
    value = "".join(piece if isinstance(piece, str) else parts[piece.name] for piece in usual[0])
    return value if read(form, value, whole=True) else None


@lru_cache(maxsize=256)
def _usual(form: Claims) -> tuple[Form, Mapping[str, str]] | None:
    """Return the usual form of a claim with the parts of its usual value; None if that value fits no form."""
    for one in form.forms:
        found = read(Claims((one,), form.like), form.like, whole=True)
        if found is not None:
            return one, found.parts
    return None
