"""Whether a principal that must be able to become an account is: by paths, and by a diagnosis of the call.

A path shows that some method works, over any number of hops. A diagnosis also knows the rest of a direct call: unknown
memberships of groups, APIs that are off, what a token of GitHub is exchanged for. It names the step that fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Literal

from iamlint.assertions.documents import WHOLE
from iamlint.basics.frozen import frozen
from iamlint.diagnosis.answer import Answer, Evidence
from iamlint.diagnosis.asked.caller import BadCallerError
from iamlint.diagnosis.asking import Asked, BadQuestionError, answer_from
from iamlint.diagnosis.callers.starts import is_caller, starts_of_caller
from iamlint.paths.hops import STATES, Hops
from iamlint.paths.search import Path

_CALLS = {
    WHOLE: "generateAccessToken",
    "token": "generateAccessToken",
    "id_token": "generateIdToken",
    "id-token": "generateIdToken",
    "sign": "signJwt",
    "attach-create": "actAs",
    "attach-update": "actAs",
}
"""The call that a diagnosis asks about, by the methods of an assertion."""
_GROUPS = frozenset({"token", "sign", "id-token"})
"""The groups of methods that are such a call."""


MOST_DIAGNOSED = 200
"""Maximum number of calls of one assertion that are diagnosed."""


@frozen
class Outcome:
    """Whether a principal can become an account: ``reason`` says why not, ``evidence`` shows it."""

    state: Literal["holds", "violated", "unknown"]
    reason: str = ""
    evidence: tuple[Evidence, ...] = ()


HOLDS = Outcome("holds")


class Required:
    """Answers for one assertion. ``path`` returns the best path of a principal onto the account, if it has one."""

    def __init__(self, hops: Hops, by: Iterable[str]) -> None:
        self._hops = hops
        self._call = next((_CALLS[one] for one in by if one in _CALLS), None)
        self._left = MOST_DIAGNOSED

    def outcome(self, source: str, target: str, path: Callable[[str], Path | None]) -> Outcome:
        """Return whether a principal, or a caller such as ``github:OWNER/REPO``, can become an account."""
        if not is_caller(source):
            return self._of(self._hops.names.label(source), target, path(source))
        try:
            starts, unknown, _ = starts_of_caller(self._hops, source, {})
        except BadCallerError as bad:
            return Outcome("unknown", str(bad))
        found = [replace(one, unknown_answers=start.unknown_answers) for start in starts if (one := path(start.name))]
        best = min(found, key=lambda one: (STATES.index(one.state), one.cost), default=None)
        if best is None and unknown and not self._call:
            return Outcome("unknown", "; ".join(unknown))
        return self._of(source, target, best)

    def _of(self, caller: str, target: str, path: Path | None) -> Outcome:
        state = path.state if path else "none"
        if self._call and self._left <= 0 and state not in ("open", "conditional"):
            return Outcome("unknown", f"only the first {MOST_DIAGNOSED} calls are diagnosed")
        answer = self._diagnosed(caller, target) if state != "open" or (path and _is_call(path)) else None
        if answer is None or answer.verdict == "not-iam":
            return _by_path(path)
        if answer.verdict == "works":
            return HOLDS
        if path and state == "conditional":
            return _by_path(path)
        return Outcome("violated" if answer.verdict == "fails" else "unknown", answer.headline, answer.evidence)

    def _diagnosed(self, caller: str, target: str) -> Answer | None:
        """Return the diagnosis of the call; None if the assertion asks for no call, or the caller cannot be named."""
        if self._call is None or self._left <= 0:
            return None
        self._left -= 1
        estate = self._hops.estate
        email = self._hops.names.accounts[target].email
        try:
            return answer_from(Asked(estate.as_of, caller=caller, target=email, method=self._call), estate)
        except BadQuestionError:
            return None


def _is_call(path: Path) -> bool:
    """Whether a path is one direct call, of the principal or of a set that contains it."""
    hops = [hop for hop in path.hops if hop.method != "member"]
    return len(hops) == 1 and hops[0].way is not None and hops[0].way.method.group in _GROUPS


def _by_path(path: Path | None) -> Outcome:
    if path is None:
        return Outcome("violated")
    reasons = (reason for hop in path.hops if hop.way for reason in hop.way.verdict.reasons)
    told = tuple(dict.fromkeys((*path.unknown_answers, *reasons)))
    match path.state:
        case "open":
            return HOLDS
        case "closed":
            return Outcome("violated", told[0] if told else "")
        case _:
            return Outcome("unknown", "; ".join(told) or "a hop is not certain")
