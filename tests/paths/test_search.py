"""Paths between principals and accounts: which hops they take, and in which state they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path as File

import pytest

from iamlint.estate import Estate
from iamlint.paths.asked import starts_of
from iamlint.paths.hops import Hops, hops_of
from iamlint.paths.search import Paths, Reach
from iamlint.roles import catalog
from iamlint.sources import read
from iamlint.sources.reading import Options

ACCOUNTS = """
resource "google_service_account" "a" {
  for_each   = toset(["one", "two", "three"])
  project    = "shop"
  account_id = each.key
}
"""


def on(account: str, role: str, member: str, more: str = "") -> str:
    name = f"{account}_{role}_{member}".replace(".", "_").replace(":", "_").replace("@", "_").replace("/", "_")
    return f"""
resource "google_service_account_iam_member" "{name}" {{
  service_account_id = "projects/shop/serviceAccounts/{account}@shop.iam.gserviceaccount.com"
  role               = "roles/{role}"
  member             = "{member}"
  {more}
}}
"""


def in_project(role: str, member: str, more: str = "") -> str:
    name = f"{role}_{member}".replace(".", "_").replace(":", "_").replace("@", "_")
    return f"""
resource "google_project_iam_member" "{name}" {{
  project = "shop"
  role    = "roles/{role}"
  member  = "{member}"
  {more}
}}
"""


def account(name: str) -> str:
    return f"{name}@shop.iam.gserviceaccount.com"


def hops(tmp_path: File, monkeypatch: pytest.MonkeyPatch, text: str) -> Hops:
    monkeypatch.chdir(tmp_path)
    File("main.tf").write_text(ACCOUNTS + text)
    reading = read([File()], Options())
    assert not reading.errors
    return hops_of(Estate(reading.facts, catalog(), date(2026, 11, 1)))


ANA, BEN = "user:ana@example.com", "user:ben@example.com"
LATER = 'condition {\n title = "t"\n expression = "request.time < timestamp(\'2020-01-01T00:00:00Z\')"\n }'
TAGGED = "condition {\n title = \"t\"\n expression = \"resource.matchTag('1/env', 'dev')\"\n }"
SA = "serviceAccount:{}@shop.iam.gserviceaccount.com".format
MINT, ATTACH = "iam.serviceAccountTokenCreator", "iam.serviceAccountUser"
TWO_HOPS = on("one", MINT, ANA) + on("three", MINT, SA("one"))
DEPLOYS = on("two", "iam.serviceAccountUser", SA("one")) + in_project("run.developer", SA("one"))
KEYS_FORBIDDEN = """
variable "enforced" {{}}
resource "google_org_policy_policy" "keys" {{
  for_each = toset(["Creation", "Upload"])
  parent   = "projects/shop"
  name     = "projects/shop/policies/iam.disableServiceAccountKey${{each.key}}"
  spec {{
    rules {{
      enforce = {}
    }}
  }}
}}
""".format
TAGGED_KEYS = in_project("iam.serviceAccountKeyAdmin", ANA, TAGGED)
DELEGATE_ONLY = """
resource "google_project_iam_custom_role" "delegate" {
  project     = "shop"
  role_id     = "delegate"
  title       = "delegate"
  permissions = ["iam.serviceAccounts.implicitDelegation"]
}
resource "google_service_account_iam_member" "delegate" {
  service_account_id = "projects/shop/serviceAccounts/one@shop.iam.gserviceaccount.com"
  role               = google_project_iam_custom_role.delegate.id
  member             = "user:ana@example.com"
}
"""


@pytest.mark.parametrize(
    ("text", "state", "stops"),
    [
        (on("two", MINT, ANA), "open", ["two"]),
        (on("one", MINT, ANA) + on("two", MINT, SA("one")), "open", ["one", "two"]),
        (
            on("one", MINT, ANA) + on("three", MINT, SA("one")) + on("two", MINT, SA("three")),
            "open",
            ["one", "three", "two"],
        ),
        (in_project(MINT, ANA), "open", ["two"]),
        (on("two", "iam.serviceAccountUser", ANA) + in_project("run.developer", ANA), "open", ["two"]),
        (on("two", "iam.serviceAccountUser", ANA), None, []),
        (in_project("run.developer", ANA), None, []),
        (on("two", MINT, ANA, LATER), None, []),
        (in_project(MINT, ANA, TAGGED), "conditional", ["two"]),
        (in_project(MINT, ANA, TAGGED) + on("one", MINT, ANA) + on("two", MINT, SA("one")), "open", ["one", "two"]),
        (TAGGED_KEYS + KEYS_FORBIDDEN('"TRUE"'), "closed", ["two"]),
        (TAGGED_KEYS + KEYS_FORBIDDEN("var.enforced"), "conditional", ["two"]),
        (on("two", MINT, "allAuthenticatedUsers"), "open", ["allAuthenticatedUsers", "two"]),
        (on("two", MINT, "domain:example.com"), "open", ["domain:example.com", "two"]),
        (on("two", MINT, "domain:other.example"), None, []),
        (DELEGATE_ONLY, None, []),
        (DELEGATE_ONLY + on("two", MINT, SA("one")), "open", ["one", "two"]),
        (
            DELEGATE_ONLY + on("two", "iam.serviceAccountUser", SA("one")) + in_project("run.developer", SA("one")),
            None,
            [],
        ),
    ],
)
def test_the_path_of_a_user_to_an_account(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, text: str, state: str | None, stops: list[str]
) -> None:
    found = hops(tmp_path, monkeypatch, text)
    backward, forward = Paths(found, account("two")).of(ANA), Reach(found, ANA).to(account("two"))
    for path in (backward, forward):
        assert (path.state if path else None) == state
        assert [hop.target.partition("@shop")[0] for hop in path.hops] == stops if path else not stops
    assert (backward.cost if backward else 0) == (forward.cost if forward else 0)


def denial(where: str, permission: str, denied: str, excepted: str = "") -> str:
    return f"""
resource "google_iam_deny_policy" "denial" {{
  parent = urlencode("cloudresourcemanager.googleapis.com/{where}")
  name   = "denial"
  rules {{
    deny_rule {{
      denied_principals    = ["{denied}"]
      exception_principals = [{excepted}]
      denied_permissions   = ["{permission}"]
    }}
  }}
}}
"""


OPS = """
resource "google_cloud_identity_group" "ops" {
  parent = "customers/C1"
  labels = {}
  group_key { id = "ops@example.com" }
}
resource "google_cloud_identity_group_membership" "ops" {
  for_each = toset(["ana@example.com", "one@shop.iam.gserviceaccount.com"])
  group    = google_cloud_identity_group.ops.id
  preferred_member_key { id = each.key }
  roles { name = "MEMBER" }
}
"""
HOME = """
resource "google_project" "shop" {
  name       = "shop"
  project_id = "shop"
  org_id     = "2"
}
"""
ONE_OFF = """
resource "google_service_account" "off" {
  project    = "shop"
  account_id = "one"
  disabled   = true
}
"""
MINTED = "iam.googleapis.com/serviceAccounts.getAccessToken"
EVERYBODY, BY_NAME = "principalSet://goog/public:all", "principal://goog/subject/ana@example.com"
OF_SHOP = "principalSet://cloudresourcemanager.googleapis.com/projects/shop/type/ServiceAccount"
SQUAD = (
    OPS.replace('"ops', '"squad')
    .replace("group.ops", "group.squad")
    .replace(', "one@shop.iam.gserviceaccount.com"', "")
)
OF_SQUAD = "principalSet://goog/group/squad@example.com"
GROUPED = OPS + on("two", "iam.workloadIdentityUser", "group:ops@example.com")
OF_DOMAIN = on("two", "iam.workloadIdentityUser", "domain:example.com")
OFF = ONE_OFF.replace('"one"', '"four"')
LENT_DELEGATION = OPS + DELEGATE_ONLY + on("two", MINT, "group:ops@example.com")
ADMIN_ABOVE = """
resource "google_organization_iam_member" "admin" {
  org_id = "2"
  role   = "ROLE"
  member = "user:ana@example.com"
  MORE
}
"""
ADMIN = ADMIN_ABOVE.replace("ROLE", "roles/resourcemanager.projectIamAdmin").replace("MORE", "")
LIMITED = ADMIN_ABOVE.replace("ROLE", "roles/iam.serviceAccountAdmin").replace(
    "MORE",
    """condition {
    title      = "limit"
    expression = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/owner'])"
  }""",
)
SETS = "cloudresourcemanager.googleapis.com/projects.setIamPolicy"


@pytest.mark.parametrize(
    ("text", "of_ana", "of_one"),
    [
        (GROUPED, "open", "open"),
        # -- what concerns a member alone
        (GROUPED + denial("projects/shop", MINTED, BY_NAME), "closed", "open"),
        (GROUPED + denial("projects/seed", MINTED, BY_NAME), "open", "open"),
        (GROUPED + denial("projects/shop", MINTED, EVERYBODY), "closed", "closed"),
        (GROUPED + denial("projects/shop", MINTED, EVERYBODY, f'"{BY_NAME}"'), "open", "conditional"),
        (GROUPED + denial("projects/shop", MINTED, OF_SHOP), "open", "closed"),
        # -- a denial of another group, which they are in, too
        (GROUPED + SQUAD + denial("projects/shop", MINTED, OF_SQUAD), "closed", "conditional"),
        (GROUPED + SQUAD + denial("projects/shop", MINTED, EVERYBODY, f'"{OF_SQUAD}"'), "open", "conditional"),
        (GROUPED + ONE_OFF, "open", "open"),  # another block enables it
        # -- a denial in a project of what is granted above it
        (HOME + ADMIN, "open", None),
        (HOME + ADMIN + denial("projects/shop", SETS, EVERYBODY), "closed", None),
        (HOME + ADMIN + denial("projects/seed", SETS, EVERYBODY), "open", None),
        (HOME + LIMITED, "open", None),
    ],
)
def test_a_member_and_an_account_below_are_asked_about_where_a_policy_may_concern_them(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, text: str, of_ana: str | None, of_one: str | None
) -> None:
    found = hops(tmp_path, monkeypatch, text)
    for source, state in ((ANA, of_ana), (account("one"), of_one)):
        for path in (Paths(found, account("two")).of(source), Reach(found, source).to(account("two"))):
            assert (path.state if path else None) == state


@pytest.mark.parametrize(
    ("text", "source", "state"),
    [
        (on("two", MINT, "allAuthenticatedUsers"), account("three"), "open"),
        (OFF + on("two", MINT, "allAuthenticatedUsers"), account("four"), "closed"),
        (OFF.replace("true", "var.off") + on("two", MINT, "allAuthenticatedUsers"), account("four"), "conditional"),
        (OF_DOMAIN + denial("projects/shop", MINTED, BY_NAME), ANA, "closed"),
        (OF_DOMAIN + denial("projects/shop", MINTED, BY_NAME), BEN, "open"),
        (OF_DOMAIN + in_project("viewer", ANA) + denial("projects/shop", MINTED, OF_SQUAD), ANA, "conditional"),
        (OF_DOMAIN + denial("projects/shop", MINTED, OF_SQUAD), "domain:example.com", "open"),
        (GROUPED + denial("projects/shop", MINTED, OF_SQUAD), ANA, "conditional"),
        (GROUPED + SQUAD.replace("ana", "cyd") + denial("projects/shop", MINTED, OF_SQUAD), ANA, "conditional"),
        (on("two", MINT, "domain:example.com"), "group:ops@example.com", None),
        # -- what it has itself, and by its domain or as anybody
        (on("two", ATTACH, "domain:example.com") + in_project("run.developer", ANA), ANA, "open"),
        (on("two", ATTACH, SA("one")) + in_project("run.developer", "allAuthenticatedUsers"), account("one"), "open"),
        (on("two", ATTACH, SA("one")) + in_project("run.developer", "domain:example.com"), account("one"), None),
        # -- the permission to get a token by an account, which has its own from a group
        (LENT_DELEGATION.replace("two", "three") + on("two", MINT, BEN), ANA, None),
        (LENT_DELEGATION, ANA, "open"),
        (LENT_DELEGATION + denial("projects/shop", MINTED, BY_NAME), ANA, "open"),
    ],
)
def test_what_a_principal_is_in_by_its_name_or_by_declaration(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, text: str, source: str, state: str | None
) -> None:
    found = hops(tmp_path, monkeypatch, text)
    for path in (Paths(found, account("two")).of(source), Reach(found, source).to(account("two"))):
        assert (path.state if path else None) == state


def test_a_kubernetes_account_is_not_a_service_account(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> None:
    pod = "serviceAccount:shop.svc.id.goog[web/front]"
    text = on("two", "iam.workloadIdentityUser", "POD").replace('"POD', f'"{pod}') + in_project(MINT, ANA)
    found = hops(tmp_path, monkeypatch, text)
    assert set(Reach(found, ANA)) == {account("one"), account("two"), account("three")}
    assert set(Paths(found, account("two"))) == {ANA, pod.removeprefix("serviceAccount:")}
    assert [one.name for one in starts_of(found, pod)] == [pod.removeprefix("serviceAccount:")]


def test_who_can_become_an_account_and_what_a_user_can_become(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> None:
    text = on("one", MINT, ANA) + in_project(MINT, SA("one")) + on("two", MINT, "user:ben@example.com")
    found = hops(tmp_path, monkeypatch, text)
    assert set(Paths(found, account("two"))) == {"user:ben@example.com", account("one"), ANA}
    assert sorted(Reach(found, ANA)) == [account("one"), account("three"), account("two")]
    assert list(Reach(found, "user:ben@example.com")) == [account("two")]
    assert not list(Reach(found, "user:nobody@example.com"))


@pytest.mark.parametrize("prefix", ["", "serviceAccount:"])
def test_an_account_that_is_not_in_the_input_is_one(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    found = starts_of(hops(tmp_path, monkeypatch, ""), f"{prefix}four@shop.iam.gserviceaccount.com")
    assert [one.name for one in found] == [account("four")]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("user:ana@*", [ANA]),
        ("ana@example.com", [ANA]),
        ("USER:ANA@EXAMPLE.COM", [ANA]),
        ("serviceAccount:t*@shop.iam*", [account("three"), account("two")]),
        ("t?o@shop.iam.gserviceaccount.com", [account("two")]),
        ("nobody@example.com", []),
    ],
)
def test_principals_are_found_by_globs(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, pattern: str, names: list[str]
) -> None:
    found = hops(tmp_path, monkeypatch, on("two", MINT, ANA))
    assert sorted(found.names.matching(pattern)) == names


def test_a_long_chain_is_found_and_every_container_is_looked_at_once(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = 300
    accounts = f"""
resource "google_service_account" "c" {{
  count      = {number}
  project    = "shop"
  account_id = "c${{count.index}}"
}}
resource "google_service_account_iam_member" "c" {{
  count              = {number - 1}
  service_account_id = google_service_account.c[count.index + 1].name
  role               = "roles/{MINT}"
  member             = google_service_account.c[count.index].member
}}
"""
    found = hops(tmp_path, monkeypatch, accounts + on("c0", MINT, ANA))
    path = Paths(found, account(f"c{number - 1}")).of(ANA)
    assert path is not None
    assert len(path.hops) == number
    assert len(list(Reach(found, ANA))) == number


CUSTOM = """
resource "google_project_iam_custom_role" "own" {
  project     = "shop"
  role_id     = "own"
  title       = "own"
  permissions = ["storage.buckets.get"]
}
resource "google_project_iam_member" "own" {
  project = "shop"
  role    = google_project_iam_custom_role.own.id
  member  = "MEMBER"
}
"""
CUSTOM_ABOVE = """
resource "google_organization_iam_custom_role" "own" {
  org_id      = "2"
  role_id     = "own"
  title       = "own"
  permissions = ["storage.buckets.get"]
}
resource "google_project_iam_member" "own" {
  project = "shop"
  role    = google_organization_iam_custom_role.own.id
  member  = "user:ana@example.com"
}
"""
ROLE_ADMIN_ABOVE = ADMIN_ABOVE.replace("ROLE", "roles/iam.organizationRoleAdmin").replace("MORE", "")
HELD_ABOVE = ADMIN_ABOVE.replace("ROLE", "organizations/2/roles/own").replace("MORE", "").replace("admin", "held")


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (in_project("iam.roleAdmin", ANA) + CUSTOM.replace("MEMBER", ANA), "open"),
        (in_project("iam.roleAdmin", ANA) + CUSTOM.replace("MEMBER", "user:ben@example.com"), None),
        (in_project("iam.roleAdmin", ANA), None),
        (
            OPS
            + in_project("iam.roleAdmin", "group:ops@example.com")
            + CUSTOM.replace("MEMBER", "group:ops@example.com")
            + denial("projects/shop", MINTED, BY_NAME),
            "open",
        ),
        # -- a role of the organization, which nobody can change in a project
        (HOME + in_project("iam.roleAdmin", ANA) + CUSTOM_ABOVE, None),
        (HOME + ROLE_ADMIN_ABOVE + HELD_ABOVE, "open"),
    ],
)
def test_who_changes_custom_roles_must_hold_one_there(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, text: str, state: str | None
) -> None:
    found = hops(tmp_path, monkeypatch, text)
    for path in (Paths(found, account("two")).of(ANA), Reach(found, ANA).to(account("two"))):
        assert (path.state if path else None) == state


NO_KEYS = """
resource "google_project_organization_policy" "%s" {
  project    = "shop"
  constraint = "iam.disableServiceAccountKey%s"
  boolean_policy {
    enforced = %s
  }
}
"""


@pytest.mark.parametrize(
    ("enforced", "state", "method"),
    [
        ([], "open", "sa-create-key"),
        ([("Creation", "true")], "open", "sa-upload-public-key"),
        ([("Upload", "true")], "open", "sa-create-key"),
        ([("Creation", "false")], "open", "sa-create-key"),
        ([("Creation", "var.on")], "open", "sa-upload-public-key"),
        ([("Creation", "true"), ("Upload", "true")], "closed", "sa-create-key"),
        ([("Creation", "var.on"), ("Upload", "true")], "conditional", "sa-create-key"),
    ],
)
@pytest.mark.parametrize("where", [in_project, lambda role, member: on("two", role, member)])
def test_a_key_is_uploaded_where_none_may_be_created(
    tmp_path: File,
    monkeypatch: pytest.MonkeyPatch,
    where: Callable[[str, str], str],
    enforced: list[tuple[str, str]],
    state: str,
    method: str,
) -> None:
    policies = "".join(NO_KEYS % (what.lower(), what, value) for what, value in enforced)
    found = hops(tmp_path, monkeypatch, 'variable "on" {}\n' + where("iam.serviceAccountKeyAdmin", ANA) + policies)
    path = Paths(found, account("two")).of(ANA)
    assert path is not None
    assert (path.state, path.hops[-1].method) == (state, method)


FEDERATED = """
resource "google_iam_workload_identity_pool" "gh" {
  project                   = "shop"
  workload_identity_pool_id = "gh"
}
resource "google_iam_workload_identity_pool_provider" "p" {
  project                            = "shop"
  workload_identity_pool_id          = "gh"
  workload_identity_pool_provider_id = "p"
  attribute_condition                = "assertion.repository_owner == 'acme'"
  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository"
  }
  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}
"""


OF_POOL = "${google_iam_workload_identity_pool.gh.name}"


@pytest.mark.parametrize(
    ("pool", "member", "state"),
    [
        (OF_POOL, "attribute.repository/acme/app", "open"),
        (OF_POOL, "attribute.repository/other/app", "closed"),
        (OF_POOL, "attributes.repository/acme/app", "closed"),
        (OF_POOL, "*", "open"),
        # It may be another project's pool of the same id.
        ("projects/1/locations/global/workloadIdentityPools/gh", "attribute.repository/other/app", "conditional"),
    ],
)
def test_a_principal_that_no_token_can_match_is_closed(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, pool: str, member: str, state: str
) -> None:
    principal = f"principalSet://iam.googleapis.com/{pool}/{member}"
    grants = on("two", "iam.workloadIdentityUser", "WHO").replace("WHO", "m", 1).replace("WHO", principal)
    paths = Paths(hops(tmp_path, monkeypatch, FEDERATED + grants), account("two"))
    assert [paths.states[name, False] for name in paths] == [state]


@pytest.mark.parametrize(
    ("member", "state"),
    [("var.who", "conditional"), ("lookup(var.list, uuid())", "conditional"), ('"user:${var.who}"', "open")],
)
def test_a_grant_to_somebody_of_whom_nothing_is_known_is_conditional(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, member: str, state: str
) -> None:
    text = in_project(MINT, "WHO").replace('"WHO"', member).replace("WHO", "who")
    found = hops(tmp_path, monkeypatch, 'variable "who" {}\nvariable "list" {}\n' + text)
    paths = Paths(found, account("two"))
    assert [paths.states[name, False] for name in paths] == [state]


def test_code_that_runs_as_an_agent_that_mints_for_every_account_is_a_likely_hop(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = hops(tmp_path, monkeypatch, in_project("aiplatform.user", ANA) + in_project("dlp.user", "user:b@x.org"))
    for path in (Paths(found, account("two")).of(ANA), Reach(found, ANA).to(account("two"))):
        assert path is not None
        ((method, certainty),) = [(hop.way.method, hop.way.method.certainty) for hop in path.hops if hop.way]
        assert path.state == "open"
        assert (method.reaches, certainty) in (("agent", "likely"), ("agent", "certain"))
    assert Paths(found, account("two")).of("user:b@x.org") is None


@pytest.mark.parametrize(
    ("name", "block"),
    [
        ("google_project.shop.number", 'resource "google_project" "shop" {\n  name = "shop"\n'),
        ("data.google_project.shop.number", 'data "google_project" "shop" {\n'),
    ],
)
def test_default_accounts_are_known_by_their_projects_number(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, name: str, block: str
) -> None:
    name = f"${{{name}}}-compute@developer.gserviceaccount.com"
    text = f"""
{block}
  project_id = "shop"
}}
resource "google_cloud_run_v2_job" "m" {{
  project  = "shop"
  location = "europe-west1"
  name     = "m"
  template {{
    template {{
      timeout = "5s"
    }}
  }}
}}
resource "google_service_account_iam_member" "n" {{
  service_account_id = "projects/shop/serviceAccounts/{account("one")}"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "serviceAccount:{name}"
}}
{in_project("run.developer", "user:jobs@example.com")}
{in_project("iam.serviceAccountTokenCreator", "user:mints@example.com")}
{in_project("run.viewer", "user:views@example.com")}
"""
    found = Paths(hops(tmp_path, monkeypatch, text), account("one"))
    assert found.of("user:views@example.com") is None
    for who, first in (("jobs", "run-job"), ("mints", "sa-mint-access-token")):
        path = found.of(f"user:{who}@example.com")
        assert path
        assert path.hops[0].method.startswith(first)
    path = found.of("user:jobs@example.com")
    assert path
    assert [hop.target.partition(" in ")[0] for hop in path.hops] == [name, account("one")]


NUMBER = "730000000011"
OF_PROJECT: dict[str, set[str]] = {
    f"{NUMBER}-compute@developer.gserviceaccount.com": {"mints", "keys", "acts", "folder"},
    f"{NUMBER}@cloudbuild.gserviceaccount.com": {"mints", "keys", "acts", "folder"},
    f"{NUMBER}@cloudservices.gserviceaccount.com": set(),
    f"service-{NUMBER}@gcp-sa-pubsub.iam.gserviceaccount.com": set(),
}


def test_no_right_on_the_users_project_gives_a_service_agent_of_google(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"""
resource "google_project" "shop" {{
  name       = "shop"
  project_id = "shop"
  folder_id  = google_folder.f.name
}}
resource "google_folder" "f" {{
  display_name = "f"
  parent       = "organizations/1"
}}
resource "google_folder_iam_member" "f" {{
  folder = google_folder.f.name
  role   = "roles/iam.serviceAccountTokenCreator"
  member = "user:folder@example.com"
}}
{in_project("iam.serviceAccountTokenCreator", "user:mints@example.com")}
{in_project("iam.serviceAccountKeyAdmin", "user:keys@example.com")}
{in_project("iam.serviceAccountUser", "user:acts@example.com")}
{in_project("cloudbuild.builds.editor", "user:acts@example.com")}
{in_project("compute.instanceAdmin.v1", "user:acts@example.com")}
resource "google_project_iam_binding" "owners" {{
  project = "shop"
  role    = "roles/owner"
  members = {json.dumps([f"serviceAccount:{email}" for email in OF_PROJECT])}
}}
"""
    monkeypatch.chdir(tmp_path)
    File("main.tf").write_text(text)
    File("projects.json").write_text(
        json.dumps([{"projectId": "shop", "projectNumber": NUMBER, "lifecycleState": "ACTIVE"}])
    )
    reading = read([File("main.tf"), File("projects.json")], Options())
    found = hops_of(Estate(reading.facts, catalog(), date(2026, 11, 1)))
    users = ("mints", "keys", "acts", "folder")
    for email, become in OF_PROJECT.items():
        assert {one for one in users if Paths(found, email, perhaps=True).of(f"user:{one}@example.com")} == become
        assert {one for one in users if Reach(found, f"user:{one}@example.com", perhaps=True).to(email)} == become
    builds = Paths(found, f"{NUMBER}@cloudbuild.gserviceaccount.com")
    assert {one: builds.states[f"user:{one}@example.com", False] for one in users} == {
        **dict.fromkeys(users, "conditional"),  # through Compute Engine's account, which is an owner
        "acts": "open",
    }


def build_policy(name: str, enforced: str, parent: str = "projects/shop") -> str:
    return f"""
resource "google_org_policy_policy" "{name}" {{
  parent = "{parent}"
  name   = "{parent}/policies/cloudbuild.{name}"
  spec {{
    rules {{
      enforce = "{enforced}"
    }}
  }}
}}
"""


LEGACY, COMPUTE = "useBuildServiceAccount", "useComputeServiceAccount"


@pytest.mark.parametrize(
    ("policies", "state"),
    [
        ("", "conditional"),
        (build_policy(LEGACY, "TRUE"), "conditional"),
        (build_policy(LEGACY, "TRUE") + build_policy(COMPUTE, "TRUE"), "conditional"),
        (build_policy(LEGACY, "TRUE") + build_policy(COMPUTE, "FALSE"), "open"),
        (build_policy(LEGACY, "TRUE", "folders/7") + build_policy(COMPUTE, "FALSE", "folders/7"), "open"),
        (build_policy(LEGACY, "FALSE"), "closed"),
        (build_policy(LEGACY, "FALSE", "folders/8"), "conditional"),
    ],
)
def test_builds_run_as_the_legacy_account_where_the_policies_say_so(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, policies: str, state: str
) -> None:
    """Token Creator on the project gives every other account there, and not this one."""
    legacy = "${google_project.shop.number}@cloudbuild.gserviceaccount.com"
    text = f"""
resource "google_project" "shop" {{
  name       = "shop"
  project_id = "shop"
  folder_id  = "7"
}}
resource "google_project_iam_member" "builds" {{
  project = "shop"
  role    = "roles/owner"
  member  = "serviceAccount:{legacy}"
}}
{in_project("cloudbuild.builds.editor", "user:ana@example.com")}
{in_project("iam.serviceAccountTokenCreator", "user:ana@example.com")}
{policies}
"""
    found = hops(tmp_path, monkeypatch, text)
    (name,) = (one for one in found.names.accounts if "cloudbuild" in found.names.label(one))
    onto, path = Paths(found, name).of("user:ana@example.com"), Reach(found, "user:ana@example.com").to(name)
    assert onto
    assert path
    assert (onto.state, path.state) == (state, state)
    assert onto.hops[0].method == "cloudbuild-build-create-legacy-account"
    minted = Reach(found, "user:ana@example.com").to(account("one"))
    assert minted
    assert minted.hops[0].method == "sa-mint-access-token"


BOUND = {
    "pods": ("container.developer", "serviceAccount:shop.svc.id.goog[ns/web]", "gke-"),
    "providers": (
        "iam.workloadIdentityPoolAdmin",
        (
            "principalSet://iam.googleapis.com/projects/${google_project.shop.number}/locations/global/"
            "workloadIdentityPools/ci/attribute.repository/o/r"
        ),
        "wif-provider-create",
    ),
}


@pytest.mark.parametrize(("role", "bound", "method"), BOUND.values(), ids=BOUND)
def test_workloads_and_pools_are_hops(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, role: str, bound: str, method: str
) -> None:
    project = 'resource "google_project" "shop" {\n  name       = "shop"\n  project_id = "shop"\n}\n'
    binding = f"""
resource "google_service_account_iam_member" "bound" {{
  service_account_id = "projects/shop/serviceAccounts/{account("one")}"
  role               = "roles/iam.workloadIdentityUser"
  member             = "{bound}"
}}
"""
    found = Paths(
        hops(tmp_path, monkeypatch, project + binding + in_project(role, "user:a@example.com")), account("one")
    )
    path = found.of("user:a@example.com")
    assert path
    assert path.state == "open"
    (hop,) = path.hops
    assert hop.method.startswith(method)
    assert hop.way
    assert hop.way.through
    nobody = Paths(
        hops(tmp_path, monkeypatch, project + binding + in_project("viewer", "user:a@example.com")), account("one")
    )
    assert nobody.of("user:a@example.com") is None


def member(group: str, one: str) -> str:
    name = f"{group}_{one.partition('@')[0]}"
    return f"""
resource "google_cloud_identity_group" "{name}" {{
  parent = "customers/C1"
  group_key {{
    id = "{group}@example.com"
  }}
}}
resource "google_cloud_identity_group_membership" "{name}" {{
  group = google_cloud_identity_group.{name}.id
  preferred_member_key {{
    id = "{one}"
  }}
}}
"""


ATTACHES = on("two", "iam.serviceAccountUser", "group:devs@example.com")
RUNS = in_project("run.developer", "group:ops@example.com")


@pytest.mark.parametrize(
    ("text", "stops"),
    [
        (ATTACHES + member("devs", "ana@example.com") + in_project("run.developer", ANA), ["two"]),
        (ATTACHES + member("devs", "ana@example.com") + RUNS + member("ops", "ana@example.com"), ["two"]),
        (
            ATTACHES
            + member("all", "ana@example.com")
            + member("devs", "all@example.com")
            + RUNS.replace("ops", "all"),
            ["two"],
        ),
        (
            ATTACHES + member("devs", "ana@example.com") + in_project("run.developer", "group:devs@example.com"),
            ["group:devs@example.com", "two"],
        ),
        (ATTACHES + member("devs", "ana@example.com") + RUNS, None),
        (ATTACHES + member("devs", "ana@example.com") + in_project("run.viewer", ANA), None),
        (ATTACHES + in_project("run.developer", ANA), None),
        (in_project("run.developer", ANA) + ATTACHES + member("devs", "bob@example.com"), None),
    ],
)
def test_what_a_principal_has_itself_and_by_its_groups_counts_together(
    text: str, stops: list[str] | None, tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = hops(tmp_path, monkeypatch, text)
    for path in (Paths(found, account("two")).of(ANA), Reach(found, ANA).to(account("two"))):
        assert (path is None) == (stops is None)
        if path and stops:
            assert [hop.target for hop in path.hops] == [one if ":" in one else account(one) for one in stops]


@pytest.mark.parametrize(
    ("pool", "sets"),
    [
        (
            "projects/123/locations/global/workloadIdentityPools/gh",
            ["principalSet://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/gh/*", "allUsers"],
        ),
        (
            "locations/global/workforcePools/staff",
            ["principalSet://iam.googleapis.com/locations/global/workforcePools/staff/*", "allUsers"],
        ),
        # an identity of a pool is no authenticated user of Google, also if its project is not known
        ("projects/${var.number}/locations/global/workloadIdentityPools/gh", ["allUsers"]),
    ],
)
def test_the_sets_of_a_federated_identity(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, pool: str, sets: list[str]
) -> None:
    names = hops(tmp_path, monkeypatch, GROUPED).names
    assert list(names.sets_of(f"principal://iam.googleapis.com/{pool}/subject/x")) == sets
