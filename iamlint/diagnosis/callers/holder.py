"""Whether a caller is one of those that a grant names: certainly, perhaps, or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.diagnosis.asked.case import Case
from iamlint.diagnosis.recognition.error_kind import Step
from iamlint.estate import Estate, identity, scope
from iamlint.estate.groups import Groups
from iamlint.estate.membership import covered, named
from iamlint.facts import Declaration, Grant, Pool, Principal, Project, Text
from iamlint.federation.names import identity_of, misspelling
from iamlint.logic.globs import text_is
from iamlint.pools import pool_in
from iamlint.principals import read_principal
from iamlint.unknown import Truth, Unknown, shown

_MEMBERS = ("user", "service_account", "default_service_account", "service_agent", "group")
"""The kinds of principals that a group can contain."""
_FEDERATED = ("federated", "federated_set", "federated_pool")
_OF_ROLE = {"projectOwner": "roles/owner", "projectEditor": "roles/editor", "projectViewer": "roles/viewer"}


@frozen
class Member:
    """Whether a grant names the holder. UNKNOWN has a step and a reason, and what would decide it."""

    truth: Truth
    step: Step | None = None
    reason: str = ""
    missing: str = ""


YES, NO = Member(Truth.TRUE), Member(Truth.FALSE)


@frozen
class Token:
    """What a federated identity presents: its pool, and the attributes that the provider's mapping makes.

    ``project`` is the id or number of the pool's project, None for workforce pools. An attribute that the mapping does
    not make is None. ``others`` says why unlisted attributes are not known; empty if all are listed.
    """

    project: Text | None
    pool: str
    attributes: Mapping[str, Text | None]
    declared: Declaration
    others: str = ""


@frozen
class Holder:
    """Who holds grants: a principal, and for a federated identity its token. ``spellings`` are further exact names."""

    principal: Principal
    declared: Declaration
    token: Token | None = None
    spellings: tuple[str, ...] = field(default=())

    @property
    def label(self) -> str:
        """The principal as a reader sees it."""
        return self.principal.text

    def named_by(self, grant: Grant, estate: Estate, groups: Groups) -> Member:
        """Whether the principal of a grant is this holder, or a set that it is in."""
        principal = grant.principal
        if principal.kind == "deleted":
            return NO
        if self.is_named(principal) or _same_identity(self, grant):
            return YES
        match principal.kind:
            case "public":
                is_federated = self.token is not None and principal.text == "allAuthenticatedUsers"
                return NO if is_federated else YES
            case "group":
                return self._in_group(principal, groups)
            case "domain":
                return self._in_domain(principal)
            case "convenience":
                return self._has_basic_role(principal, grant, estate, groups)
            case "federated" | "federated_set" | "federated_pool":
                return self._federated(grant, estate)
            case _:
                return self._partly(principal)

    def is_named(self, principal: Principal) -> bool:
        """Whether a principal is this very holder, by its spelling."""
        return principal.unknown is None and principal.text in (self.principal.text, *self.spellings)

    def _in_group(self, group: Principal, groups: Groups) -> Member:
        if self.principal.kind not in _MEMBERS:
            return NO
        name, email = group.email, self.principal.email
        if name and name == email:  # a mail address is a user's or a group's, never both
            return NO
        if name and email and groups.has(name, email):
            return YES
        shown_group = group.text.partition(":")[2]
        reason = f"whether {self.label} is a member of {shown_group} is not in the input"
        command = f"gcloud identity groups memberships check-transitive-membership --group-email={shown_group}"
        return Member(Truth.UNKNOWN, "group-membership", reason, f"members of {shown_group} ({command})")

    def _in_domain(self, domain: Principal) -> Member:
        email = self.principal.email or ""
        if self.principal.kind in ("user", "group"):
            return YES if email.rpartition("@")[2] == domain.text.partition(":")[2] else NO
        return NO

    def _has_basic_role(self, principal: Principal, grant: Grant, estate: Estate, groups: Groups) -> Member:
        prefix, _, project = principal.text.partition(":")
        role, key = _OF_ROLE.get(prefix), estate.project_key(project, grant.declared)
        found = NO
        for other in estate.of(Grant) if role and key else ():
            on = other.resource
            if other.role != role or on.kind != "project" or estate.project_key(on.name, other.declared) != key:
                continue
            member = self.named_by(other, estate, groups) if other.principal.kind != "convenience" else NO
            if member.truth is Truth.TRUE:
                return YES
            found = member if member.truth is Truth.UNKNOWN else found
        return found

    def _federated(self, grant: Grant, estate: Estate) -> Member:
        principal = grant.principal
        if "//cloudresourcemanager.googleapis.com/" in principal.text:
            return self._in_container(grant, estate)
        token = self.token
        if token is None:
            return self._partly(principal)
        if misspelling(principal):
            return NO
        who = identity_of(principal)
        if who is None or (who.pool and "${" not in who.pool and who.pool != token.pool):
            return NO
        same_pool = _same_pool(token, grant, estate)
        if same_pool.truth is Truth.FALSE:
            return NO
        value = _attribute(token, who.attribute, who.value)
        if value.truth is Truth.FALSE:
            return NO
        return value if value.truth is Truth.UNKNOWN else same_pool

    def _in_container(self, grant: Grant, estate: Estate) -> Member:
        asked = Grant(
            principal=self.principal,
            role=grant.role,
            resource=grant.resource,
            origin=grant.origin,
            declared=self.declared,
            principal_place=grant.principal_place,
            role_place=grant.role_place,
            resource_place=grant.resource_place,
        )
        found = covered(named((grant.principal.text,), grant.declared), asked, estate.hierarchy)
        return Member(found.truth, "missing-input", "; ".join(found.reasons), "the hierarchy of projects and folders")

    def _partly(self, principal: Principal) -> Member:
        """Whether a principal that is not known in full, or an account without a known e-mail, may be this holder."""
        text: Text = principal.unknown or principal.text
        if isinstance(text, str) and "${" not in text:
            return NO
        mine = (self.principal.text, *self.spellings)
        if principal.kind not in ("unknown", self.principal.kind) and self.token is None:
            return NO
        nothing_known = isinstance(text, Unknown) and not text.parts
        truth = Truth.UNKNOWN if nothing_known else text_is(mine, text)
        if truth is Truth.FALSE:
            return NO
        reason = text.reason if isinstance(text, Unknown) else f"the e-mail of {text} is not known"
        return Member(Truth.UNKNOWN, "missing-input", reason, reason)


def holder_of(principal: Principal, declared: Declaration) -> Holder:
    """Return the holder that a principal of Google's, or the full name of a federated identity or set, is.

    A set stands for its tokens: they have the attribute that it names, and others that are not known.
    """
    pool = pool_in(principal.text) if principal.kind in _FEDERATED else None
    who = identity_of(principal) if pool else None
    token = None
    if pool and who:
        why = "the attributes of the token are not given; name the caller as github:, gitlab: or oidc: with --claim"
        stated = {who.attribute: who.value} if who.attribute else {}
        token = Token(pool.project, pool.id, stated, declared, why)
    return Holder(principal, declared, token)


def account_holder(case: Case, email: str) -> Holder:
    """Return the holder that a service account is."""
    return holder_of(read_principal(f"serviceAccount:{email}"), case.declared(email))


def _same_identity(holder: Holder, grant: Grant) -> bool:
    """Whether both are one account that the input declares without its e-mail."""
    if "${" not in holder.principal.text:
        return False
    return identity(holder.principal.text, holder.declared) == identity(grant.principal.text, grant.declared)


def _same_pool(token: Token, grant: Grant, estate: Estate) -> Member:
    """Whether the pool of a principal is the token's: the last parts of their names agree already, or are not known."""
    text = grant.principal.unknown.text if grant.principal.unknown else grant.principal.text
    if _names_pool(text, token, grant, estate):
        return YES
    pool = pool_in(text)
    if pool is None:
        return _unsure(text)
    if token.project is None or pool.project is None:
        return YES if token.project is pool.project and pool.id == token.pool else NO
    mine, its = shown(token.project), pool.project
    if mine == its or mine == _other_name(its, estate) or its == _other_name(mine, estate):
        return YES
    keys = estate.project_key(token.project, token.declared), estate.project_key(its, grant.declared)
    if None not in keys and keys[0] == keys[1]:
        return YES
    if "${" not in mine and "${" not in its and not (mine.isdecimal() and its.isdecimal()):
        told = [one for one in (_other_name(its, estate), _other_name(mine, estate)) if one]
        if told or not its.isdecimal():
            return NO
    elif "${" not in mine + its:
        return NO
    return _unsure(text)


def _other_name(project: str, estate: Estate) -> str | None:
    """Return the number of a project that is named by its id, or its id by its number, if the input has it."""
    for one in estate.of(Project):
        if one.number and one.project_id == project:
            return one.number
        if one.number == project and isinstance(one.project_id, str):
            return one.project_id
    return None


def _unsure(text: str) -> Member:
    reason = f"whether {text} is in the pool of the caller's provider is not known: the project's number is not known"
    return Member(Truth.UNKNOWN, "missing-input", reason, "gcloud projects list --format=json")


_HOLE = regex(r"\$\{(?P<address>[^{}]*\.?google_iam_(?:workload_identity|workforce)_pool\.[^{}]*)\.[a-z_]+\}")


def _names_pool(text: str, token: Token, grant: Grant, estate: Estate) -> bool:
    """Whether a principal refers to the very pool that the configuration declares."""
    found = _HOLE.search(text)
    if found is None:
        return False
    for pool in estate.of(Pool):
        same = pool.declared.address == found["address"] and scope(pool.declared) == scope(grant.declared)
        if same and shown(pool.name).rpartition("/")[2] == token.pool:
            return _may_be_of(pool, token, estate)
    return False


def _may_be_of(pool: Pool, token: Token, estate: Estate) -> bool:
    """Whether a token's pool is of the project of a declared pool, as far as the project's number is known."""
    mine = shown(token.project) if token.project is not None else ""
    its = shown(pool.name).partition("projects/")[2].partition("/")[0]
    number = pool.project_number or _other_name(its, estate) or (its if its.isdecimal() else mine)
    return not mine.isdecimal() or mine == number


def _attribute(token: Token, attribute: str | None, wanted: Text) -> Member:
    """Whether the token has a value of an attribute; without one, the whole pool is meant."""
    if attribute is None:
        return YES
    if attribute not in token.attributes:
        if not token.others:
            return NO
        reason = f"{token.others} ({attribute})"
        return Member(Truth.UNKNOWN, "missing-input", reason, f"the token's {attribute}")
    value = token.attributes[attribute]
    if value is None:
        return NO
    if isinstance(value, str) and isinstance(wanted, str):
        return YES if value == wanted else NO
    if isinstance(value, Unknown) and isinstance(wanted, Unknown):
        truth = Truth.UNKNOWN
    elif isinstance(value, Unknown):
        truth = text_is((shown(wanted),), value) if value.parts else Truth.UNKNOWN
    else:
        truth = text_is((shown(value),), wanted)
    if truth is Truth.FALSE:
        return NO
    why = value.reason if isinstance(value, Unknown) else wanted.reason if isinstance(wanted, Unknown) else ""
    return Member(Truth.UNKNOWN, "missing-input", f"{attribute} is not known: {why}", why)
