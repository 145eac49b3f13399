"""One hop of a call: whether a holder has a permission on a resource, the grant that gives it, and what blocks it."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.access.decision import Step as Part
from iamlint.basics.frozen import frozen
from iamlint.conditions.declared import IAM, undeclared
from iamlint.conditions.parser import Unparsable, parse
from iamlint.diagnosis.answer import Evidence, Stage
from iamlint.diagnosis.asked.case import Case
from iamlint.diagnosis.asked.reach import allow_steps, blocking_steps, is_unknown_text, reason_of
from iamlint.diagnosis.callers.holder import Holder, Member
from iamlint.diagnosis.recognition.error_kind import Step
from iamlint.diagnosis.stages.conflict import takes_away
from iamlint.facts import Condition, Declaration, Grant, Resource
from iamlint.provenance import is_source
from iamlint.unknown import Truth, Unknown, shown

PLAN_SOURCE = "the Terraform source of the plan, which says what the plan does not know: --source-root DIRECTORY"
"""What decides about a part of a planned grant that is known after apply."""
_ORDER: tuple[Step, ...] = ("conflict", "group-membership", "condition", "missing-input")
"""The order of these steps if several grants may count."""


@frozen
class Tried:
    """A grant that may concern a hop, with its parts; ``member`` is whether it names the holder."""

    grant: Grant
    member: Member
    parts: tuple[Part, ...]

    @property
    def truth(self) -> Truth:
        """Whether it gives the permission, blockers aside."""
        return Truth.all((self.member.truth, *(part.truth for part in self.parts)))

    def part(self, name: str) -> Part | None:
        """Return the part of a name."""
        return next((part for part in self.parts if part.name == name), None)

    def gives(self, *names: str) -> bool:
        """Whether it names the holder, and all parts but these let the permission through."""
        return self.member.truth is Truth.TRUE and all(
            part.truth is Truth.TRUE for part in self.parts if part.name not in names
        )


@frozen
class UnknownStep:
    """Why it is not known whether a hop works: the step, a sentence, where, and what would decide it."""

    step: Step
    reason: str
    evidence: Evidence
    missing: tuple[str, ...] = ()

    def stage(self, name: str) -> Stage:
        """Return the stage of this name that ends with it."""
        return Stage(name, "unknown", self.reason, self.step, (self.evidence,), self.missing)


@frozen
class Hop:
    """Whether a holder has a permission on a resource.

    ``allowed`` is the result of the allow policies, ``granted`` the grant that certainly counts. ``blocks`` are the
    boundaries, deny policies and disabled accounts that stop it, or may. ``unknown_steps`` say why ``allowed`` is
    UNKNOWN.
    """

    holder: Holder
    resource: Resource
    declared: Declaration
    permission: str
    allowed: Truth
    blocks: tuple[Part, ...]
    tried: tuple[Tried, ...]
    granted: Grant | None = None
    unknown_steps: tuple[UnknownStep, ...] = ()

    @property
    def truth(self) -> Truth:
        """Whether the hop works."""
        return Truth.all((self.allowed, *(part.truth for part in self.blocks)))

    @property
    def target(self) -> str:
        """The name of the resource."""
        return shown(self.resource.name)


def hop(case: Case, holder: Holder, permission: str, resource: Resource, declared: Declaration) -> Hop:
    """Whether a holder has a permission on a resource that a declaration names."""
    blocks = blocking_steps(holder.principal, permission, resource, declared, case.estate, case.question.as_of)
    tried = tuple(_tried(case, holder, permission, resource, declared))
    given = [one for one in tried if one.truth is Truth.TRUE]
    sure = [one for one in given if _conflict(case, one.grant) is None]
    if sure:
        best = min(sure, key=lambda one: (one.grant.resource.is_container, one.grant.principal_place.at.order))
        return Hop(holder, resource, declared, permission, Truth.TRUE, blocks, tried, best.grant)
    unknown_steps = [_conflict(case, one.grant) for one in given]
    unknown_steps += [_unknown_step(one) for one in sorted(tried, key=_open_parts) if one.truth is Truth.UNKNOWN]
    found = sorted((one for one in unknown_steps if one), key=lambda one: _rank(one.step))
    allowed = Truth.UNKNOWN if found else Truth.FALSE
    return Hop(holder, resource, declared, permission, allowed, blocks, tried, None, tuple(found))


def hop_to(case: Case, holder: Holder, permission: str, email: str) -> Hop:
    """Whether a holder has a permission on a service account."""
    return hop(case, holder, permission, Resource("service_account", email), case.declared(email))


def _tried(case: Case, holder: Holder, permission: str, resource: Resource, declared: Declaration) -> Iterator[Tried]:
    estate, reach = case.estate, case.reach(resource, declared)
    for grant in estate.of(Grant):
        onto = reach.of(grant)
        if onto is Truth.FALSE:
            continue
        member = holder.named_by(grant, estate, case.groups)
        if member.truth is Truth.FALSE:
            continue
        found = allow_steps(grant, holder.principal, permission, onto, resource, declared, estate, case.question.as_of)
        steps = tuple(_refused(step, grant) for step in found)
        role = next(step for step in steps if step.name == "role")
        if onto is Truth.UNKNOWN and role.truth is Truth.FALSE:
            continue  # no near miss: nothing says that it is near
        unknown_step = _symbolic(grant)
        uncertain = (Part("resource", Truth.UNKNOWN, (unknown_step,)),) if unknown_step else ()
        yield Tried(grant, member, (*steps, *uncertain))


def _refused(step: Part, grant: Grant) -> Part:
    """Return the step of a condition that IAM refuses as a FALSE one: then the grant is never made."""
    if step.name != "condition" or step.truth is not Truth.UNKNOWN or not isinstance(grant.condition, Condition):
        return step
    expression = grant.condition.expression
    node = parse(expression)
    malformed = isinstance(node, Unparsable) and not node.beyond
    problem = f"it is not a CEL expression: {node}" if malformed else undeclared(expression, IAM)
    return Part(step.name, Truth.FALSE, (f"IAM refuses it: {problem}",), at=step.at) if problem else step


def evidence_of(part: Part) -> tuple[Evidence, ...]:
    """Return the place of a part with its reasons; empty if the input does not show the place."""
    return (Evidence(part.at, reason_of(part)),) if part.at else ()


def _symbolic(grant: Grant) -> str:
    """Why a grant may not exist: the number of its instances is not known. Empty for one that exists."""
    address = grant.declared.address or ""
    return f"how many instances of {address} there are is not known" if "[*]" in address else ""


def _open_parts(tried: Tried) -> int:
    return sum(part.truth is Truth.UNKNOWN for part in tried.parts) + (tried.member.truth is Truth.UNKNOWN)


def _rank(step: Step) -> int:
    return _ORDER.index(step) if step in _ORDER else len(_ORDER)


def _unknown_step(tried: Tried) -> UnknownStep:
    """Why it is not known whether a grant counts: the first part that is open."""
    grant, member = tried.grant, tried.member
    what = f"{shown(grant.role)} on {grant.resource}"
    if member.truth is Truth.UNKNOWN:
        at = grant.principal_place.at
        reason = f"{grant.principal.text} has {what}, but {member.reason}"
        return UnknownStep(member.step or "missing-input", reason, Evidence(at, reason), _only(member.missing))
    part = next(part for part in tried.parts if part.truth is Truth.UNKNOWN)
    at = part.at or grant.principal_place.at
    reason = f"the grant of {what} may count: {reason_of(part)}"
    if part.name == "condition" and not is_unknown_text(grant):
        return UnknownStep("condition", reason, Evidence(at, reason), _only(reason_of(part)))
    missing = reason_of(part)
    if part.name == "role" and isinstance(grant.role, str):
        missing = describe_role(grant.role)
    elif is_unknown_text(grant) or any(isinstance(one, Unknown) for one in (grant.role, grant.resource.name)):
        missing = PLAN_SOURCE if _is_of_plan(grant) else missing
    return UnknownStep("missing-input", reason, Evidence(at, reason), _only(missing))


def _is_of_plan(grant: Grant) -> bool:
    """Whether a grant is read from a plan without its source."""
    return bool(grant.declared.address) and not is_source(grant.declared.at.path)


def describe_role(role: str) -> str:
    """Return the command that prints the definition of a role."""
    home, _, name = role.partition("/roles/")
    collection, _, owner = home.partition("/")
    if name and collection in ("projects", "organizations"):
        return f"gcloud iam roles describe {name} --{collection.removesuffix('s')}={owner} --format=json"
    return f"gcloud iam roles describe {role} --format=json"


def _only(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _conflict(case: Case, grant: Grant) -> UnknownStep | None:
    """Another resource that takes a grant away again, or may: whichever is applied last wins."""
    contested = case.estate.contested(grant)
    if contested:
        by = contested.declared
        reason = f"{by.address or 'Terraform'} would replace this grant of an export when it is applied"
        return UnknownStep("conflict", reason, Evidence(by.at, reason))
    owner = takes_away(grant, case.estate)
    if owner is None:
        return None
    other, this = owner.declared.address or "another resource", grant.declared.address or "this grant of an export"
    fight = f"fight over {shown(grant.role)}: whichever is applied last wins"
    if owner.unknown:
        fight = f"may {fight} ({owner.unknown})"
    reason = f"{other} and {this} {fight}"
    return UnknownStep("conflict", reason, Evidence(owner.declared.at, reason), _only(owner.unknown))
