"""Issuers shared by many tenants: the form of their tokens' claims, and which claims identify a tenant.

Sources: https://cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines and the issuers' own
pages on the claims of their tokens, https://docs.github.com/en/actions/reference/security/oidc,
https://docs.gitlab.com/ci/secrets/id_token_authentication/ and
https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from functools import lru_cache

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.facts import Provider, Text
from iamlint.logic.globs import text_is
from iamlint.unknown import Truth, Unknown, shown


@frozen
class Part:
    """A part of a claim that differs between tokens: its name, and the patterns of it and of its prefixes.

    ``letter`` is the pattern of each of its letters, ``last`` that of its last one.
    """

    name: str
    whole: re.Pattern[str]
    begun: re.Pattern[str]
    letter: re.Pattern[str]
    last: re.Pattern[str]


def part(name: str, letters: str, whole: str = "", *, never: str = "", last: str = "") -> Part:
    """Return a part made of these letters.

    ``whole`` restricts a complete part, ``never`` excludes beginnings, ``last`` restricts the last letter.
    """
    barred = f"(?!{never})" if never else ""
    found = regex(barred + (whole or f"{letters}+")), regex(f"{barred}{letters}*")
    return Part(name, *found, regex(letters), regex(last or letters))


Form = tuple[str | Part, ...]


@frozen
class Claims:
    """The forms that one claim has, and a value of it."""

    forms: tuple[Form, ...]
    like: str


@frozen
class Reading:
    """Return the parts of a claim in a value: the complete ones, and the last, which may be cut."""

    parts: Mapping[str, str]
    begun: tuple[str, str] | None = None


def read(claims: Claims, value: str, *, whole: bool) -> Reading | None:
    """Return the parts of a value, or of a prefix, in the first form that fits; None if no form fits."""
    return next((found for form in claims.forms if (found := _read(form, value, whole))), None)


def _read(form: Form, value: str, whole: bool) -> Reading | None:
    parts: dict[str, str] = {}
    rest = value
    for piece in form:
        if isinstance(piece, str):
            if not whole and len(rest) < len(piece):
                return Reading(parts) if piece.startswith(rest) else None
            if not rest.startswith(piece):
                return None
            rest = rest[len(piece) :]
        elif not whole and piece.begun.fullmatch(rest):
            return Reading(parts, (piece.name, rest))
        else:
            match = piece.whole.match(rest)
            if match is None:
                return None
            parts[piece.name], rest = match[0], rest[match.end() :]
    return None if rest else Reading(parts)


def has_empty_part(claims: Claims, value: str) -> bool:
    """Whether a value would have a form if its empty parts were not: ``repo:/:ref:refs/heads/main``.

    No part of an empty text shows that there should be more.
    """
    return value != "" and any(_fits(form, value) for form in claims.forms)


def _fits(form: Form, value: str) -> bool:
    """Whether a value has a form whose parts may be empty."""
    if not form:
        return not value
    piece, rest = form[0], form[1:]
    if isinstance(piece, str):
        return value.startswith(piece) and _fits(rest, value[len(piece) :])
    match = piece.whole.match(value)
    return (match is not None and _fits(rest, value[match.end() :])) or _fits(rest, value)


BELOW_OWNER = regex(r"[^/]/[^/*.$]")
"""More than the owner of a repository: ``example/shop``, but not ``example/``."""


def _nothing(_: Mapping[str, str]) -> Mapping[str, str]:
    return {}


@frozen
class Issuer:
    """An issuer that many tenants share.

    ``tenant`` are the claims with a given value in only one tenant's tokens. A prefix of such a claim identifies a
    tenant if it matches ``begins``; without a pattern it identifies nobody: ``repository_owner`` may continue.
    ``claims`` are the forms of its claims, all texts; parts with the same name are equal in all claims of
    one token. ``implied`` are the parts that follow from those. ``workload`` are the tenant claims that only one
    repository, project or workspace has; ``within`` is in a prefix that identifies it. ``named`` are the parts that are
    names, which continue if nothing ends them, each with the part that contains the number of the same thing.
    ``inside`` are the parts that consist of another part, a slash, and one name. ``misnomers`` are names of no claim,
    each with the claim that is meant.
    """

    tenant: tuple[str, ...] = ()
    begins: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    claims: Mapping[str, Claims] = field(default_factory=dict)
    workload: tuple[str, ...] = ()
    within: re.Pattern[str] = BELOW_OWNER
    named: Mapping[str, str] = field(default_factory=dict)
    implied: Callable[[Mapping[str, str]], Mapping[str, str]] = _nothing
    inside: Mapping[str, str] = field(default_factory=dict)
    misnomers: Mapping[str, str] = field(default_factory=dict)


_SINGLE = r"[A-Za-z0-9._-]"  # also the underscore: the owners that an enterprise manages have one


def _number(name: str) -> Claims:
    return Claims(((part(name, "[0-9]"),),), "12345678")


def _one_of(name: str, *values: str) -> Claims:
    return Claims(((part(name, "[a-z-]", "|".join(values)),),), values[0])


def _text(name: str, like: str, letters: str = r"[^*\s]") -> Claims:
    return Claims(((part(name, letters),),), like)


_PATH = regex(r"[^/*\s]+/")
_SEGMENT = r"(?:^|:)(?:repository_owner|repository_owner_id|repository_id|enterprise|enterprise_id):[^:*]+"
_OWNER, _REPOSITORY = part("owner", _SINGLE), part("repository", _SINGLE)
_REFS: tuple[Form, ...] = tuple((f"refs/{kind}/", part("ref", r"[^*\s]")) for kind in ("heads", "tags", "pull"))
"""Source: ``github.ref`` in https://docs.github.com/en/actions/reference/workflows-and-actions/contexts"""
# The subjects of new repositories contain the numbers of owner and repository.
_REPOSITORIES: tuple[Form, ...] = (
    (
        "repo:",
        part("owner", r"[^/:@*\s]"),
        "@",
        part("owner_id", "[0-9]"),
        "/",
        part("repository", r"[^/:@*\s]"),
        "@",
        part("repository_id", "[0-9]"),
    ),
    ("repo:", part("owner", r"[^/:@*\s]"), "/", part("repository", r"[^/:@*\s]")),
)
_CONTEXTS: tuple[Form, ...] = (
    *((":ref:", *ref) for ref in _REFS),
    (":environment:", part("environment", r"[^*:]")),
    (":", part("context", "[^*]", "(?:pull_request(?::[^*]*)?|[a-z_]+:[^*]+)", never="(?:ref|environment):")),
    (),
)
_SUBJECTS: tuple[Form, ...] = tuple((*one, *context) for one in _REPOSITORIES for context in _CONTEXTS)
# The administrators of a repository may change which claims form its subjects.
_OWN_SUBJECT: Form = (
    part("subject", "[^*]", r"[^:*\s]+:[^*]+", never="(?:repo|project_path|organization|system):|[^:]*/"),
)
_GITHUB = Issuer(
    tenant=(
        "repository_owner",
        "repository_owner_id",
        "repository",
        "repository_id",
        "enterprise",
        "enterprise_id",
        "job_workflow_ref",
        "workflow_ref",
        "sub",
    ),
    # A colon within a value is written %3A, so no branch or environment can imitate a repository.
    begins={
        "repository": _PATH,
        "job_workflow_ref": _PATH,
        "workflow_ref": _PATH,
        "sub": regex(rf"(?:^|:)(?:repo|repository|job_workflow_ref):[^:/*]+/|{_SEGMENT}:"),
    },
    claims={
        "sub": Claims((*_SUBJECTS, _OWN_SUBJECT), "repo:example/shop:ref:refs/heads/main"),
        "repository": Claims(((_OWNER, "/", _REPOSITORY),), "example/shop"),
        "repository_owner": Claims(((_OWNER,),), "example"),
        "ref": Claims(_REFS, "refs/heads/main"),
        **{
            name: Claims(
                (
                    (
                        part(f"{name}.owner", r"[^/*\s]"),
                        "/",
                        part(f"{name}.repository", r"[^/*\s]"),
                        "/",
                        part(name, "[^*]", "[^*@]+@[^*]+"),
                    ),
                ),
                "example/shop/.github/workflows/ci.yml@refs/heads/main",
            )
            for name in ("job_workflow_ref", "workflow_ref")
        },
        "environment": _text("environment", "production", r"[^\n]"),
        "ref_type": _one_of("ref_type", "branch", "tag"),
        "ref_protected": _one_of("ref_protected", "true", "false"),
        "repository_visibility": _one_of("visibility", "private", "public", "internal"),
        "runner_environment": _one_of("runner_environment", "github-hosted", "self-hosted"),
        "repository_id": _number("repository_id"),
        "repository_owner_id": _number("owner_id"),
        "actor_id": _number("actor_id"),
        "run_id": _number("run_id"),
        "enterprise": _text("enterprise", "example"),
        "enterprise_id": _number("enterprise_id"),
    },
    # Other repositories may call the workflow that job_workflow_ref names, if it is reusable:
    # https://docs.github.com/en/actions/how-tos/reuse-automations/reuse-workflows
    workload=("repository", "repository_id", "workflow_ref", "sub"),
    named={
        "repository": "repository_id",
        "environment": "",
        "job_workflow_ref.repository": "",
        "workflow_ref.repository": "",
    },
    misnomers={
        **dict.fromkeys(("repo", "repository_name", "project", "project_path"), "repository"),
        **dict.fromkeys(("owner", "org", "organization", "repo_owner", "namespace_path"), "repository_owner"),
        **dict.fromkeys(("owner_id", "organization_id"), "repository_owner_id"),
        **dict.fromkeys(("branch", "tag"), "ref"),
        **dict.fromkeys(("user", "username"), "actor"),
    },
)


def _namespace(parts: Mapping[str, str]) -> Mapping[str, str]:
    return {"namespace": parts["path"].rpartition("/")[0]} if "path" in parts else {}


_PROJECT = part("path", r"[^:*\s]", r"[^/:*\s]+(?:/[^/:*\s]+)+", last=r"[^/:*\s]")
_NAMESPACE = part("namespace", r"[^:*\s]", r"[^/:*\s]+(?:/[^/:*\s]+)*", last=r"[^/:*\s]")
_BRANCH = part("ref", "[^*]", never="refs/(?:heads|remotes)/")
"""A branch or tag. GitLab refuses names with these beginnings.

Source: https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/git_ref_validator.rb
"""
_GITLAB = Issuer(
    tenant=(
        "namespace_id",
        "namespace_path",
        "project_id",
        "project_path",
        "job_namespace_id",
        "job_namespace_path",
        "job_project_id",
        "job_project_path",
        "ci_config_ref_uri",
        "sub",
    ),
    begins={
        **dict.fromkeys(("namespace_path", "project_path", "job_namespace_path", "job_project_path"), _PATH),
        "ci_config_ref_uri": regex(r"gitlab\.com/[^/*\s]+/"),
        "sub": regex(r"^project_path:[^:/*]+/"),
    },
    claims={
        "sub": Claims(
            (
                (
                    "project_path:",
                    _PROJECT,
                    ":ref_type:",
                    part("ref_type", "[a-z]", "branch|tag"),
                    ":ref:",
                    _BRANCH,
                ),
                (part("subject", "[^*]", r"[^:*\s]+:[^*]+", never="(?:project_path|repo|organization|system):"),),
            ),
            "project_path:example/shop:ref_type:branch:ref:main",
        ),
        "project_path": Claims(((_PROJECT,),), "example/shop"),
        "namespace_path": Claims(((_NAMESPACE,),), "example"),
        "ref": Claims(((_BRANCH,),), "main"),
        "ref_type": _one_of("ref_type", "branch", "tag"),
        "ref_protected": _one_of("ref_protected", "true", "false"),
        **{name: _number(name) for name in ("namespace_id", "project_id", "user_id")},
    },
    workload=("project_id", "project_path", "ci_config_ref_uri", "sub"),
    named={"path": "project_id", "namespace": "namespace_id"},
    implied=_namespace,
    inside={"path": "namespace"},
    misnomers={
        **dict.fromkeys(("repository", "repo", "project", "project_name"), "project_path"),
        **dict.fromkeys(("repository_owner", "owner", "group", "namespace"), "namespace_path"),
        **dict.fromkeys(("branch", "tag"), "ref"),
    },
)
_NAME = r"[A-Za-z0-9_-]"
_WORKSPACE: Form = (
    "organization:",
    part("organization", _NAME),
    ":project:",
    part("project", "[^:*]"),  # a project's name may have spaces
    ":workspace:",
    part("workspace", _NAME),
)
_PHASE = part("run_phase", "[a-z]", "plan|apply")
_STACK: Form = (*_WORKSPACE[:4], ":stack:", part("stack", "[^*]"))
_TERRAFORM = Issuer(
    tenant=(
        "terraform_organization_id",
        "terraform_organization_name",
        "terraform_workspace_id",
        "terraform_project_id",
        "terraform_full_workspace",
        "sub",
    ),
    begins=dict.fromkeys(("terraform_full_workspace", "sub"), regex(r"^organization:[^:*]+:")),
    claims={
        "sub": Claims(
            ((*_WORKSPACE, ":run_phase:", _PHASE), _STACK),
            "organization:example:project:shop:workspace:prod:run_phase:apply",
        ),
        "terraform_full_workspace": Claims((_WORKSPACE,), "organization:example:project:shop:workspace:prod"),
        "terraform_organization_name": _text("organization", "example", _NAME),
        "terraform_project_name": _text("project", "shop", "[^:*]"),
        "terraform_workspace_name": _text("workspace", "prod", _NAME),
        "terraform_run_phase": Claims(((_PHASE,),), "apply"),
        **{
            f"terraform_{name}_id": Claims(
                ((f"{short}-", part(f"{name}_id", "[A-Za-z0-9]")),), f"{short}-A1b2C3d4E5f6G7h8"
            )
            for name, short in (("organization", "org"), ("project", "prj"), ("workspace", "ws"))
        },
    },
    workload=("terraform_workspace_id", "terraform_full_workspace", "sub"),
    within=regex(r":workspace:[^:*]"),
    named={"project": "project_id", "workspace": "workspace_id"},
)

_UUID = "0184990a-477b-4fa8-9968-496074483cee"
_JOB: Form = (
    "organization:",
    part("organization", _NAME),
    ":pipeline:",
    part("pipeline", _NAME),
    ":ref:",
    part("ref", "[^*]"),
    ":commit:",
    part("commit", "[0-9A-Za-z]"),
    ":step:",
)
_BUILDKITE = Issuer(
    tenant=("organization_id", "organization_slug", "pipeline_id", "sub"),
    begins={"sub": regex("^organization:[^:*]+:")},
    claims={
        "sub": Claims(
            ((*_JOB, part("step", "[^*]")), _JOB, (part("id", "[0-9a-f-]"),)),  # the last by --subject-claim
            "organization:example:pipeline:shop:ref:refs/heads/main:commit:9f3182061f1e:step:build",
        ),
        "organization_slug": _text("organization", "example", _NAME),
        "pipeline_slug": _text("pipeline", "shop", _NAME),
        "organization_id": _text("organization_id", _UUID),
        "pipeline_id": _text("pipeline_id", _UUID),
    },
    workload=("pipeline_id", "sub"),
    within=regex(":pipeline:[^:*]"),
    named={"pipeline": "pipeline_id"},
)
"""Source: https://buildkite.com/docs/agent/v3/cli-oidc"""

SHARED: Mapping[str, Issuer] = {
    "https://token.actions.githubusercontent.com": _GITHUB,
    "https://gitlab.com": _GITLAB,
    "https://app.terraform.io": _TERRAFORM,
    "https://agent.buildkite.com": _BUILDKITE,
    "https://accounts.google.com": Issuer(tenant=("hd", "email", "sub")),
    "https://confidentialcomputing.googleapis.com": Issuer(
        tenant=(
            "google_service_accounts",
            "submods.container.image_digest",
            "submods.container.image_reference",
            "submods.gce.project_id",
            "submods.gce.project_number",
        ),
        workload=("google_service_accounts", "submods.container.image_digest"),
    ),
}
"""The issuers, by their URLs."""

_COMMON = frozenset({"sub", "project_id", "organization_id", "pipeline_id", "enterprise", "enterprise_id"})
_ONLY: Mapping[str, str] = {
    name: address
    for address, issuer in SHARED.items()
    if issuer.workload and "sub" in issuer.workload
    for name in issuer.tenant
    if name not in _COMMON
}


def only_issuer(name: str, issuer: Issuer) -> str | None:
    """Return the address of the CI service whose tokens alone have a claim, if an issuer is another one."""
    address = _ONLY.get(name)
    other = address is not None and issuer in SHARED.values() and "sub" in issuer.workload
    return address if other and name not in (*issuer.tenant, *issuer.claims) else None


def meant_claim(name: str, issuer: Issuer) -> str | None:
    """Return the claim that is meant by a name that no claim of an issuer has; None if it may be one.

    Tokens get new claims, so only a misspelt name is certainly none.
    """
    return issuer.misnomers.get(name) or (_misspelt(name, (*issuer.tenant, *issuer.claims)) if issuer.claims else None)


@lru_cache(maxsize=1024)
def _misspelt(name: str, claims: tuple[str, ...]) -> str | None:
    """Return the claim whose name is misspelt; cached, since a condition may compare a claim in many ways."""
    if name in claims or not _SHORTEST <= len(name) <= _LONGEST:
        return None
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, claims, n=1, cutoff=_NEAR)), None)


_SHORTEST, _LONGEST, _NEAR = 8, 60, 0.92
"""A shorter name, or one with more than a letter or two of difference, may be another claim."""
_WORKLOADS = ("repository", "repository_id", "project_id", "project_path", "sub", "arn")
OWN = Issuer(tenant=_WORKLOADS, workload=_WORKLOADS)
"""A private issuer, with the claims that identify a repository, project or role there."""


def shared_issuer(provider: Provider) -> Issuer | None:
    """Return the shared issuer that a provider trusts.

    An address with an organization in it is that organization's own.
    """
    issuer = provider.issuer
    if issuer is None:
        return None
    return next((known for url, known in SHARED.items() if text_is((url, f"{url}/"), issuer) is Truth.TRUE), None)


def possible_issuers(provider: Provider) -> Iterator[Provider]:
    """Yield a provider of an unknown issuer once for each shared issuer with known claims that it may trust.

    Only workload pools have such issuers; that of a workforce pool is an organization's own.
    """
    issuer, protocol = provider.issuer, provider.protocol
    may_be_oidc = protocol == "oidc" or isinstance(protocol, Unknown)
    if not isinstance(issuer, Unknown) or not may_be_oidc or "workforcePools/" in shown(provider.pool):
        return
    for url, known in SHARED.items():
        if known.claims and text_is((url, f"{url}/"), issuer) is Truth.UNKNOWN:
            yield replace(provider, issuer=url, protocol="oidc")


def is_one_of_shared(issuer: Text | None) -> bool:
    """Whether an issuer is certainly one of several shared ones."""
    options = issuer.options if isinstance(issuer, Unknown) else ()
    return bool(options) and all(isinstance(one, str) and one.rstrip("/") in SHARED for one in options)
