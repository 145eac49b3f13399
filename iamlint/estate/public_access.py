"""Finds what keeps the public out of a resource that grants it something: settings, and organization policies.

Sources: https://cloud.google.com/storage/docs/public-access-prevention,
https://cloud.google.com/storage/docs/uniform-bucket-level-access and
https://cloud.google.com/organization-policy/domain-restricted-sharing
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.estate.hierarchy import CONTAINERS, Hierarchy, Node
from iamlint.estate.membership import only_scope, within
from iamlint.estate.names import contradicts, scope
from iamlint.estate.tags import Of
from iamlint.facts import AccessSetting, Bucket, Declaration, Fact, Grant, OrgPolicy, Resource, Setting, Text
from iamlint.location import Location
from iamlint.logic.verdict import TRUE, Verdict
from iamlint.unknown import Truth, Unknown, UnknownPart

_BUCKET = "storage_bucket"
_IN_BUCKETS = frozenset({_BUCKET, "storage_managed_folder", "storage_default_object", "storage_object"})
_PREVENTION = frozenset({"storage.publicAccessPrevention"})
_DOMAINS = frozenset({"iam.allowedPolicyMemberDomains", "iam.managed.allowedPolicyMembers"})
_ACCESS_LIST = regex(r"google_storage_(?:\w+_)?(?:acl|access_control)\Z|Storage\w*AccessControl\Z")
"""The types of declarations that are entries of an access list, which is not a policy of IAM."""
_ALL = "*"


@frozen
class PublicBlocker:
    """A setting or policy that blocks a public grant, or may: named for a reader, with its place."""

    verdict: Verdict
    by: str
    fact: Fact
    at: Location


class PublicAccess:
    """The settings and organization policies of the input that are about public access."""

    def __init__(self, of: Of, hierarchy: Hierarchy) -> None:
        self._hierarchy = hierarchy
        self._settings: dict[Node, list[AccessSetting]] = defaultdict(list)
        for one in of(AccessSetting):
            node = hierarchy.node(one.resource, one.declared)
            if node and one.resource.kind == _BUCKET:
                self._settings[node].append(one)
        if self._settings:
            self._leave_open(of(Bucket))
        self._policies: dict[str, list[tuple[OrgPolicy, Node | None]]] = defaultdict(list)
        self._deciding: dict[Hashable, tuple[tuple[OrgPolicy, ...], bool]] = {}
        for policy in of(OrgPolicy):
            if policy.constraint in _PREVENTION | _DOMAINS:
                self._policies[str(policy.constraint)].append(
                    (policy, hierarchy.node(policy.resource, policy.declared))
                )

    def _leave_open(self, buckets: Iterable[Bucket]) -> None:
        """Forget the settings of buckets that another block of the same configuration declares without them."""
        blocks: dict[Node | None, list[Declaration]] = defaultdict(list)
        for one in buckets:
            blocks[self._hierarchy.node(Resource(_BUCKET, one.name), one.declared)].append(one.declared)
        for node, settings in self._settings.items():
            set_by = {(one.setting, one.declared.address, one.declared.planned) for one in settings}
            left: dict[Setting, list[Declaration]] = {
                setting: [one for one in blocks[node] if (setting, one.address, one.planned) not in set_by]
                for setting in {one.setting for one in settings}
            }
            settings[:] = [
                one for one in settings if not any(contradicts(other, one.declared) for other in left[one.setting])
            ]

    def __bool__(self) -> bool:
        """Whether the input has any of them."""
        return bool(self._settings or self._policies)

    def may_concern(self, grant: Grant) -> bool:
        """Whether any of them may block a grant: they are about the public, and about buckets."""
        return bool(self) and (grant.principal.kind == "public" or grant.resource.kind in _IN_BUCKETS)

    def against(
        self, grant: Grant, permission: str, only: str | None, counts: Callable[[Declaration], bool]
    ) -> Iterator[PublicBlocker]:
        """Yield what blocks a grant, or may; ``permission`` is "" for all that it gives.

        ``counts`` says whether a declaration counts for the question, which is about the configuration ``only``, or
        about all of the input without one.
        """
        public = grant.principal.kind == "public"
        in_bucket = grant.resource.kind in _IN_BUCKETS
        for one in self._of_bucket(grant, counts) if in_bucket else ():
            if public and one.setting == "public_access_prevention":
                yield _closed(one, "public access prevention")
            elif one.setting == "uniform_access" and _ACCESS_LIST.match(grant.declared.type or ""):
                yield _closed(one, "uniform bucket-level access, under which access lists have no effect,")
        if public and (in_bucket or permission.startswith("storage.")):
            yield from self._by_policy(_PREVENTION, grant, only, counts)
        if public and grant.origin != "export":
            yield from self._by_policy(_DOMAINS, grant, only, counts)

    def _of_bucket(self, grant: Grant, counts: Callable[[Declaration], bool]) -> Iterator[AccessSetting]:
        resource = Resource(_BUCKET, _bucket_of(grant.resource.name))
        node = self._hierarchy.node(resource, grant.declared)
        yield from (one for one in self._settings.get(node, ()) if counts(one.declared)) if node else ()

    def _by_policy(
        self, constraints: frozenset[str], grant: Grant, only: str | None, counts: Callable[[Declaration], bool]
    ) -> Iterator[PublicBlocker]:
        """Yield the nearest policy of each constraint, and those that may or may not apply."""
        chain = self._hierarchy.above(grant.resource, grant.declared, certain=True)
        for constraint in sorted(constraints & self._policies.keys()):
            inner = bool(chain) and chain[0][0] not in CONTAINERS
            key = constraint, inner, chain[1:] if inner else chain, scope(grant.declared), only
            if key not in self._deciding:
                self._deciding[key] = self._decides(constraint, chain, grant, counts)
            policies, is_near = self._deciding[key]
            if is_near:
                yield from _agreed(policies, grant)
            else:
                for one in policies:
                    reason = f"the input does not show whether {grant.resource} is in {one.resource}"
                    yield from _applied(one, grant, Verdict.of(Truth.UNKNOWN, reason))

    def _decides(
        self, constraint: str, chain: tuple[Node, ...], grant: Grant, counts: Callable[[Declaration], bool]
    ) -> tuple[tuple[OrgPolicy, ...], bool]:
        """Return the policies of the nearest place that has any, and True; else one that may apply, and False.

        Many grants have the same containers, so the answer is kept.
        """
        levels: dict[Node | None, list[OrgPolicy]] = defaultdict(list)
        told = [(one, node) for one, node in self._policies[constraint] if counts(one.declared)]
        for one, node in told:
            levels[node].append(one)
        for node in chain:
            if not all(one.reset for one in levels.get(node, ())):
                return tuple(levels[node]), True
        for one, node in told:
            here = only_scope(node, one.declared) in ("", scope(grant.declared))
            if here and not one.reset and within(chain, node) is Truth.UNKNOWN:
                return (one,), False
        return (), False


def _closed(setting: AccessSetting, what: str) -> PublicBlocker:
    verdict = TRUE
    if isinstance(setting.enabled, Unknown):
        verdict = Verdict.of(Truth.UNKNOWN, f"it is not known whether it is set: {setting.enabled.reason}")
    at = setting.place.at
    return PublicBlocker(verdict, f"{what} at {at.path}:{at.line}", setting, at)


def _agreed(policies: tuple[OrgPolicy, ...], grant: Grant) -> Iterator[PublicBlocker]:
    """Yield what the policies of one place block; nothing is certain if they disagree."""
    first, *others = policies
    where = TRUE
    stated = first.reset, first.enforced, first.allowed
    different = next((one for one in others if (one.reset, one.enforced, one.allowed) != stated), None)
    if different:
        at = different.place.at
        where = Verdict.of(Truth.UNKNOWN, f"{at.path}:{at.line} says otherwise")
    for one in policies if different else policies[:1]:
        if not one.reset:
            yield from _applied(one, grant, where)


def _applied(policy: OrgPolicy, grant: Grant, where: Verdict) -> Iterator[PublicBlocker]:
    at = policy.place.at
    by = f"the organization policy {policy.constraint} at {at.path}:{at.line}"
    if policy.constraint in _PREVENTION:
        match policy.enforced:
            case Unknown(reason):
                where &= Verdict.of(Truth.UNKNOWN, f"it is not known whether it is enforced: {reason}")
            case True:
                pass
            case _:
                return
        yield PublicBlocker(where, by, policy, at)
        return
    allowed = policy.allowed
    if isinstance(allowed, Unknown):
        yield PublicBlocker(
            Verdict.of(Truth.UNKNOWN, f"it is not known whom it allows: {allowed.reason}"), by, policy, at
        )
        return
    if policy.enforced is False or _ALL in allowed or grant.principal.text in allowed:
        return
    if policy.enforced is None and not allowed and not policy.denied:
        return
    reason = "it refuses new grants to the public, but leaves those that exist"
    yield PublicBlocker(where & Verdict.of(Truth.UNKNOWN, reason), by, policy, at)


def _bucket_of(name: Text) -> Text:
    """Return the bucket in ``BUCKET/OBJECT``, known or not."""
    if isinstance(name, str):
        return name.removeprefix("b/").partition("/")[0]
    parts: list[str | UnknownPart] = []
    for part in name.parts:
        if isinstance(part, str) and "/" in part:
            head = part.partition("/")[0]
            parts += [head] if head else []
            break
        parts.append(part)
    return Unknown(name.reason, tuple(parts)) if parts else name
