"""What a file's name says of it: to Terraform, and by the endings of exports and plans."""

from __future__ import annotations

import re

TERRAFORM = (".tf", ".tofu", ".tf.json", ".tofu.json")
ASSIGNMENTS = (".tfvars", ".tfvars.json")


def is_configuration(name: str) -> bool:
    """Whether Terraform or OpenTofu reads a file of this name as configuration: none that begins with a dot.

    Source: ``IsIgnoredFile`` of Terraform's configuration loader; checked with Terraform 1.11.
    """
    return name.endswith(TERRAFORM) and not name.startswith(".")


def is_ignored(name: str) -> bool:
    """Whether a file has the name of configuration, and both programs ignore it."""
    return name.endswith(TERRAFORM) and name.startswith(".")


_ENDINGS = re.compile(
    r"(?P<own>(?:\.(?:json|jsonl|ndjson|yaml|yml|tfstate|tfplan))+|\.txt|\.csv|\.log)"
    r"(?:(?<!tfstate)(?<!tfplan)\.txt)?(?:\.gz|\.zst)?\Z",
    re.IGNORECASE,
)


def usual(name: str) -> str:
    """The name of a document as tools write it: ``iam.json`` for ``iam.JSON``, ``iam.json.gz`` and ``iam.json.txt``.

    Systems that do not tell ``A`` from ``a`` keep either; editors that hide endings add ``.txt``. Names of Terraform's
    configuration are not for this function: Terraform does not read ``main.TF``.
    """
    return _ENDINGS.sub(lambda match: match["own"].lower(), name)
