"""One question with the estate that answers it: what the stages look things up in."""

from __future__ import annotations

from functools import cached_property

from iamlint.basics.frozen import frozen
from iamlint.diagnosis.asked.attachments import account_of, number_of
from iamlint.diagnosis.asked.clients import Client
from iamlint.diagnosis.asked.question import Question
from iamlint.diagnosis.asked.reach import Reach
from iamlint.diagnosis.recognition.said import Said
from iamlint.estate import Estate, Node
from iamlint.estate.groups import Groups
from iamlint.facts import (
    Attachment,
    Declaration,
    DefaultAccounts,
    ExportedPolicy,
    Group,
    Impersonation,
    Membership,
    Project,
    Resource,
    ServiceAccount,
    Text,
    default_account,
)
from iamlint.location import COMMAND_LINE, Location
from iamlint.principals import project_number_of, project_of
from iamlint.unknown import Unknown, shown

ASKED = Declaration(Location(COMMAND_LINE), trust="named")
"""Where the names of the question are declared."""


@frozen(slots=False)
class Case:
    """A question, the estate, what the error said (which may be nothing), unreadable files, and the client's files."""

    question: Question
    estate: Estate
    said: Said
    unread: tuple[str, ...] = ()
    clients: tuple[Client, ...] = ()

    @cached_property
    def groups(self) -> Groups:
        """The members of groups."""
        return Groups(self.estate.of(Group), self.estate.of(Membership))

    @cached_property
    def _reaches(self) -> dict[tuple[str, str, int], Reach]:
        return {}

    def reach(self, resource: Resource, declared: Declaration) -> Reach:
        """Return which grants are on a resource, or on something that contains it."""
        key = resource.kind, shown(resource.name), id(declared)
        if key not in self._reaches:
            self._reaches[key] = Reach(resource, declared, self.estate)
        return self._reaches[key]

    # -- accounts ---------------------------------------------------------------------------------------------------

    @cached_property
    def accounts(self) -> dict[str, list[ServiceAccount]]:
        """The accounts of the input by their e-mail."""
        found: dict[str, list[ServiceAccount]] = {}
        for one in self.estate.of(ServiceAccount):
            found.setdefault(shown(one.email).lower(), []).append(one)
        return found

    def email_of(self, name: str) -> str:
        """Return the e-mail of an account that is named by e-mail, full name or unique id, if the input has it."""
        name = name.rpartition("/")[2].removeprefix("serviceAccount:").strip()
        if name.isdecimal():
            for one in self.estate.of(ServiceAccount):
                if one.unique_id == name and isinstance(one.email, str):
                    return one.email.lower()
        return name if "${" in name else name.lower()

    @cached_property
    def target(self) -> str:
        """The e-mail of the target; "" without one."""
        return self.email_of(self.question.target) if self.question.target else ""

    @cached_property
    def asking(self) -> list[Impersonation]:
        """The provider blocks, backends and data sources that ask for the target's token."""
        return [one for one in self.estate.of(Impersonation) if self.email_of(shown(one.target)) == self.target]

    def declared_account(self, email: str) -> ServiceAccount | None:
        """Return the account that Terraform, a plan or a state declares."""
        return next((one for one in self.accounts.get(email, ()) if is_managed(one.declared)), None)

    def declared(self, email: str) -> Declaration:
        """Where an account is declared, else where it is asked about."""
        found = self.declared_account(email) or next(iter(self.accounts.get(email, ())), None)
        if found:
            return found.declared
        attachment = self.attachment_of(email)
        return attachment.declared if attachment else ASKED

    def attachment_of(self, email: str) -> Attachment | None:
        """Return a resource of Terraform that runs as an account."""
        for one in self.estate.of(Attachment):
            if email and self.account_of(one) == email and is_managed(one.declared):
                return one
        return None

    def account_of(self, attachment: Attachment) -> str | None:
        """Return the e-mail of the account that a resource runs as; None if it is not known, or if there is none."""
        return account_of(attachment, self.estate)

    def removal_of(self, email: str) -> DefaultAccounts | None:
        """Return what disables or deletes a default account of its project, where the input does so."""
        if default_account(email) in (None, "cloud_build"):
            return None
        home = project_of(email) or project_number_of(email)
        for one in self.estate.of(DefaultAccounts):
            if one.action in ("DISABLE", "DELETE") and self.same_project(one.project, home):
                return one
        return None

    # -- projects ---------------------------------------------------------------------------------------------------

    def number_of(self, project: str) -> str | None:
        """Return the number of a project, if the input has it."""
        return number_of(project, self.estate)

    def id_of(self, project: str) -> str:
        """Return the id of a project that is named by its number, if the input has it."""
        for one in self.estate.of(Project):
            if one.number == project and isinstance(one.project_id, str):
                return one.project_id
        return project

    def project_of(self, email: str) -> Text | None:
        """Return the project of an account: as declared, else by its e-mail; its id where the input has it."""
        found = self.estate.project_of(email, self.declared(email))
        if isinstance(found, Unknown):  # the e-mail contains it all the same
            found = project_of(email) or found
        return self.id_of(found) if isinstance(found, str) else found

    def same_project(self, one: Text | None, other: Text | None) -> bool:
        """Whether two names are certainly one project's."""
        if one is None or other is None:
            return False
        keys = self.estate.project_key(one, ASKED), self.estate.project_key(other, ASKED)
        return keys[0] is not None and keys[0] == keys[1]

    def above(self, resource: Resource, declared: Declaration) -> tuple[Node, ...]:
        """Return a resource and its containers, the nearest first."""
        return self.estate.hierarchy.above(resource, declared)

    @cached_property
    def exported(self) -> dict[Node, ExportedPolicy]:
        """The resources whose whole allow policy an export shows."""
        found: dict[Node, ExportedPolicy] = {}
        for policy in self.estate.of(ExportedPolicy):
            node = self.estate.hierarchy.node(policy.resource, policy.declared)
            if node:
                found.setdefault(node, policy)
        return found


def is_managed(declared: Declaration) -> bool:
    """Whether Terraform, a plan, a state or Config Connector manages what is declared."""
    if declared.address:
        return ".data." not in f".{declared.address}"
    return (declared.type or "").startswith("IAM")
