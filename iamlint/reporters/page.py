"""A rule's page: what it finds, why it matters, before and after, the fix; for people and for SARIF's help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamlint.edits import Safety
from iamlint.rules.rule import Example, Mended, Rule

_LANGUAGES = {".tf": "hcl", ".json": "json", ".yaml": "yaml"}


def rule_page(rule: Rule) -> str:
    """Return the page as Markdown."""
    sure = "" if rule.confidence == "high" else f", confidence {rule.confidence}"
    asked = "; pedantic: runs only where it is selected" if rule.pedantic else ""
    parts = [
        f"# {rule.slug}",
        f"**{rule.title}.** `{rule.id}`, severity {rule.severity}{sure}{asked}.",
        *_graded(rule),
        "## Why",
        rule.page.why.strip(),
    ]
    if rule.page.flags and rule.page.passes:  # an assertion has none
        parts += ["## Before", _example(rule.page.flags[0]), "## After", _example(rule.page.passes[0])]
    parts += ["## Fix", rule.page.fix.strip()]
    if rule.mends:
        parts += ["## Automatic fix", *(part for one in rule.page.mended for part in _mended(one))]
    if rule.page.references:
        parts += ["## References", "\n".join(f"- <{reference}>" for reference in rule.page.references)]
    standards = [f"CIS Google Cloud Platform Foundation Benchmark 5.0: {', '.join(rule.cis)}"] if rule.cis else []
    standards += [f"MITRE ATT&CK: {', '.join(_technique(one) for one in rule.mitre)}"] if rule.mitre else []
    if standards:
        parts += ["## Standards", "\n".join(f"- {one}" for one in standards)]
    known = [*(f"`{name}` (before {version})" for name, version in rule.formerly.items())]
    known += [f"`{alias}`" for alias in rule.aliases]
    if known:
        parts += ["## Also known as", ", ".join(known)]
    return "\n\n".join(parts) + "\n"


def _graded(rule: Rule) -> list[str]:
    """Return which findings have another severity, in the words of ``when:``; nothing if all have the rule's."""
    steps = [f"one step {step} severe if {_words(of)}" for step, of in _steps(rule) if of]
    return [f"A finding is {'; '.join(steps)}."] if steps else []


def _steps(rule: Rule) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    return ("more", rule.worse), ("less", rule.milder)


def _words(pattern: Mapping[str, Any]) -> str:
    """Return the words of a pattern over one kind of fact: ``privileged: true``."""
    import yaml

    (words,) = pattern.values()
    written: str = yaml.safe_dump(words, default_flow_style=True, sort_keys=False, width=1_000_000)
    return f"`{written.strip().removeprefix('{').removesuffix('}')}`"


def _technique(name: str) -> str:
    return f"[{name}](https://attack.mitre.org/techniques/{name.replace('.', '/')}/)"


_APPLIED: dict[Safety, str] = {
    "safe": "`iamlint check --fix` makes this change",
    "unsafe": "`iamlint check --fix --unsafe-fixes` makes this change",
    "suggestion": "iamlint suggests this change",
}


def _mended(one: Mended) -> list[str]:
    before, after = (_files(files) for files in (one.before, one.after))
    return [f"{_APPLIED[one.mending.safety]}. Before:", before, "After:", after]


def _files(files: Mapping[str, str]) -> str:
    return "\n\n".join(_fenced(name, text) for name, text in files.items())


def _example(example: Example) -> str:
    return _files(example.files)


def _fenced(name: str, text: str) -> str:
    language = next((language for suffix, language in _LANGUAGES.items() if name.endswith(suffix)), "")
    return f"```{language}\n{text.strip()}\n```"
