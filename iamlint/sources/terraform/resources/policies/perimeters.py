"""Service perimeters of VPC Service Controls.

Source:
https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/access_context_manager_service_perimeter
"""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.facts import Perimeter, Place
from iamlint.sources.terraform.instances.arguments import named, placed_texts, text_of, texts_only
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.unknown import Unknown


def perimeter(instance: Instance) -> Iterator[Perimeter]:
    """Yield what a perimeter enforces: its ``status``. A ``spec`` alone is a dry run."""
    blocks = instance.body.blocks_of("status")
    if not blocks:
        return
    name = named(text_of(instance.body.value("name")), f"{instance.address}.name", "the perimeter has no name")
    if isinstance(blocks, Unknown):
        yield Perimeter(name, declaration(instance), Place(instance.body.at.location), blocks, blocks)
        return
    status = blocks[0]
    resources, services = placed_texts(status, "resources"), placed_texts(status, "restricted_services")
    at = Place(status.at.location)
    yield Perimeter(name, declaration(instance), at, texts_only(resources), texts_only(services))
