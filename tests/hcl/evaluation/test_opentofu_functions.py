"""Functions that only OpenTofu has: `terraform console` cannot record them."""

from __future__ import annotations

import base64
import gzip

import pytest

from iamlint.hcl.evaluation.evaluate import evaluate
from iamlint.hcl.reading.native import read_expression
from iamlint.hcl.scope import Files, Scope
from iamlint.location import SourceText, Unreadable
from iamlint.unknown import Unknown


def packed(*texts: bytes) -> str:
    return base64.b64encode(b"".join(map(gzip.compress, texts))).decode()


ONE = packed(b"roles/owner")
REFUSED = "Terraform would refuse it"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('urldecode("roles%2Fowner+%C3%A9")', "roles/owner \u00e9"),
        ('urldecode("")', ""),
        ('urldecode("100%")', REFUSED),
        ('urldecode("%zz")', REFUSED),
        ('urldecode("%ff")', "not UTF-8"),
        (f'base64gunzip("{ONE}")', "roles/owner"),
        (f'base64gunzip("{packed(b"roles/", b"", b"owner")}")', "roles/owner"),
        (f'base64gunzip("{packed(b"")}")', ""),
        (f'base64gunzip("{ONE[:-8]}")', REFUSED),
        ('base64gunzip("")', REFUSED),
        ('base64gunzip("!")', REFUSED),
        (f'base64gunzip("{base64.b64encode(gzip.compress(b"a") + b"more").decode()}")', REFUSED),
        (f'base64gunzip("{packed(bytes([255]))}")', "not UTF-8"),
        (f'base64gunzip("{packed(b"a" * 5_000_000)}")', "longer than iamlint evaluates"),
        (f'base64gunzip("{packed(*[b""] * 101)}")', "members of gzip"),
        ('cidrcontains("10.0.0.0/8", "10.1.2.3")', True),
        ('cidrcontains("10.0.0.0/8", "11.1.2.3")', False),
        ('cidrcontains("10.9.9.9/8", "10.255.0.0/16")', True),
        ('cidrcontains("10.0.0.0/16", "10.0.0.0/8")', False),
        ('cidrcontains("fe80::/48", "fe80::a:b")', True),
        ('cidrcontains("0.0.0.0/0", "::1")', REFUSED),
        ('cidrcontains("10.0.0.1", "10.0.0.1")', REFUSED),
        ('cidrcontains("10.0.0.0/8", "ten")', REFUSED),
        ('cidrcontains("::/0", "::ffff:1.2.3.4")', "does not evaluate"),
    ],
)
def test_functions_of_opentofu(expression: str, expected: str | bool) -> None:
    source = SourceText("a.tf", expression)
    read = read_expression(source)
    assert not isinstance(read, Unreadable)
    found = evaluate(read, Scope(source, lambda _name: None, Files())).data
    if isinstance(found, Unknown):
        assert isinstance(expected, str)
        assert expected in found.reason
    else:
        assert found == expected
