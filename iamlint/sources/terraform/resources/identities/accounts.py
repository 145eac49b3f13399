"""Service accounts: one identity for an account, named by any of its attributes, and its facts.

If the input has an account's e-mail, that is its identity. A declared account without a known e-mail is the text
``${ADDRESS.email}``: in `ServiceAccount.email`, in the name of a service account `Resource`, in the targets and
delegates of an `Impersonation`, and after ``serviceAccount:`` in a principal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from iamlint.basics.lazy_regex import regex
from iamlint.documents.values import Value
from iamlint.facts import Principal, ServiceAccount, Text
from iamlint.location import Span
from iamlint.principals import read_principal
from iamlint.sources.terraform.instances.arguments import flag_of, text_of
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.resources.projects import default_project
from iamlint.unknown import Unknown, UnknownPart

_KEY = r'\[(?:\d+|\*|"(?:[^"\\]|\\.)*")\]'
_DECLARED = rf"(?P<address>(?:module\.[\w-]+(?:{_KEY})?\.)*TYPE\.[\w-]+(?:{_KEY})?)\.(?P<attribute>\w+)\Z"
_ACCOUNT = regex(_DECLARED.replace("TYPE", "google_service_account"))
_AGENT = regex(_DECLARED.replace("TYPE", "google_project_service_identity"))
_SINK = regex(_DECLARED.replace("TYPE", "google_logging_(?:billing_account|folder|organization|project)_sink"))
_FOLDER = "/serviceAccounts/"
_MEMBER = "serviceAccount:"


def declared_account(unknown_part: UnknownPart, *attributes: str) -> str | None:
    """Return ``${ADDRESS.email}`` for an unknown part that is one of these attributes of a declared account."""
    return _by_address(_ACCOUNT, unknown_part, attributes)


def _by_address(declared: re.Pattern[str], unknown_part: UnknownPart, attributes: tuple[str, ...]) -> str | None:
    match = declared.match(unknown_part.reference)
    return "${" + match["address"] + ".email}" if match and match["attribute"] in attributes else None


def account_name(text: Text) -> Text:
    """Return the e-mail in a service account's name, e-mail or id, in any form that arguments accept.

    A known e-mail is in lower case, as principals have it.
    Source: ``service_account_id`` of google_service_account_iam and google_service_account_key,
    https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_service_account_iam
    """
    if isinstance(text, str):
        name = text.rpartition(_FOLDER)[2] or text
        return name if "${" in name else name.lower()
    if text.unknown_part:
        return declared_account(text.unknown_part, "email", "name", "id", "unique_id") or text
    for index, part in enumerate(text.parts):
        if isinstance(part, str) and _FOLDER in part:
            rest = part.rpartition(_FOLDER)[2]
            parts = ((rest,) if rest else ()) + text.parts[index + 1 :]
            if not any(isinstance(piece, UnknownPart) for piece in parts):
                return "".join(str(piece) for piece in parts)
            if parts != text.parts:
                return account_name(Unknown(text.reason, parts))
    return text


def identified(text: Text) -> Text:
    """Return a text with declared accounts replaced by their e-mails, or their ``member``: then it is known.

    ``principal://iam.googleapis.com/projects/-/serviceAccounts/${ADDRESS.email}`` is one principal, whatever its value.
    """
    if isinstance(text, str) or not text.parts:
        return text
    found: list[str] = []
    for part in text.parts:
        if isinstance(part, str):
            found.append(part)
        elif email := declared_account(part, "email"):
            found.append(email)
        elif email := declared_account(part, "member"):
            found.append(_MEMBER + email)
        else:
            return text
    return "".join(found)


def impersonated(text: Text) -> Text:
    """Return the e-mail that a target or delegate names: an e-mail, or ``projects/-/serviceAccounts/EMAIL``.

    The API refuses a name with a project instead of the ``-``, and a principal: both stay unchanged. Source:
    https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
    """
    if isinstance(text, str) and "/" in text and not text.startswith(f"projects/-{_FOLDER}"):
        return text
    if isinstance(text, str) and text.startswith(_MEMBER):
        return text
    return account_name(text)


def principal_of(text: Text, at: Span | None = None) -> Principal:
    """Return a principal, with declared accounts and agents identified by their address.

    ``at`` is where its text is written.
    """
    if isinstance(text, Unknown):
        if identity := _declared_member(_ACCOUNT, text.parts):
            return Principal(_MEMBER + identity, "service_account")
        if identity := _declared_member(_AGENT, text.parts):
            return Principal(_MEMBER + identity, "service_agent")
        if _is_writer(text):  # an agent, but which one: the sinks of one organization share theirs
            return Principal(text.text, "service_agent", text)
    return read_principal(text, at or "")


def _is_writer(text: Unknown) -> bool:
    """Whether a text is the account that Google makes for a log sink: ``serviceAccount:${SINK.writer_identity}``."""
    match text.parts:
        case (str(prefix), UnknownPart() as part) if prefix == _MEMBER:
            match = _SINK.match(part.reference)
            return match is not None and match["attribute"] == "writer_identity"
        case _:
            return False


def _declared_member(declared: re.Pattern[str], parts: tuple[str | UnknownPart, ...]) -> str | None:
    match parts:
        case (UnknownPart() as unknown_part,):
            return _by_address(declared, unknown_part, ("member",))
        case (str(prefix), UnknownPart() as unknown_part) if prefix == _MEMBER:
            return _by_address(declared, unknown_part, ("email",))
        case _:
            return None


def service_account(instance: Instance) -> Iterator[ServiceAccount]:
    """Yield the account of a ``google_service_account``."""
    from iamlint.sources.terraform.instances.computed import account_email

    body = instance.body
    project, _ = default_project(instance)
    account_id = body.value("account_id")
    email = text_of(body.value("email"))
    if not isinstance(email, str):
        email = text_of(account_email(account_id, Value(project), instance.address))
    if not isinstance(email, str):
        email = "${" + instance.address + ".email}"
    unique_id = text_of(body.value("unique_id"))
    yield ServiceAccount(
        email=email,
        project=project,
        declared=declaration(instance),
        disabled=flag_of(body.value("disabled")),
        unique_id=unique_id if isinstance(unique_id, str) else None,
        account_id=text_of(account_id),
    )
