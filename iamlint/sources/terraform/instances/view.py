"""An instance of a resource or data source, as the computation of its attributes sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from iamlint.basics.frozen import frozen
from iamlint.documents.values import NULL, Value, with_name
from iamlint.sources.terraform.instances.data_lookups import DataLookups
from iamlint.sources.terraform.instances.instance import Body
from iamlint.unknown import Unknown, UnknownPart, join_texts, without_prefix

NO_PROJECT = "the project is set neither here nor in the provider block"
PLACES = frozenset({"region", "zone"})
"""Arguments of resources that default to those of the provider, apart from the project."""


Remote = Callable[[Mapping[str, Value], str], Value | str]
"""Returns the outputs that a ``terraform_remote_state`` with these arguments and this address reads, or why not."""


def not_read(_arguments: Mapping[str, Value], _reference: str) -> Value | str:
    """Read no state."""
    return "no root module is looked for that keeps it"


@frozen
class View:
    """An instance for computing its attributes: its address, its body, that of its provider.

    ``lookups`` are lookups in the documents of the run, instead of the provider's API calls; ``states`` are the states
    of other root modules of the run.
    """

    address: str
    body: Body
    provider: Body | None
    lookups: DataLookups
    states: Remote

    def argument(self, name: str) -> Value:
        """Return a configured argument, or an unknown value if the provider fills it in."""
        value = self.body.value(name)
        if value.data is not None:
            return with_name(value, f"{self.address}.{name}")
        inherited = self.of_provider(name) if name in PLACES else NULL
        return after_apply(self, name) if inherited.data in (None, "") else inherited

    def of_provider(self, name: str) -> Value:
        """Return an argument of the provider."""
        return self.provider.value(name) if self.provider else NULL

    @property
    def default_project(self) -> Value:
        """The project of the provider."""
        return self.of_provider("project")

    @property
    def project(self) -> Value:
        """Return the id of the project: of the argument, or of the provider.

        It may be given as ``google_project.x.id``, which has been ``projects/ID`` since version 3 of the provider.
        """
        value = self.body.value("project")
        if value.data not in (None, ""):
            return _project_id(with_name(value, f"{self.address}.project"))
        if self.default_project.data not in (None, ""):
            return _project_id(self.default_project)
        return Value(Unknown(NO_PROJECT, (UnknownPart(f"{self.address}.project"),)))


def _project_id(value: Value) -> Value:
    data = value.data
    return replace(value, data=without_prefix(data, "projects/")) if isinstance(data, str | Unknown) else value


def after_apply(view: View, name: str) -> Value:
    """Return the unknown value for an attribute known after apply, or, for a data source, after a read."""
    reference, kind = f"{view.address}.{name}", of_data(view)
    if not kind:
        reason = f"{reference} is known after apply"
    elif kind.startswith("google_"):
        told = LOOKED_UP.get((kind, name), "")
        reason = f"only Google's API knows {reference}" + (f"; {_beside(told)} does so, too" if told else "")
    elif kind == "terraform_remote_state":
        reason = f"{reference} is in another state, which is not read"
    else:
        reason = f"{reference} is only known where Terraform runs"
    return Value(Unknown(reason, (UnknownPart(reference),), filled=name in _FILLED))


_FILLED = frozenset({"email", "hex", "id", "member", "name", "number", "project_number", "self_link", "unique_id"})
"""Attributes that are never empty, whatever resource has them; Terraform refuses null and "" for them."""


def of_data(view: View) -> str:
    """Return the type of a data source; "" for anything else."""
    _, _, name = f".{view.address}".rpartition(".data.")
    return name.partition(".")[0]


_PROJECTS = "gcloud projects list"
_FOLDERS = "gcloud resource-manager folders list --organization=NUMBER"
_ORGANIZATIONS = "gcloud organizations list"
LOOKED_UP = {
    **{("google_project", name): _PROJECTS for name in ("number", "name", "org_id", "folder_id")},
    **{("google_folder", name): _FOLDERS for name in ("display_name", "parent", "organization")},
    **{("google_active_folder", name): _FOLDERS for name in ("id", "name")},
    **{
        ("google_organization", name): _ORGANIZATIONS
        for name in ("id", "name", "org_id", "domain", "directory_customer_id")
    },
}
"""The attributes of data sources that an export contains, with the command that makes the export."""


def _beside(command: str) -> str:
    return f"`{command} --format=json` beside the configuration"


def project_number(view: View) -> Value:
    """Return the number of the project of an account or a pool, if an export contains it."""
    unknown_part = UnknownPart(f"{view.address}.project_number")
    project = view.project.data
    if isinstance(project, Unknown):
        return Value(Unknown(project.reason, (unknown_part,)))
    found = view.lookups.project(project, "number") if isinstance(project, str) else None
    if isinstance(found, Unknown):
        return Value(Unknown(found.reason, (unknown_part,)))
    if found:
        return Value(found)
    why = f"only Google's API has the project's number; {_beside(_PROJECTS)} tells it, too"
    return Value(Unknown(why, (unknown_part,)))


def segment(value: Value) -> Value:
    """Return an id or an e-mail as a segment of a resource's name: it has no slash, also where it is unknown."""
    if not isinstance(value.data, Unknown):
        return value
    parts = (UnknownPart(part.reference, True) if isinstance(part, UnknownPart) else part for part in value.data.parts)
    return replace(value, data=replace(value.data, parts=tuple(parts)))


def joined(*parts: str | Value) -> Value:
    """Join texts; unknown parts stay unknown parts."""
    texts = [part.data if isinstance(part, Value) else part for part in parts]
    known = [text for text in texts if isinstance(text, str | Unknown)]
    return Value(join_texts(*known) if len(known) == len(texts) else Unknown("a part of the name is not a string"))
