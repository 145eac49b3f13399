"""The resource whose creation Terraform reports as refused, and the permission that creating it needs."""

from __future__ import annotations

from collections.abc import Mapping

from iamlint.basics.lazy_regex import regex

_NEEDED: Mapping[str, str] = {
    "google_cloud_scheduler_job": "cloudscheduler.jobs.create",
    "google_cloudbuild_trigger": "cloudbuild.builds.create",
    "google_cloudbuild_worker_pool": "cloudbuild.workerpools.create",
    "google_cloudbuildv2_connection": "cloudbuild.connections.create",
    "google_cloudfunctions_function": "cloudfunctions.functions.create",
    "google_cloudfunctions2_function": "cloudfunctions.functions.create",
    "google_composer_environment": "composer.environments.create",
    "google_dns_managed_zone": "dns.managedZones.create",
    "google_dns_record_set": "dns.changes.create",
    "google_firebase_project": "firebase.projects.update",
    "google_logging_metric": "logging.logMetrics.create",
    "google_monitoring_alert_policy": "monitoring.alertPolicies.create",
    "google_monitoring_notification_channel": "monitoring.notificationChannels.create",
    "google_pubsub_topic": "pubsub.topics.create",
    "google_sourcerepo_repository": "source.repos.create",
    "google_workflows_workflow": "workflows.workflows.create",
}
"""The permission that creating a resource of a type needs, for APIs whose refusals do not name it.

Source: the reference of each API, and https://cloud.google.com/iam/docs/roles-permissions
"""
_CREATED = regex(r"(?s)Error creating (?:(?!Error:).){1,1000}?\bin resource .{1,8}?(google_\w+)")
_READ = 5_000
"""Characters from the error on that its box can have."""


_COMMANDS: Mapping[str, str] = {
    "gcloud.builds.submit": "cloudbuild.builds.create",
    "gcloud.builds.triggers.run": "cloudbuild.builds.create",
}
"""The permission that a command of gcloud needs, where its refusal does not name it.

Source: https://cloud.google.com/build/docs/iam-roles-permissions
"""
_COMMAND = regex(r"\((gcloud\.[a-z.-]{1,80})\)")


def needed_by_command(text: str) -> str:
    """Return the permission that the first refused command of gcloud needs; empty for another text."""
    found = _COMMAND.search(text)
    return _COMMANDS.get(found[1], "") if found else ""


def needed_to_create(text: str, line: int) -> str:
    """Return the permission that the creation needs which Terraform reports from a line on; empty for another text.

    The line is counted from 1.
    """
    begins = sum(len(one) for one in text.splitlines(keepends=True)[: line - 1])
    found = _CREATED.search(text[begins : begins + _READ])
    return _NEEDED.get(found[1], "") if found else ""
