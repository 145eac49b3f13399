"""An answer for programs; `answer.schema.json` describes it."""

from __future__ import annotations

from typing import Any

from iamlint.diagnosis.answer import Answer, Evidence, Stage
from iamlint.diagnosis.recognition.error_kind import Cause
from iamlint.reporters.parts.indented import json_text

VERSION = 1
"""The version of the form of the document."""


def answer_json(answer: Answer) -> str:
    """Return the answer as a JSON document with a line end."""
    document = {
        "version": VERSION,
        "question": answer.asked,
        "verdict": answer.verdict,
        "step": answer.step,
        "hop": answer.hop,
        "confidence": answer.confidence,
        "message": answer.headline,
        "also": list(answer.also),
        "evidence": [_evidence(one) for one in answer.evidence],
        "causes": [_cause(one) for one in answer.causes],
        "fix": _fix(answer),
        "not_in_input": list(answer.not_in_input),
        "method_works": answer.method_works,
        "stages": [_stage(one) for one in answer.stages],
    }
    return json_text(document)


def _cause(one: Cause) -> dict[str, str]:
    return {"cause": one.cause, "look": one.look, "command": one.command}


def _fix(answer: Answer) -> dict[str, Any]:
    fix = answer.fix
    proof = answer.proof
    proved = {"proof": {"verdict": proof.verdict, "opens": list(proof.opens)}} if proof else {}
    return {
        "terraform": fix.terraform,
        "gcloud": fix.gcloud,
        "file": fix.file,
        "note": fix.note,
        "refused": list(fix.refused),
        **proved,
    }


def _evidence(one: Evidence) -> dict[str, Any]:
    return {"path": one.at.path, "line": one.at.line, "message": one.message}


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        "name": stage.name,
        "state": stage.state,
        "step": stage.step,
        "hop": stage.hop,
        "message": stage.message,
        "evidence": [_evidence(one) for one in stage.evidence],
        "missing": list(stage.missing),
    }
