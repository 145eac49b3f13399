"""A rule's findings in Terraform source are the same in Terraform's plan of it, and in the state afterwards.

Each flagged example is evaluated and written as a plan, with values known after apply as unknown, and as a state, in
which everything is known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from checkout import write
from many import some

from iamlint.documents.values import SetOf, Value
from iamlint.linter import lint
from iamlint.rules.catalog import load_rules
from iamlint.rules.rule import Example, Rule
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.sources.terraform import sharing
from iamlint.sources.terraform.instances.instance import Body, Instance
from iamlint.testing import marked_lines, unmarked
from iamlint.unknown import Unknown, UnknownPart

Document = dict[str, Any]
Apply = Callable[[Unknown], Any]

RULES = [
    rule
    for rule in load_rules()[0]
    if not rule.acceptance and any(example.kind == "terraform" for example in rule.page.flags)
]
"""Those about acceptance are about comments and files next to the input, which no plan has."""
NOT_THERE = {
    ("plan", "conflicting-bindings", "google_bigquery_dataset"): "a plan does not say what Terraform leaves as it is",
    ("state", "conflicting-bindings", "google_bigquery_dataset"): "a state does not say it either",
    ("plan", "escalation-path", "google_cloud_identity_group"): "a plan alone does not say whose members they are",
    ("state", "escalation-path", "google_cloud_identity_group"): "the values of this test link no group to its members",
    ("plan", "malformed-principal", "google_service_account.ci.email"): "a plan says what is referred to, not how",
}
"""Examples, by form, rule and a text in them, that lose the problem in a form."""
NEVER_THERE = {("state", "malformed-delegate"): "a state has no provider blocks, and each example has one"}
_ATTRIBUTE = re.compile(r"(?P<address>.*)\.(?P<attribute>\w+)\Z", re.DOTALL)
_AFTER_APPLY = {
    "number": "123456",
    "project_number": "123456",
    "folder_id": "1234567",
    "project": "applied",
    "project_id": "applied",
}
"""Attributes after an apply."""


class _NotAppliedError(Exception):
    """Raised for a value that the configuration leaves to its user."""


# -- the instances of an example, and their values ---------------------------------------------------------------------


def instances(example: Example) -> list[Instance]:
    """The evaluated blocks of an example's Terraform."""
    return _instances(tuple(example.files.items()))


@cache
def _instances(files: tuple[tuple[str, str], ...]) -> list[Instance]:
    seen: list[Instance] = []
    facts_of = sharing.facts_of

    def seeing(instance: Instance) -> Iterable[Any]:
        seen.append(instance)
        return facts_of(instance)

    with TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        write(Path(directory), {name: unmarked(text) for name, text in files})
        patch.setattr(sharing, "facts_of", seeing)
        read([Path(directory)], Options())
    return seen


def plain(value: Value, apply: Apply) -> Any:
    """Return a value as JSON."""
    match value.data:
        case Unknown() as why:
            return apply(why)
        case SetOf(items) | tuple(items):
            return [plain(item, apply) for item in items]
        case dict() as entries:
            return {name: plain(item, apply) for name, item in entries.items()}
        case Decimal() as number:
            return float(number)
        case data:
            return data


def values(body: Body, apply: Apply) -> Document:
    """Return a body as JSON."""
    found = {name: plain(argument.value, apply) for name, argument in body.arguments.items()}
    for name, bodies in body.blocks.items():
        if name not in found:
            found[name] = apply(bodies) if isinstance(bodies, Unknown) else [values(one, apply) for one in bodies]
    return found


def planned(why: Unknown) -> Any:
    """Return a value in a plan: data sources are read, and other values only have references.

    A joined text is then completely unknown, except the e-mail of a declared account.
    """
    references = [part.reference for part in why.parts if isinstance(part, UnknownPart)]
    if references and all(reference.startswith("data.") for reference in references):
        return applied(why)
    match why.parts:
        case (UnknownPart(),) | ("serviceAccount:", UnknownPart()):
            return why
        case ("projects/", _, "/serviceAccounts/", UnknownPart(reference)):
            return Unknown(why.reason, (UnknownPart(reference.replace(".email", ".name")),))
        case _:
            raise _NotAppliedError(why.reason)


def applied(why: Unknown) -> Any:
    """What is known after an apply."""
    if not why.parts or any(isinstance(part, UnknownPart) and part.reference.startswith("var.") for part in why.parts):
        raise _NotAppliedError(why.reason)
    return "".join(part if isinstance(part, str) else attribute(part.reference) for part in why.parts)


def attribute(reference: str) -> str:
    found = _ATTRIBUTE.match(reference)
    if found is None:
        raise _NotAppliedError(reference)
    name, email = found["attribute"], f"{found['address'].rpartition('.')[2]}@applied.iam.gserviceaccount.com"
    if ".google_service_account." in f".{found['address']}":
        full = f"projects/applied/serviceAccounts/{email}"
        made = {"email": email, "name": full, "id": full, "member": f"serviceAccount:{email}"}
        return made.get(name, _AFTER_APPLY.get(name, "1234567890"))
    return _AFTER_APPLY.get(name, f"applied-{name}")


# -- a plan ------------------------------------------------------------------------------------------------------------


def plan(found: list[Instance]) -> Document:
    resources = [one for one in found if one.mode in ("managed", "data")]
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {}},
        "resource_changes": [change(one) for one in resources],
        "configuration": {
            "provider_config": {one.name: provider(one) for one in found if one.mode == "provider"},
            "root_module": {"resources": [configured(one) for one in resources]},
        },
    }


def entry(instance: Instance) -> Document:
    address = re.sub(r"\[[^\]]*\]\Z", "", instance.address)
    parts = {"mode": instance.mode, "type": instance.type, "name": instance.name, "address": address}
    return {**parts, "provider_config_key": "google"}


def change(instance: Instance) -> Document:
    actions = ["create"] if instance.mode == "managed" else ["read"]
    after, unknown = split(values(instance.body, planned))
    made = {"actions": actions, "before": None, "after": after, "after_unknown": unknown}
    return {**entry(instance), "address": instance.address, "change": made}


def split(data: Any) -> tuple[Any, Any]:
    """Return the known part of a value, and its mirror that is true where the value is unknown."""
    match data:
        case Unknown():
            return None, True
        case dict():
            pairs = {name: split(item) for name, item in data.items()}
            known = {name: one for name, (one, unknown) in pairs.items() if unknown is not True}
            return known, {name: unknown for name, (_, unknown) in pairs.items() if unknown not in (False, {}, [])}
        case list() if any(isinstance(item, Unknown) for item in data):
            raise _NotAppliedError("a set of which one element is not known is unknown as a whole")
        case list():
            items = [split(item) for item in data]
            unknown = [one for _, one in items]
            return [one for one, _ in items], unknown if any(one not in (False, {}, []) for one in unknown) else []
        case _:
            return data, False


def configured(instance: Instance) -> Document:
    """Return the block in the configuration, where an expression has only references."""
    return {**entry(instance), "expressions": expressions(values(instance.body, planned))}


def expressions(data: Any) -> Any:
    match data:
        case Unknown():
            references = [part.reference for part in data.parts if isinstance(part, UnknownPart)]
            both = (name for one in references for name in (one, one.rpartition(".")[0]))
            return {"references": list(both)}
        case dict():
            return {name: expressions(item) for name, item in data.items()}
        case list() if data and isinstance(data[0], dict):
            return [expressions(item) for item in data]
        case _:
            return {"constant_value": data}


def provider(instance: Instance) -> Document:
    _, _, alias = instance.name.partition(".")
    written = expressions(values(instance.body, planned))
    return {"name": instance.type, **({"alias": alias} if alias else {}), "expressions": written}


# -- a state -----------------------------------------------------------------------------------------------------------


def state(found: list[Instance]) -> Document:
    if any(one.mode == "provider" and len(one.body.arguments) > 0 for one in found):
        raise _NotAppliedError("a state has no provider blocks")
    resources = [stated(one) for one in found if one.mode in ("managed", "data")]
    return {"format_version": "1.0", "terraform_version": "1.9.0", "values": {"root_module": {"resources": resources}}}


def stated(instance: Instance) -> Document:
    known = values(instance.body, applied)
    if instance.type == "google_service_account":
        account, project = known.get("account_id"), known.get("project") or "applied"
        own = f"{account}@{project}.iam.gserviceaccount.com"
        email = own if known.get("project") else attribute(f"{instance.address}.email")
        known |= {"email": email, "project": project, "member": f"serviceAccount:{email}"}
    return {**entry(instance), "address": instance.address, "values": known}


# -- comparison
# -----------------------------------------------------------------------------------------------------------


def said(rule: Rule, directory: Path) -> list[str]:
    report = lint(read([directory], Options()), [rule])
    assert report.errors == ()
    return sorted(finding.message for finding in report.findings)


def examples(rule: Rule, form: str) -> list[Example]:
    """Yield the flagged examples that are Terraform alone, and lose nothing in a form."""
    lost = [text for of, slug, text in NOT_THERE if (of, slug) == (form, rule.slug)]
    alone = [
        one for one in rule.page.flags if one.kind == "terraform" and all(name.endswith(".tf") for name in one.files)
    ]
    return [one for one in alone if not any(text in "".join(one.files.values()) for text in lost)]


@pytest.mark.parametrize(
    ("form", "rule"),
    [*((plan, rule) for rule in RULES), *((state, rule) for rule in RULES[:: some(3, 1)])],
    ids=lambda one: one.id if isinstance(one, Rule) else one.__name__,
)
def test_what_is_found_in_source_is_found_in(
    form: Callable[[list[Instance]], Document], rule: Rule, tmp_path: Path
) -> None:
    proven = 0
    for number, example in enumerate(examples(rule, form.__name__)):
        try:
            document = form(instances(example))
        except _NotAppliedError:
            continue
        write(tmp_path / str(number), {f"{form.__name__}.json": json.dumps(document)})
        marked = sum(len(marked_lines(text)) for text in example.files.values())
        messages = said(rule, tmp_path / str(number))
        assert len(messages) == marked, messages
        proven += 1
    assert bool(proven) is ((form.__name__, rule.slug) not in NEVER_THERE)
