"""One object and two who write it: Kustomizations, releases, an autoscaler (36, 37)."""

from __future__ import annotations

from mirror.testing.manifests import obj
from mirror.testing.objects import JSON
from mirror.testing.scenarios.appliers import kustomization
from mirror.testing.scenarios.landscape import Landscape, landscape
from mirror.testing.scenarios.recipe import Recipe, recipe
from mirror.testing.scenarios.reports import health_fails
from mirror.testing.scenarios.rollouts import rolls_back, rolls_out
from mirror.testing.scenarios.stage import Ref, Stage
from mirror.testing.scenarios.workloads import Workload, config_map

__all__ = ["RECIPES"]

_ROUNDS = (5, 15, 25, 35, 45)
"""Minutes at which both appliers have come round again."""


def _applies(stage: Stage, applier: Ref, *objects: JSON) -> None:
    """A Kustomization tells what it has changed."""
    told = [f"{item['kind']}/{item['metadata']['namespace']}/{item['metadata']['name']}" for item in objects]
    message = "\n".join(f"{name} configured" for name in told)
    stage.event(applier, "Progressing", message, warning=False)


def _second(stage: Stage, base: Landscape, contested: JSON) -> JSON:
    """Another Kustomization, whose overlay brings an object that `apps` has already."""
    other = kustomization(stage, "shop", base.system, base.source, by=base.root)
    settings = config_map(stage, "shop-settings", base.apps_space, {"REGION": "eu"}, by=other)
    stage.happens(1, "a commit adds the base of the applications to another Kustomization")
    stage.put(contested, by=other)
    _applies(stage, other, contested, settings)
    return other


@recipe(36, "object-of-two-kustomizations", "Two Kustomizations apply one ConfigMap with different content")
def object_of_two_kustomizations(stage: Stage) -> None:
    base = landscape(stage)
    other = _second(stage, base, stage.get(base.web_settings))
    for minute in _ROUNDS:
        stage.happens(minute, "one applies what it has, then the other")
        for applier, level in ((base.apps, "info"), (other, "debug")):
            _applies(stage, applier, stage.patch(base.web_settings, {"data": {"LOG_LEVEL": level}}))
    stage.symptom(base.apps, quiet=True)
    stage.root(base.web_settings, "Invalid")
    stage.path(base.apps, base.web_settings)


@recipe(36, "rollout-of-two-kustomizations", "Two Kustomizations roll one Deployment to and fro")
def rollout_of_two_kustomizations(stage: Stage) -> None:
    base = landscape(stage)
    other = _second(stage, base, base.web.deployment)
    image = f"registry.{stage.name('acme')}.example/{stage.name('web')}:3.0.0"
    new: Workload | None = None
    for minute in _ROUNDS:
        stage.happens(minute, "one brings its image: new Pods start")
        new = rolls_out(stage, base.web, container={"image": image})
        _applies(stage, other, new.deployment)
        stage.happens(minute + 2, "the other brings the old one back before they are ready")
        rolls_back(stage, base.web, new)
        _applies(stage, base.apps, new.deployment)
    stage.happens(50, "the image changes once more, and nobody gets to see it ready")
    new = rolls_out(stage, base.web, container={"image": image})
    _applies(stage, other, new.deployment)
    health_fails(stage, base.apps, [new.deployment])
    stage.happens(53, "and the Kustomization above waits in vain")
    health_fails(stage, base.root, [base.apps])
    stage.symptom(base.root)
    stage.root(base.web.deployment, "Invalid")
    stage.victims(base.root, base.apps, new.replica_set, *new.pods)
    stage.path(base.root, base.apps, base.web.deployment)


def _corrects(stage: Stage, release: Ref, deployment: JSON) -> None:
    """helm-controller notices that a Deployment is not as the chart says, and puts that right."""
    found = stage.get(release)
    metadata, version = found["metadata"], found["status"]["history"][0]["version"]
    which = f"{metadata['namespace']}/{metadata['name']}.v{version}"
    place = f"Deployment/{deployment['metadata']['namespace']}/{deployment['metadata']['name']}"
    said = f"Cluster state of release {which} has drifted from the desired state:\n{place} changed"
    stage.event(found, "DriftDetected", f"{said} (0 additions, 1 changes, 0 removals)", warning=False)
    done = f"Cluster state of release {which} has been corrected:\n{place} configured"
    stage.event(found, "DriftCorrected", done, warning=False)


def _corrected(stage: Stage, base: Landscape) -> JSON:
    """The backend's release, told to correct drift."""
    stage.patch(base.backend, {"spec": {"driftDetection": {"mode": "enabled"}}})
    stage.patch(base.backend, {"status": {"observedGeneration": 2, "lastAttemptedGeneration": 2}})
    none = ("Drifted", "False", "NoDriftDetected", "No drift detected against the cluster state")
    return stage.report(base.backend, none)


def _scaled(stage: Stage, workload: Workload, before: int, after: int) -> None:
    """What the Deployment controller says of another number of replicas; the Pods come and go too fast."""
    name = workload.replica_set["metadata"]["name"]
    way = "up" if after > before else "down"
    told = f"Scaled {way} replica set {name} from {before} to {after}"
    stage.event(workload.deployment, "ScalingReplicaSet", told, warning=False)


@recipe(37, "helm-drift-autoscaler", "An autoscaler and helm-controller set the same replicas in turn")
def helm_drift_autoscaler(stage: Stage) -> None:
    base = landscape(stage)
    release = _corrected(stage, base)
    workload = base.backend_workload
    name = workload.deployment["metadata"]["name"]
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    stage.happens(1, "somebody adds an autoscaler beside the chart, which sets the replicas itself")
    spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 6}
    scaler = obj("autoscaling/v2", "HorizontalPodAutoscaler", base.apps_space, name, stage.stamp, spec=spec)
    stage.put(scaler)
    for minute in _ROUNDS:
        stage.happens(minute, "the autoscaler adds a replica")
        _scaled(stage, workload, 1, 2)
        stage.happens(minute + 4, "helm-controller takes it away")
        _corrects(stage, release, workload.deployment)
        _scaled(stage, workload, 2, 1)
    stage.symptom(release, quiet=True)
    stage.root(workload.deployment, "Invalid", "spec.replicas")
    stage.path(release, workload.deployment)


@recipe(37, "helm-drift-kustomization", "A Kustomization and a HelmRelease change one Deployment in turn")
def helm_drift_kustomization(stage: Stage) -> None:
    base = landscape(stage)
    release = _corrected(stage, base)
    deployment = base.backend_workload.deployment
    stage.happens(1, "a commit adds a patched copy of the chart's Deployment to the applications")
    stage.put(deployment, by=base.apps)
    for minute in _ROUNDS:
        stage.happens(minute, "the Kustomization applies its copy")
        _applies(stage, base.apps, deployment)
        stage.happens(minute + 4, "helm-controller puts the chart's back")
        _corrects(stage, release, deployment)
    stage.symptom(release, quiet=True)
    stage.root(deployment, "Invalid")
    stage.path(release, deployment)


RECIPES: tuple[Recipe, ...] = (
    object_of_two_kustomizations,
    rollout_of_two_kustomizations,
    helm_drift_autoscaler,
    helm_drift_kustomization,
)
