"""Fixes of token requests: an account's form, the delegates in the chain and their grants, the token's lifetime."""

from __future__ import annotations

from iamlint.basics.lazy_regex import regex
from iamlint.edits import edit
from iamlint.facts import Impersonation, ServiceAccount
from iamlint.fixes.mends.services import resource, unused_in
from iamlint.fixes.problem import Change, Problem, Withheld, change
from iamlint.fixes.writing import quoted, reworded, with_lines_after, without_item
from iamlint.hcl.syntax import Attribute, Template, Tuple
from iamlint.hcl.walk import walk
from iamlint.provenance import directory

_FULL_NAME = regex(r"(?:(?:https?:)?//iam\.googleapis\.com/(?:v1/)?)?projects/[^/]+/serviceAccounts/(?P<email>[^/]+)\Z")
_MEMBER = regex(r"serviceAccount:(?P<email>[^/@$]+@[^/@$]+)\Z")
_ATTRIBUTES = {"its project": ("name", "id"), "the prefix": ("member",), "it is neither": ("account_id",)}
"""Beginnings of the reasons why a form is refused, with the attributes of an account that have the form."""
_NO_PLACE = ("it is the target", "it is the caller", "it is named twice")
"""Beginnings of the reasons why an account has no place in a chain, whatever its form."""


def delegate_form(problem: Problem) -> Change | None:
    """Replaces an account's name by its e-mail, or removes a delegate that is not part of the chain."""
    found, text = problem.sources.find(problem.place.at), problem.match.words.get("delegate", "")
    if found is None:
        return None
    tree, node = found
    full = _FULL_NAME.match(text) or _MEMBER.match(text)
    edits = reworded(problem.sources, problem.place, text, full["email"]) if full else None
    if full and edits:
        return change(f"name the account by its e-mail, {full['email']}", edits)
    reason = problem.match.words.get("reason", "")
    attributes = next((names for start, names in _ATTRIBUTES.items() if reason.startswith(start)), ())
    if attributes:
        names = [one for one in walk(node) if isinstance(one, Attribute) and one.name in attributes]
        whole = names and (names[0] is node or (isinstance(node, Template) and len(node.parts) == 1))
        if len(names) != 1 or not whole:
            return None
        start = names[0].end - len(names[0].name)
        return change("name the account by its e-mail", (edit(tree.source, start, names[0].end, "email"),))
    listed = tree.parent(node)
    if not isinstance(listed, Tuple) or not reason.startswith(_NO_PLACE):
        return None
    return change(f"remove the delegate {text}", without_item(tree, listed, node))


def longest_lifetime(problem: Problem) -> Change | None:
    """Limits the token's lifetime to the maximum for the account."""
    fact, longest = problem.match.fact, problem.match.words.get("longest")
    written = fact.lifetime[0] if isinstance(fact, Impersonation) and fact.lifetime else None
    if not isinstance(written, str) or not longest:
        return None
    return change(f"ask for {longest}", reworded(problem.sources, problem.place, written, longest))


_TYPE = "google_service_account_iam_member"
"""The resource that grants one role on one account."""


NOT_DECLARED = Withheld("the input does not declare the account that the hop leads to")


def let_through(problem: Problem) -> Change | Withheld | None:
    """Grants the account of a hop the role that the hop needs, below the block of the account that it leads to."""
    asked = problem.match.fact
    if not isinstance(asked, Impersonation):
        return None
    onto = _declared(problem, problem.match.words["onto"])
    if onto is None:
        return NOT_DECLARED
    found = problem.sources.single(onto.declared.at, "google_service_account")
    if found is None:
        return None
    tree, block = found
    holder = problem.match.words["holder"]
    if "${" in holder:
        return None
    beside = _declared(problem, holder)
    same = beside and directory(beside.declared.at.path) == directory(onto.declared.at.path)
    account = _reference(beside) if beside and same else None
    role = "roles/iam.serviceAccountTokenCreator"
    name = unused_in(problem.sources, tree, _TYPE, holder.partition("@")[0].replace("-", "_").replace(".", "_"))
    lines = [
        ("service_account_id", f"google_service_account.{block.label(1)}.name"),
        ("role", quoted(role)),
        ("member", f"{account}.member" if account else quoted(f"serviceAccount:{holder}")),
    ]
    written = resource(_TYPE, name, lines).removesuffix("\n")
    return change(f"let {holder} impersonate {onto.email}", with_lines_after(tree, block, written))


def _declared(problem: Problem, email: str) -> ServiceAccount | None:
    """Return the account of an e-mail, if one block declares it and nothing else."""
    found = [one for one in problem.estate.of(ServiceAccount) if one.email == email]
    return found[0] if len(found) == 1 else None


def _reference(account: ServiceAccount) -> str | None:
    """Return the address of an account of a root module without an instance key."""
    address = account.declared.address or ""
    return address if address.count(".") == 1 and "[" not in address else None
