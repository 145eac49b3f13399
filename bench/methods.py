"""Prints which methods of public lists the method documents cover, by name.

    python bench/methods.py [GCPWN_RULES_JSON] [HACKTRICKS_CHECKOUT]

gcpwn's rules are its ``gcpwn/mappings/og_defined_edges.json``; of HackTricks the pages below
``gcp-privilege-escalation`` are read. Both name permissions, which identify a method; an entry without a method gives
data, or nothing by itself. Shorter lists are included here by name. pathfinding.cloud lists methods of AWS only;
FSProtect publishes no list.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from iamlint.methods.documents import details_of
from iamlint.methods.index import method, methods
from iamlint.methods.model import ACT_AS, Method
from iamlint.roles import catalog, spellings

RHINO: Mapping[str, str] = {
    "cloudbuild.builds.create": "cloudbuild-build-create-legacy-account",
    "cloudfunctions.functions.create": "functions-create",
    "cloudfunctions.functions.update": "functions-update",
    "compute.instances.create": "compute-instance-create",
    "cloudscheduler.jobs.create": "scheduler-job-create-oauth",
    "deploymentmanager.deployments.create": "deployment-manager-create",
    "iam.roles.update": "custom-role-update-project",
    "iam.serviceAccountKeys.create": "sa-create-key",
    "iam.serviceAccounts.getAccessToken": "sa-mint-access-token",
    "iam.serviceAccounts.implicitDelegation": "sa-delegation-chain-access-token",
    "iam.serviceAccounts.signBlob (access token)": "sa-sign-blob-for-access-token",
    "iam.serviceAccounts.signBlob (signed URL)": "sa-sign-blob-for-storage-url",
    "iam.serviceAccounts.signJwt": "sa-sign-jwt-for-access-token",
    "orgpolicy.policy.set": "orgpolicy-set",
    "run.services.create": "run-service-create",
    "storage.hmacKeys.create": "storage-hmac-key-for-account",
    "setIamPolicy on a project": "project-set-iam-policy",
    "setIamPolicy on a folder": "folder-set-iam-policy",
    "setIamPolicy on the organization": "organization-set-iam-policy",
    "setIamPolicy on an account": "sa-set-iam-policy",
    "serviceusage.apiKeys.create": "",
    "serviceusage.apiKeys.list": "",
}
"""RhinoSecurityLabs/GCP-IAM-Privilege-Escalation: its exploit scripts and the checks of its scanner."""
STRATUS: Mapping[str, str] = {
    "gcp.credential-access.secretmanager-retrieve-secrets": "secret-version-access",
    "gcp.defense-evasion.remove-project-from-organization": "project-move",
    "gcp.discovery.download-instance-metadata": "compute-metadata-read",
    "gcp.execution.iap-tunnel-session": "compute-os-login",
    "gcp.execution.modify-gce-startup-script": "compute-startup-script-and-reset",
    "gcp.execution.modify-vertex-notebook-startup": "workbench-instance-update",
    "gcp.execution.os-config-run-command": "osconfig-os-policy-assignment",
    "gcp.exfiltration.backdoor-gcs-bucket": "bucket-set-iam-policy",
    "gcp.exfiltration.share-compute-disk": "compute-disk-set-iam-policy",
    "gcp.exfiltration.share-compute-snapshot": "compute-disk-snapshot-read",
    "gcp.lateral-movement.add-sshkey-instance-metadata": "compute-ssh-key-instance-metadata",
    "gcp.lateral-movement.add-sshkey-project-metadata": "compute-project-metadata",
    "gcp.persistence.backdoor-cloud-function": "functions-update",
    "gcp.persistence.backdoor-service-account-policy": "sa-set-iam-policy",
    "gcp.persistence.create-admin-service-account": "project-set-iam-policy",
    "gcp.persistence.create-service-account-key": "sa-create-key",
    "gcp.persistence.create-workload-identity-federation": "wif-pool-and-grant-create",
    "gcp.persistence.overwrite-cloud-function": "functions-source-bucket-race",
    "gcp.privilege-escalation.impersonate-service-accounts": "sa-mint-access-token",
}
"""DataDog/stratus-red-team: its techniques on identities; those on logs, networks and ransom are left out."""
_EVENTS, _DATA = "access policies only grant to publish Eventarc messages", "it gives data, no identity"
REASONS: Mapping[str, str] = {
    "serviceusage.apiKeys.create": "a plain API key is no identity",
    "serviceusage.apiKeys.list": "a plain API key is no identity",
    "CREATE_APP_INTEGRATION_AS_SA": "names a permission that no role has; integration-deploy is the method",
    "CAN_CREATE_ACCESS_POLICY_BINDING_FOLDER": _EVENTS,
    "CAN_CREATE_ACCESS_POLICY_BINDING_ORG": _EVENTS,
    "CAN_UPDATE_ACCESS_POLICY_BINDING_PROJECT": _EVENTS,
    "CAN_UPDATE_ACCESS_POLICY_BINDING_FOLDER": _EVENTS,
    "CAN_UPDATE_ACCESS_POLICY_BINDING_ORG": _EVENTS,
    "BQ_STORAGE_READ_API_EXFIL": _DATA,
    "CONNECT_TO_CLOUD_SQL_DB": _DATA,
    "CREATE_CLOUDSQL_SSL_CERT": _DATA,
}
_HEADING = re.compile(r"^#+ (?P<title>.*`.*)$", re.MULTILINE)
_NAMED = re.compile(r"`([a-zA-Z]+\.[a-zA-Z.]+)`")


def covering(permissions: frozenset[str]) -> str:
    """Return the method that needs most of these permissions; "" if none needs any."""
    known = frozenset(each for one in permissions - {ACT_AS} for each in spellings(one))
    shared = [(len(known.intersection(need.permission for need in one.needs)), one.id) for one in methods()]
    most, found = max(shared, key=lambda one: one[0])
    return found if most else ""


def _is_source(name: str, one: Method) -> bool:
    """Whether a method's document names a rule as its source."""
    return any(source.endswith(f"#{name}") for source in details_of(one).sources)


def gcpwn(rules: Path) -> Iterator[tuple[str, str]]:
    """Each of gcpwn's rules, with the method that covers it."""
    for name, rule in _rules(json.loads(rules.read_text(encoding="utf-8"))):
        permissions = frozenset(one for part in rule.get("requires", [rule]) for one in part.get("permissions", ()))
        if permissions:
            yield name, next((one.id for one in methods() if _is_source(name, one)), "") or covering(permissions)


def _rules(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rules by name, however deep they are nested."""
    for name, entry in document.items():
        if isinstance(entry, dict) and not name.startswith(("_", "roles/")):
            if "permissions" in entry or "requires" in entry:
                yield name, entry
            else:
                yield from _rules(entry)


def hacktricks(checkout: Path) -> Iterator[tuple[str, str]]:
    """Each heading of HackTricks' pages that names permissions of Google's, with the method that covers it."""
    roles = catalog()
    for page in sorted(checkout.rglob("gcp-privilege-escalation/**/*.md")):
        for heading in _HEADING.finditer(page.read_text(encoding="utf-8")):
            permissions = frozenset(one for one in _NAMED.findall(heading["title"]) if roles.is_permission(one))
            if permissions:
                yield f"{page.stem}: {', '.join(sorted(permissions))}", covering(permissions)


def tell(title: str, pairs: list[tuple[str, str]]) -> None:
    missing = [name for name, found in pairs if not found]
    print(f"{title}: {len(pairs) - len(missing)} of {len(pairs)}")
    for name in missing:
        print(f"  {name}: {REASONS.get(name, 'no method: data only, or nothing by itself')}")


def main(arguments: list[str]) -> int:
    """Print the coverage of each list that was given, and of the short ones."""
    for names in (RHINO, STRATUS):
        for found in filter(None, names.values()):
            method(found)  # an id that no document has is an error here
    tell("Rhino Security Labs", list(RHINO.items()))
    tell("Stratus Red Team", list(STRATUS.items()))
    for argument in map(Path, arguments):
        tell("gcpwn", list(gcpwn(argument))) if argument.is_file() else tell("HackTricks", list(hacktricks(argument)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
