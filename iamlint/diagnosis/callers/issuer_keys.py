"""The keys that Google checks a token with: those of the provider, or those that it fetches from the issuer.

With ``jwks_json`` Google does not ask the issuer. Sources:
https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/iam_workload_identity_pool_provider#jwks_json
and https://cloud.google.com/iam/docs/troubleshooting-workload-identity-federation
"""

from __future__ import annotations

import ipaddress
import json
from urllib.parse import urlsplit

from iamlint.facts import Provider

_INSIDE = (".svc", ".local", ".internal", ".localdomain", ".lan", ".home.arpa")
"""How the names of hosts end that no public name server knows."""
_REFUSED = ("x5c", "x5t")
"""The members of a key that the Security Token Service does not accept."""
UNCHECKED = "whether the keys in jwks_json include the one that signed the token (its `kid`)"


def unusable_keys(provider: Provider) -> str:
    """Why Google cannot check the tokens of a provider's issuer; empty if it can, or if that is not known."""
    if provider.protocol != "oidc" or not isinstance(provider.issuer, str):
        return ""
    if provider.keys is None:
        return _unreachable(provider.issuer)
    return _refused(provider.keys) if isinstance(provider.keys, str) else ""


def _unreachable(issuer: str) -> str:
    try:
        host = (urlsplit(issuer).hostname or "").rstrip(".")
    except ValueError:  # brackets that enclose no address
        return ""
    if not host or not _is_inside(host):
        return ""
    document = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    return f"Google fetches the issuer's keys by {document}, cannot reach {host}, and the provider has no jwks_json"


def _is_inside(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith(_INSIDE)
    return address.is_private or address.is_loopback or address.is_link_local


def _refused(keys: str) -> str:
    try:
        document = json.loads(keys)
    except (ValueError, RecursionError):
        return "its jwks_json is not JSON"
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list) or not listed:
        return "its jwks_json has no list of keys"
    found = [name for name in _REFUSED if any(isinstance(key, dict) and name in key for key in listed)]
    return f"the keys in its jwks_json have {' and '.join(found)}, which Google refuses" if found else ""
