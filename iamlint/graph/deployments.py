"""The permissions to deploy something that runs code, or calls, as the service account attached to it.

Each needs ``iam.serviceAccounts.actAs`` on the account beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Use = Literal["code", "calls", "id_token"]
"""What a deployment gives: code that asks the metadata server for the account's token, calls with the account's
access token (the token itself is not handed out), or requests that carry an ID token of the account."""

_ATTACH = "https://cloud.google.com/iam/docs/attach-service-accounts"
_VERTEX = "https://cloud.google.com/vertex-ai/docs/general/custom-service-account"
_PROVIDER = "https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/"
"""The provider's documentation, which names the argument for the account."""

_CODE: Mapping[str, str] = {
    "aiplatform.customJobs.create": _VERTEX,
    "aiplatform.endpoints.deploy": _VERTEX,
    "aiplatform.hyperparameterTuningJobs.create": _VERTEX,
    "aiplatform.notebookExecutionJobs.create": f"{_PROVIDER}colab_notebook_execution",
    "aiplatform.persistentResources.create": "https://cloud.google.com/vertex-ai/docs/training/persistent-resource-create",
    "aiplatform.pipelineJobs.create": "https://cloud.google.com/vertex-ai/docs/pipelines/configure-project",
    "aiplatform.reasoningEngines.create": f"{_PROVIDER}vertex_ai_reasoning_engine",
    "aiplatform.trainingPipelines.create": _VERTEX,
    "appengine.versions.create": _ATTACH,
    "batch.jobs.create": "https://cloud.google.com/batch/docs/create-run-job-custom-service-account",
    "cloudbuild.builds.create": "https://cloud.google.com/build/docs/cloud-build-service-account",
    "clouddeploy.targets.create": "https://cloud.google.com/deploy/docs/cloud-deploy-service-account",
    "clouddeploy.targets.update": "https://cloud.google.com/deploy/docs/cloud-deploy-service-account",
    "cloudfunctions.functions.create": _ATTACH,
    "cloudfunctions.functions.update": "https://cloud.google.com/functions/docs/securing/function-identity",
    "composer.environments.create": "https://cloud.google.com/composer/docs/composer-3/access-control",
    "compute.instances.create": _ATTACH,
    "compute.instances.setServiceAccount": _ATTACH,
    "config.deployments.create": "https://cloud.google.com/infrastructure-manager/docs/access-control",
    "config.previews.create": "https://cloud.google.com/infrastructure-manager/docs/access-control",
    "container.clusters.create": _ATTACH,
    "container.clusters.update": "https://cloud.google.com/kubernetes-engine/docs/how-to/service-accounts",
    "dataflow.jobs.create": _ATTACH,
    "datafusion.instances.create": _ATTACH,
    "datapipelines.pipelines.create": f"{_PROVIDER}data_pipeline_pipeline",
    "dataplex.tasks.create": f"{_PROVIDER}dataplex_task",
    "dataproc.batches.create": f"{_PROVIDER}dataproc_batch",
    "dataproc.clusters.create": "https://cloud.google.com/dataproc/docs/guides/dataproc-principals",
    "dataproc.sessions.create": f"{_PROVIDER}dataproc_session_template",
    "dataproc.workflowTemplates.create": f"{_PROVIDER}dataproc_workflow_template",
    "dataproc.workflowTemplates.instantiateInline": "https://cloud.google.com/dataproc/docs/concepts/iam",
    "designcenter.applications.create": "https://cloud.google.com/application-design-center/docs/grant-roles-service-account",
    "firebaseapphosting.backends.create": f"{_PROVIDER}firebase_app_hosting_backend",
    "notebooks.instances.create": f"{_PROVIDER}workbench_instance",
    "notebooks.instances.update": f"{_PROVIDER}workbench_instance",
    "run.jobs.create": "https://cloud.google.com/run/docs/configuring/jobs/service-identity",
    "run.jobs.update": "https://cloud.google.com/run/docs/configuring/jobs/service-identity",
    "run.services.create": _ATTACH,
    "run.services.update": "https://cloud.google.com/run/docs/configuring/services/service-identity",
    "run.workerpools.create": f"{_PROVIDER}cloud_run_v2_worker_pool",
    "run.workerpools.update": f"{_PROVIDER}cloud_run_v2_worker_pool",
    "tpu.nodes.create": f"{_PROVIDER}tpu_v2_vm",
    "workstations.workstationConfigs.create": f"{_PROVIDER}workstations_workstation_config",
}
_CALLS: Mapping[str, str] = {
    "apigee.proxyrevisions.deploy": "https://cloud.google.com/apigee/docs/api-platform/security/google-auth/overview",
    "bigquery.transfers.update": "https://cloud.google.com/bigquery/docs/use-service-accounts",
    "cloudscheduler.jobs.create": "https://cloud.google.com/scheduler/docs/http-target-auth",
    "cloudscheduler.jobs.update": "https://cloud.google.com/scheduler/docs/http-target-auth",
    "cloudtasks.tasks.create": "https://cloud.google.com/tasks/docs/creating-http-target-tasks",
    "dataform.workflowConfigs.create": "https://cloud.google.com/dataform/docs/strict-act-as-mode",
    "dataform.workflowInvocations.create": "https://cloud.google.com/dataform/docs/strict-act-as-mode",
    "eventarc.pipelines.create": f"{_PROVIDER}eventarc_pipeline",
    "integrations.integrationVersions.deploy": f"{_PROVIDER}integrations_client",
    "workflows.workflows.create": "https://cloud.google.com/workflows/docs/authentication",
    "workflows.workflows.update": "https://cloud.google.com/workflows/docs/authentication",
}
_ID_TOKENS: Mapping[str, str] = {
    "apigateway.apiconfigs.create": f"{_PROVIDER}api_gateway_api_config",
    "eventarc.triggers.create": f"{_PROVIDER}eventarc_trigger",
    "pubsub.subscriptions.create": "https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions",
}

SOURCES: Mapping[str, str] = {**_CODE, **_CALLS, **_ID_TOKENS}
"""Each permission to deploy, the strongest first, with the page that documents it."""
DEPLOY: tuple[str, ...] = tuple(SOURCES)


def use_of(permission: str) -> Use:
    """Return what a permission to deploy gives."""
    return "code" if permission in _CODE else "calls" if permission in _CALLS else "id_token"
