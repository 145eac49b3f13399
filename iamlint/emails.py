"""E-mails and domains in principals: what no account, person, group or domain can be called.

Sources: "Principal identifiers", https://cloud.google.com/iam/docs/principal-identifiers, "Service account types",
https://docs.cloud.google.com/iam/docs/service-account-types, "Service agents",
https://docs.cloud.google.com/iam/docs/service-agents, and of the ids of projects
https://docs.cloud.google.com/resource-manager/docs/creating-managing-projects
"""

from __future__ import annotations

from iamlint.basics.lazy_regex import regex

_IMPOSSIBLE = regex(r'[\s*{}<>()\[\],;"\\|]')
_NOT_IN_DOMAIN = regex(r"[^\w.-]|_")
_ACCOUNTS = "gserviceaccount.com"
_OF_PROJECT = f".iam.{_ACCOUNTS}"
_APP_ENGINE = f"appspot.{_ACCOUNTS}"
_WITHOUT_PROJECT = frozenset(
    f"{name}.{_ACCOUNTS}" for name in ("appspot", "cloudbuild", "cloudservices", "developer", "project", "system")
)
"""The domains of default accounts, and of agents without a project; ``project`` is that of old default accounts."""
_MADE_WRONG = regex(
    r"(?<=\$\{)(?:[^}]*\.)?google_service_account\.[^.}\[]+(?:\[[^\]]*\])?\.(?:email|member)\}(?:@|\.iam\.)"
    r"|(?<=@\$\{)(?:[^}]*\.)?google_project\.[^.}\[]+(?:\[[^\]]*\])?\.number\}\.iam\.gserviceaccount\.com\Z"
    r"|(?<=:\$\{)(?:[^}]*\.)?google_project\.[^.}\[]+(?:\[[^\]]*\])?\.number\}@appspot\.gserviceaccount\.com\Z"
)


def fault_of(prefix: str, name: str) -> str:
    """Return why nothing with this prefix can have this name; empty if something may.

    References, and what renders a template (``$PROJECT``, ``{{.project}}``), put another text in.
    """
    if "$" in name or "{{" in name:
        return ""
    local, _, domain = name.rpartition("@")
    odd = _NOT_IN_DOMAIN.search(domain) or _IMPOSSIBLE.search(local)
    if odd:
        what = "domain" if odd.string is domain else "e-mail"
        return f"no {what} has `{odd[0]}`" if odd[0].strip() else f"no {what} has a space"
    if "@" in local:
        return "it has two `@`"
    return _account_fault(local, domain) if prefix == "serviceAccount" and domain.endswith(_ACCOUNTS) else ""


def _account_fault(local: str, domain: str) -> str:
    if domain == _APP_ENGINE and local.isdecimal():
        return "App Engine's account has the id of its project, not the number"
    if domain in _WITHOUT_PROJECT:
        return ""
    project = domain.removesuffix(_OF_PROJECT)
    if not project or project == domain:
        return f"the e-mail of an account ends with `@PROJECT{_OF_PROJECT}`"
    if _ACCOUNTS in project:
        return f"it has `{_ACCOUNTS}` twice"
    return "the e-mail of an account has the id of its project, not the number" if project[0].isdecimal() else ""


def is_made_wrong(text: str) -> bool:
    """Whether a reference makes an e-mail wrong: an account's e-mail before another domain, a number as a project."""
    return _MADE_WRONG.search(text) is not None
