"""Workloads of GKE: compares the accounts that annotations name with the members that may become those accounts.

Source: https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity#kubernetes-sa-to-iam
"""

from __future__ import annotations

from collections import defaultdict

from iamlint.basics.lazy_regex import regex
from iamlint.estate import Estate, account_node
from iamlint.facts import Grant, KubernetesAccount, Text
from iamlint.logic.globs import text_is
from iamlint.provenance import counts_for
from iamlint.unknown import Truth, Unknown, UnknownPart, shown

_MEMBER = regex(r"\.svc\.id\.goog\[(?P<namespace>[^/\]]+)/(?P<name>[^/\]]+)\]\Z")
_IDENTITY = "iam.serviceAccounts.getAccessToken"


class Workloads:
    """The annotated accounts of Kubernetes, and the members of GKE that may become an account, by that account."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._annotated: dict[object, list[KubernetesAccount]] = defaultdict(list)
        for one in estate.of(KubernetesAccount):
            self._annotated[account_node(one.account, one.declared)].append(one)
        self._granted: dict[object, list[Grant]] = defaultdict(list)
        for grant in estate.of(Grant) if self._annotated else ():
            if grant.principal.kind == "gke_workload" and grant.resource.kind == "service_account":
                self._granted[account_node(grant.resource.name, grant.declared)].append(grant)

    def mismatch(self, grant: Grant) -> tuple[str, KubernetesAccount] | None:
        """Return why a member of GKE does not fit the annotations with its account, and the annotation that it misses.

        None if it fits one, if one may be meant that is not known in full, or if every annotation has its own member:
        then the member belongs to a workload that is declared elsewhere.
        """
        member = _MEMBER.search(grant.principal.text)
        node = account_node(grant.resource.name, grant.declared)
        if not self._annotated or member is None or node is None or grant.resource.kind != "service_account":
            return None
        annotated = [one for one in self._annotated.get(node, ()) if counts_for(one.declared, grant.declared)]
        held, _ = self._estate.permissions(grant.role, grant.declared)
        if _IDENTITY not in held or any(_fits(grant, one) is not Truth.FALSE for one in annotated):
            return None
        others = self._granted[node]
        missed = next((one for one in annotated if all(_fits(other, one) is Truth.FALSE for other in others)), None)
        if missed is None:
            return None
        at = missed.place.at
        name = f"{shown(missed.namespace)}/{shown(missed.name)}"
        return f"the annotation with this account is on {name} ({at.path}:{at.line})", missed

    def is_declared(self, grant: Grant) -> bool:
        """Whether the input declares the service account of Kubernetes that a member names, with an annotation."""
        every = (one for some in self._annotated.values() for one in some)
        return any(_fits(grant, one) is Truth.TRUE and counts_for(one.declared, grant.declared) for one in every)


def _fits(grant: Grant, one: KubernetesAccount) -> Truth:
    """Whether a grant's member is an annotated account. Unknown members may be."""
    member = _MEMBER.search(grant.principal.text)
    if grant.principal.unknown or member is None:
        return Truth.UNKNOWN
    return _is(one.namespace, member["namespace"]) & _is(one.name, member["name"])


def _is(text: Text, wanted: str) -> Truth:
    if isinstance(text, Unknown):
        return text_is([wanted], text if text.parts else Unknown(text.reason, (UnknownPart("?"),)))
    return Truth.of(text == wanted)
