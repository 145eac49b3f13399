"""Service accounts of Kubernetes that are annotated with a service account of Google.

Source: https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity#kubernetes-sa-to-iam
"""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.facts import KubernetesAccount, Text
from iamlint.sources.gcloud.kubernetes.workloads import ANNOTATION
from iamlint.sources.terraform.instances.arguments import named, place_of, text_of
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Body, Instance
from iamlint.sources.terraform.resources.identities.accounts import account_name
from iamlint.unknown import Unknown


def kubernetes_account(instance: Instance) -> Iterator[KubernetesAccount]:
    """Yield the account of a ``kubernetes_service_account``, if it is annotated."""
    metadata = _metadata(instance)
    if metadata:
        yield from _annotated(instance, metadata, metadata)


def kubernetes_annotations(instance: Instance) -> Iterator[KubernetesAccount]:
    """Yield the account that a ``kubernetes_annotations`` annotates, if it is one."""
    metadata = _metadata(instance)
    if metadata and text_of(instance.body.value("kind")) == "ServiceAccount":
        yield from _annotated(instance, metadata, instance.body)


def _metadata(instance: Instance) -> Body | None:
    blocks = instance.body.blocks_of("metadata")
    return None if isinstance(blocks, Unknown) or not blocks else blocks[0]


def _annotated(instance: Instance, metadata: Body, body: Body) -> Iterator[KubernetesAccount]:
    argument = body.arguments.get("annotations")
    entries = argument.value.data if argument else None
    written = entries.get(ANNOTATION) if isinstance(entries, dict) else None
    account = text_of(written) if written else None
    if argument is None or account is None:
        return
    yield KubernetesAccount(
        namespace=_name(instance, metadata, "namespace") or "default",
        name=_name(instance, metadata, "name") or Unknown("its name is known after apply"),
        account=account_name(account),
        declared=declaration(instance),
        place=place_of(argument, written),
    )


def _name(instance: Instance, metadata: Body, argument: str) -> Text | None:
    text = text_of(metadata.value(argument))
    return named(text, f"{instance.address}.{argument}", "") if text is not None else None
