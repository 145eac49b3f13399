"""Recognition in texts of errors: the kinds, their order, and the fields."""

from __future__ import annotations

import html
import json
import textwrap
import time
from collections.abc import Callable
from functools import cache

import pytest
from error_texts import (
    API_OFF,
    CALLER,
    DENIED,
    NUMBER,
    SCOPES,
    TABLE,
    TARGET,
    TOKEN_DENIED,
    Case,
    boxed,
    broken,
    payload,
    stamped,
)
from every_character import CHARACTERS
from hypothesis import given, settings
from hypothesis import strategies as st
from many import some

from iamlint.diagnosis.recognition.error_kind import ErrorKind
from iamlint.diagnosis.recognition.error_kinds import error_kinds
from iamlint.diagnosis.recognition.error_text import LARGEST, ErrorText
from iamlint.diagnosis.recognition.recognise import Recognised, recognise

bare = cache(recognise)
"""What is recognised in a text as it is: several tests compare it with the text in other clothes."""


def names(found: tuple[Recognised, ...]) -> list[str | None]:
    return [one.kind.id if one.kind else None for one in found]


@pytest.mark.parametrize("case", TABLE, ids=[case.name for case in TABLE])
def test_a_real_text(case: Case) -> None:
    found = bare(case.text)
    assert names(found) == case.kinds
    assert {name: found[0].fields.get(name) for name in case.fields} == case.fields
    assert found[0].line == case.line
    assert tuple(wrapper.id for wrapper in found[0].wrappers) == case.wrappers


DRESSES: dict[str, Callable[[str], str]] = {
    "box": boxed,
    "GitHub": stamped,
    "box in GitHub": lambda text: stamped(boxed(text)),
    "Terragrunt": lambda text: "\n".join(f"10:11:12.123 ERROR  [app] terraform: {line}" for line in text.split("\n")),
    "klog": lambda text: "\n".join(f"E1102 10:11:12.123456       1 main.go:12] {line}" for line in text.split("\n")),
    "quoted": lambda text: "\n".join(f"> {line}" for line in text.split("\n")),
    "terminal": lambda text: "\n".join(broken(line, 100) for line in text.split("\n")),
    "Windows": lambda text: text.replace("\n", "\r\n"),
    "JSON": json.dumps,
    "Python": repr,
    "HTML": html.escape,
    "capitals": str.upper,
}


SINGLE = [case for case in TABLE if len(case.kinds) == 1 and case.kinds[0] and "broken" not in case.name]


@pytest.mark.parametrize(
    ("dress", "case"),
    [(dress, case) for at, dress in enumerate(DRESSES.values()) for case in SINGLE[at % some(3, 1) :: some(3, 1)]],
)
def test_clothes_do_not_matter(case: Case, dress: Callable[[str], str]) -> None:
    found = recognise(dress(case.text))
    assert names(found) == case.kinds
    if dress is not str.upper:
        assert found[0].fields.target == bare(case.text)[0].fields.target


PROGRAMS: dict[str, Callable[[str], str]] = {
    "gh run view --log": lambda text: "\n".join(
        f"deploy\tApply\t2026-01-05T10:11:12.12Z {line}" for line in text.split("\n")
    ),
    "Docker Compose": lambda text: "\n".join(f"web-1  | {line}" for line in text.split("\n")),
    "wrapped": lambda text: "\n".join(
        part
        for line in text.split("\n")
        for part in textwrap.wrap(line, 80, break_long_words=False, break_on_hyphens=False) or [""]
    ),
    "Java": lambda text: (
        f'Exception in thread "main" java.lang.RuntimeException: {text}\n\tat com.example.Main.run(Main.java:10)\n'
        f"\tat java.lang.Thread.run(Thread.java:829)\nCaused by: java.io.IOException: {text}\n\t... 3 more"
    ),
    "gRPC": lambda text: (
        "<_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.PERMISSION_DENIED\n"
        f"\tdetails = {json.dumps(text)}\n\tdebug_error_string = "
        f'"UNKNOWN:Error received from peer ipv4:1.2.3.4:443 {{grpc_message:{json.dumps(text)}, grpc_status:7}}"\n>'
    ),
    "a log of JSON in JSON": lambda text: json.dumps({"jsonPayload": {"msg": json.dumps({"err": text})}}, indent=1),
}
EXAMPLES = [(kind.id, example) for kind in error_kinds() for example in kind.examples if not kind.wrapper]


@pytest.mark.parametrize("kind", error_kinds(), ids=lambda kind: kind.id)
def test_each_example_of_a_document_is_recognised(kind: ErrorKind) -> None:
    for example in kind.examples:
        (found,) = bare(example.text)
        assert found.kind is kind
        assert {field: found.fields.get(field) for field in example.fields} == example.fields


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=[kind for kind, _ in EXAMPLES])
def test_a_program_around_an_example_does_not_matter(number: int) -> None:
    """In the suite each example is in one of the programs, the next example in the next one."""
    kind, example = EXAMPLES[number]
    step = some(len(PROGRAMS), 1)
    for name in list(PROGRAMS)[number % step :: step]:
        found = recognise(PROGRAMS[name](example.text))[0]
        assert found.kind is not None, name
        assert found.kind.id == kind, name
        assert found.fields.permission == bare(example.text)[0].fields.permission, name
        assert {field: found.fields.get(field) for field in example.fields} == example.fields, name


def test_a_line_that_begins_where_a_word_had_no_room_goes_on() -> None:
    """The address is longer than the line, so that the line before it is short."""
    found = recognise(
        "googleapi: Error 403: Kubernetes Engine Service Agent is missing required\n"
        "permissions on this project. See\n"
        "https://cloud.google.com/kubernetes-engine/docs/troubleshooting#gke_service_account_deleted\n"
        'for more info: required "container.hostServiceAgent.use" permission(s) for\n'
        '"projects/shop"., forbidden'
    )
    assert found[0].fields.permission == "container.hostServiceAgent.use"
    assert found[0].fields.resource == "projects/shop"


@pytest.mark.parametrize(
    "frame",
    [
        "at java.lang.Thread.run(Thread.java:829)",
        "at com.example.storage.Buckets.get(Buckets.java:7)",
        "File google.cloud.storage.client.list()",
    ],
)
def test_a_frame_of_a_stack_is_no_permission(frame: str) -> None:
    (found,) = recognise(f"PERMISSION_DENIED: The caller does not have permission\n\t{frame}")
    assert found.fields.permission == ""


# -- several errors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind"),
    [(TOKEN_DENIED, "token-denied"), (payload(API_OFF, "SERVICE_DISABLED", x="y"), "api-disabled-iamcredentials")],
)
def test_a_reason_whose_payload_is_cut_off_is_of_its_message(text: str, kind: str) -> None:
    cut = text[: text.index('"domain"')]
    assert names(recognise(cut)) == [kind]
    other = '"message": "nicht erlaubt", "reason": "IAM_PERMISSION_DENIED", "permission": "storage.buckets.get"'
    assert names(recognise(cut + other)) == [kind, "target-rights-missing"]


@pytest.mark.parametrize(
    "command", ["gcloud.iam.service-accounts.keys.create", "gcloud.projects.list", "gcloud.beta.run"]
)
def test_the_command_of_gcloud_is_no_permission(command: str) -> None:
    (found,) = recognise(f"ERROR: ({command}) PERMISSION_DENIED: The caller does not have permission")
    assert found.fields.permission == ""


def test_consequences_name_what_explains_them() -> None:
    (case,) = (one for one in TABLE if one.name.startswith("the sign-in"))
    assert [one.explained_by for one in recognise(case.text)] == [None, 0, 0]


def test_an_error_before_the_cause_is_no_consequence_of_it() -> None:
    found = recognise(f"Error: google: could not find default credentials.\n\nError: googleapi: Error 403: {DENIED}\n")
    assert names(found) == ["adc-not-found", "token-denied"]
    assert [one.explained_by for one in found] == [None, None]


def test_errors_that_have_nothing_to_do_with_each_other_stay_apart() -> None:
    found = recognise(f"Error: {DENIED}\n\nError: {API_OFF}\n")
    assert names(found) == ["token-denied", "api-disabled-iamcredentials"]
    assert [one.explained_by for one in found] == [None, None]


def test_the_account_of_one_error_is_not_read_for_another() -> None:
    first, second = recognise(f"Error: Current user cannot act as service account {TARGET}.\nError: {DENIED}\n")
    assert (first.fields.target, second.fields.target) == (TARGET, "")


OTHER = "other@orchard-prod.iam.gserviceaccount.com"


@pytest.mark.parametrize(
    "text",
    [
        f"10:11:11 INFO using service account {OTHER}\n10:11:12 WARN {DENIED}\n10:11:13 INFO service account {OTHER}",
        f"Impersonating service account {OTHER}\n\nthe call failed: {DENIED}\n\nservice account {OTHER} is idle",
        stamped(f"Activated service account credentials for: [{OTHER}]\nfailed: {DENIED}\nfor email {OTHER}"),
        f"{DENIED}\nservice account {OTHER} is used elsewhere",
    ],
)
def test_what_another_line_of_a_log_names_is_not_read(text: str) -> None:
    (found,) = recognise(text)
    assert (found.fields.target, found.fields.resource, found.fields.principal) == ("", "", "")


def test_two_errors_of_one_line_share_no_values() -> None:
    first, second = recognise(
        f"Current user cannot act as service account {TARGET}. {CALLER} does not have storage.objects.get access to x."
    )
    assert (first.fields.target, first.fields.principal) == (TARGET, "")
    assert (second.fields.target, second.fields.principal) == ("", CALLER)


def test_a_sentence_that_is_wrapped_between_words_is_read_whole() -> None:
    (found,) = recognise(
        boxed(
            "Error: Error creating Service: googleapi: Error 403: Permission\n'iam.serviceaccounts.actAs' denied on"
            f" service account\n{TARGET} (or it may not\nexist)., forbidden"
        )
    )
    assert found.fields.target == TARGET


def test_an_error_that_is_tried_again_is_counted() -> None:
    (found,) = recognise("\n".join(f"10:11:{i:02} WARN retry {i}: {DENIED}" for i in range(5)))
    assert found.times == 5


def test_what_a_later_occurrence_states_is_added() -> None:
    (found,) = recognise(f"10:11:12 WARN {DENIED}\n10:11:13 ERROR {TOKEN_DENIED}")
    assert found.fields.target == TARGET
    assert found.line == 1


def test_a_wrapper_alone_is_all_that_is_known() -> None:
    (found,) = recognise(f"ERROR: (gcloud.storage.ls) Failed to impersonate [{TARGET}].")
    assert found.kind
    assert (found.kind.id, found.kind.wrapper, found.fields.target) == (
        "wrap-gcloud-failed-to-impersonate",
        True,
        TARGET,
    )


def test_a_message_of_no_known_kind_says_what_it_names() -> None:
    (found,) = recognise(f"Error 403: {CALLER} has no storage.objects.get on projects/orchard-prod/buckets/x")
    assert found.kind is None
    assert found.stage is None
    assert set(found.mentions) == {
        ("email", CALLER),
        ("permission", "storage.objects.get"),
        ("resource", "projects/orchard-prod/buckets/x"),
        ("project", "orchard-prod"),
    }


@pytest.mark.parametrize(
    ("text", "values"),
    [
        # a name that is masked in part is not read: its beginning is another name
        (
            "Error 403: Permission 'a.b.get' denied for resource 'projects/<project>/secrets/s' (or it may not exist)",
            {},
        ),
        (
            "Enable it by visiting https://console.developers.google.com/apis/api/run.googleapis.com/overview?project=1***5",
            {},
        ),
        (
            "Permission 'a.b.get' denied on resource 'projects/shop/secrets/s' (or it may not exist)",
            {"resource": "projects/shop/secrets/s"},
        ),
        # as deny policies and newer services write a permission
        (
            "Permission iam.googleapis.com/denypolicies.create denied on resource",
            {"permission": "iam.denypolicies.create"},
        ),
        (
            "Permission cloudresourcemanager.googleapis.com/projects.get denied on resource",
            {"permission": "resourcemanager.projects.get"},
        ),
        ("Permission cloudkms.googleapis.com/keyRings.get denied on resource", {"permission": "cloudkms.keyRings.get"}),
    ],
)
def test_a_name_is_read_whole_or_not_at_all(text: str, values: dict[str, str]) -> None:
    found = recognise(text)[0].fields
    assert {name: found.get(name) for name in ("project", "resource", *values)} == {
        "project": "",
        "resource": "",
        **values,
    }


@pytest.mark.parametrize("text", ["", " \n\t\r\n ", "\x1b[31m\x1b[0m", "│\n╵"])
def test_nothing_is_recognised_in_nothing(text: str) -> None:
    assert recognise(text) == ()


# -- a thousand logs -----------------------------------------------------------------------------------------------

ONES = [example.text for kind in error_kinds() for example in kind.examples[:1]]
NOISE = st.sampled_from(
    [
        "",
        "\n",
        "Error: ",
        "\x1b[31m",
        "│ ",
        "╷\n",
        "╵\n",
        "{",
        "}",
        '"',
        "\\",
        "\\n",
        "%40",
        "&#39;",
        "2026-11-02T10:11:12Z ",
        "x" * 80,
    ]
)


CHAIN = """Error setting IAM policy for project "lake-prod": googleapi: Error 400: Service account
service-740000000001@cloudcomposer-accounts.iam.gserviceaccount.com does not exist., badRequestError: Cannot fetch ID
token in this environment, use GCE or set the GOOGLE_APPLICATION_CREDENTIALS environment variable to a service account
credentials JSON file.Error: google-github-actions/auth failed with: failed to generate Google Cloud federated token for
//iam.googleapis.com/projects/730000000011/locations/global/workloadIdentityPools/github/providers/orchard:
{"error":"unauthorized_client","error_description":"The given credential is rejected by the attribute condition."}"""


@pytest.mark.parametrize("text", [CHAIN, CHAIN.replace("\n", " ")])
def test_each_consequence_follows_its_cause(text: str) -> None:
    found = recognise(text)
    assert len(found) == 3
    assert all(one.explained_by is None or one.explained_by < place for place, one in enumerate(found))


@settings(max_examples=some(20, 200), deadline=None)
@given(st.lists(st.one_of(st.sampled_from(ONES), NOISE, st.text(CHARACTERS, max_size=40)), max_size=12).map("".join))
def test_it_never_raises(text: str) -> None:
    found = recognise(text)
    lines = text.count("\n") + text.count("\r") + 1
    for place, one in enumerate(found):
        assert 1 <= one.line <= lines
        assert one.times >= 1
        if one.explained_by is not None:
            assert one.explained_by < place
    assert recognise(text) == found


@settings(max_examples=some(15, 150), deadline=None)
@given(st.sampled_from(TABLE), st.integers(0, 400))
def test_a_text_that_is_cut_anywhere_is_read(case: Case, at: int) -> None:
    recognise(case.text[at:])
    recognise(case.text[:at])


# -- bounds --------------------------------------------------------------------------------------------------------

HOSTILE = {
    "backslashes": "\\",
    "escapes": "\x1b[",
    "operating system commands": "\x1b]",
    "spaces": " ",
    "lines": "\n",
    "letters": "a.",
    "accounts": "a@b.c ",
    "percents": "%41",
    "entities": "&#65;",
    "times": "2026-11-28T05:57:36Z ",
    "starts": "Error: 403 forbidden\n",
    "boxes": "╷\n│ 403 forbidden\n╵\n",
    "half a fragment": "Permission 'a",
    "the other half": "' denied",
    "whole fragments": f"{DENIED} ",
    "general ones": "x@y.example does not have a.b.get access to ",
    "many kinds": f"Robot is disabled {DENIED} Invalid JWT Signature CONSUMER_INVALID The caller lacks it ",
    "wide lines": "x" * 79 + "\n",
    "keys": 'key: "service" value: ',
    "objects": TOKEN_DENIED + "\n" + SCOPES + "\n",
}


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_takes_linear_time(unit: str) -> None:
    error_kinds()

    def cost(size: int) -> float:
        text = (unit * (size // len(unit) + 1))[:size]
        start = time.process_time()
        recognise(text)
        return time.process_time() - start

    small, large = cost(LARGEST // 256), cost(LARGEST // 32)
    assert large < max(8 * small * 3, 0.1), f"{small:.2f} s, {large:.2f} s"


def test_of_a_text_that_is_too_long_the_middle_is_left_out_and_said_so() -> None:
    text = f"Error: {DENIED}\n" + "so many words\n" * 80_000 + f"Error: project {NUMBER}: {API_OFF}\n"
    found = recognise(text)
    assert names(found) == ["token-denied", "api-disabled-iamcredentials"]
    assert {one.unread for one in found} == {len(text) - LARGEST}
    assert [one.line for one in found] == [1, 80_002]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            "User [ana@example.com] does not have permission to access projects instance\n[shop] (or it may not exist)",
            True,
        ),
        (
            "ERROR: (gcloud.x) HTTPError 403: User does not have permission to access b instance\n[my-bucket] (or so)",
            True,
        ),
        ("Permission 'iam.serviceAccounts.actAs' denied on the service account of the project\n[shop] and more", True),
        ("The first line of this log ends as a sentence does, with a period.\n[main] Permission denied", False),
        (
            "2026-01-05 10:11:12 the line before has the prefix of a log of its own, too\n[main] Permission denied",
            False,
        ),
        (
            "[main] the line before has the prefix of a log of its own, as all of this log\n[main] Permission denied",
            False,
        ),
        ("short\n[main] Permission denied", False),
        ("[main] Permission denied", False),
    ],
)
def test_a_name_in_brackets_that_a_sentence_goes_on_with_is_no_prefix(text: str, kept: bool) -> None:
    last = text.rsplit("\n", maxsplit=1)[-1]
    assert ErrorText(text).plain.split("\n")[-1] == (last if kept else last.partition(" ")[2])
