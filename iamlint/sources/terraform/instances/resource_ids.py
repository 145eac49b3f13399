"""The ids of resources that grants are made on, as the provider makes them from arguments.

Source: "an identifier for the resource with format" in the provider's documentation of each resource,
https://registry.terraform.io/providers/hashicorp/google/latest/docs (August 2026). The documentation of keys, key
rings, tables, buckets, clusters and functions has no format with arguments: there it is the provider's code,
https://github.com/hashicorp/terraform-provider-google
"""

from __future__ import annotations

from collections.abc import Mapping

from iamlint.basics.lazy_regex import regex

FORMATS: Mapping[str, str] = {
    "google_api_gateway_api": "projects/{project}/locations/global/apis/{api_id}",
    "google_api_gateway_api_config": "projects/{project}/locations/global/apis/{api}/configs/{api_config_id}",
    "google_api_gateway_gateway": "projects/{project}/locations/{region}/gateways/{gateway_id}",
    "google_apigee_environment": "{org_id}/environments/{name}",
    "google_artifact_registry_repository": "projects/{project}/locations/{location}/repositories/{repository_id}",
    "google_beyondcorp_security_gateway": (
        "projects/{project}/locations/{location}/securityGateways/{security_gateway_id}"
    ),
    "google_beyondcorp_security_gateway_application": (
        "projects/{project}/locations/global/securityGateways/{security_gateway_id}/applications/{application_id}"
    ),
    "google_biglake_iceberg_namespace": "projects/{project}/catalogs/{catalog}/namespaces/{namespace_id}",
    "google_biglake_iceberg_table": "projects/{project}/catalogs/{catalog}/namespaces/{namespace}/tables/{name}",
    "google_bigquery_analytics_hub_data_exchange": (
        "projects/{project}/locations/{location}/dataExchanges/{data_exchange_id}"
    ),
    "google_bigquery_analytics_hub_listing": (
        "projects/{project}/locations/{location}/dataExchanges/{data_exchange_id}/listings/{listing_id}"
    ),
    "google_bigquery_connection": "projects/{project}/locations/{location}/connections/{connection_id}",
    "google_bigquery_datapolicy_data_policy": "projects/{project}/locations/{location}/dataPolicies/{data_policy_id}",
    "google_bigquery_datapolicyv2_data_policy": "projects/{project}/locations/{location}/dataPolicies/{data_policy_id}",
    "google_bigquery_dataset": "projects/{project}/datasets/{dataset_id}",
    "google_bigquery_routine": "projects/{project}/datasets/{dataset_id}/routines/{routine_id}",
    "google_bigquery_table": "projects/{project}/datasets/{dataset_id}/tables/{table_id}",
    "google_bigtable_instance": "projects/{project}/instances/{name}",
    "google_bigtable_table": "projects/{project}/instances/{instance_name}/tables/{name}",
    "google_binary_authorization_attestor": "projects/{project}/attestors/{name}",
    "google_cloud_run_service": "locations/{location}/namespaces/{project}/services/{name}",
    "google_cloud_run_v2_job": "projects/{project}/locations/{location}/jobs/{name}",
    "google_cloud_run_v2_service": "projects/{project}/locations/{location}/services/{name}",
    "google_cloud_run_v2_worker_pool": "projects/{project}/locations/{location}/workerPools/{name}",
    "google_cloud_tasks_queue": "projects/{project}/locations/{location}/queues/{name}",
    "google_cloudbuildv2_connection": "projects/{project}/locations/{location}/connections/{name}",
    "google_clouddeploy_custom_target_type": "projects/{project}/locations/{location}/customTargetTypes/{name}",
    "google_clouddeploy_delivery_pipeline": "projects/{project}/locations/{location}/deliveryPipelines/{name}",
    "google_clouddeploy_target": "projects/{project}/locations/{location}/targets/{name}",
    "google_cloudfunctions2_function": "projects/{project}/locations/{location}/functions/{name}",
    "google_cloudfunctions_function": "projects/{project}/locations/{region}/functions/{name}",
    "google_colab_runtime_template": "projects/{project}/locations/{location}/notebookRuntimeTemplates/{name}",
    "google_compute_backend_bucket": "projects/{project}/global/backendBuckets/{name}",
    "google_compute_backend_service": "projects/{project}/global/backendServices/{name}",
    "google_compute_disk": "projects/{project}/zones/{zone}/disks/{name}",
    "google_compute_image": "projects/{project}/global/images/{name}",
    "google_compute_instance": "projects/{project}/zones/{zone}/instances/{name}",
    "google_compute_instant_snapshot": "projects/{project}/zones/{zone}/instantSnapshots/{name}",
    "google_compute_machine_image": "projects/{project}/global/machineImages/{name}",
    "google_compute_network_firewall_policy": "projects/{project}/global/firewallPolicies/{name}",
    "google_compute_region_backend_bucket": "projects/{project}/regions/{region}/backendBuckets/{name}",
    "google_compute_region_backend_service": "projects/{project}/regions/{region}/backendServices/{name}",
    "google_compute_region_disk": "projects/{project}/regions/{region}/disks/{name}",
    "google_compute_region_instant_snapshot": "projects/{project}/regions/{region}/instantSnapshots/{name}",
    "google_compute_region_network_firewall_policy": "projects/{project}/regions/{region}/firewallPolicies/{name}",
    "google_compute_snapshot": "projects/{project}/global/snapshots/{name}",
    "google_compute_storage_pool": "projects/{project}/zones/{zone}/storagePools/{name}",
    "google_compute_subnetwork": "projects/{project}/regions/{region}/subnetworks/{name}",
    "google_container_analysis_note": "projects/{project}/notes/{name}",
    "google_data_fusion_instance": "projects/{project}/locations/{region}/instances/{name}",
    "google_dataform_repository": "projects/{project}/locations/{region}/repositories/{name}",
    "google_dataplex_aspect_type": "projects/{project}/locations/{location}/aspectTypes/{aspect_type_id}",
    "google_dataplex_asset": "projects/{project}/locations/{location}/lakes/{lake}/zones/{dataplex_zone}/assets/{name}",
    "google_dataplex_data_product": "projects/{project}/locations/{location}/dataProducts/{data_product_id}",
    "google_dataplex_datascan": "projects/{project}/locations/{location}/dataScans/{data_scan_id}",
    "google_dataplex_entry_group": "projects/{project}/locations/{location}/entryGroups/{entry_group_id}",
    "google_dataplex_entry_type": "projects/{project}/locations/{location}/entryTypes/{entry_type_id}",
    "google_dataplex_glossary": "projects/{project}/locations/{location}/glossaries/{glossary_id}",
    "google_dataplex_lake": "projects/{project}/locations/{location}/lakes/{name}",
    "google_dataplex_task": "projects/{project}/locations/{location}/lakes/{lake}/tasks/{task_id}",
    "google_dataplex_zone": "projects/{project}/locations/{location}/lakes/{lake}/zones/{name}",
    "google_dataproc_autoscaling_policy": "projects/{project}/locations/{location}/autoscalingPolicies/{policy_id}",
    "google_dataproc_cluster": "projects/{project}/regions/{region}/clusters/{name}",
    "google_dataproc_metastore_federation": "projects/{project}/locations/{location}/federations/{federation_id}",
    "google_dataproc_metastore_service": "projects/{project}/locations/{location}/services/{service_id}",
    "google_discovery_engine_search_engine": (
        "projects/{project}/locations/{location}/collections/{collection_id}/engines/{engine_id}"
    ),
    "google_dns_managed_zone": "projects/{project}/managedZones/{name}",
    "google_gemini_repository_group": (
        "projects/{project}/locations/{location}/codeRepositoryIndexes/{code_repository_index}/"
        "repositoryGroups/{repository_group_id}"
    ),
    "google_gke_backup_backup_plan": "projects/{project}/locations/{location}/backupPlans/{name}",
    "google_gke_backup_restore_plan": "projects/{project}/locations/{location}/restorePlans/{name}",
    "google_gke_hub_feature": "projects/{project}/locations/{location}/features/{name}",
    "google_gke_hub_membership": "projects/{project}/locations/{location}/memberships/{membership_id}",
    "google_gke_hub_scope": "projects/{project}/locations/global/scopes/{scope_id}",
    "google_healthcare_consent_store": "{dataset}/consentStores/{name}",
    "google_healthcare_dataset": "projects/{project}/locations/{location}/datasets/{name}",
    "google_healthcare_dicom_store": "{dataset}/dicomStores/{name}",
    "google_healthcare_fhir_store": "{dataset}/fhirStores/{name}",
    "google_healthcare_hl7_v2_store": "{dataset}/hl7V2Stores/{name}",
    "google_iap_tunnel_dest_group": "projects/{project}/iap_tunnel/locations/{region}/destGroups/{group_name}",
    "google_kms_crypto_key": "{key_ring}/cryptoKeys/{name}",
    "google_kms_ekm_connection": "projects/{project}/locations/{location}/ekmConnections/{name}",
    "google_kms_key_ring": "projects/{project}/locations/{location}/keyRings/{name}",
    "google_logging_log_view": "{parent}/locations/{location}/buckets/{bucket}/views/{name}",
    "google_network_connectivity_hub": "projects/{project}/locations/global/hubs/{name}",
    "google_network_security_address_group": "{parent}/locations/{location}/addressGroups/{name}",
    "google_privateca_ca_pool": "projects/{project}/locations/{location}/caPools/{name}",
    "google_privateca_certificate_template": "projects/{project}/locations/{location}/certificateTemplates/{name}",
    "google_pubsub_schema": "projects/{project}/schemas/{name}",
    "google_pubsub_subscription": "projects/{project}/subscriptions/{name}",
    "google_pubsub_topic": "projects/{project}/topics/{name}",
    "google_runtimeconfig_config": "projects/{project}/configs/{name}",
    "google_secret_manager_regional_secret": "projects/{project}/locations/{location}/secrets/{secret_id}",
    "google_secret_manager_secret": "projects/{project}/secrets/{secret_id}",
    "google_secure_source_manager_instance": "projects/{project}/locations/{location}/instances/{instance_id}",
    "google_secure_source_manager_repository": "projects/{project}/locations/{location}/repositories/{repository_id}",
    "google_sourcerepo_repository": "projects/{project}/repos/{name}",
    "google_spanner_database": "{instance}/{name}",
    "google_spanner_instance": "{project}/{name}",
    "google_storage_bucket": "{name}",
    "google_storage_managed_folder": "{bucket}/{name}",
    "google_vertex_ai_endpoint": "projects/{project}/locations/{location}/endpoints/{name}",
    "google_vertex_ai_feature_group": "projects/{project}/locations/{region}/featureGroups/{name}",
    "google_vertex_ai_feature_online_store": "projects/{project}/locations/{region}/featureOnlineStores/{name}",
    "google_vertex_ai_feature_online_store_featureview": (
        "projects/{project}/locations/{region}/featureOnlineStores/{feature_online_store}/featureViews/{name}"
    ),
    "google_vertex_ai_featurestore": "projects/{project}/locations/{region}/featurestores/{name}",
    "google_vertex_ai_featurestore_entitytype": "{featurestore}/entityTypes/{name}",
    "google_vertex_ai_reasoning_engine": "projects/{project}/locations/{region}/reasoningEngines/{name}",
    "google_workbench_instance": "projects/{project}/locations/{location}/instances/{name}",
    "google_workstations_workstation": (
        "projects/{project}/locations/{location}/workstationClusters/{workstation_cluster_id}/"
        "workstationConfigs/{workstation_config_id}/workstations/{workstation_id}"
    ),
    "google_workstations_workstation_config": (
        "projects/{project}/locations/{location}/workstationClusters/{workstation_cluster_id}/"
        "workstationConfigs/{workstation_config_id}"
    ),
}
"""The format of the attribute ``id`` by resource type; ``{name}`` is replaced with the argument ``name``."""
_ARGUMENT = regex(r"\{(\w+)\}")


def parts_of(kind: str) -> tuple[list[str], list[str]]:
    """Return the literal texts of a type's id, and the names of the arguments between them."""
    parts = _ARGUMENT.split(FORMATS[kind])
    return parts[::2], parts[1::2]
