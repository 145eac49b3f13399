"""Runs of grants: one binding's to principals with the same access, which get the same answers.

A large export has a hundred thousand grants and a tenth as many runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from iamlint.basics.lazy_regex import regex
from iamlint.estate import Estate, principal_node
from iamlint.facts import Grant, Principal
from iamlint.location import Location


def runs_of(grants: Sequence[Grant], estate: Estate) -> Iterator[Sequence[Grant]]:
    """Yield grants of one role and of one kind of resource and principal in runs, in their order.

    Nothing blocks those in a run of several, they have no condition, and each is the only fact about its access. Their
    names are plain words, at places one after the other. No answer depends on more of their principals than the kind,
    unless it asks for the name.
    """
    has_same: Callable[[Grant, Grant], bool] | None = None
    run = [grants[0]]
    for last, grant in pairwise(grants):
        plain = _follows(last, grant) and _is_plain(last, estate) and _is_plain(grant, estate)
        if plain and has_same is None:  # not before it is asked for: it needs the graph
            has_same = _has_same(estate)
        if plain and has_same and has_same(run[0], grant):
            run.append(grant)
        else:
            yield run
            run = [grant]
    yield run


def _follows(last: Grant, grant: Grant) -> bool:
    """Whether a grant is of the same binding as the one before, and after it in the text."""
    if grant.declared is not last.declared or grant.role_place is not last.role_place:
        return False
    if grant.resource is not last.resource or grant.principal.kind != last.principal.kind:
        return False
    one, other = last.principal_place.at, grant.principal_place.at
    return one.path == other.path and (one.line, one.column) < (other.line, other.column)


def _is_plain(grant: Grant, estate: Estate) -> bool:
    place, declared = grant.principal_place, grant.declared
    if grant.origin != "export" or grant.condition is not None or declared.uncertain or declared.via:
        return False
    if grant.resource.kind == "service_account" or declared.address is not None or not is_plain_word(grant.principal):
        return False
    if type(place) is not Location or type(grant.role_place) is not Location or place.column == 1:
        return False
    return estate.are_grants_alone or not (estate.again(grant) or estate.contested(grant))


def is_plain_word(principal: Principal) -> bool:
    """Whether a principal is known, and needs no changes in a message."""
    return principal.unknown is None and PLAIN_WORD.match(principal.text) is not None


PLAIN_WORD = regex(r"[^\s$?]+\Z")


def _has_same(estate: Estate) -> Callable[[Grant, Grant], bool]:
    """Return whether the holders of two grants have the same access everywhere, and certainly."""
    from iamlint.access.asking import access_of

    if access_of(estate).any_blocker:
        return lambda _, __: False
    if not estate.has_acting_accounts:
        return lambda _, __: True
    from iamlint.graph.edges import graph_of
    from iamlint.paths.names import names_of

    have_same, groups = graph_of(estate).have_same, names_of(estate).groups

    def has_same(one: Grant, other: Grant) -> bool:
        mine, theirs = principal_node(one), principal_node(other)
        if mine is None or theirs is None or (groups and (mine in groups or theirs in groups)):
            return False
        return have_same(mine, theirs)

    return has_same
