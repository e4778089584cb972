"""Faults in which nothing moves any more: paused Kustomizations, controllers that are down (51, 52)."""

from __future__ import annotations

from mirror.testing.manifests import obj
from mirror.testing.scenarios.appliers import KUSTOMIZE, depends_on
from mirror.testing.scenarios.breakdowns import crashes
from mirror.testing.scenarios.landscape import landscape
from mirror.testing.scenarios.recipe import Recipe, recipe
from mirror.testing.scenarios.reports import dependency_waits, health_fails, kustomization_fails
from mirror.testing.scenarios.sources import fetched, source_ref
from mirror.testing.scenarios.stage import Stage

__all__ = ["RECIPES"]

_NEXT = f"main@sha1:{'7d' * 20}"


@recipe(
    51, "dependency-suspended", "A suspended Kustomization stays on an old commit; what depends on it waits"
)
def dependency_suspended(stage: Stage) -> None:
    base = landscape(stage)
    stage.happens(1, "somebody suspends a Kustomization and forgets it")
    stage.patch(base.infra, {"spec": {"suspend": True}})
    stage.happens(5, "a commit")
    fetched(stage, base.source, _NEXT)
    stage.happens(6, "what depends on it waits for it to follow")
    dependency_waits(stage, base.apps, base.infra, "revision is not up to date", count=60)
    stage.happens(10, "the bootstrap Kustomization gives up waiting")
    health_fails(stage, base.root, [base.apps], revision=_NEXT)
    stage.symptom(base.apps)
    stage.root(base.infra, "Suspended")
    stage.victims(base.root, base.apps)
    stage.path(base.apps, base.infra)


@recipe(51, "dependency-suspended-broken", "A Kustomization was suspended while it failed; dependents wait")
def dependency_suspended_broken(stage: Stage) -> None:
    base = landscape(stage)
    stage.happens(1, "a commit breaks a Kustomization")
    fetched(stage, base.source, _NEXT)
    text = 'kustomize build failed: json: unknown field "patchesStrategic"'
    kustomization_fails(stage, base.infra, "BuildFailed", text, during="Building manifests", revision=_NEXT)
    stage.happens(2, "what depends on it waits")
    dependency_waits(stage, base.apps, base.infra)
    stage.happens(3, "somebody suspends it to have peace")
    stage.patch(base.infra, {"spec": {"suspend": True}})
    stage.happens(6, "what depends on it still waits")
    dependency_waits(stage, base.apps, base.infra, count=8)
    stage.happens(10, "the bootstrap Kustomization gives up waiting")
    health_fails(stage, base.root, [base.infra, base.apps], revision=_NEXT)
    stage.symptom(base.apps)
    stage.root(base.infra, "Suspended")
    stage.also_right(base.infra, "Failed")
    stage.victims(base.root, base.apps)
    stage.path(base.apps, base.infra)


@recipe(
    52, "controller-crashes", "kustomize-controller does not stay up; its objects keep what they last said"
)
def controller_crashes(stage: Stage) -> None:
    base = landscape(stage)
    controller = base.controllers["kustomize-controller"]
    stage.happens(1, "kustomize-controller is killed for its memory, again and again")
    crashes(stage, controller, "OOMKilled", 137, restarts=2)
    stage.happens(3, "a commit, which nobody applies")
    fetched(stage, base.source, _NEXT)
    stage.happens(5, "somebody asks for a reconciliation")
    requested = {"reconcile.fluxcd.io/requestedAt": stage.stamp}
    stage.patch(base.apps, {"metadata": {"annotations": requested}})
    stage.happens(30, "still so")
    crashes(stage, controller, "OOMKilled", 137, restarts=11)
    stage.symptom(base.apps)
    stage.root(controller.deployment, "ControllerDown")
    stage.also_right(controller.deployment, "Workload")
    stage.victims(base.apps, base.infra, base.root, controller.replica_set, controller.pods[0])
    stage.path(base.apps, controller.deployment, controller.replica_set, controller.pods[0])


@recipe(52, "controller-scaled-to-zero", "helm-controller is scaled to zero, and nothing is red")
def controller_scaled_to_zero(stage: Stage) -> None:
    base = landscape(stage)
    controller = base.controllers["helm-controller"]
    stage.happens(1, "somebody scales helm-controller to zero")
    stage.remove(controller.pods[0])
    replica_set = controller.replica_set["metadata"]["name"]
    told = f"Scaled down replica set {replica_set} from 1 to 0"
    stage.event(controller.deployment, "ScalingReplicaSet", told, warning=False)
    counts = {"replicas": 0, "updatedReplicas": None, "readyReplicas": None, "availableReplicas": None}
    for ref in (controller.deployment, controller.replica_set):
        changed = stage.patch(ref, {"spec": {"replicas": 0}})
        observed = {"observedGeneration": changed["metadata"]["generation"]}
        stage.patch(ref, {"status": {**counts, **observed}})
    stage.happens(4, "a commit changes a release, and nothing happens")
    stage.patch(base.backend, {"spec": {"values": {"replicaCount": 2}}})
    stage.symptom(base.backend)
    stage.root(controller.deployment, "ControllerDown", "spec.replicas")
    stage.victims(base.backend)
    stage.path(base.backend, controller.deployment)


@recipe(52, "shard-without-controller", "A Kustomization is labelled for a shard that no controller watches")
def shard_without_controller(stage: Stage) -> None:
    base = landscape(stage)
    stage.happens(1, "a commit brings a Kustomization for a shard that nobody has set up")
    name = stage.name("sharded")
    spec = {
        "dependsOn": [depends_on(base.infra, base.system)],
        "interval": "10m0s",
        "path": f"./{name}",
        "prune": True,
        "sourceRef": source_ref(base.source),
    }
    labels = {"sharding.fluxcd.io/key": stage.name("shard-2")}
    made = obj(
        KUSTOMIZE, "Kustomization", base.system, name, stage.stamp, labels=labels, generation=1, spec=spec
    )
    sharded = stage.put({**made, "status": {"observedGeneration": -1}}, by=base.apps)
    stage.happens(6, "the Kustomization above gives up waiting")
    health_fails(stage, base.apps, [sharded])
    stage.happens(9, "and the one above that")
    health_fails(stage, base.root, [base.apps])
    stage.symptom(base.root)
    stage.root(sharded, "Invalid", "metadata.labels")
    stage.also_right(sharded, "ControllerDown")
    stage.also_right(sharded, "Failed")
    stage.victims(base.root, base.apps)
    stage.path(base.root, base.apps, sharded)


RECIPES: tuple[Recipe, ...] = (
    dependency_suspended,
    dependency_suspended_broken,
    controller_crashes,
    controller_scaled_to_zero,
    shard_without_controller,
)
