"""Texts of errors as people meet them: in logs of pipelines, in terminals, in stack traces, typed by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

TARGET = "reader@orchard-prod.iam.gserviceaccount.com"
CALLER = "deploy@orchard-ci.iam.gserviceaccount.com"
NUMBER = "730000000011"
DENIED = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."


@dataclass(frozen=True)
class Case:
    """A text and the kinds in it, causes first; ``None`` is an error of no known kind."""

    name: str
    text: str
    kinds: list[str | None]
    fields: dict[str, str] = field(default_factory=dict)
    line: int = 1
    wrappers: tuple[str, ...] = ()


def payload(message: str, reason: str = "", status: str = "PERMISSION_DENIED", code: int = 403, **metadata: str) -> str:
    error: dict[str, object] = {"code": code, "message": message, "status": status}
    if reason:
        info = "type.googleapis.com/google.rpc.ErrorInfo"
        error["details"] = [{"@type": info, "reason": reason, "domain": "iam.googleapis.com", "metadata": metadata}]
    return json.dumps({"error": error}, indent=2)


TOKEN_DENIED = payload(
    DENIED,
    "IAM_PERMISSION_DENIED",
    permission="iam.serviceAccounts.getAccessToken",
    resource=f"projects/-/serviceAccounts/{TARGET}",
)
SCOPES = payload(
    "Request had insufficient authentication scopes.",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    service="iamcredentials.googleapis.com",
    method="google.iam.credentials.v1.IAMCredentials.GenerateAccessToken",
)
API_OFF = (
    f"IAM Service Account Credentials API has not been used in project {NUMBER} before or it is disabled. Enable it by "
    f"visiting https://console.developers.google.com/apis/api/iamcredentials.googleapis.com/overview?project={NUMBER} "
    "then retry."
)


def stamped(text: str) -> str:
    """Return a text as in GitHub's raw logs."""
    return "\n".join(f"2026-11-02T10:11:{i % 60:02}.1234567Z {line}" for i, line in enumerate(text.split("\n")))


def boxed(text: str) -> str:
    """Return a text as Terraform prints it to a terminal with colours."""
    bar = "\x1b[31m│\x1b[0m \x1b[0m"
    return "\n".join(["\x1b[31m╷\x1b[0m", *(bar + line for line in text.split("\n")), "\x1b[31m╵\x1b[0m"])


def broken(text: str, width: int = 80) -> str:
    """Return a text as copied from a terminal of this width."""
    return "\n".join(text[at : at + width] for at in range(0, len(text), width))


TABLE = [
    # -- one error, in the output of a program
    Case(
        "Terraform, coloured box",
        boxed(
            "\x1b[1mError: \x1b[0mError creating Service: googleapi: Error 403: Permission "
            f"'iam.serviceaccounts.actAs' denied on\nservice account {TARGET} (or it may not exist)., forbidden\n\n"
            '  with google_cloud_run_service.shop,\n  on main.tf line 12, in resource "google_cloud_run_service" "shop":'
        ),
        ["actas-denied-run"],
        {"target": TARGET, "permission": "iam.serviceAccounts.actAs", "method": "actAs"},
        2,
    ),
    Case(
        "Terraform, details in Go's form",
        boxed(
            "Error: Error when reading or editing Project: googleapi: Error 403: "
            f"Cloud Resource Manager API has not been used in project {NUMBER} before or it is disabled.\nDetails:\n[\n  {{\n"
            '    "@type": "type.googleapis.com/google.rpc.ErrorInfo",\n    "domain": "googleapis.com",\n    "metadata": {\n'
            f'      "consumer": "projects/{NUMBER}",\n      "service": "cloudresourcemanager.googleapis.com"\n    }},\n'
            '    "reason": "SERVICE_DISABLED"\n  }\n]\n, accessNotConfigured'
        ),
        ["api-disabled-other"],
        {"project": NUMBER, "service": "cloudresourcemanager.googleapis.com", "reason": "SERVICE_DISABLED"},
        2,
    ),
    Case(
        "GitHub's raw log, wrapped by the action",
        stamped(
            "##[group]Run google-github-actions/auth@v2\n##[endgroup]\n##[error]google-github-actions/auth failed with: failed to "
            f"generate Google Cloud OAuth 2.0 Access Token for {TARGET}: {TOKEN_DENIED}"
        ),
        ["token-denied"],
        {"target": TARGET, "resource": f"projects/-/serviceAccounts/{TARGET}"},
        6,
        ("wrap-google-auth-impersonated",),
    ),
    Case(
        "gh run view --log",
        "deploy\tUNKNOWN STEP\t2026-11-02T10:11:12.1234567Z ##[error]google-github-actions/auth failed with: failed to generate "
        f"Google Cloud federated token for //iam.googleapis.com/projects/{NUMBER}/locations/global/workloadIdentityPools/github"
        '/providers/orchard: {"error":"invalid_target","error_description":"The target service indicated by the \\"audience\\" '
        'parameters is invalid."}',
        ["sts-invalid-target"],
        {"provider": f"projects/{NUMBER}/locations/global/workloadIdentityPools/github/providers/orchard"},
        1,
        ("wrap-federated-token",),
    ),
    Case(
        "GitLab's log",
        "2026-11-02T10:11:12.123456Z 00O google.auth.exceptions.OAuthError: ('Error code unauthorized_client: The given "
        'credential is rejected by the attribute condition.\', \'{"error":"unauthorized_client"}\')',
        ["sts-attribute-condition"],
        wrappers=("wrap-federated-token",),
    ),
    Case(
        "Cloud Build",
        "Step #2 - \"deploy\": ERROR: (gcloud.run.deploy) PERMISSION_DENIED: Permission 'run.services.get' denied on resource "
        "'namespaces/orchard-prod/services/shop' (or resource may not exist).",
        ["target-rights-missing"],
        {"permission": "run.services.get", "resource": "namespaces/orchard-prod/services/shop"},
    ),
    Case(
        "Docker Compose",
        f"api-1  | impersonate: status code 403: {json.dumps(json.loads(payload('The caller does not have permission')))}",
        ["caller-no-permission"],
        {"method": "generateAccessToken"},
        1,
        ("wrap-google-auth-impersonated",),
    ),
    Case(
        "a JSON log with JSON within",
        json.dumps({"severity": "ERROR", "message": f"refresh failed: {json.dumps(json.loads(TOKEN_DENIED))}"}),
        ["token-denied"],
        {"target": TARGET, "permission": "iam.serviceAccounts.getAccessToken"},
    ),
    Case(
        "JSON within JSON within JSON",
        json.dumps(json.dumps(json.dumps(json.loads(SCOPES)))),
        ["scopes-insufficient"],
        {"service": "iamcredentials.googleapis.com", "method": "generateAccessToken"},
    ),
    Case(
        "gRPC, Python",
        "google.api_core.exceptions.PermissionDenied: 403 Permission 'secretmanager.versions.access' denied for resource "
        "'projects/orchard-prod/secrets/db/versions/latest' (or it may not exist). [reason: \"IAM_PERMISSION_DENIED\"\n"
        'domain: "iam.googleapis.com"\nmetadata {\n  key: "permission"\n  value: "secretmanager.versions.access"\n}\nmetadata {\n'
        '  key: "resource"\n  value: "projects/orchard-prod/secrets/db/versions/latest"\n}\n]',
        ["target-rights-missing"],
        {"permission": "secretmanager.versions.access", "resource": "projects/orchard-prod/secrets/db/versions/latest"},
    ),
    Case(
        "gRPC metadata alone",
        'error_info { reason: "SERVICE_DISABLED" domain: "googleapis.com" metadata { key: "service" value: '
        f'"iamcredentials.googleapis.com" }} metadata {{ key: "consumer" value: "projects/{NUMBER}" }} }}',
        ["api-disabled-iamcredentials"],
        {"project": NUMBER, "service": "iamcredentials.googleapis.com"},
    ),
    Case(
        "gcloud prints details as YAML",
        f"ERROR: (gcloud.auth.print-access-token) PERMISSION_DENIED: {DENIED}\n- '@type': type.googleapis.com/google.rpc.ErrorInfo\n"
        "  domain: iam.googleapis.com\n  metadata:\n    permission: iam.serviceAccounts.getAccessToken\n"
        "  reason: IAM_PERMISSION_DENIED",
        ["token-denied"],
        {"reason": "IAM_PERMISSION_DENIED"},
    ),
    Case(
        "gcloud impersonates",
        f"ERROR: (gcloud.storage.ls) Failed to impersonate [{TARGET}]. Make sure the account that's trying to impersonate it has "
        f'access to the service account itself and the "roles/iam.serviceAccountTokenCreator" role.\n{API_OFF}',
        ["api-disabled-iamcredentials"],
        {"project": NUMBER, "target": TARGET, "method": "generateAccessToken"},
        2,
        ("wrap-gcloud-failed-to-impersonate",),
    ),
    Case(
        "Python, a whole traceback",
        'Traceback (most recent call last):\n  File "/app/main.py", line 9, in <module>\n    print(list(client.list_buckets()))\n'
        "google.auth.exceptions.RefreshError: ('Unable to acquire impersonated credentials', '"
        + SCOPES.replace("\n", "\\n")
        + "')",
        ["scopes-insufficient"],
        {"method": "generateAccessToken"},
        4,
        ("wrap-google-auth-impersonated",),
    ),
    Case(
        "Python, the answer as bytes",
        'google.auth.exceptions.TransportError: Error calling the IAM signBytes API: b\'{\\n  "error": {\\n    "code": 403,\\n    '
        '"message": "Permission \\\'iam.serviceAccounts.signBlob\\\' denied on resource (or it may not exist)."}}\'',
        ["signblob-denied"],
        {"permission": "iam.serviceAccounts.signBlob", "method": "signBlob"},
    ),
    Case(
        "Java, nested causes",
        "java.io.IOException: Error requesting access token\n\tat com.google.auth.oauth2.ImpersonatedCredentials.refreshAccessToken"
        "(ImpersonatedCredentials.java:550)\nCaused by: com.google.api.client.http.HttpResponseException: 403 Forbidden\nPOST "
        f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{TARGET}:generateAccessToken\n{TOKEN_DENIED}",
        ["token-denied"],
        {"target": TARGET, "service": "iamcredentials.googleapis.com"},
        8,
        ("wrap-google-auth-impersonated",),
    ),
    Case(
        "Node",
        f"Error: PERMISSION_DENIED: unable to impersonate: {DENIED}\n    at Impersonated.refreshToken (/app/node_modules/google-auth-"
        "library/build/src/auth/impersonated.js:155:27)",
        ["token-denied"],
        wrappers=("wrap-google-auth-impersonated",),
    ),
    Case(
        "C#, gRPC",
        f'Grpc.Core.RpcException: Status(StatusCode="PermissionDenied", Detail="{DENIED}")',
        ["token-denied"],
    ),
    Case(
        "C#, OAuth",
        'Google.Apis.Auth.OAuth2.Responses.TokenResponseException: Error:"invalid_target", Description:"", Uri:""',
        ["sts-invalid-target"],
    ),
    Case(
        "an HTML page with entities",
        "<!DOCTYPE html><p>Permission &#39;iam.serviceAccounts.signJwt&#39; denied on resource (or it may not exist).</p>",
        ["signjwt-denied"],
    ),
    Case(
        "Go, a percent-encoded account in the address",
        'Post "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/reader%40orchard-prod.iam.gserviceaccount.com'
        ':generateIdToken": googleapi: Error 403: The caller does not have permission, forbidden',
        ["openid-denied"],
        {"target": TARGET, "method": "generateIdToken"},
    ),
    Case(
        "App Engine, with details as YAML",
        "ERROR: (gcloud.app.deploy) PERMISSION_DENIED: You do not have permission to act as 'orchard-prod@appspot.gserviceaccount.com'\n"
        "- '@type': type.googleapis.com/google.rpc.ResourceInfo\n  description: You do not have permission to act as this service account.",
        ["actas-denied-run"],
        {"target": "orchard-prod@appspot.gserviceaccount.com", "permission": "iam.serviceAccounts.actAs"},
    ),
    Case(
        "gcloud says who was signed in",
        f"ERROR: (gcloud.run.deploy) PERMISSION_DENIED: Permission 'iam.serviceaccounts.actAs' denied on service account {TARGET} (or it "
        f"may not exist). This command is authenticated as {CALLER} using the credentials in /home/runner/gha-creds-1.json, specified by "
        "the [auth/credential_file_override] property.",
        ["actas-denied-run"],
        {"target": TARGET, "principal": CALLER},
    ),
    Case(
        "gcloud, older, names the user in brackets",
        f"ERROR: (gcloud.run.deploy) User [kim@example.org] does not have permission to access namespace [orchard-prod] (or it may not "
        f"exist): Permission '\niam.serviceaccounts.actAs' denied on service account {NUMBER}-compute@developer.gserviceaccount.com.",
        ["actas-denied-run"],
        {"target": f"{NUMBER}-compute@developer.gserviceaccount.com", "principal": "kim@example.org"},
        2,
    ),
    Case(
        "gcloud, older, the user may not see the project",
        "ERROR: (gcloud.projects.get-iam-policy) User [kim@example.org] does not have permission to access projects instance "
        "[orchard-prod:getIamPolicy] (or it may not exist): The caller does not have permission",
        ["project-policy-get-denied"],
        {
            "principal": "kim@example.org",
            "project": "orchard-prod",
            "permission": "resourcemanager.projects.getIamPolicy",
        },
    ),
    Case(
        "a link that a mail program made",
        f"Permission ‘iam.serviceaccounts.actAs’ denied on service account [{TARGET}](mailto:{TARGET}) (or it may not exist).",
        ["actas-denied-run"],
        {"target": TARGET},
    ),
    Case(
        "a library that signs by way of itself",
        "aiohttp.client_exceptions.ClientResponseError: 403, message='Forbidden: "
        + payload(DENIED.replace("getAccessToken", "implicitDelegation")).replace("\n", "\\n").replace("'", "\\'")
        + f"', url=URL('https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{TARGET}:signBlob')",
        ["delegation-denied"],
        {"target": TARGET, "method": "signBlob", "permission": "iam.serviceAccounts.implicitDelegation"},
    ),
    Case(
        "a provider's debug log",
        "  diagnostic_summary=\n  | Error creating Key: googleapi: Error 403: API Keys API has not been used in project "
        f'{NUMBER} before or it is disabled.\n  | Details:\n  | [\n  |   {{\n  |     "metadata": {{\n'
        f'  |       "consumer": "projects/{NUMBER}",\n  |       "service": "apikeys.googleapis.com"\n  |     }},\n',
        ["api-disabled-other"],
        {"project": NUMBER, "service": "apikeys.googleapis.com"},
        2,
    ),
    Case(
        "logrus",
        f'time="2026-08-08T14:23:41-07:00" level=error msg="Error: Error creating service account: googleapi: Error 403: {API_OFF}, '
        'accessNotConfigured"',
        ["api-disabled-iamcredentials"],
        {"project": NUMBER},
    ),
    Case(
        "a warning of the login",
        'WARNING: \nCannot add the project "orchard-billing" to ADC as the quota project because the account in ADC does not have the '
        '"serviceusage.services.use" permission on this project.',
        ["quota-project-denied"],
        {"permission": "serviceusage.services.use"},
        2,
    ),
    Case(
        "a transcript of curl",
        f'$ curl -X POST "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{TARGET}:generateAccessToken"\n'
        + payload("The caller does not have permission"),
        ["caller-no-permission"],
        {"target": TARGET, "method": "generateAccessToken", "service": "iamcredentials.googleapis.com"},
        5,
    ),
    # -- copied and typed texts
    Case(
        "broken by a terminal of 80 columns",
        broken(
            f"ERROR: (gcloud.run.deploy) PERMISSION_DENIED: Permission 'iam.serviceaccounts.actAs' denied on service account {TARGET} (or it may not exist)."
        ),
        ["actas-denied-run"],
        {"target": TARGET},
    ),
    Case(
        "broken within the account",
        broken(
            f"Error: could not deploy: googleapi: Error 403: Current user cannot act as service account {TARGET}.", 90
        ),
        ["actas-denied-dataflow"],
        {"target": TARGET},
    ),
    Case(
        "typed in lower case",
        "permission iam.serviceaccounts.getaccesstoken denied on resource",
        ["token-denied"],
        {"permission": "iam.serviceAccounts.getAccessToken", "method": "generateAccessToken"},
    ),
    Case("typed in capitals", "THE CALLER DOES NOT HAVE PERMISSION", ["caller-no-permission"]),
    Case(
        "quotes of a word processor, quoted in a mail",
        "> Permission ‘iam.serviceAccounts.getOpenIdToken’ denied on\n> resource (or it may not exist).",
        ["openid-denied"],
    ),
    Case(
        "masked values",
        "Error: google-github-actions/auth failed with: failed to generate Google Cloud OAuth 2.0 Access Token for ***: "
        + payload(DENIED),
        ["token-denied"],
        {"target": "", "method": "generateAccessToken"},
        4,
        ("wrap-google-auth-impersonated",),
    ),
    Case(
        "a colour of which the escape got lost",
        f"^[[31mError:^[[0m googleapi: Error 403: ^[[1m{DENIED}^[[0m",
        ["token-denied"],
    ),
    # -- hidden by a wrapper
    Case(
        "an ID token, and the API is off",
        f"Error: failed to generate Google Cloud ID token for {TARGET}: {API_OFF}",
        ["api-disabled-iamcredentials"],
        {"project": NUMBER},
    ),
    Case(
        "a federated pool as the principal",
        f"googleapi: Error 403: principal://iam.googleapis.com/projects/{NUMBER}/locations/global/workloadIdentityPools/github/subject/"
        "repo:orchard/app:ref:refs/heads/main does not have storage.objects.get access to the Google Cloud Storage object., forbidden",
        ["target-rights-missing"],
        {
            "principal": f"principal://iam.googleapis.com/projects/{NUMBER}/locations/global/workloadIdentityPools/github/subject/"
            "repo:orchard/app:ref:refs/heads/main",
            "permission": "storage.objects.get",
        },
    ),
    Case(
        "BigQuery",
        "Access Denied: Project orchard-prod: User does not have bigquery.jobs.create permission in project orchard-prod.",
        ["target-rights-missing"],
        {"permission": "bigquery.jobs.create"},
    ),
    Case(
        "Compute Engine",
        "Required 'compute.instances.get' permission for 'projects/orchard-prod/zones/europe-west1-b/instances/vm'",
        ["target-rights-missing"],
        {"permission": "compute.instances.get"},
    ),
    Case(
        "a bucket in brackets",
        "ERROR: Permission 'storage.buckets.get' denied on bucket [orchard-sources].",
        ["target-rights-missing"],
        {"permission": "storage.buckets.get", "resource": "orchard-sources"},
    ),
    Case(
        "the state's backend impersonates and may not",
        f"Error: Failed to get existing workspaces: querying Cloud Storage failed: impersonate: status code 403: {payload(DENIED)}",
        ["token-denied", "gcs-backend-identity"],
        {"permission": "iam.serviceAccounts.getAccessToken"},
        4,
        ("wrap-google-auth-impersonated",),
    ),
    # -- several errors
    Case(
        "the sign-in of the job failed, and everything after it",
        stamped(
            "##[error]google-github-actions/auth failed with: retry function failed after 4 attempts: gitHub Actions did not inject "
            "$ACTIONS_ID_TOKEN_REQUEST_TOKEN or $ACTIONS_ID_TOKEN_REQUEST_URL into this job.\n##[group]Run terraform init\n"
            "Error: Failed to get existing workspaces: querying Cloud Storage failed: google: could not find default credentials. See "
            "https://cloud.google.com/docs/authentication/external/set-up-adc for more information\n"
            "##[error]Process completed with exit code 1."
        ),
        ["gha-no-id-token", "adc-not-found", "gcs-backend-identity"],
    ),
    Case(
        "a grant was refused, so the call is denied",
        boxed(
            "Error: Error applying IAM policy for service account: googleapi: Error 400: The member orchard/app is of an unknown type. "
            "Please set a valid type prefix for the member., badRequest"
        )
        + "\n"
        + boxed(f"Error: googleapi: Error 403: {DENIED}"),
        ["member-unknown-type", "token-denied"],
        {"member": "orchard/app"},
        2,
    ),
    Case(
        "two accounts in one run",
        "\n".join(
            boxed(
                f"Error: Error creating Job: googleapi: Error 403: Permission 'iam.serviceaccounts.actAs' denied on service account {name}@orchard-prod.iam.gserviceaccount.com (or it may not exist)."
            )
            for name in ("one", "two")
        ),
        ["actas-denied-run", "actas-denied-run"],
        {"target": "one@orchard-prod.iam.gserviceaccount.com"},
        2,
    ),
    Case(
        "one error that is tried again",
        "\n".join(f"10:11:{i:02} WARN retry {i}: {DENIED}" for i in range(5)),
        ["token-denied"],
    ),
    Case(
        "one that is known, one that is not",
        f"Error: googleapi: Error 403: {DENIED}\nError: googleapi: Error 403: Billing is not what it was for bucket orchard-x.",
        ["token-denied", None],
    ),
    Case(
        "two rights in one log without marks",
        f"10:11:12 refresh: {DENIED}\n10:11:13 list: {TARGET} does not have storage.objects.list access to the Google Cloud Storage bucket.",
        ["token-denied", "target-rights-missing"],
    ),
    # -- near misses
    Case("no error at all", "Apply complete! Resources: 3 added, 0 changed, 0 destroyed.", [None]),
    Case(
        "a right to grant is no denial",
        "Grant the permission iam.serviceAccounts.getAccessToken to the caller.",
        [None],
    ),
    Case("a description that is not in the list", '{"error":"invalid_grant","error_description":"It rains."}', [None]),
    Case(
        "a successful call in an audit log",
        '{"authorizationInfo": [{"granted": true, "permission": "iam.serviceAccounts.getAccessToken"}]}',
        [None],
    ),
    Case(
        "a reason in lower case",
        '{"errors": [{"domain": "global", "reason": "forbidden"}], "code": 403}',
        [None],
        {"reason": ""},
    ),
]
