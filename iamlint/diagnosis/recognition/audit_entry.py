"""Reads the refused permission from an entry of an audit log.

Source: https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from iamlint.basics.lazy_regex import regex

_LIST = regex(r"authorizationInfo['\"]?\s{0,20}:")
_PERMISSION = regex(r"\bpermission['\"]?\s{0,20}:\s{0,20}['\"]?(?P<value>[a-zA-Z]\w*(?:\.\w+){1,4})")
_RESOURCE = regex(r"\bresource['\"]?\s{0,20}:\s{0,20}['\"]?(?P<value>[^\s'\",{}\[\]]{2,500})")
_PROJECT = regex(r"\bproject_id['\"]?\s{0,20}:\s{0,20}['\"]?(?P<value>[a-z][\w.:-]{1,60}\w)")
"""The label of the monitored resource, which says the project of a resource that is named without one."""
_GRANTED = regex(r"\bgranted['\"]?\s{0,20}:\s{0,20}['\"]?true\b")
_NEXT_ITEM = regex(r"\}\s{0,200},\s{0,200}\{|\s-\s")
"""Where the next one of a list begins, in JSON, and in YAML also within a JSON text."""
_MOST = 50


def refused(text: str) -> Mapping[str, str]:
    """Return the permission and the resource of the first check that an entry does not show as granted.

    ``permissions`` are those of all such checks of this resource, if there are several.
    """
    begin = _LIST.search(text)
    checks = list(_refusals(text[begin.end() :])) if begin else []
    if not checks:
        return {}
    permission, resource = checks[0]
    names = dict.fromkeys(name for name, its in checks if its == resource)
    project = _PROJECT.search(text) if resource.startswith("instances/") else None  # Cloud SQL
    resource = f"projects/{project['value']}/{resource}" if project else resource
    found = {"permission": permission, "resource": resource, "permissions": ", ".join(names)}
    return {name: value for name, value in found.items() if value and (name != "permissions" or len(names) > 1)}


def _refusals(checks: str) -> Iterator[tuple[str, str]]:
    """Yield the permission and the resource of each check that is not shown as granted."""
    for item in _NEXT_ITEM.split(checks)[:_MOST]:
        permission = _PERMISSION.search(item)
        if permission and not _GRANTED.search(item):
            resource = _RESOURCE.search(item)
            yield permission["value"], resource["value"] if resource else ""
