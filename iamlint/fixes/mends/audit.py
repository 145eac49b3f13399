"""Fixes of audit configurations."""

from __future__ import annotations

from iamlint.basics.lazy_regex import regex
from iamlint.facts import AuditConfig, Project
from iamlint.fixes.mends.services import resource, unused_in
from iamlint.fixes.problem import Change, Problem, Withheld, change
from iamlint.fixes.writing import quoted, with_lines_after, with_lines_in
from iamlint.hcl.syntax import Body
from iamlint.queries.audit import LOG_TYPES

_MISSING = regex(r"(?P<types>[A-Z_]+(?: and [A-Z_]+)*) accesses are not logged")


EXEMPTED = Withheld("principals are exempted, and the input does not say whether on purpose")


def log_every_access(problem: Problem) -> Change | Withheld | None:
    """Logs the access that the configuration does not log."""
    missing = _MISSING.fullmatch(problem.match.words.get("problem", ""))
    found = problem.sources.find(problem.place.at)
    if missing is None and isinstance(problem.match.fact, AuditConfig) and problem.match.fact.exempted:
        return EXEMPTED
    if missing is None or found is None:
        return None
    tree, node = found
    body = next((one for one in (node, *tree.around(node)) if isinstance(one, Body)), None)
    if body is None or body is tree.file.body or "service" not in body.arguments:
        return None
    kinds = {one.type for one in body.blocks}
    kind = kinds.pop() if len(kinds) == 1 else None
    if kind not in ("audit_log_config", "audit_log_configs"):
        return None
    types = missing["types"].split(" and ")
    on_one_line = all("\n" not in tree.text(one) for one in body.blocks)
    lines = [
        f'{kind} {{ log_type = "{one}" }}' if on_one_line else f'{kind} {{\n  log_type = "{one}"\n}}'
        for one in LOG_TYPES
        if one in types
    ]
    return change(f"log {missing['types']}, too", with_lines_in(tree, body, "\n".join(lines)))


def log_all_accesses(problem: Problem) -> Change | None:
    """Adds a configuration that logs all accesses of all services, below the block of the project."""
    project = problem.match.fact
    found = problem.sources.single(project.declared.at, "google_project") if isinstance(project, Project) else None
    if found is None:
        return None
    tree, block = found
    kind = "google_project_iam_audit_config"
    name = unused_in(problem.sources, tree, kind, block.label(1))
    lines = [("project", f"google_project.{block.label(1)}.project_id"), ("service", quoted("allServices"))]
    if provider := block.body.arguments.get("provider"):
        lines.insert(0, ("provider", tree.text(provider.expression)))
    logged = "".join(f'  audit_log_config {{\n    log_type = "{one}"\n  }}\n' for one in LOG_TYPES)
    written = resource(kind, name, lines).removesuffix("}\n") + logged + "}"
    return change(f"log all accesses in {problem.match.words['resource']}", with_lines_after(tree, block, written))
