"""Config Connector's documents, from ``gcloud beta resource-config bulk-export`` or a cluster.

Source: https://cloud.google.com/config-connector/docs/reference/overview
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import replace

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.documents.parts import get, has, items, text
from iamlint.documents.values import Value
from iamlint.facts import (
    CustomRole,
    Declaration,
    Fact,
    Folder,
    Grant,
    Place,
    Pool,
    Principal,
    Project,
    Provider,
    Resource,
    Service,
    ServiceAccount,
    ServiceAccountKey,
    Text,
    expression_of,
)
from iamlint.principals import read_principal
from iamlint.sources.gcloud.kubernetes.connected_access import access_control, dataset_access
from iamlint.sources.gcloud.kubernetes.workloads import kubernetes_account
from iamlint.sources.gcloud.names import account_in, snake
from iamlint.sources.gcloud.resources.denials import denials
from iamlint.sources.gcloud.resources.exposure import api_key, bucket_settings
from iamlint.sources.gcloud.resources.federation import provider
from iamlint.sources.gcloud.resources.policies import audit_config, audit_configs, condition_of, role_and_hidden
from iamlint.unknown import Unknown, UnknownPart, join_texts, shown

_ANNOTATION = "cnrm.cloud.google.com/"
_SPELT = {"pub_sub_": "pubsub_", "big_query_": "bigquery_", "kmskey_": "kms_key_", "kmscrypto_": "kms_crypto_"}
"""Terraform's families whose words are divided differently in Config Connector's kinds."""


@frozen
class _Object:
    """A document, with the others that it may refer to by kind and name."""

    document: Value
    others: Mapping[tuple[str, str], Value]

    @property
    def spec(self) -> Value:
        return get(self.document, "spec")

    @property
    def kind(self) -> str:
        return text(get(self.document, "kind")) or ""

    @property
    def declared(self) -> Declaration:
        return Declaration(self.document.location, self.kind)


def config_connector(documents: Sequence[Value]) -> Iterator[Fact]:
    """Yield the facts of the documents; kinds without facts are ignored."""
    others = {(text(get(one, "kind")) or "", text(get(one, "metadata", "name")) or ""): one for one in documents}
    for document in documents:
        yield from _facts(_Object(document, others))


def _facts(one: _Object) -> Iterator[Fact]:
    match one.kind:
        case "IAMPolicy" | "IAMPartialPolicy":
            yield from _policy(one)
        case "IAMPolicyMember":
            yield from _grants(one, one.spec, (one.spec,))
        case "IAMAuditConfig":
            yield audit_config(one.spec, _target(one), one.declared)
        case "IAMDenyPolicy":
            yield from denials([one.spec], text(get(one.spec, "parent")))
        case "ServiceAccount":
            yield kubernetes_account(one.document)
        case "APIKeysKey":
            yield api_key(one.spec, _id(one.document), _project(one), one.declared)
        case "StorageBucket":
            yield from bucket_settings(one.spec, _id(one.document), one.declared)
        case "BigQueryDataset":
            yield from dataset_access(one.spec, _id(one.document), one.declared)
        case _ if one.kind in _READERS:
            yield _READERS[one.kind](one)
        case _:
            yield from access_control(one.kind, one.spec, one.declared)


# -- policies ------------------------------------------------------------------------------------------------------


def _policy(one: _Object) -> Iterator[Fact]:
    stated = list(_bindings(one, get(one.spec, "bindings")))
    yield from stated
    yield from _in_force(one, {_what(grant) for grant in stated})
    yield from audit_configs(one.spec, _target(one), one.declared)


def _bindings(one: _Object, bindings: Value) -> Iterator[Grant]:
    for binding in items(bindings):
        yield from _grants(one, binding, items(get(binding, "members")))


def _in_force(one: _Object, stated: Set[tuple[str, str, object]]) -> Iterator[Grant]:
    """Yield what the resource's policy grants in addition, by the status of an object that was read from a cluster.

    Source: ``status.allBindings``,
    https://cloud.google.com/config-connector/docs/reference/resource-docs/iam/iampartialpolicy
    """
    status = get(one.document, "status")
    declared = Declaration(status.location, "policy")
    for grant in _bindings(one, get(status, "allBindings")):
        if _what(grant) not in stated:
            yield replace(grant, declared=declared)


def _what(grant: Grant) -> tuple[str, str, object]:
    condition = grant.condition
    expression = expression_of(condition)
    return grant.principal.text, shown(grant.role), expression and shown(expression)


def _grants(one: _Object, binding: Value, members: Sequence[Value]) -> Iterator[Grant]:
    written = get(binding, "role")
    named, hidden = role_and_hidden(text(written) or "")
    role = _filled(named)
    for member in members:
        principal, at = _principal(one, member)
        yield Grant(
            principal=principal,
            role=role,
            resource=_target(one),
            origin="export",
            declared=one.declared,
            principal_place=Place(at.location),
            role_place=Place(written.location),
            resource_place=Place(get(one.spec, "resourceRef").location),
            condition=hidden or condition_of(get(binding, "condition")),
        )


_AGENTS_OF = frozenset({"bigQueryConnectionConnectionRef", "logSinkRef", "serviceIdentityRef", "sqlInstanceRef"})
"""Objects whose member is an account that Google makes for them.

Source: ``memberFrom`` of IAMPartialPolicy,
https://cloud.google.com/config-connector/docs/reference/resource-docs/iam/iampartialpolicy
"""


def _principal(one: _Object, member: Value) -> tuple[Principal, Value]:
    """Return the principal of a member (a text, or an object with ``member`` or ``memberFrom``) and the value that
    names it.
    """
    written = member if isinstance(member.data, str) else get(member, "member")
    if text(written) is not None:
        found = read_principal(_filled(text(written) or ""), written.at or "")
        setter = _setter(written) if found.kind == "malformed" else None
        return read_principal(setter) if setter else found, written
    source = get(member, "memberFrom")
    if has(source, "serviceAccountRef"):
        account = _account_of(one, get(source, "serviceAccountRef"))
        return read_principal(join_texts("serviceAccount:", account)), source
    names = source.data if isinstance(source.data, dict) else {}
    if agent := next((kind for kind in names if kind in _AGENTS_OF), None):
        unknown_part = UnknownPart(f"{agent}.{text(get(names[agent], 'name')) or '?'}")
        why = Unknown("Google makes the account for another object", ("serviceAccount:", unknown_part))
        return Principal(why.text, "service_agent", why), source
    reference = ".".join(f"{kind}.{text(get(ref, 'name')) or '?'}" for kind, ref in names.items())
    reason = "the principal is that of another object of Config Connector"
    if not names:
        reason = 'it is a mapping, not a text: write "serviceAccount:NAME" in quotes, without a space after the colon'
    return read_principal(Unknown(reason, (UnknownPart(reference or "memberFrom"),))), source if source.at else member


def _target(one: _Object) -> Resource:
    """Return the resource of a policy. Without a name it is the project of the document."""
    reference = get(one.spec, "resourceRef")
    kind, name = text(get(reference, "kind")) or "", _named(reference)
    match kind:
        case "Project":
            return Resource("project", _filled(name.removeprefix("projects/")) if name else _project(one))
        case "Folder":
            folder = one.others.get((kind, name or ""))
            number = (name or "").removeprefix("folders/")
            return Resource("folder", _folder(folder) if folder else _number(number, "folder"))
        case "Organization":
            return Resource("organization", _number((name or "").removeprefix("organizations/"), "organization"))
        case "IAMServiceAccount":
            return Resource("service_account", _account_of(one, reference))
        case _:
            family = snake(kind)
            for words, spelt in _SPELT.items():
                family = family.replace(words, spelt)
            return Resource(family, _filled(name) if name else Unknown("the policy does not name its resource"))


_SETTER = regex(r"[\"']?[ \t]*#[ \t]*kpt-set:[ \t]*(?P<pattern>\S[^\n]*)")
_NAME_OF_SETTER = regex(r"\$\{([^{}]*)\}")


def _setter(written: Value) -> Unknown | None:
    """Return the text that kpt will replace a value with, by the comment after it; None without one.

    Source: https://catalog.kpt.dev/function-catalog/apply-setters/v0.2/
    """
    found = _SETTER.match(written.at.source.text, written.at.end) if written.at else None
    if found is None:
        return None
    pieces = _NAME_OF_SETTER.split(found["pattern"].strip())
    parts = tuple(UnknownPart(piece) if number % 2 else piece for number, piece in enumerate(pieces) if piece)
    return Unknown(f"kpt sets it, and its setters are not applied here: {found['pattern'].strip()}", parts)


_TAG = regex(r"(\{\{[^{}]*\}\})")


def _filled(written: str) -> Text:
    """Return a text; unknown if it contains a template tag (`{{ .Values.project }}`, as in Helm)."""
    if "{{" not in written:
        return written
    parts = (UnknownPart(part.strip("{} -")) if _TAG.fullmatch(part) else part for part in _TAG.split(written) if part)
    return Unknown("the document is a template, which is not filled in", tuple(parts))


def _number(name: str, kind: str) -> Text:
    return name if name.isdecimal() else Unknown(f"the number of the {kind} {name or '?'} is not in the input")


def _folder(document: Value) -> Text:
    return _number(text(get(document, "spec", "resourceID")) or "", "folder")


def _named(reference: Value) -> str | None:
    return text(get(reference, "external")) or text(get(reference, "name"))


# -- inventory -------------------------------------------------------------------------------------------------------


def _account(one: _Object) -> ServiceAccount:
    return ServiceAccount(
        email=_email(_id(one.document), _project(one)),
        project=_project(one),
        declared=one.declared,
        disabled=get(one.spec, "disabled").data is True,
    )


def _key(one: _Object) -> ServiceAccountKey:
    reference = get(one.spec, "serviceAccountRef")
    at = Place((reference if reference.at else one.document).location)
    return ServiceAccountKey(_account_of(one, reference), one.declared, at, uploaded=has(one.spec, "publicKeyData"))


def _custom_role(one: _Object) -> CustomRole:
    organization = _annotation(one.document, "organization-id")
    home = f"organizations/{organization}" if organization else join_texts("projects/", _project(one))
    listed = items(get(one.spec, "permissions"))
    return CustomRole(
        name=join_texts(home, "/roles/", _id(one.document)),
        permissions=tuple((text(item) or "", Place(item.location)) for item in listed),
        declared=one.declared,
        title=text(get(one.spec, "title")),
        stage=text(get(one.spec, "stage")),
    )


def _pool(one: _Object) -> Text:
    location = text(get(one.spec, "location")) or "global"
    return join_texts("projects/", _project(one), f"/locations/{location}/workloadIdentityPools/", _id(one.document))


def _parent(one: _Object) -> Text | None:
    for kind in ("folder", "organization"):
        reference = get(one.spec, f"{kind}Ref")
        found = _named(reference) or _annotation(one.document, f"{kind}-id")
        if found:
            other = one.others.get(("Folder", found)) if kind == "folder" else None
            number = found.removeprefix(f"{kind}s/")
            return join_texts(f"{kind}s/", _folder(other) if other else _number(number, kind))
    return None


def _workload_pool(one: _Object) -> Pool:
    return Pool(_pool(one), one.declared, disabled=get(one.spec, "disabled").data is True)


def _provider(one: _Object) -> Provider:
    pool = _reference(one, "workloadIdentityPoolRef", "IAMWorkloadIdentityPool")
    return provider(one.spec, pool, join_texts(pool, "/providers/", _id(one.document)), one.declared)


def _own_project(one: _Object) -> Project:
    return Project(_id(one.document), one.declared, parent=_parent(one))


def _own_folder(one: _Object) -> Folder:
    return Folder(join_texts("folders/", _folder(one.document)), one.declared, parent=_parent(one))


def _service(one: _Object) -> Service:
    name = get(one.spec, "resourceID") if has(one.spec, "resourceID") else get(one.document, "metadata", "name")
    return Service(_id(one.document), _project(one), one.declared, Place(name.location))


_READERS: Mapping[str, Callable[[_Object], Fact]] = {
    "Folder": _own_folder,
    "IAMCustomRole": _custom_role,
    "IAMServiceAccount": _account,
    "IAMServiceAccountKey": _key,
    "IAMWorkloadIdentityPool": _workload_pool,
    "IAMWorkloadIdentityPoolProvider": _provider,
    "Project": _own_project,
    "Service": _service,
}
KINDS = frozenset(
    {
        "IAMPolicy",
        "IAMPartialPolicy",
        "IAMPolicyMember",
        "IAMAuditConfig",
        "IAMDenyPolicy",
        "BigQueryDataset",
        *_READERS,
    }
)
"""The kinds that are read, in addition to those of access lists."""


# -- names ---------------------------------------------------------------------------------------------------------


def _id(document: Value) -> str:
    """Return the object's name in the API: ``spec.resourceID``, else its own name."""
    return text(get(document, "spec", "resourceID")) or text(get(document, "metadata", "name")) or ""


def _annotation(document: Value, name: str) -> str | None:
    return text(get(document, "metadata", "annotations", _ANNOTATION + name))


def _project(one: _Object) -> Text:
    """Return the project of an object: its own field, else the annotation, else its namespace, which has the project's
    name.
    """
    said = _named(get(one.spec, "projectRef"))
    found = (said or "").removeprefix("projects/") or _annotation(one.document, "project-id")
    return found or text(get(one.document, "metadata", "namespace")) or Unknown("the document names no project")


def _reference(one: _Object, name: str, kind: str) -> Text:
    reference = get(one.spec, name)
    external, own = text(get(reference, "external")), text(get(reference, "name")) or ""
    other = one.others.get((kind, own))
    if external:
        return external
    if other:
        return _pool(_Object(other, one.others))
    parts = ("projects/", UnknownPart("?"), "/locations/global/workloadIdentityPools/", UnknownPart(f"{kind}.{own}"))
    return Unknown(f"the {kind} {own or '?'} is not in the input", parts)


def _account_of(one: _Object, reference: Value) -> Text:
    """Return the e-mail of the account that a reference names."""
    external, name = text(get(reference, "external")), text(get(reference, "name"))
    if external:
        return account_in(external) or external
    if not name:
        return Unknown("the reference names no service account")
    other = one.others.get(("IAMServiceAccount", name))
    if other:
        return _email(_id(other), _project(_Object(other, one.others)))
    return _email(name, text(get(reference, "namespace")) or _project(one))


def _email(account: str, project: Text) -> Text:
    """Return the e-mail of an account. Source: https://cloud.google.com/iam/docs/service-account-overview"""
    if "@" in account:
        return account
    if isinstance(project, str) and ":" in project:
        domain, _, name = project.partition(":")
        project = f"{name}.{domain}"
    return join_texts(account, "@", project, ".iam.gserviceaccount.com")
