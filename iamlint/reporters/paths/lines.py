"""Lines of text that say how a hop goes."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.paths.hops import Hop
from iamlint.reporters.parts.frame import Paint, place
from iamlint.reporters.parts.plain import listed, neutral
from iamlint.reporters.paths.told import closed_by, granted, place_of, reasons, role_of, seen_at, through_of


def short(name: str) -> str:
    """Return an account by its e-mail alone; another principal as it is."""
    return name.removeprefix("serviceAccount:")


def hop_lines(hop: Hop, paint: Paint) -> Iterator[str]:
    """Yield how a hop goes: the method, each grant with its place, and what it depends on."""
    at = place_of(hop)
    if hop.way is None:
        what = "runs as it" if hop.method == "runs-as" else "is a member"
        yield what + (f"  {paint('36', place(at))}" if at else "")
    else:
        method = hop.way.method
        certainty = "" if method.certainty == "certain" else f", {method.certainty}"
        yield f"{method.title} ({method.id}{certainty})"
        yield from _grants(hop, paint)
        through = through_of(hop)
        if through:
            yield f"{neutral(through[0])}  {paint('36', place(through[1]))}"
    if hop.state == "closed":
        addresses = closed_by(hop)
        told = [f"{reason} ({addresses})" if addresses not in reason else reason for reason in reasons(hop)]
        yield from (paint("33", neutral(one)) for one in told)
    else:
        yield from (f"{paint('33', 'not certain')}: {neutral(reason)}" for reason in reasons(hop))


def _grants(hop: Hop, paint: Paint) -> Iterator[str]:
    """Yield the grants, each once with all its permissions."""
    found: dict[int, tuple[list[str], str]] = {}
    for permission, grant in granted(hop):
        where = f"{neutral(role_of(grant))} on {neutral(str(grant.resource))}"
        told = f"{where}  {paint('36', place(seen_at(grant)))}"
        found.setdefault(id(grant), ([], told))[0].append(permission)
    yield from (f"{neutral(listed(permissions, 2))} by {told}" for permissions, told in found.values())
