"""Fixes of names: misspelt roles, permissions and principals."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from iamlint.basics.lazy_regex import regex
from iamlint.basics.letters import differing
from iamlint.edits import Edit, edit
from iamlint.facts import CustomRole, Grant, Written
from iamlint.fixes.mends.projects import literal_of
from iamlint.fixes.problem import Change, Problem, change
from iamlint.fixes.sources import Sources, Tree
from iamlint.fixes.writing import newline, quoted, replaced, reworded, without_item
from iamlint.hcl.syntax import Attribute, Block, Node, Template, Tuple, Variable
from iamlint.hcl.walk import walk
from iamlint.principals import is_agent_by_id, placeholder_of, read_principal
from iamlint.roles import Catalog, in_service_of
from iamlint.roles.misspelt import is_misspelt

_SLIP = 2
"""Maximum number of differing letters of a misspelt name."""


def one_near(name: str, known: Iterable[str]) -> str | None:
    """Return the nearest name within `_SLIP` letters; None without one, or if two are equally near."""
    found = sorted((differing(name, one), one) for one in known if abs(len(one) - len(name)) <= _SLIP)
    near = [(number, one) for number, one in found if number <= _SLIP]
    if not near or (len(near) > 1 and near[1][0] == near[0][0]):
        return None
    return near[0][1]


# -- roles ---------------------------------------------------------------------------------------------------------


def near_role(problem: Problem) -> Change | None:
    """Replaces a misspelt name by the predefined role that is certainly intended, or completes its prefix."""
    grant = problem.grant
    if grant is None or not isinstance(grant.role, str):
        return None
    catalog = problem.estate.roles.catalog
    meant, guess = _role_meant(grant.role, catalog), None
    if meant is None:
        guess = catalog.nearest(grant.role)
    if meant is None and guess is None:
        return None
    edits = reworded(problem.sources, grant.role_place, grant.role, meant or guess or "")
    return change(f"replace {grant.role} by {meant or guess}", edits, None if meant else "suggestion")


_SEVERAL = regex(r"[,;\s]")
"""In a text that may name several roles."""


def _role_meant(role: str, catalog: Catalog) -> str | None:
    """Return the role that a name certainly misspells; a retired role has no certain successor."""
    if role in catalog or _SEVERAL.search(role.strip()):
        return None
    *head, last = role.strip().strip("/").split("/")
    if head and head[0] in ("projects", "organizations"):
        return None
    last = last if {one.lower() for one in head} <= {"", "role", "roles"} else ""
    for one in (f"roles/{last}", role.strip()):
        if one in catalog and catalog.is_listed(one):
            return one
    name = role if role.startswith("roles/") else f"roles/{last}"
    lower = [one for one in catalog.in_any_case(name) if catalog.is_listed(one)]
    if len(lower) == 1:
        return lower[0]
    near = _near(name, catalog.roles) if catalog.nearest(name) else None
    return near if near and is_misspelt(name, near, catalog.roles) else None


@lru_cache(maxsize=1024)
def _near(name: str, roles: tuple[str, ...]) -> str | None:
    candidates = [one for one in roles if abs(len(one) - len(name)) <= _SLIP and in_service_of(one, name)]
    from difflib import get_close_matches

    return one_near(name, get_close_matches(name, candidates, n=6, cutoff=0.8))


# -- permissions ---------------------------------------------------------------------------------------------------

_DENY_FORM = regex(r"([a-z0-9.-]+)\.googleapis\.com/(.+)")


def near_permission(problem: Problem) -> Change | None:
    """Replaces a misspelt name by the permission that is certainly intended, in the form of allow policies.

    If the role lists that permission already, removes the name.
    """
    role, place = problem.match.fact, problem.place
    if not isinstance(role, CustomRole) or not problem.match.permissions:
        return None
    name = problem.match.permissions[0]
    meant = _permission_meant(name, problem.estate.roles.catalog)
    if meant is None:
        return None
    listed = role.permissions if isinstance(role.permissions, tuple) else ()
    if any(one == meant for one, _ in listed):
        return change(f"remove {name}, since {meant} is listed already", _removed(problem.sources, place))
    return change(f"replace {name} by {meant}", reworded(problem.sources, place, name, meant))


_MOST_EXPANDED = 60
"""Maximum number of permissions that are written for a wildcard."""


def accepted_permissions(problem: Problem) -> Change | None:
    """Replaces a wildcard by its permissions, or removes a permission that does not exist."""
    role, place = problem.match.fact, problem.place
    if not isinstance(role, CustomRole) or not problem.match.permissions or role.accepted:
        return None
    name, catalog = problem.match.permissions[0], problem.estate.roles.catalog
    if _permission_meant(name, catalog):  # to be corrected where it is written
        return None
    if not name.endswith(".*") or name.count("*") > 1:
        return change(f"remove {name}, which IAM refuses", _removed(problem.sources, place))
    listed = {one for one, _ in role.permissions} if isinstance(role.permissions, tuple) else set()
    meant = sorted(one for one in catalog.all_permissions if one.startswith(name[:-1]) and one not in listed)
    if not 0 < len(meant) <= _MOST_EXPANDED:
        return None
    title = f"list the {len(meant)} permissions that {name} means"
    return change(title, _instead(problem.sources, place, meant))


def _instead(sources: Sources, place: Written, names: list[str]) -> tuple[Edit, ...] | None:
    """Return the edit that replaces one item by several, on lines of their own if it has one."""
    found = sources.find(place.at)
    listed = found[0].parent(found[1]) if found else None
    if found is None or not isinstance(listed, Tuple):
        return None
    tree, node = found
    line = tree.source.text.rfind("\n", 0, node.start) + 1
    indent = tree.source.text[line : node.start]
    between = f",{newline(tree.source)}{indent}" if not indent.strip() else ", "
    return replaced(tree, node, between.join(map(quoted, names)))


def _permission_meant(name: str, catalog: Catalog) -> str | None:
    deny = _DENY_FORM.fullmatch(name)
    if deny:
        service = {"cloudresourcemanager": "resourcemanager"}.get(deny[1], deny[1])
        name = f"{service}.{deny[2]}"
        if catalog.is_permission(name):
            return name
    if "*" in name or name.startswith("roles/"):
        return None
    stripped = name.strip()
    return stripped if catalog.is_permission(stripped) else catalog.slip(stripped)


def _removed(sources: Sources, place: Written) -> tuple[Edit, ...] | None:
    found = sources.find(place.at)
    if found is None:
        return None
    tree, node = found
    listed = tree.parent(node)
    return without_item(tree, listed, node) if isinstance(listed, Tuple) else None


# -- principals ----------------------------------------------------------------------------------------------------

_PREFIXES = ("user", "group", "domain", "serviceAccount", "principal", "principalSet")
_FULL_NAME = regex(r"(?:serviceAccount:)?(?://iam\.googleapis\.com/)?projects/[^/]+/serviceAccounts/([^/@]+@[^/]+)")
_ACCOUNT_ATTRIBUTES = frozenset({"email", "id", "name", "unique_id", "account_id"})
_PROJECT_ATTRIBUTES = frozenset({"project_id", "id", "name"})


def principal_form(problem: Problem) -> Change | None:
    """Corrects a principal: its prefix, its case, or the attribute of an account."""
    grant = problem.grant
    if grant is None or placeholder_of(grant.principal.text):
        return None
    text = grant.principal.text
    found = problem.sources.find(grant.principal_place.at)
    if found is not None:
        is_by_id = is_agent_by_id(text.partition(":")[2])
        changed = _attribute(*found, is_by_id) or _agent_number(problem.sources, *found)
        if changed:
            return changed
    for old, new, sure in _principal_forms(text):
        whole = text.replace(old, new, 1)
        if not sure or grant.principal.unknown or read_principal(whole).kind != "malformed":
            edits = _everywhere(problem.sources, grant, old, new)
            if edits:
                return change(f"replace `{old}` by `{new}`", edits, None if sure else "suggestion")
    return None


def _everywhere(sources: Sources, grant: Grant, old: str, new: str) -> tuple[Edit, ...] | None:
    """Return the edits of all mentions of a principal in its list; None if one mention cannot be edited."""
    found = [reworded(sources, place, old, new) for place in (grant.principal_place, *grant.repeated)]
    return tuple(one for edits in found for one in edits or ()) if all(found) else None


_OF_ACCOUNTS = "gserviceaccount.com"
_TWICE = "gserviceaccount.com.iam.gserviceaccount.com"
_ACCOUNTS_END = regex(r"(?i)gs[a-z]{8,18}(?:\.[a-z]{1,4})?\Z")
"""The end of a domain that may be a misspelt one of service accounts."""
_MOST_WRONG = 4
"""Maximum number of differing letters in it: ".com" may be missing."""


def _principal_forms(text: str) -> Iterable[tuple[str, str, bool]]:
    """Yield a part of a malformed principal, its replacement, and whether that is certain."""
    prefix, colon, rest = text.partition(":")
    full = _FULL_NAME.fullmatch(text)
    if full:
        yield text, f"serviceAccount:{full[1]}", True
    if text.strip() != text:
        yield text, text.strip(), True
    if colon and rest.strip() != rest:
        yield text, f"{prefix}:{rest.strip()}", True
    if colon and prefix not in _PREFIXES:
        plain = re.sub(r"[\s_-]", "", prefix).lower()
        near = next((one for one in _PREFIXES if plain in (one.lower(), f"{one.lower()}s")), None)
        near = near or one_near(prefix.lower(), [one.lower() for one in _PREFIXES])
        meant = next((one for one in _PREFIXES if near and one.lower() == near.lower()), None)
        if meant:
            yield f"{prefix}:", f"{meant}:", True
    if colon and prefix in ("user", "group") and rest.lower().endswith("gserviceaccount.com"):
        yield f"{prefix}:", "serviceAccount:", True
    if not colon and re.fullmatch(r"[^@\s/]+@[a-z0-9.-]+\.gserviceaccount\.com", text):
        yield text, f"serviceAccount:{text}", True
    domain = rest.rpartition("@")[2] if prefix == "serviceAccount" else ""
    wrong = _ACCOUNTS_END.search(domain)
    if rest.endswith(_TWICE):
        yield _TWICE, _OF_ACCOUNTS, True
    elif wrong and wrong[0] != _OF_ACCOUNTS and differing(wrong[0], _OF_ACCOUNTS) <= _MOST_WRONG:
        yield wrong[0], _OF_ACCOUNTS, True
    elif (
        prefix == "serviceAccount"
        and re.fullmatch(r"[^@\s/]+@[^@\s/]+", rest)
        and not rest.endswith(".gserviceaccount.com")
    ):
        yield "serviceAccount:", "user:", False
    public = re.sub(r"[\s_-]", "", text.partition(":")[2] or text).lower()
    for one in ("allUsers", "allAuthenticatedUsers"):
        if public in (one.lower(), one.lower()[:-1]):
            yield text, one, False


def _attribute(tree: Tree, node: Node, is_by_id: bool) -> Change | None:
    """Return the change of the one attribute that is not a principal or a part of one."""
    inside = [one for one in walk(node) if isinstance(one, Attribute)]
    accounts = [one for one in inside if one.name in _ACCOUNT_ATTRIBUTES and _type_of(one) == "google_service_account"]
    if len(accounts) == 1 and len([one for one in inside if _type_of(one)]) == 1:
        found = accounts[0]
        whole = found is node or (isinstance(node, Template) and len(node.parts) == 1)
        prefixed = isinstance(node, Template) and node.parts and tree.text(node).startswith('"serviceAccount:${')
        right = "member" if whole else "email" if prefixed and found.name != "email" else None
        return _renamed(tree, found, right) if right else None
    projects = [one for one in inside if one.name in _PROJECT_ATTRIBUTES and _type_of(one) == "google_project"]
    if is_by_id and len(projects) == 1 and isinstance(node, Template):
        return _renamed(tree, projects[0], "number")
    return None


_BY_ID = regex(r"(?P<before>serviceAccount:(?:[a-z]+-)?)(?P<project>[a-z][a-z0-9-]{4,28}[a-z0-9])(?P<after>@[^@]+)")


def _agent_number(sources: Sources, tree: Tree, node: Node) -> Change | None:
    """Return the change of a service agent's project id to the number of the project, which the module declares."""
    text = node.literal or ""
    found = _BY_ID.fullmatch(text)
    if found is None or not is_agent_by_id(text.partition(":")[2]) or tree.is_json:
        return None
    known = {
        reference
        for each in sources.module(tree.source.path) or ()
        for block in each.file.body.blocks
        if (reference := _project(block, found["project"]))
    }
    if len(known) != 1:
        return None
    written = f'"{found["before"]}${{{known.pop()}.number}}{found["after"]}"'
    return change(f"write the agent with the number of {found['project']}", replaced(tree, node, written))


def _project(block: Block, project: str) -> str | None:
    """Return the address of a block that declares a project with this id."""
    if block.label(0) != "google_project" or literal_of(block, "project_id") != project or block.is_repeated:
        return None
    return f"{'data.' if block.type == 'data' else ''}google_project.{block.label(1)}"


def _renamed(tree: Tree, attribute: Attribute, name: str) -> Change | None:
    start = attribute.end - len(attribute.name)
    if tree.source.text[start : attribute.end] != attribute.name:
        return None
    title = f"write {tree.text(attribute)[: -len(attribute.name)]}{name}"
    return change(title, (edit(tree.source, start, attribute.end, name),))


def _type_of(attribute: Attribute) -> str | None:
    """Return the type of the resource or data source of this attribute: ``google_service_account``."""
    chain: list[str] = []
    node: Node = attribute.object
    while not isinstance(node, Variable):
        if isinstance(node, Attribute):
            chain.append(node.name)
            node = node.object
        elif hasattr(node, "collection"):
            node = node.collection
        else:
            return None
    names = [node.name, *reversed(chain)]
    names = names[1:] if names[0] == "data" else names
    return names[0] if len(names) == 2 and names[0].startswith("google_") else None
