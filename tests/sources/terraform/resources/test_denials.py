"""Deny policies: who is denied what, and where that is written."""

from __future__ import annotations

from collections.abc import Callable

from iamlint.facts import Denial
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.resources.facts import facts_of
from iamlint.unknown import Unknown

Build = Callable[..., Instance]
UnknownPartOf = Callable[..., Unknown]
ACCOUNTS = "principal://iam.googleapis.com/projects/-/serviceAccounts/"
PARENT = "cloudresourcemanager.googleapis.com%2Fprojects%2Fshop"


def only(instance: Instance) -> Denial:
    (found,) = facts_of(instance)
    assert isinstance(found, Denial)
    return found


def test_a_declared_account_is_denied_by_its_name(build: Build, unknown_part: UnknownPartOf) -> None:
    email, other = unknown_part(ACCOUNTS, "google_service_account.ci.email"), unknown_part(ACCOUNTS, "var.account")
    rule = {
        "denied_principals": [email, other, "principalSet://goog/public:all"],
        "exception_principals": [email],
        "denied_permissions": ["iam.googleapis.com/serviceAccounts.actAs"],
    }
    found = only(build("google_iam_deny_policy.d", parent=PARENT, rules={"deny_rule": rule}))
    ci = ACCOUNTS + "${google_service_account.ci.email}"
    assert found.denied_principals == (ci, other, "principalSet://goog/public:all")
    assert found.exception_principals == (ci,)


def test_a_denial_is_where_its_permissions_are(build: Build) -> None:
    rule = {"denied_principals": ["principalSet://goog/public:all"], "denied_permissions": ["a.googleapis.com/b.c"]}
    found = only(build("google_iam_deny_policy.d", parent=PARENT, rules={"deny_rule": rule}))
    assert found.place is not None
    assert (found.place.at.line, found.place.at.column) == (6, 24)
    found = only(build("google_iam_deny_policy.d", parent=PARENT, rules={"deny_rule": {}}))
    assert found.place is not None
    assert found.place.at.line == 4
    why = Unknown("var.rules has no default and is not set")
    assert only(build("google_iam_deny_policy.d", parent=PARENT, unknown_block_rules=why)).place is None
