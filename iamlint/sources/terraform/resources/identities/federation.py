"""Workload and workforce identity: the pools and their providers.

Sources:
https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/iam_workload_identity_pool_provider and
…/iam_workforce_pool_provider
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from iamlint.basics.lazy_regex import regex
from iamlint.documents.values import Value
from iamlint.facts import AWS_ROLE, Condition, Place, Pool, Protocol, Provider, Text
from iamlint.sources.saml import entity_id
from iamlint.sources.terraform.instances.arguments import (
    Placed,
    flag_of,
    named,
    place_of,
    placed_text,
    placed_texts,
    text_of,
    texts_only,
    written_at,
)
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Body, Instance
from iamlint.sources.terraform.instances.view import joined
from iamlint.sources.terraform.resources.projects import default_project
from iamlint.unknown import SET_ELSEWHERE, Unknown, UnknownPart

Mapping = tuple[tuple[str, Text, Place], ...]

_EMPTY = regex(r"""(?<![\w'"\\])(?:''|"")(?!['"])""")
"""An empty text in a condition."""
_EMPTY_PART = regex(r"""[/:]['"/:]|['"][/:]""")
"""Where a part of a text may be empty: before or after its delimiter."""
_LOOKED_AT = 4
"""How many characters before an empty text are compared with the source."""

_AWS_MAPPING = {"google.subject": "assertion.arn", "attribute.aws_role": AWS_ROLE}
"""The mapping of an AWS provider that sets none.

Source: ``attributeMapping`` in
https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers
"""
_NUMBERED = regex(r"projects/(?P<number>\d+)/locations/")


def workload_pool(instance: Instance) -> Iterator[Pool]:
    """Yield the pool of a ``google_iam_workload_identity_pool``."""
    name = text_of(instance.body.value("name"))
    match = _NUMBERED.match(name) if isinstance(name, str) else None
    yield Pool(
        name=_workload_pool(instance),
        declared=declaration(instance),
        disabled=flag_of(instance.body.value("disabled")),
        project_number=match["number"] if match else None,
        imported=instance.imported,
    )


def workforce_pool(instance: Instance) -> Iterator[Pool]:
    """Yield the pool of a ``google_iam_workforce_pool``."""
    disabled = flag_of(instance.body.value("disabled"))
    yield Pool(_workforce_pool(instance), declaration(instance), disabled, imported=instance.imported)


def workload_provider(instance: Instance) -> Iterator[Provider]:
    """Yield the provider of a ``google_iam_workload_identity_pool_provider``."""
    yield _provider(instance, _workload_pool(instance), "workload_identity_pool_provider_id")


def workforce_provider(instance: Instance) -> Iterator[Provider]:
    """Yield the provider of a ``google_iam_workforce_pool_provider``."""
    yield _provider(instance, _workforce_pool(instance), "provider_id")


# -- names -------------------------------------------------------------------------------------------------------------


def _workload_pool(instance: Instance) -> Text:
    project, _ = default_project(instance)
    return _name(
        "projects/", project, "/locations/global/workloadIdentityPools/", _pool_id(instance, "workload_identity_")
    )


def _workforce_pool(instance: Instance) -> Text:
    location = text_of(instance.body.value("location"))
    return _name("locations/", location or "global", "/workforcePools/", _pool_id(instance, "workforce_"))


def _pool_id(instance: Instance, prefix: str) -> Text:
    """Return the pool's id; from a full name the last part."""
    name = f"{prefix}pool_id"
    text = named(text_of(instance.body.value(name)), f"{instance.address}.{name}", f"{name} is not set")
    return text.rpartition("/")[2] if isinstance(text, str) else text


def _name(*parts: Text) -> Text:
    return text_of(joined(*(Value(part) for part in parts))) or Unknown("it has no name")


# -- trust -----------------------------------------------------------------------------------------------------------


def _provider(instance: Instance, pool: Text, id_argument: str) -> Provider:
    body, declared = instance.body, declaration(instance)
    own = named(text_of(body.value(id_argument)), f"{instance.address}.{id_argument}", f"{id_argument} is not set")
    protocol, trusted = _protocol(body)
    inner = trusted or body
    issuer = _issuer(inner, protocol)
    return Provider(
        pool=pool,
        name=_name(pool, "/providers/", own),
        declared=declared,
        place=issuer[1] if issuer else Place(inner.at.location),
        protocol=protocol,
        issuer=protocol if isinstance(protocol, Unknown) else issuer[0] if issuer else None,
        audiences=_audiences(inner, protocol),
        condition=_attribute_condition(body),
        mapping=_mapping(body, protocol),
        disabled=flag_of(body.value("disabled")),
        keys=text_of(inner.value("jwks_json")) if protocol == "oidc" else None,
    )


def _protocol(body: Body) -> tuple[Protocol | Unknown | None, Body | None]:
    """Return the protocol of the provider, and the block that sets it."""
    unknown: Unknown | None = None
    for name in get_args(Protocol):
        blocks = body.blocks_of(name)
        if isinstance(blocks, Unknown):
            unknown = unknown or blocks
        elif blocks:
            return name, blocks[0]
    return unknown, None


def _issuer(trusted: Body, protocol: Protocol | Unknown | None) -> Placed | None:
    match protocol:
        case "oidc":
            return placed_text(trusted, "issuer_uri")
        case "aws":
            return placed_text(trusted, "account_id")
        case "saml":
            found = placed_text(trusted, "idp_metadata_xml")
            return (entity_id(found[0]), found[1]) if found else None
        case _:
            return None


def _audiences(trusted: Body, protocol: Protocol | Unknown | None) -> tuple[Text, ...] | Unknown:
    match protocol:
        case Unknown():
            return protocol
        case "oidc":
            return texts_only(placed_texts(trusted, "allowed_audiences"))
        case _:
            return ()


def _attribute_condition(body: Body) -> Condition | None:
    found = placed_text(body, "attribute_condition")
    if not found or found[0] == "":
        return None
    expression, place = found
    joined_parts = False
    if isinstance(expression, str) and (_EMPTY.search(expression) or _EMPTY_PART.search(expression)):
        written = written_at(body.arguments["attribute_condition"]).text
        expression = _without_empty_operand(expression, written)
        joined_parts = not written.startswith(('"', "<<")) or "${" in written or "%{" in written
    return Condition(expression, None, place.at, joined_parts, place.origin)


def _mapping(body: Body, protocol: Protocol | Unknown | None) -> Mapping | Unknown:
    argument = body.arguments.get("attribute_mapping")
    data = argument.value.data if argument else None
    match data:
        case Unknown():
            return data
        case dict() if argument and data:
            texts = ((name, text_of(value), place_of(argument, value)) for name, value in data.items())
            found = tuple((name, text, place) for name, text, place in texts if text is not None)
            groups = _other_groups(body)
            return (*(one for one in found if one[0] != "google.groups"), *groups) if groups else found
        case None | dict() if protocol == "aws":
            place = Place(body.at.location)
            return tuple((name, text, place) for name, text in _AWS_MAPPING.items())
        case None | dict():
            return protocol if isinstance(protocol, Unknown) else ()
        case _:
            return Unknown("attribute_mapping is not a map")


def _other_groups(body: Body) -> Mapping:
    """Return an unknown attribute for the groups of tokens if they do not come from the mapping.

    Source: ``scimUsage`` and ``extendedAttributesOauth2Client`` in
    https://cloud.google.com/iam/docs/reference/rest/v1/locations.workforcePools.providers
    """
    usage = placed_text(body, "scim_usage")
    if usage and usage[0] not in ("", "SCIM_USAGE_UNSPECIFIED"):
        return (("google.groups", Unknown("SCIM provides the groups"), usage[1]),)
    if body.blocks_of("extended_attributes_oauth2_client") != ():
        return (("google.groups", Unknown("the directory provides the groups"), Place(body.at.location)),)
    return ()


def _without_empty_operand(expression: str, written: str) -> Text:
    """Return a condition whose empty texts are unknown, but for those that the input has, as ``written``.

    ``'${var.org}'`` with an empty default gets its value elsewhere; ``''`` is what it says.
    """
    parts: list[str | UnknownPart] = []
    done, plain = 0, written.replace('\\"', '"')
    for match in _EMPTY.finditer(expression):
        if expression[max(0, match.start() - _LOOKED_AT) : match.end()] not in plain:
            parts += [expression[done : match.start() + 1], UnknownPart("?")]
            done = match.start() + 1
    if not parts:
        return expression
    return Unknown(f"a part of it {SET_ELSEWHERE}", (*parts, expression[done:]))
