"""Recognises what an unparsable text was meant to be, by the marks of plans, states and exports in it.

A file in a directory that iamlint does not recognise is ignored: most JSON and YAML is something else. But a plan or an
export that is truncated, has the wrong encoding or a log line before it must not be ignored. Each mark is a text that
only these files have: keys of their formats, names of Google's resources.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex

ROLE = r"(?<![\w./-])(?:(?:projects|organizations)/[^/\s\"']+/)?roles/[a-z]\w*(?:\.\w+)*"
"""A role name, also of a custom role."""
PRINCIPAL = (
    r"(?<![\w.-])(?:(?:deleted:)?(?:user|group|domain|serviceAccount):[\w$<{.%+-]|principal(?:Set)?://|allUsers\b"
    r"|allAuthenticatedUsers\b|project(?:Owner|Editor|Viewer):)"
)
"""The beginning of a principal as policies spell it."""


@frozen
class _Pattern:
    """A pattern, and texts: everything that it matches contains one of them, and they are found much faster."""

    pattern: re.Pattern[str]
    texts: tuple[str, ...]

    def is_in(self, text: str) -> bool:
        for one in self.texts:
            if one in text:
                return self.pattern.search(text) is not None
        return False


def _key(*names: str, then: str = "") -> _Pattern:
    """Return a pattern of one of these keys in JSON or YAML, and of what follows."""
    pattern = rf"(?<![\w.$-])[\"']?(?:{'|'.join(names)})[\"']?[ \t]*:{then}"
    return _Pattern(regex(pattern, re.MULTILINE), names)


def _key_of_json(*names: str, then: str = "") -> _Pattern:
    """Return a pattern of one of these keys in JSON, and of what follows."""
    return _Pattern(regex(rf"\"(?:{'|'.join(names)})\"\s*:{then}", re.MULTILINE), names)


_Mark = tuple[str, tuple[_Pattern, ...]]


def _with(text: str, pattern: str = "") -> _Pattern:
    """Return a pattern, and a text that all of its matches contain; without a pattern, that text."""
    return _Pattern(regex(pattern or re.escape(text), re.MULTILINE), (text,))


def _mark(what: str, *patterns: _Pattern) -> _Mark:
    return what, patterns


_IN_ROLE = _Pattern(regex(ROLE), ("roles/",))
_IN_PRINCIPAL = _Pattern(
    regex(PRINCIPAL),
    (
        *("user:", "group:", "domain:", "serviceAccount:", "principal://", "principalSet://", "allUsers"),
        *("allAuthenticatedUsers", "projectOwner:", "projectEditor:", "projectViewer:"),
    ),
)
_FORMAT = _key_of_json("format_version")
_PLANS: tuple[_Mark, ...] = (
    _mark(
        "a plan or state",
        _with(
            '"format_version"',
            r"\A\s*\{\s*\"format_version\"\s*:(?!\s*\"[^\"]*\"\s*,\s*\"(?:provider_|function|valid))",
        ),
    ),
    _mark("a plan", _FORMAT, _key_of_json("planned_values", "resource_changes", "prior_state")),
    _mark("a state", _FORMAT, _key_of_json("values"), _key_of_json("root_module")),
    _mark("a state", _key_of_json("lineage"), _key_of_json("serial", "terraform_version")),
    _mark("a state", _with('"terraform_version"', r"\A\s*\{\s*\"version\"\s*:\s*[0-9]+\s*,\s*\"terraform_version\"")),
    _mark("a plan", _key_of_json("resource_changes", "deferred_changes", then=r"\s*\[\s*\{")),
    _mark("a plan", _key_of_json("configuration", then=r"\s*\{\s*\"(?:provider_config|root_module)\"\s*:\s*\{")),
)
"""Source: https://developer.hashicorp.com/terraform/internals/json-format"""
_EXPORTS: tuple[_Mark, ...] = (
    _mark("an IAM policy", _with('"bindings"', r"\A\W*\"bindings\"\s*:\s*\[")),
    _mark("an IAM policy", _key("bindings"), _IN_ROLE),
    _mark("an IAM policy", _key("bindings"), _IN_PRINCIPAL),
    _mark("a list of grants", _IN_ROLE, _IN_PRINCIPAL),
    _mark("an export of assets", _key("asset_type", "assetType", then=r"[ \t]*[\"']?[a-z]+\.googleapis\.com/")),
    _mark("an export of assets", _with('"//', r"\"name\"\s*:\s*\"//[a-z]+\.googleapis\.com/")),
    _mark("an analysis of policies", _key("mainAnalysis", "analysisResults", "fullyExplored")),
    _mark("a role", _key("includedPermissions")),
    _mark("a service account", _key("uniqueId", "oauth2ClientId"), _with("gserviceaccount.com")),
    _mark(
        "a key of a service account",
        _with("/serviceAccounts/", r"/serviceAccounts/[^/\s]+/keys/"),
        _key("validAfterTime"),
    ),
    _mark("a list of services", _with("/services/", r"[\"' ]projects/[0-9]+/services/[\w-]+\.googleapis\.com")),
    _mark("a project", _key("projectId"), _key("projectNumber")),
    _mark(
        "an organization policy",
        _key("constraint", "booleanPolicy", "listPolicy"),
        _with("constraints/", r"constraints/[a-z]+\.[a-zA-Z]"),
    ),
    _mark(
        "an organization policy",
        _with("/policies/", r"(?:projects|folders|organizations)/[^/\s\"']+/policies/[a-z]+\.[a-zA-Z]"),
    ),
    _mark("a deny policy", _key("denyRule", "deniedPermissions")),
    _mark("a deny policy", _with("/denypolicies/")),
    _mark("a principal access boundary policy", _with("/principalAccessBoundaryPolicies/")),
    _mark(
        "a provider of a pool",
        _with("Pools/", r"/(?:workloadIdentity|workforce)Pools/"),
        _key("attributeMapping", "issuerUri"),
    ),
    _mark("a document of Config Connector", _key("apiVersion", then=r"[ \t]*[\"']?iam\.cnrm\.cloud\.google\.com/")),
)
_MESSAGE = regex(r"\A(?:.*\n){0,20}?\s*ERROR: (?:\(gcloud\.|gcloud )")
"""gcloud's error messages in place of the output; warnings may come first."""
_TEMPLATE = regex(
    r"\{\{|\{%|<%|(?:^|[:\[,{}])[ \t]*[$%]\{"
    r"|(?:[\"'][ \t]*:|:[ \t]|[\[,])[ \t]*\$[A-Za-z_]\w*[ \t]*(?:[,}\]]|$)",
    re.MULTILINE,
)
"""Template tags instead of JSON or YAML values: Helm and Go, Jinja, Terraform, envsubst."""
_LOOKED_AT = 1_000_000
"""Number of characters searched for marks: formats have theirs at the beginning."""
_LINK = regex(r"(?:\.{1,2}/)+[\w.@+-]+(?:/[\w.@+-]+)*\n?\Z")
LINK_HINT = "it may be a symbolic link that git checked out as text: git config core.symlinks true, and check out again"


def mark(text: str) -> str | None:
    """Return what a text has the marks of, like "a plan" or "an IAM policy"; None if its beginning has none."""
    text = text[:_LOOKED_AT]
    return message(text) or _found(text, _PLANS) or _found(text, _EXPORTS)


def plan_mark(text: str) -> str | None:
    """Return which Terraform file a text has the marks of: a plan, or a state; None if it has none."""
    return _found(text, _PLANS)


def _found(text: str, marks: Iterable[_Mark]) -> str | None:
    return next((what for what, patterns in marks if all(one.is_in(text) for one in patterns)), None)


def message(text: str) -> str | None:
    """Return the problem if a text is an error message of gcloud, even if it is valid YAML; else None."""
    return "an error message of gcloud" if _MESSAGE.match(text[:4000]) else None


def is_template(text: str) -> bool:
    """Whether an unparsable text has template tags: its content is unknown until the template is rendered."""
    return _TEMPLATE.search(text, 0, _LOOKED_AT) is not None


def is_link(text: str) -> bool:
    """Whether a text is only a relative path, as git writes a symbolic link on systems without them."""
    return len(text) < 400 and text.startswith(".") and _LINK.match(text) is not None
