from __future__ import annotations

import copy
import re
from typing import Any

import msgspec
import pytest

from mirror.flux.redaction import Redactor
from tests.mirror.flux.objects import Document, flux_object

REDACTOR = Redactor(b"k" * 32)
MASKED = re.compile(r"<masked:[0-9a-f]{12}>")


def release(values: Document) -> Document:
    return flux_object("HelmRelease", spec={"values": values})


def values_of(values: Document) -> Any:
    return REDACTOR.redact(release(values))["spec"]["values"]


def config_map(**data: str) -> Document:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": data}


def masked(value: object) -> bool:
    return isinstance(value, str) and MASKED.fullmatch(value) is not None


def test_equal_secrets_look_equal_and_different_ones_different() -> None:
    shown = values_of({"a": {"password": "one"}, "b": {"token": "one"}, "c": {"token": "two"}})
    assert shown["a"]["password"] == shown["b"]["token"] != shown["c"]["token"]
    assert masked(shown["c"]["token"])


def test_another_key_gives_other_fingerprints() -> None:
    other = Redactor(b"other").redact(release({"password": "one"}))
    assert other["spec"]["values"] != values_of({"password": "one"})


def test_a_redactor_without_a_key_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a key"):
        Redactor(b"")


def test_the_argument_is_not_changed_and_clean_parts_are_shared() -> None:
    obj = release({"password": "x", "image": {"tag": "1"}})
    before = copy.deepcopy(obj)
    clean = REDACTOR.redact(obj)
    assert obj == before
    assert clean["spec"]["values"]["image"] is obj["spec"]["values"]["image"]


@pytest.mark.parametrize("extra", [{}, {"metadata": {"managedFields": [{}]}}])
def test_managed_fields_and_copies_of_the_spec_are_dropped(extra: Document) -> None:
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": "{}", "team": "a"}
    obj = flux_object("Kustomization", annotations=annotations, managedFields=[{"manager": "x"}])
    assert REDACTOR.redact(obj)["metadata"] == {
        "name": "web",
        "namespace": "apps",
        "generation": 1,
        "annotations": {"team": "a"},
    }


def test_of_a_secret_only_metadata_and_type_are_left() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "x", "annotations": {"api-token": "t"}},
        "type": "Opaque",
        "data": {"a": "Yg=="},
        "stringData": {"a": "b"},
        "whatever": 1,
    }
    clean = REDACTOR.redact(secret)
    assert set(clean) == {"apiVersion", "kind", "metadata", "type"}
    assert masked(clean["metadata"]["annotations"]["api-token"])


def test_an_object_without_a_kind_could_be_a_secret() -> None:
    assert REDACTOR.redact({"metadata": {"name": "x"}, "data": {"a": "b"}}) == {"metadata": {"name": "x"}}


def test_secrets_embedded_in_other_objects_lose_their_data() -> None:
    secret = {
        "kind": "Secret",
        "metadata": {"name": "x"},
        "data": {"user": "one"},
        "stringData": {"n": 2, "b": True},
    }
    shown = values_of({"extraObjects": [secret]})["extraObjects"][0]
    assert shown["metadata"] == {"name": "x"}
    assert masked(shown["data"]["user"])
    assert masked(shown["stringData"]["n"])


def test_references_to_secrets_stay_readable() -> None:
    values = {
        "existingSecret": "web",
        "auth": {"existingSecret": "db", "secretKeys": {"adminPasswordKey": "postgres-password"}},
        "imagePullSecrets": ["registry", {"name": "other"}],
        "tls": [{"secretName": "web-tls"}],
        "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}},
        "passwordSecretRef": {"name": "db", "key": "password"},
        "tokenFile": "/var/run/token",
        "secretProvider": "vault",
        "automountServiceAccountToken": "false",
        "tokenTTL": "1h",
        "passwordLength": 12,
        "secret": {"enabled": "true", "name": "web"},
    }
    assert values_of(values) == values


@pytest.mark.parametrize(
    "values",
    [
        {"password": "s3cret"},
        {"password": 123456},
        {"db": {"credentials": {"user": "bob", "pin": "s3cret"}}},
        {"tokens": ["s3cret"]},
        {"apiKeys": {"a": {"b": ["s3cret"]}}},
        {"env": [{"name": "DB_PASSWORD", "value": "s3cret"}]},
        {"env": [{"name": "DB_PASSWORD", "value": 123456}]},
        {"patches": [{"op": "add", "path": "/spec/token", "value": "s3cret"}]},
        {"args": ["--password", "s3cret"]},
        {"args": ["--password=s3cret"]},
        {"url": "https://bob:s3cret@host"},
        {"config": '{"db": {"password": "s3cret"}}'},
        {"config": '{"nested": "{\\"password\\": \\"s3cret\\"}"}'},
        {"config": "db:\n  password: s3cret\n"},
        {"config": "password: s3cret"},
        {"podLabels": {"note": "https://bob:s3cret@host"}},
    ],
)
def test_inline_values_lose_their_secrets(values: Document) -> None:
    shown = msgspec.json.encode(values_of(values)).decode()
    assert "s3cret" not in shown
    assert "123456" not in shown
    assert MASKED.search(shown)


@pytest.mark.parametrize("value", ["", "true", "False", True, None, 5, 1.5])
def test_what_is_no_secret_under_any_name(value: object) -> None:
    assert values_of({"token": value}) == {"token": value}


def test_json_text_keeps_its_form_when_nothing_is_secret() -> None:
    text = '{ "a" :  [1, 2.0] }\n'
    assert values_of({"config": text}) == {"config": text}


def test_a_config_map_is_read_as_configuration() -> None:
    clean = REDACTOR.redact(
        config_map(
            API_TOKEN="t", **{"app.yaml": "log: info\npassword: s3cret\n"}, plain="secret: x", color="blue"
        )
    )
    assert masked(clean["data"]["API_TOKEN"])
    assert clean["data"]["app.yaml"].startswith("log: info\npassword: <masked:")
    assert clean["data"]["plain"].startswith("secret: <masked:")
    assert clean["data"]["color"] == "blue"


def test_binary_data_is_kept_only_as_fingerprints() -> None:
    clean = REDACTOR.redact({**config_map(), "binaryData": {"keystore.jks": "AAAA"}})
    assert masked(clean["binaryData"]["keystore.jks"])


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://hooks.example.com/services/T0/x?token=y", "https://hooks.example.com/<masked>"),
        ("https://hooks.example.com", "https://hooks.example.com"),
        ("https://bob:s3cret@host/x", "https://<masked>@host/<masked>"),
        ("projects/x/topics/y", "<masked>"),
    ],
)
def test_a_provider_shows_only_the_host_of_its_address(address: str, shown: str) -> None:
    clean = REDACTOR.redact(flux_object("Provider", spec={"address": address, "type": "slack"}))
    assert MASKED.sub("<masked>", clean["spec"]["address"]) == shown
    assert REDACTOR.redact(clean) == clean


def test_the_path_of_a_receiver_is_a_secret() -> None:
    path = "/hook/" + "0123456789abcdef" * 4
    status = {
        "webhookPath": path,
        "conditions": [{"type": "Ready", "message": f"initialized for path: {path}"}],
    }
    clean = REDACTOR.redact(flux_object("Receiver", status=status))
    assert masked(clean["status"]["webhookPath"])
    assert clean["status"]["conditions"][0]["message"].startswith("initialized for path: /hook/<masked:")


def test_metadata_of_an_alert_is_hidden_but_for_well_known_keys() -> None:
    extra = {"cluster": "staging", "summary": "all", "x": "s3cret"}
    clean = REDACTOR.redact(flux_object("Alert", spec={"eventMetadata": extra}))
    assert clean["spec"]["eventMetadata"]["cluster"] == "staging"
    assert masked(clean["spec"]["eventMetadata"]["x"])


@pytest.mark.parametrize(
    ("kind", "api_version", "body"),
    [
        ("Role", "rbac.authorization.k8s.io/v1", {"rules": [{"resources": ["secrets"], "verbs": ["get"]}]}),
        ("ResourceQuota", "v1", {"spec": {"hard": {"secrets": "10"}}}),
        (
            "CustomResourceDefinition",
            "apiextensions.k8s.io/v1",
            {"spec": {"schema": {"properties": {"password": {"type": "string", "description": "a: b"}}}}},
        ),
    ],
)
def test_schemas_rules_and_quotas_name_secrets_without_holding_any(
    kind: str, api_version: str, body: Document
) -> None:
    obj = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, **body}
    assert REDACTOR.redact(obj) == obj


def test_labels_and_selectors_are_left_alone() -> None:
    obj = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "x", "labels": {"token": "a"}},
        "spec": {"selector": {"token": "a"}},
    }
    assert REDACTOR.redact(obj) == obj


def test_a_volume_of_a_secret_is_a_reference() -> None:
    volumes = [
        {
            "name": "a",
            "secret": {
                "secretName": "tls",
                "items": [{"key": "tls.key", "path": "key.pem"}],
                "optional": True,
            },
        },
        {
            "name": "b",
            "projected": {"sources": [{"serviceAccountToken": {"path": "token", "audience": "vault"}}]},
        },
    ]
    obj = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"volumes": volumes}}
    assert REDACTOR.redact(obj) == obj


def test_a_message_is_redacted_like_any_text() -> None:
    message = "unable to clone 'https://bob:s3cret@host/x.git': authentication required"
    assert "s3cret" not in REDACTOR.redact_text(message)
    assert REDACTOR.redact_text('secrets "web" not found') == 'secrets "web" not found'
