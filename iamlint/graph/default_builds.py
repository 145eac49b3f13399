"""Whether builds that name no account run as Cloud Build's legacy account.

It depends on when the project first built, which no input shows, and on organization policies. Source:
https://docs.cloud.google.com/build/docs/cloud-build-service-account-updates
"""

from __future__ import annotations

from dataclasses import replace

from iamlint.estate import Estate
from iamlint.facts import Grant, Resource, Text
from iamlint.logic.verdict import TRUE, Verdict
from iamlint.unknown import Truth

_LEGACY, _COMPUTE = "cloudbuild.useBuildServiceAccount", "cloudbuild.useComputeServiceAccount"
_DEPENDS = (
    "builds run as this account only if the project first built before mid-2024, or if organization policies "
    f"enforce {_LEGACY} and not {_COMPUTE}"
)


def builds_as_legacy(grant: Grant, project: Text, estate: Estate) -> Verdict:
    """Return whether builds that the holder of a grant starts in a project run as the legacy account by default."""
    asked = replace(grant, resource=Resource("project", project))
    legacy = estate.blockers.enforces(_LEGACY, asked)
    if legacy is not None and legacy.truth is Truth.FALSE:
        return Verdict(Truth.FALSE, (f"an organization policy does not enforce {_LEGACY}",))
    compute = estate.blockers.enforces(_COMPUTE, asked)
    if legacy == TRUE and compute is not None and compute.truth is Truth.FALSE:
        return TRUE
    return Verdict(Truth.UNKNOWN, (_DEPENDS,))
