"""The metadata of SAML providers."""

from __future__ import annotations

from iamlint.basics.lazy_regex import regex
from iamlint.facts import Text
from iamlint.unknown import Unknown

_ENTITY = regex(r"""\bentityID\s*=\s*(?:"([^"<]{1,1024})"|'([^'<]{1,1024})')""")


def entity_id(metadata: Text) -> Text:
    """Return the entity id in SAML metadata; by search, not by an XML parser, since the XML is untrusted."""
    if isinstance(metadata, Unknown):
        return Unknown(metadata.reason)
    match = _ENTITY.search(metadata)
    return (match[1] or match[2]) if match else Unknown("the SAML metadata name no entityID")
