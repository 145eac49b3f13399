"""Addresses that are called: the permission that the call needs, and its resource."""

from __future__ import annotations

import re
from collections.abc import Mapping

from iamlint.basics.lazy_regex import regex

_CALLS: Mapping[str, str] = {
    r"run\.googleapis\.com/.*?(?:namespaces|projects)/(?P<project>[^/]+)/(?:locations/[^/]+/)?jobs/"
    r"(?P<name>[^/:?]+):run": "run.jobs.run projects/{project}/jobs/{name}",
    r"compute\.googleapis\.com/compute/[^/]+/projects/(?P<project>[^/]+)/zones/(?P<zone>[^/]+)/instances/(?P<name>[^/]+)"
    r"/(?P<verb>start|stop|reset|suspend|resume)\b": (
        "compute.instances.{verb} projects/{project}/zones/{zone}/instances/{name}"
    ),
    r"cloudbuild\.googleapis\.com/v1/projects/(?P<project>[^/]+)/(?:locations/[^/]+/)?(?:builds|triggers/[^/]+:run)": (
        "cloudbuild.builds.create projects/{project}"
    ),
    r"workflowexecutions\.googleapis\.com/v1/(?P<name>projects/[^/]+/locations/[^/]+/workflows/[^/]+)/executions": (
        "workflows.executions.create {name}"
    ),
    r"pubsub\.googleapis\.com/v1/(?P<name>projects/[^/]+/topics/[^/:]+):publish": "pubsub.topics.publish {name}",
    r"dataflow\.googleapis\.com/v1b3/projects/(?P<project>[^/]+)/.*(?:templates:launch|flexTemplates:launch)": (
        "dataflow.jobs.create projects/{project}"
    ),
    r"https://(?P<name>[a-z][a-z0-9-]*?)-(?:[a-z0-9]{10}-[a-z]{2}|\d{8,})\.(?:a|[a-z0-9-]+)\.run\.app": (
        "run.routes.invoke {name}"
    ),
    r"https://[a-z0-9-]+?\.cloudfunctions\.net/(?P<name>[\w-]+)": "cloudfunctions.functions.invoke {name}",
}
"""Patterns of addresses that Cloud Scheduler calls, each with the permission and the resource.

Sources: https://cloud.google.com/run/docs/execute/jobs-on-schedule, https://cloud.google.com/scheduler/docs/http-target-auth
and the reference of each API."""


def needed_by(url: str) -> tuple[str, str] | None:
    """Return the permission that a call of an address needs, and the resource; None for other addresses."""
    for pattern, needed in _CALLS.items():
        found = re.search(pattern, url[:2000])
        if found:
            permission, _, resource = needed.format(**found.groupdict()).partition(" ")
            return permission, resource
    return None


_REQUEST = regex(
    r"\b(?:requesting|GET|POST|PUT|PATCH|DELETE)\s{1,20}https://(?P<service>[a-z]{2,40})\.googleapis\.com/v\w{1,10}/"
    r"(?P<name>(?:projects|folders|organizations)/[\w.@/-]{1,400}):(?P<verb>[a-zA-Z]{3,40})\b"
)
_PREFIXES: Mapping[str, str] = {"cloudresourcemanager": "resourcemanager", "bigtableadmin": "bigtable"}
"""What the permissions of a service begin with, where that is not the service's name."""
_VERBS: Mapping[str, str] = {
    "pubsub.topics.publish": "pubsub.topics.publish",
    "pubsub.subscriptions.pull": "pubsub.subscriptions.consume",
    "pubsub.subscriptions.acknowledge": "pubsub.subscriptions.consume",
    "pubsub.subscriptions.modifyAckDeadline": "pubsub.subscriptions.consume",
    "secretmanager.versions.access": "secretmanager.versions.access",
    "secretmanager.secrets.addVersion": "secretmanager.versions.add",
}
"""Methods of addresses whose permission is known. Sources: https://cloud.google.com/pubsub/docs/access-control and
https://cloud.google.com/secret-manager/docs/access-control"""


def requested(text: str) -> tuple[str, str] | None:
    """Return the permission that the request in an error needs, and the resource; None if the text does not say it.

    Each API has the methods ``RESOURCE:setIamPolicy`` and ``RESOURCE:getIamPolicy``, and permissions of their names.
    Source: https://cloud.google.com/iam/docs/reference/rest
    """
    found = _REQUEST.search(text)
    if not found:
        return None
    collection = found["name"].split("/")[-2]
    asked = f"{_PREFIXES.get(found['service'], found['service'])}.{collection}.{found['verb']}"
    permission = asked if found["verb"] in ("setIamPolicy", "getIamPolicy") else _VERBS.get(asked)
    return (permission, found["name"]) if permission else None
