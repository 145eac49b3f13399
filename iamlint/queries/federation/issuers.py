"""The issuers that many tenants share: what the claims of their tokens look like, and which of them name a tenant.

Sources: https://cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines and the issuers' own
pages on the claims of their tokens, https://docs.github.com/en/actions/reference/security/oidc,
https://docs.gitlab.com/ci/secrets/id_token_authentication/ and
https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from iamlint.facts import Provider
from iamlint.logic.globs import text_is
from iamlint.unknown import Truth


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a claim that differs from token to token: its name, and what it and its beginnings are like."""

    name: str
    whole: re.Pattern[str]
    begun: re.Pattern[str]


def part(name: str, letters: str, whole: str = "", *, never: str = "") -> Part:
    """A part of these letters; ``whole`` narrows down what a complete one is like, ``never`` what it begins with."""
    barred = f"(?!{never})" if never else ""
    return Part(name, re.compile(barred + (whole or f"{letters}+")), re.compile(f"{barred}{letters}*"))


Form = tuple[str | Part, ...]


@dataclass(frozen=True, slots=True)
class Claims:
    """The forms that one claim has, and a value of it."""

    forms: tuple[Form, ...]
    like: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a value says of the parts of a claim: those that it has in full, and the one within which it ends."""

    parts: Mapping[str, str]
    begun: tuple[str, str] | None = None


def read(claims: Claims, value: str, *, whole: bool) -> Reading | None:
    """A value, or the beginning of one, in the first form that it has; None where no value is like that."""
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


BELOW_OWNER = re.compile(r"[^/]/[^/*.$]")
"""More than the owner of a repository: ``example/shop``, and not ``example/``."""


def _nothing(_: Mapping[str, str]) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer that many tenants share.

    ``tenant`` are the claims that only one tenant's tokens have with a given value. A beginning of such a claim names a
    tenant where ``begins`` matches it, and nobody where there is no pattern: ``repository_owner`` may go on.
    ``claims`` are the forms of its claims, all of which are texts; parts of the same name are the same in all claims of
    one token. ``implied`` are the parts that follow from those.
    ``workload`` are the claims of the tenant that only one repository, project or workspace has, and ``within`` is in a
    beginning that says which one. ``named`` are the parts that are names, which go on where nothing ends them, each
    with the part that holds the number of the same thing.
    """

    tenant: tuple[str, ...] = ()
    begins: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    claims: Mapping[str, Claims] = field(default_factory=dict)
    workload: tuple[str, ...] = ()
    within: re.Pattern[str] = BELOW_OWNER
    named: Mapping[str, str] = field(default_factory=dict)
    implied: Callable[[Mapping[str, str]], Mapping[str, str]] = _nothing


_SINGLE = r"[^/:*\s]"


def _number(name: str) -> Claims:
    return Claims(((part(name, "[0-9]"),),), "12345678")


def _one_of(name: str, *values: str) -> Claims:
    return Claims(((part(name, "[a-z-]", "|".join(values)),),), values[0])


def _text(name: str, like: str, letters: str = r"[^*\s]") -> Claims:
    return Claims(((part(name, letters),),), like)


_PATH = re.compile(r"[^/*\s]+/")
_SEGMENT = r"(?:^|:)(?:repository_owner|repository_owner_id|repository_id|enterprise|enterprise_id):[^:*]+"
_OWNER, _REPOSITORY = part("owner", _SINGLE), part("repository", _SINGLE)
_REF: Form = ("refs/", part("ref", r"[^*\s]"))
# The numbers of owner and repository stand in the subjects of new repositories.
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
    (":ref:", *_REF),
    (":environment:", part("environment", r"[^*:]")),
    (":", part("context", "[^*]", never="(?:ref|environment):")),
    (),
)
_SUBJECTS: tuple[Form, ...] = tuple((*one, *context) for one in _REPOSITORIES for context in _CONTEXTS)
# Whoever administers a repository may have its subjects made of other claims.
_OWN_SUBJECT: Form = (part("subject", "[^*]", r"[^:*\s]+:[^*]+", never="repo:"),)
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
    # A colon within a value is written %3A, so that no branch or environment can pretend to be a repository.
    begins={
        "repository": _PATH,
        "job_workflow_ref": _PATH,
        "workflow_ref": _PATH,
        "sub": re.compile(rf"(?:^|:)(?:repo|repository|job_workflow_ref):[^:/*]+/|{_SEGMENT}:"),
    },
    claims={
        "sub": Claims((*_SUBJECTS, _OWN_SUBJECT), "repo:example/shop:ref:refs/heads/main"),
        "repository": Claims(((_OWNER, "/", _REPOSITORY),), "example/shop"),
        "repository_owner": Claims(((_OWNER,),), "example"),
        "ref": Claims((_REF,), "refs/heads/main"),
        **{
            name: Claims(
                ((part(f"{name}.owner", r"[^/*\s]"), "/", part(name, "[^*]", r"[^/*\s]+/[^*@]+@[^*]+")),),
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
    workload=("repository", "repository_id", "job_workflow_ref", "workflow_ref", "sub"),
    named={"repository": "repository_id", "environment": ""},
)


def _namespace(parts: Mapping[str, str]) -> Mapping[str, str]:
    return {"namespace": parts["path"].rpartition("/")[0]} if "path" in parts else {}


_PROJECT = part("path", r"[^:*\s]", r"[^/:*\s]+(?:/[^/:*\s]+)+")
_NAMESPACE = part("namespace", r"[^:*\s]", r"[^/:*\s]+(?:/[^/:*\s]+)*")
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
        "ci_config_ref_uri": re.compile(r"gitlab\.com/[^/*\s]+/"),
        "sub": re.compile(r"^project_path:[^:/*]+/"),
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
                    part("ref", "[^*]"),
                ),
                (part("subject", "[^*]", r"[^:*\s]+:[^*]+", never="project_path:"),),
            ),
            "project_path:example/shop:ref_type:branch:ref:main",
        ),
        "project_path": Claims(((_PROJECT,),), "example/shop"),
        "namespace_path": Claims(((_NAMESPACE,),), "example"),
        "ref": _text("ref", "main", "[^*]"),
        "ref_type": _one_of("ref_type", "branch", "tag"),
        "ref_protected": _one_of("ref_protected", "true", "false"),
        **{name: _number(name) for name in ("namespace_id", "project_id", "user_id")},
    },
    workload=("project_id", "project_path", "ci_config_ref_uri", "sub"),
    named={"path": "project_id", "namespace": "namespace_id"},
    implied=_namespace,
)
_NAME = r"[^:*\s]"
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
    begins=dict.fromkeys(("terraform_full_workspace", "sub"), re.compile(r"^organization:[^:*]+:")),
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
            f"terraform_{name}_id": _text(f"{name}_id", f"{short}-A1b2C3d4E5f6G7h8")
            for name, short in (("organization", "org"), ("project", "prj"), ("workspace", "ws"))
        },
    },
    workload=("terraform_workspace_id", "terraform_full_workspace", "sub"),
    within=re.compile(r":workspace:[^:*]"),
    named={"project": "project_id", "workspace": "workspace_id"},
)

SHARED: Mapping[str, Issuer] = {
    "https://token.actions.githubusercontent.com": _GITHUB,
    "https://gitlab.com": _GITLAB,
    "https://app.terraform.io": _TERRAFORM,
    "https://agent.buildkite.com": Issuer(
        tenant=("organization_id", "organization_slug", "pipeline_id", "sub"),
        begins={"sub": re.compile("^organization:[^:*]+:")},
        claims={
            "organization_slug": _text("organization", "example", _NAME),
            "pipeline_slug": _text("pipeline", "shop", _NAME),
        },
    ),
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

_WORKLOADS = ("repository", "repository_id", "project_id", "project_path", "sub", "arn")
OWN = Issuer(tenant=_WORKLOADS, workload=_WORKLOADS)
"""An issuer of one's own, with the claims that name a repository, project or role there."""


def shared_issuer(provider: Provider) -> Issuer | None:
    """The shared issuer that a provider trusts. One with an organization in its address is that organization's own."""
    issuer = provider.issuer
    if issuer is None:
        return None
    return next((known for url, known in SHARED.items() if text_is((url, f"{url}/"), issuer) is Truth.TRUE), None)
