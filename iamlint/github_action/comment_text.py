"""The text of a comment, from the JSON reports of a check and a comparison, which may contain anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from posixpath import join, normpath
from typing import Any
from urllib.parse import quote

from iamlint.basics.lazy_regex import regex
from iamlint.basics.words import counted
from iamlint.finding import SEVERITIES
from iamlint.github_action.event import Event
from iamlint.location import COMMAND_LINE
from iamlint.reporters.markdown import cell

MOST_ROWS = 10
"""Maximum number of rows of a table; the rest is counted."""
MOST_OF_A_RULE = 3
"""Number of findings of one rule that come before the further ones of other rules."""
MOST_NAMES = 5
"""Maximum number of texts in a cell that stands for several rows."""
LONGEST = 300
"""Maximum length of a cell's text in characters."""
LARGEST = 60_000
"""Maximum length of a comment; GitHub's is 65,536 characters."""
_Row = tuple[tuple[str, ...], int]
"""The cells of a row, and the number of entries that it stands for."""
_NAME = regex(r"[\w .:/-]{1,100}")


def marker(category: str) -> str:
    """Return the invisible first line that identifies the comment. ``category`` is the action's input."""
    return f"<!-- iamlint: {_name(category)} -->"


def _name(category: str) -> str:
    return category if _NAME.fullmatch(category) and "--" not in category else "iamlint"


def comment(report: dict[str, Any], compared: dict[str, Any] | None, event: Event, category: str) -> str:
    """Return the comment: counts, what the pull request opens, the worst findings, and what is not checked."""
    lines, size = [marker(category)], 0
    for line in _lines(report, compared, event, category):
        size += len(line) + 1
        if size > LARGEST:
            lines += ["", "*The rest is left out.*"]
            break
        lines.append(line)
    return "\n".join(lines) + "\n"


def _lines(report: dict[str, Any], compared: dict[str, Any] | None, event: Event, category: str) -> Iterator[str]:
    findings = sorted(_dicts(report, "findings"), key=_rank)
    by_severity = Counter(_severity(one) for one in findings)
    counts = ", ".join(f"{by_severity[name]} {name}" for name in SEVERITIES if by_severity[name])
    errors = _dicts(report, "errors")
    found = counted(len(findings), "finding") if findings else "no findings"
    failed = f"; {counted(len(errors), 'error')}" if errors else ""
    part = "" if _name(category) == "iamlint" else f" {cell(category)}"
    yield f"## iamlint{part}: {found}{f' ({counts})' if counts else ''}{failed}"
    if compared is not None:
        yield from _opened(compared, event)
    if findings:
        yield from ("", "| severity | rule | where | what |", "| --- | --- | --- | --- |")
    for one in sorted(_of_each_rule(findings)[:MOST_ROWS], key=_rank):
        cells = (_severity(one), _text(one, "rule"), _where(_place(one, report), event), _text(one, "message"))
        yield f"| {' | '.join(cells)} |"
    yield from _rest(len(findings) - MOST_ROWS, "finding")
    if errors:
        yield from ("", "**Could not be read**", "")
    for one in errors[:MOST_ROWS]:
        yield f"- {_where(_place(one, report), event)}: {_text(one, 'reason')}"
    yield from _rest(len(errors) - MOST_ROWS, "error")
    yield from ("", _footer(report, event))


def _of_each_rule(findings: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the first findings of each rule before all others, so that many of one rule hide no other."""
    seen: Counter[str] = Counter()
    first: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for one in findings:
        rule = _text(one, "rule")
        seen[rule] += 1
        (first if seen[rule] <= MOST_OF_A_RULE else others).append(one)
    return [*first, *others]


def _opened(compared: dict[str, Any], event: Event) -> Iterator[str]:
    opened, gained = _dicts(compared, "opened"), _dicts(compared, "gained")
    if not (opened or gained):
        closes = any(_dicts(compared, key) for key in ("closed", "lost"))
        unclear = " (some of it is unknown)" if _dicts(compared, "unknown") else ""
        yield from ("", f"**This pull request opens nothing{unclear}**" + ("; it closes access." if closes else "."))
    if opened:
        title = f"**Opens {counted(len(opened), 'path')} to service accounts**"
        yield from ("", title, "", "| who | becomes | how | cause |", "| --- | --- | --- | --- |")
    rows = ((_who(one), _text(one, "account"), _text(one, "method"), _cause(one, event)) for one in opened)
    yield from _table(_folded(_folded(_counted(rows), 1), 0), "path")
    if gained:
        title = f"**Gives {counted(len(gained), 'role')}**"
        yield from ("", title, "", "| who | role | resource | cause |", "| --- | --- | --- | --- |")
    roles = (
        (_who(one), _text(one, "role"), _text(one, "resource"), _cause(one, event), _through(one)) for one in gained
    )
    folded = _folded(_folded(_counted(roles), 1), 0)
    yield from _table([((who + through, *rest), number) for (who, *rest, through), number in folded], "role")


def _counted(rows: Iterable[tuple[str, ...]]) -> list[_Row]:
    return [(cells, 1) for cells in rows]


def _folded(rows: Iterable[_Row], column: int) -> list[_Row]:
    """Join rows that differ in one column only: its first texts, and how many more there are."""
    alike: dict[tuple[str, ...], dict[str, int]] = {}
    for cells, number in rows:
        texts = alike.setdefault((*cells[:column], *cells[column + 1 :]), {})
        texts[cells[column]] = texts.get(cells[column], 0) + number
    found = []
    for rest, texts in alike.items():
        names = list(texts)
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        text = "<br>".join(names[:MOST_NAMES]) + more
        found.append(((*rest[:column], text, *rest[column:]), sum(texts.values())))
    return found


def _table(rows: list[_Row], noun: str) -> Iterator[str]:
    for cells, _ in rows[:MOST_ROWS]:
        yield f"| {' | '.join(cells)} |"
    yield from _rest(sum(number for _, number in rows[MOST_ROWS:]), noun)


def _who(one: dict[str, Any]) -> str:
    """Return the principal, with the environments where it gains access."""
    names = one.get("environments")
    texts = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return _text(one, "principal") + (cell(f" (in {', '.join(texts)})"[:LONGEST]) if texts else "")


def _through(one: dict[str, Any]) -> str:
    """Return the account at the end of the path, which has the role; empty if the principal has it itself."""
    path = _dicts(one, "path")
    return f" as {_text(path[-1], 'to')}" if path else ""


def _rest(count: int, noun: str) -> Iterator[str]:
    if count > 0:
        yield from ("", f"… and {counted(count, f'more {noun}')}.")


def _footer(report: dict[str, Any], event: Event) -> str:
    accepted, unknown = len(_dicts(report, "accepted")), len(_dicts(report, "unknowns"))
    configuration = report.get("configuration")
    in_force = f"; configuration {_text(configuration, 'path')} in force" if isinstance(configuration, dict) else ""
    milder = report.get("min_severity")
    number = milder.get("findings_left_out") if isinstance(milder, dict) else 0
    left_out = f", {number} below the lowest severity left out" if type(number) is int and number else ""
    page = f" [Everything is on the run's page]({event.run_url})." if event.run_url else ""
    checked = f"Commit {event.commit[:12]}: " if event.commit else ""
    return f"{checked}{accepted} accepted, {unknown} unknown{left_out}{in_force}.{page}"


# -- parts of documents that may be anything -------------------------------------------------------------------------


def _dicts(document: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = document.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _text(document: dict[str, Any], key: str) -> str:
    found = document.get(key)
    text = found if isinstance(found, str) else "" if found is None else str(found)[: LONGEST + 1]
    return cell(text if len(text) <= LONGEST else f"{text[:LONGEST]}...")


def _severity(finding: dict[str, Any]) -> str:
    found = finding.get("severity")
    return found if isinstance(found, str) and found in SEVERITIES else "info"


def _rank(finding: dict[str, Any]) -> int:
    order: tuple[str, ...] = SEVERITIES
    return order.index(_severity(finding))


def _cause(one: dict[str, Any], event: Event) -> str:
    """Return the line that is the cause, as a link if the checked commit has it."""
    cause = one.get("cause")
    if not isinstance(cause, dict):
        return ""
    if isinstance(cause.get("file"), str):
        return _where({"path": cause["file"], "line": cause.get("line")}, event)
    return f"{_text(cause, 'path')}:{_text(cause, 'line')}, which the head does not have"


def _place(one: dict[str, Any], report: dict[str, Any]) -> dict[str, Any]:
    """Return where a finding's value is written, or an error is; the path is relative to the top of the repository."""
    origin = one.get("origin")
    at = origin if isinstance(origin, dict) else one
    path, directory = at.get("path"), report.get("working_directory")
    if not isinstance(path, str) or path == COMMAND_LINE:
        return {"path": path}
    return {**at, "path": normpath(join(directory, path)) if isinstance(directory, str) else path}


def _where(document: dict[str, Any], event: Event) -> str:
    """Return a place, as a link into the checked commit: its address is ours, only the path is not."""
    path, line = document.get("path"), document.get("line")
    if not isinstance(path, str) or len(path) > LONGEST or type(line) is not int:
        return _text(document, "path")
    shown = cell(f"{path}:{line}")
    if not event.source_url or path.startswith(("/", "../")):
        return shown
    return f"[{shown}]({event.source_url}{quote(path, errors='replace')}#L{line})"
