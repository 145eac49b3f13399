"""What a file's name says of it, as far as Terraform goes by names."""

from __future__ import annotations

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
