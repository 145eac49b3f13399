"""Pack what is known of where resources name a service account into the table that ships.

    python -m iamlint.sources.terraform.attachments.pack FACTS.json

The facts are {"meta": {"sources": [{"name", "gives"}]}, "service_account_attachments": [{"resource", "path", "form",
"if_absent", "deploy_permissions"}]}, with paths of block types that end in the argument. What a schema does not tell is
written here: where the access scopes stand, from which block on a default applies, what a resource is called. The same
facts give the same bytes.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from iamlint.sources.terraform.attachments import TABLE

_DEFAULTS = {
    "compute default": "compute",
    "App Engine default": "app_engine",
    "Cloud Build legacy or compute default (per project)": "cloud_build",
    "none without the block; compute default when the block has no email": "compute",
}
"""What stands under "if_absent". Anything else is an agent of Google's, the caller, or a template: no default."""

_ADDED: list[dict[str, Any]] = [
    {"resource": kind, "path": path, "form": "email"}
    for kind, *paths in (
        ("google_apigee_environment_api_revision_deployment", "service_account"),
        (
            "google_backup_dr_restore_workload",
            "compute_instance_restore_properties.service_accounts.email",
        ),
        (
            "google_ces_toolset",
            "mcp_toolset.api_authentication.service_account_auth_config.service_account",
            "open_api_toolset.api_authentication.service_account_auth_config.service_account",
        ),
        (
            "google_clouddeploy_target",
            "execution_configs.default_pool.service_account",
            "execution_configs.private_pool.service_account",
        ),
        ("google_colab_schedule", "create_pipeline_job_request.pipeline_job.service_account"),
        ("google_dataplex_datascan", "execution_identity.service_account.email"),
        (
            "google_dialogflow_cx_webhook",
            "service_directory.generic_web_service.service_account_auth_config.service_account",
        ),
        (
            "google_gke_hub_feature",
            "fleet_default_member_config.configmanagement.config_sync.metrics_gcp_service_account_email",
        ),
        ("google_gke_hub_feature_membership", "configmanagement.config_sync.metrics_gcp_service_account_email"),
        ("google_pubsub_subscription", "message_transforms.ai_inference.service_account_email"),
        ("google_pubsub_topic", "message_transforms.ai_inference.service_account_email"),
    )
    for path in paths
]
"""What the schema of hashicorp/google 7.45.0 has beside the facts: paths that came later, or have deeper blocks now."""

_WRONG = frozenset({"google_dataplex_datascan execution_identity.service_account"})
"""Paths of the facts that end in a block, not in an argument, in that schema."""

_CREDENTIALS = frozenset({"google_apikeys_key", "google_storage_hmac_key"})
"""These make credentials of an account; nothing runs there."""

_NOBODY = frozenset(
    {"google_compute_instance", "google_compute_instance_template", "google_compute_region_instance_template"}
)
"""Virtual machines without the block have no account, and no tokens."""

_OPTIONAL = {
    "google_compute_instance service_account.email": "service_account",
    "google_compute_instance_template service_account.email": "service_account",
    "google_compute_region_instance_template service_account.email": "service_account",
    "google_container_cluster node_pool.node_config.service_account": "node_pool",
    "google_cloud_run_v2_service build_config.service_account": "build_config",
    "google_cloudfunctions2_function event_trigger.service_account_email": "event_trigger",
    "google_data_pipeline_pipeline workload.dataflow_launch_template_request.launch_parameters.environment"
    ".service_account_email": "workload.dataflow_launch_template_request",
    "google_data_pipeline_pipeline workload.dataflow_flex_template_request.launch_parameter.environment"
    ".service_account_email": "workload.dataflow_flex_template_request",
    "google_dataproc_workflow_template placement.managed_cluster.config.gce_cluster_config.service_account": (
        "placement.managed_cluster"
    ),
}
"""The block that must be there for the default to apply: without it nothing runs (or, above, nobody)."""

_CONDITIONS: dict[str, dict[str, Any]] = {
    "google_container_cluster node_config.service_account": {
        "unless": ["node_pool", "remove_default_node_pool", "enable_autopilot"]
    },
    "google_container_cluster cluster_autoscaling.auto_provisioning_defaults.service_account": {
        "only": ["enable_autopilot", "cluster_autoscaling.enabled"]
    },
    "google_dataproc_cluster cluster_config.gce_cluster_config.service_account": {"unless": ["virtual_cluster_config"]},
}
"""Flags and blocks without which, or with which, the default does not apply. Sources: the resources' documentation, and
https://cloud.google.com/kubernetes-engine/docs/how-to/service-accounts"""

_SCOPES = {
    "google_compute_instance": "service_account.scopes",
    "google_compute_instance_from_template": "service_account.scopes",
    "google_compute_instance_from_machine_image": "service_account.scopes",
    "google_compute_instance_template": "service_account.scopes",
    "google_compute_region_instance_template": "service_account.scopes",
    "google_container_node_pool": "node_config.oauth_scopes",
    "google_composer_environment": "config.node_config.oauth_scopes",
    "google_dataproc_cluster": "cluster_config.gce_cluster_config.service_account_scopes",
    "google_dataproc_workflow_template": "placement.managed_cluster.config.gce_cluster_config.service_account_scopes",
    "google_notebooks_instance": "service_account_scopes",
    "google_tpu_v2_vm": "service_account.scope",
    "google_workbench_instance": "gce_setup.service_accounts.scopes",
    "google_workstations_workstation_config": "host.gce_instance.service_account_scopes",
    "google_backup_dr_restore_workload": "compute_instance_restore_properties.service_accounts.scopes",
    "google_container_cluster node_config.service_account": "node_config.oauth_scopes",
    "google_container_cluster node_pool.node_config.service_account": "node_pool.node_config.oauth_scopes",
    "google_container_cluster cluster_autoscaling.auto_provisioning_defaults.service_account": (
        "cluster_autoscaling.auto_provisioning_defaults.oauth_scopes"
    ),
}
"""Where the access scopes stand, beside the account, by type or by type and path."""

_NAMES = {
    "google_api_gateway_api_config": "api_config_id",
    "google_apigee_api_deployment": "proxy_id",
    "google_apigee_sharedflow_deployment": "sharedflow_id",
    "google_apihub_plugin": "plugin_id",
    "google_apihub_plugin_instance": "plugin_instance_id",
    "google_app_engine_flexible_app_version": "service",
    "google_app_engine_standard_app_version": "service",
    "google_bigquery_data_transfer_config": "display_name",
    "google_colab_notebook_execution": "notebook_execution_job_id",
    "google_colab_schedule": "display_name",
    "google_dataplex_datascan": "data_scan_id",
    "google_dataplex_task": "task_id",
    "google_dataproc_batch": "batch_id",
    "google_dataproc_gdc_service_instance": "service_instance_id",
    "google_dialogflow_cx_webhook": "display_name",
    "google_firebase_app_hosting_backend": "backend_id",
    "google_gke_hub_feature_membership": "membership",
    "google_integrations_auth_config": "display_name",
    "google_integrations_client": "id",
    "google_apigee_environment_api_revision_deployment": "api",
    "google_ces_toolset": "toolset_id",
    "google_migration_center_discovery_client": "discovery_client_id",
    "google_secure_source_manager_repository": "repository_id",
    "google_vertex_ai_reasoning_engine": "display_name",
    "google_workstations_workstation_config": "workstation_config_id",
}
"""The argument that names the resource, where it is not ``name``."""

_WITHOUT_PROJECT = frozenset(
    {
        "google_apigee_api_deployment",
        "google_apigee_environment_api_revision_deployment",
        "google_apigee_sharedflow_deployment",
        "google_backup_dr_restore_workload",
        "google_dialogflow_cx_webhook",
    }
)
"""These belong to an Apigee organization, an agent or a vault; they have no ``project`` argument."""


def pack(facts: dict[str, Any]) -> str:
    """The table: for each Terraform type its paths, sorted."""
    types: dict[str, Any] = {}
    rows = [*facts["service_account_attachments"], *_ADDED]
    for row in sorted(rows, key=lambda row: (row["resource"], row["path"])):
        kind = row["resource"]
        if kind in _CREDENTIALS or f"{kind} {row['path']}" in _WRONG:
            continue
        entry = types.setdefault(kind, {"name": _NAMES.get(kind, "name"), "paths": []})
        if kind in _WITHOUT_PROJECT:
            entry["project"] = False
        entry["paths"].append(_path(kind, row))
    sources = [f"{source['name']}: {source['gives']}" for source in facts["meta"]["sources"][:2]]
    sources.append("hashicorp/google 7.45.0: the schema that terraform prints")
    made = "made by python -m iamlint.sources.terraform.attachments.pack; defaults and permissions from Google's pages"
    return json.dumps({"sources": [made, *sources], "types": types}, indent=1) + "\n"


def _path(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    path, form = row["path"], row["form"]
    entry: dict[str, Any] = {"path": path}
    if form.startswith("map"):
        entry["map"] = True
    default = _DEFAULTS.get(row.get("if_absent", ""))
    if default:
        entry["default"] = default
    key = f"{kind} {path}"
    if key in _OPTIONAL:
        entry["from"] = _OPTIONAL[key]
    if kind in _NOBODY:
        entry["nobody"] = True
    scopes = _SCOPES.get(key) or _SCOPES.get(kind)
    if scopes and scopes.rpartition(".")[0] == path.rpartition(".")[0]:
        entry["scopes"] = scopes
    entry |= _CONDITIONS.get(key, {})
    if row.get("deploy_permissions"):
        entry["permissions"] = row["deploy_permissions"]
    return entry


def main() -> None:
    """Read the facts, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("facts", type=Path)
    TABLE.write_text(pack(json.loads(parser.parse_args().facts.read_text())))


if __name__ == "__main__":
    main()
