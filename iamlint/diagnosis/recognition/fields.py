"""Values in the text of an error: principal, permission, resource, project and service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, fields
from functools import cache
from typing import Any

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.diagnosis.recognition.audit_entry import refused
from iamlint.diagnosis.recognition.called_urls import requested
from iamlint.diagnosis.recognition.error_text import WRAPPED
from iamlint.diagnosis.recognition.fragments import EMAIL, SHAPES, Template
from iamlint.diagnosis.recognition.listed import listed

METHODS: Mapping[str, str] = {
    "iam.serviceAccounts.getAccessToken": "generateAccessToken",
    "iam.serviceAccounts.getOpenIdToken": "generateIdToken",
    "iam.serviceAccounts.signBlob": "signBlob",
    "iam.serviceAccounts.signJwt": "signJwt",
    "iam.serviceAccounts.actAs": "actAs",
}
"""The method of `iamlint diagnose` that needs a permission."""
_SPELLINGS = {
    name.lower(): name
    for name in (*METHODS, *METHODS.values(), "iam.serviceAccounts.implicitDelegation", "iam.serviceAccounts.get")
}
_VERBS = (
    "get|list|create|update|delete|use|undelete|actAs|access|invoke|enable|disable|publish|consume|attach|connect|call"
    "|getIamPolicy|setIamPolicy|getAccessToken|getOpenIdToken|signBlob|signJwt|implicitDelegation|getData|updateData"
    "|download\\w*|upload\\w*|run|read\\w*|write\\w*|login|bind|export|setMetadata|createTagBinding"
)
_CUT_OFF = ("-", "@", "_")
"""How a value ends that was broken off, as by a line's end: it is not read at all."""
_OF_SERVICE = regex(r"\A(?:cloud(?=resourcemanager))?([a-z][a-z0-9-]{1,40})\.googleapis\.com/")
"""The beginning of a permission as deny policies and some errors write it: ``iam.googleapis.com/roles.create``."""
LONGEST_READ = 20_000
"""Characters of one message that values are read from."""
_COMMAND = regex(r"\(gcloud\.[\w.-]{1,200}\)")
"""The command that gcloud names before its errors: its words look like a permission."""


@frozen
class Fields:
    """What a text states. A field is empty if the text does not state it.

    ``target`` is the service account that is used, ``principal`` the one that was denied, ``project`` an id or a
    number, ``method`` one of iamlint's methods, or the full name of an API's; ``other`` has what only some kinds have.
    """

    permission: str = ""
    resource: str = ""
    target: str = ""
    principal: str = ""
    project: str = ""
    service: str = ""
    method: str = ""
    provider: str = ""
    reason: str = ""
    other: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """Return a field by its name, those of ``other`` included; empty if the text does not state it."""
        return str(getattr(self, name)) if name in NAMES else self.other.get(name, "")

    def agrees(self, other: Fields) -> bool:
        """Whether both may be of the same call: no field of one contradicts the other."""
        return all(
            not (mine := getattr(self, name)) or not (its := getattr(other, name)) or mine == its for name in NAMES
        )

    def filled(self, other: Fields) -> Fields:
        """This one, with what only the other states."""
        return made({**_stated(other), **_stated(self)})


NAMES = tuple(one.name for one in fields(Fields) if one.name != "other")
"""The names of the fields that every kind may have."""


def _stated(found: Fields) -> dict[str, str]:
    return {**found.other, **{name: value for name in NAMES if (value := getattr(found, name))}}


def made(values: Mapping[str, str]) -> Fields:
    """Fields from values by name, in their usual spelling."""
    spelt = {name: _spelt(name, value) for name, value in values.items()}
    values = {name: value for name, value in spelt.items() if value and not value.endswith(_CUT_OFF)}
    if "method" not in values and (method := METHODS.get(values.get("permission", ""))):
        values["method"] = method
    other = {name: value for name, value in values.items() if name not in NAMES}
    return Fields(**{name: values[name] for name in NAMES if name in values}, other=other)


def _spelt(name: str, value: str) -> str:
    value = value.rstrip(".:")
    match name:
        case "permission":
            value = _OF_SERVICE.sub(r"\1.", value)
            return _SPELLINGS.get(value.lower(), value)
        case "method":
            last = value.rpartition(".")[2]
            return _SPELLINGS.get(last.lower(), value)
        case "target" | "agent" | "service":
            return value.lower()
        case "provider":
            return value.removeprefix("//iam.googleapis.com/")
        case "resource" if value in ("projects/", "folders/", "organizations/"):  # a mask follows, such as <project>
            return ""
        case "project" if value[:1].isupper():  # the first word of a display name
            return ""
        case _:
            return value


def read_fields(text: str, templates: Iterable[Template], *, only: bool = False) -> Mapping[str, str]:
    """Return the values in a stretch of a readable text: those of the templates first, then what any text may state.

    With ``only`` the templates alone are read.
    """
    text = text[:LONGEST_READ].replace(WRAPPED, "")
    values: dict[str, str] = {}
    for template in templates:
        if template.placeholders and (found := template.reading.search(text)):
            for name, value in found.groupdict().items():
                values.setdefault("resource" if name == "bucket" else name, value)
    if only:
        return values
    text = _COMMAND.sub("", text)
    values = {**refused(text), **values}
    for name, pattern in _general():
        if name not in values and (found := pattern.search(text)):
            group = next(number for number, value in enumerate(found.groups(), 1) if value)
            if text[found.end(group) : found.end(group) + 1] != "*":  # a mask hides the rest
                values[name] = found[group]
    if "permission" not in values and (needed := requested(text)):
        values["permission"] = needed[0]
        values.setdefault("resource", needed[1])
    if "permission" in values:
        together = listed(text, values["permission"])
        if len(together) > 1:
            values.setdefault("permissions", ", ".join(together))
    return values


def mentions(text: str) -> Iterator[tuple[str, str]]:
    """Yield what is named in a text of no known kind: pairs of a field's name and a value, each once."""
    text = _COMMAND.sub("", text[:LONGEST_READ].replace(WRAPPED, ""))
    seen: set[tuple[str, str]] = set()
    for name, pattern in _mentioned():
        for found in pattern.finditer(text):
            pair = name, _spelt(name, next(value for value in found.groups() if value))
            if pair not in seen and len(seen) < 50:
                seen.add(pair)
                yield pair


def _key(name: str, shape: str, before: str = "") -> str:
    """Return the value of a key, as JSON, YAML, Python, Go and the text form of protocol buffers print it."""
    value = rf"{before}({shape})"
    return rf"""\b{name}['"]?\s*(?:[:=]>?)\s*['"]?{value}|key:\s*['"]?{name}['"]?,?\s*value:\s*['"]?{value}"""


_QUOTE = r"['\x22\x60\[\]()\s]*"
_PERMISSION = SHAPES["permission"]
_RESOURCE = SHAPES["resource"]
_BARE_PERMISSION = rf"(?:^|[^\w.])([a-z]+\.[a-zA-Z]+\.(?:{_VERBS}))(?:$|[^\w.(]|\.\W)"
"""A permission anywhere in a text; not a part of a longer name, and no function, as in ``at java.lang.Thread.run(``."""
_GENERAL: tuple[tuple[str, str], ...] = (
    ("reason", "(?-i:" + _key("reason", "[A-Z][A-Z_]{4,60}") + ")"),
    ("permission", _key("permission", _PERMISSION)),
    ("permission", rf"\bpermission{_QUOTE}({_PERMISSION}){_QUOTE}(?:denied|is required|on)"),
    ("permission", rf"\bdoes not have ({_PERMISSION}) access"),
    ("permission", rf"\brequired{_QUOTE}({_PERMISSION}){_QUOTE}permission"),
    ("permission", rf"\bpermissions?:?{_QUOTE}({_PERMISSION})['\x22\x60\])\s]"),
    ("permission", _BARE_PERMISSION),
    ("target", _key("name", EMAIL, "projects/-/serviceAccounts/")),  # in a request that also has the unique id
    ("target", rf"\b(?:serviceAccounts|service-accounts)/({SHAPES['target']})"),
    ("target", rf"\b(?:token for|impersonate|for email){_QUOTE}({EMAIL})"),
    ("target", rf"\bservice account{_QUOTE}({EMAIL})"),
    ("principal", rf"\b({SHAPES['principal']}){_QUOTE}does not have"),
    ("principal", rf"\bcommand is authenticated as {_QUOTE}({EMAIL})"),
    ("principal", rf"\bauth tokens for account {_QUOTE}({SHAPES['principal']}):"),
    ("principal", _key("(?:principalEmail|principalSubject|authenticated principal)", SHAPES["principal"])),
    (
        "principal",
        rf"\b(?:user|account|caller|principal):?{_QUOTE}({SHAPES['principal']}){_QUOTE}(?:lacks|is not|cannot|does)",
    ),
    ("project", _key("consumer", r"[\w][\w.:-]*", "projects/")),
    ("project", rf"\bin project {_QUOTE}({SHAPES['project']}){_QUOTE}before"),
    ("project", r"https://console\.[a-z.]{0,20}google\.com/[^\s'\x22]{0,200}?[?&]project=(\w[\w.:-]*)"),
    ("project", r"\borgpolicy:projects/(\w[\w.:-]*)"),
    ("project", r"[?&]userProject=(\w[\w.:-]*)"),
    ("project", rf"\baccess to project {_QUOTE}({SHAPES['project']})"),
    ("project", r"/storage/v1/b\?(?:[^\s'\x22]{0,200}&)?project=(\w[\w.:-]*)"),
    ("project", rf"\bpermission to access projects? (?:instance )?\[({SHAPES['project']})\s*[\]:]"),
    ("service", _key("service", SHAPES["service"])),
    ("service", r"/apis/(?:api|library)/([a-z0-9-]+\.googleapis\.com)"),
    ("service", r"https://((?:iamcredentials|sts)\.googleapis\.com)/"),
    ("method", _key("method", SHAPES["method"])),
    ("method", r":(generateAccessToken|generateIdToken|signBlob|signJwt)\b"),
    ("resource", _key("resource", r"(?://|projects/|organizations/|folders/|b/)" + _RESOURCE)),
    (
        "resource",
        rf"\b(?:on|for) (?:the )?resource:?{_QUOTE}((?://|gs://|projects/|namespaces/|organizations/|folders/){_RESOURCE})",
    ),
    (
        "resource",
        rf"\bon (?:bucket|secret|dataset|table|topic|subscription|repository|key|instance){_QUOTE}({_RESOURCE})",
    ),
    ("resource", rf"\bdenied on {_QUOTE}((?://|projects/|folders/|organizations/|locations/){_RESOURCE})"),
    (
        "resource",
        rf"\bpermission(?:\(s\))? for (?:connection )?{_QUOTE}((?://|projects/|folders/|organizations/){_RESOURCE})",
    ),
    ("resource", r"\bdenied on job ([a-z][\w.-]*(?::[a-z][\w.-]*)??:[\w-]+\.[\w-]+)"),
    ("resource", rf"\bpermissions? (?:for|on) (?:dataset|table|view|routine) {_QUOTE}({_RESOURCE})"),
    ("resource", rf"\bIAM policy for [\w ]{{1,40}} {_QUOTE}(?:v1/)?(projects/{_RESOURCE})"),
    ("resource", r"\brequesting https://[a-z-]{1,60}\.googleapis\.com/v\w{1,10}/(projects/[^\s?:'\x22]{0,400}[\w])"),
    ("resource", rf"\bon service account (?:key )?{_QUOTE}(projects/[^/\s]+/serviceAccounts/{_RESOURCE})"),
    ("resource", r"\baccess b instance \[([a-z0-9][\w.-]*[a-z0-9])\]"),
    ("resource", r"\w instance \[((?:projects|folders|organizations)/[\w.@/-]*\w)[\]:]"),
    ("resource", r"\bdoes not have storage\.objects\.\w+ access to ([a-z0-9][\w.-]*[a-z0-9])/"),
    ("resource", r"\baccess to (?:the )?(?:bucket )?([a-z0-9][\w.-]*[a-z0-9])(?:\.|,|$|\s*\()"),
    ("resource", rf"\bto the (?:bucket|directory) {_QUOTE}(?:gs://)?([a-z0-9][\w.-]*[a-z0-9])"),
    ("resource", rf"\b(?:writing|(?:state file|object) at) {_QUOTE}gs://([a-z0-9][\w.-]*[a-z0-9])/"),
    ("resource", r"\bstorage/v1/b/([a-z0-9][\w.-]*[a-z0-9])[/?:]"),
    ("provider", f"({SHAPES['provider']})"),
)
_MENTIONED: tuple[tuple[str, str], ...] = (
    ("permission", _BARE_PERMISSION),
    ("principal", rf"\b(principal(?:Set)?://{_RESOURCE})"),
    ("email", rf"({EMAIL})"),
    ("resource", r"(//[a-z]+\.googleapis\.com/[\w./@:~-]*\w)"),
    ("resource", r"\b((?:projects|folders|organizations)/[\w.:-]+/[\w./@:~-]*\w)"),
    ("project", r"\bprojects?[ /=:'\x22]+([a-z][a-z0-9-]{4,28}[a-z0-9]|\d{6,20})\b"),
    ("service", r"\b([a-z]+\.googleapis\.com)\b"),
    ("role", r"\b(roles/[\w.]*\w)"),
)


@cache
def _general() -> tuple[tuple[str, Any], ...]:
    import re2

    return tuple((name, re2.compile("(?is)" + pattern.replace(" ", r"\s+"))) for name, pattern in _GENERAL)


@cache
def _mentioned() -> tuple[tuple[str, Any], ...]:
    import re2

    return tuple((name, re2.compile(f"(?s){pattern}")) for name, pattern in _MENTIONED)
