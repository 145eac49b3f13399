"""What a file's name means: to Terraform, and by the extensions of exports and plans."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from iamlint.basics.lazy_regex import regex

TERRAFORM = (".tf", ".tofu", ".tf.json", ".tofu.json")
ASSIGNMENTS = (".tfvars", ".tfvars.json")
INSTALLED = Path(".terraform", "modules")
MANIFEST = INSTALLED / "modules.json"
"""The file where ``terraform init`` records installed modules."""


def is_configuration(name: str) -> bool:
    """Whether Terraform or OpenTofu reads a file of this name as configuration; none that begins with a dot.

    Source: ``IsIgnoredFile`` of Terraform's configuration loader; checked with Terraform 1.11.
    """
    return name.endswith(TERRAFORM) and not name.startswith(".")


def is_ignored(name: str) -> bool:
    """Whether a file has a configuration name that both programs ignore."""
    return name.endswith(TERRAFORM) and name.startswith(".")


def is_automatic(name: str) -> bool:
    """Whether Terraform reads a variable file of this name automatically, if it is in the root module's folder.

    Source: https://developer.hashicorp.com/terraform/language/values/variables#variable-definitions-tfvars-files
    """
    whole = name.removesuffix(".json")
    return whole == "terraform.tfvars" or whole.endswith(".auto.tfvars")


_ENDINGS = regex(
    r"(?P<own>(?:\.(?:json|jsonl|ndjson|yaml|yml|tfstate|tfplan))+|\.txt|\.csv|\.log)"
    r"(?:(?<!tfstate)(?<!tfplan)\.txt)?(?:\.gz|\.zst)?\Z",
    re.IGNORECASE,
)


@lru_cache(maxsize=8192)
def usual(name: str) -> str:
    """Return the usual name of a document: ``iam.json`` for ``iam.JSON``, ``iam.json.gz`` and ``iam.json.txt``.

    Case-insensitive systems keep either case; editors that hide extensions add ``.txt``. Do not use it for
    configuration: Terraform does not read ``main.TF``.
    """
    return _ENDINGS.sub(lambda match: match["own"].lower(), name)
