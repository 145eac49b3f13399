"""What must hold for the answers of `compare` and `check --changed-since` about any commit."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from history_commits import ChangedLines, Commit, git

from iamlint.cli import main
from iamlint.comparison import Comparison, Side, compare
from iamlint.comparison.formats.json import comparison_entry
from iamlint.comparison.holdings import Holdings
from iamlint.comparison.identities import identities
from iamlint.comparison.reading import read_side
from iamlint.facts import Grant
from iamlint.reporters.parts.presentation import Presentation
from iamlint.roles import catalog
from iamlint.sources.reading import Options
from iamlint.unknown import Truth, shown

CHECKS = ("crash", "self", "mirror", "cause", "grant", "missed", "old")
MOST_SHOWN = 20
"""Maximum number of differences of one check that are kept of a commit."""
ABOVE = ("project", "folder", "organization")
SEVERITIES = ("info", "low", "medium", "high", "critical")
Entry = dict[str, Any]


@dataclass
class Seen:
    """What was found on a commit: the differences by check, and how much was looked at."""

    differences: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    looked_at: Counter[str] = field(default_factory=Counter)
    answers: dict[str, Any] = field(default_factory=dict)

    def expect(self, check: str, holds: object, what: str) -> None:
        """Record that something was looked at, and what differs unless it holds."""
        self.looked_at[check] += 1
        if not holds:
            self.differences[check].append(what)

    def entry(self) -> Entry:
        """Return everything as plain data."""
        some = [
            {"check": check, "what": one} for check, found in self.differences.items() for one in found[:MOST_SHOWN]
        ]
        return {"differences": some, "looked_at": dict(self.looked_at), "answers": self.answers}


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that was run: its exit code, its output, and the traceback of an internal error."""

    code: int
    out: str
    failed: str = ""

    @property
    def document(self) -> Entry:
        """The JSON that it printed; nothing if it printed none."""
        try:
            found = json.loads(self.out)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def run(*arguments: str) -> Ran:
    """Run a command of iamlint in this process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    os.environ["IAMLINT_TRACEBACK"] = "1"
    code, failed = 0, ""
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(list(arguments))
        except SystemExit as done:
            code = done.code if isinstance(done.code, int) else 1
        except BaseException:
            code, failed = 2, traceback.format_exc(limit=-3)
    out.seek(0)
    return Ran(code, out.read(), failed)


def import_commands() -> None:
    """Import what the commands need, before processes are forked: that takes half of a small check."""
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "main.tf").write_text(_SMALL, encoding="utf-8")
        for command in (("check", directory), ("check", directory, "--no-cache"), ("compare", directory, directory)):
            run(*command, "--format", "json")


_SMALL = """\
resource "google_project_iam_member" "ana" {
  project = "shop"
  role    = "roles/owner"
  member  = "user:ana@example.com"
}
"""


def checked(commit: Commit, directory: Path, seconds: float) -> Entry:
    """Return what differs on a commit, which is checked out into an empty directory."""
    started, seen = time.monotonic(), Seen()
    place = directory / "checkout"
    git(directory, "clone", "-q", "-s", "-n", commit.repository, str(place))
    os.environ["XDG_CACHE_HOME"] = str(directory / "cache")
    limit = f"--max-time={seconds:g}"
    try:
        git(place, "checkout", "-q", "-f", commit.base)
        os.chdir(place)
        before = run("check", ".", "--format", "json", limit)
        git(place, "checkout", "-q", "-f", commit.head)
        os.chdir(place)
        lines = ChangedLines.between(place, commit.base, commit.head)
        _checks(commit, before, lines, limit, seen)
        _comparisons(commit, lines, limit, seen)
    except Exception:
        seen.expect("crash", False, traceback.format_exc(limit=-3))
    finally:
        os.chdir("/")
    return {"seconds": round(time.monotonic() - started, 1), **seen.entry()}


# -- check -------------------------------------------------------------------------------------------------------------


def _checks(commit: Commit, before: Ran, lines: ChangedLines, limit: str, seen: Seen) -> None:
    after = run("check", ".", "--format", "json", limit)
    since = run("check", ".", "--format", "json", limit, "--changed-since", commit.base)
    for name, one in (("check base", before), ("check head", after), ("changed-since", since)):
        seen.expect("crash", not one.failed, f"{name}: {one.failed}")
        document = one.document
        code = 2 if document.get("errors") else int(bool(document.get("findings")))
        nothing_there = one.code == 2 and not document
        seen.expect("crash", nothing_there or one.code == code, f"{name} exits with {one.code}, not {code}")
    if not (after.document and since.document):
        return
    old = {name: one for one in before.document.get("findings", ()) for name in _names(one)}
    reported = {name for one in since.document["findings"] for name in _names(one)}
    seen.answers["since"] = [_short(one) for one in since.document["findings"]]
    seen.answers["new"] = [_short(one) for one in after.document["findings"] if _names(one).isdisjoint(old)]
    for one in after.document["findings"]:
        if _names(one).isdisjoint(old):
            seen.expect("missed", not _names(one).isdisjoint(reported), _short(one))
    for one in since.document["findings"]:
        former = next((old[name] for name in _names(one) if name in old), None)
        if former is not None:
            worse = SEVERITIES.index(one["severity"]) > SEVERITIES.index(former["severity"])
            seen.expect("old", worse or _has_changed(one, lines), _short(one))


def _names(finding: Entry) -> set[str]:
    return {finding["fingerprint"], *finding["further_fingerprints"]}


def _short(finding: Entry) -> str:
    at = finding["origin"] or finding
    return f"{finding['severity']} {finding['rule']} {at['path']}:{at['line']} {finding['message']}"


def _has_changed(finding: Entry, lines: ChangedLines) -> bool:
    """Whether git shows a change in a block of a finding: its own, that of its value, or a related one."""
    places = [finding, *([finding["origin"]] if finding["origin"] else []), *finding["related"]]
    return any(lines.touches(at["path"], *_block(at["path"], at["line"])) for at in places)


def _block(path: str, line: int) -> tuple[int, int]:
    """Return the first and last line of the block of a file that a line is in, by its indentation."""
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return line, line
    edges = [number for number, one in enumerate(text, 1) if one[:1].strip()]
    return max((one for one in edges if one <= line), default=line), min(
        (one for one in edges if one >= line), default=line
    )


# -- compare -----------------------------------------------------------------------------------------------------------


def _comparisons(commit: Commit, lines: ChangedLines, limit: str, seen: Seen) -> None:
    ran = run("compare", commit.base, commit.head, "--format", "json", limit)
    seen.expect("crash", not ran.failed, f"compare: {ran.failed}")
    found = ran.document
    if not found:
        seen.expect("crash", ran.code == 2, f"compare exits with {ran.code} and prints nothing")
        return
    code = 2 if found["errors"] else int(bool(found["opened"] or found["gained"]))
    seen.expect("crash", ran.code == code, f"compare exits with {ran.code}, not {code}")
    for one in found["unknown"]:
        seen.expect("crash", one["reason"], f"unknown without a reason: {json.dumps(one)}")
    seen.answers["compare"] = found
    _causes(found, lines, seen)
    base, head = (_side(name, revision) for name, revision in (("base", commit.base), ("head", commit.head)))
    if base.is_missing or head.is_missing:
        return
    _itself(head, seen)
    _mirrored(found, _entry(compare(_as("base", head), _as("head", base))), seen)
    _grants(base, head, found, seen)


def _side(name: Any, revision: str) -> Side:
    return read_side(name, revision, Options(), catalog(), datetime.now(UTC).date())[0]


def _as(name: Any, side: Side) -> Side:
    return Side(name, side.estate, side.root, side.given, side.texts, side.is_missing)


def _entry(found: Comparison) -> Entry:
    return comparison_entry(found, Presentation())


def _itself(head: Side, seen: Seen) -> None:
    found = _entry(compare(_as("base", head), head))
    for key in ("opened", "closed", "gained", "lost", "unknown"):
        seen.expect("self", not found[key], f"{key}: {json.dumps(found[key][:1])[:300]}")


def _pair(one: Entry) -> tuple[str, ...]:
    return one["principal"], one.get("account", ""), one.get("role", ""), one.get("resource", "")


def _mirrored(there: Entry, back: Entry, seen: Seen) -> None:
    """Compare both directions: certain in one of them, it may be uncertain in the other."""
    if any(there["left_out"].values()) or any(back["left_out"].values()):
        return
    for way, other, change in (("opened", "closed", "opened"), ("gained", "lost", "opened")):
        for here, that, said in ((there, back, "forth"), (back, there, "back")):
            unknown = {_pair(one) for one in that["unknown"] if one["change"] != change and "principal" in one}
            known = {_pair(one) for one in that[other]} | unknown
            for one in here[way]:
                what = f"{way} {said}, not {other} the other way: {' '.join(_pair(one))}"
                seen.expect("mirror", _pair(one) in known, what)


def _causes(found: Entry, lines: ChangedLines, seen: Seen) -> None:
    for key in ("opened", "gained", "closed", "lost"):
        for one in found[key]:
            cause, what = one["cause"], f"{key} {' '.join(_pair(one))}"
            if cause is None:
                seen.expect("cause", False, f"{what}: no line")
                continue
            path, line = cause["path"], cause["line"]
            changed = lines.has("base", path, line) if cause["side"] == "base" else lines.touches(path, line, line)
            seen.expect("cause", changed, f"{what}: {cause['side']} {path}:{line}")


# -- grants ------------------------------------------------------------------------------------------------------------

_UNKNOWN_PART = re.compile(r"\$\{[^{}]*\}")


def _bare(text: str) -> str:
    """Return a text without the names of references: a renamed block is the same."""
    return _UNKNOWN_PART.sub("${}", text)


def _said(grant: Grant) -> tuple[str, str, str, str]:
    texts = (
        grant.principal.text,
        shown(grant.role),
        str(grant.resource),
        str(getattr(grant.condition, "expression", "")),
    )
    who, role, on, condition = map(_bare, texts)
    return who, role, on, condition


def _grants(base: Side, head: Side, found: Entry, seen: Seen) -> None:
    """Look for each grant that the head has and the base does not in what the comparison lists."""
    if any(found["left_out"].values()):
        return
    before = {_said(one) for one in base.estate.of(Grant)}
    new: dict[tuple[str, ...], Grant] = {}
    for one in head.estate.of(Grant):
        if _said(one) not in before:
            new.setdefault(_said(one), one)
    if not new:
        return
    had = _permissions(base)
    told, lines = set(_told(found)), {_line(one) for one in found["unknown"] if one["cause"]}
    holdings = Holdings(identities(base, head)[1])
    for said, grant in new.items():
        who, role, on, _ = said
        held = holdings.held(grant)
        if held and held.truth is Truth.FALSE:
            continue
        mine, unknown = head.estate.permissions(grant.role, grant.declared)
        covered = not unknown and mine <= had[who, on] | had[who, ""] | had["allUsers", on]
        is_told = not told.isdisjoint({(who, role, on), ("", role, on), (who, "", on)}) or bool(_lines(grant) & lines)
        at = grant.declared.at
        what = f"{grant.principal.text} {shown(grant.role)} on {grant.resource} {at.path}:{at.line}"
        seen.expect("grant", covered or is_told, what)


def _permissions(side: Side) -> Mapping[tuple[str, str], frozenset[str]]:
    """Return what principals have by resource; under "" what they have on any project, folder or organization."""
    found: dict[tuple[str, str], frozenset[str]] = defaultdict(frozenset)
    for one in side.estate.of(Grant):
        who, _, on, _ = _said(one)
        permissions, _ = side.estate.permissions(one.role, one.declared)
        for key in (on, *([""] if one.resource.kind in ABOVE else [])):
            found[who, key] |= permissions
    return found


def _told(found: Entry) -> Iterator[tuple[str, str, str]]:
    """Yield principals with roles and resources; a new pair tells of each role on its account."""
    for one in (*found["opened"], *(one for one in found["unknown"] if "account" in one)):
        yield _bare(one["principal"]), "", f"service account {_bare(one['account'])}"
    for one in (*found["gained"], *(one for one in found["unknown"] if "role" in one)):
        yield _bare(one["principal"]), _bare(one["role"]), _bare(one["resource"])
    for one in (*found["opened"], *found["gained"], *found["unknown"]):
        for step in one.get("path") or ():
            yield "", _bare(step["role"] or ""), _bare(step["resource"] or "")


def _line(one: Entry) -> tuple[str, int]:
    return one["cause"]["path"], one["cause"]["line"]


def _lines(grant: Grant) -> set[tuple[str, int]]:
    places: Iterable[Any] = (
        *(
            at
            for place in (grant.principal_place, grant.role_place, grant.resource_place)
            for at in (place.origin, place.at)
        ),
        grant.declared.at,
        *grant.declared.via,
    )
    return {(at.path, at.line) for at in places if at}
