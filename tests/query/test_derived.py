"""Edges that no object states by itself: labels, quotas, definitions, other clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mirror.keys import Resource
from query.graph.question import dependency_graph
from query.results.answer import DependencyGraph
from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Cluster, view_of
from tests.query.root_cause.fleet import OPERATOR, SYSTEM, Document

IMAGE = "image.toolkit.fluxcd.io/v1"
CERTIFICATE = Resource("cert-manager.io", "v1", "Certificate", "certificates", True)
Edge = tuple[str, str, str, str]


def graph(
    folder: Path, objects: Sequence[Document] | Mapping[str, Cluster], **question: Any
) -> DependencyGraph:
    clusters = objects if isinstance(objects, Mapping) else {"hub": Cluster(objects)}
    with view_of(folder, clusters) as view:
        return dependency_graph(view, **question)


def edges(answer: DependencyGraph) -> set[Edge]:
    """(from, relation, field, to), the cluster before the name."""
    names = [f"{node.object.cluster}:{node.object.kind}/{node.object.name}" for node in answer.nodes]
    return {
        (names[edge.from_], edge.relation, field, names[edge.to])
        for edge in answer.edges
        for field in edge.fields
    }


def states(answer: DependencyGraph) -> dict[str, tuple[str, str]]:
    return {f"{node.object.kind}/{node.object.name}": (node.health, node.reason) for node in answer.nodes}


def labelled(kind: str, name: str, api_version: str = IMAGE, **labels: str) -> Document:
    return fleet.obj(api_version, kind, name, labels=labels, spec={}, status=fleet.ready())


def test_automation_depends_on_the_policies_that_it_selects(tmp_path: Path) -> None:
    selector = {"matchExpressions": [{"key": "team", "operator": "In", "values": ["a", "b"]}]}
    spec = {"sourceRef": {"kind": "GitRepository", "name": "code"}, "policySelector": selector}
    automation = fleet.obj(IMAGE, "ImageUpdateAutomation", "bot", spec=spec, status=fleet.ready())
    policies = [labelled("ImagePolicy", "web", team="a"), labelled("ImagePolicy", "other", team="c")]
    found = edges(graph(tmp_path, [automation, *policies], kind="ImageUpdateAutomation", name="bot"))
    selected = ("hub:ImageUpdateAutomation/bot", "source", "spec.policySelector", "hub:ImagePolicy/web")
    assert selected in found
    assert not any("other" in edge[3] for edge in found)


def test_the_same_edge_is_found_from_what_is_selected(tmp_path: Path) -> None:
    inputs = {"inputsFrom": [{"selector": {"matchLabels": {"team": "a"}}}]}
    sets = fleet.obj(OPERATOR, "ResourceSet", "apps", spec=inputs, status=fleet.ready())
    provider = labelled("ResourceSetInputProvider", "branches", OPERATOR, team="a")
    answer = graph(tmp_path, [sets, provider], kind="rsip", name="branches", direction="down")
    field = "spec.inputsFrom[0].selector"
    assert edges(answer) == {
        ("hub:ResourceSet/apps", "config", field, "hub:ResourceSetInputProvider/branches")
    }


def test_a_service_leads_to_its_pods(tmp_path: Path) -> None:
    web = fleet.deployment(up=1)
    pod = fleet.pod(fleet.replica_set(web), phase="Running", labels={"app": "web", "x": "y"})
    service = fleet.plain("Service", "web", spec={"selector": {"app": "web"}})
    hook = fleet.plain(
        "ValidatingWebhookConfiguration",
        "policy",
        None,
        "admissionregistration.k8s.io/v1",
        webhooks=[{"clientConfig": {"service": {"name": "web", "namespace": "apps"}}}],
    )
    answer = graph(tmp_path, [web, pod, service, hook], kind=hook["kind"], name="policy")
    assert edges(answer) == {
        (
            "hub:ValidatingWebhookConfiguration/policy",
            "config",
            "webhooks[0].clientConfig.service",
            "hub:Service/web",
        ),
        ("hub:Service/web", "routes", "spec.selector", "hub:Pod/web-6d4b75cb6d-x2x7k"),
    }


def test_a_quota_limits_what_makes_pods_in_its_namespace(tmp_path: Path) -> None:
    web = fleet.deployment(up=1)
    objects = [
        web,
        fleet.replica_set(web),
        fleet.plain("ResourceQuota", "small"),
        fleet.plain("ResourceQuota", "small", "elsewhere"),
    ]
    limit = ("hub:ReplicaSet/web-6d4b75cb6d", "limit", "metadata.namespace", "hub:ResourceQuota/small")
    up = graph(tmp_path, objects, kind="Deployment", name="web")
    assert limit in edges(up)
    assert [node.object.namespace for node in up.nodes if node.object.kind == "ResourceQuota"] == ["apps"]


def test_down_from_a_quota(tmp_path: Path) -> None:
    web = fleet.deployment(up=1)
    objects = [web, fleet.replica_set(web), fleet.plain("ResourceQuota", "small")]
    down = graph(tmp_path, objects, kind="ResourceQuota", name="small", direction="down")
    assert [node.object.kind for node in down.nodes] == ["ResourceQuota", "ReplicaSet", "Deployment"]


def custom(*, served: bool) -> dict[str, Cluster]:
    """A Kustomization that applied a Certificate; the release that brings the kind."""
    certificate = fleet.obj("cert-manager.io/v1", "Certificate", "tls", spec={})
    definition = fleet.obj(
        "apiextensions.k8s.io/v1", "CustomResourceDefinition", "certificates.cert-manager.io", None
    )
    objects = [
        fleet.kustomization("apps", children=[certificate]),
        fleet.helm_release("cert-manager", children=[definition]),
    ]
    here = Cluster([*objects, certificate, definition], also=[CERTIFICATE]) if served else Cluster(objects)
    return {"hub": here, "other": Cluster([], also=[CERTIFICATE])}


@pytest.mark.parametrize("served", [True, False])
def test_a_custom_kind_leads_to_its_definition_and_who_provides_it(tmp_path: Path, served: bool) -> None:
    answer = graph(tmp_path, custom(served=served), kind="ks", name="apps")
    definition = "hub:CustomResourceDefinition/certificates.cert-manager.io"
    assert {
        ("hub:Certificate/tls", "definition", "apiVersion", definition),
        ("hub:HelmRelease/cert-manager", "manages", "status.inventory.entries", definition),
    } <= edges(answer)
    assert "HelmRepository/charts" not in states(answer), "what the provider needs is another question"
    found = states(answer)["Certificate/tls"]
    assert found == (("Ready", "") if served else ("Missing", "not served"))


def test_a_release_without_an_inventory_manages_what_carries_its_labels(tmp_path: Path) -> None:
    release = fleet.helm_release()
    del release["status"]["inventory"]
    labels = {"helm.toolkit.fluxcd.io/name": "shop", "helm.toolkit.fluxcd.io/namespace": "apps"}
    mine = fleet.plain("ConfigMap", "mine", labels=labels)
    other = fleet.plain("ConfigMap", "other", labels={**labels, "helm.toolkit.fluxcd.io/name": "shop-2"})
    field = "metadata.labels[helm.toolkit.fluxcd.io/name]"
    expected = ("hub:HelmRelease/shop", "manages", field, "hub:ConfigMap/mine")
    up = graph(tmp_path, [release, mine, other], kind="hr", name="shop")
    assert expected in edges(up)
    assert "ConfigMap/other" not in states(up)


def test_who_manages_by_labels_alone_is_found_from_below(tmp_path: Path) -> None:
    release = fleet.helm_release()
    del release["status"]["inventory"]
    labels = {"helm.toolkit.fluxcd.io/name": "shop", "helm.toolkit.fluxcd.io/namespace": "apps"}
    objects = [release, fleet.plain("ConfigMap", "mine", labels=labels)]
    down = graph(tmp_path, objects, kind="cm", name="mine", direction="down")
    assert [node.object.kind for node in down.nodes] == ["ConfigMap", "HelmRelease"]


APPLIED = {"kustomize.toolkit.fluxcd.io/name": "edge", "kustomize.toolkit.fluxcd.io/namespace": SYSTEM}


def elsewhere(reference: Document, *held: Document) -> list[Document]:
    """A Kustomization that works in another cluster."""
    child = fleet.plain("ConfigMap", "settings", labels=APPLIED)
    applier = fleet.kustomization("edge", children=[child], kubeConfig=reference, wait=False)
    return [fleet.git(), applier, *held]


def remote_fleet(*, here: Sequence[Document], there: str = "edge-1") -> dict[str, Cluster]:
    child = fleet.plain("ConfigMap", "settings", labels=APPLIED)
    return {"hub": Cluster(here), there: Cluster([child]), "far": Cluster([])}


def test_an_address_leads_to_the_mirrored_cluster(tmp_path: Path) -> None:
    config = fleet.plain("ConfigMap", "edge", SYSTEM, data={"cluster": "edge-1", "provider": "aws"})
    answer = graph(
        tmp_path,
        remote_fleet(here=elsewhere({"configMapRef": {"name": "edge"}}, config)),
        kind="ks",
        name="edge",
    )
    assert {
        ("hub:Kustomization/edge", "manages", "status.inventory.entries", "edge-1:ConfigMap/settings"),
        ("hub:Kustomization/edge", "identity", "spec.kubeConfig.configMapRef", "hub:ConfigMap/edge"),
    } <= edges(answer)
    assert states(answer)["ConfigMap/settings"] == ("Ready", "")


def test_with_a_kubeconfig_in_a_secret_labels_tell_the_cluster(tmp_path: Path) -> None:
    here = elsewhere({"secretRef": {"name": "kubeconfig"}}, fleet.plain("Secret", "kubeconfig", SYSTEM))
    answer = graph(tmp_path, remote_fleet(here=here), kind="ks", name="edge")
    expected = (
        "hub:Kustomization/edge",
        "manages",
        "status.inventory.entries",
        "edge-1:ConfigMap/settings",
    )
    assert expected in edges(answer)


def test_the_applier_in_another_cluster_is_found_from_below(tmp_path: Path) -> None:
    here = elsewhere({"secretRef": {"name": "kubeconfig"}})
    answer = graph(tmp_path, remote_fleet(here=here), kind="cm", name="settings", direction="down")
    assert [(node.object.cluster, node.object.kind) for node in answer.nodes] == [
        ("edge-1", "ConfigMap"),
        ("hub", "Kustomization"),
    ]


@pytest.mark.parametrize("ambiguous", [True, False])
def test_what_lives_in_a_cluster_that_nobody_knows_is_unknown(tmp_path: Path, ambiguous: bool) -> None:
    clusters = remote_fleet(here=elsewhere({"secretRef": {"name": "kubeconfig"}}))
    clusters["far"] = clusters["edge-1"]
    if not ambiguous:
        del clusters["edge-1"], clusters["far"]
    answer = graph(tmp_path, clusters, kind="ks", name="edge")
    child = next(node for node in answer.nodes if node.object.name == "settings")
    assert child.object.cluster == "remote:flux-system/kubeconfig"
    assert child.health == "Unknown"
    assert child.reason


def test_a_local_namesake_is_not_mistaken_for_a_remote_object(tmp_path: Path) -> None:
    here = elsewhere(
        {"secretRef": {"name": "kubeconfig"}}, fleet.plain("ConfigMap", "settings", labels=APPLIED)
    )
    answer = graph(tmp_path, {"hub": Cluster(here)}, kind="ks", name="edge")
    assert all(node.object.cluster != "hub" for node in answer.nodes if node.object.name == "settings")


def test_what_nobody_needs_is_absent_not_missing(tmp_path: Path) -> None:
    values = [{"kind": "ConfigMap", "name": "extra", "optional": True}, {"kind": "ConfigMap", "name": "base"}]
    answer = graph(tmp_path, [fleet.helm_release(valuesFrom=values)], kind="hr", name="shop")
    found = states(answer)
    assert found["ConfigMap/extra"] == ("Absent", "optional")
    assert found["ConfigMap/base"] == ("Missing", "")
    optional = {edge.fields: edge.optional for edge in answer.edges}
    assert optional["spec.valuesFrom[0]",] is True
    assert optional["spec.valuesFrom[1]",] is False


def test_what_an_applier_should_have_restored_ends_the_walk_at_the_applier(tmp_path: Path) -> None:
    lost = fleet.plain("ConfigMap", "base")
    objects = [
        fleet.kustomization("infra", children=[lost]),
        fleet.helm_release(valuesFrom=[{"kind": "ConfigMap", "name": "base"}]),
    ]
    answer = graph(tmp_path, objects, kind="hr", name="shop")
    assert ("hub:Kustomization/infra", "manages", "status.inventory.entries", "hub:ConfigMap/base") in edges(
        answer
    )
    assert f"GitRepository/{SYSTEM}" not in states(answer)
