"""Service accounts of Kubernetes that are annotated with a service account of Google.

Source: https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity#kubernetes-sa-to-iam
"""

from __future__ import annotations

from iamlint.documents.parts import get, text
from iamlint.documents.values import Value
from iamlint.facts import Declaration, KubernetesAccount, Place
from iamlint.sources.gcloud.names import account_in
from iamlint.unknown import Unknown

ANNOTATION = "iam.gke.io/gcp-service-account"


def is_annotated(document: Value) -> bool:
    """Whether a document is a service account of Kubernetes with the annotation."""
    is_account = text(get(document, "kind")) == "ServiceAccount" and text(get(document, "apiVersion")) == "v1"
    return is_account and bool(text(get(document, "metadata", "annotations", ANNOTATION)))


def kubernetes_account(document: Value) -> KubernetesAccount:
    """Return the account of an annotated document. Without a namespace, it may be in any."""
    written = get(document, "metadata", "annotations", ANNOTATION)
    email = text(written) or ""
    return KubernetesAccount(
        namespace=text(get(document, "metadata", "namespace")) or Unknown("the document names no namespace"),
        name=text(get(document, "metadata", "name")) or Unknown("its name is known after apply"),
        account=account_in(email) or email,
        declared=Declaration(document.location, "ServiceAccount"),
        place=Place(written.location),
    )
