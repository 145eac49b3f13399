"""Converts permissions and principals between the forms of deny policies and of allow policies.

Sources: https://cloud.google.com/iam/docs/deny-permissions-support and
https://cloud.google.com/iam/docs/principal-identifiers
"""

from __future__ import annotations

from iamlint.basics.lazy_regex import regex

_HOSTS = {"resourcemanager": "cloudresourcemanager"}
"""Services whose host differs from the prefix of their permissions."""
_PREFIXES = {host: prefix for prefix, host in _HOSTS.items()}
_HOST = ".googleapis.com"
_ALLOWED = regex(r"(?P<service>[a-z][a-z0-9-]*)\.(?P<rest>[A-Za-z][A-Za-z0-9-]*\.[A-Za-z]+)\Z")
_DENIED = regex(
    r"(?P<service>[a-z][a-z0-9-]*)\.googleapis\.com/(?P<resource>\*|[A-Za-z][A-Za-z0-9-]*)\.(?P<verb>\*|[A-Za-z]+)\Z"
)

ACCOUNT = "principal://iam.googleapis.com/projects/-/serviceAccounts/"
SUBJECT = "principal://goog/subject/"
GROUP = "principalSet://goog/group/"
EVERYBODY = "principalSet://goog/public:all"
CUSTOMER = "principalSet://goog/cloudIdentityCustomerId/"
_LONG = ("principal://", "principalSet://", "deleted:principal://", "deleted:principalSet://")
_EMAIL = r"[^\s/@*]+@[^\s/@*]+"
_OF_GOOGLE = regex(
    rf"(?:deleted:)?(?:{SUBJECT}{_EMAIL}|{GROUP}{_EMAIL}|{ACCOUNT}[^\s/*]+)\Z|{EVERYBODY}\Z|{CUSTOMER}[^\s/*]+\Z"
)
_BEGINS_OF_GOOGLE = regex(
    r"(?:deleted:)?principal(?:Set)?://(?:goog/|iam\.googleapis\.com/projects/-/serviceAccounts/)"
)
_MEANT = regex(r"(?P<deleted>deleted:)?principal(?:Set)?://goog/(?P<kind>subject|group|public)[/:](?P<name>.*)")


def denied_permission(permission: str) -> str | None:
    """Return the deny form of ``iam.serviceAccounts.signJwt``: ``iam.googleapis.com/serviceAccounts.signJwt``.

    None if it is not a permission of an allow policy.
    """
    match = _ALLOWED.match(permission)
    if match is None:
        return None
    return f"{_HOSTS.get(match['service'], match['service'])}{_HOST}/{match['rest']}"


def allowed_permission(permission: str) -> str | None:
    """Return the role form of ``iam.googleapis.com/serviceAccounts.signJwt``; groups of permissions become globs.

    None if a deny policy does not accept it: another form, or a service name that Google does not have.
    """
    match = _DENIED.match(permission)
    if match is None or match["service"] in _HOSTS:
        return None
    resource, verb = match["resource"], match["verb"]
    return f"{_PREFIXES.get(match['service'], match['service'])}.{resource}.{verb}"


def denied_principal(principal: str) -> str | None:
    """Return the deny form of ``user:ana@example.com``; None for forms without one."""
    prefix, colon, rest = principal.partition(":")
    if principal == "allUsers":
        return EVERYBODY
    if not colon or not rest or (prefix == "serviceAccount" and "[" in rest):
        return None
    match prefix:
        case "user":
            return SUBJECT + rest
        case "group":
            return GROUP + rest
        case "serviceAccount":
            return ACCOUNT + rest
        case "principal" | "principalSet" | "deleted":
            return _corrected(principal) if principal.startswith(_LONG) else None
        case _:
            return None


def _corrected(principal: str) -> str | None:
    """Return a long form; of Google's own ones with the prefix of its kind; None if that is none, either."""
    if is_denied_form(principal):
        return principal
    match = _MEANT.fullmatch(principal)
    if match is None:
        return None
    if match["kind"] == "public":
        return EVERYBODY if match["name"].lower() in ("all", "allusers") else None
    meant = f"{match['deleted'] or ''}{GROUP if match['kind'] == 'group' else SUBJECT}{match['name']}"
    return meant if is_denied_form(meant) else None


def is_denied_form(principal: str) -> bool:
    """Whether a text has the form of a principal in deny policies; ``user:ana@example.com`` does not.

    Of a name with references in it only the beginning counts.
    """
    if "$" in principal or not _BEGINS_OF_GOOGLE.match(principal):
        return principal.startswith(_LONG)
    return _OF_GOOGLE.match(principal) is not None
