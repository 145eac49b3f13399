"""Keys of token issuers: uploaded ones, and those that Google fetches from the issuer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from diagnosis.small_inputs import ACCOUNT, POOL, WORKLOAD, ask, grant, outcome, pool_member, provider

from iamlint.diagnosis.callers.issuer_keys import unusable_keys
from iamlint.facts import Declaration, Place, Provider
from iamlint.location import Location
from iamlint.unknown import Unknown

CLUSTER = "https://kubernetes.default.svc.cluster.local"
SUBJECT = "system:serviceaccount:web:app"
GRANTED = ACCOUNT + POOL + grant(pool_member(f"subject/{SUBJECT}", "principal"), WORKLOAD)
MAPPING = '"google.subject" = "assertion.sub"'
KEY = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k1", "n": "AQAB", "e": "AQAB"}
UPLOADED = f"jwks_json = {json.dumps(json.dumps({'keys': [KEY]}))}"
UNREACHABLE = '{"error":"invalid_grant","error_description":"Error connecting to the given credential\'s issuer."}'
CALL = {"caller": f"oidc:{SUBJECT}", "claims": {"iss": CLUSTER}}


def of(keys: str) -> str:
    """Terraform of a provider of the cluster's own issuer."""
    return GRANTED + provider(mapping=MAPPING, issuer=CLUSTER, more=keys)


def test_an_issuer_inside_a_network_needs_uploaded_keys(tmp_path: Path) -> None:
    answer = ask(tmp_path, of(""), **CALL)
    assert outcome(answer) == ("fails", "federation")
    assert "cannot reach kubernetes.default.svc.cluster.local" in answer.headline
    assert answer.fix.gcloud.endswith("--jwk-json-path=keys.json")


def test_uploaded_keys_are_not_checked_against_the_token(tmp_path: Path) -> None:
    answer = ask(tmp_path, of(UPLOADED), **CALL)
    assert outcome(answer) == ("works", None)
    assert any("kid" in text for text in answer.not_in_input)


def test_keys_that_are_not_known_refuse_nothing(tmp_path: Path) -> None:
    variable = 'variable "keys" {\n  type = string\n}\n'
    assert outcome(ask(tmp_path, of("jwks_json = var.keys") + variable, **CALL)) == ("works", None)


@pytest.mark.parametrize(("keys", "verdict"), [("", "fails"), (UPLOADED, "not-iam")])
def test_an_issuer_that_google_cannot_reach(tmp_path: Path, keys: str, verdict: str) -> None:
    answer = ask(tmp_path, of(keys), **CALL, error=UNREACHABLE)
    assert answer.verdict == verdict
    if keys:
        told = [stage.message for stage in answer.stages if stage.name == "token exchange"]
        assert "Google does not ask the issuer" in told[0]


def test_an_exported_provider_has_its_keys(tmp_path: Path) -> None:
    name = "projects/2345678901/locations/global/workloadIdentityPools/gh/providers/p"
    exported = {
        "name": name,
        "state": "ACTIVE",
        "attributeMapping": {"google.subject": "assertion.sub"},
        "oidc": {"issuerUri": CLUSTER, "jwksJson": json.dumps({"keys": [{**KEY, "x5c": ["AQAB"]}]})},
    }
    answer = ask(tmp_path, {"main.tf": GRANTED, "provider.json": json.dumps(exported)}, **CALL, provider=name)
    assert outcome(answer) == ("fails", "federation")
    assert "x5c, which Google refuses" in answer.headline


AT = Declaration(Location("main.tf"))


@pytest.mark.parametrize(
    ("issuer", "keys", "part"),
    [
        ("https://10.0.0.7:8443", None, "cannot reach 10.0.0.7"),
        ("https://[fd00::1]/", None, "cannot reach fd00::1"),
        ("https://localhost:8443/issuer", None, "cannot reach localhost"),
        ("https://ghe/_services/token", None, "cannot reach ghe"),
        ("https://vault.corp.internal", None, "cannot reach vault.corp.internal"),
        ("https://vault.corp.internal", json.dumps({"keys": [KEY]}), ""),
        ("https://vault.corp.internal", Unknown("a file"), ""),
        ("https://token.actions.githubusercontent.com", None, ""),
        ("https://8.8.8.8", None, ""),
        ("https://[bad", None, ""),
        ("", None, ""),
        ("https://issuer.example.com", "no JSON", "not JSON"),
        ("https://issuer.example.com", "[]", "no list of keys"),
        ("https://issuer.example.com", '{"keys": []}', "no list of keys"),
        ("https://issuer.example.com", "[" * 100_000, "not JSON"),
        ("https://issuer.example.com", json.dumps({"keys": [{**KEY, "x5t": "a"}]}), "x5t"),
    ],
)
def test_what_google_can_do_with_the_keys(issuer: str, keys: str | Unknown | None, part: str) -> None:
    found = unusable_keys(Provider("pool", "p", AT, Place(AT.at), "oidc", issuer, keys=keys))
    assert (part in found) if part else found == ""


def test_other_protocols_have_no_such_keys() -> None:
    assert unusable_keys(Provider("pool", "p", AT, Place(AT.at), "aws", "123456789012")) == ""
