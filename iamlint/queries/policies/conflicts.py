"""Queries about resources that revert each other's grants at every apply."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import field

from iamlint.basics.frozen import mutable
from iamlint.estate import Estate, Node, condition_key, identity, principal_node, scope, written_out
from iamlint.facts import Declaration, EmptyBinding, Grant, RemovedGrant, ServiceAccount, Text, expression_of
from iamlint.patterns.match import Match
from iamlint.unknown import Truth, Unknown, join_texts, shown

_Binding = tuple[str, str]
"""The part of a policy that a binding owns: a role, and the key of its condition."""
_POLICY = "IAMPolicy"
_CONNECTED = frozenset({_POLICY, "IAMPartialPolicy", "IAMPolicyMember"})
"""The kinds of Config Connector that grant roles. The first owns the whole policy: it is not for use with the others.

Source: https://cloud.google.com/config-connector/docs/reference/resource-docs/iam/iampolicy
"""
_REMOVES = "google_project_iam_member_remove"
_Fight = tuple["_Statement", Grant, "_Statement"]
"""The resource that removes a grant, one of the removed grants, and the resource that states it."""


@mutable
class _Statement:
    """Everything that one resource states about one target: the principals that it names, by binding.

    ``owns_all`` is true if it owns the whole policy; ``owned`` are the bindings that it owns otherwise. ``facts`` has
    the first fact of each principal and binding, ``partly`` the facts that are only partly known.
    """

    label: str
    owns_all: bool = False
    owned: set[_Binding] = field(default_factory=set)
    facts: dict[tuple[_Binding, str], Grant] = field(default_factory=dict)
    partly: list[Grant] = field(default_factory=list)
    empty: EmptyBinding | None = None

    def owns(self, binding: _Binding) -> bool:
        return self.owns_all or binding in self.owned

    def lacks(self, other: _Statement) -> Grant | None:
        """Return a grant that this resource owns but does not name, so removes; a fully known one if any."""
        lost = [
            grant
            for (binding, who), grant in other.facts.items()
            if self.owns(binding) and (binding, who) not in self.facts
        ]
        return min(lost, key=lambda grant: bool(_unknown_part(grant)), default=None)

    @property
    def first(self) -> Grant | EmptyBinding | None:
        return next(iter(self.facts.values()), self.empty)


def conflicting_bindings(estate: Estate) -> Iterator[Match]:
    """Resources that revert each other at every apply: one owns a role or a policy and lacks what the other grants.

    Two resources that state the same do not conflict. Only within one configuration, since placeholder names are the
    same in many. Source: the note at the top of
    https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_project_iam
    """
    targets = _targets(estate)
    emails = _emails(estate) if targets else {}
    for statements in targets.values():
        owners = [one for one in statements if one.owns_all or one.owned]
        seen: set[frozenset[str]] = set()
        for owner in owners:
            fights: list[_Fight] = []
            for other in statements:
                pair = frozenset((owner.label, other.label))
                if len(pair) == 2 and pair not in seen:
                    seen.add(pair)
                    fights += _fight(owner, other)
            yield from _told(fights, emails)
    yield from _removals(estate)


def _targets(estate: Estate) -> dict[tuple[str, Node], list[_Statement]]:
    """Return what each resource states, by configuration and target, without targets that have no owner."""
    found: dict[tuple[str, Node], dict[str, _Statement]] = defaultdict(dict)
    stated: list[Grant | EmptyBinding] = [*estate.of(EmptyBinding), *estate.of(Grant)]
    owned = {_target(fact, estate) for fact in stated if _may_own(fact)}
    for fact in stated if owned else ():  # most inputs only add members
        target = _target(fact, estate)
        if target and target in owned:
            label = fact.declared.address or f"{fact.declared.type} at {fact.declared.at.path}:{fact.declared.at.line}"
            _add(found[target].setdefault(label, _Statement(label)), fact)
    return {
        target: list(by_label.values())
        for target, by_label in found.items()
        if len(by_label) > 1 and any(one.owns_all or one.owned for one in by_label.values())
    }


def _target(fact: Grant | EmptyBinding, estate: Estate) -> tuple[str, Node] | None:
    """Return the configuration of a fact and the resource that it is about; None if one of them is not known."""
    where = _configuration(fact.declared)
    node = estate.hierarchy.node(fact.resource, fact.declared) if where else None
    return (where, node) if where and node else None


def _may_own(fact: Grant | EmptyBinding) -> bool:
    """Whether a resource that states this owns a role, or a policy."""
    return isinstance(fact, EmptyBinding) or fact.origin in ("binding", "policy") or fact.declared.type == _POLICY


def _configuration(declared: Declaration) -> str | None:
    """Return the unit of apply: a root module, or all documents of Config Connector; None for other exports."""
    if declared.address:
        return scope(declared)
    return "Config Connector" if declared.type in _CONNECTED else None


def _add(statement: _Statement, fact: Grant | EmptyBinding) -> None:
    role = identity(fact.role, fact.declared) if fact.role is not None else None
    condition = condition_key(fact.condition)
    binding = None if role is None or condition is None else (role, condition)
    if isinstance(fact, EmptyBinding):
        statement.empty = fact
        statement.owns_all = fact.role is None
        if binding and not statement.owns_all:
            statement.owned.add(binding)
        return
    statement.owns_all = statement.owns_all or fact.origin == "policy" or fact.declared.type == _POLICY
    if binding and fact.origin == "binding":
        statement.owned.add(binding)
    who = _who(fact)
    if _unknown_part(fact):
        statement.partly.append(fact)
    if binding and who:
        statement.facts.setdefault((binding, who), fact)


def _who(grant: Grant) -> str | None:
    """Return one name for a principal; the provider ignores the case of mail addresses."""
    name = principal_node(grant)
    return name if name is None or name.startswith("principal") or "${" in name else name.lower()


def _unknown_part(grant: Grant) -> str:
    """Return why a grant is only partly known; "" if it is fully known."""
    parts = (grant.role, grant.principal.unknown, expression_of(grant.condition))
    why = next((part.reason for part in parts if isinstance(part, Unknown)), "")
    return why and f"{grant.declared.address or grant.declared.type} is not known in full: {why}"


def _fight(owner: _Statement, other: _Statement) -> Iterator[_Fight]:
    """Yield how two resources revert each other, if they do."""
    for one, two in ((owner, other), (other, owner)):
        lost = one.lacks(two)
        if lost:
            yield one, lost, two
            return


def _emails(estate: Estate) -> dict[str, Unknown]:
    """Return what is known of the e-mails of accounts, by the principals that name these by their addresses."""
    accounts = ((f"serviceAccount:{shown(one.email)}", written_out(one)) for one in estate.of(ServiceAccount))
    return {name: email for name, email in accounts if email}


def _told(fights: list[_Fight], emails: Mapping[str, Unknown]) -> Iterator[Match]:
    """Yield one match for all resources that certainly conflict with one owner, and one for those that may."""
    certain = [fight for fight in fights if not _unknown_answer(fight, emails)]
    for chosen in (certain, [fight for fight in fights if _unknown_answer(fight, emails)][: 0 if certain else None]):
        if not chosen:
            continue
        taker, lost, loser = chosen[0]
        owned = f"the whole policy of {lost.resource}"
        if not taker.owns_all:
            owned = f"all members of {shown(lost.role)} on {lost.resource}"
        who = lost.principal.text
        more = f" and {len(chosen) - 1} more" if len(chosen) > 1 else ""
        words = {"other": taker.label, "this": f"{loser.label}{more}", "what": f"the one owns {owned} and lacks {who}"}
        others = [fact for one, grant, two in chosen for fact in (one.first, two.first, grant) if fact]
        related = tuple(dict.fromkeys(fact for fact in others if fact is not lost))
        unknown_answer = _unknown_answer(chosen[0], emails)
        truth, reasons = (Truth.UNKNOWN, (unknown_answer,)) if unknown_answer else (Truth.TRUE, ())
        yield Match(lost, truth, reasons=reasons, related=related, words=words, place=lost.role_place)


def _unknown_answer(fight: _Fight, emails: Mapping[str, Unknown]) -> str:
    """Return why two resources may not conflict after all."""
    taker, lost, loser = fight
    several = next((one.label for one in (taker, loser) if "[*]" in one.label), None)
    if several:
        return f"how many instances of {several} there are is not known"
    same = next((one for one in (*taker.facts.values(), *taker.partly) if _may_be(one, lost, emails)), None)
    if same is None:
        return ""
    named = next((grant.principal.text for grant in (lost, same) if grant.principal.text in emails), "")
    return _unknown_part(lost) or _unknown_part(same) or f"{named} is not known in full: {emails[named].reason}"


def _may_be(one: Grant, other: Grant, emails: Mapping[str, Unknown]) -> bool:
    """Whether two grants on one target may turn out to be equal, by the known ends of their texts."""
    if one.principal.text in emails and other.principal.text in emails:
        return False  # two accounts of one configuration
    conditions = condition_key(one.condition), condition_key(other.condition)
    if None not in conditions and conditions[0] != conditions[1]:
        return False
    pairs = ((one.role, other.role), (_text(one, emails), _text(other, emails)))
    return all(_may_equal(left, right) for left, right in pairs)


def _text(grant: Grant, emails: Mapping[str, Unknown]) -> Text:
    text = grant.principal.unknown or grant.principal.text
    email = emails.get(grant.principal.text)
    return text if email is None else join_texts("serviceAccount:", email)


def _may_equal(one: Text | None, other: Text | None) -> bool:
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return one is not None and other is not None and _fits(_ends(one), _ends(other))
    return one == other


def _ends(text: Text) -> tuple[str, str]:
    """Return the known beginning and end of a text."""
    return (text.prefix, text.suffix) if isinstance(text, Unknown) else (text, text)


def _fits(one: tuple[str, str], other: tuple[str, str]) -> bool:
    begins = one[0].startswith(other[0]) or other[0].startswith(one[0])
    return begins and (one[1].endswith(other[1]) or other[1].endswith(one[1]))


# -- removed members --------------------------------------------------------------------------------------------------


def _removals(estate: Estate) -> Iterator[Match]:
    """Grants that another resource of the same configuration removes at each apply."""
    removed: dict[tuple[object, ...], RemovedGrant] = {}
    for fact in estate.of(RemovedGrant):
        key = _single(fact.grant, estate) if fact.declared.type == _REMOVES else None
        if key:
            removed.setdefault(key, fact)
    for grant in estate.of(Grant) if removed else ():
        key = _single(grant, estate) if grant.declared.address else None
        by = removed.get(key) if key else None
        if by:
            what = f"the one removes {grant.principal.text} from {shown(grant.role)} on {grant.resource}"
            words = {"other": by.declared.address or "", "this": grant.declared.address or "", "what": what}
            yield Match(grant, Truth.TRUE, related=(by.grant,), words=words, place=grant.role_place)


def _single(grant: Grant, estate: Estate) -> tuple[object, ...] | None:
    """Return a key for one principal's role on one target, without the condition."""
    node = estate.hierarchy.node(grant.resource, grant.declared)
    role, who = identity(grant.role, grant.declared), _who(grant)
    return (scope(grant.declared), node, role, who) if node and role and who else None
