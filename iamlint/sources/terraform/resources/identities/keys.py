"""Long-lived credentials: keys and HMAC keys of accounts, and API keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iamlint.documents.values import Value
from iamlint.facts import ApiKey, Credential, Place, ServiceAccountKey, Text
from iamlint.sources.terraform.instances.arguments import elements_of, named, placed_text, text_of
from iamlint.sources.terraform.instances.computed import account_email
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Body, Instance
from iamlint.sources.terraform.resources.identities.accounts import account_name
from iamlint.sources.terraform.resources.projects import default_project
from iamlint.unknown import Unknown


def service_account_key(instance: Instance) -> Iterator[ServiceAccountKey]:
    """Yield the key that a ``google_service_account_key`` makes, or uploads if it has ``public_key_data``.

    Only a state has its times. Source:
    https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_service_account_key
    """
    body, declared = instance.body, declaration(instance)
    found = placed_text(body, "service_account_id")
    yield ServiceAccountKey(
        account=_account_of_key(instance, found[0]) if found else Unknown("service_account_id is not set"),
        declared=declared,
        place=found[1] if found else Place(declared.at),
        uploaded=body.value("public_key_data").data is not None,
        created=_time(instance, "valid_after"),
        expires=_time(instance, "valid_before"),
    )


def _account_of_key(instance: Instance, written: Text) -> Text:
    """Return the account of a key. Of an account id alone the provider makes the e-mail, with its own project.

    Source: ``ServiceAccountFQN`` of the provider.
    """
    account = account_name(written)
    if not isinstance(account, str) or "@" in account or "$" in account or not account or account.isdecimal():
        return account
    email = account_email(Value(account), Value(default_project(instance)[0]), instance.address).data
    return email if isinstance(email, str) else account


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


def api_key(instance: Instance) -> Iterator[ApiKey | Credential]:
    """Yield the API key of a ``google_apikeys_key``, and the credential that it is if it is bound to an account."""
    body, declared = instance.body, declaration(instance)
    found = placed_text(body, "service_account_email")
    if found and found[0] != "":
        yield Credential("api_key", account_name(found[0]), declared, found[1])
    blocks = body.blocks_of("restrictions")
    inner = None if isinstance(blocks, Unknown) or not blocks else blocks[0]
    title = text_of(body.value("display_name")) or text_of(body.value("name"))
    yield ApiKey(
        name=named(title, f"{instance.address}.name", "name is not set"),
        project=default_project(instance)[0],
        declared=declared,
        place=Place((inner or body).at.location),
        clients=blocks if isinstance(blocks, Unknown) else _listed(inner, _CLIENTS),
        apis=blocks if isinstance(blocks, Unknown) else _listed(inner, _APIS),
    )


_CLIENTS = (
    ("browser_key_restrictions", "allowed_referrers"),
    ("server_key_restrictions", "allowed_ips"),
    ("ios_key_restrictions", "allowed_bundle_ids"),
    ("android_key_restrictions", "allowed_applications.package_name"),
)
_APIS = (("api_targets", "service"),)


def _listed(body: Body | None, paths: Iterable[tuple[str, str]]) -> tuple[Text, ...] | Unknown:
    """Return the texts in these arguments of these blocks; a dot in the argument leads through a further block."""
    texts: list[Text] = []
    for name, argument in paths if body else ():
        blocks = body.blocks_of(name) if body else ()
        if isinstance(blocks, Unknown):
            return blocks
        inner, _, last = argument.rpartition(".")
        for block in blocks:
            found = _listed(block, ((inner, last),)) if inner else _texts(block, last)
            if isinstance(found, Unknown):
                return found
            texts += found
    return tuple(texts)


def _texts(block: Body, argument: str) -> tuple[Text, ...] | Unknown:
    value = block.value(argument)
    if isinstance(value.data, str | Unknown):
        return (value.data,)
    elements = elements_of(value)
    return elements if isinstance(elements, Unknown) else tuple(filter(None, map(text_of, elements)))
