"""The Kubernetes service accounts of the input that are annotated with a service account of Google, as clients."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.diagnosis.asked.clients import Client
from iamlint.estate import Estate
from iamlint.facts import KubernetesAccount


def with_workloads(clients: tuple[Client, ...], estate: Estate) -> tuple[Client, ...]:
    """Return the clients with the annotated accounts that Terraform and manifests declare, each once."""
    told = {(one.workload, one.target) for one in clients if one.workload}
    return (*clients, *(one for one in _annotated(estate) if (one.workload, one.target) not in told))


def _annotated(estate: Estate) -> Iterator[Client]:
    for one in estate.of(KubernetesAccount):
        if isinstance(one.namespace, str) and isinstance(one.name, str):
            target = one.account if isinstance(one.account, str) and "${" not in one.account else None
            yield Client("kubernetes", one.place.at, target=target, workload=f"{one.namespace}/{one.name}")
