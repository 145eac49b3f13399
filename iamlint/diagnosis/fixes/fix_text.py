"""Terraform as it is written by hand: references to what is declared, names that are free, aligned arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.diagnosis.answer import Fix
from iamlint.diagnosis.asked.case import Case
from iamlint.diagnosis.callers.exchange import provider_parts
from iamlint.diagnosis.callers.holder import Holder, Token
from iamlint.facts import Fact, Pool
from iamlint.provenance import directory, is_source
from iamlint.unknown import Unknown, shown


@frozen
class Member:
    """A principal as a policy spells it, and as a Terraform expression."""

    text: str
    terraform: str

    @property
    def in_shell(self) -> str:
        """The spelling as an argument of a command."""
        return f'"{self.text}"' if re.search(r"[\[\]*\s$]", self.text) else self.text


def block(header: str, arguments: Mapping[str, str]) -> str:
    """Return a block with its arguments aligned as `terraform fmt` aligns them."""
    width = max(map(len, arguments))
    lines = (f"  {name:<{width}} = {value}" for name, value in arguments.items())
    return "\n".join((f"{header} {{", *lines, "}"))


def account_reference(case: Case, email: str, file: str = "") -> str:
    """How an account is named as ``service_account_id`` in a file: by its resource in the same module, else in full."""
    account = case.declared_account(email)
    address = _referred(account, file) if account else None
    if address:
        return f"{address}.name"
    project = case.project_of(email)
    home = project if isinstance(project, str) else "-"
    return f'"projects/{home}/serviceAccounts/{email}"'


def _referred(fact: Fact, file: str) -> str | None:
    """Return the address of a resource as a file refers to it, "" for one of a root module; None if it cannot."""
    address, source = fact.declared.address or "", fact.declared.at.path
    if not address or "[*]" in address:
        return None
    if is_source(file) and is_source(source):
        inside = _CALLS.sub("", address)
        return inside if directory(file) == directory(source) else None
    return None if address.startswith("module.") else address


_CALLS = regex(r"^(?:module\.[^.\[]+(?:\[(?:\d+|\"[^\"]*\")\])?\.)+")


def member_of(case: Case, holder: Holder, file: str = "") -> Member:
    """Return a holder as the member of a grant: by the attribute that names one repository, else by its subject.

    ``file`` is where the grant belongs: the module of another file has other resources.
    """
    token = holder.token
    if token is not None and not holder.spellings:
        return _of_token(case, holder, file)
    email = holder.principal.email or ""
    account = case.declared_account(email) if holder.label.startswith("serviceAccount:") else None
    address = _referred(account, file) if account else None
    text = holder.spellings[0] if holder.spellings else holder.label
    return Member(text, f"{address}.member" if address else f'"{text}"')


def _of_token(case: Case, holder: Holder, file: str) -> Member:
    token = holder.token
    assert token is not None  # noqa: S101  # asked by the caller
    path, scheme = "subject", "principal"
    value = token.attributes.get("google.subject")
    for name in ("attribute.repository", "attribute.project_path", "attribute.project"):
        found = token.attributes.get(name)
        if isinstance(found, str):
            path, scheme, value = name, "principalSet", found
            break
    who = shown(value) if value is not None and not isinstance(value, Unknown) else "SUBJECT"
    number = _pool_number(case, token)
    in_shell = number
    if not number and isinstance(token.project, str):
        in_shell = f"$(gcloud projects describe {token.project} --format='value(projectNumber)')"
    text, literal = (
        f"{scheme}://iam.googleapis.com/projects/{one or 'PROJECT_NUMBER'}/locations/global/workloadIdentityPools/"
        f"{token.pool}/{path}/{who}"
        for one in (in_shell, number)
    )
    address = _pool_address(case, token.pool, file)
    if address is None:
        return Member(text, f'"{literal}"')
    return Member(text, f'"{scheme}://iam.googleapis.com/${{{address}.name}}/{path}/{who}"')


def _pool_number(case: Case, token: Token) -> str:
    """Return the number of a pool's project, as the input, the client or the error states it; empty without it.

    A member with the project's id would name nobody. Source: https://cloud.google.com/iam/docs/principal-identifiers
    """
    if isinstance(token.project, str) and token.project.isdecimal():
        return token.project
    for name in (case.said.provider, case.question.provider or ""):
        named = provider_parts(name)
        if named and named["pool"] == token.pool and named["project"].isdecimal():
            return str(named["project"])
    return ""


def _pool_address(case: Case, pool: str, file: str) -> str | None:
    pools = (one for one in case.estate.of(Pool) if shown(one.name).endswith(f"/{pool}"))
    return next(filter(None, (_referred(one, file) for one in pools)), None)


def resource_name(holder: Holder, target: str) -> str:
    """Return a name for a new resource: the caller acts as the target."""
    who = _word(holder.principal.email or holder.label)
    if holder.token is not None:
        value = holder.token.attributes.get("attribute.repository") or holder.token.attributes.get("google.subject")
        who = _word(shown(value).rpartition("/")[2]) if value is not None else "workload"
    return f"{who}_as_{_word(target)}"


_HEADER = regex(r'^resource "(?P<type>\w+)" "(?P<name>\w+)" \{', re.MULTILINE)


def with_free_names(fix: Fix, case: Case) -> Fix:
    """Return a fix whose new resources have names that no resource in the input has."""
    if not _HEADER.search(fix.terraform):
        return fix
    taken = {_CALLS.sub("", one.declared.block) for kind in get_args(Fact) for one in case.estate.of(kind)}

    def free(found: re.Match[str]) -> str:
        name = found["name"]
        names = (name, *(f"{name}_{number}" for number in range(2, 1000)))
        unused = next(one for one in names if f"{found['type']}.{one}" not in taken)
        return f'resource "{found["type"]}" "{unused}" {{'

    return replace(fix, terraform=_HEADER.sub(free, fix.terraform))


def _word(text: str) -> str:
    """Return a text as a part of a Terraform name."""
    local = text.rpartition(":")[2].partition("@")[0]
    word = re.sub(r"[^A-Za-z0-9_]+", "_", local).strip("_").lower() or "caller"
    return f"x_{word}" if word[0].isdigit() else word


_PRINTED = (".json", ".ndjson", ".jsonl", ".tfstate", ".gz", ".zst")
"""Ends of the names of plans, states and exports."""


def in_source(fix: Fix) -> Fix:
    """Return a fix that names no file which a program writes: a plan, a state or an export."""
    printed = fix.file.endswith(_PRINTED) and not is_source(fix.file)
    return replace(fix, file="") if printed else fix
