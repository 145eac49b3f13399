"""Facts about what there is: projects, folders, organizations, services, and resources that run as an account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.facts.parts import Declaration, Place, Resource, Text
from iamlint.unknown import Unknown, shortened


@frozen
class Project:
    """A project, with its number and parent (``folders/N`` or ``organizations/N``), if the input has them."""

    project_id: Text
    declared: Declaration
    number: str | None = None
    parent: Text | None = None
    display_name: Text | None = None


@frozen
class ProjectReference:
    """A reference to the number of a project that a data source asks for: ``${data.google_project.x.number}``.

    The input has the project's id, or a reference to it, but not the number.
    """

    reference: str
    project: Text
    declared: Declaration


@frozen
class Folder:
    """A folder: ``name`` is ``folders/N``, ``parent`` is ``folders/N`` or ``organizations/N``."""

    name: Text
    declared: Declaration
    parent: Text | None = None
    display_name: Text | None = None


@frozen
class Organization:
    """An organization. ``name`` is ``organizations/N``; ``domain`` is its primary domain, which is its display name.

    ``customer_id`` is the id of its Workspace or Cloud Identity account: ``C0…``.
    """

    name: str
    declared: Declaration
    domain: str | None = None
    customer_id: str | None = None


@frozen
class Service:
    """An API that is enabled on a project, such as ``iamcredentials.googleapis.com``.

    ``complete`` says that the input lists every enabled service of the project (an export does, Terraform does not).
    """

    name: Text
    project: Text
    declared: Declaration
    place: Place
    complete: bool = False


DefaultAccount = Literal["compute", "app_engine", "cloud_build"]
"""Google's default accounts. ``cloud_build`` is the account of builds that name none.

That is Cloud Build's legacy account if the project first built before mid 2024, else Compute Engine's. Source:
https://cloud.google.com/build/docs/cloud-build-service-account-updates
"""
DEFAULT_ACCOUNTS: Mapping[DefaultAccount, str] = {
    "compute": "-compute@developer.gserviceaccount.com",
    "app_engine": "@appspot.gserviceaccount.com",
    "cloud_build": "@cloudbuild.gserviceaccount.com",
}
"""The ends of the default accounts' e-mails. Source: https://cloud.google.com/iam/docs/service-account-types"""
SERVICE_AGENTS: Mapping[str, str] = {
    "aiplatform": "gcp-sa-aiplatform",
    "apigateway": "gcp-sa-apigateway",
    "appengineflex": "gae-api-prod.google.com",
    "artifactregistry": "gcp-sa-artifactregistry",
    "bigquerydatatransfer": "gcp-sa-bigquerydatatransfer",
    "cloudbuild": "gcp-sa-cloudbuild",
    "cloudfunctions": "gcf-admin-robot",
    "cloudscheduler": "gcp-sa-cloudscheduler",
    "cloudtasks": "gcp-sa-cloudtasks",
    "composer": "cloudcomposer-accounts",
    "compute": "compute-system",
    "container": "container-engine-robot",
    "dataflow": "dataflow-service-producer-prod",
    "dataform": "gcp-sa-dataform",
    "datafusion": "gcp-sa-datafusion",
    "dataproc": "dataproc-accounts",
    "dlp": "dlp-api",
    "eventarc": "gcp-sa-eventarc",
    "file": "cloud-filer",
    "gkehub": "gcp-sa-gkehub",
    "iap": "gcp-sa-iap",
    "notebooks": "gcp-sa-notebooks",
    "pubsub": "gcp-sa-pubsub",
    "redis": "cloud-redis",
    "run": "serverless-robot-prod",
    "secretmanager": "gcp-sa-secretmanager",
    "servicenetworking": "service-networking",
    "sqladmin": "gcp-sa-cloud-sql",
    "vpcaccess": "gcp-sa-vpcaccess",
    "workflows": "gcp-sa-workflows",
    "workstations": "gcp-sa-workstations",
}
"""The domains of the services' agents, under ``.iam.gserviceaccount.com``.

Source: https://cloud.google.com/iam/docs/service-agents
"""


def default_account(email: str) -> DefaultAccount | None:
    """Return which default account an e-mail, or the end of one, is of; None for any other account."""
    return next((name for name, end in DEFAULT_ACCOUNTS.items() if email.endswith(end)), None)


@frozen
class Attachment:
    """A resource that runs code as a service account: an instance, a function, a job.

    ``account`` is the account's e-mail; None if the resource names none. ``default`` says which default account it runs
    as, named or implied; it is unknown if the account may be a default one. If both are None it runs without an
    account. A resource that runs as a service agent or as the caller is not an attachment. ``place`` is the argument
    that names the account, or the block. ``scopes`` are the access scopes, if the resource has any (``cloud-platform``
    is short for ``https://www.googleapis.com/auth/cloud-platform``). ``permissions`` are those needed to deploy it.
    Source: https://cloud.google.com/iam/docs/attach-service-accounts
    """

    account: Text | None
    default: DefaultAccount | Unknown | None
    resource: Resource
    project: Text | None
    declared: Declaration
    place: Place
    scopes: tuple[tuple[Text, Place], ...] | Unknown | None = None
    permissions: tuple[str, ...] = ()


Setting = Literal["public_access_prevention", "uniform_access", "no_invoker_check"]
"""Settings that decide about public access, whatever is granted.

``public_access_prevention``: a bucket refuses the public. ``uniform_access``: a bucket ignores its access lists.
``no_invoker_check``: a Cloud Run service answers anybody, without a grant. Sources:
https://cloud.google.com/storage/docs/public-access-prevention,
https://cloud.google.com/storage/docs/uniform-bucket-level-access and
https://cloud.google.com/run/docs/securing/managing-access#invoker_check
"""


@frozen
class AccessSetting:
    """A setting of a resource that keeps the public out, or lets it in. Settings that are off are not facts."""

    setting: Setting
    resource: Resource
    declared: Declaration
    place: Place
    enabled: bool | Unknown = True


@frozen
class Bucket:
    """A bucket of Cloud Storage, and the project that it is in, which its name does not say."""

    name: Text
    project: Text
    declared: Declaration
    place: Place


@frozen
class Perimeter:
    """A service perimeter that is enforced: calls of these services on these projects (``projects/NUMBER``) from
    outside of it are refused, whatever is granted. Source: https://cloud.google.com/vpc-service-controls/docs/overview
    """

    name: Text
    declared: Declaration
    place: Place
    resources: tuple[Text, ...] | Unknown = ()
    services: tuple[Text, ...] | Unknown = ()


@frozen
class UnreadPart:
    """A part of the input that was not read. ``unread`` says that it may contain grants that no other fact mentions."""

    reason: str
    declared: Declaration
    unread: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", shortened(self.reason))
