"""Roles and principals in access lists: BigQuery's datasets and the ACLs of Cloud Storage, in any source.

Sources: https://cloud.google.com/bigquery/docs/access-control-basic-roles,
https://cloud.google.com/storage/docs/access-control/lists,
https://cloud.google.com/storage/docs/access-control/iam#acls
"""

from __future__ import annotations

from iamlint.basics.lazy_regex import regex
from iamlint.facts import Text
from iamlint.unknown import Unknown, UnknownPart, join_texts, without_prefix

OF_DATASET = {
    "OWNER": "roles/bigquery.dataOwner",
    "WRITER": "roles/bigquery.dataEditor",
    "READER": "roles/bigquery.dataViewer",
}
OF_BUCKET = {
    "OWNER": "roles/storage.legacyBucketOwner",
    "WRITER": "roles/storage.legacyBucketWriter",
    "READER": "roles/storage.legacyBucketReader",
}
OF_OBJECT = {"OWNER": "roles/storage.legacyObjectOwner", "READER": "roles/storage.legacyObjectReader"}

_PREFIXES = {
    "user-": "",
    "group-": "group:",
    "domain-": "domain:",
    "project-owners-": "projectOwner:",
    "project-editors-": "projectEditor:",
    "project-viewers-": "projectViewer:",
}
"""Prefixes of Cloud Storage entities, and the principals that they mean; a user may be a service account."""

NAMED_BY = ("user_by_email", "group_by_email", "domain", "special_group", "iam_member")
"""The fields that name the principal of a dataset's entry; each entry has one of them."""
NO_PRINCIPAL = ("view", "routine", "dataset")
"""What an entry of a dataset may authorize instead of a principal."""

_OF_ACCOUNT = regex(r"(?:^|\.)google_\w*service_(?:account|identity)\.[^.]+\.email(?:_address)?\Z")


def principal_named_by(part: str, text: Text) -> Text:
    """Return the principal that a field of a dataset's entry names."""
    match part:
        case "user_by_email":
            return person(text)
        case "group_by_email":
            return join_texts("group:", text)
        case "domain":
            return join_texts("domain:", text)
        case "iam_member":
            return without_prefix(text, "iamMember:")
        case _:
            return text


def principal_of_entity(text: Text) -> Text:
    """Return the principal of a Cloud Storage entity; for a numeric one only the kind is known.

    Source: ``entity`` of https://cloud.google.com/storage/docs/json_api/v1/bucketAccessControls
    """
    for prefix, ours in _PREFIXES.items():
        rest = without_prefix(text, prefix)
        if rest == text:
            continue
        if isinstance(rest, str) and prefix in ("user-", "group-") and rest and "@" not in rest:
            why = f"{text} is an id, which does not tell the e-mail"
            return Unknown(why, (ours or "user:", UnknownPart(rest)))
        return join_texts(ours, rest) if ours else person(rest)
    return text


# -- texts ---------------------------------------------------------------------------------------------------------


def person(email: Text) -> Text:
    """Return a user or a service account, by the e-mail; if it may be either, without a prefix."""
    match email:
        case str():
            if email.startswith("deleted:"):
                return email
            return join_texts("serviceAccount:" if "gserviceaccount.com" in email else "user:", email)
        case Unknown(parts=(UnknownPart(reference),)) if _OF_ACCOUNT.search(reference):
            return join_texts("serviceAccount:", email)
        case Unknown(suffix=suffix) if "@" in suffix or ".gserviceaccount.com" in suffix:
            return join_texts("serviceAccount:" if suffix.endswith("gserviceaccount.com") else "user:", email)
        case _:
            return email
