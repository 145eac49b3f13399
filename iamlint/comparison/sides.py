"""One of the two things that are compared: what was read of it, and its paths relative to what was given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache, cached_property
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.comparison.keys import COMPARED, Render, rendered, rendered_name
from iamlint.estate import Estate, Node, identity, scope
from iamlint.facts import Declaration, Fact, Folder, Project, Resource, ServiceAccount, Text
from iamlint.graph.ways import Ways
from iamlint.location import SourceText
from iamlint.methods.index import is_reported, methods
from iamlint.methods.model import Method
from iamlint.paths.hops import Hops, hops_of
from iamlint.unknown import shown

_YIELDS = frozenset({"identity", "code", "calls", "id_token"})


@cache
def compared_methods() -> tuple[Method, ...]:
    """Return the methods that make a pair: they give the account's identity, code or calls as it, or an ID token."""
    return tuple(
        one
        for one in methods()
        if one.yields in _YIELDS and one.reaches in ("named", "below", "attached")
        if one.group != "delegate" and is_reported(one)
    )


SideName = Literal["base", "head"]
Reference = tuple[str, str]
"""A reference (``google_project.shop.project_id``), and the directory of its root module below what is compared."""


@frozen(slots=False)
class Side:
    """One of two estates.

    ``root`` is its path in locations, ``given`` the user's name for it, ``texts`` are the files that were read.
    ``is_missing`` says that it has errors and no facts: it does not exist, or nothing of it can be read.
    """

    name: SideName
    estate: Estate
    root: str
    given: str
    texts: Mapping[str, SourceText]
    is_missing: bool = False

    @property
    def hops(self) -> Hops:
        """The hops of the estate."""
        return hops_of(self.estate)

    @cached_property
    def ways(self) -> Ways:
        """The ways by all methods that are compared; the hops only have the best of those that give the same."""
        ways = Ways(self.estate, compared_methods())
        self.hops.lend_apart(ways)
        return ways

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that are compared."""
        return tuple(fact for kind in COMPARED for fact in self.estate.of(kind))

    @cached_property
    def declared(self) -> Mapping[Node, list[Fact]]:
        """The facts that declare an account, a project or a folder, by its node."""
        found: dict[Node, list[Fact]] = defaultdict(list)
        places: list[tuple[Resource, Fact]] = [
            *((Resource("service_account", one.email), one) for one in self.estate.of(ServiceAccount)),
            *((Resource("project", one.project_id), one) for one in self.estate.of(Project)),
            *((Resource("folder", one.name), one) for one in self.estate.of(Folder)),
        ]
        for resource, fact in places:
            node = self.estate.hierarchy.node(resource, fact.declared)
            if node:
                found[node].append(fact)
        return found

    def relative(self, path: str) -> str:
        """Return a path as it is below the root; "." for the root itself."""
        if path == self.root:
            return "."
        return path if self.root == "." else path.removeprefix(f"{self.root}/")

    def rendered(self, reference: str, home: str, token: Render) -> str:
        """Return the name of a reference: account id and project for an account, else the result of ``token``."""
        account = self._accounts.get((reference, home))
        if account is None:
            return token(reference, self.relative(home))
        account_id, project = account

        def render(inner: str, at: str) -> str:
            return token(inner, self.relative(at))

        return f"{rendered(account_id, home, render)}@{rendered_name(project, render)}"

    @cached_property
    def _accounts(self) -> Mapping[tuple[str, str], tuple[str, str]]:
        """The account id and the project's name of each account that only a reference names."""
        found: dict[tuple[str, str], tuple[str, str]] = {}
        for one in self.estate.of(ServiceAccount):
            text, project = shown(one.email), self._project(one.project, one.declared)
            if text.startswith("${") and text.endswith(".email}") and isinstance(one.account_id, str) and project:
                found[text[2:-1], scope(one.declared)] = one.account_id, project
        return found

    def _project(self, project: Text, declared: Declaration) -> str | None:
        return self.estate.project_key(project, declared) or identity(project, declared)
