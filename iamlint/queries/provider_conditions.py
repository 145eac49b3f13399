"""Questions about the conditions of pools' providers: those that name nobody, and those that nobody can meet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from iamlint.conditions import Claim, Unparsable, claims_compared, is_obscure
from iamlint.estate import Estate
from iamlint.facts import Condition, Provider, Text
from iamlint.globs import text_is
from iamlint.match import Match
from iamlint.unknown import Truth, Unknown


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the values of a claim look like, and one of them."""

    pattern: re.Pattern[str]
    like: str


_BELOW_OWNER = re.compile(r"[^/]/[^/*.$]")
"""More than the owner of a repository: ``example/shop``, and not ``example/``."""


@dataclass(frozen=True, slots=True)
class _Issuer:
    """An issuer that many tenants share.

    ``tenant`` are the claims that only one tenant's tokens have with a given value. A beginning of such a claim names a
    tenant where ``begins`` matches it, and nobody where there is no pattern: ``repository_owner`` may go on.
    ``workload`` are those of them that only one repository, project or workspace has, and ``within`` is in a beginning
    that says which one.
    """

    tenant: tuple[str, ...]
    begins: Mapping[str, re.Pattern[str]]
    shapes: Mapping[str, _Shape]
    workload: tuple[str, ...] = ()
    within: re.Pattern[str] = _BELOW_OWNER


_NUMBER = _Shape(re.compile(r"[0-9]+"), "12345678")
_PATH = re.compile(r"[^/*\s]+/")
_TRUTH, _REF_TYPE = _Shape(re.compile("true|false"), "true"), _Shape(re.compile("branch|tag"), "branch")
_SEGMENT = r"(?:^|:)(?:repository_owner|repository_owner_id|repository_id|enterprise|enterprise_id):[^:*]+"
_GITHUB = _Issuer(
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
    shapes={
        "sub": _Shape(re.compile(r"[^:*\s]+:[^*]+"), "repo:example/shop:ref:refs/heads/main"),
        "repository": _Shape(re.compile(r"[^/*\s]+/[^/*\s]+"), "example/shop"),
        "repository_owner": _Shape(re.compile(r"[^/*:\s]+"), "example"),
        "ref": _Shape(re.compile(r"refs/[^*\s]+"), "refs/heads/main"),
        "job_workflow_ref": _Shape(
            re.compile(r"[^/*\s]+/[^/*\s]+/[^*]+@[^*]+"), "example/shop/.github/workflows/ci.yml@refs/heads/main"
        ),
        "ref_type": _REF_TYPE,
        "ref_protected": _TRUTH,
        "repository_visibility": _Shape(re.compile("public|private|internal"), "private"),
        "runner_environment": _Shape(re.compile("github-hosted|self-hosted"), "github-hosted"),
        **dict.fromkeys(("repository_id", "repository_owner_id", "actor_id", "run_id"), _NUMBER),
    },
    workload=("repository", "repository_id", "job_workflow_ref", "workflow_ref", "sub"),
)
_GITLAB = _Issuer(
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
    shapes={
        "sub": _Shape(re.compile(r"[^:*\s]+:[^*]+"), "project_path:example/shop:ref_type:branch:ref:main"),
        "project_path": _Shape(re.compile(r"[^/*\s]+(?:/[^/*\s]+)+"), "example/shop"),
        "ref_type": _REF_TYPE,
        "ref_protected": _TRUTH,
        **dict.fromkeys(("namespace_id", "project_id", "user_id"), _NUMBER),
    },
    workload=("project_id", "project_path", "ci_config_ref_uri", "sub"),
)
_TERRAFORM = _Issuer(
    tenant=(
        "terraform_organization_id",
        "terraform_organization_name",
        "terraform_workspace_id",
        "terraform_project_id",
        "terraform_full_workspace",
        "sub",
    ),
    begins=dict.fromkeys(("terraform_full_workspace", "sub"), re.compile(r"^organization:[^:*]+:")),
    shapes={
        "sub": _Shape(
            re.compile(r"organization:[^:*]+:[^*]+"),
            "organization:example:project:shop:workspace:prod:run_phase:apply",
        ),
        "terraform_run_phase": _Shape(re.compile("plan|apply"), "apply"),
    },
    workload=("terraform_workspace_id", "terraform_full_workspace", "sub"),
    within=re.compile(r":workspace:[^:*]"),
)

_SHARED: Mapping[str, _Issuer] = {
    "https://token.actions.githubusercontent.com": _GITHUB,
    "https://gitlab.com": _GITLAB,
    "https://app.terraform.io": _TERRAFORM,
    "https://agent.buildkite.com": _Issuer(
        ("organization_id", "organization_slug", "pipeline_id", "sub"),
        {"sub": re.compile("^organization:[^:*]+:")},
        {},
    ),
    "https://accounts.google.com": _Issuer(("hd", "email", "sub"), {}, {}),
    "https://confidentialcomputing.googleapis.com": _Issuer(
        (
            "google_service_accounts",
            "submods.container.image_digest",
            "submods.container.image_reference",
            "submods.gce.project_id",
            "submods.gce.project_number",
        ),
        {},
        {},
        workload=("google_service_accounts", "submods.container.image_digest"),
    ),
}
"""Sources: https://cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines and the issuers'
own pages on the claims of their tokens, https://docs.github.com/en/actions/reference/security/oidc,
https://docs.gitlab.com/ci/secrets/id_token_authentication/ and
https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens"""


def weak_provider_conditions(estate: Estate) -> Iterator[Match]:
    """Providers of shared issuers whose condition lets tokens of any tenant pass."""
    for provider, issuer, expression in _conditional(estate):
        match claims_compared(expression):
            case Unknown(reason):
                yield Match(provider, Truth.UNKNOWN, reasons=(f"the attribute condition is not known: {reason}",))
            case Unparsable() as error:
                reason = f"the attribute condition is not understood: {error.reason}"
                yield Match(provider, Truth.UNKNOWN, reasons=(reason,))
            case ways:
                reader = _reader(provider, issuer)
                if all(_names_tenant(way, reader) for way in ways):
                    continue
                if is_obscure(expression):
                    reason = "a part of the attribute condition is not understood"
                    yield Match(provider, Truth.UNKNOWN, reasons=(reason,))
                else:
                    claims = ", ".join(f"assertion.{name}" for name in issuer.tenant[:2])
                    yield Match(provider, Truth.TRUE, words={"claims": claims})


def unmatched_provider_conditions(estate: Estate) -> Iterator[Match]:
    """Providers of shared issuers whose condition compares with what no token of the issuer says."""
    for provider, issuer, expression in _conditional(estate):
        ways = claims_compared(expression)
        problem = _closed(ways, _reader(provider, issuer)) if isinstance(ways, tuple) else None
        if problem:
            yield Match(provider, Truth.TRUE, words={"problem": problem})


Openness = Literal["anybody", "tenant", "workload"]
"""Whom a provider lets in: any customer of its issuer, one customer, or one customer's repository or the like."""


def lets_in(provider: Provider) -> Openness | Unknown:
    """Whom a provider lets in. An issuer that is nobody else's has one tenant."""
    issuer = _issuer(provider)
    condition = provider.condition
    expression = condition.expression if isinstance(condition, Condition) else condition
    if expression is None or expression == "":
        return "anybody" if issuer else "tenant"
    ways = claims_compared(expression)
    if isinstance(ways, Unknown):
        return ways
    if isinstance(ways, Unparsable):
        return Unknown(ways.reason)
    own = _Issuer(_WORKLOADS, {}, {}, _WORKLOADS)
    reader = _reader(provider, issuer or own)
    if ways and all(_names_workload(way, reader) for way in ways):
        return "workload"
    if is_obscure(expression):
        return Unknown("a part of the attribute condition is not understood")
    return "tenant" if issuer is None or all(_names_tenant(way, reader) for way in ways) else "anybody"


_WORKLOADS = ("repository", "repository_id", "project_id", "project_path", "sub", "arn")
"""The claims of issuers of one's own that name a repository, project or role."""


def _names_workload(way: frozenset[Claim], reader: _Reader) -> bool:
    """Whether one way to fulfil a condition holds for one repository or the like: by its name, or the beginning."""
    for claim in way:
        name, _ = reader.claim(claim)
        if name not in reader.issuer.workload:
            continue
        if claim.how in ("equals", "has"):
            return True
        if claim.how in ("prefix", "matches"):
            return all(
                isinstance(value, Unknown) or reader.issuer.within.search(value) is not None for value in claim.values
            )
    return False


def mapped_claims(provider: Provider, attribute: str) -> tuple[str, ...] | None:
    """The claims that an attribute is made of; None where the provider does not tell."""
    if isinstance(provider.mapping, Unknown):
        return None
    of = next((of for name, of, _ in provider.mapping if name == attribute), None)
    return tuple("".join(pair) for pair in _CLAIM.findall(of)) if isinstance(of, str) else None


def _issuer(provider: Provider) -> _Issuer | None:
    """The shared issuer that a provider trusts. One with an organization in its address is that organization's own."""
    issuer = provider.issuer
    if issuer is None:
        return None
    return next((known for url, known in _SHARED.items() if text_is((url, f"{url}/"), issuer) is Truth.TRUE), None)


def _conditional(estate: Estate) -> Iterator[tuple[Provider, _Issuer, Text]]:
    """The providers in use that trust a shared issuer under a condition."""
    for provider in estate.of(Provider):
        issuer, condition = _issuer(provider), provider.condition
        if issuer is None or condition is None or provider.disabled is True:
            continue
        expression = condition.expression if isinstance(condition, Condition) else condition
        if expression != "":
            yield provider, issuer, expression


_CLAIM = re.compile(r"assertion(?:\.(submods(?:\.\w+)+|\w+)|\[['\"]([^'\"]+)['\"]\])")


@dataclass(frozen=True, slots=True)
class _Reader:
    """What a provider's conditions compare: the claims of its issuer, behind the attributes that it maps."""

    issuer: _Issuer
    mapped: Mapping[str, str]

    def claim(self, claim: Claim) -> tuple[str, bool]:
        """The name of the token's claim that is compared, and whether all of it is."""
        of = self.mapped.get(claim.name, claim.name)
        plain = of.removeprefix("assertion.")
        if plain in self.issuer.tenant:
            return plain, not claim.part
        found = ["".join(pair) for pair in _CLAIM.findall(of)]
        name = next((one for one in found if one in self.issuer.tenant), found[0] if found else of)
        return name, not claim.part and of in (name, f"assertion.{name}")


def _reader(provider: Provider, issuer: _Issuer) -> _Reader:
    mapping = provider.mapping if isinstance(provider.mapping, tuple) else ()
    return _Reader(issuer, {name: of.strip() for name, of, _ in mapping if isinstance(of, str)})


# -- naming nobody -------------------------------------------------------------------------------------------------


def _names_tenant(way: frozenset[Claim], reader: _Reader) -> bool:
    """Whether one way to fulfil a condition holds for one tenant's tokens only."""
    for claim in way:
        name, whole = reader.claim(claim)
        pins = [_pins(claim.how, name, value, whole, reader.issuer) for value in claim.values]
        if name in reader.issuer.tenant and pins and all(pins):
            return True
    return False


def _pins(how: str, name: str, value: Text, whole: bool, issuer: _Issuer) -> bool:
    """Whether a demand on a claim of the tenant can be met by one tenant only; a value that is not known may say so."""
    if how == "suffix":  # an address ends in its domain
        return name == "email" and (isinstance(value, Unknown) or value.startswith("@"))
    if how not in ("equals", "has", "prefix", "matches"):
        return False
    if isinstance(value, Unknown):
        return True
    if how in ("equals", "has"):
        return bool(value) and (name != "sub" or not whole or _subject_pins(value, issuer))
    if not whole:
        return bool(value.strip("^./*+$"))
    begins = issuer.begins.get(name)
    if how == "prefix":
        return begins is not None and begins.search(value) is not None
    bounded = value.startswith(("^", "\\A")) and (begins is not None or value.endswith(("$", "\\z")))
    literal = value.removeprefix("^").removeprefix("\\A").replace("\\", "")
    if begins is None:
        return bounded and bool(literal.strip("./*+$"))
    return (bounded or name == "sub") and (begins.search(literal) is not None or "(" in literal or "[" in literal)


def _subject_pins(value: str, issuer: _Issuer) -> bool:
    """Whether a whole subject names a tenant: one that no token has names nobody, which another rule tells."""
    begins, shape = issuer.begins.get("sub"), issuer.shapes.get("sub")
    if begins is None or (shape and not shape.pattern.fullmatch(value)):
        return True
    return begins.search(f"{value}:") is not None


# -- met by nobody -------------------------------------------------------------------------------------------------


def _closed(ways: tuple[frozenset[Claim], ...], reader: _Reader) -> str | None:
    """Why no token meets a condition; None where one may."""
    problems = [next(filter(None, (_never(claim, reader) for claim in sorted(way, key=str))), None) for way in ways]
    return problems[0] if problems and all(problems) else None


def _never(claim: Claim, reader: _Reader) -> str | None:
    """Why no token of an issuer has a claim with one of these values; None where one may."""
    name, whole = reader.claim(claim)
    values = [value for value in claim.values if isinstance(value, str)]
    if claim.how != "equals" or not whole or not values or len(values) < len(claim.values):
        return None
    shape = reader.issuer.shapes.get(name)
    if shape and not any(shape.pattern.fullmatch(value) for value in values):
        why = f"is like `{shape.like}`"
    elif name in reader.issuer.tenant and all("*" in value for value in values):
        why = "has no `*` in it"
    else:
        return None
    letters = ", and `==` compares letter by letter" if any("*" in value for value in values) else ""
    return f"`assertion.{name}` is never `{values[0]}`: it {why}{letters}"
