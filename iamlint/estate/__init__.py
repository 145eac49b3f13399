"""The estate: all facts of a run, indexed, so that rules can ask about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from iamlint.estate.blockers import Blocker, BlockerKind, Blockers
from iamlint.estate.covering import within
from iamlint.estate.hierarchy import CONTAINERS, Hierarchy, Node, account_node
from iamlint.estate.merging import Change, merged, taken_away
from iamlint.estate.names import condition_key, identity, one_name, principal_node, scope
from iamlint.facts import (
    BoundaryBinding,
    CustomRole,
    Declaration,
    DefaultAccounts,
    Denial,
    Emptied,
    Fact,
    Folder,
    Gap,
    Grant,
    Organization,
    OrgPolicy,
    Place,
    Project,
    Removed,
    Service,
    ServiceAccount,
    Text,
)
from iamlint.provenance import at, configuration, counts_for, outside
from iamlint.roles import Catalog, Roles, spellings
from iamlint.unknown import Unknown, shown

__all__ = [
    "CONTAINERS",
    "Blocker",
    "BlockerKind",
    "Blockers",
    "Estate",
    "Hierarchy",
    "Node",
    "account_node",
    "condition_key",
    "identity",
    "permissions_of",
    "principal_node",
    "role_scope",
    "scope",
    "within",
]

Kind = TypeVar("Kind", bound=Fact)
Item = TypeVar("Item", bound=Fact)
Made = TypeVar("Made")


class Estate:
    """All facts of a run. ``as_of`` is the day on which conditions are judged.

    Every tuple is ordered by where its facts are declared, so that nothing depends on the order of the input.
    ``blockers`` finds what may block a grant. ``replaced`` are the grants that an export shows and that Terraform owns,
    takes away, or states itself.
    """

    def __init__(self, facts: Iterable[Fact], catalog: Catalog, as_of: date) -> None:
        self.as_of = as_of
        self._held: dict[tuple[str, str], tuple[frozenset[str], Unknown | None]] = {}
        self._facts = _by_kind(one_name(facts))
        self.hierarchy = Hierarchy(self.of(Project), self.of(Folder), self.of(ServiceAccount), self.of(Organization))
        changes: list[Change] = [*self.of(Removed), *self.of(Emptied), *self.of(DefaultAccounts)]
        disabled = (one for one in self.of(ServiceAccount) if one.disabled is not False)
        closing: tuple[Fact, ...] = (*self.of(Denial), *self.of(BoundaryBinding), *self.of(OrgPolicy), *disabled)
        closed = {configuration(one.declared) for one in closing}
        grants = merged(self.of(Grant), changes, self.hierarchy, closed)
        self._facts[Grant], self.replaced = grants.grants, grants.replaced
        self._contested = {id(one.grant): one.by for one in grants.contested}
        self._again: dict[int, list[Grant]] = defaultdict(list)
        for one in self.replaced:
            if one.same:
                self._again[id(one.by)].append(one.grant)
        self._custom_roles: dict[str, list[CustomRole]] = defaultdict(list)
        for role in self.of(CustomRole):
            for name in _role_names(role):
                self._custom_roles[name].append(role)
        self.roles = Roles(catalog.for_one_run(), {})
        self._made: dict[Callable[[Estate], Any], Any] = {}
        self.blockers = Blockers(self.of, self.hierarchy, lambda grant: self.permissions(grant.role, grant.declared))
        self._services = _grouped(self.of(Service), lambda service: self.project_key(service.project, service.declared))

    def of(self, kind: type[Kind]) -> tuple[Kind, ...]:
        """All facts of a kind."""
        return self._facts.get(kind, ())

    def made(self, make: Callable[[Estate], Made]) -> Made:
        """What ``make`` returns for the estate, such as its graph: made when first asked for, and kept with it."""
        if make not in self._made:
            self._made[make] = make(self)
        found: Made = self._made[make]
        return found

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be followed, and what does not count."""
        return (*self.of(Gap), *taken_away(self.replaced))

    def gaps_in(self, configuration: str) -> list[str]:
        """Why something of a configuration, by its `scope`, could not be followed."""
        return self._gaps_in.get(configuration, [])

    @cached_property
    def _gaps_in(self) -> dict[str, list[str]]:
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for gap in self.gaps:
            found[scope(gap.declared)][gap.reason] = None
        return {configuration: list(reasons) for configuration, reasons in found.items()}

    def again(self, grant: Grant) -> tuple[Grant, ...]:
        """What exports show of a grant that Terraform states: the same, told once."""
        return tuple(self._again.get(id(grant), ()))

    def contested(self, grant: Grant) -> Grant | Change | None:
        """What of Terraform would replace a grant that an export shows, where nothing says that it is applied."""
        return self._contested.get(id(grant))

    # -- roles ------------------------------------------------------------------------------------------------------

    def custom_role(self, role: Text, declared: Declaration) -> CustomRole | None:
        """The definition of the custom role that a declaration names, where the input has it.

        The first of those that count for the declaration, else the first of the others.
        """
        told = self._custom_roles.get(identity(role, declared) or "", ())
        return next((one for one in told if counts_for(one.declared, declared)), told[0] if told else None)

    def permissions(self, role: Text, declared: Declaration) -> tuple[frozenset[str], Unknown | None]:
        """The permissions that the role which a declaration names certainly has, and why there may be more."""
        if not isinstance(role, str) or "${" in role:  # it may be another one in the next configuration
            return self._permissions(role, declared)
        key = role, role_scope(role, declared)
        if key not in self._held:
            self._held[key] = self._permissions(role, declared)
        return self._held[key]

    def _permissions(self, role: Text, declared: Declaration) -> tuple[frozenset[str], Unknown | None]:
        told = self._custom_roles.get(identity(role, declared) or "")
        if told:
            return _together(told, declared)
        found = self.roles.permissions(role)
        return (frozenset(), found) if isinstance(found, Unknown) else (found, None)

    # -- accounts and projects --------------------------------------------------------------------------------------

    def project_of(self, email: str, declared: Declaration) -> Text | None:
        """The project of the account that a declaration names: as declared, else by its e-mail (an id or a number)."""
        return self.hierarchy.project_of(email, declared)

    def project_key(self, project: Text, declared: Declaration) -> str | None:
        """One name for a project, whether it is named by id or by number; None where nothing is known of it."""
        return self.hierarchy.project_key(project, declared)

    def services_of(self, project: Text, declared: Declaration) -> tuple[Service, ...]:
        """The services that the input enables on the project that a declaration names."""
        key = self.project_key(project, declared)
        return self._services.get(key, ()) if key else ()


def permissions_of(role: CustomRole) -> tuple[frozenset[str], Unknown | None]:
    """The permissions that a custom role certainly has, and why there may be more. A deleted or disabled one has none.

    Source: https://cloud.google.com/iam/docs/creating-custom-roles#disabling-custom-role
    """
    if role.deleted or role.stage == "DISABLED":
        return frozenset(), None
    match role.permissions:
        case None:
            return frozenset(), Unknown("the input names the custom role but does not list its permissions")
        case Unknown(reason):
            return frozenset(), Unknown(f"the custom role's permissions are not known: {reason}")
        case listed:
            known = frozenset(one for text, _ in listed if isinstance(text, str) for one in spellings(text))
            return known, _first_unknown(listed)


def role_scope(role: Text, declared: Declaration) -> str:
    """The configuration in which a role means what a declaration means by it; empty for a role of Google's."""
    return "" if isinstance(role, str) and role.startswith("roles/") else configuration(declared)


def _together(told: Iterable[CustomRole], declared: Declaration) -> tuple[frozenset[str], Unknown | None]:
    """What definitions of one custom role say of its permissions to a declaration.

    Those that count for it are added up. What the others list beyond that, or alone, is not certain.
    """
    counted = [one for one in told if counts_for(one.declared, declared)]
    others = [one for one in told if not counts_for(one.declared, declared)]
    known = [permissions_of(one) for one in counted or others]
    held = frozenset[str]().union(*(permissions for permissions, _ in known))
    unknown = next((why for _, why in known if why), None)
    for other in others:
        if not counted:
            return held, Unknown(f"{at(other.declared)} defines the custom role, but is {outside(other.declared)}")
        more = sorted(permissions_of(other)[0] - held)
        if more:
            what = f"that the custom role has {more[0]}"
            return held, unknown or Unknown(f"{at(other.declared)} says {what}, but is {outside(other.declared)}")
    return held, unknown


def _first_unknown(listed: tuple[tuple[Text, Place], ...]) -> Unknown | None:
    for text, _ in listed:
        if isinstance(text, Unknown):
            return Unknown(f"one of the custom role's permissions is not known: {text.reason}")
    return None


def _by_kind(facts: Iterable[Fact]) -> dict[type[Any], tuple[Any, ...]]:
    kinds: dict[type[Fact], list[Fact]] = defaultdict(list)
    for fact in facts:
        kinds[type(fact)].append(fact)
    return {kind: tuple(sorted(found, key=_order)) for kind, found in kinds.items()}


def _order(fact: Fact) -> tuple[object, ...]:
    """Where a fact is declared; the parts that one declaration states keep the order that they are written in."""
    return (*fact.declared.at.order, fact.declared.address or "")


def _grouped(items: Iterable[Item], key: Callable[[Item], str | None]) -> dict[str, tuple[Item, ...]]:
    groups: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        name = key(item)
        if name is not None:
            groups[name].append(item)
    return {name: tuple(found) for name, found in groups.items()}


def _role_names(role: CustomRole) -> Iterable[str]:
    """The names that a custom role is granted under: its own, and what references to its block evaluate to."""
    name, address = shown(role.name), role.declared.address
    names: list[Text] = [role.name]
    if address:
        names += [f"${{{address}.id}}", f"${{{address}.name}}"]
        home, separator, role_id = name.rpartition("/roles/")
        if separator and home.startswith("projects/"):
            names.append(f"projects/${{{address}.project}}/roles/{role_id}")
    yield from filter(None, (identity(one, role.declared) for one in names))
