"""Issuers of one customer: Kubernetes clusters, organizations of CI services and AWS accounts, with their claims."""

from __future__ import annotations

import re
from dataclasses import replace

from iamlint.basics.lazy_regex import regex
from iamlint.facts import Provider
from iamlint.federation.issuers import OWN, Claims, Form, Issuer, part, shared_issuer

AWS_ACCOUNT = "account"
"""The part that an AWS provider states: the number of the account that it trusts."""
_KUBERNETES = replace(
    OWN,
    claims={
        "sub": Claims(
            (("system:serviceaccount:", part("namespace", "[a-z0-9-]"), ":", part("account", "[a-z0-9.-]")),),
            "system:serviceaccount:default:app",
        ),
    },
    named={"namespace": "", "account": ""},
)
"""Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#service-account-tokens"""
_AZURE_PIPELINES = replace(
    OWN,
    claims={
        "sub": Claims(
            (
                (
                    "sc://",
                    part("organization", "[^/*]"),
                    "/",
                    part("project", "[^/*]"),
                    "/",
                    part("connection", "[^/*]"),
                ),
                (part("subject", "[^*]", never="sc://|repo:|system:"),),
            ),
            "sc://example/shop/google-cloud",
        ),
    },
    named={"organization": "", "project": "", "connection": ""},
)
"""Source: https://github.com/microsoft/azure-pipelines-tasks/tree/master/docs/service-connections/azure-oidc"""
_ACCOUNT = part(AWS_ACCOUNT, "[0-9]")
_ARN: Form = ("arn:", part("partition", "[a-z-]"))
AWS = replace(
    OWN,
    claims={
        "arn": Claims(
            (
                (*_ARN, ":sts::", _ACCOUNT, ":assumed-role/", part("role", "[^/*]"), "/", part("session", "[^/*]")),
                (*_ARN, ":sts::", _ACCOUNT, ":", part("identity", "[^*]", never="assumed-role")),
                (*_ARN, ":iam::", _ACCOUNT, ":", part("identity", "[^*]", never="role/")),  # a role has a session
            ),
            "arn:aws:sts::123456789012:assumed-role/deploy/i-0123456789",
        ),
        "account": Claims(((_ACCOUNT,),), "123456789012"),
    },
    named={"role": ""},
)
"""Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""
_REPOSITORY = ("repositoryUuid", "sub")
_UUID = "0184990a-477b-4fa8-9968-496074483cee"
_IN_BRACES: Form = ("{", part("repository", "[0-9a-f-]"), "}")
_STEP: Form = (":{", part("step", "[0-9a-f-]"), "}")
_BITBUCKET = Issuer(
    tenant=_REPOSITORY,
    workload=_REPOSITORY,
    within=regex(r"^\{[^{}]+\}"),
    claims={
        "sub": Claims(
            ((*_IN_BRACES, ":{", part("environment", "[0-9a-f-]"), "}", *_STEP), (*_IN_BRACES, *_STEP)),
            f"{{{_UUID}}}:{{{_UUID}}}",
        ),
        "repositoryUuid": Claims((_IN_BRACES,), f"{{{_UUID}}}"),
    },
)
"""A subject begins with the UUID of the repository. Source:
https://support.atlassian.com/bitbucket-cloud/docs/integrate-pipelines-with-resource-servers-using-oidc/"""
_PROJECT = ("oidc.circleci.com/project-id", "sub")
_OF_USER: Form = (
    "org/",
    part("organization", "[0-9a-f-]"),
    "/project/",
    part("project", "[0-9a-f-]"),
    "/user/",
    part("user", "[^/*]"),
)
_CIRCLECI = Issuer(
    tenant=_PROJECT,
    workload=_PROJECT,
    within=regex(r"^org/[^/*]+/project/[^/*]"),
    claims={
        "sub": Claims(
            ((*_OF_USER, "/vcs-origin/", part("origin", "[^*]")), _OF_USER),
            f"org/{_UUID}/project/{_UUID}/user/{_UUID}",
        ),
        "oidc.circleci.com/project-id": Claims(((part("project", "[0-9a-f-]"),),), _UUID),
    },
)
"""Source: https://circleci.com/docs/openid-connect-tokens/"""
_PRIVATE: tuple[tuple[re.Pattern[str], Issuer], ...] = (
    (regex(r"https://oidc(?:-eks)?\.(?:eks\.)?[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|api\.aws)/id/"), _KUBERNETES),
    (regex(r"https://[a-z0-9-]+\.oic\.[a-z0-9-]*aks\.azure\.com/"), _KUBERNETES),
    (regex(r"https://container\.googleapis\.com/v1/projects/"), _KUBERNETES),
    (regex(r"https://vstoken\.dev\.azure\.com/"), _AZURE_PIPELINES),
    (regex(r"https://api\.bitbucket\.org/2\.0/workspaces/"), _BITBUCKET),
    (regex(r"https://oidc\.circleci\.com/org/"), _CIRCLECI),
)
"""Issuers of one customer, cluster or organization, by the beginnings of their addresses."""


def issuer_of(provider: Provider) -> Issuer:
    """Return the issuer that a provider trusts; one that is unknown or not in the lists counts as a private one."""
    if provider.protocol == "aws":
        return AWS
    address = provider.issuer if isinstance(provider.issuer, str) else ""
    return shared_issuer(provider) or next((known for begins, known in _PRIVATE if begins.match(address)), OWN)
