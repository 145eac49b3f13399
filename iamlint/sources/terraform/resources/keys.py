"""Long-lived credentials of accounts: keys, HMAC keys, and API keys bound to accounts."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.facts import Credential, Place, ServiceAccountKey
from iamlint.sources.terraform.instances.arguments import placed_text, text_of
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.resources.accounts import account_name
from iamlint.unknown import Unknown


def service_account_key(instance: Instance) -> Iterator[ServiceAccountKey]:
    """Yield the key that a ``google_service_account_key`` makes, or uploads if it has ``public_key_data``.

    Only a state has its times. Source:
    https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_service_account_key
    """
    body, declared = instance.body, declaration(instance)
    found = placed_text(body, "service_account_id")
    yield ServiceAccountKey(
        account=account_name(found[0]) if found else Unknown("service_account_id is not set"),
        declared=declared,
        place=found[1] if found else Place(declared.at),
        uploaded=body.value("public_key_data").data is not None,
        created=_time(instance, "valid_after"),
        expires=_time(instance, "valid_before"),
    )


def _time(instance: Instance, name: str) -> str | None:
    text = text_of(instance.body.value(name))
    return text if isinstance(text, str) and text else None


def hmac_key(instance: Instance) -> Iterator[Credential]:
    """Yield the HMAC key of a ``google_storage_hmac_key``; an inactive one does not authenticate."""
    found = placed_text(instance.body, "service_account_email")
    declared = declaration(instance)
    state = text_of(instance.body.value("state"))
    yield Credential(
        kind="hmac_key",
        account=account_name(found[0]) if found else Unknown("service_account_email is not set"),
        declared=declared,
        place=found[1] if found else Place(declared.at),
        disabled=state if isinstance(state, Unknown) else state == "INACTIVE",
    )


def api_key(instance: Instance) -> Iterator[Credential]:
    """Yield the API key of a ``google_apikeys_key`` if it is bound to an account; others have no identity."""
    found = placed_text(instance.body, "service_account_email")
    if found and found[0] != "":
        yield Credential("api_key", account_name(found[0]), declaration(instance), found[1])
