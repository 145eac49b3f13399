"""Changes of IAM outside of IAM resources: read, or reported as unread with their place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from iamlint.finding import UnknownAnswer
from iamlint.hcl.scope import Files
from iamlint.results.report import Report
from iamlint.sources.terraform.evaluation.command import scripts

Check = Callable[..., Report]
RULE = ("broad-token-creator",)
ROLE, EVE = "roles/iam.serviceAccountTokenCreator", "user:eve@example.com"
ADD = f"gcloud projects add-iam-policy-binding prod --member={EVE} --role={ROLE}"


def unknown_answers(report: Report) -> list[UnknownAnswer]:
    return [unknown_answer for unknown_answer in report.unknown_answers if not unknown_answer.rule]


# -- commands ----------------------------------------------------------------------------------------------------------


def provisioner(command: str, kind: str = "null_resource", door: str = "local-exec") -> str:
    inner = f'  provisioner "{door}" {{\n    {command}\n  }}\n'
    return f'variable "k" {{}}\nresource "{kind}" "x" {{\n{inner}}}\n'


@pytest.mark.parametrize(
    "command",
    [
        f'command = "{ADD}"',
        f"command = <<-E\n      set -e\n      {ADD}\n    E",
        'command = "gcloud iam service-accounts add-iam-policy-binding ${var.k} --member=allUsers"',
        'command = "gcloud --quiet projects set-iam-policy prod policy.json"',
        'command = "gcloud iam service-accounts keys create key.json --iam-account=a@p.iam.gserviceaccount.com"',
        'command = "gcloud beta iam roles update r --project prod --add-permissions=iam.serviceAccounts.actAs"',
        'command = "gsutil iam ch allUsers:objectViewer gs://b"',
        'command = "bq add-iam-policy-binding --member=allUsers --role=roles/x d.t"',
        'command = "curl -X POST https://cloudresourcemanager.googleapis.com/v1/projects/prod:setIamPolicy -d @p"',
        'command = "$RUN"\n    environment = { RUN = "gcloud projects set-iam-policy a b" }',
        'command = "bash ${path.module}/grant.sh"',
        'command = "./grant --now"',
        'command = "cd x && ${path.module}/grant"',
        'command = "eval \\"$(cat ./grant)\\""',
        'command = "gcloud ${var.k}"',
        'command = "gcloud --project=p projects ${var.k} prod"',
        'command = "gcloud iam service-accounts ${var.k}"',
        'command = join(" ", ["gcloud", "projects", "add-iam-policy-binding", var.k])',
        "command = \"gcloud projects add-iam-pol''icy-binding prod\"",
        'command = "gcloud projects add-iam\\\\-policy-binding prod"',
        "command = <<-E\n      gcloud projects add-iam-\\\npolicy-binding prod\n    E",
        "command = \"gcloud projects add-'iam'-policy-binding prod\"",
        'command = "gcloud functions add-invoker-policy-binding f --member=allUsers"',
        'command = "gcloud storage objects update gs://b/x --predefined-acl=publicRead"',
        'command = "gcloud storage buckets update gs://b --add-default-object-acl-grant=entity=allUsers,role=READER"',
        'command = "gsutil -m cp -a public-read x gs://b"',
        'command = "bq query \'GRANT `roles/bigquery.dataOwner` ON SCHEMA d TO \\"user:eve@example.com\\"\'"',
        "command = \"python3 -c 'bucket.blob(1).make_public()'\"",
        'command = "node grant.mjs"',
        'command = "go run grant.go"',
        'command = "ruby grant.rb"',
        'command = "gcloud iam policies delete no-keys --kind=denypolicies"',
        'command = "gcloud identity groups memberships add --group-email=admins@example.com"',
        'command = "gcloud beta pam entitlements create e --entitlement-file=e.yaml"',
        'command = "gcloud iam workload-identity-pools providers create-oidc github --location=global"',
        "command = \"python3 -c 'd.projects().setIamPolicy(resource=1, body={}).execute()'\"",
        'content = "gcloud projects add-iam-policy-binding prod"\n    destination = "/etc/cron.d/x"',
        'source = "grant.sh"\n    destination = "/x"',
        'command = "bash grant"',
        'command = "sh x"\n    interpreter = ["bash", "grant"]',
        "command = \"bash 'for dev.sh'\"",
        'command = "bash for\\\\ dev.sh"',
        'command = "call grant.bat"',
        'command = "./latin.sh"',
        'command = "pwsh wide.ps1"',
        'command = "./grant.sh"\n    working_dir = "${path.module}/scripts"',
        'command = "now.sh"\n    working_dir = "scripts"',
        'command = "cd scripts && ./now.sh"',
        f'command = "{" ".join(f"no{i}.sh" for i in range(200))} grant.sh"',
        'command = "gcloud projects add-iam$@-policy-binding prod"',
        'command = "gcloud run deploy web --image=i --allow-unauthenticated"',
        'command = "bq update --source acl.json prod:d"',
        "command = \"python3 -c 'blob.acl.all().grant_read()'\"",
        "command = \"python3 -c 'iam.projects().serviceAccounts().keys().create(name=1)'\"",
        "command = var.k",
        "command = \"cd x && bash -c '${var.k}'\"",
        'command = "/usr/bin/env python3 ${var.k} --now"',
        'command = "eval \\"${var.k}\\""',
        "inline = [var.k]",
        "script = file(var.k)",
        f'command = self.triggers.c\n  }}\n  triggers = {{\n    c = "{ADD}"',
        "command = self.triggers.c\n  }\n  triggers = {\n    c = var.k",
        'command = "bash gra${var.k}.sh"',
        'command = "./${var.k}ts/${var.k}.sh"',
        'command = "gsutil -m rsync -a public-read site gs://b"',
        'command = "gsutil setdefacl public-read gs://b"',
        'command = "gcloud iam policy-bindings delete b --organization=1 --location=global"',
        'command = "gcloud resource-manager tags bindings create --tag-value=1/env/dev --parent=//x"',
        'command = "gcloud org-policies reset iam.disableServiceAccountKeyCreation --project=p"',
        'command = "curl -X POST https://iam.googleapis.com/v1/projects/p/serviceAccounts/a/keys"',
        "command = \"curl https://storage.googleapis.com/storage/v1/b/b/o/o/acl -d '{}'\"",
        "command = \"curl -T x -H 'x-goog-acl: public-read' https://storage.googleapis.com/b/o\"",
        'command = "curl -X POST https://privilegedaccessmanager.googleapis.com/v1/x/entitlements"',
        'command = "http POST https://cloudresourcemanager.googleapis.com/v3/tagBindings < x"',
        'command = "python3 -c \'requests.patch(\\"https://iam.googleapis.com/v1/projects/p/roles/r\\")\'"',
        "command = <<-E\n kubectl apply -f - <<A\n apiVersion: iam.cnrm.cloud.google.com/v1\n kind: IAMPolicy\n A\n E",
        "command = \"node -e 'iam.createServiceAccountKey(name)'\"",
        'command = "php grant.php"',
        'command = "./grant.go"\n    working_dir = "v3"',
    ],
)
def test_commands_that_change_iam(check: Check, command: str) -> None:
    files = {
        "main.tf": provisioner(command),
        "grant.sh": f"#!/bin/sh\n{ADD}\n",
        "grant": f"#!/bin/sh\n{ADD}\n",
        "grant.mjs": "await bucket.iam.setPolicy(policy)\n",
        "grant.go": "bucket.IAM().SetPolicy(ctx, policy)\n",
        "grant.rb": "client.set_iam_policy resource: name, policy: policy\n",
        "grant.php": "$bucket->iam()->setPolicy($policy);\n",
        "v3/grant.go": "bucket.IAM().V3().SetPolicy(ctx, policy)\n",
        **dict.fromkeys(("for dev.sh", "grant.bat", "scripts/now.sh"), f"{ADD}\n"),
    }
    Path("latin.sh").write_bytes(f"# caf\u00e9\n{ADD}\n".encode("latin-1"))
    Path("wide.ps1").write_text(ADD, encoding="utf-16")
    (one,) = unknown_answers(check(files, select=RULE))
    assert one.address == "null_resource.x"
    assert one.at.path == "main.tf"
    assert "runs a command that" in one.reason


@pytest.mark.parametrize(
    "command",
    [
        'command = "gcloud builds submit --tag=x ."',
        'command = "gcloud iam service-accounts list"',
        'command = "gcloud projects get-iam-policy prod"',
        'command = "echo ${var.k}"',
        'command = "gcloud storage buckets update gs://${var.k}"',
        'command = "gcloud --project=${var.k} builds submit ${var.k}"',
        'command = "gcloud --project ${var.k} run deploy x"',
        'command = "gcloud container clusters get-credentials ${var.k} && kubectl apply -f x"',
        'command = "./missing.sh"',
        'command = "sed -i s/a/b/ iam.yaml"',
        'command = "gcloud iam policies list --kind=denypolicies"',
        'command = "gcloud storage cp x gs://b --remove-acl-grant=allUsers"',
        "command = \"bq query 'GRANT SELECT ON TABLE t'; echo roles/viewer\"",
        'command = "gcloud run deploy web --no-allow-unauthenticated"',
        'command = "/bin/bash -c true"',
        'command = "gsutil cp large.zip gs://b"',
        'command = "gcloud identity groups memberships list --group-email=admins@example.com"',
        'command = "${var.k} apply"',
        'command = "name=$(echo ${var.k} | cut -f1)"',
        'command = "./missing.sh ${var.k}"',
        'command = var.k ? "true" : "false"',
        'command = "true"\n    environment = { A = var.k }',
        'command = "bash ${var.k}/../../x.sh"',
        'command = "gcloud org-policies list --project=p"',
        'command = "curl https://iam.googleapis.com/v1/projects/p/roles/r"',
        'command = "curl -d @p https://iam.googleapis.com/v1/projects/p/roles/r:queryGrantableRoles"',
        "command = \"echo 'audience: //iam.googleapis.com/projects/1/x/providers/y' && curl -d x https://shop.example.com\"",
        "command = \"kubectl apply -f - <<<'apiVersion: iam.cnrm.cloud.google.com/v1beta1, kind: IAMServiceAccount'\"",
        # They write a file on the machine that runs them.
        'command = "gcloud iam workload-identity-pools create-cred-config ${var.k} --azure --output-file=x.json"',
        'command = "gcloud iam workforce-pools create-login-config ${var.k} --output-file=x.json"',
    ],
)
def test_commands_that_do_not(check: Check, command: str) -> None:
    Path("large.zip").write_bytes(b"PK" * 600_000)
    assert not unknown_answers(check({"main.tf": provisioner(command)}, select=RULE))


def test_a_script_that_cannot_be_read_is_unknown(check: Check, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "grant"
    outside.write_text(ADD, encoding="utf-8")
    Path("linked.sh").symlink_to(outside)
    Path("large.sh").write_text("#" * 1_000_000 + f"\n{ADD}\n", encoding="utf-8")
    start = 'resource "google_compute_instance" "x" {\n  metadata_startup_script = file("large.sh")\n}\n'
    (one,) = unknown_answers(check({"main.tf": start}, select=RULE))
    assert "may change IAM" in one.reason
    for name, why in (("linked", "is outside of what iamlint was given"), ("large", "is larger than 1000000 bytes")):
        (one,) = unknown_answers(check({"main.tf": provisioner(f'command = "bash {name}.sh"')}, select=RULE))
        assert "may change IAM" in one.reason
        assert why in one.reason


def test_paths_that_begin_nowhere_are_not_looked_up(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(scripts, "_read", lambda _files, name: asked.append(name))
    command = " ".join(f"a/w{n} cd d{n}" for n in range(50)) + " ./grant.sh main.tf"
    check({"main.tf": provisioner(f'command = "{command}"')}, select=RULE)
    assert asked == ["./grant.sh", "main.tf"]


def test_any_resource_may_run_a_command(check: Check) -> None:
    for kind, door in (("terraform_data", "local-exec"), ("google_storage_bucket", "local-exec")):
        (one,) = unknown_answers(check({"main.tf": provisioner(f'command = "{ADD}"', kind, door)}, select=RULE))
        assert one.address == f"{kind}.x"
    (one,) = unknown_answers(check({"main.tf": provisioner(f'inline = ["{ADD}"]', door="remote-exec")}, select=RULE))
    assert one.address == "null_resource.x"


@pytest.mark.parametrize(
    "written",
    [
        {"local-exec": {"command": ADD}},
        [{"local-exec": {"command": "true"}}, {"local-exec": {"command": ADD}}],
        {"local-exec": [[{"when": "create"}, {"command": ADD}]]},
    ],
)
def test_provisioners_in_json(check: Check, written: object) -> None:
    text = json.dumps({"resource": {"null_resource": {"x": {"provisioner": written}}}})
    assert [one.address for one in unknown_answers(check({"main.tf.json": text}, select=RULE))] == ["null_resource.x"]


def test_no_instance_runs_nothing_and_many_are_told_once(check: Check) -> None:
    def text(count: int) -> str:
        return provisioner(f'command = "{ADD}"').replace('"x" {', f'"x" {{\n  count = {count}', 1)

    assert not unknown_answers(check({"main.tf": text(0)}, select=RULE))
    assert len(unknown_answers(check({"main.tf": text(30)}, select=RULE))) == 1


def test_data_sources_that_run_or_ask(check: Check) -> None:
    external = f'data "external" "e" {{\n  program = {json.dumps(ADD.split())}\n}}\n'
    (one,) = unknown_answers(check({"main.tf": external}, select=RULE))
    assert one.address == "data.external.e"
    http = 'data "http" "h" {\n  url = "https://pubsub.googleapis.com/v1/projects/p/topics/t:setIamPolicy"\n}\n'
    (one,) = unknown_answers(check({"main.tf": http}, select=RULE))
    assert one.address == "data.http.h"
    for kind, body in (
        ("local_command", f'command = "gcloud"\n arguments = {json.dumps(ADD.split()[1:])}'),
        ("cloudinit_config", f'part {{\n content = "{ADD}"\n }}'),
        ("template_file", f'template = "{ADD}"'),
        ("shell_script", f'lifecycle_commands {{\n read = "{ADD}"\n }}'),
    ):
        (one,) = unknown_answers(check({"main.tf": f'data "{kind}" "x" {{\n{body}\n}}\n'}, select=RULE))
        assert one.address == f"data.{kind}.x"
    for program, number in (('["python3", "version.py", var.k]', 0), ('["bash", "-c", var.k]', 1)):
        files = {"main.tf": f'variable "k" {{}}\ndata "external" "e" {{\n  program = {program}\n}}\n'}
        assert len(unknown_answers(check(files, select=RULE))) == number


@pytest.mark.parametrize(
    "source", ["terraform-google-modules/gcloud/google", "git::https://example.com/run.git", "acme/gcloud/google"]
)
def test_modules_that_run_what_they_are_told(check: Check, source: str) -> None:
    body = "projects add-iam-policy-binding p --member=x"
    call = f'module "g" {{\n  source = "{source}"\n  create_cmd_body = "{body}"\n}}\n'
    report = check({"main.tf": call}, select=RULE)
    assert any("changes IAM" in one.reason and one.address == "module.g" for one in unknown_answers(report))
    harmless = call.replace("add-iam-policy-binding", "list")
    assert not any("changes IAM" in one.reason for one in unknown_answers(check({"main.tf": harmless}, select=RULE)))


# -- manifests ---------------------------------------------------------------------------------------------------------

MEMBER = {
    "apiVersion": "iam.cnrm.cloud.google.com/v1beta1",
    "kind": "IAMPolicyMember",
    "metadata": {"name": "m"},
    "spec": {"member": EVE, "role": ROLE, "resourceRef": {"kind": "Project", "external": "projects/prod"}},
}
PARTIAL = {
    "apiVersion": "iam.cnrm.cloud.google.com/v1beta1",
    "kind": "IAMPartialPolicy",
    "metadata": {"name": "p"},
    "spec": {
        "resourceRef": {"kind": "Project", "external": "projects/prod"},
        "bindings": [{"role": ROLE, "members": [{"member": EVE}]}],
    },
}


def manifest(document: object, kind: str = "kubernetes_manifest", argument: str = "manifest") -> str:
    written = json.dumps(document) if isinstance(document, dict) else document
    return f'variable "k" {{}}\nresource "{kind}" "x" {{\n  {argument} = {written}\n}}\n'


@pytest.mark.parametrize("document", [MEMBER, PARTIAL])
def test_manifests_are_read(check: Check, document: dict[str, object]) -> None:
    as_yaml = f"<<-E\n{json.dumps(document)}\nE"
    for text in (
        manifest(document),
        manifest('yamldecode(file("m.yaml"))'),
        manifest(as_yaml, "kubectl_manifest", "yaml_body"),
        manifest('file("m.yaml")', "kubectl_manifest", "yaml_body"),
        manifest(f"yamlencode({json.dumps(document)})", "kubectl_manifest", "yaml_body"),
        manifest({"apiVersion": "v1", "kind": "List", "items": [document]}),
        manifest(f"jsonencode({json.dumps(document)})", "kustomization_resource"),
    ):
        report = check({"main.tf": text, "m.yaml": json.dumps(document)}, select=RULE)
        assert {(one.principal, one.role) for one in report.findings} == {(EVE, ROLE)}
        assert all(one.at.path for one in report.findings)
        assert not unknown_answers(report)


def test_manifests_with_parts_that_are_not_known(check: Check) -> None:
    spec = MEMBER["spec"]
    assert isinstance(spec, dict)
    for name in ("role", "member"):
        text = manifest(MEMBER | {"spec": spec | {name: "@"}}).replace('"@"', "var.k")
        report = check({"main.tf": text}, select=RULE)
        assert not report.findings
        assert {one.address for one in report.unknown_answers if one.rule} == {"kubernetes_manifest.x"}
    text = manifest(MEMBER | {"spec": spec | {"member": "user:@"}}).replace('@"', '${var.k}"')
    (one,) = check({"main.tf": text}, select=RULE).findings
    assert one.principal == "user:${var.k}"


@pytest.mark.parametrize(
    "text",
    [
        manifest("var.k"),
        manifest("var.k", "kubectl_manifest", "yaml_body"),
        manifest(PARTIAL | {"spec": "@"}).replace('"@"', "var.k"),
        manifest(MEMBER | {"apiVersion": "@"}).replace('"@"', "var.k"),
        manifest({"apiVersion": "cloudplatform.gcp.upbound.io/v1beta1", "kind": "ProjectIAMMember"}),
        manifest("each.value\n  for_each = var.k"),
        manifest("each.value\n  for_each = var.k", "kubectl_manifest", "yaml_body"),
    ],
)
def test_manifests_that_are_not_known(check: Check, text: str) -> None:
    (one,) = unknown_answers(check({"main.tf": text}, select=RULE))
    assert one.address.removesuffix("[*]") in ("kubernetes_manifest.x", "kubectl_manifest.x")
    assert ("is not read: the document that it applies is not known: " in one.reason) is ("var.k" in text)


def test_other_manifests_say_nothing(check: Check) -> None:
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"role": ROLE}}
    report = check({"main.tf": manifest(document)}, select=RULE)
    assert not report.findings
    assert not report.unknown_answers


# -- entitlements ------------------------------------------------------------------------------------------------------


def entitlement(resource: str, role: str = ROLE, more: str = "") -> str:
    return f"""
variable "k" {{}}
resource "google_privileged_access_manager_entitlement" "e" {{
  entitlement_id       = "break-glass"
  location             = "global"
  max_request_duration = "3600s"
  parent               = "projects/prod"
  eligible_users {{
    principals = ["{EVE}"]
  }}
  privileged_access {{
    gcp_iam_access {{
      resource      = "{resource}"
      resource_type = "cloudresourcemanager.googleapis.com/Project"
      role_bindings {{
        role = "{role}"
      }}
    }}
  }}
{more}
}}
"""


@pytest.mark.parametrize(
    "resource",
    [
        "//cloudresourcemanager.googleapis.com/projects/prod",
        "//cloudresourcemanager.googleapis.com/folders/42",
        "//cloudresourcemanager.googleapis.com/projects/${var.k}",
        "${var.k}",
    ],
)
def test_entitlements_are_unknown_grants(check: Check, resource: str) -> None:
    report = check({"main.tf": entitlement(resource)}, select=RULE)
    assert not report.findings
    assert any("on request, without approval" in one.reason for one in report.unknown_answers if one.rule)
    assert {one.address for one in report.unknown_answers} == {"google_privileged_access_manager_entitlement.e"}


def test_entitlements_with_approval(check: Check) -> None:
    approval = "approval_workflow {\n    manual_approvals {\n      steps {\n        approvals_needed = 1\n}\n}\n}\n"
    report = check({"main.tf": entitlement("//cloudresourcemanager.googleapis.com/projects/prod", ROLE, approval)})
    assert any("on approval by the entitlement" in one.reason for one in report.unknown_answers)


def test_harmless_entitlements_say_nothing(check: Check) -> None:
    text = entitlement("//cloudresourcemanager.googleapis.com/projects/prod", "roles/browser")
    assert not check({"main.tf": text}, select=RULE).unknown_answers


# -- paths with backslashes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", [".\\\\m", "..\\\\root\\\\m", "./x\\\\..\\\\m"])
def test_sources_with_backslashes(check: Check, source: str) -> None:
    member = f'variable "who" {{}}\nresource "google_project_iam_member" "x" {{\n  project = "p"\n  role = "{ROLE}"\n'
    files = {
        "root/main.tf": f'module "d" {{\n  source = "{source}"\n  who = "{EVE}"\n}}\n',
        "root/m/main.tf": member + "  member = var.who\n}\n",
    }
    report = check(files, select=RULE)
    assert [finding.address for finding in report.findings] == ["module.d.google_project_iam_member.x"]
    assert not report.unknown_answers


# -- programs executed elsewhere
# -----------------------------------------------------------------------------------------


def program(kind: str, body: str) -> dict[str, str]:
    declared = 'variable "on" {}\nlocals { verb = "add-iam-policy-binding" }\n'
    return {"main.tf": f'{declared}resource "{kind}" "x" {{\n{body}\n}}\n'}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("google_cloudbuild_trigger", 'build {\n step {\n args = ["projects", local.verb, "prod"]\n }\n }'),
        ("google_compute_instance", f'metadata_startup_script = "{ADD}"'),
        ("google_compute_instance_template", f'metadata = {{ startup-script = "{ADD}" }}'),
        ("google_cloud_scheduler_job", 'http_target {\n uri = "https://iam.googleapis.com/v1/x:setIamPolicy"\n }'),
        ("google_workflows_workflow", 'source_contents = "call: googleapis.run.v1.namespaces.services.setIamPolicy"'),
        (
            "google_deployment_manager_deployment",
            'target {\n config {\n content = "accessControl: {gcpIamPolicy: {}}"\n }\n }',
        ),
        (
            "google_cloud_run_v2_job",
            f'template {{\n template {{\n containers {{\n command = ["sh", "-c", "{ADD}"]\n }}\n }}\n }}',
        ),
        ("vault_gcp_secret_roleset", f'binding {{\n resource = "//x"\n roles = ["{ROLE}"]\n }}'),
        ("vault_gcp_secret_roleset", f'bindings = "resource \\"//x\\" {{ roles = [\\"{ROLE}\\"] }}"'),
        ("local_file", f'filename = "grant.sh"\n content = "{ADD}"'),
        ("restapi_object", 'path = "/v1/projects/prod:setIamPolicy"'),
        ("google_storage_bucket_object", f'content = "{ADD}"'),
        ("google_compute_project_metadata", f'metadata = {{ startup-script = "{ADD}" }}'),
        ("google_compute_project_metadata_item", f'value = "{ADD}"'),
        (
            "google_compute_instance_group_manager",
            f'all_instances_config {{\n metadata = {{ x = "{ADD}" }}\n }}',
        ),
        ("google_container_node_pool", f'node_config {{\n metadata = {{ x = "{ADD}" }}\n }}'),
        ("google_cloud_run_v2_service", f'template {{\n containers {{\n args = ["-c", "{ADD}"]\n }}\n }}'),
        (
            "google_cloud_run_service",
            f'dynamic "template" {{\n for_each = [1]\n content {{\n args = ["{ADD}"]\n }}\n }}',
        ),
        (
            "google_os_config_os_policy_assignment",
            f'os_policies {{\n resource_groups {{\n script = "{ADD}"\n }}\n }}',
        ),
        ("google_compute_instance", "metadata_startup_script = \"gcloud projects add-'iam'-policy-binding prod\""),
        (
            "google_bigquery_job",
            "query {\n query = \"GRANT `roles/bigquery.admin` ON PROJECT p TO 'user:e@x.com'\"\n }",
        ),
        (
            "google_bigquery_routine",
            "definition_body = \"grant `roles/viewer`, `roles/x` on table t to 'user:e@x.com'\"",
        ),
        ("google_bigquery_data_transfer_config", f'params = {{ query = "GRANT `{ROLE}` ON SCHEMA d TO x" }}'),
        ("google_compute_instance", f'metadata = merge(var.on, {{ startup-script = "{ADD}" }})'),
        (
            "google_compute_instance",
            f'metadata = {{ x = "#cloud-config\\n${{yamlencode({{ runcmd = ["{ADD}"] }})}}" }}',
        ),
        ("google_dataproc_batch", f'pyspark_batch {{\n args = ["{ADD}"]\n }}'),
        ("google_dataproc_cluster", f'cluster_config {{\n metadata = {{ startup-script = "{ADD}" }}\n }}'),
        ("google_workstations_workstation_config", f'container {{\n args = ["-c", "{ADD}"]\n }}'),
        ("helm_release", f'values = [yamlencode({{ job = "{ADD}" }})]'),
        ("google_cloud_run_v2_worker_pool", 'template {\n args = ["iam", "roles", "update", "r"]\n }'),
        ("google_compute_project_metadata_item", f'value = var.on ? "{ADD}" : "echo"'),
        (
            "google_cloud_run_v2_job",
            'template {\n command = ["gcloud", "iam"]\n args = ["service-accounts", "keys", "create", "k"]\n }',
        ),
        (
            "helm_release",
            'values = [yamlencode({ args = ["gcloud", "iam", "service-accounts", "keys", "create", "k"] })]',
        ),
        (
            "google_compute_instance",
            'metadata = { user-data = jsonencode({ runcmd = [["gcloud", "iam", "roles", "update", "r"]] }) }',
        ),
        (
            "kubernetes_cron_job_v1",
            'spec {\n container {\n command = ["gcloud", "projects", local.verb, "prod"]\n }\n }',
        ),
        ("helm_release", f"values = [yamlencode({{ extraObjects = [{json.dumps(MEMBER)}] }})]"),
        ("helm_release", f'set {{\n name = "job"\n value = "{ADD}"\n }}'),
        ("argocd_application", f'spec {{\n source {{\n helm {{\n values = "{ADD}"\n }}\n }}\n }}'),
        ("local_file", f'filename = "m.yaml"\n content = yamlencode({json.dumps(MEMBER)})'),
        ("kubernetes_manifest", f'manifest = {{ kind = "Job", spec = {{ command = ["sh", "-c", "{ADD}"] }} }}'),
        ("kubectl_manifest", f'yaml_body = "kind: Job\\nspec: {{command: [sh, -c, {ADD}]}}"'),
        (
            "google_cloud_tasks_queue",
            'http_target {\n uri_override {\n path_override {\n path = "/v1/p:setIamPolicy"\n }\n }\n }',
        ),
        ("google_cloud_scheduler_job", 'http_target {\n uri = "https://iam.googleapis.com/v1/projects/p/roles/r"\n }'),
        ("google_workflows_workflow", 'source_contents = "call: googleapis.iam.v1.projects.roles.patch"'),
        ("google_colab_runtime_template", f'software_config {{\n post_startup_script = "{ADD}"\n }}'),
        ("google_compute_instance_settings", f'metadata {{\n items = {{ startup-script = "{ADD}" }}\n }}'),
        (
            "google_backup_dr_restore_workload",
            f'compute_instance_restore_properties {{\n metadata {{\n items {{\n value = "{ADD}"\n }}\n }}\n }}',
        ),
        ("google_clouddeploy_delivery_pipeline", f'serial_pipeline {{\n stages {{\n args = ["{ADD}"]\n }}\n }}'),
    ],
)
def test_programs_that_change_iam(check: Check, kind: str, body: str) -> None:
    (one,) = unknown_answers(check(program(kind, body), select=RULE))
    assert one.address == f"{kind}.x"
    assert "contains a change of IAM" in one.reason


def test_the_build_that_a_trigger_names_is_searched(check: Check) -> None:
    steps = "steps:\n- entrypoint: gcloud\n  args: [{}]\n"
    changes, deploys = steps.format("projects, add-iam-policy-binding, p"), steps.format("run, deploy, web")
    for named in ('filename = "ci/build.yaml"', 'git_file_source {\n path = "/ci/build.yaml"\n}'):
        trigger = {f"infra/{name}": text for name, text in program("google_cloudbuild_trigger", named).items()}
        (one,) = unknown_answers(check({**trigger, "ci/build.yaml": changes}, select=RULE))
        assert "runs a build that changes IAM, which is not read (in " in one.reason
        assert not unknown_answers(check({**trigger, "ci/build.yaml": deploys}, select=RULE))
    for written in (r'"\x61dd-i\u0061m-policy-binding"', '"add-iam-\\\n    policy-binding"'):
        assert unknown_answers(check({**trigger, "ci/build.yaml": steps.format(f"projects, {written}")}, select=RULE))


def test_a_script_that_is_put_into_a_bucket_is_searched(check: Check) -> None:
    files = {"s/start.sh": ADD, "s/quiet.sh": "true\n", "s/page.html": ADD}
    named = (
        ("start.sh", 1),
        ("st${var.on}.sh", 1),
        ("${var.on}", 0),
        ("quiet.sh", 0),
        ("page.html", 0),
        ("none.sh", 0),
    )
    for name, count in named:
        uploaded = program("google_storage_bucket_object", f'source = "${{path.module}}/s/{name}"')
        found = unknown_answers(check({**uploaded, **files}, select=RULE))
        assert ["passes on a file that changes IAM" in one.reason for one in found] == [True] * count
    played = program("ansible_playbook", 'playbook = "play.yml"') | {
        "play.yml": f"- hosts: all\n  tasks: [{{shell: {ADD}}}]"
    }
    assert "in play.yml" in unknown_answers(check(played, select=RULE))[0].reason


def test_a_program_that_is_not_known_in_full(check: Check) -> None:
    metadata = 'metadata = {{ startup-script = "gcloud {} ${{var.verb}} x" }}'
    for verb, count in (("projects", 1), ("storage ls", 0)):
        files = program("google_compute_project_metadata", metadata.format(verb))
        found = unknown_answers(check({**files, "v.tf": 'variable "verb" {}\n'}, select=RULE))
        assert ["may change IAM" in one.reason for one in found] == [True] * count


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("google_cloudbuild_trigger", 'build {\n step {\n args = ["run", "deploy", "shop"]\n }\n }'),
        ("google_compute_instance", 'metadata_startup_script = "apt-get install nginx # not roles/owner"'),
        ("google_compute_instance_template", 'metadata = { enable-oslogin = "TRUE" }'),
        ("google_cloud_scheduler_job", 'http_target {\n uri = "https://shop.example.com/iam/update"\n }'),
        ("google_workflows_workflow", 'source_contents = "call: googleapis.run.v1.namespaces.services.getIamPolicy"'),
        ("google_storage_bucket_object", f'content = "{ROLE} {EVE}"'),
        ("google_storage_bucket_object", 'content = "an IAM role to create buckets"'),
        ("google_container_node_pool", f'name = "{ADD}"'),
        ("kubernetes_config_map", f'data = {{ role = "{ROLE}" }}'),
    ],
)
def test_programs_of_another_kind(check: Check, kind: str, body: str) -> None:
    assert unknown_answers(check(program(kind, body), select=RULE)) == []


def test_a_text_without_a_path_or_a_script_looks_up_nothing() -> None:
    """A configuration has thousands of such texts, in arguments of modules that may run them."""
    files = mock.Mock(spec=Files)
    for text in ("europe-west1", "10.0.0.1", "the name of a network"):
        assert not list(scripts.named_files(text, files, (), lambda _: True, is_command=False))
    assert not files.mock_calls
