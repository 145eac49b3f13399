"""The estate: all facts of a run, indexed, so that rules can ask about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from iamlint.estate.hierarchy import CONTAINERS, Hierarchy, Node, account_node
from iamlint.estate.merging import Change, merged, replaced_parts
from iamlint.estate.names import (
    condition_key,
    identity,
    is_there,
    principal_node,
    scope,
    with_canonical_names,
    written_out,
)
from iamlint.estate.tags import Tags
from iamlint.facts import (
    AccessSetting,
    BoundaryBinding,
    Bucket,
    CustomRole,
    Declaration,
    DefaultAccounts,
    Denial,
    EmptyBinding,
    Fact,
    Folder,
    Grant,
    Membership,
    Organization,
    OrgPolicy,
    Place,
    Project,
    ProjectReference,
    RemovedGrant,
    Service,
    ServiceAccount,
    Text,
    UnreadPart,
)
from iamlint.location import Unreadable
from iamlint.logic.globs import text_is
from iamlint.provenance import at, configuration, counts_for, outside
from iamlint.roles import Catalog, Roles, spellings
from iamlint.unknown import Truth, Unknown, shown

if TYPE_CHECKING:
    from iamlint.estate.blockers import Blockers

__all__ = [
    "CONTAINERS",
    "Estate",
    "Hierarchy",
    "Node",
    "account_node",
    "condition_key",
    "identity",
    "is_there",
    "permissions_of",
    "principal_node",
    "role_scope",
    "scope",
    "written_out",
]

Kind = TypeVar("Kind", bound=Fact)
Item = TypeVar("Item", bound=Fact)
Made = TypeVar("Made")
_BLOCKING: tuple[type[Fact], ...] = (BoundaryBinding, Denial, OrgPolicy, AccessSetting)
"""The kinds of facts that may block a grant, besides disabled accounts."""


class Estate:
    """All facts of a run. Conditions are evaluated as of the day ``as_of``.

    Every tuple is ordered by where its facts are declared, so the order of the input has no effect. ``blockers`` finds
    what may block a grant. ``replaced`` are the grants of exports that Terraform owns, removes, or states itself.
    """

    def __init__(self, facts: Iterable[Fact], catalog: Catalog, as_of: date) -> None:
        self.as_of = as_of
        self._held: dict[tuple[str, str], tuple[frozenset[str], Unknown | None]] = {}
        self._predefined: dict[str, tuple[frozenset[str], Unknown | None]] = {}
        self._facts = _by_kind(with_canonical_names(facts))
        self.hierarchy = Hierarchy(
            self.of(Project),
            self.of(Folder),
            self.of(ServiceAccount),
            self.of(Organization),
            self.of(Bucket),
            self.of(ProjectReference),
        )
        changes: list[Change] = [*self.of(RemovedGrant), *self.of(EmptyBinding), *self.of(DefaultAccounts)]
        disabled = (one for one in self.of(ServiceAccount) if one.disabled is not False)
        closing: list[Fact] = [*(one for kind in _BLOCKING for one in self.of(kind)), *disabled]
        self.has_blockers = bool(closing)
        """Whether there is any fact that may block a grant; without one, `blockers` is not needed."""
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
        self.tags = Tags(self.of, self.hierarchy)
        self._services = _grouped(self.of(Service), lambda service: self.project_key(service.project, service.declared))

    @cached_property
    def blockers(self) -> Blockers:
        """What may block a grant, at a bounded cost."""
        from iamlint.estate.blockers import Blockers

        return Blockers(self.of, self.hierarchy, self._held_by, self.tags)

    @property
    def unfinished(self) -> Iterable[Unreadable]:
        """An error if some blockers were not compared with every grant."""
        return self.blockers.unfinished if self.has_blockers else ()

    @cached_property
    def has_acting_accounts(self) -> bool:
        """Whether an account may have a privilege: without a grant to an account or a group with members, none has."""
        texts = (grant.principal.text for grant in self.of(Grant))
        return any(text.startswith("serviceAccount:") for text in texts) or bool(self.of(Membership))

    def of(self, kind: type[Kind]) -> tuple[Kind, ...]:
        """Return all facts of a kind."""
        return self._facts.get(kind, ())

    def made(self, make: Callable[[Estate], Made]) -> Made:
        """Return what ``make`` returns for the estate, such as its graph. The result is kept with the estate."""
        try:
            found: Made = self._made[make]
        except KeyError:
            found = self._made[make] = make(self)
        return found

    def end(self) -> None:
        """Drop everything, and what was made of the estate: garbage in cycles stays to the end of a run."""
        for one in (*self._made.values(), self):
            if hasattr(one, "__dict__"):
                vars(one).clear()

    @cached_property
    def unread_parts(self) -> tuple[UnreadPart, ...]:
        """The parts of the input that were not read or do not count."""
        return (*self.of(UnreadPart), *replaced_parts(self.replaced))

    def unread_parts_in(self, configuration: str) -> list[str]:
        """Return why parts of a configuration, given by its `scope`, were not read."""
        return self._unread_parts_in.get(configuration, [])

    @cached_property
    def _unread_parts_in(self) -> dict[str, list[str]]:
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for unread_part in self.unread_parts:
            found[scope(unread_part.declared)][unread_part.reason] = None
        return {configuration: list(reasons) for configuration, reasons in found.items()}

    @property
    def are_grants_alone(self) -> bool:
        """Whether no other fact belongs to a grant: none repeats or contests one, and none defines a role."""
        return not (self._again or self._contested or self._custom_roles)

    def again(self, grant: Grant) -> tuple[Grant, ...]:
        """Return the grants of exports that repeat a grant of Terraform."""
        return tuple(self._again.get(id(grant), ()))

    def contested(self, grant: Grant) -> Grant | Change | None:
        """Return the fact of Terraform that would replace a grant of an export, if it is not certain to be applied."""
        return self._contested.get(id(grant))

    # -- roles ------------------------------------------------------------------------------------------------------

    def custom_role(self, role: Text, declared: Declaration) -> CustomRole | None:
        """Return the definition of the custom role that a declaration names, if the input has it.

        The first of those that count for the declaration, else the first of the others.
        """
        told = self._custom_roles.get(identity(role, declared) or "") if self._custom_roles else None
        return next((one for one in told if counts_for(one.declared, declared)), told[0]) if told else None

    def permissions(self, role: Text, declared: Declaration) -> tuple[frozenset[str], Unknown | None]:
        """Return the permissions that a role certainly has, and why there may be more. ``declared`` names the role."""
        found = self._predefined.get(role) if isinstance(role, str) else None
        if found:
            return found
        if not isinstance(role, str) or "${" in role:  # the name may mean another role in the next configuration
            return self._permissions(role, declared)
        key = role, role_scope(role, declared)
        if key not in self._held:
            self._held[key] = self._permissions(role, declared)
        if not key[1]:
            self._predefined[role] = self._held[key]
        return self._held[key]

    def possible_permissions(self, role: Text, declared: Declaration) -> frozenset[str] | None:
        """Return all permissions that a role, or one of several roles, may have; None if they are not known."""
        options = role.options if isinstance(role, Unknown) else ()
        every = [self.permissions(one, declared) for one in options or (role,)]
        return None if any(unknown for _, unknown in every) else frozenset[str]().union(*(held for held, _ in every))

    def _held_by(self, grant: Grant) -> tuple[frozenset[str], Unknown | None]:
        return self.permissions(grant.role, grant.declared)

    def _permissions(self, role: Text, declared: Declaration) -> tuple[frozenset[str], Unknown | None]:
        if isinstance(role, Unknown) and role.options:
            return self._shared_by(role, declared)
        told = self._custom_roles.get(identity(role, declared) or "") if self._custom_roles else None
        if told:
            return _together(told, declared)
        found = self.roles.permissions(role)
        return (frozenset(), found) if isinstance(found, Unknown) else (found, None)

    def _shared_by(self, role: Unknown, declared: Declaration) -> tuple[frozenset[str], Unknown | None]:
        """Return the permissions that each possible role has, and why there may be more."""
        every = [self.permissions(one, declared) for one in role.options]
        shared = frozenset[str].intersection(*(held for held, _ in every))
        is_all = all(held == shared and not unknown for held, unknown in every)
        return shared, None if is_all else Unknown(f"the role is not known: {role.reason}")

    # -- accounts and projects --------------------------------------------------------------------------------------

    def project_of(self, email: str, declared: Declaration) -> Text | None:
        """Return the project of an account: the declared one, else by its e-mail (an id or a number)."""
        return self.hierarchy.project_of(email, declared)

    def project_key(self, project: Text, declared: Declaration) -> str | None:
        """Return one name for a project, named by id or by number; None if nothing is known about it."""
        return self.hierarchy.project_key(project, declared)

    def services_of(self, project: Text, declared: Declaration) -> tuple[Service, ...]:
        """Return the services that the input enables on a project. ``declared`` names the project."""
        key = self.project_key(project, declared)
        return self._services.get(key, ()) if key else ()


def permissions_of(role: CustomRole) -> tuple[frozenset[str], Unknown | None]:
    """Return the permissions that a custom role certainly has, and why there may be more.

    A deleted or disabled role has none. Source:
    https://cloud.google.com/iam/docs/creating-custom-roles#disabling-custom-role
    """
    if role.deleted or role.stage == "DISABLED":
        return frozenset(), None
    if isinstance(role.stage, Unknown) and text_is(("DISABLED",), role.stage) is not Truth.FALSE:
        return frozenset(), Unknown(f"it is not known whether the custom role is disabled: {role.stage.reason}")
    match role.permissions:
        case None:
            return frozenset(), Unknown("the input names the custom role but does not list its permissions")
        case Unknown(reason):
            return frozenset(), Unknown(f"the custom role's permissions are not known: {reason}")
        case listed:
            known = frozenset(one for text, _ in listed if isinstance(text, str) for one in spellings(text))
            return known, _first_unknown(listed)


def role_scope(role: Text, declared: Declaration) -> str:
    """Return the configuration that a role's name belongs to; "" for a role of Google's."""
    return "" if isinstance(role, str) and role.startswith("roles/") else configuration(declared)


def _together(told: Iterable[CustomRole], declared: Declaration) -> tuple[frozenset[str], Unknown | None]:
    """Return the permissions of a custom role from all its definitions, as they count for a declaration.

    Definitions that count are added up. Permissions that only the others list are not certain.
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
    return {kind: tuple(found if _are_in_order(found) else sorted(found, key=_order)) for kind, found in kinds.items()}


def _are_in_order(facts: Sequence[Fact]) -> bool:
    """Whether facts are in their order already, as those of an export with an entry a line: it has millions."""
    last = facts[0].declared
    path, line = last.at.path, last.at.line
    for fact in facts:
        declared = fact.declared
        if declared is last:
            continue
        at = declared.at
        if at.line <= line or at.path != path:
            return False
        last, line = declared, at.line
    return True


def _order(fact: Fact) -> tuple[object, ...]:
    """Return the sort key of a fact: where it is declared. Parts of one declaration keep their written order."""
    return (*fact.declared.at.order, fact.declared.address or "")


def _grouped(items: Iterable[Item], key: Callable[[Item], str | None]) -> dict[str, tuple[Item, ...]]:
    groups: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        name = key(item)
        if name is not None:
            groups[name].append(item)
    return {name: tuple(found) for name, found in groups.items()}


def _role_names(role: CustomRole) -> Iterable[str]:
    """Yield the names that grants use for a custom role: its own, and the values of references to its block."""
    name, address = shown(role.name), role.declared.address
    names: list[Text] = [role.name]
    if address:
        names += [f"${{{address}.id}}", f"${{{address}.name}}"]
        home, separator, role_id = name.rpartition("/roles/")
        if separator and home.startswith("projects/"):
            names.append(f"projects/${{{address}.project}}/roles/{role_id}")
    yield from filter(None, (identity(one, role.declared) for one in names))
