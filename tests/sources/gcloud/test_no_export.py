import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from iamlint.location import SourceText
from iamlint.sources.gcloud import export
from iamlint.sources.gcloud.export import read_export
from iamlint.sources.gcloud.recognition.no_export import is_no_export, may_hold_bindings
from iamlint.sources.reading import Options

TESTDATA = Path(__file__).parents[3] / "testdata"
WORDS = """
apiVersion kind name id policy type title stage roles/viewer projects/p/roles/r spec constraint booleanPolicy parent
folders/1 organizations/2 owner bindings Bindings MEMBERS members Role role etag version ACLs user:ana@example.com
allUsers project assetType metadata annotations iam.gke.io/gcp-service-account ServiceAccount v1 items List resource
""".split()


def texts() -> Iterator[tuple[str, str]]:
    for path in sorted(TESTDATA.rglob("*")):
        if path.suffix in (".json", ".yaml", ".yml") and path.stat().st_size < 20_000:
            try:
                yield path.suffix, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def changed(chance: random.Random, text: str) -> str:
    """The text with a few words left out or replaced, so that it may be something else."""
    parts = re.split(r"(\w[\w/.:@-]*)", text)
    for _ in range(chance.randint(0, 6)):
        at = chance.randrange(len(parts))
        parts[at] = chance.choice(
            [*WORDS, "", "x", "\n", '"', "'", "{", "\\u0062indings", "\\u2014", "\\n", '\\"', "\\/", "\\\n"]
        )
    return "".join(parts)


def made(chance: random.Random) -> str:
    lines = []
    for _ in range(chance.randint(1, 6)):
        value = chance.choice(
            [*WORDS, "[]", "", "[user:a@example.com]", "\n  role: roles/owner\n  members: [allUsers]"]
        )
        lines.append(f"{chance.choice(['', '', '- ', '? ', '  '])}{chance.choice(WORDS)}: {value}")
    return "\n".join(lines)


def unfiltered(monkeypatch: pytest.MonkeyPatch, suffix: str, text: str) -> object:
    with monkeypatch.context() as patch:
        patch.setattr(export, "is_no_export", lambda _text, is_json: False)
        return read_export(SourceText(f"data/some{suffix}", text), Options(), named=False)


def test_what_is_left_out_by_its_words_has_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    chance, left_out = random.Random(7), 0
    known = list(texts())
    for number in range(2_500):
        suffix, text = chance.choice(known)
        text = changed(chance, text) if number % 2 else made(chance)
        if is_no_export(text, is_json=suffix == ".json"):
            left_out += 1
            assert unfiltered(monkeypatch, suffix, text) is None, text
    assert left_out > 200


@pytest.mark.parametrize(
    "text",
    [
        '{"\\u0062indings": [{"role": "roles/owner", "members": ["allUsers"]}]}',
        '{"\\u00a0bindings": [{"role": "roles/owner", "members": ["allUsers"]}]}',
        '{"\\x62indings": [{"role": "roles/owner", "members": ["allUsers"]}]}',
        '"\\_bindings":\n- role: roles/owner\n  members: [allUsers]\n',
        "b-indings:\n- ROLE: roles/owner\n  Members: [allUsers]\n",
        "apiVersion: iam.cnrm.cloud.google.com/v1beta1\nkind: IAMPolicyMember\n",
        "? bindings\n: - role: roles/owner\n    members: [allUsers]\n",
    ],
)
def test_what_may_grant_is_not_left_out(text: str) -> None:
    assert not is_no_export(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"version": 1}',
        '{"version": 1, "etag": "BwX="}\n{"etag": "BwY="}',
        '[{"name": "x"}, {"auditConfigs": []}]',
        '{"apiVersion" : "v1", "kind"\n:"List"}',
        '{"stdout": "{\\"bindings\\": [{\\"members\\": [\\"allUsers\\"], \\"role\\": \\"roles/viewer\\"}]}"}',
        '{"x": {"MEMBERS": ["allUsers"], "Role": "roles/viewer"}}',
        '{"kind": "DenyPolicy"}',
    ],
)
def test_json_that_may_mean_something_is_not_left_out(text: str) -> None:
    assert not is_no_export(text, is_json=True)


@pytest.mark.parametrize(
    "text",
    [
        '{"lockfileVersion": 3, "packages": {"node_modules/policy": {"version": "1.0.0"}, "x" : {"version": "2"}}}',
        '{"id": 1, "tags": ["policy", "type", "kind", "apiVersion", "constraint"], "booleanPolicy": true}',
        '{"policy.id": "a policy \\u003cb\\u003e of a type", "type": "x", "id": "y"}',
        '{"members": ["ana"], "role": "admin"}',
    ],
)
def test_json_with_the_words_elsewhere_is_left_out(text: str) -> None:
    assert is_no_export(text, is_json=True)
    assert not may_hold_bindings(text)


@pytest.mark.parametrize(
    "text",
    [
        "steps:\n- name: gcr.io/cloud-builders/docker\n  args: [build, roles/x, googleapis.com/y]\n",
        "processors:\n- regex: '^(\\d+) \\[(\\w+)\\]'\n  type: logging.googleapis.com/severity\n",
        '{"text": "the analysis \\u2014 and the policy \\u00e9dition"}',
    ],
)
def test_documents_of_other_programs_are_left_out(text: str) -> None:
    assert is_no_export(text)
