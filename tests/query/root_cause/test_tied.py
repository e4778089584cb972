"""Causes reached by edges that no object states: definitions, quotas, accounts, labels, other clusters."""

from __future__ import annotations

import pytest

from mirror.clock import to_rfc3339
from mirror.keys import Resource
from query.results.answer import RootCause
from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask
from tests.query.root_cause.fleet import SYSTEM, Document, condition, failed
from tests.query.root_cause.verdicts import blamed, only, path

CERTIFICATE = Resource("cert-manager.io", "v1", "Certificate", "certificates", True)
UNKNOWN_WORDS = "a text of a release that nobody has read yet"
DEFINITION = fleet.obj(
    "apiextensions.k8s.io/v1", "CustomResourceDefinition", "certificates.cert-manager.io", None
)
TLS = fleet.obj("cert-manager.io/v1", "Certificate", "tls", spec={})


def ways(answer: RootCause) -> list[tuple[str, str, str]]:
    """Kind, relation and field of each step."""
    return [(step.object.kind, step.relation, step.field) for step in only(answer).path]


def refused(*children: Document, reason: str = "ReconciliationFailed") -> list[Document]:
    apps = fleet.kustomization("apps", state=failed(reason, UNKNOWN_WORDS), children=children)
    return [fleet.git(), apps]


def test_a_kind_that_is_gone_is_to_blame_whatever_the_message_says(ask: Ask) -> None:
    answer = ask(refused(TLS), kind="ks", name="apps")
    assert blamed(answer) == (
        "Missing",
        "CustomResourceDefinition/certificates.cert-manager.io",
        "",
    )
    assert ways(answer)[1] == ("CustomResourceDefinition", "definition", "apiVersion")


def test_an_object_that_cannot_exist_leads_to_its_kind(ask: Ask) -> None:
    waiting = fleet.kustomization("apps", state=fleet.unhealthy(TLS), children=[TLS])
    state = waiting["status"]["conditions"][0]
    state["message"] = state["message"].replace("InProgress", "NotFound")
    answer = ask([fleet.git(), waiting], kind="ks", name="apps")
    assert blamed(answer)[:2] == ("Missing", "CustomResourceDefinition/certificates.cert-manager.io")
    assert path(answer) == ["Kustomization", "Certificate", "CustomResourceDefinition"]


@pytest.mark.parametrize("suspended", [True, False])
def test_whoever_should_bring_the_kind_is_to_blame(ask: Ask, suspended: bool) -> None:
    state = failed("BuildFailed", "kustomize build failed: accumulating resources")
    infra = fleet.kustomization("infra", state=state, children=[DEFINITION], suspend=suspended)
    answer = ask([*refused(TLS), infra], kind="ks", name="apps")
    assert blamed(answer)[:2] == ("Suspended" if suspended else "Failed", f"Kustomization/{SYSTEM}/infra")
    assert path(answer) == ["Kustomization", "CustomResourceDefinition", "Kustomization"]


def test_a_served_kind_is_not_suspected(ask: Ask) -> None:
    answer = ask([*refused(TLS), TLS], also=[CERTIFICATE], kind="ks", name="apps")
    assert blamed(answer)[:2] == ("Failed", f"Kustomization/{SYSTEM}/apps")


def test_a_broken_definition_is_behind_its_objects(ask: Ask) -> None:
    rejected = {"conditions": [condition("NamesAccepted", "False", "ShortNamesConflict", "tls is taken")]}
    definition = {
        **DEFINITION,
        "spec": {"group": "cert-manager.io", "names": {"kind": "Certificate"}},
        "status": rejected,
    }
    tls = {**TLS, "status": failed("Failed", "not issued")}
    answer = ask([tls, definition], kind="Certificate", name="tls")
    assert blamed(answer)[1] == "CustomResourceDefinition/certificates.cert-manager.io"
    assert ways(answer)[1][1:] == ("definition", "apiVersion")


def full(**hard: str) -> Document:
    """A quota that is used up."""
    return fleet.obj(
        "v1", "ResourceQuota", "compute", spec={"hard": hard}, status={"hard": hard, "used": hard}
    )


def test_a_full_quota_is_to_blame_although_nobody_says_so(ask: Ask) -> None:
    database = fleet.deployment("db")
    wanted = {"replicas": 2, "template": database["spec"]["template"], "selector": {}}
    counts = {"observedGeneration": 1, "replicas": 1, "readyReplicas": 1, "currentReplicas": 1}
    database = {**database, "kind": "StatefulSet", "spec": wanted, "status": counts}
    apps = fleet.kustomization("apps", state=fleet.unhealthy(database), children=[database])
    answer = ask([fleet.git(), apps, database, full(pods="3")], kind="ks", name="apps")
    assert blamed(answer) == ("Denied", "ResourceQuota/apps/compute", "spec.hard")
    assert ways(answer)[-1] == ("ResourceQuota", "limit", "metadata.namespace")
    assert "pods: 3 of 3 used" in only(answer).message
    room = full(pods="3") | {"status": {"hard": {"pods": "3"}, "used": {"pods": "2"}}}
    answer = ask([fleet.git(), apps, database, room], kind="ks", name="apps")
    assert blamed(answer)[:2] == ("Workload", "StatefulSet/apps/db")


def test_a_refusal_in_unknown_words_goes_by_the_numbers_of_the_quota(ask: Ask) -> None:
    web = fleet.deployment()
    spec = web["spec"]["template"]["spec"]
    spec["containers"][0]["resources"] = {"requests": {"memory": "1Gi"}}
    owner = fleet.replica_set(web, condition("ReplicaFailure", "True", "FailedCreate", UNKNOWN_WORDS), pods=0)
    owner["spec"]["template"] = web["spec"]["template"]
    apps = fleet.kustomization("apps", state=fleet.unhealthy(web), children=[web])
    objects = [fleet.git(), apps, web, owner]
    answer = ask([*objects, full(**{"requests.memory": "2Gi"})], kind="ks", name="apps")
    assert blamed(answer) == ("Denied", "ResourceQuota/apps/compute", "spec.hard")
    assert only(answer).affected.count >= 2
    answer = ask([*objects, full(**{"requests.cpu": "2"})], kind="ks", name="apps")
    assert blamed(answer)[:2] == ("Workload", "Deployment/apps/web"), "the Pod asks for no CPU"


def test_a_quota_that_an_applied_object_does_not_fit_into(ask: Ask) -> None:
    message = (
        "PersistentVolumeClaim/apps/data dry-run failed (Forbidden): persistentvolumeclaims "
        '"data" is forbidden: exceeded quota: compute, requested: requests.storage=5Gi, '
        "used: requests.storage=8Gi, limited: requests.storage=10Gi"
    )
    apps = fleet.kustomization("apps", state=failed("ReconciliationFailed", message))
    answer = ask([fleet.git(), apps, full(**{"requests.storage": "10Gi"})], kind="ks", name="apps")
    assert blamed(answer) == ("Denied", "ResourceQuota/apps/compute", "spec.hard")


def tenant(*others: Document) -> list[Document]:
    """A Kustomization that names no account, in a cluster whose controller has one for such."""
    controller = fleet.controller("kustomize-controller")
    container = controller["spec"]["template"]["spec"]["containers"][0]
    container["args"] = ["--log-level=info", "--default-service-account=reconciler"]
    source = {"kind": "GitRepository", "name": SYSTEM, "namespace": SYSTEM}
    state = failed("ReconciliationFailed", UNKNOWN_WORDS)
    apps = fleet.kustomization("apps", state=state, namespace="team", sourceRef=source)
    return [fleet.git(), controller, apps, *others]


def test_an_account_that_stands_in_for_none_has_to_exist(ask: Ask) -> None:
    answer = ask(tenant(), kind="ks", name="apps")
    assert blamed(answer)[:2] == ("Missing", "ServiceAccount/team/reconciler")
    assert ways(answer)[1] == ("ServiceAccount", "identity", "--default-service-account")
    there = fleet.plain("ServiceAccount", "reconciler", "team")
    assert blamed(ask(tenant(there), kind="ks", name="apps"))[:2] == ("Failed", "Kustomization/team/apps")


def test_the_controller_may_be_installed_elsewhere(ask: Ask) -> None:
    objects = tenant()
    objects[1]["metadata"]["namespace"] = "gitops"
    witness = fleet.controller("source-controller")
    witness["metadata"]["namespace"] = "gitops"
    answer = ask([*objects, witness], kind="ks", name="apps")
    assert blamed(answer)[:2] == ("Missing", "ServiceAccount/team/reconciler")


def test_a_release_without_an_inventory_finds_what_it_waits_for_by_labels(ask: Ask) -> None:
    labels = {"helm.toolkit.fluxcd.io/name": "shop", "helm.toolkit.fluxcd.io/namespace": "apps"}
    web = fleet.deployment(labels=labels)
    web["status"]["conditions"][1] = condition("Progressing", "False", "ProgressDeadlineExceeded")
    release = fleet.helm_release(state=failed("UpgradeFailed", "context deadline exceeded"))
    del release["status"]["inventory"]
    answer = ask([fleet.helm_repository(), fleet.helm_chart(), release, web], kind="hr", name="shop")
    assert blamed(answer)[:2] == ("Workload", "Deployment/apps/web")
    assert ways(answer)[1][1:] == ("manages", "metadata.labels[helm.toolkit.fluxcd.io/name]")


def test_who_suffers_may_be_in_another_cluster(ask: Ask) -> None:
    labels = {"kustomize.toolkit.fluxcd.io/name": "edge", "kustomize.toolkit.fluxcd.io/namespace": SYSTEM}
    web = fleet.deployment(labels=labels)
    web["status"]["conditions"][1] = condition("Progressing", "False", "ProgressDeadlineExceeded")
    reference = {"secretRef": {"name": "kubeconfig"}}
    edge = fleet.kustomization("edge", state=fleet.unhealthy(web), children=[web], kubeConfig=reference)
    hub = [fleet.git(), fleet.plain("Secret", "kubeconfig", SYSTEM), edge]
    answer = ask({"hub": hub, "edge-1": [web]}, kind="Deployment", name="web")
    assert only(answer).object.cluster == "edge-1"
    assert [(ref.cluster, str(ref)) for ref in only(answer).affected.examples] == [
        ("hub", f"Kustomization/{SYSTEM}/edge")
    ]
    assert f"in the manifests of Kustomization {SYSTEM}/edge" in only(answer).next_step


DRIFT = (
    "Cluster state of release apps/shop.v1 has drifted from the desired state:\nDeployment/apps/web changed"
)


def drifted(*others: Document) -> list[Document]:
    """A release that only reports that its Deployment is not what it applied at SINCE."""
    web = fleet.deployment(up=1)
    told = condition("Drifted", "True", "DriftDetected", DRIFT, fleet.LATER)
    state = fleet.ready(history=[{"lastDeployed": fleet.SINCE, "status": "deployed"}])
    state["conditions"].append(told)
    release = fleet.helm_release(state=state, children=[web], driftDetection={"mode": "warn"})
    return [fleet.helm_repository(), fleet.helm_chart(), release, web, fleet.replica_set(web), *others]


def test_drift_of_the_image_is_told_by_the_replica_sets(ask: Ask) -> None:
    objects = drifted()
    web = objects[3]
    web["metadata"]["generation"] = web["status"]["observedGeneration"] = 2
    made = [fleet.replica_set(web) for _ in range(2)]
    for item, tag in zip(made, ("2", "3-debug"), strict=True):
        item["metadata"]["name"] = f"web-{tag}"
        container = {"name": "web", "image": f"registry.example.com/web:{tag}"}
        item["spec"]["template"] = {"spec": {"containers": [container]}}
    made[1]["metadata"]["creationTimestamp"] = fleet.LATER
    answer = ask([*objects[:4], *made], kind="hr", name="shop")
    assert blamed(answer)[2] == "spec.template.spec.containers[0].image"
    assert "is registry.example.com/web:3-debug and was registry.example.com/web:2" in only(answer).message


@pytest.mark.parametrize("words", ["from 4 to 1", "to 1 from 4"])
def test_drift_of_the_scale_is_told_by_its_event(ask: Ask, words: str) -> None:
    web = drifted()[3]
    scaled = fleet.event(web, "ScalingReplicaSet", f"Scaled down replica set web-6d4b75cb6d {words}")
    answer = ask(drifted(scaled), kind="hr", name="shop")
    assert blamed(answer) == ("Invalid", "Deployment/apps/web", "spec.replicas")
    assert only(answer).message.startswith("spec.replicas is 1 and was 4")


def test_drift_that_nothing_explains_says_so(ask: Ask) -> None:
    web = drifted()[3]
    other = fleet.event(web, "ScalingReplicaSet", "Scaled up replica set web-6d4b75cb6d from 0 to 3")
    answer = ask(drifted(other), kind="hr", name="shop")
    assert blamed(answer) == ("Invalid", "Deployment/apps/web", "")
    assert "does not say which field it is: kubectl --context staging -n apps get" in only(answer).next_step


def test_two_inventories_alone_are_no_contest(ask: Ask) -> None:
    shared = fleet.plain("ConfigMap", "shared")
    both = [fleet.kustomization(name, children=[shared]) for name in ("a", "b")]
    assert ask([fleet.git(), *both, shared], kind="ConfigMap", name="shared").healthy
    changed = [
        fleet.event(
            item,
            "Progressing",
            "ConfigMap/apps/shared configured",
            type_="Normal",
            at=to_rfc3339(fleet.AT - 60),
        )
        for item in both
    ]
    answer = ask([fleet.git(), *both, shared, *changed], kind="ConfigMap", name="shared")
    assert blamed(answer)[:2] == ("Invalid", "ConfigMap/apps/shared")
    once = {**changed[0], "count": 1}
    assert ask([fleet.git(), *both, shared, once, changed[1]], kind="ConfigMap", name="shared").healthy
