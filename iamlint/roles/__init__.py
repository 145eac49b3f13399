"""The role catalogue: the permissions of each role, as of a date.

The data are those of iann0036/iam-dataset (MIT licence, see NOTICE), commit 2073fa52, packed by `bench/pack_roles.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from functools import cache, cached_property
from itertools import accumulate, takewhile
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.basics.letters import differing
from iamlint.facts import Text
from iamlint.roles.lines import Permissions, Row, read_catalog
from iamlint.unknown import Unknown, shown

RoleKind = Literal["basic", "predefined", "service_agent", "custom"]

LEGACY_BASIC = frozenset({"roles/owner", "roles/editor", "roles/viewer"})
"""Basic roles that take no condition. Source: https://cloud.google.com/iam/docs/conditions-overview#allow-policies"""
BASIC = LEGACY_BASIC | {"roles/admin", "roles/writer", "roles/reader"}
"""The basic roles, old and new. Source: https://cloud.google.com/iam/docs/roles-overview#basic"""


MOST_SEARCHES = 200
"""Maximum number of similarity searches in one run; further names have no suggestion."""
_MOST_RESULTS = 50 * MOST_SEARCHES
UNLISTED = ("roles/iam.serviceAccountShortTermTokenMinter",)
"""Roles that Google's documentation grants but no list has, so their permissions are unknown.

Source: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/bigquery_data_transfer_config
"""


@frozen
class Definition:
    """A role from a newer list; ``permissions`` is None if the list has none.

    ``stage`` is GA, BETA, ALPHA, DEPRECATED or the like. ``listed`` is false for a deleted role.
    """

    name: str
    title: str = ""
    stage: str = ""
    permissions: frozenset[str] | None = None
    listed: bool = True


@frozen(slots=False)
class Catalog:
    """Google's predefined and basic roles as of ``date`` (YYYY-MM-DD), extended by ``origins``."""

    date: str
    _permissions: Permissions
    _roles: Mapping[str, Row]
    _known: dict[str, frozenset[str]] = field(default_factory=dict)
    origins: tuple[str, ...] = ()
    """The files with newer definitions, in the order of their application."""
    newer: frozenset[str] = frozenset()
    """The roles that these files define or list."""
    _results: dict[tuple[str, str], str | None] = field(default_factory=dict, compare=False, repr=False)
    """The results of searches in all runs: a session searches for the same names after each edit."""
    _nearest: dict[tuple[str, str], str | None] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __contains__(self, role: str) -> bool:
        return role in self._roles

    @property
    def edition(self) -> str:
        """The date, and the added files: ``2026-08-22 with roles.json``."""
        return f"{self.date} with {', '.join(self.origins)}" if self.origins else self.date

    def with_newer(self, definitions: Iterable[Definition], origin: str) -> Catalog:
        """Return the catalogue with newer definitions applied.

        A definition without permissions, title or stage keeps the known ones.
        """
        roles, known, names = dict(self._roles), dict(self._known), set(self.newer)
        for one in definitions:
            title, stage, _, gaps = roles.get(one.name, ("", "", 0, None))
            roles[one.name] = (one.title or title, one.stage or stage, int(one.listed), gaps)
            names.add(one.name)
            if one.permissions is not None:
                known[one.name] = one.permissions
        origins = (*self.origins, origin)
        return replace(self, _roles=roles, _known=known, origins=origins, newer=frozenset(names), _results={})

    def for_one_run(self) -> Catalog:
        """Return the same catalogue with an unused search budget."""
        return replace(self)

    def _searched(self, what: str, name: str, search: Callable[[], str | None]) -> str | None:
        """Return the result of a slow search: each once, and at most `MOST_SEARCHES`."""
        key = what, name
        if key not in self._nearest:
            if len(self._nearest) >= MOST_SEARCHES:
                return None
            if key not in self._results:
                if len(self._results) >= _MOST_RESULTS:
                    self._results.clear()
                self._results[key] = search()
            self._nearest[key] = self._results[key]
        return self._nearest[key]

    @property
    def roles(self) -> tuple[str, ...]:
        """The names of all roles, sorted, including retired ones."""
        return tuple(sorted(self._roles))

    def permissions(self, role: str) -> frozenset[str] | Unknown:
        """Return the permissions of a role."""
        found = self._roles.get(role)
        if found is None:
            nearest = self.nearest(role)
            hint = f"; the nearest is {nearest}" if nearest else ""
            return Unknown(f"{role} is not in the role catalogue of {self.edition}{hint}")
        if role not in self._known:
            gaps = found[3]
            if gaps is None and role in self.newer:
                hint = f"gcloud iam roles describe {role} prints them"
                return Unknown(f"{role} is listed without its permissions ({hint})")
            if gaps is None:
                return Unknown(f"no public list has the permissions of {role}")
            self._known[role] = frozenset(self._numbered(gaps))
        return self._known[role]

    def _numbered(self, gaps: str) -> Iterable[str]:
        return self._permissions.numbered(list(accumulate(map(int, gaps.split()))))

    def title(self, role: str) -> str:
        """Return the title of a role; "" for an unknown one."""
        return self._roles[role][0] if role in self._roles else ""

    def stage(self, role: str) -> str:
        """Return the launch stage of a role (GA, BETA, ALPHA, DEPRECATED); "" for an unknown one."""
        return self._roles[role][1] if role in self._roles else ""

    def is_listed(self, role: str) -> bool:
        """Whether Google still lists the role; a retired one may still be granted."""
        return role in self._roles and bool(self._roles[role][2])

    def is_permission(self, name: str) -> bool:
        """Whether some role has a permission of this name."""
        return name in self._names

    def nearest_permission(self, name: str) -> str | None:
        """Return the most similar permission of the same service for an unknown name."""
        return self._searched("permission", name, lambda: self._nearest_permission(name))

    def _nearest_permission(self, name: str) -> str | None:
        from difflib import get_close_matches

        service = name.partition(".")[0] + "."
        alike = [one for one in self._permissions.all if one.startswith(service)]
        return next(iter(get_close_matches(name, alike, n=1, cutoff=0.85)), None)

    def slip(self, name: str) -> str | None:
        """Return the permission that an unknown name certainly misspells: only capitals differ, or a letter or two.

        A name that differs more, or whose resource and verb both exist in the service, may be a permission in no
        predefined role, or a newer one.
        """
        return self._searched("slip", name, lambda: self._slip(name))

    def _slip(self, name: str) -> str | None:
        from iamlint.roles.misspelt import is_misspelt

        service, _, rest = name.partition(".")
        if service in self.services:
            nearest = self.nearest_permission(name)
            if nearest is None or nearest.lower() == name.lower():
                return nearest
            if _changes(name, nearest) > _SLIP or self._has_words_of(service, rest):
                return None
        else:
            meant = (f"{one}.{rest}" for one in sorted(self.services) if _changes(one, service) <= _SLIP)
            nearest = next((one for one in meant if self.is_permission(one)), None)
        return nearest if nearest and is_misspelt(name, nearest, self._names) else None

    def _has_words_of(self, service: str, rest: str) -> bool:
        """Whether a service has the resource and the verb of an unknown permission, though not together."""
        resource, _, verb = rest.rpartition(".")
        ours = [one.rpartition(".") for one in self._names if one.startswith(f"{service}.")]
        of_resource, of_verb = {one[0] for one in ours}, {one[2] for one in ours}
        return f"{service}.{resource}" in of_resource and verb in of_verb

    @cached_property
    def services(self) -> frozenset[str]:
        """The service prefixes of all permissions: ``iam``, ``storage``."""
        return frozenset(one.partition(".")[0] for one in self._names)

    @cached_property
    def _names(self) -> frozenset[str]:
        """All permissions: the built-in ones, and those of newer definitions."""
        newer = [self._known.get(role, ()) for role in self.newer]
        return self._permissions.names.union(*newer) if newer else self._permissions.names

    @property
    def all_permissions(self) -> frozenset[str]:
        """Every permission that some role has."""
        return self._names

    def is_service_agent_role(self, role: str) -> bool:
        """Whether a role is made for one of Google's service agents, by its name or its title."""
        name = role.rpartition(".")[2].lower()
        return "serviceagent" in name or "service agent" in self.title(role).lower()

    def nearest(self, role: str) -> str | None:
        """Return the most similar role for an unknown name: of the same service, or the only similar one."""
        return self._searched("role", role, lambda: self._nearest_role(role))

    def _nearest_role(self, role: str) -> str | None:
        from difflib import get_close_matches

        if role in _SUCCESSORS:
            return _SUCCESSORS[role]
        alike = [one for one in get_close_matches(role, self._roles, n=6, cutoff=0.85) if _is_alike(one, role)]
        of_service = (one for one in alike if in_service_of(one, role))
        return alike[0] if len(alike) == 1 else next(of_service, None)

    def in_any_case(self, role: str) -> list[str]:
        """Return the roles of a name, whatever its upper and lower case letters."""
        return self._by_lower_case.get(role.lower(), [])

    @cached_property
    def _by_lower_case(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for role in self._roles:
            found.setdefault(role.lower(), []).append(role)
        return found

    def alike(self, name: str, most: int = 3) -> list[str]:
        """Return the most similar roles or permissions for an unknown name, the nearest first.

        The last part of a permission alone (``actAs``) means the permissions that end with it.
        """
        from difflib import get_close_matches

        beginning = name.partition(".")[0] + "."
        of_service = [one for one in self._names if one.startswith(beginning)]
        role = name.removeprefix("roles/")
        found = get_close_matches(name, sorted(of_service), n=most, cutoff=0.7) if role == name else []
        if "." not in name and "/" not in name:
            found = sorted(one for one in self._names if one.lower().endswith(f".{name.lower()}"))[:most]
        roles = [one.removeprefix("roles/") for one in self.roles]
        return found or [f"roles/{one}" for one in get_close_matches(role, roles, n=most, cutoff=0.7)]

    def roles_with(self, permission: str) -> tuple[str, ...]:
        """Return the roles that have a permission, by name."""
        found = ((role, self.permissions(role)) for role in sorted(self._roles))
        return tuple(role for role, held in found if not isinstance(held, Unknown) and permission in held)


_SLIP = 2
_LONG = 8
"""A service with a shorter name is another one if two of its letters differ: ``file`` is not ``role``."""


def in_service_of(one: str, other: str) -> bool:
    """Whether two roles are of one service, though one name of it may be misspelt."""
    service, meant = (role.removeprefix("roles/").partition(".")[0] for role in (one, other))
    return differing(service, meant) <= (_SLIP if min(len(service), len(meant)) >= _LONG else 1)


_SUCCESSORS = {"roles/iam.serviceAccountActor": "roles/iam.serviceAccountUser"}
"""What Google documents today for the task of a role that it has withdrawn, and that no catalogue has."""


def _is_alike(one: str, other: str) -> bool:
    """Whether the names of two roles are alike without their common beginning, and without their common end.

    ``projectViewer`` is neither ``projectDeleter`` nor ``tagViewer``, though most letters are the same.
    """
    from difflib import SequenceMatcher

    names = [role.removeprefix("roles/").rpartition(".")[2] for role in (one, other)]
    for first, second in (names, [name[::-1] for name in names]):
        begun = sum(1 for _ in takewhile(lambda letters: letters[0] == letters[1], zip(first, second, strict=False)))
        left, right = first[begun:], second[begun:]
        differ = left and right and max(len(left), len(right)) > _SLIP
        if differ and SequenceMatcher(None, left, right, autojunk=False).ratio() < 0.5:
            return False
    return True


def _changes(one: str, other: str) -> int:
    """Return the number of differing letters of two names."""
    from difflib import SequenceMatcher

    # One changed letter changes each set of letters by one at most, so this test excludes most names.
    if abs(len(one) - len(other)) > _SLIP or len(set(one) ^ set(other)) > 2 * _SLIP:
        return _SLIP + 1
    pairs = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    return sum(max(a2 - a1, b2 - b1) for tag, a1, a2, b1, b2 in pairs if tag != "equal")


@cache
def catalog() -> Catalog:
    """Return the built-in catalogue, read on first use."""
    return Catalog(*read_catalog(dict.fromkeys(UNLISTED, ("", "", 1, None))))


_WITH_HOST = "iam.googleapis.com/"
_FEDERATION = regex(r"(?:workloadIdentityPool|workforcePool|oauthClient)[A-Za-z]*\.")


def spellings(permission: str) -> tuple[str, ...]:
    """Return all spellings of a permission: federation permissions are written with and without their host.

    ``iam.googleapis.com/workloadIdentityPools.get`` in the catalogue, ``iam.workloadIdentityPools.get`` in some pages.
    """
    bare = permission.removeprefix(_WITH_HOST if permission.startswith(_WITH_HOST) else "iam.")
    if bare == permission or not _FEDERATION.match(bare):
        return (permission,)
    return (f"{_WITH_HOST}{bare}", f"iam.{bare}")


class Roles:
    """The catalogue, and the custom roles that the input defines.

    ``custom`` maps the name of each to its permissions: ``projects/P/roles/R``, ``organizations/N/roles/R``, or the
    text of an unknown name (``${google_project_iam_custom_role.x.id}``).
    """

    def __init__(self, catalog: Catalog, custom: Mapping[str, frozenset[str] | Unknown]) -> None:
        self.catalog = catalog
        self._custom = custom

    @property
    def custom(self) -> tuple[str, ...]:
        """The names of the custom roles, sorted."""
        return tuple(sorted(self._custom))

    def permissions(self, role: Text) -> frozenset[str] | Unknown:
        """Return the permissions of a role, or why they are unknown."""
        name = shown(role)
        custom = self._custom.get(name)
        if custom is not None:
            return custom
        if isinstance(role, Unknown):
            return Unknown(f"the role is not known: {role.reason}")
        if self.kind(role) == "custom":
            # IAM refuses a name of another form, such as "editor" or "role/editor": unknown-role reports it.
            may_be_one = "/roles/" in role or "${" in role
            return Unknown(f"the definition of {role} is not in the input") if may_be_one else frozenset()
        return self.catalog.permissions(role)

    def kind(self, role: Text) -> RoleKind | None:
        """Return the kind of a role; None if unknown."""
        if isinstance(role, Unknown):
            return "custom" if role.text in self._custom or "/roles/" in role.text else None
        if role in BASIC:
            return "basic"
        if not role.startswith("roles/"):
            return "custom"
        return "service_agent" if self.catalog.is_service_agent_role(role) else "predefined"
