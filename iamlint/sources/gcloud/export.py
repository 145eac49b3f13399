"""Reads gcloud exports: policies, roles, services, accounts, assets …; JSON or YAML, recognised by content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field

from iamlint.basics.frozen import mutable
from iamlint.basics.lazy_regex import regex
from iamlint.documents import read_json_documents, read_yaml
from iamlint.documents.parts import has
from iamlint.documents.values import Value
from iamlint.facts import Declaration, Fact, Resource, UnreadPart
from iamlint.location import Location, SourceText, Unreadable
from iamlint.sources.gcloud.ancestors import ancestors, in_lists
from iamlint.sources.gcloud.assets import analysis, assets, search
from iamlint.sources.gcloud.hierarchy import Hierarchy
from iamlint.sources.gcloud.kubernetes.config_connector import config_connector
from iamlint.sources.gcloud.kubernetes.documents import unread
from iamlint.sources.gcloud.lists import more, opened
from iamlint.sources.gcloud.recognition.kinds import Kind, kind_of
from iamlint.sources.gcloud.recognition.no_export import is_no_export, is_relevant
from iamlint.sources.gcloud.recognition.other_programs import of_other_programs
from iamlint.sources.gcloud.recognition.resource_from_path import by_option, by_path, claim, project_by_path
from iamlint.sources.gcloud.recognition.shapes import problems
from iamlint.sources.gcloud.recognition.table import TABLES, TEXTS, is_table, read_table
from iamlint.sources.gcloud.recognition.unrecognised import unparsed, unrecognised
from iamlint.sources.gcloud.resources import exposure, federation, inventory, tags
from iamlint.sources.gcloud.resources.constraints import org_policies
from iamlint.sources.gcloud.resources.denials import (
    access_policies,
    attached_to,
    boundaries,
    boundary_bindings,
    denials,
)
from iamlint.sources.gcloud.resources.entitlements import entitlements
from iamlint.sources.gcloud.resources.groups import groups, is_member_list, memberships, read_member_list
from iamlint.sources.gcloud.resources.policies import whole_policy
from iamlint.sources.names import usual
from iamlint.sources.reading import Options, Reading
from iamlint.sources.stand_ins import encrypted

KINDS = (
    "Terraform source, plans and states as JSON (terraform show -json), Config Connector's documents, and exports of "
    "gcloud (--format=json or yaml)"
)


def read_export(source: SourceText, options: Options, *, named: bool = True) -> Reading | None:
    """Return the facts of an export; None if the text is not an export.

    A text that cannot be parsed is an error if the user named it, if its name says that it is an export, or if it has
    the marks of a plan or an export. So is a text under such a name that is empty or something else.
    """
    if is_table(source):
        return read_table(source, named=named)
    if is_member_list(source):
        return read_member_list(source)
    name = usual(source.path)
    claimed = claim(source.path) if not name.endswith(TEXTS) or name.endswith(TABLES) else None
    if (
        not named
        and not claimed
        and (not is_relevant(source.text) or is_no_export(source.text, is_json=_is_json(source)))
    ):
        return None
    documents = _documents(source)
    if isinstance(documents, Unreadable):
        return unparsed(source, documents, claimed, named=named)
    said = [one for document in documents if document.data is not None for one in opened(document)]
    unread_parts: list[Fact] = [unread_part for document in said if (unread_part := unread(document))]
    unread_parts += (unread_part for document in documents if (unread_part := more(document)))
    unread_parts += (unread_part for document in said for unread_part in of_other_programs(document))
    if claimed and claimed.is_policy and all(document.data == {} for document in said):
        pairs: list[tuple[Value, Kind | None]] = [(document, "policy") for document in said]
        return _read(pairs, source, options) if said else unrecognised(source, documents, claimed)
    kinds = [kind_of(document) for document in said]
    sealed = next((kind for document in said if (kind := encrypted(document))), None)
    if sealed and (claimed or named or any(kinds)):
        return sealed.told(source.path, certain=True, likely=True)
    if unread_parts and not any(kinds):
        return Reading(facts=unread_parts)
    if not any(kinds) and not (named and said and all(document.data == () for document in said)):
        return unrecognised(source, documents, None if named else claimed)
    found = _read(_relevant(said, kinds), source, options)
    found.facts += unread_parts
    return found


def _is_json(source: SourceText) -> bool:
    """Whether a text is read as JSON, and never as YAML."""
    return usual(source.path).endswith((".json", ".jsonl", ".ndjson"))


def _documents(source: SourceText) -> tuple[Value, ...] | Unreadable:
    is_json = _is_json(source)
    if not is_json and source.text.lstrip()[:1] not in ("{", "["):
        return read_yaml(source)
    found = read_json_documents(source)
    if is_json or not isinstance(found, Unreadable):
        return found
    other = read_yaml(source)  # it may also have braces and brackets
    return found if isinstance(other, Unreadable) else other


def _relevant(documents: Sequence[Value], kinds: Sequence[Kind | None]) -> list[tuple[Value, Kind | None]]:
    """Return the documents with their kinds.

    Among Config Connector's documents, those of unknown kinds belong to the cluster and are ignored. An analysis has
    headings between its documents.
    """
    pairs = list(zip(documents, kinds, strict=True))
    if "analysis" in kinds:
        pairs = [(document, kind) for document, kind in pairs if not isinstance(document.data, str)]
    if "config_connector" in kinds:
        return [(document, kind) for document, kind in pairs if kind]
    return [(document, kind) for document, kind in pairs if document.data != ()]


def _read(documents: list[tuple[Value, Kind | None]], source: SourceText, options: Options) -> Reading:
    export = _Export(source, options)
    is_list = _LISTED.match(source.text) is not None
    connected: list[Value] = []
    for document, kind in in_lists(documents):
        if kind is None:
            hint = "the rest of the file is read"
            export.errors.append(
                Unreadable(document.location, "this document is not an export that iamlint knows", hint)
            )
            continue
        sound = export.sound(document, kind)
        if kind == "config_connector":
            connected += sound
        else:
            is_row = kind == "role" and len(documents) > 1  # of a list as lines: few roles have no permissions
            export.facts += export.read(kind, sound, listed=is_list or is_row or isinstance(document.data, tuple))
    export.facts += config_connector(connected)
    export.facts += export.hierarchy.facts()
    return Reading(facts=export.facts, errors=export.errors)


_LISTED = regex(r"(?:[ \t]*(?:#[^\n]*)?\n)*+---\s")
"""The beginning of a list in YAML: gcloud writes ``---`` before each item, and nothing before what it describes alone.

Source: ``explicit_start`` in the YAML printer of the Google Cloud SDK, googlecloudsdk/core/resource/yaml_printer.py.
"""
_YTT = regex(r"(?:^|[:-])[ \t]+#@[ \t]*\S")
"""A value that ytt fills in: null for YAML, with code in the comment. Source: https://carvel.dev/ytt/docs/latest/"""


@mutable
class _Export:
    """One file with its documents, and the results so far."""

    source: SourceText
    options: Options
    facts: list[Fact] = field(default_factory=list)
    errors: list[Unreadable] = field(default_factory=list)
    hierarchy: Hierarchy = field(default_factory=Hierarchy)

    def sound(self, document: Value, kind: Kind) -> list[Value]:
        """Return the entries of a document that match the schema of their kind; the others are errors.

        One whose only faults are values that ytt fills in is an unread part.
        Ancestors with an unread part would give wrong parents, so one invalid entry invalidates them all.
        """
        if not isinstance(document.data, tuple):
            errors = problems(kind, document)
            if errors and all(_YTT.search(self.source.line(error.at.line)) for error in errors):
                reason = "the document is a template of ytt, which is not filled in"
                self.facts.append(UnreadPart(reason, Declaration(document.location, "export")))
            else:
                self.errors += errors
            return [] if errors else [document]
        numbered = [(number, one) for number, one in enumerate(document.data) if not _separates(kind, one)]
        found = [(one, problems(kind, one, (number,))) for number, one in numbered]
        self.errors += (error for _, errors in found for error in errors)
        sound = [one for one, errors in found if not errors]
        return [] if kind == "ancestors" and len(sound) < len(found) else sound

    def read(self, kind: Kind, found: Sequence[Value], *, listed: bool) -> Iterator[Fact]:
        """Yield the facts of entries of one kind; ``listed`` says that a list command printed them."""
        match kind:
            case "policy":
                yield from self._policies(found)
            case "deny_policy":
                yield from denials(found, attached_to(self._resource()))
            case "org_policy":
                yield from self._org_policies(found)
            case "ancestors":
                yield from ancestors(found, self.hierarchy)
            case "asset":
                yield from assets(found, None, self.hierarchy)
            case "search":
                yield from search(found, self.hierarchy)
            case "membership":
                yield from memberships(found, self.source.path)
            case "service":
                yield from inventory.services(found, project_by_path(self.source.path))
            case "role":
                yield from inventory.roles(found, listed=listed)
            case "provider":
                yield from federation.providers(found, listed=listed)
            case _ if kind in _READERS:
                yield from _READERS[kind](found)
            case _:
                return

    def _policies(self, found: Sequence[Value]) -> Iterator[Fact]:
        resource = self._resource()
        if resource:
            for one in found:
                yield from whole_policy(one, resource)
        elif found:
            self.errors.append(_of_nothing(self.source, self.options, "the policy does not name its resource"))

    def _org_policies(self, found: Sequence[Value]) -> Iterator[Fact]:
        resource = self._resource()
        if resource is None and not all(has(one, "spec") for one in found):
            why = "the organization policy does not name its resource"
            self.errors.append(_of_nothing(self.source, self.options, why))
        yield from org_policies(found, resource)

    def _resource(self) -> Resource | None:
        """Return the resource of a document that does not name one."""
        asked = self.options.resource
        return by_option(asked) if asked else by_path(self.source.path)


_READERS: Mapping[Kind, Callable[[Sequence[Value]], Iterator[Fact]]] = {
    "analysis": analysis,
    "access_policy": access_policies,
    "api_key": exposure.api_keys,
    "boundary_policy": boundaries,
    "bucket": exposure.buckets,
    "entitlement": entitlements,
    "folder": inventory.folders,
    "group": groups,
    "key": inventory.keys,
    "organization": inventory.organizations,
    "policy_binding": boundary_bindings,
    "pool": federation.pools,
    "project": inventory.projects,
    "service_account": inventory.accounts,
    "tag_binding": tags.tag_bindings,
    "tag_key": tags.tag_keys,
    "tag_value": tags.tag_values,
}
"""The kinds whose entries are complete by themselves."""


def _separates(kind: Kind, entry: Value) -> bool:
    """Whether an entry only separates two others: analyses have texts there."""
    return kind == "analysis" and not isinstance(entry.data, dict)


def _of_nothing(source: SourceText, options: Options, reason: str) -> Unreadable:
    at = Location(source.path)
    if options.resource:
        hint = "give projects/ID, folders/NUMBER, organizations/NUMBER or serviceAccounts/EMAIL"
        return Unreadable(at, f"--resource {options.resource} names no resource", hint)
    return Unreadable(at, reason, "give --resource projects/ID, or name the file project-ID.json or EMAIL.json")
