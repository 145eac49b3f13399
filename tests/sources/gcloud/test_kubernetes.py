"""Lists of Kubernetes documents are opened; other documents about IAM are reported."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from iamlint.facts import Grant, UnreadPart
from iamlint.location import SourceText
from iamlint.sources.gcloud.export import read_export
from iamlint.sources.reading import Options
from iamlint.unknown import Unknown

VERSION = "iam.cnrm.cloud.google.com/v1beta1"
SPEC = {
    "member": "group:a@example.com",
    "role": "roles/owner",
    "resourceRef": {"kind": "Project", "external": "projects/shop"},
}
MEMBER: dict[str, Any] = {"apiVersion": VERSION, "kind": "IAMPolicyMember", "metadata": {"name": "a"}, "spec": SPEC}
CONFIG: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"role": "roles/owner", "member": "x"}}


def listed(*items: Any, kind: str = "List", version: str = "v1") -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "items": list(items), "metadata": {"resourceVersion": ""}}


def said(reading: Any) -> tuple[list[str], list[str]]:
    assert reading.errors == []
    unread_parts = [fact.reason for fact in reading.facts if isinstance(fact, UnreadPart)]
    return [fact.principal.text for fact in reading.facts if isinstance(fact, Grant)], unread_parts


@pytest.mark.parametrize(
    "document",
    [
        listed(MEMBER),
        listed(CONFIG, MEMBER),
        listed(MEMBER, kind="IAMPolicyMemberList", version=VERSION),
        listed({"metadata": {"name": "a"}, "spec": SPEC}, kind="IAMPolicyMemberList", version=VERSION),
        listed(CONFIG, listed(listed(MEMBER))),
        [CONFIG, MEMBER],
        [listed(CONFIG), listed(MEMBER)],
    ],
)
@pytest.mark.parametrize("name", ["list.json", "list.yaml"])
def test_the_members_of_a_list_are_read_like_single_documents(export, name, document):
    assert said(export(name, document)) == (["group:a@example.com"], [])


def test_a_list_may_stand_among_other_documents(export):
    text = "\n---\n".join(json.dumps(one) for one in (CONFIG, listed(MEMBER), MEMBER))
    assert said(export("all.yaml", text))[0] == ["group:a@example.com"] * 2


def test_the_place_is_that_in_the_list(export):
    (grant,) = [fact for fact in export("list.json", listed(CONFIG, MEMBER)).facts if isinstance(fact, Grant)]
    assert grant.principal_place.at.line == 20


def test_a_policy_among_documents_of_a_cluster_is_read(export):
    text = "\n---\n".join(
        json.dumps(one) for one in (MEMBER, {"bindings": [{"role": "roles/owner", "members": ["user:b@example.com"]}]})
    )
    assert said(export("project-shop.yaml", text))[0] == ["user:b@example.com", "group:a@example.com"]


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        (VERSION, "IAMWorkforcePool"),
        ("iam.gcp.crossplane.io/v1alpha1", "ServiceAccountPolicy"),
        ("cloudplatform.gcp.upbound.io/v1beta1", "ProjectIAMMember"),
        ("storage.gcp.upbound.io/v1beta1", "BucketIAMBinding"),
        ("platform.iam.example.com/v1", "Access"),
        ("privilegedaccessmanager.cnrm.cloud.google.com/v1beta1", "PrivilegedAccessManagerEntitlement"),
    ],
)
def test_a_document_about_iam_that_is_not_read_is_told(export, version, kind):
    document = {"apiVersion": version, "kind": kind, "spec": {}}
    reason = f"iamlint does not read {kind} of {version.partition('/')[0]}"
    assert said(export("a.yaml", document)) == ([], [reason])
    assert said(export("a.yaml", listed(MEMBER, document))) == (["group:a@example.com"], [reason])


PROJECT = {"apiVersion": "cloudplatform.gcp.upbound.io/v1beta1", "kind": "ProjectIAMMember", "spec": {}}
ACCOUNT = {"apiVersion": VERSION, "kind": "IAMServiceAccount", "spec": {}}


@pytest.mark.parametrize(
    ("kind", "inner", "read"),
    [
        ("ManifestWork", {"workload": {"manifests": [MEMBER]}}, "IAMPolicyMember"),
        ("Composition", {"resources": [{"base": PROJECT}]}, "ProjectIAMMember"),
        ("HelmRelease", {"values": {"extra": listed(CONFIG, MEMBER)}}, "IAMPolicyMember"),
        ("ManifestWork", {"workload": {"manifests": [ACCOUNT, CONFIG]}}, None),
        ("Event", {"involvedObject": {"apiVersion": VERSION, "kind": "IAMPolicyMember", "name": "a"}}, None),
    ],
)
def test_a_document_about_iam_in_that_of_another_program_is_told(export, kind, inner, read):
    document = {"apiVersion": "example.com/v1", "kind": kind, "spec": inner}
    told = [f"iamlint does not read {read} in {kind}"] if read else []
    assert said(export("a.yaml", listed(MEMBER, document))) == (["group:a@example.com"], told)


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("v1", "ConfigMap"),
        ("rbac.authorization.k8s.io/v1", "RoleBinding"),
        ("iam.aws.upbound.io/v1beta1", "Role"),
        ("iam.services.k8s.aws/v1alpha1", "Policy"),
        ("storage.cnrm.cloud.google.com/v1beta1", "StorageBucket"),
        ("apps/v1", "DIAMOND"),
    ],
)
def test_other_documents_are_not(export, version, kind):
    document = {"apiVersion": version, "kind": kind, "spec": {}}
    assert said(export("a.yaml", listed(MEMBER, document))) == (["group:a@example.com"], [])


def test_a_kind_of_any_length_is_not_repeated_for_each_item_of_its_list(export):
    document = {"apiVersion": VERSION, "kind": f"IAM{'Y' * 10_000}List", "items": [{"a": 1}, {"a": 2}]}
    assert [len(reason) < 1_000 for reason in said(export("a.yaml", document))[1]] == [True, True]


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("member", "serviceAccount:{{ .Values.sa }}"),
        ("member", "{{ .Values.member }}"),
        ("role", "{{- .Values.role }}"),
    ],
)
def test_what_a_template_leaves_open_is_unknown(export, part, value):
    document = {**MEMBER, "spec": {**SPEC, part: value}}
    (grant,) = [fact for fact in export("a.yaml", document).facts if isinstance(fact, Grant)]
    known = grant.principal.unknown if part == "member" else grant.role
    assert isinstance(known, Unknown)
    assert "template" in known.reason


@pytest.mark.parametrize(
    "reference", ["bigQueryConnectionConnectionRef", "logSinkRef", "serviceIdentityRef", "sqlInstanceRef"]
)
def test_the_account_that_google_makes_for_an_object_is_an_agent(export, reference):
    bindings = [{"role": "roles/logging.bucketWriter", "members": [{"memberFrom": {reference: {"name": "one"}}}]}]
    policy = {"apiVersion": VERSION, "kind": "IAMPartialPolicy", "metadata": {"name": "a"}}
    spec = {"bindings": bindings, "resourceRef": SPEC["resourceRef"]}
    (grant,) = [fact for fact in export("a.yaml", policy | {"spec": spec}).facts if isinstance(fact, Grant)]
    assert (grant.principal.text, grant.principal.kind) == (
        f"serviceAccount:${{{reference}.one}}",
        "service_agent",
    )
    assert grant.principal.unknown is not None


def test_a_member_without_quotes_is_a_mapping(export):
    bindings = [{"role": "roles/owner", "members": [{"serviceAccount": "ci@shop.iam.gserviceaccount.com"}]}]
    policy = {"apiVersion": VERSION, "kind": "IAMPolicy", "metadata": {"name": "a"}}
    spec = {"bindings": bindings, "resourceRef": SPEC["resourceRef"]}
    (grant,) = [fact for fact in export("a.yaml", policy | {"spec": spec}).facts if isinstance(fact, Grant)]
    assert "in quotes" in grant.principal.unknown.reason


def test_a_provider_whose_pool_is_elsewhere_is_one_of_a_workload_pool(export):
    spec = {"workloadIdentityPoolRef": {"name": "ci"}, "oidc": {"issuerUri": "https://gitlab.com"}}
    document = {"apiVersion": VERSION, "kind": "IAMWorkloadIdentityPoolProvider", "metadata": {"name": "p"}}
    (one,) = export("a.yaml", document | {"spec": spec}).facts
    assert "/workloadIdentityPools/${IAMWorkloadIdentityPool.ci}" in one.pool.text


@pytest.mark.parametrize(
    ("member", "role", "unread"),
    [
        (
            '#@ "serviceAccount:" + email()',
            "roles/viewer",
            ["the document is a template of ytt, which is not filled in"],
        ),
        ("# to be filled in", "roles/viewer", []),
        ('#@ "serviceAccount:" + email()', "# to be filled in", []),
    ],
)
def test_a_template_of_ytt_is_unread(export, member, role, unread):
    document = (
        f"apiVersion: {VERSION}\nkind: IAMPolicyMember\nmetadata:\n  name: a\nspec:\n  member: {member}\n"
        f"  role: {role}\n  resourceRef:\n    kind: Project\n    external: projects/shop\n"
    )
    found = export("a.yaml", document)
    assert [fact.reason for fact in found.facts if isinstance(fact, UnreadPart)] == unread
    assert bool(found.errors) is not bool(unread)


@pytest.mark.parametrize(
    ("written", "kind", "text"),
    [
        ("users-group # kpt-set: ${users-group}", "unknown", "${users-group}"),
        ('"users-group" # kpt-set: ${users-group}', "unknown", "${users-group}"),
        (
            (
                "serviceAccount:service-number@gcp-sa-pubsub.iam.gserviceaccount.com # kpt-set: "
                "serviceAccount:service-${number}@gcp-sa-pubsub.iam.gserviceaccount.com"
            ),
            "service_agent",
            "serviceAccount:service-${number}@gcp-sa-pubsub.iam.gserviceaccount.com",
        ),
        ("group:a@example.com # kpt-set: ${users-group}", "group", "group:a@example.com"),
        ("users-group # of the users", "malformed", "users-group"),
        ("users-group", "malformed", "users-group"),
        ("group:@example.com", "malformed", "group:@example.com"),
        ('"group:@example.com" # kpt-set: group:${users}@example.com', "group", "group:${users}@example.com"),
    ],
)
def test_a_value_that_kpt_sets_is_not_known_before(export, written, kind, text):
    document = (
        f"apiVersion: {VERSION}\nkind: IAMPolicyMember\nmetadata:\n  name: a\nspec:\n  member: {written}\n"
        "  role: roles/viewer\n  resourceRef:\n    kind: Project\n    external: projects/shop\n"
    )
    (grant,) = [fact for fact in export("a.yaml", document).facts if isinstance(fact, Grant)]
    assert (grant.principal.kind, grant.principal.text) == (kind, text)
    assert (grant.principal.unknown is None) == ("${" not in text)


def in_force(*bindings: Any, annotations: Any = None) -> dict[str, Any]:
    """An object as ``kubectl get -o yaml`` prints it."""
    policy = {"apiVersion": VERSION, "kind": "IAMPartialPolicy", "metadata": {"name": "a", "annotations": annotations}}
    stated = [{"role": "roles/viewer", "members": [{"member": "group:a@example.com"}]}]
    spec = {"resourceRef": SPEC["resourceRef"], "bindings": stated}
    return policy | {"spec": spec, "status": {"allBindings": [*bindings], "lastAppliedBindings": [*bindings]}}


STATED = {"role": "roles/viewer", "members": ["group:a@example.com"]}
CONDITION = {"title": "a", "expression": "false"}


@pytest.mark.parametrize(
    ("document", "principals"),
    [
        (in_force(), ["group:a@example.com"]),
        (in_force(STATED, annotations={}), ["group:a@example.com"]),
        (in_force(STATED, {"role": "roles/owner", "members": ["allUsers"]}), ["group:a@example.com", "allUsers"]),
        (in_force(STATED | {"condition": CONDITION}), ["group:a@example.com"] * 2),
        ({**MEMBER, "metadata": {"name": "a", "annotations": None}}, ["group:a@example.com"]),
    ],
)
def test_the_status_of_an_object_shows_what_else_is_granted(export, document, principals):
    assert said(export("a.yaml", document)) == (principals, [])


PROJECTS = "gcp-types/cloudresourcemanager-v1:"
BIND, SET = f"{PROJECTS}virtual.projects.iamMemberBinding", f"{PROJECTS}cloudresourcemanager.projects.setIamPolicy"
OPS = "- op: replace\n  path: /spec/role\n  value: roles/owner\n"
MERGE = "kind: IAMPartialPolicy\nspec: {}\n"


def resource(kind: str, **more: Any) -> dict[str, Any]:
    return {"name": "a", "type": kind, "properties": {"role": "roles/owner"}, **more}


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("resources", {"a": resource("gcp:projects:IAMMember")}, "gcp:projects:IAMMember of Pulumi"),
        ("resources", {"a": resource("gcp:iam:DenyPolicy"), "b": resource("gcp:x:Y")}, "gcp:iam:DenyPolicy of Pulumi"),
        (
            "components",
            {"c": {"resources": {"a": resource("gcp:serviceaccount/key:Key")}}},
            "gcp:serviceaccount/key:Key of Pulumi",
        ),
        ("resources", {"a": resource("gcp:serviceaccount:Account"), "b": resource("aws:iam:Role")}, None),
        ("resources", [resource(BIND), resource("storage.v1.bucket")], f"{BIND} of Deployment Manager"),
        ("resources", [{"name": "a", "action": SET, "properties": {"policy": {}}}], f"{SET} of Deployment Manager"),
        ("resources", [resource("iam.v1.serviceAccounts.key")], "iam.v1.serviceAccounts.key of Deployment Manager"),
        (
            "resources",
            [resource("storage.v1.bucketAccessControl")],
            "storage.v1.bucketAccessControl of Deployment Manager",
        ),
        (
            "resources",
            [resource("pubsub.v1.topic", accessControl={"gcpIamPolicy": {}})],
            "the accessControl of Deployment Manager",
        ),
        ("resources", [resource("iam.v1.serviceAccount")], None),
        (
            "patches",
            [{"target": {"kind": "IAMPolicyMember"}, "path": "ops.yaml"}],
            "the patch of IAMPolicyMember that Kustomize applies",
        ),
        (
            "patches",
            [{"target": {"name": "ci"}, "patch": OPS}],
            "the patch of a document about IAM that Kustomize applies",
        ),
        ("patchesStrategicMerge", ["a.yaml", MERGE], "the patch of IAMPartialPolicy that Kustomize applies"),
        (
            "replacements",
            [{"targets": [{"select": {"kind": "IAMPolicyMember"}}]}],
            "the patch of IAMPolicyMember that Kustomize applies",
        ),
        (
            "replacements",
            [{"targets": [{"select": {"name": "ci"}, "fieldPaths": ["spec.role"]}], "source": "roles/"}],
            "the patch of a document about IAM that Kustomize applies",
        ),
        (
            "resources",
            {**{f"r{n}": resource("gcp:x:Y") for n in range(1_500)}, "z": resource("gcp:projects:IAMMember")},
            "gcp:projects:IAMMember of Pulumi",
        ),
        ("patches", [{"target": {"kind": "Deployment"}, "patch": "- op: remove\n  path: /spec/replicas\n"}], None),
    ],
)
def test_what_other_programs_do_about_iam_is_told(key, value, told):
    document = {key: value}
    for suffix, text in (("json", json.dumps(document)), ("yaml", yaml.safe_dump(document))):
        found = read_export(SourceText(f"data/some.{suffix}", text), Options(), named=False)
        reasons = [fact.reason for fact in found.facts] if found else []
        assert reasons == ([f"iamlint does not read {told}"] if told else [])


def test_an_incomplete_document_may_be_a_patch(export):
    (error,) = export("a.yaml", {**MEMBER, "spec": {"role": "roles/owner", "member": "user:a@example.com"}}).errors
    assert "if it is a patch of Kustomize, check what kustomize build prints" in error.hint
