"""Questions about access in an estate: does a grant give one of these permissions on a resource?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from iamlint.access.permission_effects import effective_permissions, has_effect_on
from iamlint.estate import Estate, scope
from iamlint.facts import Declaration, Grant, Resource
from iamlint.unknown import Truth, Unknown, shown

if TYPE_CHECKING:
    from iamlint.access.decision import Check, Decision, Step
    from iamlint.estate.blockers import Blocker, Blockers

_NOBODY: frozenset[str] = frozenset()


class Access:
    """The answers about one estate."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self.any_blocker = estate.has_blockers and bool(estate.blockers)
        """Whether the input has anything that may block a grant."""

    @property
    def _blockers(self) -> Blockers:
        return self._estate.blockers

    def is_plain(
        self,
        grant: Grant,
        permission: str | None = None,
        resource: Resource | None = None,
        declared: Declaration | None = None,
    ) -> bool:
        """Whether a grant certainly gives a permission of its role: without a condition, and with nothing to block it.

        Without ``permission``, it gives all of them. ``resource`` and ``declared`` are as for `decide`.
        """
        if grant.condition is not None or grant.declared.uncertain:
            return False
        if not self.any_blocker:
            return True
        if resource is None:
            return not self._blockers.may_concern(grant, permission)
        from iamlint.access.allow import resource_step

        declared = declared or grant.declared
        reached = resource_step(grant, resource, declared, self._estate).truth is Truth.TRUE
        return reached and not self._blockers.may_concern(_seen_at(grant, resource, declared), permission)

    def nothing_blocks(self, grant: Grant) -> bool:
        """Whether a grant certainly gives all permissions of its role: no condition, and no blocker in the input."""
        return grant.condition is None and not grant.declared.uncertain and not self.any_blocker

    def is_alike_below(self, grant: Grant, permission: str) -> bool:
        """Whether the answer about a permission on the grant's resource is the one for each account in it."""
        if grant.condition is not None or grant.declared.uncertain:
            return False
        return not self.any_blocker or not self._blockers.varies_below(grant, permission, self._estate.as_of)

    def held(self, grant: Grant) -> tuple[frozenset[str], Unknown | None]:
        """Return the permissions that a grant's role certainly has and that have an effect there; and why there may be
        more.
        """
        held, unknown = self._estate.permissions(grant.role, grant.declared)
        return effective_permissions(held, grant.resource.kind), unknown

    def decide(
        self,
        grant: Grant,
        permissions: Iterable[str],
        resource: Resource | None = None,
        as_of: date | None = None,
        *,
        declared: Declaration | None = None,
        to_grant: frozenset[str] = _NOBODY,
        whole: bool = False,
    ) -> Decision:
        """Return whether a grant gives one of the permissions on a resource, by default the grant's own, on a day.

        ``resource`` may be anything below the grant's resource; ``declared`` is the declaration that names it, if not
        the grant's. ``as_of`` is the estate's day by default. Without permissions only the condition is evaluated.
        ``to_grant`` are permissions for policy administrators: a condition that limits the grantable roles holds if one
        of these roles has such a permission. ``whole`` asks for all steps, also after one that fails.
        """
        from iamlint.access.allow import condition_step, resource_step, role_step
        from iamlint.access.blocking import whole_steps
        from iamlint.access.decision import Check, Decision

        day, permissions = as_of or self._estate.as_of, tuple(permissions)
        if not permissions:
            settings = whole_steps(self._blockers, grant, day) if self.any_blocker else ()
            return Decision.of((Check.of("", (condition_step(grant, None, day, self._estate),), settings),))
        above: tuple[Step, ...] = ()
        asked = grant
        if resource is not None:
            declared = declared or grant.declared
            above = (resource_step(grant, resource, declared, self._estate),)
            asked = _seen_at(grant, resource, declared)
        checks = []
        for permission in permissions:
            condition = condition_step(asked, permission, day, self._estate, to_grant)
            allow = (role_step(grant, permission, self._estate), *above, condition)
            checks.append(self._check(asked, permission, allow, day, whole=whole))
        found = Decision.of(tuple(checks))
        return self._with_uncounted(found, asked, day) if self.any_blocker else found

    def _check(self, grant: Grant, permission: str, allow: tuple[Step, ...], day: date, *, whole: bool) -> Check:
        """Return the check of a permission whose allow steps are known. If those fail, blockers are not checked."""
        from iamlint.access.blocking import NOTHING, blocking_steps
        from iamlint.access.decision import Check

        given = Check.of(permission, allow, NOTHING)
        if not self.any_blocker or (given.truth is Truth.FALSE and not whole):
            return given
        return Check.of(permission, allow, blocking_steps(self._blockers, grant, permission, day, whole=whole))

    def _with_uncounted(self, found: Decision, grant: Grant, day: date) -> Decision:
        """Return the decision, with the possible blockers of open permissions that do not count."""
        from iamlint.access.blocking import uncounted_blockers

        open_ = [one.permission for one in found.checks if one.truth is found.truth and one.unblocked]
        if found.truth is Truth.FALSE or not open_:
            return found
        facts = uncounted_blockers(self._blockers, grant, open_, day)
        return replace(found, facts=(*found.facts, *facts)) if facts else found

    def enabled(self, grant: Grant) -> Step:
        """Whether the holder of a grant can act at all: no one gets tokens of a disabled account."""
        from iamlint.access.decision import Step

        one = self._blockers.disabled(grant) if self.any_blocker else None
        if one is None:
            return Step("disabled", Truth.TRUE)
        facts = (one.fact,) if one.fact else ()
        if one.verdict.truth is Truth.TRUE:
            return Step("disabled", Truth.FALSE, (f"blocked by {one.by}",), facts, one.at)
        told = tuple(reason.replace("whether it is", "whether the account is", 1) for reason in one.verdict.reasons)
        return Step("disabled", Truth.UNKNOWN, told, facts, one.at)

    def disabled(self, account: str, declared: Declaration) -> Blocker | None:
        """Return an account that a declaration names, if it is or may be disabled: what runs as it has no tokens."""
        return self._blockers.disabled_account(account, declared) if self.any_blocker else None

    def holds(self, grant: Grant, as_of: date, permission: str | None = None) -> Truth:
        """Whether the condition of a grant holds on a day, for a permission or for any."""
        from iamlint.access.allow import condition_step

        return condition_step(grant, permission, as_of, self._estate).truth

    def may_give(self, grant: Grant, permissions: Iterable[str]) -> bool:
        """Whether the condition of a grant lets it give one of the permissions, now or later, whatever its role has."""
        from iamlint.access.allow import condition_step

        felt = (one for one in permissions if has_effect_on(one, grant.resource.kind))
        steps = (condition_step(grant, one, self._estate.as_of, self._estate) for one in felt)
        return any(step.later or step.truth is not Truth.FALSE for step in steps)


def _seen_at(grant: Grant, resource: Resource, declared: Declaration) -> Grant:
    """Return a grant as it counts for a resource below its own.

    A name from another configuration means nothing in the grant's; then the grant's own resource is used.
    """
    known = "${" not in shown(resource.name) or scope(declared) == scope(grant.declared)
    return replace(grant, resource=resource) if known else grant


def access_of(estate: Estate) -> Access:
    """Return the answers about an estate, kept with it."""
    return estate.made(Access)


def access(
    estate: Estate,
    grant: Grant,
    permissions: Iterable[str],
    resource: Resource | None = None,
    as_of: date | None = None,
    declared: Declaration | None = None,
) -> Decision:
    """Return whether a grant gives one of the permissions on a resource, with all steps; see `Access.decide`."""
    return access_of(estate).decide(grant, permissions, resource, as_of, declared=declared, whole=True)
