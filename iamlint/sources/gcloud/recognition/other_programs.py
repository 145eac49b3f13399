"""Reports what programs other than Terraform would do about IAM by documents that iamlint does not read.

Sources: https://www.pulumi.com/docs/iac/languages-sdks/yaml/yaml-language-reference/,
https://cloud.google.com/deployment-manager/docs/configuration/set-access-control-resources and
https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from iamlint.basics.lazy_regex import regex
from iamlint.documents.parts import array, get, has, members, text, texts
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
_PATCHED = regex(
    r"\bkind[\"']?[ \t]*:[ \t]*[\"']?(?P<kind>IAM[A-Z]\w*)|\bspec[./](?:role|member|bindings|resourceRef)\b"
)
"""What a patch says of a document about IAM: its kind, or the path of a value that such documents have."""
_LONGEST = 200
"""Maximum length of what is named, in characters."""
_MOST = 1_000
"""Maximum number of parts of a document that are listed: all are looked at."""


def of_other_programs(document: Value) -> Iterator[UnreadPart]:
    """Yield the parts of a document about IAM for Pulumi, Deployment Manager or Kustomize, up to a number of them."""
    if isinstance(document.data, dict):
        yield from islice(_parts(document), _MOST)


def _parts(document: Value) -> Iterator[UnreadPart]:
    components = members(get(document, "components")).values()
    for resources in (get(document, "resources"), *(get(one, "resources") for one in components)):
        yield from _of_pulumi(resources)
    yield from _of_deployment_manager(get(document, "resources"))
    for key in _PATCHES:
        yield from _of_patches(get(document, key))
    for one in array(get(document, "replacements")):
        yield from _of_replacements(get(one, "targets"))


def _of_pulumi(resources: Value) -> Iterator[UnreadPart]:
    for one in members(resources).values():
        kind = get(one, "type")
        if _OF_PULUMI.match(text(kind) or ""):
            yield _unread(f"{text(kind)} of Pulumi", kind)


def _of_deployment_manager(resources: Value) -> Iterator[UnreadPart]:
    for one in array(resources):
        for key in ("type", "action"):
            kind = get(one, key)
            if has(one, "name") and _OF_DEPLOYMENT_MANAGER.search(text(kind) or ""):
                yield _unread(f"{text(kind)} of Deployment Manager", kind)
        policy = get(one, "accessControl", "gcpIamPolicy")
        if has(one, "name", "type") and policy.data is not None:
            yield _unread("the accessControl of Deployment Manager", policy)


def _of_patches(patches: Value) -> Iterator[UnreadPart]:
    for one in array(patches):
        inline = get(one, "patch") if isinstance(one.data, dict) else one
        yield from _of_kustomize(get(one, "target", "kind"), inline, text(inline) or "")


def _of_replacements(targets: Value) -> Iterator[UnreadPart]:
    for one in array(targets):
        paths = get(one, "fieldPaths")
        yield from _of_kustomize(get(one, "select", "kind"), paths, " ".join(texts(paths)))


def _of_kustomize(kind: Value, changed: Value, said: str) -> Iterator[UnreadPart]:
    """Yield a patch of a kind, or by what it says, if it is about IAM."""
    found = _PATCHED.search(said)
    name = text(kind) if _OF_IAM.search(text(kind) or "") else found and (found["kind"] or "a document about IAM")
    if name:
        yield _unread(f"the patch of {name} that Kustomize applies", kind if kind.data is not None else changed)


def _unread(what: str, value: Value) -> UnreadPart:
    return UnreadPart(f"iamlint does not read {what[:_LONGEST]}", Declaration(value.location, "document"))
