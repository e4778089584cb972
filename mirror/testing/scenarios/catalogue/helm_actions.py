"""Faults of Helm's actions: time-outs, rollbacks, locks, objects that belong to others, drift (33 to 37)."""

from __future__ import annotations

from mirror.testing.objects import JSON
from mirror.testing.scenarios.landscape import Landscape, landscape
from mirror.testing.scenarios.recipe import Recipe, recipe
from mirror.testing.scenarios.releases import (
    action_fails,
    gives_up_retrying,
    new_release,
    remediated,
    waited_for,
)
from mirror.testing.scenarios.reports import health_fails
from mirror.testing.scenarios.rollouts import cannot_pull, crashes, rolls_back, rolls_out, stays_unready
from mirror.testing.scenarios.stage import Ref, Stage
from mirror.testing.scenarios.workloads import Workload, service

__all__ = ["RECIPES"]


def _upgraded(stage: Stage, base: Landscape, version: str = "1.3.0") -> JSON:
    """A commit asks for another version of the backend's chart."""
    return stage.patch(base.backend, {"spec": {"chart": {"spec": {"version": version}}}})


def _parents_wait(stage: Stage, base: Landscape, release: Ref, minute: float) -> None:
    stage.happens(minute, "the Kustomization above gives up waiting")
    health_fails(stage, base.apps, [release])
    stage.happens(minute + 3, "and the one above that")
    health_fails(stage, base.root, [base.apps])
    stage.symptom(base.root)
    stage.victims(base.root, base.apps)


def _to_the_pod(stage: Stage, base: Landscape, release: Ref, new: Workload) -> None:
    stage.victims(release, new.replica_set, *new.pods)
    stage.path(base.root, base.apps, release, new.deployment, new.replica_set, *new.pods)


@recipe(33, "helm-upgrade-timeout", "A Helm upgrade waits in vain for Pods whose image does not exist")
def helm_upgrade_timeout(stage: Stage) -> None:
    base = landscape(stage)
    release = base.backend
    stage.happens(1, "a commit asks for a new chart version")
    _upgraded(stage, base)
    image = f"{_repository(base.backend_workload)}:3.0.0-typo"
    new = rolls_out(stage, base.backend_workload, container={"image": image})
    stage.happens(2, "its image cannot be pulled")
    cannot_pull(stage, new.pods[0], f"{image}: not found")
    stage.happens(6, "Helm's wait ends")
    action_fails(stage, release, "upgrade", waited_for(new.deployment))
    _parents_wait(stage, base, release, 8)
    stage.root(new.deployment, "Workload", "spec.template.spec.containers[0].image")
    _to_the_pod(stage, base, release, new)


@recipe(33, "helm-deadline-exceeded", "A Helm upgrade runs out of time and does not say what it waited for")
def helm_deadline_exceeded(stage: Stage) -> None:
    base = landscape(stage)
    release = base.backend
    stage.happens(1, "a commit asks for a new chart version")
    _upgraded(stage, base)
    new = rolls_out(
        stage, base.backend_workload, container={"image": f"{_repository(base.backend_workload)}:3.0.0"}
    )
    stage.happens(2, "the new Pod runs and fails its readiness probe")
    stays_unready(stage, new.pods[0], "HTTP probe failed with statuscode: 503", count=3)
    stage.happens(6, "Helm's wait ends")
    stays_unready(stage, new.pods[0], "HTTP probe failed with statuscode: 503", count=20)
    action_fails(stage, release, "upgrade", "context deadline exceeded")
    _parents_wait(stage, base, release, 8)
    stage.root(new.deployment, "Workload")
    _to_the_pod(stage, base, release, new)


@recipe(34, "helm-rolled-back", "Upgrades whose Pods crash are rolled back until the retries are used up")
def helm_rolled_back(stage: Stage) -> None:
    base = landscape(stage)
    release, image = base.backend, f"{_repository(base.backend_workload)}:3.0.0"
    stage.happens(1, "a commit asks for a new chart version")
    _upgraded(stage, base)
    for attempt in (1, 2):
        begins = 8 * attempt - 6
        stage.happens(begins, f"attempt {attempt}: the new Pod crashes")
        new = rolls_out(stage, base.backend_workload, container={"image": image})
        crashes(stage, new.pods[0], code=2, restarts=3)
        stage.happens(begins + 5, f"attempt {attempt}: Helm's wait ends")
        action_fails(stage, release, "upgrade", waited_for(new.deployment), attempt=attempt)
        stage.happens(begins + 6, f"attempt {attempt}: rolled back, the Pod is gone")
        rolls_back(stage, base.backend_workload, new)
        remediated(stage, release, "rollback")
    stage.happens(17, "helm-controller gives up")
    gives_up_retrying(stage, release, "upgrade", 2)
    stage.happens(18, "the Kustomization above sees that")
    health_fails(stage, base.apps, (), failed=[release])
    stage.happens(21, "and the one above that waits")
    health_fails(stage, base.root, [base.apps])
    stage.symptom(base.root)
    stage.root(base.backend_workload.deployment, "Workload")
    stage.also_right(release, "Workload")
    stage.also_right(release, "Failed")
    stage.victims(base.root, base.apps)
    stage.victims(new.replica_set)
    stage.path(base.root, base.apps, release, new.deployment, new.replica_set, *new.pods)


@recipe(34, "helm-install-undone", "A first install fails, is uninstalled, and the retries are used up")
def helm_install_undone(stage: Stage) -> None:
    base = landscape(stage)
    stage.happens(1, "a commit brings a new release")
    release = new_release(stage, "reports", base.apps_space, base.charts, by=base.apps)
    job = f"{release['metadata']['name']}-migrate"
    why = f"failed pre-install: 1 error occurred:\n\t* job {job} failed: BackoffLimitExceeded\n\n"
    stage.happens(4, "its migration fails")
    action_fails(stage, release, "install", why)
    stage.happens(5, "what was installed is removed again")
    remediated(stage, release, "uninstall")
    stage.happens(6, "there are no retries")
    gives_up_retrying(stage, release, "install", 1)
    stage.happens(7, "the Kustomization above sees that")
    health_fails(stage, base.apps, (), failed=[release])
    stage.symptom(base.apps)
    stage.root(release, "Failed")
    stage.also_right(release, "Workload")
    stage.victims(base.apps)
    stage.path(base.apps, release)


@recipe(35, "helm-release-locked", "Another client holds the lock of a Helm release")
def helm_release_locked(stage: Stage) -> None:
    base = landscape(stage)
    release = base.backend
    stage.happens(1, "somebody runs `helm upgrade` by hand and breaks it off; a commit follows")
    _upgraded(stage, base)
    stage.happens(3, "helm-controller finds the release locked")
    why = "another operation (install/upgrade/rollback) is in progress"
    action_fails(stage, release, "upgrade", why)
    stage.happens(5, "and again")
    action_fails(stage, release, "upgrade", why, attempt=2)
    _parents_wait(stage, base, release, 7)
    stage.root(release, "Failed")
    stage.path(base.root, base.apps, release)


@recipe(36, "helm-object-of-another", "A chart brings an object that exists already and is not Helm's")
def helm_object_of_another(stage: Stage) -> None:
    base = landscape(stage)
    taken = service(stage, "reports", base.apps_space)
    name = taken["metadata"]["name"]
    stage.happens(1, "a commit brings a release with an object of the same name")
    release = new_release(stage, "reports", base.apps_space, base.charts, by=base.apps)
    why = (
        f'Unable to continue with install: Service "{name}" in namespace "{base.apps_space}" exists and '
        "cannot be imported into the current release: invalid ownership metadata; label validation error: "
        'missing key "app.kubernetes.io/managed-by": must be set to "Helm"; annotation validation error: '
        f'missing key "meta.helm.sh/release-name": must be set to "{name}"; annotation validation '
        "error: missing key "
        f'"meta.helm.sh/release-namespace": must be set to "{base.apps_space}"'
    )
    stage.happens(2, "Helm refuses to take it over")
    action_fails(stage, release, "install", why)
    stage.happens(4, "and again")
    action_fails(stage, release, "install", why, attempt=2)
    _parents_wait(stage, base, release, 7)
    stage.root(taken, "Failed")
    stage.also_right(release, "Failed")
    stage.also_right(taken, "Denied")
    stage.victims(release)
    stage.path(base.root, base.apps, release, taken)


@recipe(
    37, "helm-drift-reported", "Somebody scaled a Deployment of a release by hand; drift is only reported"
)
def helm_drift_reported(stage: Stage) -> None:
    base = landscape(stage)
    release = base.backend
    stage.patch(release, {"spec": {"driftDetection": {"mode": "warn"}}})
    stage.patch(release, {"status": {"observedGeneration": 2, "lastAttemptedGeneration": 2}})
    none = ("Drifted", "False", "NoDriftDetected", "No drift detected against the cluster state")
    stage.report(release, none)
    deployment = base.backend_workload.deployment
    place = f"{base.apps_space}/{deployment['metadata']['name']}"
    stage.happens(1, "kubectl scale")
    _scaled(stage, base.backend_workload, 3)
    stage.happens(8, "helm-controller notices and leaves it so")
    version = stage.get(release)["status"]["history"][0]["version"]
    named = release["metadata"]["name"]
    text = (
        f"Cluster state of release {base.apps_space}/{named}.v{version} has drifted from the desired state:\n"
        f"Deployment/{place} changed (0 additions, 1 changes, 0 removals)"
    )
    stage.event(release, "DriftDetected", text)
    stage.report(release, ("Drifted", "True", "DriftDetected", text))
    stage.symptom(release, quiet=True)
    stage.root(deployment, "Invalid", "spec.replicas")
    stage.path(release, deployment)


def _scaled(stage: Stage, workload: Workload, replicas: int) -> None:
    """A Deployment and its ReplicaSet with more Pods, all of them running."""
    first = stage.get(workload.pods[0])
    for number in range(1, replicas):
        metadata = {**first["metadata"], "name": f"{first['metadata']['name'][:-1]}{number}"}
        metadata.pop("uid")
        stage.put({**first, "metadata": metadata})
    counts = dict.fromkeys(("replicas", "readyReplicas", "availableReplicas"), replicas)
    name = workload.replica_set["metadata"]["name"]
    told = f"Scaled up replica set {name} from {len(workload.pods)} to {replicas}"
    stage.event(workload.deployment, "ScalingReplicaSet", told, warning=False)
    for item, more in (
        (workload.deployment, {"updatedReplicas": replicas}),
        (workload.replica_set, {"fullyLabeledReplicas": replicas}),
    ):
        changed = stage.patch(item, {"spec": {"replicas": replicas}})
        observed = {"observedGeneration": changed["metadata"]["generation"]}
        stage.patch(item, {"status": {**counts, **more, **observed}})


def _repository(workload: Workload) -> str:
    """The image of a workload's container without its tag."""
    image: str = workload.deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    return image.rpartition(":")[0]


RECIPES: tuple[Recipe, ...] = (
    helm_upgrade_timeout,
    helm_deadline_exceeded,
    helm_rolled_back,
    helm_install_undone,
    helm_release_locked,
    helm_object_of_another,
    helm_drift_reported,
)
