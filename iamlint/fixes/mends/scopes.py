"""Fixes of grants on a project: moves them to the accounts that are used."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.edits import Edit, edit
from iamlint.estate import Estate, Node, account_node
from iamlint.facts import (
    Attachment,
    Declaration,
    Grant,
    Impersonation,
    Resource,
    ServiceAccount,
    ServiceAccountKey,
    Text,
)
from iamlint.fixes.problem import Change, Problem, Withheld, change
from iamlint.fixes.sources import Sources, Tree, is_overridden
from iamlint.hcl.syntax import Block
from iamlint.provenance import directory

_ON_ACCOUNTS = frozenset(
    f"roles/iam.{name}"
    for name in (
        "serviceAccountUser",
        "serviceAccountTokenCreator",
        "serviceAccountOpenIdTokenCreator",
        "serviceAccountKeyAdmin",
        "workloadIdentityUser",
    )
)
"""Roles with permissions on accounts only, which can be granted on one account."""
_MOST = 20
"""Maximum number of accounts that a grant is moved to."""


NO_ACCOUNT = Withheld("the input shows no account of the project that is used with these permissions")
ABOVE_PROJECTS = Withheld("the grant is on a folder or an organization, and the input need not show all accounts in it")
OTHER_ACCOUNTS = Withheld("something in the project runs as an account that the input does not declare")


def grant_on_accounts(problem: Problem) -> Change | Withheld | None:
    """Grants the role on the project's accounts that the input shows in use, instead of on the project."""
    grant = problem.grant
    found = problem.sources.block(grant.declared.at) if grant else None
    if grant is None or found is None:
        return None
    if grant.resource.kind in ("folder", "organization"):
        return ABOVE_PROJECTS
    tree, block = found
    accounts = sorted(_accounts(problem, grant, tree).values())
    if not accounts and grant.resource.kind == "project":
        return NO_ACCOUNT
    if _runs_as_others(problem, grant):
        return OTHER_ACCOUNTS
    if grant.origin != "member" or grant.condition is not None or grant.role not in _ON_ACCOUNTS:
        return None
    if grant.resource.kind != "project" or len(accounts) > _MOST or len({name for name, _ in accounts}) < len(accounts):
        return None
    edits = _moved(problem.sources, tree, block, accounts)
    names = ", ".join(name for name, _ in accounts)
    return change(f"grant {grant.role} on {names} instead of the project", edits)


def _accounts(problem: Problem, grant: Grant, tree: Tree) -> dict[Node, tuple[str, str]]:
    """Return a name and an expression for each used account of the project, by account.

    The expression is a reference if the same instance of the module declares the account.
    """
    found: dict[Node, tuple[str, str]] = {}
    estate = problem.estate
    used, home_path = set(_used(estate, problem.match.permissions)), directory(tree.source.path)
    project = estate.hierarchy.node(grant.resource, grant.declared)
    for account in estate.of(ServiceAccount):
        node = account_node(account.email, account.declared)
        home = estate.hierarchy.node(Resource("project", account.project), account.declared)
        if node not in used or project is None or home != project:
            continue
        name = _declared_beside(account, grant) if directory(account.declared.at.path) == home_path else None
        if name:
            found[node] = name, f"google_service_account.{name}.name"
        elif node in found:
            continue
        elif isinstance(account.email, str) and "${" not in account.email and isinstance(account.project, str):
            from iamlint.fixes.writing import quoted

            full = f"projects/{account.project}/serviceAccounts/{account.email}"
            found[node] = account.email.partition("@")[0].replace("-", "_"), quoted(full)
    return found


def _runs_as_others(problem: Problem, grant: Grant) -> bool:
    """Whether something in the grant's project runs as an account that is not declared, such as a default one.

    Deploying a function does not attach the default account of its build.
    """
    if "iam.serviceAccounts.actAs" not in problem.match.permissions:
        return False
    estate = problem.estate
    project = estate.hierarchy.node(grant.resource, grant.declared)
    declared = {account_node(one.email, one.declared) for one in estate.of(ServiceAccount)}
    for one in estate.of(Attachment):
        if one.project is None or estate.hierarchy.node(Resource("project", one.project), one.declared) != project:
            continue
        if one.account is None and one.default in (None, "cloud_build"):
            continue
        if one.account is None or account_node(one.account, one.declared) not in declared:
            return True
    return False


def _declared_beside(account: ServiceAccount, grant: Grant) -> str | None:
    """Return the name of an account that the instance of a module with the grant declares, too, and without a key."""
    module, _, name = (account.declared.address or "").rpartition("google_service_account.")
    other, _, _ = (grant.declared.address or "").rpartition("google_project_iam_member.")
    return name if name.isidentifier() and module == other else None


def _used(estate: Estate, permissions: tuple[str, ...]) -> Iterator[Node]:
    """Yield the accounts in use for these permissions: as a runtime identity, for tokens, or with keys."""
    used: list[tuple[Text | None, Declaration]] = []
    if "iam.serviceAccounts.actAs" in permissions:
        used += [(one.account, one.declared) for one in estate.of(Attachment)]
    if any(one.startswith("iam.serviceAccountKeys.") for one in permissions):
        used += [(one.account, one.declared) for one in estate.of(ServiceAccountKey)]
    if any(one.startswith("iam.serviceAccounts.get") or ".sign" in one for one in permissions):
        used += [(one.target, one.declared) for one in estate.of(Impersonation)]
    for text, declared in used:
        node = account_node(text, declared) if text is not None else None
        if node:
            yield node


def _moved(sources: Sources, tree: Tree, block: Block, accounts: list[tuple[str, str]]) -> tuple[Edit, ...] | None:
    """Return the edits that move a grant from a project to accounts, if nothing refers to it."""
    from iamlint.fixes.writing import indent_step, newline

    arguments = block.body.arguments
    repeated = block.is_repeated or "depends_on" in arguments or is_overridden(sources, tree, block)
    uses = sources.uses(tree.source.path, block.label(0), block.label(1))
    if tree.is_json or repeated or uses != [] or block.label(0) != "google_project_iam_member" or block.body.blocks:
        return None
    kind, project, first = block.labels[0], arguments.get("project"), next(iter(arguments.values()), None)
    if first is None:
        return None
    typed = edit(tree.source, kind.start, kind.end, '"google_service_account_iam_member"')
    line = tree.source.text.rfind("\n", 0, first.start) + 1
    indent, end = tree.source.text[line : first.start], newline(tree.source)
    if indent.strip():
        return None
    if len(accounts) == 1:
        lines, each = "", accounts[0][1]
    else:
        pairs = "".join(
            f"{indent}{indent_step(tree.source.text)}{name} = {text}{end}" for name, text in _aligned(accounts)
        )
        lines, each = f"{indent}for_each = {{{end}{pairs}{indent}}}{end}", "each.value"
    if project is None:
        added = f"{lines}{indent}service_account_id = {each}{end}"
        return typed, edit(tree.source, line, line, added)
    named = edit(tree.source, project.start, project.end, f"service_account_id = {each}")
    return (typed, edit(tree.source, line, line, lines), named) if lines else (typed, named)


def _aligned(accounts: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    width = max(len(name) for name, _ in accounts)
    return ((name.ljust(width), text) for name, text in accounts)
