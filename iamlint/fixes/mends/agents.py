"""Fixes of bindings and policies that lack one of Google's service agents."""

from __future__ import annotations

from iamlint.basics.lazy_regex import regex
from iamlint.edits import Edit
from iamlint.fixes.mends.projects import ProjectNumber, literal_of, number_of, read_number
from iamlint.fixes.mends.services import reference
from iamlint.fixes.problem import Change, Problem, change
from iamlint.fixes.sources import Sources, Tree, argument
from iamlint.fixes.writing import with_items, with_lines_in
from iamlint.hcl.syntax import Block, Tuple
from iamlint.unknown import shown

_AGENT = regex(r"serviceAccount:(?P<local>[a-z-]*)(?P<number>PROJECT_NUMBER|[0-9]+)(?P<domain>@[a-z0-9.-]+)")
_WITH_ROLE = regex(rf"(?P<agent>{_AGENT.pattern}) \((?P<role>roles/[\w.]+)\)")


def add_agents(problem: Problem) -> Change | None:
    """Adds the service agents that a binding or a policy lacks, with the number of the project."""
    grant, told = problem.grant, problem.match.words.get("agents", "")
    owner = problem.sources.block(grant.declared.at) if grant else None
    members = problem.sources.find(grant.principal_place.at) if grant else None
    if grant is None or owner is None or members is None or " more" in told:
        return None
    number = _number(problem.sources, *owner)
    agents = [_agent(one, number, shown(grant.role)) for one in told.split(", ")]
    known = [one for one in agents if one is not None]
    if len(known) != len(agents) or number is None:
        return None
    reference_, added = number
    tree, node = members
    listed = tree.parent(node)
    if grant.origin == "binding":
        written = [member for member, _ in known]
        edits = with_items(tree, listed, written) if isinstance(listed, Tuple) else None
    else:
        edits = in_policy(tree, tree.block(node), known)
    if not edits:
        return None
    needed = any(reference_ in member for member, _ in known) and added
    title = f"add {', '.join(_plain(member) for member, _ in known)}"
    return change(title, (*edits, *(added if needed else ())), "unsafe" if needed else None)


def _plain(member: str) -> str:
    return member.strip('"')


def _number(sources: Sources, tree: Tree, block: Block) -> ProjectNumber | None:
    """Return a reference to the number of the project that an argument of a block names."""
    found = reference(block, "project")
    if found and found[0] == "google_project":
        return f"{found[1]}.number", ()
    written = argument(block.body, "project")
    if written is None or tree.is_json or block.is_repeated:
        return None
    literal = literal_of(block, "project")
    if literal:
        return number_of(sources, tree, block, literal)
    return read_number(sources, tree, block, "", tree.text(written.expression))


def _agent(told: str, number: ProjectNumber | None, role: str) -> tuple[str, str] | None:
    """Return an agent as a quoted member, and its role; None if its e-mail is not known."""
    with_role = _WITH_ROLE.fullmatch(told)
    found = _AGENT.fullmatch(with_role["agent"] if with_role else told)
    if found is None or number is None:
        return None
    written = found["number"] if found["number"].isdecimal() else f"${{{number[0]}}}"
    return f'"serviceAccount:{found["local"]}{written}{found["domain"]}"', with_role["role"] if with_role else role


def in_policy(tree: Tree, block: Block | None, added: list[tuple[str, str]]) -> tuple[Edit, ...] | None:
    """Return the edits that add members, each with a role, to the bindings of a ``google_iam_policy``, or new ones."""
    if block is None or block.type != "data" or block.label(0) != "google_iam_policy" or tree.is_json:
        return None
    edits: list[Edit] = []
    lines: list[str] = []
    for role in dict.fromkeys(role for _, role in added):
        members = [member for member, of in added if of == role]
        listed = next(filter(None, (_members(one, role) for one in block.body.blocks_of("binding"))), None)
        if listed is not None:
            edits += with_items(tree, listed, members) or ()
        else:
            lines += ["binding {", f'  role    = "{role}"', f"  members = [{', '.join(members)}]", "}"]
    return (*edits, *((with_lines_in(tree, block.body, "\n".join(lines)) or ()) if lines else ()))


def _members(binding: Block, role: str) -> Tuple | None:
    """Return the list of members of a binding of a role without a condition."""
    named, listed = argument(binding.body, "role"), argument(binding.body, "members")
    if named is None or named.expression.literal != role or binding.body.blocks or listed is None:
        return None
    return listed.expression if isinstance(listed.expression, Tuple) else None
