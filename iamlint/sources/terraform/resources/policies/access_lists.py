"""Access lists: the ``access`` of BigQuery's datasets and the ACLs of Cloud Storage, one grant per entry.

Their basic roles are roles of IAM under older names. Of predefined ACLs only grants outside the bucket's project are
included. An ACL of a bucket with uniform bucket-level access is refused or ignored. It is included anyway, since it
counts again after that setting is reverted. Sources: https://cloud.google.com/bigquery/docs/access-control-basic-roles,
https://cloud.google.com/storage/docs/access-control/lists,
https://cloud.google.com/storage/docs/access-control/iam#acls
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from iamlint.basics.frozen import frozen
from iamlint.documents.values import Value
from iamlint.facts import Condition, Grant, Origin, Place, Resource, Text
from iamlint.sources.access_entries import (
    NAMED_BY,
    NO_PRINCIPAL,
    OF_BUCKET,
    OF_DATASET,
    OF_OBJECT,
    principal_named_by,
    principal_of_entity,
)
from iamlint.sources.terraform.instances.arguments import (
    Placed,
    elements_of,
    named,
    partly_known,
    placed_text,
    placed_texts,
)
from iamlint.sources.terraform.instances.condition import condition_of
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Argument, Body, Instance
from iamlint.sources.terraform.resources.families import resource_of
from iamlint.sources.terraform.resources.identities.accounts import principal_of
from iamlint.unknown import Unknown, UnknownPart, join_texts

_PREDEFINED = {
    "publicread": "READER:allUsers",
    "publicreadwrite": "WRITER:allUsers",
    "authenticatedread": "READER:allAuthenticatedUsers",
    **dict.fromkeys(("private", "projectprivate", "bucketownerread", "bucketownerfullcontrol"), ""),
}
"""The grants of predefined ACLs to others than the bucket's own project and the object's owner.

Source: https://cloud.google.com/storage/docs/access-control/lists#predefined-acl
"""


@frozen
class _List:
    """The common parts of all entries of one list. ``roles`` maps its basic roles to names in IAM."""

    instance: Instance
    resource: Resource
    place: Place
    roles: Mapping[str, str]
    origin: Origin = "member"

    def grant(self, principal: Placed, role: Placed, condition: Condition | Unknown | None = None) -> Grant:
        return Grant(
            principal=principal_of(principal[0]),
            role=self.roles.get(role[0], role[0]) if isinstance(role[0], str) else role[0],
            resource=self.resource,
            origin=self.origin,
            declared=declaration(self.instance),
            principal_place=principal[1],
            role_place=role[1],
            resource_place=self.place,
            condition=condition,
        )


def _list(instance: Instance, family: str, roles: Mapping[str, str], *arguments: str, kind: str = "") -> _List:
    """Return a list on the resource that these arguments name, as for the IAM resources of a family."""
    written = {name: instance.body.arguments[name] for name in arguments if name in instance.body.arguments}
    resource, place = resource_of(replace(instance, body=Body(instance.body.at, written)), family)
    return _List(instance, Resource(kind or family, resource.name), place, roles)


# -- BigQuery ------------------------------------------------------------------------------------------------------


def dataset(instance: Instance) -> Iterator[Grant]:
    """Yield the ``access`` blocks of a ``google_bigquery_dataset``: all of its policy, if Terraform manages them.

    Source: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/bigquery_dataset#access
    """
    entries = _list(instance, "bigquery_dataset", OF_DATASET, "project", "dataset_id")
    if instance.body.owns("access"):
        entries = replace(entries, origin="policy")
    found = _entries(instance.body, "access")
    if isinstance(found, Unknown):
        argument = instance.body.arguments.get("access")
        place = Place((argument.at if argument else instance.body.at).location)
        yield entries.grant((found, place), (found, place), found)
        found = _certain_entries(instance.body)
    for index, entry in enumerate(found):
        yield from _entry(entries, entry, f"{instance.address}.access[{index}]")


def dataset_access(instance: Instance) -> Iterator[Grant]:
    """Yield the one entry of a ``google_bigquery_dataset_access``."""
    entries = _list(instance, "bigquery_dataset", OF_DATASET, "project", "dataset_id")
    yield from _entry(entries, instance.body, instance.address)


def _entries(body: Body, name: str) -> tuple[Body, ...] | Unknown:
    """Return the blocks of a type, or the objects of an argument with that name.

    Source: https://developer.hashicorp.com/terraform/language/attr-as-blocks
    """
    argument, blocks = body.arguments.get(name), body.blocks_of(name)
    if argument is None or isinstance(blocks, Unknown) or blocks:
        return blocks
    objects = elements_of(argument.value)
    if isinstance(objects, Unknown):
        return objects
    found: list[Body] = []
    for element in objects:
        entry = _entry_of(argument, element)
        if isinstance(entry, Unknown):
            return entry
        found.append(entry)
    return tuple(found)


def _certain_entries(body: Body) -> tuple[Body, ...]:
    """Return the blocks or objects of ``access`` that are certainly there, if they are not all known."""
    argument = body.arguments.get("access")
    elements = partly_known(argument.value) if argument else ()
    parts = elements if not isinstance(elements, Unknown) else ()
    entries = (_entry_of(argument, part.value) for part in parts if argument and part.sure)
    return (*body.certain("access"), *(entry for entry in entries if isinstance(entry, Body)))


def _entry_of(argument: Argument, element: Value) -> Body | Unknown:
    match element.data:
        case dict() as fields:
            at = element.at or argument.at
            return Body(at, {key: Argument(value, value.at or at) for key, value in fields.items()})
        case Unknown() as why:
            return why
        case _:
            return Unknown("an element is not an object")


def _entry(entries: _List, entry: Body, reference: str) -> Iterator[Grant]:
    written = {name: text for name in NAMED_BY if (text := placed_text(entry, name)) and text[0] != ""}
    if not written and any(_is_set(entry, name) for name in NO_PRINCIPAL):
        return
    found = placed_text(entry, "role")
    role = named(found[0] if found else None, f"{reference}.role", "role is not set")
    place = found[1] if found else Place(entry.at.location)
    yield entries.grant(_holder(entry, written, reference), (role, place), _condition(entry))


def _holder(entry: Body, written: dict[str, Placed], reference: str) -> Placed:
    """Return the one principal of an entry: the argument that is certainly set, else the only one that may be."""
    certain = {name: text for name, text in written.items() if isinstance(text[0], str)} or written
    if not certain:
        return Unknown("the entry names no principal"), Place(entry.at.location)
    name, (text, place) = next(iter(certain.items()))
    if len(certain) > 1:
        reason = text.reason if isinstance(text, Unknown) else "the entry names several principals"
        return Unknown(reason, (UnknownPart(f"{reference}.principal"),)), place
    return principal_named_by(name, named(text, f"{reference}.{name}", "")), place


def _is_set(entry: Body, name: str) -> bool:
    """Whether an entry has such a block, or may have it."""
    if isinstance(entry.value(name).data, dict):
        return True
    found = _entries(entry, name)
    return isinstance(found, Unknown) or bool(found)


def _condition(entry: Body) -> Condition | Unknown | None:
    found = _entries(entry, "condition")
    if isinstance(found, Unknown):
        return found
    return condition_of(replace(entry, blocks={"condition": found}))


# -- Cloud Storage -------------------------------------------------------------------------------------------------


def bucket_acl(instance: Instance) -> Iterator[Grant]:
    """Yield the ACL of a bucket, and its ``default_acl`` for new objects."""
    yield from _acl(_list(instance, "storage_bucket", OF_BUCKET, "bucket"))
    yield from _predefined(_default_list(instance), "default_acl")


def default_object_acl(instance: Instance) -> Iterator[Grant]:
    """Yield the ACL of a bucket's new objects: on the kind ``storage_default_object``, by the bucket's name."""
    yield from _acl(_default_list(instance))


def object_acl(instance: Instance) -> Iterator[Grant]:
    """Yield the ACL of an object: on the kind ``storage_object``, by the names of its bucket and itself."""
    yield from _acl(_object_list(instance))


def bucket_access_control(instance: Instance) -> Iterator[Grant]:
    """Yield one entry of a bucket's ACL."""
    yield _access_control(_list(instance, "storage_bucket", OF_BUCKET, "bucket"))


def default_object_access_control(instance: Instance) -> Iterator[Grant]:
    """Yield one entry of the ACL of a bucket's new objects, or of one object, if it names one."""
    of_object = placed_text(instance.body, "object")
    yield _access_control(_object_list(instance) if of_object and of_object[0] != "" else _default_list(instance))


def object_access_control(instance: Instance) -> Iterator[Grant]:
    """Yield one entry of an object's ACL."""
    yield _access_control(_object_list(instance))


def _default_list(instance: Instance) -> _List:
    return _list(instance, "storage_bucket", OF_OBJECT, "bucket", kind="storage_default_object")


def _object_list(instance: Instance) -> _List:
    return _list(instance, "storage_bucket", OF_OBJECT, "bucket", "object", kind="storage_object")


def _access_control(entries: _List) -> Grant:
    body, address = entries.instance.body, entries.instance.address
    placed: list[Placed] = []
    for name in ("entity", "role"):
        found = placed_text(body, name)
        text = named(found[0] if found else None, f"{address}.{name}", f"{name} is not set")
        placed.append((text, found[1] if found else Place(body.at.location)))
    (entity, at), role = placed
    return entries.grant((principal_of_entity(entity), at), role)


def _acl(entries: _List) -> Iterator[Grant]:
    body = entries.instance.body
    pairs = placed_texts(body, "role_entity")
    if isinstance(pairs, Unknown):
        place = Place(body.arguments["role_entity"].at.location)
        yield entries.grant((pairs, place), (pairs, place))
        pairs = ()
    for index, (pair, place) in enumerate(pairs):
        yield _pair(entries, named(pair, f"{entries.instance.address}.role_entity[{index}]", ""), place)
    yield from _predefined(entries, "predefined_acl")


def _predefined(entries: _List, argument: str) -> Iterator[Grant]:
    found = placed_text(entries.instance.body, argument)
    match found:
        case None | ("", _):
            return
        case (str() as text, place):
            pair = _PREDEFINED.get(text.replace("-", "").lower())
            if pair is None:
                why = Unknown(f"{text} is not a predefined ACL")
                yield entries.grant((why, place), (why, place))
            elif pair:
                yield _pair(entries, pair, place)
        case (text, place):
            yield entries.grant((Unknown(text.reason), place), (Unknown(text.reason), place))


def _pair(entries: _List, pair: Text, place: Place) -> Grant:
    """Return the grant of ``READER:allUsers``, which may be partly unknown."""
    parts = [pair] if isinstance(pair, str) else [_of(part, pair) for part in pair.parts]
    for index, part in enumerate(parts):
        if isinstance(part, str) and ":" in part:
            left, _, right = part.partition(":")
            role, entity = join_texts(*parts[:index], left), join_texts(right, *parts[index + 1 :])
            if role != "" and entity != "":
                return entries.grant((principal_of_entity(entity), place), (role, place))
    why = pair if isinstance(pair, Unknown) else Unknown(f"{pair} is not of the form ROLE:ENTITY")
    return entries.grant((Unknown(why.reason), place), (Unknown(why.reason), place))


def _of(part: str | UnknownPart, whole: Unknown) -> Text:
    return part if isinstance(part, str) else Unknown(whole.reason, (part,))
