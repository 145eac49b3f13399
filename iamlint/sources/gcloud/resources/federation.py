"""Pools of federated identities, and their providers, which say who a pool trusts.

Source: https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from iamlint.basics.lazy_regex import regex
from iamlint.documents.parts import first, get, has, text, texts
from iamlint.documents.values import NULL, Value
from iamlint.facts import Condition, Declaration, Place, Pool, Protocol, Provider, Text
from iamlint.sources.saml import entity_id
from iamlint.unknown import Unknown

_TRUSTED: dict[Protocol, tuple[str, str]] = {
    "oidc": ("issuerUri", "issuer_uri"),
    "aws": ("accountId", "account_id"),
    "saml": ("idpMetadataXml", "idp_metadata_xml"),
    "x509": ("trustStore", "trust_store"),
}
_NUMBERED = regex(r"projects/(?P<number>[0-9]+)/")
_DEFAULT_MAPPING = Unknown("an AWS provider without a mapping of its own has Google's default")

_NOT_SHOWN = Unknown("the export does not show the provider's attribute mapping, which it has")
"""All providers but those of AWS need one; ``--format`` may have left it out, and the condition, too.

Source: ``--attribute-mapping`` in
https://cloud.google.com/sdk/gcloud/reference/iam/workload-identity-pools/providers/create-oidc
"""
_OTHER_GROUPS = Unknown("SCIM or the directory provides the groups, not the mapping")


def pools(found: Sequence[Value]) -> Iterator[Pool]:
    """Yield pools of federated identities."""
    for pool in found:
        name = text(get(pool, "name")) or ""
        number = _NUMBERED.match(name)
        yield Pool(name, Declaration(pool.location, "pool"), _disabled(pool), number["number"] if number else None)


def providers(found: Sequence[Value], *, listed: bool) -> Iterator[Provider]:
    """Yield the providers of pools. A list has all those of a pool, a description only one."""
    for one in found:
        name = text(get(one, "name")) or ""
        declared = Declaration(one.location, "provider" if listed else "described provider")
        made = provider(one, name.rpartition("/providers/")[0], name, declared)
        is_whole = made.mapping != () or made.protocol == "aws"
        yield made if is_whole else replace(made, mapping=_NOT_SHOWN, condition=made.condition or _NOT_SHOWN)


def provider(one: Value, pool: Text, name: Text, declared: Declaration) -> Provider:
    """Return the provider of a document."""
    protocol, trusted = _trusted(one)
    mapping = first(one, "attributeMapping", "attribute_mapping").data
    entries = mapping.items() if isinstance(mapping, dict) else ()
    written: tuple[tuple[str, Text, Place], ...] = tuple(
        (key, text(value) or "", Place(value.location)) for key, value in entries
    )
    elsewhere = text(get(one, "scimUsage")) == "ENABLED_FOR_GROUPS" or has(one, "extendedAttributesOauth2Client")
    if elsewhere:
        others = (entry for entry in written if entry[0] != "google.groups")
        written = (*others, ("google.groups", _OTHER_GROUPS, Place(one.location)))
    return Provider(
        pool=pool,
        name=name,
        declared=declared,
        place=Place((trusted if trusted.at else one).location),
        protocol=protocol,
        issuer=_issuer(protocol, text(trusted)),
        audiences=texts(first(get(one, "oidc"), "allowedAudiences", "allowed_audiences")),
        condition=_condition(first(one, "attributeCondition", "attribute_condition")),
        mapping=_DEFAULT_MAPPING if protocol == "aws" and not written else written,
        disabled=_disabled(one),
        keys=text(first(get(one, "oidc"), "jwksJson", "jwks_json")),
    )


def _trusted(one: Value) -> tuple[Protocol | None, Value]:
    """Return the protocol of a provider, and the value that names the issuer."""
    for protocol, names in _TRUSTED.items():
        if has(one, protocol):
            return protocol, first(get(one, protocol), *names)
    return None, NULL


def _issuer(protocol: Protocol | None, trusted: str | None) -> Text | None:
    if protocol == "saml":
        return entity_id(trusted or "")
    return trusted if protocol in ("oidc", "aws") else None


def _condition(value: Value) -> Condition | None:
    """An attribute condition is the bare expression."""
    expression = text(value)
    return Condition(expression, None, value.location) if expression else None


def _disabled(value: Value) -> bool:
    """Whether no tokens are admitted: a deleted provider is kept for thirty days."""
    return get(value, "disabled").data is True or text(get(value, "state")) == "DELETED"
