"""Canonical names: one name for one thing, for all spellings in the input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from iamlint.facts import (
    Attachment,
    Condition,
    Credential,
    Declaration,
    Denial,
    EffectiveTags,
    EmptyBinding,
    ExportedPolicy,
    Fact,
    Grant,
    Impersonation,
    Principal,
    Project,
    RemovedGrant,
    Resource,
    ServiceAccount,
    ServiceAccountKey,
    TagBinding,
    Text,
    UnreadPart,
)
from iamlint.logic.verdict import TRUE, Verdict
from iamlint.provenance import at, configuration, directory, is_source
from iamlint.unknown import Truth, Unknown, UnknownPart, join_texts, shown, without_prefix

_ANY = UnknownPart("?")
"""An unknown part of a text: two of them may be different."""


def identity(text: Text, declared: Declaration) -> str | None:
    """Return a key that is equal for two texts that mean the same thing, known or not; None if nothing is known.

    ``${google_project.shop.project_id}`` is the same project wherever one configuration names it, and another one in
    the next configuration.
    """
    if isinstance(text, Unknown):
        if all(part == _ANY for part in text.parts):
            return None
        name = text.text
    else:
        name = text
    return f"{name} in {scope(declared)}" if "${" in name else name


def scope(declared: Declaration) -> str:
    """Return the scope of references: the root module's folder, the plan, or the documents of a folder."""
    first = declared.planned or (declared.via[0] if declared.via else declared.at)
    if is_source(first.path):
        return directory(first.path)
    # Documents of a folder may belong together (Config Connector's do), but never to the root module in that folder.
    return first.path if first.path.endswith(".json") else f"{directory(first.path)}/*"


def is_there(declared: Declaration) -> Verdict:
    """Whether a declaration certainly creates something: with an unknown number of instances it may create nothing."""
    if "[*]" not in (declared.address or ""):
        return TRUE
    return Verdict.of(Truth.UNKNOWN, f"how many instances of {declared.address} there are is not known")


def in_force(declared: Declaration) -> Verdict:
    """Whether a declaration certainly creates something, and what it creates is certainly as written."""
    verdict = is_there(declared)
    for reason in filter(None, (declared.uncertain, declared.loose)):
        verdict &= Verdict.of(Truth.UNKNOWN, reason)
    return verdict


def contradicts(other: Declaration, declared: Declaration) -> bool:
    """Whether a declaration certainly counts beside another one of the same thing in the same configuration.

    Terraform creates an account, a bucket or a policy for one of several blocks and fails for the others, but creates
    what is granted all the same. So only what each block closes is closed: a second block could otherwise hide a grant.

    A plan or state beside the source may say something else about the same block. It shows what was there before, or
    what another source makes: it does not contradict the block, and the block contradicts it unless the user named it.
    """
    if other.address is None or configuration(other) != configuration(declared) or in_force(other) is not TRUE:
        return False
    is_block = is_source(other.at.path) and other.planned is None
    return other.address != declared.address or (is_block and declared.trust != "named")


def principal_node(grant: Grant) -> str | None:
    """Return one name for the holder of a grant; None if nothing is known. An account is named by its e-mail."""
    principal = grant.principal
    if principal.unknown is None:
        text = principal.text
        email = principal.email if text.startswith("serviceAccount:") else None
        if email is None:  # a bare e-mail is malformed, and not the account
            return text if ":" in text or "@" not in text else f":{text}"
        return identity(email, grant.declared) if "${" in email else email
    return identity(without_prefix(principal.unknown, "serviceAccount:"), grant.declared)


def condition_key(condition: Condition | Unknown | None) -> str | None:
    """Return a key for the condition of a binding: "" without a condition, None if it is unknown."""
    match condition:
        case None:
            return ""
        case Condition(str() as expression, title):
            return f"{expression}\x1f{title if isinstance(title, str) else ''}"
        case _:
            return None


def agreed(told: Iterable[tuple[str, str, Declaration]]) -> tuple[dict[str, str], list[UnreadPart]]:
    """Return the meaning of each name, and the names about which documents disagree.

    Documents that the user named are believed. Of the others, contradicting ones are all ignored.
    """
    found: dict[str, tuple[str, Declaration]] = {}
    disputed: dict[str, Declaration] = {}
    for name, value, declared in told:
        other, by = found.setdefault(name, (value, declared))
        if declared.trust == "named" and by.trust != "named":
            found[name] = value, declared
            disputed.pop(name, None)
        elif value != other and by.trust != "named":
            disputed.setdefault(name, declared)
    unread_parts = [
        UnreadPart(f"{at(found[name][1])} says something else about {name}, so neither is used", declared, unread=False)
        for name, declared in disputed.items()
    ]
    return {name: value for name, (value, _) in found.items() if name not in disputed}, unread_parts


def with_canonical_names(facts: Iterable[Fact]) -> list[Fact]:
    """Return the facts with accounts named by e-mail instead of unique id, and projects by id instead of number.

    This needs the mapping in the input. An asset export names the account whose policy it shows by its unique id, and
    projects sometimes by number, sometimes by id. In Terraform ``${ADDRESS.unique_id}`` is the account at that address,
    which `account_name` calls ``${ADDRESS.email}``; so is ``ci@${var.project}.iam.gserviceaccount.com`` if that is how
    its e-mail comes about. Disagreements between documents are added as facts.
    """
    facts = list(facts)
    accounts: list[tuple[str, str, Declaration]] = []
    declared: dict[str, str] = {}
    projects: list[tuple[str, str, Declaration]] = []
    for fact in facts:
        match fact:
            case ServiceAccount(email=str() as email, unique_id=None) if fact.declared.address and "${" not in email:
                declared.setdefault(f"${{{fact.declared.address}.email}} in {scope(fact.declared)}", email)
            case ServiceAccount(email=str() as email) if (written := written_out(fact)) and written.is_named:
                declared.setdefault(identity(written, fact.declared) or "", email)
            case ServiceAccount(email=str() as email, unique_id=str() as number):
                accounts.append((number, email, fact.declared))
            case Project(project_id=str() as name, number=str() as number) if not name.isdecimal():
                projects.append((number, name, fact.declared))
            case _:
                pass
    (emails, unread_parts), (ids, more) = agreed(accounts), agreed(projects)
    if not (accounts or declared or projects):
        return facts
    return [*_renamed(facts, {**declared, **emails}, ids), *unread_parts, *more]


def written_out(account: ServiceAccount) -> Unknown | None:
    """Return the e-mail of an account that is named by its address, as its id and project make it; None for others.

    An address of any number of accounts names none of them.
    """
    if account.account_id is None or "${" not in shown(account.email) or "[*]" in (account.declared.address or ""):
        return None
    email = join_texts(account.account_id, "@", account.project, ".iam.gserviceaccount.com")
    return email if isinstance(email, Unknown) else None


def _renamed(facts: Iterable[Fact], emails: Mapping[str, str], ids: Mapping[str, str]) -> Iterator[Fact]:
    for fact in facts:
        match fact:
            case Grant():
                yield _on_one_name(fact, emails, ids)
            case RemovedGrant():
                yield replace(fact, grant=_on_one_name(fact.grant, emails, ids))
            case ExportedPolicy() | EmptyBinding() | TagBinding() | EffectiveTags() if email := _of_account(
                fact, emails
            ):
                yield replace(fact, resource=Resource("service_account", email))
            case ServiceAccountKey() | Credential() | Attachment() if email := _email(fact.account, fact, emails):
                yield replace(fact, account=email)
            case Impersonation() if emails:
                yield _impersonation(fact, emails)
            case Denial() if emails:
                yield replace(
                    fact,
                    denied_principals=_by_email(fact.denied_principals, emails),
                    exception_principals=_by_email(fact.exception_principals, emails),
                )
            case _:
                yield fact


def _email(account: Text | None, fact: Fact, emails: Mapping[str, str]) -> str | None:
    """Return the name of the account that a fact names by its unique id, its address, or its e-mail with references."""
    return emails.get(identity(account, fact.declared) or "") if account is not None else None


def _of_account(
    fact: ExportedPolicy | EmptyBinding | TagBinding | EffectiveTags, emails: Mapping[str, str]
) -> str | None:
    """Return the e-mail of the account that a fact is about; None if it is about something else."""
    return _email(fact.resource.name, fact, emails) if fact.resource.kind == "service_account" else None


def _by_email(principals: tuple[Text, ...] | Unknown, emails: Mapping[str, str]) -> tuple[Text, ...] | Unknown:
    """Return the principals of a deny policy, with accounts named by e-mail instead of unique id."""
    from iamlint.estate.deny_forms import ACCOUNT

    if isinstance(principals, Unknown):
        return principals
    named = (one.removeprefix(ACCOUNT) if isinstance(one, str) else "" for one in principals)
    return tuple(
        f"{ACCOUNT}{emails[name]}" if name in emails else one for one, name in zip(principals, named, strict=True)
    )


def _on_one_name(grant: Grant, emails: Mapping[str, str], ids: Mapping[str, str]) -> Grant:
    kind, name = grant.resource.kind, grant.resource.name
    known = None
    if kind == "service_account":
        known = _email(name, grant, emails)
    elif kind == "project" and isinstance(name, str):
        known = ids.get(name)
    if grant.principal.unknown and grant.principal.text.startswith("serviceAccount:"):
        email = emails.get(principal_node(grant) or "")
        if email:
            grant = replace(grant, principal=Principal(f"serviceAccount:{email}", "service_account"))
    return replace(grant, resource=Resource(kind, known)) if known is not None else grant


def _impersonation(fact: Impersonation, emails: Mapping[str, str]) -> Impersonation:
    def renamed(text: Text) -> Text:
        return _email(text, fact, emails) or text

    delegates = fact.delegates
    if not isinstance(delegates, Unknown):
        delegates = tuple((renamed(text), place) for text, place in delegates)
    caller = None if fact.caller is None else renamed(fact.caller)
    return replace(fact, target=renamed(fact.target), delegates=delegates, caller=caller)
