"""Principals: how policies spell them, and what kind each one is.

Sources: "Principal identifiers", https://cloud.google.com/iam/docs/principal-identifiers, and "Service agents",
https://cloud.google.com/iam/docs/service-agents
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from iamlint.basics.lazy_regex import regex
from iamlint.emails import fault_of, is_made_wrong
from iamlint.facts import DEFAULT_ACCOUNTS, SERVICE_AGENTS, Principal, PrincipalKind
from iamlint.unknown import SET_ELSEWHERE, Unknown, UnknownPart

if TYPE_CHECKING:
    from iamlint.location import Span

_PREFIXES: dict[str, PrincipalKind] = {
    "user": "user",
    "serviceAccount": "service_account",
    "group": "group",
    "domain": "domain",
    "deleted": "deleted",
    "projectOwner": "convenience",
    "projectEditor": "convenience",
    "projectViewer": "convenience",
    "principal": "federated",
    "principalSet": "federated_set",
}
BEGINNINGS: Mapping[PrincipalKind, str] = {
    **{kind: f"{prefix}:" for prefix, kind in _PREFIXES.items() if kind not in ("convenience", "deleted")},
    **dict.fromkeys(("default_service_account", "service_agent", "gke_workload"), "serviceAccount:"),
    "federated_pool": "principalSet:",
}
"""The prefix of all principals of a kind, for kinds that have one."""
_LOWERED = frozenset({"user", "serviceAccount", "group", "domain"})
"""The forms whose value the Terraform provider makes lower case; URLs and GKE identities keep their case."""
_DELETABLE = frozenset({"user", "serviceAccount", "group", "principal", "principalSet"})
_CANONICAL = {prefix.lower(): prefix for prefix in _PREFIXES}
_URL = regex(r"//[^/]*[.$]")
"""The host of a federated principal; ``goog`` is one in deny policies only."""
_CONTAINERS = "//cloudresourcemanager.googleapis.com/"
_ACCOUNT_TYPES = frozenset({"ServiceAccount", "ServiceAgent"})
_SECOND_PREFIX = regex(rf"(?i:{'|'.join(_PREFIXES)}):")
_OF_PROJECT = frozenset({"projectOwners", "projectReaders", "projectWriters"})
"""BigQuery's names for the holders of basic roles in datasets.

Source: https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_bigquery_dataset_iam
"""
_PUBLIC = {"allusers": "allUsers", "allauthenticatedusers": "allAuthenticatedUsers"}

_AGENT_DOMAIN = regex(r"gcp-(sa|ri)-[a-z0-9-]+\.iam\.gserviceaccount\.com\Z")
_AGENT_DOMAINS = frozenset(
    {
        *SERVICE_AGENTS.values(),
        "bigquery-encryption",
        "cloud-memcache-sa",
        "cloud-ml",
        "cloud-tpu",
        "container-analysis",
        "containerregistry",
        "firebase-rules",
        "gae-api-prod",
        "gcp-gae-service",
        "gs-project-accounts",
        "remotebuildexecution",
        "security-center-api",
        "service-consumer-management",
        "storage-transfer-service",
    }
)
"""Under ``.iam.gserviceaccount.com``: the agents from before the names ``gcp-sa-*``.

Source: https://docs.cloud.google.com/iam/docs/service-agents (as of 2026-04-10)
"""
_BY_NUMBER = regex(
    r"[0-9]+(?:-compute)?@(?:cloudservices|cloudbuild|developer)\.gserviceaccount\.com\Z"
    r"|[0-9]+-[a-z0-9]{8,}@developer\.gserviceaccount\.com\Z"  # of before e-mails with a name
)
_NUMBERED = frozenset(f"{name}.gserviceaccount.com" for name in ("cloudservices", "cloudbuild", "developer"))
_WITH_NUMBER = regex(r"(?:service|bq|project|connection|vault)-(?:p|f|o|org-|folder-)?[0-9]")
_NAMED_BY_PROJECT = regex(r"(?:service|bq|project|connection|vault)-(?:[a-z]|\Z)")
"""The beginnings of agents' e-mails that continue with the project's number, never its id or nothing.

Source: https://cloud.google.com/iam/docs/service-agents
"""
_PROJECT_ID = regex(r"(?:^|\.)google_project\.[^.\[]+(?:\[[^\]]*\])?\.(?:project_id|id|name)\Z")
"""The attributes of a project that are not its number."""
BY_ID = "a service agent's e-mail has the number of the project, not its id"
_OF_GOOGLE = regex(r"service-[0-9]+@[a-z0-9-]+\.google\.com\.iam\.gserviceaccount\.com\Z")
"""Agents in projects of Google's own domain: ``service-1234567890@cloud-ml.google.com.iam.gserviceaccount.com``."""
_AGENTS = ("cloudservices.gserviceaccount.com", "system.gserviceaccount.com")
_DEFAULTS = tuple(DEFAULT_ACCOUNTS.values())
_GKE = regex(r"(?P<project>[^@\[\]]+)\.svc\.id\.goog\[(?P<namespace>[^/\]]*)/(?P<name>[^\]]*)\]\Z")
_WHOLE_POOL = regex(r"//.*/(?:workloadIdentityPools|workforcePools)/[^/*]+/\*\Z|//[^/]+/\$\{\}/\*\Z", re.DOTALL)
"""After ``principalSet:``. Only a star right after its name means the whole pool; an unknown part may be that name."""
_ACCOUNT = regex(r"[^@]+@(?P<project>[a-z][a-z0-9-]*)(?P<domain>(?:\.[a-z0-9-]+)*)\.iam\.gserviceaccount\.com\Z")
Home = Literal["project", "folder", "organization"]

_HOMES: tuple[tuple[Home, re.Pattern[str]], ...] = (
    (
        "project",
        regex(
            r"(?:service-p?|project-|bq-|bqcx-|blirc-|connection-|vault-|c-|p-|[bp])?(?P<number>[0-9]{5,})(?:-[a-z0-9-]+)?@"
        ),
    ),
    ("folder", regex(r"(?:service-folder-|service-f|f)(?P<number>[0-9]{5,})(?:-[a-z0-9-]+)?@")),
    ("organization", regex(r"(?:service-org-|service-o|organizations-|o)(?P<number>[0-9]{5,})(?:-[a-z0-9-]+)?@")),
)
"""The beginnings of the e-mails of agents and default accounts, by what they belong to."""
_NOT_A_MEMBER = regex(
    r"(?:^|\.)google_service_account\.[^.\[]+(?:\[[^\]]*\])?\.(?P<attribute>email|name|id|unique_id|account_id)\Z"
)
"""The attributes of a declared account that are not a principal by themselves."""
_AGENT_TYPE = regex(r"(?:^|\.)google_project_service_identity\.[^.\[]+(?:\[[^\]]*\])?\.(email|member)\Z")


def read_principal(value: str | Unknown, written: str | Span = "") -> Principal:
    """Return a principal as a policy spells it. Unknown parts stay unknown; the kind may still be known.

    ``written`` is the text of the principal in the input, or its place. An empty part that the input has counts as it
    is. Any other counts as unknown: it comes from a variable with an empty default, which is set elsewhere.
    """
    value = _of_bounded_length(value)
    value = _without_empty_part(value, written)
    return _known(value) if isinstance(value, str) else _partly_known(value)


LONGEST = 2_000
"""Maximum number of characters, and of unknown parts, of a principal; only the beginning of a longer one is read.

IAM's have a few hundred.
"""


_EMPTY_NAME = regex(r"\Z|@|-compute@developer\.gserviceaccount\.com\Z|\.svc\.id\.goog\[")
"""What follows the prefix of an account, a person or a domain without a name."""
_AFTER_NAME = regex(r"(?<=@)\Z")
_IN_ACCOUNT_NAME = regex(
    r"(?<=@)(?=\Z|\.iam\.gserviceaccount\.com\Z)|(?<=-)(?=@)|(?<=\.svc\.id\.goog\[)(?=/)|(?<=/)(?=\]\Z)"
)
_IN_PATH = regex(r"(?<=/)(?<!:/)(?=/)(?!(?<=\.com/)/(?:projects|locations)/)")
_NO_VALUE = regex(r"/(?:subject|group|attribute\.[^/]+)/(?:[^/]*/)?\Z")
_EMPTY_PARTS = {
    **dict.fromkeys(("user", "group", "domain"), _AFTER_NAME),
    **dict.fromkeys(("principal", "principalSet"), _IN_PATH),
    "serviceAccount": _IN_ACCOUNT_NAME,
}
"""Where a name, a project or a domain is missing within what follows the prefix.

Nothing is missing in ``https://``, nor in the misspelt ``iam.googleapis.com//projects``.
"""


def _without_empty_part(value: str | Unknown, written: str | Span) -> str | Unknown:
    """Return a principal whose empty parts are unknown parts instead, except for those that the input has."""
    if value == "":
        return Unknown(f"this {SET_ELSEWHERE}")
    parts = (value,) if isinstance(value, str) else value.parts
    prefix, colon, _ = parts[0].partition(":") if parts and isinstance(parts[0], str) else ("", "", "")
    if not colon or prefix not in _EMPTY_PARTS:
        return value
    found: list[str | UnknownPart] = []
    for index, part in enumerate(parts):
        if isinstance(part, str):
            found += _split(part, prefix, index == 0, index == len(parts) - 1, written)
        else:
            found.append(part)
    if len(found) == len(parts):
        return value
    return Unknown(f"a part of it {SET_ELSEWHERE}", tuple(found))


def _split(text: str, prefix: str, first: bool, last: bool, written: str | Span) -> Iterator[str | UnknownPart]:
    """Yield a literal part of a principal, with an unknown part wherever something is missing that is not written so.

    ``first`` and ``last`` say that no unknown part is before or after it.
    """
    whole, name = text if last else f"{text}?", len(prefix) + 1 if first else 0
    gaps = {match.start() for match in _EMPTY_PARTS[prefix].finditer(whole, name)}
    if prefix in _LOWERED and first and _EMPTY_NAME.match(whole, name):
        gaps.add(name)
    if prefix not in _LOWERED and _NO_VALUE.search(whole):
        gaps.add(len(text))
    if gaps:
        source = written if isinstance(written, str) else written.text
        gaps = {gap for gap in gaps if not _is_written(text, gap, last, source)}
    done = 0
    for gap in sorted(gaps):
        if done < gap:
            yield text[done:gap]
        yield UnknownPart("?")
        done = gap
    if done < len(text):
        yield text[done:]


def _is_written(text: str, gap: int, last: bool, source: str) -> bool:
    """Whether the source has the letters around an empty part side by side: ``"user:"``, not ``"user:${var.x}"``."""
    before, after = re.escape(text[max(0, gap - 3) : gap]), re.escape(text[gap : gap + 1])
    if not before or not (after or last):
        return False
    return re.search(before + (after or r"(?=[\\\"'\s]|\Z)"), source) is not None


def _of_bounded_length(value: str | Unknown) -> str | Unknown:
    """Return a principal, shortened to its beginning if it is too long."""
    if isinstance(value, str):
        if len(value) <= LONGEST:
            return value
        return Unknown(
            f"a principal of {len(value)} characters is longer than iamlint reads", (value[:100], UnknownPart("?"))
        )
    if sum(len(part) if isinstance(part, str) else len(part.reference) for part in value.parts) <= LONGEST:
        return value
    beginning = tuple(part[:100] for part in value.parts[:1] if isinstance(part, str))
    return Unknown(
        f"a principal of {len(value.parts)} parts is longer than iamlint reads", (*beginning, UnknownPart("?"))
    )


def _known(text: str) -> Principal:
    if text.lower() in _PUBLIC:
        return Principal(_PUBLIC[text.lower()], "public")
    if text in _OF_PROJECT:
        return Principal(text, "convenience")
    prefix, colon, rest = text.partition(":")
    prefix = _CANONICAL.get(prefix.lower(), prefix)
    kind = _PREFIXES.get(prefix)
    if not colon or kind is None or not rest or rest != rest.strip() or _has_second_prefix(prefix, rest):
        return Principal(text, "malformed")
    if prefix == "serviceAccount":
        return _account(rest)
    if prefix == "deleted":
        return _deleted(text, rest)
    if not _is_well_formed(prefix, rest):
        return Principal(text, "malformed")
    if kind == "federated_set" and _WHOLE_POOL.match(rest):
        kind = "federated_pool"
    return Principal(f"{prefix}:{rest.lower() if prefix in _LOWERED else rest}", kind)


def _has_second_prefix(prefix: str, rest: str) -> bool:
    """Whether a principal has two prefixes: a ``member`` after "serviceAccount:", an e-mail with its prefix."""
    return prefix in _LOWERED and ":" in rest and _SECOND_PREFIX.match(rest) is not None


def _is_well_formed(prefix: str, rest: str) -> bool:
    match prefix:
        case "principal" | "principalSet":
            return _URL.match(rest) is not None and not (rest.startswith(_CONTAINERS) and _is_no_set(prefix, rest))
        case "user" | "group":
            is_address = rest.count("@") == 1 and not rest.startswith("@") and not rest.endswith("@")
            # IAM refuses an account with another prefix than its own.
            return is_address and not rest.lower().endswith("gserviceaccount.com") and not _is_impossible(prefix, rest)
        case "domain":
            return "@" not in rest and not _is_impossible(prefix, rest)
        case _:
            return True


def _is_impossible(prefix: str, name: str) -> bool:
    """Whether nothing can have this name; a placeholder counts as what it stands for."""
    return bool(fault_of(prefix, name)) and placeholder_of(f"{prefix}:{name}") is None


def _is_no_set(prefix: str, rest: str) -> bool:
    """Whether a principal below a project, folder or organization is not all of its accounts or agents."""
    _, is_typed, kind = rest.partition("/type/")
    return prefix == "principal" or bool(is_typed and "${" not in kind and kind not in _ACCOUNT_TYPES)


def _deleted(text: str, rest: str) -> Principal:
    """Return the principal of ``deleted:user:ana@example.com?uid=1`` and its number; federated ones keep their case."""
    inner, colon, name = rest.partition(":")
    inner = _CANONICAL.get(inner.lower(), inner)
    if not colon or not name or inner not in _DELETABLE:
        return Principal(text, "malformed")
    return Principal(f"deleted:{inner}:{name.lower() if inner in _LOWERED else name}", "deleted")


def _account(name: str) -> Principal:
    if _GKE.match(name):
        return Principal(f"serviceAccount:{name}", "gke_workload")
    email = name if "${" in name else name.lower()
    # A name without a domain may be an account's number; a full name (projects/…) is refused.
    named = "${" in email or email.isdecimal() or (0 < email.find("@") < len(email) - 1 and "/" not in email)
    if not named or _is_impossible("serviceAccount", email):
        return Principal(f"serviceAccount:{email}", "malformed")
    kind = account_kind(email)
    return Principal(f"serviceAccount:{email}", "malformed" if _is_by_id(email, kind) else kind)


def why_malformed(text: str) -> str:
    """Return what is wrong with a principal, if that is more than that its form is unknown."""
    prefix, _, rest = text.partition(":")
    if is_agent_by_id(rest):
        return BY_ID
    if prefix in ("principal", "principalSet") and rest.startswith("//goog/"):
        return "deny policies name principals so; grants have `user:`, `group:` or `allUsers`"
    if prefix in ("principal", "principalSet") and rest.startswith("//projects/"):
        return "the host is missing: `//iam.googleapis.com/projects/…`"
    return fault_of(prefix, rest) if prefix in _LOWERED else ""


def is_agent_by_id(email: str) -> bool:
    """Whether an e-mail has the form of a service agent's, with the project's id instead of its number.

    ``service-shop@gcp-sa-pubsub.iam.gserviceaccount.com``, ``shop@cloudservices.gserviceaccount.com``.
    """
    return _is_by_id(email, account_kind(email))


def _is_by_id(email: str, kind: PrincipalKind) -> bool:
    """Whether an e-mail of this kind has the project's id instead of its number."""
    local, _, domain = email.rpartition("@")
    if "${" in local or not local:
        return any(map(_PROJECT_ID.search, re.findall(r"\$\{([^}]*)\}", local))) and _has_number(domain)
    if domain in _NUMBERED:
        return not _BY_NUMBER.match(email)
    if kind != "service_agent" or domain == "system.gserviceaccount.com":
        return False
    return bool(_NAMED_BY_PROJECT.match(local)) and not _WITH_NUMBER.match(local)


def _has_number(domain: str) -> bool:
    """Whether the accounts of a domain have the number of a project in their names."""
    kind = account_kind(f"@{domain}")
    return domain != "appspot.gserviceaccount.com" and kind in ("service_agent", "default_service_account")


def _partly_known(value: Unknown) -> Principal:
    found = _by_parts(value)
    kinds = {read_principal(one).kind for one in value.options}
    return Principal(found.text, kinds.pop(), value) if len(kinds) == 1 else found


def _by_parts(value: Unknown) -> Principal:
    text = value.text
    match value.parts:
        case ("serviceAccount:", unknown_part) if not isinstance(unknown_part, str):
            found = _NOT_A_MEMBER.search(unknown_part.reference)
            if found and found["attribute"] in ("name", "id", "account_id"):
                return Principal(f"serviceAccount:{unknown_part.reference}", "malformed")
            kind: PrincipalKind = "service_agent" if _AGENT_TYPE.search(unknown_part.reference) else "service_account"
            return Principal(text, kind, value)
        case (unknown_part,) if not isinstance(unknown_part, str):
            if _NOT_A_MEMBER.search(unknown_part.reference):
                return Principal(unknown_part.reference, "malformed")
            return Principal(text, "service_agent" if _AGENT_TYPE.search(unknown_part.reference) else "unknown", value)
        case _:
            pass
    prefix, colon, rest = value.prefix.partition(":")
    prefix = _CANONICAL.get(prefix.lower(), prefix)
    of_prefix = _PREFIXES.get(prefix) if colon else None
    has_no_host = prefix not in _LOWERED and rest.startswith("//projects/")  # the name of a pool alone
    if of_prefix and (has_no_host or _has_second_prefix(prefix, rest)):
        return Principal(text, "malformed", value)
    if of_prefix is None:
        return Principal(text, "unknown" if not colon and _may_begin(prefix) else "malformed", value)
    if of_prefix == "service_account":
        if ".svc.id.goog[" in text:
            return Principal(text, "gke_workload", value)
        if value.prefix.startswith("serviceAccount:projects/"):  # a full name
            return Principal(text, "malformed", value)
        if is_agent_by_id(text.removeprefix("serviceAccount:")) or is_made_wrong(text):
            return Principal(text, "malformed", value)
        return Principal(text, account_kind(value.suffix) if "@" in value.suffix else "service_account", value)
    if of_prefix == "federated_set" and _WHOLE_POOL.match(_masked(value)):
        return Principal(text, "federated_pool", value)
    return Principal(text, of_prefix, value)


def _masked(value: Unknown) -> str:
    """Return what follows the prefix of a federated principal, with each unknown part as ``${}``."""
    return value.masked("${}").partition(":")[2]


_HEADS = (
    "PROJECT|ORG|ORGANIZATION|FOLDER|BILLING_ACCOUNT|POOL|PROVIDER|SERVICE_ACCOUNT|SA|USER|GROUP|MEMBER|DOMAIN|SUBJECT"
    "|SUBJECT_ATTRIBUTE|ATTRIBUTE|NAMESPACE|KSA|PRINCIPAL|WORKSPACE|REPO|REPOSITORY|GITHUB|GITHUB_ORG|CLUSTER|IDENTITY"
)
_CAPITALS = rf"(?<![A-Za-z0-9])(?:{_HEADS})_(?:ID|NUMBER|NAME|EMAIL|VALUE|DOMAIN|ADDRESS)(?![A-Za-z0-9])"
_YOURS = "project|org|organization|domain|email|group|user|company|service|sa|pool|provider|account|name|username|repo"
_PLACEHOLDER = regex(
    r"<[^<>]*>|(?<![A-Za-z0-9])YOUR[_-]|(?<![A-Za-z0-9])(?:TODO|FIXME)(?![A-Za-z0-9])"
    rf"|{_CAPITALS}|(?i:(?<![a-z0-9])(?:replace|change)[_-]?(?:me|this)(?![a-z0-9])|(?<![a-z0-9])x{{4,}}(?![a-z0-9])"
    rf"|(?<![a-z0-9])your[_-](?:{_YOURS})(?![a-z0-9]))"
)
_IN_ACCOUNT = regex(f"(?i:{_CAPITALS})")
"""An account's e-mail has no underscore, and its case does not count."""
_IN_DOMAIN = regex(r"(?i:(?<![a-z0-9])your_\w*)")
"""A domain has none either: ``domain:${var.domain}`` with ``YOUR_COMPANY_DOMAIN``, whose case is gone."""

_WITH_DOMAINS = ("serviceAccount:", "user:", "group:", "domain:")

MARKS = ("_", "<", "your", "xxxx", "todo", "fixme", "replace", "change")
"""Each placeholder contains one of these, in lower case; few of a large export's principals do."""
MARKED_RUNS = ("your", "xxxx", "replace", "change")
"""The beginnings of a word that may be a placeholder in a principal without capitals and without ``<``. An account may
also have a placeholder with an underscore."""


def placeholder_of(text: str) -> str | None:
    """Return the part of a principal to be replaced by hand: ``REPLACE_ME``, ``<PROJECT>``, ``YOUR_DOMAIN``."""
    lower = text.lower()
    if not any([mark in lower for mark in MARKS]):  # noqa: C419  # a list is faster than a generator
        return None
    plain = re.sub(r"\$\{[^}]*\}", "", text) if "${" in text else text
    found = _PLACEHOLDER.search(plain)
    if found is None and plain.startswith("serviceAccount:"):
        found = _IN_ACCOUNT.search(plain)
    if found is None and plain.startswith(_WITH_DOMAINS):
        found = _IN_DOMAIN.search(plain.rpartition("@")[2])
    return found[0] if found else None


def _may_begin(text: str) -> bool:
    """Whether a principal may begin with this text: with ``projects/`` it may not."""
    return any(word.startswith(text.lower()) for word in (*_CANONICAL, *_PUBLIC, *map(str.lower, _OF_PROJECT)))


def is_of_builds(email: str) -> bool:
    """Whether an e-mail is that of Cloud Build's legacy account: code runs as it, and users get no token or key of it.

    Google lists it among its service agents, which it keeps in projects of its own.
    Sources: https://docs.cloud.google.com/iam/docs/service-agents and
    https://docs.cloud.google.com/iam/docs/service-account-types#google-managed
    """
    return email.endswith(DEFAULT_ACCOUNTS["cloud_build"])


def account_kind(email: str) -> PrincipalKind:
    """Return the kind of an account by its e-mail (or the end of it): Google's, a default one, or a user's."""
    local, _, domain = email.rpartition("@")
    if email.endswith(_DEFAULTS):
        return "default_service_account"
    # Most accounts are a user's: a comparison of their beginning is faster than an expression.
    if domain in _AGENTS or (domain.startswith("gcp-") and _AGENT_DOMAIN.match(domain)):
        return "service_agent"
    if email.startswith("service-") and _OF_GOOGLE.match(email):
        return "service_agent"
    if domain.removesuffix(".iam.gserviceaccount.com") in _AGENT_DOMAINS:
        return "service_agent"
    if local and not domain.endswith("gserviceaccount.com"):
        return "service_account" if "${" in email else "malformed"
    return "service_account"


def project_of(email: str) -> str | None:
    """Return the id of an account's project, if the e-mail contains it; not for agents, nor by number.

    ``ci@shop.iam.gserviceaccount.com`` is of "shop", ``ci@shop.example.com.iam.gserviceaccount.com`` of
    "example.com:shop".
    """
    if email.endswith(DEFAULT_ACCOUNTS["app_engine"]):
        name, _, domain = email.partition("@")[0].partition(".")
        return f"{domain}:{name}" if domain else name
    if account_kind(email) != "service_account":
        return None
    match = _ACCOUNT.match(email)
    if match is None:
        return None
    domain = match["domain"].removeprefix(".")
    return f"{domain}:{match['project']}" if domain else match["project"]


def home_of(email: str) -> tuple[Home, str] | None:
    """Return what an agent or default account belongs to, and its number, if its e-mail contains it.

    ``service-1234567890@…`` is of a project, ``service-folder-1234567890@…`` of a folder, ``service-org-1234567890@…``
    of an organization. A user-managed account may have the same name, but belongs to the project in its domain.
    """
    if account_kind(email) not in ("service_agent", "default_service_account"):
        return None
    for home, pattern in _HOMES:
        match = pattern.match(email)
        if match:
            return home, match["number"]
    return None


def project_number_of(email: str) -> str | None:
    """Return the number of the project that an agent or default account belongs to, if its e-mail contains it."""
    home = home_of(email)
    return home[1] if home and home[0] == "project" else None
