"""Blocks about earlier state: what a ``removed`` block leaves in the cloud is still granted."""

from __future__ import annotations

from iamlint.basics.lazy_regex import regex
from iamlint.hcl.syntax import Expression, Literal, Template
from iamlint.sources.terraform.configuration.module import Declared
from iamlint.sources.terraform.configuration.nested import nested_blocks

_MAY_GRANT = regex(
    r"(?:\A|\.)google_(?:(?:\w+_)?iam_\w+|storage_\w*(?:acl|access_control)|bigquery_dataset_access"
    r"|service_account_key|storage_hmac_key|apikeys_key|cloud_identity_group_membership)\.[\w-]+(?:\[[^\]]*\])?\Z"
    r"|\A(?:module\.[\w-]+(?:\[[^\]]*\])?\.?)+\Z"
)


def removed(declared: Declared) -> str | None:
    """Return the address in a ``removed`` block as written; None for another block.

    Source: https://developer.hashicorp.com/terraform/language/block/removed
    """
    gone = declared.argument("from") if declared.block.type == "removed" else None
    if gone is None:
        return None
    written = gone.argument.expression
    return gone.source.text[written.start : written.end].strip('"')


def forgotten(declared: Declared) -> str | None:
    """Return what a ``removed`` block leaves in the cloud, if it may give access: a grant, a key, or a whole module.

    A value of ``destroy`` that is not literally true may be false: Terraform also takes ``"false"`` and ``!true``.
    """
    address = removed(declared)
    if address is None or not _MAY_GRANT.search(address):
        return None
    settings = (one.body.arguments.get("destroy") for one in nested_blocks(declared.block, "lifecycle"))
    return address if any(one and not _is_true(one.expression) for one in settings) else None


def _is_true(expression: Expression) -> bool:
    if isinstance(expression, Template):
        return expression.literal == "true"
    return isinstance(expression, Literal) and expression.value is True
