"""Organization policies, of the current API and the previous one.

Source: https://cloud.google.com/resource-manager/docs/organization-policy/using-constraints
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iamlint.documents.parts import first, get, has, items, text, texts
from iamlint.documents.values import Value
from iamlint.facts import Declaration, OrgPolicy, Place, Resource
from iamlint.sources.gcloud.names import relative
from iamlint.unknown import Unknown


def org_policies(found: Sequence[Value], resource: Resource | None) -> Iterator[OrgPolicy]:
    """Yield organization policies; ``resource`` is the default resource."""
    for policy in found:
        name = text(get(policy, "name")) or ""
        if has(policy, "spec"):
            of, _, constraint = name.partition("/policies/")
            on = relative(of)
            if on:
                yield _of_spec(policy, constraint, on)
        elif resource:
            yield _older(policy, resource)


def _of_spec(policy: Value, constraint: str, resource: Resource) -> OrgPolicy:
    spec = get(policy, "spec")
    rules = items(get(spec, "rules"))
    conditional = any(has(rule, "condition") for rule in rules)
    why = Unknown(f"a rule of the organization policy {constraint} is under a condition")
    plain = [rule for rule in rules if not has(rule, "condition")]
    enforced = [get(rule, "enforce").data is True for rule in plain if has(rule, "enforce")]
    allowed = [one for rule in plain for one in texts(get(rule, "values", "allowedValues"))]
    denied = [one for rule in plain for one in texts(get(rule, "values", "deniedValues"))]
    allowed += [one for rule in plain for one in _parameters(get(rule, "parameters"))]
    allowed += ["*" for rule in plain if get(rule, "allowAll").data is True]
    denied += ["*" for rule in plain if get(rule, "denyAll").data is True]
    return OrgPolicy(
        constraint=constraint,
        resource=resource,
        declared=Declaration(policy.location, "org_policy"),
        place=Place((get(spec, "rules") if has(spec, "rules") else spec).location),
        enforced=why if conditional else any(enforced) if enforced else None,
        allowed=why if conditional else tuple(allowed),
        denied=why if conditional else tuple(denied),
        reset=get(spec, "reset").data is True,
    )


def _parameters(parameters: Value) -> tuple[str, ...]:
    """Return the texts in the lists of a managed constraint's parameters: ``{allowedMemberSubjects: [...]}``."""
    entries = parameters.data if isinstance(parameters.data, dict) else {}
    return tuple(one for value in entries.values() for one in texts(value))


def _older(policy: Value, resource: Resource) -> OrgPolicy:
    boolean, listed = first(policy, "booleanPolicy", "boolean_policy"), first(policy, "listPolicy", "list_policy")
    everything = text(first(listed, "allValues", "all_values"))
    written = get(policy, "constraint")
    return OrgPolicy(
        constraint=(text(written) or "").removeprefix("constraints/"),
        resource=resource,
        declared=Declaration(policy.location, "org_policy"),
        place=Place(written.location),
        enforced=get(boolean, "enforced").data is True if boolean.data is not None else None,
        allowed=("*",) if everything == "ALLOW" else texts(first(listed, "allowedValues", "allowed_values")),
        denied=("*",) if everything == "DENY" else texts(first(listed, "deniedValues", "denied_values")),
        reset=has(policy, "restoreDefault") or has(policy, "restore_default"),
    )
