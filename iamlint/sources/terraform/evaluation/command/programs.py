"""Which arguments contain commands, requests or programs that something else runs."""

from __future__ import annotations

from collections.abc import Mapping

from iamlint.sources.terraform.configuration.module import Mode

OF_PROVISIONERS = frozenset(
    {"command", "content", "environment", "inline", "interpreter", "script", "scripts", "source"}
)
"""The arguments of provisioners that contain the command, or the file that they copy."""
OF_TYPES: Mapping[tuple[Mode, str], frozenset[str]] = {
    ("data", "external"): frozenset({"program", "query"}),
    ("data", "http"): frozenset({"url"}),
    ("data", "local_command"): frozenset({"command", "arguments"}),
    ("managed", "http_request"): frozenset({"url"}),
    ("managed", "ssh_resource"): frozenset({"commands"}),
    ("managed", "terracurl_request"): frozenset({"url"}),
}
"""The arguments of resources and data sources that contain a command, a request or the name of a script."""
PROGRAMS = frozenset(
    {
        "google_cloud_run_v2_job",
        "google_cloud_scheduler_job",
        "google_cloud_tasks_queue",
        "google_cloudbuild_trigger",
        "google_compute_instance",
        "google_compute_instance_from_template",
        "google_compute_instance_template",
        "google_compute_region_instance_template",
        "google_deployment_manager_deployment",
        "google_eventarc_pipeline",
        "google_workflows_workflow",
        "local_file",
        "local_sensitive_file",
        "restapi_object",
        "shell_script",
        "shell_sensitive_script",
        "vault_gcp_secret_roleset",
        "vault_gcp_secret_static_account",
    }
)
"""Resources with arguments that are programs, requests or templates executed elsewhere."""
_METADATA = ("metadata", "metadata_startup_script")
_OF_RESOURCES: Mapping[str, tuple[str, ...]] = {
    "ansible_playbook": ("extra_vars", "playbook"),
    "argocd_application": ("spec",),
    "docker_container": ("command", "entrypoint", "env"),
    "github_repository_file": ("content",),
    "gitlab_repository_file": ("content",),
    "google_app_engine_flexible_app_version": ("entrypoint",),
    "google_app_engine_standard_app_version": ("entrypoint",),
    "google_cloud_run_service": ("template",),
    "google_cloud_run_v2_service": ("template",),
    "google_cloud_run_v2_worker_pool": ("template",),
    "google_backup_dr_restore_workload": ("compute_instance_restore_properties",),
    "google_clouddeploy_custom_target_type": ("custom_actions",),
    "google_clouddeploy_delivery_pipeline": ("serial_pipeline",),
    "google_colab_runtime_template": ("software_config",),
    "google_compute_instance_from_machine_image": _METADATA,
    "google_compute_instance_group_manager": ("all_instances_config",),
    "google_compute_instance_settings": ("metadata",),
    "google_compute_per_instance_config": ("preserved_state",),
    "google_compute_project_metadata": _METADATA,
    "google_compute_project_metadata_item": ("value",),
    "google_compute_region_instance_group_manager": ("all_instances_config",),
    "google_compute_region_per_instance_config": ("preserved_state",),
    "google_container_cluster": ("node_config", "node_pool"),
    "google_container_node_pool": ("node_config",),
    "google_bigquery_data_transfer_config": ("params",),
    "google_bigquery_job": ("query",),
    "google_bigquery_routine": ("definition_body",),
    "google_dataplex_task": ("execution_spec", "spark"),
    "google_dataproc_batch": ("pyspark_batch", "spark_batch"),
    "google_dataproc_cluster": ("cluster_config",),
    "google_dataproc_job": ("hadoop_config", "pig_config", "pyspark_config", "spark_config"),
    "google_dataproc_workflow_template": ("jobs",),
    "google_hypercomputecluster_cluster": ("orchestrator",),
    "google_notebooks_instance": _METADATA,
    "google_os_config_guest_policies": ("recipes",),
    "google_os_config_os_policy_assignment": ("os_policies",),
    **{
        f"google_os_config_v2_policy_orchestrator{where}": ("orchestrated_resource",)
        for where in ("", "_for_folder", "_for_organization")
    },
    "google_storage_bucket_object": ("content", "source"),
    "google_tpu_v2_queued_resource": ("tpu",),
    "google_tpu_v2_vm": _METADATA,
    "google_vertex_ai_endpoint_with_model_garden_deployment": ("model_config",),
    "google_workbench_instance": ("gce_setup",),
    "google_workstations_workstation_config": ("container",),
    "helm_release": ("set", "set_list", "set_sensitive", "values"),
    "k8s_manifest": ("content",),
    "kubectl_manifest": ("yaml_body",),
    "kubernetes_config_map": ("data",),
    "kubernetes_config_map_v1": ("data",),
    "kubernetes_daemon_set_v1": ("spec",),
    "kubernetes_daemonset": ("spec",),
    "kubernetes_manifest": ("manifest",),
    "kubernetes_manifest_v1": ("manifest",),
    "kustomization_resource": ("manifest",),
    **{
        f"kubernetes_{kind}{version}": ("spec",)
        for kind in ("cron_job", "deployment", "job", "pod", "replication_controller", "stateful_set")
        for version in ("", "_v1")
    },
}
MANIFESTS = frozenset(
    {"k8s_manifest", "kubectl_manifest", "kubernetes_manifest", "kubernetes_manifest_v1", "kustomization_resource"}
)
"""Resources whose document is read as such: it grants what it says, and may run commands."""
FILES = {"ansible_playbook": "playbook", "google_storage_bucket_object": "source"}
"""The argument that names a file of the checkout, which is executed elsewhere. Only scripts count in a bucket."""
WITH_COMMANDS: Mapping[tuple[Mode, str], tuple[str, ...]] = {
    ("data", "archive_file"): ("source", "source_content"),
    ("data", "cloudinit_config"): ("part",),
    ("data", "shell_script"): ("lifecycle_commands",),
    ("data", "template_cloudinit_config"): ("part",),
    ("data", "template_file"): ("template",),
    **{("managed", kind): names for kind, names in _OF_RESOURCES.items()},
}
"""The arguments and blocks that may contain commands among other texts: metadata, containers, scripts, files.

Only a command counts there: the name of a role in a file may be anything.
"""


_ALL: frozenset[tuple[Mode, str]] = frozenset((*(("managed", kind) for kind in PROGRAMS), *WITH_COMMANDS, *OF_TYPES))


def is_program(mode: Mode, kind: str) -> bool:
    """Whether resources of a type may contain commands, requests or programs."""
    return (mode, kind) in _ALL
