"""Findings and errors as an editor's diagnostics, and the actions for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from lsprotocol import types as lsp

from iamlint.edits import Edit, Fix
from iamlint.finding import Finding, Related, Severity
from iamlint.fixes.moves import TERRAFORM
from iamlint.hcl import read_file
from iamlint.hcl.syntax import Template
from iamlint.hcl.walk import walk
from iamlint.location import Location, SourceText, Unreadable
from iamlint.server.places import range_of
from iamlint.server.session import Session

SOURCE = "iamlint"
EXPLAIN = "iamlint.explain"
"""The command that explains a rule; its argument is the rule's id."""
_SEVERITIES: dict[Severity, lsp.DiagnosticSeverity] = {
    "critical": lsp.DiagnosticSeverity.Error,
    "high": lsp.DiagnosticSeverity.Error,
    "medium": lsp.DiagnosticSeverity.Warning,
    "low": lsp.DiagnosticSeverity.Information,
    "info": lsp.DiagnosticSeverity.Hint,
}
_COMMENTED = (".tf", ".tofu", ".tfvars", ".yaml", ".yml")
"""Files that have comments; JSON has none."""


def diagnostics(session: Session, path: Path) -> list[lsp.Diagnostic]:
    """Return the diagnostics of a file, in the order of their places."""
    problems = session.problems.get(path)
    if problems is None:
        return []
    told = [_of_finding(session, finding, path) for finding in problems.findings]
    told += [_of_error(session, error) for error in problems.errors]
    return sorted(told, key=lambda one: (one.range.start.line, one.range.start.character, str(one.code), one.message))


def _of_finding(session: Session, finding: Finding, path: Path) -> lsp.Diagnostic:
    """Return the diagnostic at the finding's origin, or at its argument in a file that does not have the origin."""
    seen = finding.at_origin
    if session.absolute(seen.at.path) != path and finding.origin:
        seen = replace(finding, related=(Related(finding.origin, "the value is written here"), *finding.related))
    return lsp.Diagnostic(
        range=_range(session, seen.at),
        message=seen.message,
        severity=_SEVERITIES[seen.severity],
        code=seen.rule,
        source=SOURCE,
        related_information=[
            lsp.DiagnosticRelatedInformation(_location(session, one.at), one.message) for one in seen.related
        ],
    )


def _of_error(session: Session, error: Unreadable) -> lsp.Diagnostic:
    message = f"{error.reason} ({error.hint})" if error.hint else error.reason
    return lsp.Diagnostic(
        range=_range(session, error.at),
        message=message,
        severity=lsp.DiagnosticSeverity.Error,
        code="unreadable",
        source=SOURCE,
    )


def _range(session: Session, at: Location) -> lsp.Range:
    return range_of(at, session.texts.get(session.absolute(at.path)), session.encoding)


def _location(session: Session, at: Location) -> lsp.Location:
    return lsp.Location(session.absolute(at.path).as_uri(), _range(session, at))


# -- actions -------------------------------------------------------------------------------------------------------


def actions(session: Session, path: Path, within: lsp.Range) -> Iterator[lsp.CodeAction | lsp.Command]:
    """Yield the actions for the findings in a range: fix, accept with a reason, explain.

    Without actions while the buffer differs from the checked text, or after a first answer: the places may be wrong.
    """
    checked, now = session.texts.get(path), session.text(path)
    if not session.is_whole or checked is None or now is None or checked.text != now.text:
        return
    problems = session.problems.get(path)
    for finding in problems.findings if problems else ():
        diagnostic = _of_finding(session, finding, path)
        if _apart(diagnostic.range, within):
            continue
        if finding.fix is not None:
            yield from _fix(session, finding.fix, diagnostic)
        if path.name.endswith(_COMMENTED) and not _is_within_text(checked, diagnostic.range.start.line):
            yield _acceptance(finding, diagnostic, path, checked)
        yield lsp.Command(title=f"Explain {finding.rule}", command=EXPLAIN, arguments=[finding.rule])


def _apart(one: lsp.Range, other: lsp.Range) -> bool:
    def key(position: lsp.Position) -> tuple[int, int]:
        return position.line, position.character

    return key(one.end) < key(other.start) or key(other.end) < key(one.start)


def _fix(session: Session, fix: Fix, diagnostic: lsp.Diagnostic) -> Iterator[lsp.CodeAction]:
    changes: dict[str, list[lsp.TextEdit]] = {}
    for edit in fix.edits:
        path = session.absolute(edit.path)
        text, now = session.texts.get(path), session.text(path)
        if text is None or now is None or text.text != now.text:
            return
        changes.setdefault(path.as_uri(), []).append(_text_edit(session, edit, text))
    sure = "" if fix.safety == "safe" else f" ({fix.safety})"
    yield lsp.CodeAction(
        f"{fix.title}{sure}",
        kind=lsp.CodeActionKind.QuickFix,
        diagnostics=[diagnostic],
        is_preferred=fix.safety == "safe",
        edit=lsp.WorkspaceEdit(changes=changes),
    )


def _text_edit(session: Session, edit: Edit, text: SourceText) -> lsp.TextEdit:
    return lsp.TextEdit(range_of(edit.location(text), text, session.encoding), edit.replacement)


def _is_within_text(source: SourceText, line: int) -> bool:
    """Whether a line, from 0, begins within a heredoc of Terraform: a comment there would be a part of the value."""
    if not source.path.endswith(TERRAFORM) or "<<" not in source.text:
        return False
    start = source.line_starts[line]
    return any(isinstance(one, Template) and one.start < start < one.end for one in walk(read_file(source).body))


def _acceptance(finding: Finding, diagnostic: lsp.Diagnostic, path: Path, text: SourceText) -> lsp.CodeAction:
    line = diagnostic.range.start.line
    above = text.line(line + 1)
    indent = above[: len(above) - len(above.lstrip(" \t"))]
    comment = f"{indent}# iamlint: ignore[{finding.rule}] accepted by its owner: say why\n"
    at = lsp.Position(line, 0)
    return lsp.CodeAction(
        f"Accept {finding.rule} here, with a reason",
        kind=lsp.CodeActionKind.QuickFix,
        diagnostics=[diagnostic],
        edit=lsp.WorkspaceEdit(changes={path.as_uri(): [lsp.TextEdit(lsp.Range(at, at), comment)]}),
    )
