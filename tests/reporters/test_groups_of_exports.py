"""Findings that a person reads as one: the members of a binding, each project's default account."""

from __future__ import annotations

from dataclasses import replace

from iamlint.facts import Resource
from iamlint.finding import Finding
from iamlint.location import Location
from iamlint.reporters.parts.groups import grouped


def finding(principal: str, *, project: str = "shop", line: int = 1, role: str = "roles/editor") -> Finding:
    at = Location(f"{project}/iam.json", line, 1, line, 9)
    told = ("broad-role", "exposure", "medium", "high", f"{principal} has {role}", at, None, principal, role)
    return Finding(*told, resource=Resource("project", project))


def sizes(*findings: Finding) -> list[int]:
    return [1 + len(group.others) for group in grouped(findings)]


def test_members_of_a_binding_on_lines_of_their_own() -> None:
    ana, bo, cy = (finding(f"user:{name}@example.com", line=n) for n, name in enumerate(("ana", "bo", "cy"), 1))
    assert sizes(ana, bo, cy) == [3]


def test_other_roles_and_other_policies_stand_by_themselves() -> None:
    ana = finding("user:ana@example.com")
    assert sizes(ana, finding("user:bo@example.com", role="roles/owner"), finding("user:cy@example.com", line=3)) == [
        2,
        1,
    ]
    assert sizes(ana, finding("user:bo@example.com", project="other")) == [1, 1]


def test_a_principal_with_the_same_role_in_many_projects() -> None:
    assert sizes(*(finding("user:ana@example.com", project=f"p{n}") for n in range(9))) == [9]


def test_the_default_accounts_of_projects() -> None:
    compute = [finding(f"serviceAccount:{n}-compute@developer.gserviceaccount.com", project=f"p{n}") for n in range(4)]
    engine = [finding(f"serviceAccount:p{n}@appspot.gserviceaccount.com", project=f"p{n}") for n in range(4, 7)]
    assert sizes(*compute, *engine) == [4, 3]


def test_accounts_of_one_name_at_home_are_of_one_template_and_those_elsewhere_are_not() -> None:
    home = [finding(f"serviceAccount:ci@p{n}.iam.gserviceaccount.com", project=f"p{n}") for n in range(3)]
    away = [finding(f"serviceAccount:ci@p{n}.iam.gserviceaccount.com", project=f"p{n}0") for n in range(3, 5)]
    assert sizes(*home, *away) == [3, 1, 1]


def test_so_they_are_where_terraform_says_it_in_several_module_calls() -> None:
    home = [finding(f"serviceAccount:ci@p{n}.iam.gserviceaccount.com", project=f"p{n}") for n in range(3)]
    called = [replace(one, address=f"module.p{n}.google_project_iam_member.ci") for n, one in enumerate(home)]
    assert sizes(*called) == [3]
    assert sizes(*called[:2], replace(called[2], role="roles/owner")) == [2, 1]


def test_a_block_of_a_module_that_is_called_for_several_accounts() -> None:
    block = replace(finding("user:ana@example.com"), at=Location("modules/key/main.tf", 7, 1, 7, 9))
    keys = [
        replace(block, principal=None, role=None, address=f"{call}.google_service_account_key.key")
        for call in ("module.chat", "module.web.module.account", 'module.all["mail"].module.account')
    ]
    other = replace(keys[0], address="module.chat.google_service_account_key.second")
    elsewhere = replace(keys[0], at=Location("modules/old/main.tf", 7, 1, 7, 9))
    assert sizes(*keys, other, elsewhere) == [3, 1, 1]


def test_two_accounts_that_each_hold_a_role_in_many_projects() -> None:
    both = [
        finding(f"serviceAccount:{name}@ops.iam.gserviceaccount.com", project=f"p{n}", line=line)
        for n in range(5)
        for line, name in enumerate(("builder", "janitor"), 1)
    ]
    assert sizes(*both) == [5, 5]


def test_one_persons_roles_stand_together() -> None:
    roles = [f"roles/{name}.viewer" for name in ("compute", "dns", "run", "storage")]
    assert sizes(*(finding("user:ana@example.com", role=role) for role in roles)) == [4]


def test_the_same_people_in_two_bindings_are_told_by_binding() -> None:
    people = [f"user:{name}@example.com" for name in ("ana", "bo", "cy")]
    assert sizes(*(finding(who, role=role) for role in ("roles/editor", "roles/owner") for who in people)) == [3, 3]


def test_blocks_that_give_the_same_access_to_several_principals() -> None:
    """Other roles, resources and files stay apart, and so does a principal with a group of its own."""

    def block(name: str, **given: str) -> Finding:
        one = finding(f"user:{name}@example.com", **given)
        return replace(one, address=f"google_project_iam_member.{name}-{one.role}-{one.resource}")

    assert sizes(block("ana"), block("bo"), block("cy")) == [3]
    assert sizes(block("ana"), block("bo", role="roles/owner"), block("cy", project="other")) == [1, 1, 1]
    assert sizes(block("ana"), block("ana", project="other"), block("bo"), block("cy")) == [2, 2]
