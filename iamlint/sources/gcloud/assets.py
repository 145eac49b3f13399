"""Output of Cloud Asset Inventory: exports and lists of assets, searches of policies, analyses.

Sources: https://cloud.google.com/asset-inventory/docs/exporting-to-cloud-storage,
https://cloud.google.com/asset-inventory/docs/searching-iam-policies and
https://cloud.google.com/policy-intelligence/docs/policy-analyzer-overview
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from iamlint.documents.parts import first, get, has, items, members, text, texts
from iamlint.documents.values import Value
from iamlint.facts import Declaration, Fact, Place, UnreadPart
from iamlint.sources.gcloud.hierarchy import Hierarchy, bucket_home
from iamlint.sources.gcloud.names import project_in, resource_of
from iamlint.sources.gcloud.resources import constraints, exposure, federation, inventory, tags
from iamlint.sources.gcloud.resources import denials as restrictions
from iamlint.sources.gcloud.resources.policies import grants, policy, whole_policy
from iamlint.sources.reading import ExportFilter
from iamlint.unknown import Unknown


def assets(found: Sequence[Value], relevant: ExportFilter | None, hierarchy: Hierarchy) -> Iterator[Fact]:
    """Yield the facts of an export or a list of assets; adds the ancestors to ``hierarchy``."""
    for one in found:
        declared = Declaration(one.location, "asset")
        name = text(get(one, "name")) or ""
        own = list(_asset(one, declared, relevant))
        yield from own
        if own:
            ancestors, resource = texts(get(one, "ancestors")), resource_of(name)
            if resource:
                yield from bucket_home(resource, ancestors, declared, Place(get(one, "name").location))
            hierarchy.add(ancestors, project_in(name), declared)


def _asset(one: Value, declared: Declaration, relevant: ExportFilter | None) -> Iterator[Fact]:
    name = get(one, "name")
    resource = resource_of(text(name) or "")
    allow = first(one, "iam_policy", "iamPolicy")
    if resource and allow.data is not None:
        if relevant and relevant.policies:
            yield from whole_policy(allow, resource, name.location, declared, relevant)
        elif relevant:
            yield from policy(allow, resource, name.location, declared, relevant)
        else:
            yield from whole_policy(allow, resource, name.location, declared)
    if resource:
        yield from constraints.org_policies(items(first(one, "org_policy", "orgPolicy")), resource)
        yield from tags.effective_tags(one, resource)
    data = get(one, "resource", "data")
    if restricts := next((read for part, read in _RESTRICTIONS if part in (text(name) or "")), None):
        yield from restricts([_restriction(one, name, data)])
    elif data.data is not None:
        yield from _resource(text(first(one, "asset_type", "assetType")) or "", name, data)


def _resource(kind: str, name: Value, data: Value) -> Iterator[Fact]:
    """Yield the facts of the resource itself, in exports with ``--content-type=resource``."""
    if kind in _RESOURCES:
        yield from _RESOURCES[kind](name, _with_name(kind, name, data))


def _with_name(kind: str, name: Value, data: Value) -> Value:
    """Return the data with the asset's relative name if they have no name of their own.

    Assets that are made from a plan have none: https://github.com/GoogleCloudPlatform/terraform-google-conversion
    """
    full = text(name) or ""
    if kind not in _NAMED or not isinstance(data.data, dict) or text(get(data, "name")) or not full.startswith("//"):
        return data
    relative = Value(full[2:].partition("/")[2], name.at)
    return Value({**data.data, "name": relative}, data.at)


def _restriction(one: Value, name: Value, data: Value) -> Value:
    """Return the data of a policy that restricts access with its relative name; only the name if there are no data."""
    relative = (text(name) or "").removeprefix("//").partition("/")[2]
    return Value({"name": Value(relative, name.at), **members(data)}, data.at or one.at)


_RESTRICTIONS: tuple[tuple[str, Callable[[Sequence[Value]], Iterator[Fact]]], ...] = (
    ("/denypolicies/", restrictions.denials),
    ("/principalAccessBoundaryPolicies/", restrictions.boundaries),
    ("/policyBindings/", restrictions.boundary_bindings),
)
"""What reads the assets that restrict access, by a part of their names. Without data they may block anything."""
_RESOURCES: Mapping[str, Callable[[Value, Value], Iterator[Fact]]] = {
    "serviceusage.googleapis.com/Service": inventory.service_asset,
    "apikeys.googleapis.com/Key": lambda _, data: exposure.api_keys([data]),
    "storage.googleapis.com/Bucket": exposure.bucket_asset,
    "run.googleapis.com/Service": exposure.run_service_asset,
    "cloudresourcemanager.googleapis.com/TagKey": lambda _, data: tags.tag_keys([data]),
    "cloudresourcemanager.googleapis.com/TagValue": lambda _, data: tags.tag_values([data]),
    "cloudresourcemanager.googleapis.com/TagBinding": lambda _, data: tags.tag_bindings([data]),
    "iam.googleapis.com/Role": lambda _, data: inventory.roles([data], listed=False),
    "iam.googleapis.com/ServiceAccount": lambda _, data: inventory.accounts([data]),
    "iam.googleapis.com/ServiceAccountKey": lambda _, data: inventory.keys([data]),
    "cloudresourcemanager.googleapis.com/Project": lambda _, data: inventory.projects([data]),
    "cloudresourcemanager.googleapis.com/Folder": lambda _, data: inventory.folders([data]),
    "cloudresourcemanager.googleapis.com/Organization": lambda _, data: inventory.organizations([data]),
    "iam.googleapis.com/WorkloadIdentityPool": lambda _, data: federation.pools([data]),
    "iam.googleapis.com/WorkloadIdentityPoolProvider": lambda _, data: federation.providers([data], listed=True),
}
_NAMED = frozenset(
    {
        "cloudresourcemanager.googleapis.com/Folder",
        "cloudresourcemanager.googleapis.com/Organization",
        *(kind for kind in _RESOURCES if kind.startswith("iam.googleapis.com/")),
    }
)
"""The kinds of assets whose data have a ``name`` that is the asset's name without the host."""
RESOURCES = frozenset(_RESOURCES)
"""The kinds of assets that have relevant content apart from policies."""


def search(found: Sequence[Value], hierarchy: Hierarchy) -> Iterator[Fact]:
    """Yield the bindings that a search of policies matched; there may be others."""
    for one in found:
        name = get(one, "resource")
        resource = resource_of(text(name) or "")
        declared = Declaration(one.location, "search")
        if resource:
            yield from policy(get(one, "policy"), resource, name.location, declared)
            yield from bucket_home(resource, [text(get(one, "project")) or ""], declared, Place(name.location))
        _note(one, text(name) or "", declared, hierarchy)


def _note(one: Value, name: str, declared: Declaration, hierarchy: Hierarchy) -> None:
    """Add the ancestors to the hierarchy.

    The folders of a result have no documented order, so only a single one is used.
    """
    folders, organization = texts(get(one, "folders")), text(get(one, "organization"))
    project = text(get(one, "project"))
    if project:
        above = Unknown("the search does not show the order of the folders") if len(folders) > 1 else None
        parent = above or (folders[0] if folders else organization)
        hierarchy.note(project, parent, project_in(name), declared)
    if len(folders) == 1:
        hierarchy.note(folders[0], organization, None, declared)


def analysis(found: Sequence[Value]) -> Iterator[Fact]:
    """Yield the bindings that an analysis of policies matched, in either format of gcloud."""
    for one in found:
        for binding, name in _analysed(one):
            resource = resource_of(text(name) or "")
            if resource:
                declared = Declaration(binding.location, "analysis")
                yield from grants(binding, resource, declared, name.location)
        for part in (one, get(one, "mainAnalysis"), *items(get(one, "serviceAccountImpersonationAnalysis"))):
            if get(part, "fullyExplored").data is False:
                declared = Declaration(get(part, "fullyExplored").location, "analysis")
                yield UnreadPart("the analysis was not fully explored: it may lack bindings", declared)


def _analysed(one: Value) -> Iterator[tuple[Value, Value]]:
    """Yield the bindings, each with the name of its resource."""
    if has(one, "policy"):
        yield get(one, "policy", "binding"), get(one, "policy", "attachedResource")
    parts = (one, get(one, "mainAnalysis"), *items(get(one, "serviceAccountImpersonationAnalysis")))
    for part in parts:
        for result in items(get(part, "analysisResults")):
            yield get(result, "iamBinding"), get(result, "attachedResourceFullName")
