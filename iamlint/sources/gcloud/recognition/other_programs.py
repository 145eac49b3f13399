"""Reports what programs other than Terraform would do about IAM by documents that iamlint does not read.

Sources: https://www.pulumi.com/docs/iac/languages-sdks/yaml/yaml-language-reference/,
https://cloud.google.com/deployment-manager/docs/configuration/set-access-control-resources and
https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/
"""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.basics.lazy_regex import regex
from iamlint.documents.parts import array, get, has, members, text
from iamlint.documents.values import Value
from iamlint.facts import Declaration, UnreadPart

_OF_PULUMI = regex(
    r"gcp:iam[:/]|gcp:service[aA]ccount[:/](?:\w+:)?Key\Z|gcp:.*(?:IAM|AccessControl|DefaultObjectAc|ObjectAcl)"
    r"|google-native:.*(?:I[aA][mM]|AccessControl|/.*:Key\Z)"
)
"""The types of Pulumi that grant something, make credentials, or limit access."""
_OF_DEPLOYMENT_MANAGER = regex(
    r"[iI]am(?:MemberBinding|Policy)|serviceAccounts?\.keys?\b|[aA]ccessControls?\b|\biam[.-]v1[.:]\w+\.roles\b"
)
"""The types and actions of Deployment Manager that do."""
_PATCHES = "patches", "patchesJson6902", "patchesStrategicMerge"
_OF_IAM = regex(r"IAM(?=[A-Z]|\Z)")
_PATCHED = regex(r"\bkind[\"']?[ \t]*:[ \t]*[\"']?(?P<kind>IAM[A-Z]\w*)|/spec/(?:role|member|bindings|resourceRef)\b")
"""What an inline patch says of a document about IAM: its kind, or the path of a value that such documents have."""
_LONGEST = 200
"""Maximum length of what is named, in characters."""
_MOST = 1_000
"""Maximum number of resources or patches of a document that are listed."""


def of_other_programs(document: Value) -> Iterator[UnreadPart]:
    """Yield the parts of a document about IAM for Pulumi, Deployment Manager or Kustomize."""
    if not isinstance(document.data, dict):
        return
    for resources in (get(document, "resources"), *(get(one, "resources") for one in _components(document))):
        yield from _of_pulumi(resources)
    yield from _of_deployment_manager(get(document, "resources"))
    for key in _PATCHES:
        yield from _of_kustomize(get(document, key))


def _components(document: Value) -> list[Value]:
    return list(members(get(document, "components")).values())[:_MOST]


def _of_pulumi(resources: Value) -> Iterator[UnreadPart]:
    for one in list(members(resources).values())[:_MOST]:
        kind = get(one, "type")
        if _OF_PULUMI.match(text(kind) or ""):
            yield _unread(f"{text(kind)} of Pulumi", kind)


def _of_deployment_manager(resources: Value) -> Iterator[UnreadPart]:
    for one in array(resources)[:_MOST]:
        for key in ("type", "action"):
            kind = get(one, key)
            if has(one, "name") and _OF_DEPLOYMENT_MANAGER.search(text(kind) or ""):
                yield _unread(f"{text(kind)} of Deployment Manager", kind)
        policy = get(one, "accessControl", "gcpIamPolicy")
        if has(one, "name", "type") and policy.data is not None:
            yield _unread("the accessControl of Deployment Manager", policy)


def _of_kustomize(patches: Value) -> Iterator[UnreadPart]:
    for one in array(patches)[:_MOST]:
        kind, inline = get(one, "target", "kind"), get(one, "patch") if isinstance(one.data, dict) else one
        found = _PATCHED.search(text(inline) or "")
        name = text(kind) if _OF_IAM.search(text(kind) or "") else found and (found["kind"] or "a document about IAM")
        if name:
            yield _unread(f"the patch of {name} that Kustomize applies", kind if kind.data is not None else inline)


def _unread(what: str, value: Value) -> UnreadPart:
    return UnreadPart(f"iamlint does not read {what[:_LONGEST]}", Declaration(value.location, "document"))
