"""Service perimeters of VPC Service Controls.

Sources: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/ with
access_context_manager_service_perimeter, access_context_manager_service_perimeters and
access_context_manager_service_perimeter_resource.
"""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.facts import Perimeter, Place
from iamlint.sources.terraform.instances.arguments import named, placed_texts, text_of, texts_only
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Body, Instance
from iamlint.unknown import Unknown


def perimeter(instance: Instance) -> Iterator[Perimeter]:
    """Yield what a perimeter enforces: its ``status``. A ``spec`` alone is a dry run."""
    yield from _perimeter(instance, instance.body, instance.address)


def perimeters(instance: Instance) -> Iterator[Perimeter]:
    """Yield what the perimeters of a whole access policy enforce."""
    blocks = instance.body.blocks_of("service_perimeters")
    if isinstance(blocks, Unknown):
        name = named(None, f"{instance.address}.service_perimeters", blocks.reason)
        yield Perimeter(name, declaration(instance), Place(instance.body.at.location), blocks, blocks)
        return
    for index, block in enumerate(blocks):
        yield from _perimeter(instance, block, f"{instance.address}.service_perimeters[{index}]")


def perimeter_resource(instance: Instance) -> Iterator[Perimeter]:
    """Yield the one project that is added to what a perimeter enforces; the perimeter itself states the services."""
    body, at = instance.body, Place(instance.body.at.location)
    perimeter_name = text_of(body.value("perimeter_name"))
    name = named(perimeter_name, f"{instance.address}.perimeter_name", "perimeter_name is not set")
    project = named(text_of(body.value("resource")), f"{instance.address}.resource", "resource is not set")
    services = Unknown("the perimeter itself states its services")
    yield Perimeter(name, declaration(instance), at, (project,), services)


def _perimeter(instance: Instance, body: Body, address: str) -> Iterator[Perimeter]:
    blocks = body.blocks_of("status")
    if not blocks:
        return
    name = named(text_of(body.value("name")), f"{address}.name", "the perimeter has no name")
    if isinstance(blocks, Unknown):
        yield Perimeter(name, declaration(instance), Place(body.at.location), blocks, blocks)
        return
    status = blocks[0]
    resources, services = placed_texts(status, "resources"), placed_texts(status, "restricted_services")
    at = Place(status.at.location)
    yield Perimeter(name, declaration(instance), at, texts_only(resources), texts_only(services))
