"""Which account a resource runs as, and resources by their names."""

from __future__ import annotations

from iamlint.estate import Estate
from iamlint.facts import DEFAULT_ACCOUNTS, Attachment, Project
from iamlint.unknown import Unknown, shown


def number_of(project: str, estate: Estate) -> str | None:
    """Return the number of a project, if the input has it."""
    return next((one.number for one in estate.of(Project) if one.project_id == project and one.number), None)


def account_of(attachment: Attachment, estate: Estate) -> str | None:
    """Return the e-mail of the account that a resource runs as; None if it is not known, or if there is none."""
    if attachment.account is not None:
        return shown(attachment.account).lower() if isinstance(attachment.account, str) else None
    if attachment.default is None or isinstance(attachment.default, Unknown) or attachment.project is None:
        return None
    project = shown(attachment.project)
    if attachment.default == "app_engine":
        owner = project if isinstance(attachment.project, str) else None
    else:
        owner = project if project.isdecimal() else number_of(project, estate)
    return None if owner is None else f"{owner}{DEFAULT_ACCOUNTS[attachment.default]}"


def running_accounts(estate: Estate) -> list[str]:
    """Return the e-mails of the accounts that code of the input runs as, sorted; without those that only build it."""
    found = {account_of(one, estate) for one in estate.of(Attachment) if not _builds(one)}
    return sorted(email for email in found if email)


def _builds(attachment: Attachment) -> bool:
    """Whether this is the default account that builds a function or service, and not the one that it runs as."""
    return attachment.default == "cloud_build" and not attachment.resource.kind.startswith("cloudbuild")


def is_called(attachment: Attachment, name: str) -> bool:
    """Whether a resource has this name: its own, the last part of it, or its Terraform address or label."""
    own, address = shown(attachment.resource.name), attachment.declared.address or ""
    label = address.rpartition(".")[2]
    return name in (own, own.rpartition("/")[2], address, label, label.partition("[")[0])


def named(name: str, estate: Estate) -> list[Attachment]:
    """Return the resources that a name may mean."""
    return [one for one in estate.of(Attachment) if is_called(one, name)]
