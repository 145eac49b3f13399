"""Paths as one picture: each principal once, each hop once."""

from __future__ import annotations

from iamlint.basics.frozen import frozen
from iamlint.finding import Severity
from iamlint.paths.hops import STATES, Hop
from iamlint.reporters.paths.told import Told


@frozen
class Spot:
    """A principal in a picture. ``id`` is a letter and a number; ``severity`` is set for an account at an end."""

    id: str
    label: str
    kind: str
    severity: Severity | None


@frozen
class Line:
    """A hop in a picture, between two spots. ``told`` is the hop itself."""

    source: Spot
    target: Spot
    told: Hop


@frozen
class Drawing:
    """The spots and lines of some paths; ``left_out`` is how many paths have no room in it."""

    spots: tuple[Spot, ...]
    lines: tuple[Line, ...]
    left_out: int = 0


def drawn(told: Told, most: int) -> Drawing:
    """Return the picture of the paths of an answer, the best first, with at most so many spots."""
    ends = {path.target: told.severity(path) for path in told.answer.paths}
    spots: dict[str, Spot] = {}
    lines: dict[tuple[str, str, bool], Line] = {}
    left_out = told.answer.left_out
    for path in told.answer.paths:
        names = [told.label(path.source) if path.hops[0].method != "runs-as" else path.caller]
        names += [told.label(hop.target) for hop in path.hops]
        if len(spots.keys() | set(names)) > most:
            left_out += 1
            continue
        raw = [path.source, *(hop.target for hop in path.hops)]
        for name, own in zip(names, raw, strict=True):
            kind = told.asking.names.kind(own)
            spots.setdefault(name, Spot(f"n{len(spots)}", name, kind, ends.get(own)))
        for before, after, hop in zip(names, names[1:], path.hops, strict=False):
            key = before, after, hop.delegates
            known = lines.get(key)
            if known is None or STATES.index(hop.state) < STATES.index(known.told.state):
                lines[key] = Line(spots[before], spots[after], hop)
    return Drawing(tuple(spots.values()), tuple(lines.values()), left_out)
