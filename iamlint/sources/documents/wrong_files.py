"""Files that people give by mistake, by their name or content, and what to give instead."""

from __future__ import annotations

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.location import SourceText

_LOOKED_AT = 20_000
"""Number of characters of a file that are looked at."""


@frozen
class WrongFile:
    """A kind of file that iamlint does not read: what it is, and what to do instead."""

    what: str
    instead: str


@frozen
class _Sign:
    """How a kind is recognised: by the file's name, or by patterns that its content all has."""

    found: WrongFile
    name: str = ""
    content: tuple[str, ...] = ()


def _sign(what: str, instead: str, *content: str, name: str = "") -> _Sign:
    return _Sign(WrongFile(what, instead), name, content)


_FOLDER = "give the folder with the Terraform files"
_SIGNS = (
    _sign("this is Terraform's lock file", _FOLDER, name=r"\.terraform\.lock\.hcl"),
    _sign("this is a configuration of iamlint", "name it with --config", name=r"\.iamlint\.(?:ya?ml|toml)"),
    _sign(
        "these are settings of a backend", f"{_FOLDER}; a configuration's environments name it", name=r".*\.tfbackend"
    ),
    _sign(
        "this is Terragrunt's configuration", "check its plans: terragrunt show -json PLAN", name=r"terragrunt\b.*\.hcl"
    ),
    _sign(
        "this is a program or a script",
        "give what it makes: Terraform as JSON, a plan, or an export",
        name=r".*\.(?:py|ts|js|go|java|rb|sh|ps1|cs)",
    ),
    _sign("this is Bicep, for Azure", _FOLDER, name=r".*\.bicep"),
    _sign("this is a document, not Terraform", _FOLDER, name=r".*\.(?:md|rst|adoc|docx?|pdf|html?)"),
    _sign(
        "this is Pulumi's project file",
        "iamlint reads no programs; check an export of gcloud",
        name=r"Pulumi\b.*\.ya?ml",
    ),
    _sign(
        "this is a key of a service account, a secret that belongs in no repository",
        "revoke it if it was committed; give the Terraform files or the policies that name the account",
        r'"type"\s*:\s*"service_account"',
        r'"private_key"',
    ),
    _sign(
        "these are credentials of a user, a secret that belongs in no repository",
        _FOLDER,
        r'"type"\s*:\s*"authorized_user"',
    ),
    _sign(
        "this is a credential configuration of a federated identity",
        "iamlint diagnose reads it",
        r'"type"\s*:\s*"external_account"',
    ),
    _sign("this is a report of iamlint", "--baseline reads it", r'"catalog_date"', r'"findings"'),
    _sign("this is a report in SARIF", _FOLDER, r'"runs"\s*:', r"(?i)sarif"),
    _sign("this is a policy of AWS", "iamlint checks Google Cloud only", r'"?Statement"?\s*:', r'"?Effect"?\s*:'),
    _sign(
        "this is a template of AWS CloudFormation",
        "iamlint checks Google Cloud only",
        r"AWSTemplateFormatVersion|AWS::\w+::",
    ),
    _sign("this is a template of Azure", "iamlint checks Google Cloud only", r"deploymentTemplate\.json"),
    _sign(
        "this is a configuration of Google's Deployment Manager",
        "check an export: gcloud asset search-all-iam-policies",
        r"(?m)^resources:",
        r"(?m)type:\s*(?:gcp-types/|\w+\.v\d)",
    ),
    _sign(
        "this is a workflow of GitHub Actions",
        "iamlint diagnose reads it; check the Terraform files of its identity",
        r"(?m)^['\"]?on['\"]?:",
        r"(?m)^jobs:",
    ),
    _sign("these are assertions", "name the file with --assertions", r"(?m)^assertions:"),
    _sign(
        "this is a rule",
        "name its folder with --rules; `iamlint test` runs its examples",
        r"(?m)^(?:when|query):",
        r"(?m)^severity:",
        r"(?m)^message:",
    ),
    _sign(
        "this is a manifest of Kubernetes",
        "iamlint reads Config Connector's documents for IAM only",
        r"(?m)^\"?apiVersion\"?:|\"apiVersion\"",
        r"(?m)kind\"?:",
    ),
    _sign(
        "this is a policy as gcloud prints it for people",
        "add --format=json",
        r"(?m)^(?:ROLE|MEMBERS?|bindings\.role):? ",
    ),
)
_NAMES = tuple((regex(rf"(?:.*/)?(?:{sign.name})\Z"), sign.found) for sign in _SIGNS if sign.name)
_CONTENTS = tuple((tuple(map(regex, sign.content)), sign.found) for sign in _SIGNS if sign.content)


def wrong_file(source: SourceText) -> WrongFile | None:
    """Return what a file is that is in no format of ours; None if it is not known either."""
    for pattern, found in _NAMES:
        if pattern.match(source.path):
            return found
    text = source.text[:_LOOKED_AT]
    return next((found for patterns, found in _CONTENTS if all(one.search(text) for one in patterns)), None)


_PACKED = {b"PK\x03\x04": "a zip archive", b"%PDF": "a PDF", b"\x89PNG": "a picture", b"\x7fELF": "a program"}


def wrong_binary(beginning: bytes) -> WrongFile | None:
    """Return what a binary file is, by its first bytes."""
    what = next((what for mark, what in _PACKED.items() if beginning.startswith(mark)), None)
    return WrongFile(f"this is {what}", "unpack it first" if what == "a zip archive" else _FOLDER) if what else None
