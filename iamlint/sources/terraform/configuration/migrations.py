"""Blocks about earlier state: resources that a ``removed`` block leaves in the cloud are still granted."""

from __future__ import annotations

from iamlint.basics.lazy_regex import regex
from iamlint.hcl.syntax import Expression, Literal
from iamlint.sources.terraform.configuration.module import Declared
from iamlint.sources.terraform.configuration.nested import nested_blocks

_MAY_GRANT = regex(r"(?:\A|\.)google_(?:\w+_)?iam_\w+\.[\w-]+\Z|\A(?:module\.[\w-]+\.?)+\Z")


def forgotten(declared: Declared) -> str | None:
    """Return what a ``removed`` block leaves in the cloud, if it may be a grant: an address of IAM, or a whole module.

    Source: https://developer.hashicorp.com/terraform/language/block/removed
    """
    gone = declared.argument("from")
    if declared.block.type != "removed" or gone is None:
        return None
    settings = (one.body.arguments.get("destroy") for one in nested_blocks(declared.block, "lifecycle"))
    if not any(one and _is_false(one.expression) for one in settings):
        return None
    written = gone.argument.expression
    address = gone.source.text[written.start : written.end].strip('"')
    return address if _MAY_GRANT.search(address) else None


def _is_false(expression: Expression) -> bool:
    return isinstance(expression, Literal) and expression.value is False
