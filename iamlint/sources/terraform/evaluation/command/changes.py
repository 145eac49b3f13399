"""Recognises the part of a command, script, request or template that changes IAM."""

from __future__ import annotations

import re
from functools import lru_cache

from iamlint.basics.lazy_regex import regex
from iamlint.sources.marks import ROLE

_OF_LIBRARIES = (
    r"(?-i:(?:\.|->)[sS]etIamPolicy(?:Async)?\(|\bset_iam_policy(?:\(|[ \t]+\w+:)|\.iam\.setPolicy\("
    r"|\.IAM\(\)(?:\.V3\(\))?\.SetPolicy\(|\.make_public\(|\.makePublic\(|\.grant_(?:read|write|owner)\("
    r"|\.acl\.(?:default\.)?(?:add|save)\(|\.(?:default_)?acl\.(?:public|auth|add_\w+)\b"
    r"|->iam\(\)->setPolicy\(|->(?:default)?[aA]cl\(\)->(?:add|update)\("
    r"|\.(?:Default(?:Object)?)?ACL\(\)\.Set\(|\.create(?:Default)?Acl\(|\.keys\(\)\.create\("
    r"|\b(?:[cC]reateServiceAccountKey(?:Async)?|create_service_account_key)\()"
)
"""Calls of Google's client libraries."""
CHANGES_IAM = regex(
    r"(?:add|set)-iam-policy(?:-binding)?\b|\badd-(?:invoker-policy-|gciampolicy)binding\b"
    r"|(?<![\w-])--(?:allow-unauthenticated|no-invoker-iam-check)\b"
    rf"|{_OF_LIBRARIES}"
    r"|\bgsutil\b.{0,80}?\b(?:iam\s+(?:ch|set)|acl\s+(?:ch|set)|defacl\s+(?:ch|set)|(?:ch|set)(?:def)?acl"
    r"|(?:cp|mv|rsync)\b.{0,80}?\s-a\s+(?:public|authenticated)-)\b"
    r"|--(?:add-(?:default-object-)?acl-grant|(?:predefined|canned)-(?:default-object-)?acl|(?:default-object-)?acl-file)\b"
    r"|\bx-goog-acl\s*:\s*(?:authenticated|public)-|\bgrant\s+`?roles/[^;]{1,200}?\bon\s+(?:schema|table|view|external\s+table|project)\b"
    r"|\biam\s+(?:policies|policy-bindings|principal-access-boundary-policies)\s+delete\b"
    r"|\bidentity\s+groups\s+memberships\s+(?:add|modify-membership-roles)\b|\btags\s+bindings\s+(?:create|delete)\b"
    r"|\borg-policies\s+(?:allow|delete|disable-enforce|reset|set-policy)\b"
    r"|\bbq\s[^\n;|&]{0,60}?\bupdate\s[^\n;|&]{0,60}?--source\b"
    r"|\bpam\s+(?:entitlements\s+(?:create|update)|grants\s+(?:create|approve))\b"
    r"|\biam\s+(?:[a-z-]+\s+){1,3}?(?:create(?!-cred-config|-login-config)|enable|set|undelete|update|upload)\b",
    re.IGNORECASE,
)
"""Parts of a command that change access, or what limits it.

Sources: https://cloud.google.com/sdk/gcloud/reference/iam, https://cloud.google.com/storage/docs/gsutil/commands/iam,
https://cloud.google.com/storage/docs/gsutil/commands/acl (also by its earlier names, such as ``setacl``),
https://cloud.google.com/sdk/gcloud/reference/storage/objects/update, https://cloud.google.com/sdk/gcloud/reference/org-policies,
https://cloud.google.com/sdk/gcloud/reference/resource-manager/tags/bindings,
https://cloud.google.com/bigquery/docs/reference/standard-sql/data-control-language, and each API's method for it.
"""
_OF_API = regex(r"(?:[:/]|%3A)setIamPolicy\b")
_CALLED = regex(r"googleapis\.com|\bcurl\b", re.IGNORECASE)
"""What is before the method of an API on the line of a request."""
_OF_ADDRESS = regex(
    r"https?://(?:iam\.googleapis\.com/v\d(?![^\s'\"]{0,300}:(?:lint|query|test)\w)[^\s'\"]{2,300}"
    r"|cloudidentity\.googleapis\.com/[^\s'\"]{1,300}/memberships\b"
    r"|(?:admin|www)\.googleapis\.com/admin/directory/[^\s'\"]{1,300}/members\b"
    r"|orgpolicy\.googleapis\.com/[^\s'\"]{1,300}/policies\b|cloudresourcemanager\.googleapis\.com/v\d/tagBindings\b"
    r"|privilegedaccessmanager\.googleapis\.com/[^\s'\"]{1,300}/(?:entitlements|grants)\b"
    r"|(?:[\w.-]{1,99}\.)?storage\.googleapis\.com/[^\s'\"]{0,300}\?acl\b"
    r"|(?:storage|www)\.googleapis\.com/storage/v\d/b/[^\s'\"]{1,300}/(?:acl|defaultObjectAcl|iam)\b)",
    re.IGNORECASE,
)
"""Addresses to which every request that writes changes access: keys, roles, deny policies, providers, members, ACLs.

Source: the REST references of these APIs, such as https://cloud.google.com/iam/docs/reference/rest
"""
_WRITES = regex(
    r"(?:-X|--request|--method|-Method|\bhttps?)[ =]?['\"]?(?:POST|PUT|PATCH|DELETE)\b|\.(?:post|put|patch|delete)\("
    r"|\s(?:-d|-T|--data(?:-\w+)?|--json|--upload-file|--post-(?:data|file))[\s=@'\"]",
    re.IGNORECASE,
)
"""What makes a request one that writes."""
_LONGEST_REQUEST = 400
_KIND = regex(r"(?:\b|\\n)kind['\"]?\s*[:=]\s*['\"]?\w*IAM(?!ServiceAccount\b)[A-Z]\w*")
"""A document of Kubernetes about IAM. A service account alone grants nothing."""
_GROUPS = (".cnrm.cloud.google.com/", ".gcp.upbound.io/", ".gcp.crossplane.io/", ".gcp.m.upbound.io/")
"""The groups of Google Cloud's documents: those of Config Connector and of Crossplane."""
_WORDS = (
    *("iam", "acl", "members", "pam", "roles/", "invoker-policy", "make_public", "makepublic", "public-"),
    *("authenticated", "--source", "service_account_key", "serviceaccountkey", ".keys().create", ".grant_"),
    *("org-policies", "orgpolicy", "bindings", "privilegedaccess"),
)
"""What each command that changes IAM contains, in lower case."""
_JOINED = regex(r"\\(?:\r?\n|(?=[\w-]))|(?<=[\w-])(?:['\"]{1,2}|\$@)(?=[\w-])")
"""What a shell leaves out of a word."""
_LISTED = regex(r"['\"]?(?:,\s*|\r?\n[ \t]*-[ \t]+)['\"]?")
"""What is between the words of a command that is a list in JSON or YAML."""
_GRANTS = regex(
    rf"\bsetIamPolicy\b|\bvirtual\.[\w.]+\.iamMemberBinding\b|\bgcpIamPolicy\b|\A{ROLE}\Z|\"{ROLE}\""
    r"|\bgoogleapis\.iam\.v\w+(?:\.\w+){1,6}\.(?:create|delete|enable|patch|undelete|update|upload)\b"
    r"|\bgoogleapis\.storage\.v\w+\.\w*accessControls\.(?:insert|patch|update)\b",
    re.IGNORECASE,
)
"""Parts of a program, request or template that change IAM, besides commands.

Sources: https://cloud.google.com/deployment-manager/docs/configuration/set-access-control-resources and
https://cloud.google.com/workflows/docs/reference/googleapis
"""
_CLIENT = regex(
    r"gcloud|gsutil|googleapis|\bbq\b|\bcurl\b|IamPolicy|iam_policy|(?:add|set)-iam-policy"
    r"|\biam\s+(?:policies|roles|service-accounts|workforce-pools|workload-identity-pools)\s"
    rf"|(?i:\bgrant\s+`?roles/)|{_OF_LIBRARIES}|{'|'.join(map(re.escape, _GROUPS))}"
)
"""What a text contains if it has a command that changes IAM, and not a sentence about it."""


def changes_iam(text: str) -> re.Match[str] | None:
    """Return the part of a command or script that changes IAM, or of a document of Kubernetes that it applies."""
    return changing_command(text) or (_KIND.search(text) if any(group in text for group in _GROUPS) else None)


_ESCAPED = regex(r"\\(?:(?:x|u00|U000000)([2-7][0-9A-Fa-f])|\r?\n[ \t]*)")
"""An escape sequence of YAML or JSON that writes a character of a word, or joins two lines."""


@lru_cache(maxsize=256)
def changing_command(written: str) -> re.Match[str] | None:
    """Return the part of a command or script that changes IAM; cached, since many blocks may run the same script.

    A shell joins continued lines, and ignores a backslash or quotes in a word. Lists of words are commands, too. YAML
    and JSON may have escape sequences in words.
    """
    plain = _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)) if escape[1] else "", written)
    for text in (written,) if plain == written else (written, plain):
        found = _change(text)
        for between, instead in ((_JOINED, ""), (_LISTED, " ")) if found is None else ():
            joined = between.sub(instead, text) if between.search(text) else None
            found = found or (_change(joined) if joined else None)
        if found:
            return found
    return None


def _change(text: str) -> re.Match[str] | None:
    lowered = text.lower()
    if not any(word in lowered for word in _WORDS):
        return None
    found = CHANGES_IAM.search(text) or next(filter(_is_request, _OF_API.finditer(text)), None)
    return found or next(filter(_is_written, _OF_ADDRESS.finditer(text)), None)


def _is_request(method: re.Match[str]) -> bool:
    """Whether the method of an API is a part of a request to Google."""
    return _CALLED.search(method.string, _start_of_line(method), method.start()) is not None


def _is_written(address: re.Match[str]) -> bool:
    """Whether the request to an address writes."""
    last = address.end() + _LONGEST_REQUEST
    end = address.string.find("\n", address.end(), last)
    return _WRITES.search(address.string, _start_of_line(address), end if end >= 0 else last) is not None


def _start_of_line(found: re.Match[str]) -> int:
    """Return where the line of a match starts, or where the part of it that is searched does."""
    start = max(0, found.start() - _LONGEST_REQUEST)
    return max(start, found.string.rfind("\n", start, found.start()) + 1)


def grant_in(text: str) -> re.Match[str] | None:
    """Return the part of a program, request or template that changes IAM."""
    return changes_iam(text) or _GRANTS.search(text) or _OF_ADDRESS.fullmatch(text)


def command_in(text: str) -> re.Match[str] | None:
    """Return the part of a text that is a command that changes IAM, and not a sentence about it."""
    return changes_iam(text) if _CLIENT.search(text) else None


def command_of_manifest(text: str) -> re.Match[str] | None:
    """As `command_in`, for a document that is read as such: only the commands in it count."""
    return changing_command(text) if _CLIENT.search(text) else None
