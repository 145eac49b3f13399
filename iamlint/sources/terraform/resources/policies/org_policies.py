"""Organization policies: the constraints set on a project, folder or organization.

Sources: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/org_policy_policy and, for the
older form, …/google_project_organization_policy
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from iamlint.basics.frozen import frozen
from iamlint.documents.values import Value
from iamlint.facts import OrgPolicy, Place, Resource, Text
from iamlint.sources.terraform.instances.arguments import (
    Placed,
    flag_of,
    named,
    placed_text,
    placed_texts,
    text_of,
)
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Body, Instance
from iamlint.sources.terraform.resources.families import resource_of
from iamlint.sources.terraform.resources.identities.accounts import identified
from iamlint.unknown import Unknown, UnknownPart, without_prefix

Texts = tuple[Text, ...] | Unknown

ALL = ("*",)
"""Means all values in a list of values."""
_POLICIES = "/policies/"
_KINDS = {"projects": "project", "folders": "folder", "organizations": "organization"}
_OLDER = {
    "google_project_organization_policy": "project",
    "google_folder_organization_policy": "folder",
    "google_organization_policy": "organization",
}


@frozen
class _Rules:
    """The content of a policy, as in `OrgPolicy`."""

    enforced: bool | Unknown | None = None
    allowed: Texts = ()
    denied: Texts = ()
    reset: bool = False


def org_policy(instance: Instance) -> Iterator[OrgPolicy]:
    """Yield the policies of a ``google_org_policy_policy``; none if it has only a dry run."""
    specs = instance.body.blocks_of("spec")
    if isinstance(specs, Unknown):
        yield _policy(instance, _unknown(specs))
    elif specs:
        yield _policy(instance, _spec(specs[0]))


def _policy(instance: Instance, rules: _Rules) -> OrgPolicy:
    body = instance.body
    found = placed_text(body, "name")
    constraint = _after(named(found[0] if found else None, f"{instance.address}.name", "name is not set"), _POLICIES)
    parent = named(text_of(body.value("parent")), f"{instance.address}.parent", "parent is not set")
    return _stated(instance, constraint, _resource(parent), found, rules)


def _stated(instance: Instance, constraint: Text, resource: Resource, at: Placed | None, rules: _Rules) -> OrgPolicy:
    return OrgPolicy(
        constraint=without_prefix(constraint, "constraints/"),
        resource=resource,
        declared=declaration(instance),
        place=at[1] if at else Place(instance.body.at.location),
        enforced=rules.enforced,
        allowed=rules.allowed,
        denied=rules.denied,
        reset=rules.reset,
    )


def _after(text: Text, separator: str) -> Text:
    """Return the text after the last separator."""
    if isinstance(text, str):
        return text.rpartition(separator)[2]
    for index, part in reversed(list(enumerate(text.parts))):
        if isinstance(part, str) and separator in part:
            rest = part.rpartition(separator)[2]
            parts = ((rest,) if rest else ()) + text.parts[index + 1 :]
            if not any(isinstance(piece, UnknownPart) for piece in parts):
                return "".join(map(str, parts))
            return Unknown(text.reason, parts)
    return text


def _resource(parent: Text) -> Resource:
    """Return the resource of ``projects/P``, ``folders/N`` or ``organizations/N``."""
    known = parent if isinstance(parent, str) else parent.prefix
    kind = _KINDS.get(known.partition("/")[0])
    return Resource(kind, without_prefix(parent, *(f"{name}/" for name in _KINDS))) if kind else _unclear(parent)


def _unclear(parent: Text) -> Resource:
    """Return a parent of unknown kind; a reference to a project or folder still shows the kind."""
    unknown_part = parent.parts[0] if isinstance(parent, Unknown) and parent.parts else None
    reference = unknown_part.reference if isinstance(unknown_part, UnknownPart) else ""
    for kind in _KINDS.values():
        if f"google_{kind}." in reference:
            return Resource(kind, parent)
    return Resource("unknown", parent)


# -- the newer form ----------------------------------------------------------------------------------------------------


def _spec(spec: Body) -> _Rules:
    reset = flag_of(spec.value("reset"))
    if isinstance(reset, Unknown):
        return _unknown(reset)
    if reset:
        return _Rules(reset=True)
    rules = spec.blocks_of("rules")
    if isinstance(rules, Unknown):
        return _unknown(rules)
    found = [_rule(rule) for rule in rules]
    return _Rules(
        enforced=_first_enforced([one.enforced for one in found]),
        allowed=_together([one.allowed for one in found]),
        denied=_together([one.denied for one in found]),
    )


def _or_parameters(allowed: Texts, parameters: Text | None) -> Texts:
    """Return what a rule allows with the texts in the parameters of a managed constraint, which are JSON."""
    if parameters is None or isinstance(allowed, Unknown):
        return allowed
    if isinstance(parameters, Unknown):
        return Unknown(f"the parameters of the constraint are not known: {parameters.reason}")
    try:
        entries = json.loads(parameters)
    except (ValueError, RecursionError):
        return Unknown("this is not JSON, as the parameters of a constraint must be")
    lists = (value for value in entries.values() if isinstance(value, list)) if isinstance(entries, dict) else ()
    return (*allowed, *(one for value in lists for one in value if isinstance(one, str)))


def _rule(rule: Body) -> _Rules:
    values = rule.blocks_of("values")
    allowed: Texts = values if isinstance(values, Unknown) else ()
    denied: Texts = allowed
    if not isinstance(values, Unknown) and values:
        allowed = _texts(values[0], "allowed_values")
        denied = _texts(values[0], "denied_values")
    enforced = _flag(rule.value("enforce"))
    allowed = _or_parameters(allowed, text_of(rule.value("parameters")))
    stated = _Rules(
        enforced, _or_all(allowed, _flag(rule.value("allow_all"))), _or_all(denied, _flag(rule.value("deny_all")))
    )
    conditions = rule.blocks_of("condition")
    if isinstance(conditions, Unknown):
        return _where_said(stated, conditions)
    if conditions:
        return _where_said(stated, Unknown("the rule holds only under a condition"))
    return stated


def _where_said(rules: _Rules, why: Unknown) -> _Rules:
    """Return the rules as unknown, with the reason, since the rule may not hold."""
    return _Rules(
        enforced=None if rules.enforced is None else why,
        allowed=why if rules.allowed else (),
        denied=why if rules.denied else (),
    )


def _flag(value: Value) -> bool | Unknown | None:
    """Return a flag; ``enforce`` and similar ones are texts: "TRUE", "FALSE" in any case, or absent."""
    if value.data is None or value.data == "":
        return None
    return flag_of(Value(value.data.lower()) if isinstance(value.data, str) else value)


def _texts(body: Body, name: str) -> Texts:
    """Return the values of a list; some constraints list accounts."""
    found = placed_texts(body, name)
    return found if isinstance(found, Unknown) else tuple(identified(text) for text, _ in found)


def _or_all(values: Texts, every: bool | Unknown | None) -> Texts:
    if isinstance(every, Unknown):
        return every
    return ALL if every else values


def _first_enforced(flags: list[bool | Unknown | None]) -> bool | Unknown | None:
    """Combine several rules, all but one with conditions; if one of those would change the result, it is
    unknown.
    """
    said = [flag for flag in flags if flag is not None]
    certain = {flag for flag in said if isinstance(flag, bool)}
    unsure = next((flag for flag in said if isinstance(flag, Unknown)), None)
    if unsure:
        return unsure
    if len(certain) > 1:
        return Unknown("its rules disagree")
    return certain.pop() if certain else None


def _together(lists: list[Texts]) -> Texts:
    unknown = next((one for one in lists if isinstance(one, Unknown)), None)
    if unknown:
        return unknown
    return tuple(dict.fromkeys(text for one in lists if not isinstance(one, Unknown) for text in one))


def _unknown(why: Unknown) -> _Rules:
    return _Rules(why, why, why)


# -- the older form ----------------------------------------------------------------------------------------------------


def older_org_policy(instance: Instance) -> Iterator[OrgPolicy]:
    """Yield the policy of a ``google_project_organization_policy``, or that of a folder or organization."""
    found = placed_text(instance.body, "constraint")
    constraint = named(found[0] if found else None, f"{instance.address}.constraint", "constraint is not set")
    resource = resource_of(instance, _OLDER[instance.type])[0]
    yield _stated(instance, constraint, resource, found, _older_rules(instance.body))


def _older_rules(body: Body) -> _Rules:
    """Return the rules; one of the three blocks says what the policy does."""
    for name in ("restore_policy", "boolean_policy", "list_policy"):
        blocks = body.blocks_of(name)
        if isinstance(blocks, Unknown):
            return _unknown(blocks)
        for block in blocks:
            return _older_rule(name, block)
    return _Rules()


def _older_rule(name: str, block: Body) -> _Rules:
    match name:
        case "restore_policy":
            reset = flag_of(block.value("default"))
            return _unknown(reset) if isinstance(reset, Unknown) else _Rules(reset=reset)
        case "boolean_policy":
            return _Rules(enforced=flag_of(block.value("enforced")))
        case _:
            return _Rules(allowed=_values(block, "allow"), denied=_values(block, "deny"))


def _values(policy: Body, name: str) -> Texts:
    blocks = policy.blocks_of(name)
    if isinstance(blocks, Unknown):
        return blocks
    lists = [_or_all(_texts(block, "values"), flag_of(block.value("all"))) for block in blocks]
    return _together(lists)
