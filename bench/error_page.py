"""Makes `docs/403.md` from the documents of the kinds of errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from iamlint.diagnosis.recognition.error_kind import Cause, ErrorKind
from iamlint.diagnosis.recognition.error_kinds import error_kinds

STAGES: Mapping[str, str] = {
    "client-config": "Before Google is asked: the client's credentials",
    "sts-exchange": "The exchange of an external token",
    "oauth-scope": "OAuth scopes",
    "api": "APIs that are not enabled",
    "quota": "The project that the call is billed to",
    "impersonation": "Becoming the service account",
    "attachment": "Attaching a service account to what is deployed",
    "target-api": "The API that is called in the end",
    "granting": "Grants that are refused",
    "organization-policy": "Organization policies",
    "workspace-delegation": "Google Workspace",
    "network-perimeter": "Service perimeters",
}
_CERTAINTY = {
    "documented": "The wording is from documentation; no public report has it in full.",
    "inferred": "The wording is inferred from similar texts.",
}
_INTRO = """\
# Why does the call get 403?

The errors that people meet when one identity acts as a Google Cloud service account, as they see them. Search this page
for a piece of your text. Each entry says what the text means, its causes (the likeliest first), and what to run.

Or let iamlint read the text. Save it, whole, to a file:

    iamlint diagnose . --error error.txt

It recognises these texts in JSON, gRPC, gcloud, Terraform, the client libraries and the logs of pipelines, however they
are wrapped. Of several errors in a log it names the one that explains the others.

Three rules for reading such a text:

- Read `reason` and `metadata` first, the sentence second, and a hint such as "Make sure the account …" last: gcloud
  prints that before every failure.
- "denied on resource (or it may not exist)" is one text for a missing grant, a deny policy, an access boundary and an
  account that does not exist.
- Impersonation has two halves. First the caller needs a right on the service account, then the service account needs
  its own rights on the resource. The principal in the text shows which half failed.

Generated from the documents in [`iamlint/diagnosis/recognition/errors/`](../iamlint/diagnosis/recognition/errors) by
`python bench/pages.py`."""


def errors_page(kinds: Iterable[ErrorKind] = ()) -> str:
    """Return the page as Markdown."""
    kinds = tuple(kinds) or error_kinds()
    stages = {stage: [kind for kind in kinds if kind.stage == stage] for stage in STAGES}
    parts = [_INTRO, "## All errors", "\n".join(_table(stages))]
    for stage, members in stages.items():
        parts.append(f"## {STAGES[stage]}")
        for kind in sorted(members, key=lambda one: (one.wrapper, one.rank != "specific", one.id)):
            parts += _entry(kind)
    return "\n\n".join(parts) + "\n"


def _table(stages: Mapping[str, list[ErrorKind]]) -> Iterator[str]:
    yield "| text | meaning |"
    yield "| --- | --- |"
    for members in stages.values():
        for kind in members:
            yield f"| [`{kind.seen}`](#{kind.id}) | {kind.title} |".replace("…|", "… |")


def _entry(kind: ErrorKind) -> Iterator[str]:
    yield f'<a id="{kind.id}"></a>'
    yield f"### `{kind.seen}`"
    yield f"**{kind.title}.** {kind.meaning}"
    if kind.certainty in _CERTAINTY:
        yield _CERTAINTY[kind.certainty]
    yield f"As it may look:\n\n{_fenced('text', kind.examples[0].text)}"
    yield "Causes:\n\n" + "\n".join(f"{number}. {_cause(cause)}" for number, cause in enumerate(kind.causes, 1))
    yield f"Run:\n\n    {_command(kind)}"
    if kind.terraform:
        yield f"In Terraform:\n\n{_fenced('hcl', kind.terraform)}"
    if kind.gcloud:
        yield f"With gcloud:\n\n    {kind.gcloud}"
    if kind.bad_cures:
        yield "Not that:\n\n" + "\n".join(f"- {cure}" for cure in kind.bad_cures)
    yield "Sources: " + ", ".join(f"<{reference}>" for reference in kind.references)


def _cause(cause: Cause) -> str:
    where = f" In the input: {cause.look}." if cause.look else ""
    shown = f" Shown by `{cause.command}`." if cause.command else ""
    steps = f" ({', '.join(f'`{step}`' for step in cause.steps)})" if cause.steps else ""
    return f"{cause.cause}{steps}.{where}{shown}"


def _command(kind: ErrorKind) -> str:
    method = kind.implies.get("method", "")
    named = f" --method {method}" if method and method != "generateAccessToken" else ""
    return f"iamlint diagnose . --error error.txt{named}"


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text.strip()}\n```"
