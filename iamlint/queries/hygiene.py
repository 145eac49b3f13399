"""Questions about policies that fight each other, that name what is not there, or that give too much to one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from iamlint.estate import Estate, condition_key, identity, scope
from iamlint.facts import Declaration, Grant
from iamlint.match import Match
from iamlint.unknown import Truth

# -- resources that fight ------------------------------------------------------------------------------------------


def conflicting_bindings(estate: Estate) -> Iterator[Match]:
    """Terraform resources that undo each other at every apply: both own the same role, or one owns the whole policy.

    Only within one configuration, since names that are placeholders are equal in many. Source: the note at the top of
    https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_project_iam
    """
    targets: dict[tuple[str, str, str], list[Grant]] = defaultdict(list)
    for grant in estate.of(Grant):
        name = identity(grant.resource.name, grant.declared)
        if grant.declared.address and name:
            targets[scope(grant.declared), grant.resource.kind, name].append(grant)
    for grants in targets.values():
        if any(grant.origin == "policy" for grant in grants):
            yield from _in_policy(grants)
            continue
        roles: dict[tuple[str, str], list[Grant]] = defaultdict(list)
        for grant in grants:
            role, condition = identity(grant.role, grant.declared), condition_key(grant.condition)
            if role and condition is not None:
                roles[role, condition].append(grant)
        for sharing in roles.values():
            yield from _in_role(sharing)


def _in_policy(grants: list[Grant]) -> Iterator[Match]:
    """A policy beside anything else that grants on the same resource."""
    owner = next(grant for grant in grants if grant.origin == "policy")
    others = [grant for grant in _first_of_each(grants) if grant.declared.address != owner.declared.address]
    if others:
        yield _conflict(others, owner, f"the one owns the whole policy of {owner.resource}, which the other changes")


def _in_role(grants: list[Grant]) -> Iterator[Match]:
    """A binding beside a member or another binding for the same role."""
    owner = next((grant for grant in grants if grant.origin == "binding"), None)
    others = [one for one in _first_of_each(grants) if owner and one.declared.address != owner.declared.address]
    if owner and others:
        role = owner.role if isinstance(owner.role, str) else owner.role.text
        yield _conflict(
            others, owner, f"the one owns all members of {role} on {owner.resource}, which the other changes"
        )


def _conflict(others: list[Grant], owner: Grant, what: str) -> Match:
    """One finding for all that fight with one owner, at the first of them."""
    this, rest = others[0], others[1:]
    more = f" and {len(rest)} more" if rest else ""
    words = {"other": owner.declared.address or "", "this": f"{this.declared.address or ''}{more}", "what": what}
    related = (owner, *rest)
    several = [one.declared.address for one in (this, owner) if "[*]" in (one.declared.address or "")]
    if several:
        reasons = (f"how many instances of {several[0]} there are is not known",)
        return Match(this, Truth.UNKNOWN, reasons=reasons, related=related, words=words, place=this.role_place)
    return Match(this, Truth.TRUE, related=related, words=words, place=this.role_place)


def _first_of_each(grants: Iterable[Grant]) -> list[Grant]:
    """The first grant of each address, in order."""
    return list({grant.declared.address: grant for grant in reversed(list(grants))}.values())[::-1]


# -- roles that are not there --------------------------------------------------------------------------------------


def unknown_roles(estate: Estate) -> Iterator[Match]:
    """Roles that Google does not list: misspelt, retired, or newer than the catalogue."""
    seen: set[tuple[Declaration, str]] = set()
    for grant in estate.of(Grant):
        if not isinstance(grant.role, str) or (grant.declared, grant.role) in seen:
            continue
        seen.add((grant.declared, grant.role))
        problem = _problem_of(grant.role, estate)
        if problem:
            yield Match(grant, Truth.TRUE, words={"problem": problem}, place=grant.role_place)


def _problem_of(role: str, estate: Estate) -> str | None:
    catalog = estate.roles.catalog
    if role.startswith("roles/"):
        if role not in catalog:
            nearest = catalog.nearest(role)
            return f"Google lists no such role (catalogue of {catalog.date})" + (
                f"; did you mean {nearest}?" if nearest else ""
            )
        return None if catalog.is_listed(role) else f"Google has retired the role (catalogue of {catalog.date})"
    if role.count("/") == 3 and role.startswith(("projects/", "organizations/")) and "/roles/" in role:
        return None
    meant = f"roles/{role}"
    return "a role begins with `roles/`, `projects/` or `organizations/`" + (
        f"; did you mean {meant}?" if meant in catalog else ""
    )


# -- duties on one hand --------------------------------------------------------------------------------------------

DUTIES = (
    (
        "administers keys and uses them",
        "cloudkms.cryptoKeys.setIamPolicy",
        ("cloudkms.cryptoKeyVersions.useToDecrypt", "cloudkms.cryptoKeyVersions.useToEncrypt"),
    ),
    (
        "administers service accounts and acts as them",
        "iam.serviceAccounts.create",
        ("iam.serviceAccounts.actAs",),
    ),
)
"""What one principal should not have by two roles. Sources: https://cloud.google.com/kms/docs/separation-of-duties and
CIS Google Cloud Platform Foundation Benchmark 1.8 and 1.11."""


def joined_duties(estate: Estate) -> Iterator[Match]:
    """Principals that two roles on one resource give both halves of a duty that is meant to be divided."""
    holders: dict[tuple[str, str, str, str], list[Grant]] = defaultdict(list)
    for grant in estate.of(Grant):
        name = identity(grant.resource.name, grant.declared)
        if name and not grant.principal.unknown and grant.principal.kind not in ("service_agent", "convenience"):
            holders[scope_of(grant, name), grant.principal.text, grant.resource.kind, name].append(grant)
    for grants in holders.values():
        if len(grants) > 1:
            yield from _joined(grants, estate)


def scope_of(grant: Grant, name: str) -> str:
    """Where two principals of one name are the same: everywhere, unless the name is a reference."""
    return scope(grant.declared) if "${" in name or "${" in grant.principal.text else ""


def _joined(grants: list[Grant], estate: Estate) -> Iterator[Match]:
    held = [(grant, estate.permissions(grant.role, grant.declared)[0]) for grant in grants]
    for what, administers, uses in DUTIES:
        first = next((grant for grant, has in held if administers in has and not has.intersection(uses)), None)
        second = next(((grant, has) for grant, has in held if has.intersection(uses) and administers not in has), None)
        if first and second and first.condition is None and second[0].condition is None:
            used = tuple(permission for permission in uses if permission in second[1])
            role = first.role if isinstance(first.role, str) else first.role.text
            yield Match(second[0], Truth.TRUE, used, related=(first,), words={"what": what, "other": role})
