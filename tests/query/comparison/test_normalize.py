from __future__ import annotations

import copy
from typing import Any

import pytest

from mirror.flux.content import content_digest
from query.comparison.diff import diff
from query.comparison.normalize import normalise, token
from tests.query.manifests import (
    Document,
    config_map,
    deployment,
    git_repository,
    helm_release,
    kustomization,
    manifest,
)


def waits_for(*names: str, **more: str) -> Document:
    return kustomization("a", dependsOn=[{"name": name, **more} for name in names])


def values_from(*names: str, **more: str) -> Document:
    return helm_release(valuesFrom=[{"kind": "ConfigMap", "name": name, **more} for name in names])


def in_values(*way: Any) -> Document:
    """A release with one value: the last of these, at the place that the others name."""
    values = way[-1]
    for name in reversed(way[:-1]):
        values = {name: values}
    return helm_release(values=values)


def values_of(document: Document) -> Document:
    values: Document = document["spec"]["values"]
    return values


def spec(document: Document) -> Document:
    tree: Document = normalise(document)["spec"]
    return tree


def test_identity_status_and_server_side_metadata_do_not_count() -> None:
    other = copy.deepcopy(helm_release())
    other["metadata"] |= {"uid": "2", "resourceVersion": "7", "generation": 9, "finalizers": ["x"]}
    other["apiVersion"] = "helm.toolkit.fluxcd.io/v2beta2"
    other["status"] = {}
    assert normalise(other) == normalise(helm_release())


def test_marks_of_controllers_do_not_count_those_of_people_do() -> None:
    labels = {"app": "web", "kustomize.toolkit.fluxcd.io/name": "apps", "pod-template-hash": "x"}
    annotations = {"reconcile.fluxcd.io/requestedAt": "now", "team": "a", "meta.helm.sh/release-name": "x"}
    tree = normalise(deployment("web", labels=labels, annotations=annotations))
    assert tree["metadata"] == {"labels": {"app": "web"}, "annotations": {"team": "a"}}
    assert "metadata" not in normalise(deployment("web", labels={"pod-template-hash": "x"}))


def test_marks_of_pod_templates_are_treated_alike() -> None:
    document = deployment("web")
    document["spec"]["template"]["metadata"] = {
        "creationTimestamp": None,
        "annotations": {"kubectl.kubernetes.io/restartedAt": "now"},
        "labels": {"app": "web"},
    }
    assert spec(document)["template"]["metadata"] == {"labels": {"app": "web"}}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (kustomization("a", interval="1h"), kustomization("a", interval="60m")),
        (kustomization("a", suspend=False, force=False, wait=False), kustomization("a")),
        (kustomization("a", deletionPolicy="MirrorPrune"), kustomization("a")),
        (waits_for("b", namespace="flux-system"), waits_for("b")),
        (waits_for("b", "c"), waits_for("c", "b")),
        (git_repository("x", timeout="60s"), git_repository("x")),
        (git_repository("x", ignore=None), git_repository("x")),
        (helm_release(install={"strategy": {"name": "RemediateOnFailure"}}), helm_release()),
        (values_from("v", valuesKey="values.yaml"), values_from("v")),
    ],
)
def test_what_flux_would_fill_in_is_the_same_as_nothing(one: Document, other: Document) -> None:
    assert token(normalise(one)) == token(normalise(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (kustomization("a", interval="1h"), kustomization("a", interval="61m")),
        (kustomization("a", suspend=True), kustomization("a")),
        (waits_for("b", namespace="x"), waits_for("b")),
        (helm_release(values={"a": None}), helm_release(values={})),
        (helm_release(values={"cpu": "1000m"}), helm_release(values={"cpu": "1"})),
        (helm_release(values={"interval": "60m"}), helm_release(values={"interval": "1h"})),
        (in_values("resources", "cpu", "1000m"), in_values("resources", "cpu", "1")),
        (in_values("limits", "cpu", "1000m"), in_values("limits", "cpu", "1")),
        (
            in_values("resources", "limits", "timeout", "60m"),
            in_values("resources", "limits", "timeout", "1h"),
        ),
        (in_values("resources", "limits", "users", "1000m"), in_values("resources", "limits", "users", "1")),
        (in_values("resources", "limits", "cpu", "2"), in_values("resources", "limits", "cpu", "1")),
        (
            in_values("resources", "limits", "cpu", "max", "1000m"),
            in_values("resources", "limits", "cpu", "max", "1"),
        ),
        (in_values("resources", "limits", "cpu", None), in_values("resources", "limits", {})),
        (config_map("x", {"resources.limits.cpu": "1000m"}), config_map("x", {"resources.limits.cpu": "1"})),
        (helm_release(values={"env": ["a", "b"]}), helm_release(values={"env": ["b", "a"]})),
        (helm_release(values={"suspend": False}), helm_release(values={})),
        (values_from("a", "b"), values_from("b", "a")),
    ],
)
def test_what_somebody_decided_counts(one: Document, other: Document) -> None:
    assert token(normalise(one)) != token(normalise(other))


def test_quantities_are_compared_by_value() -> None:
    one, other = deployment("web"), deployment("web")
    for document, cpu, memory in ((one, "1000m", "1Gi"), (other, 1, "1024Mi")):
        container = document["spec"]["template"]["spec"]["containers"][0]
        container["resources"] = {"limits": {"cpu": cpu, "memory": memory}}
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize("way", [(), ("worker",), ("global", "sidecar")])
@pytest.mark.parametrize("part", ["limits", "requests"])
@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("cpu", "1000m", "1"),
        ("cpu", 0.5, "500m"),
        ("memory", "1Gi", "1024Mi"),
        ("storage", "2048Gi", "2Ti"),
        ("ephemeral-storage", "1000M", "1G"),
    ],
)
def test_charts_have_quantities_in_their_resources(
    way: tuple[str, ...], part: str, name: str, one: Any, other: Any
) -> None:
    spellings = [in_values(*way, "resources", part, name, value) for value in (one, other)]
    listed = [in_values("extra", [values_of(spelling)]) for spelling in spellings]
    assert token(normalise(spellings[0])) == token(normalise(spellings[1]))
    assert token(normalise(listed[0])) == token(normalise(listed[1]))


def test_a_document_in_a_config_map_is_text() -> None:
    """Nobody knows who reads it; its fields are told apart as they are written."""
    texts = (f"resources: {{limits: {{cpu: {cpu}}}}}" for cpu in ("1000m", '"1"'))
    one, other = (config_map("x", {"values.yaml": text}) for text in texts)
    (found,) = diff({"a": normalise(one), "b": normalise(other)})
    assert found.path == 'data["values.yaml"].resources.limits.cpu'


def test_sets_are_sorted_by_name_not_by_content() -> None:
    container = {"name": "b", "image": "1"}
    documents = [deployment("web"), deployment("web")]
    for document, image in zip(documents, ("0", "2"), strict=True):
        items = [{"name": "c", "image": "1"}, {**container, "command": [image]}]
        document["spec"]["template"]["spec"]["containers"] = items
    names = [
        [item["name"] for item in spec(document)["template"]["spec"]["containers"]] for document in documents
    ]
    assert names == [["b", "c"], ["b", "c"]]


def test_what_the_server_assigns_to_a_service_does_not_count() -> None:
    ports = [{"name": "http", "port": 80, "nodePort": 30_080}]
    document = manifest(
        "v1", "Service", "web", spec={"clusterIP": "10.0.0.1", "ports": ports, "type": "NodePort"}
    )
    assert spec(document) == {"ports": [{"name": "http", "port": 80}], "type": "NodePort"}


def test_a_headless_service_says_so_itself() -> None:
    headless = manifest("v1", "Service", "web", spec={"clusterIP": "None", "clusterIPs": ["None"]})
    assert spec(headless) == {"clusterIP": "None"}
    given = manifest("v1", "Service", "web", spec={"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"]})
    other = manifest("v1", "Service", "web", spec={"clusterIP": "10.9.9.9", "clusterIPs": ["10.9.9.9"]})
    digests = [
        content_digest(each, health="Ready", reason="", revision="") for each in (headless, given, other)
    ]
    assert digests[0] != digests[1] == digests[2]


def test_the_document_is_left_alone() -> None:
    document = kustomization("a", interval="60m", dependsOn=[{"name": "c"}, {"name": "b"}])
    before = copy.deepcopy(document)
    normalise(document)
    assert document == before
