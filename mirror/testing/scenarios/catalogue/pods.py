"""Faults of containers and Pods: images, crashes, probes, configuration (38 to 40)."""

from __future__ import annotations

from mirror.testing.scenarios.landscape import Landscape, landscape
from mirror.testing.scenarios.recipe import Recipe, recipe
from mirror.testing.scenarios.reports import health_fails
from mirror.testing.scenarios.rollouts import (
    cannot_pull,
    crashes,
    gives_up,
    rolls_out,
    stays_unready,
    waits_for_start,
)
from mirror.testing.scenarios.stage import Stage
from mirror.testing.scenarios.workloads import Workload, config_map, credentials, deployment

__all__ = ["RECIPES", "kustomizations_wait"]


def kustomizations_wait(stage: Stage, base: Landscape, new: Workload, minute: float = 5) -> None:
    """The Kustomization of the applications waits for a Deployment in vain, and the one above for it."""
    stage.happens(minute, "the health check of the Kustomization times out")
    health_fails(stage, base.apps, [new.deployment])
    stage.happens(minute + 3, "and that of the one above")
    health_fails(stage, base.root, [base.apps])
    stage.happens(minute + 7, "both try again")
    health_fails(stage, base.apps, [new.deployment])
    health_fails(stage, base.root, [base.apps])
    stage.symptom(base.root)
    stage.victims(base.root, base.apps, new.replica_set, *new.pods)
    stage.path(base.root, base.apps, new.deployment, new.replica_set, *new.pods)


def _image(workload: Workload, tag: str) -> str:
    image: str = workload.deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    return f"{image.rpartition(':')[0]}:{tag}"


@recipe(38, "image-not-found", "The image of a Deployment does not exist")
def image_not_found(stage: Stage) -> None:
    base = landscape(stage)
    image = _image(base.web, "2.15.0-typo")
    stage.happens(1, "a commit brings an image that nobody has pushed")
    new = rolls_out(stage, base.web, container={"image": image})
    stage.happens(2, "the kubelet cannot pull it")
    why = (
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{image}": '
        f'failed to resolve reference "{image}": {image}: not found'
    )
    cannot_pull(stage, new.pods[0], why, reason="ErrImagePull")
    stage.happens(3, "nor later")
    cannot_pull(stage, new.pods[0], why)
    kustomizations_wait(stage, base, new)
    stage.happens(15, "the Deployment gives up")
    gives_up(stage, new)
    stage.happens(17, "the Kustomization sees that")
    health_fails(stage, base.apps, (), failed=[new.deployment])
    stage.root(new.deployment, "Workload", "spec.template.spec.containers[0].image")


@recipe(38, "image-pull-unauthorized", "A registry does not accept the pull secret of a Deployment")
def image_pull_unauthorized(stage: Stage) -> None:
    base = landscape(stage)
    secret = credentials(stage, "registry-login", base.apps_space, ".dockerconfigjson")
    pull = [{"name": secret["metadata"]["name"]}]
    old = deployment(stage, "cart", base.apps_space, by=base.apps, imagePullSecrets=pull)
    image = _image(old, "2.15.0")
    stage.happens(1, "the registry's token expires; a commit brings a new image")
    new = rolls_out(stage, old, container={"image": image})
    stage.happens(2, "the kubelet is refused")
    host = image.partition("/")[0]
    why = (
        f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": failed to '
        "authorize: failed to fetch oauth token: unexpected status from GET request to "
        f"https://{host}/token: 401 Unauthorized"
    )
    cannot_pull(stage, new.pods[0], why)
    kustomizations_wait(stage, base, new)
    stage.root(secret, "Denied")
    stage.path(base.root, base.apps, new.deployment, new.replica_set, *new.pods, secret)


@recipe(39, "container-out-of-memory", "A container needs more memory than it may use")
def container_out_of_memory(stage: Stage) -> None:
    base = landscape(stage)
    stage.happens(1, "a commit halves the memory limit")
    limits = {"resources": {"limits": {"memory": "32Mi"}, "requests": {"memory": "32Mi"}}}
    new = rolls_out(stage, base.web, container=limits)
    for minute, restarts in ((2, 1), (4, 4)):
        stage.happens(minute, f"killed for the {restarts}. time")
        crashes(stage, new.pods[0], code=137, reason="OOMKilled", restarts=restarts)
    kustomizations_wait(stage, base, new)
    stage.happens(20, "killed again")
    crashes(stage, new.pods[0], code=137, reason="OOMKilled", restarts=9)
    stage.root(new.deployment, "Workload")


@recipe(39, "crash-on-bad-config", "A process does not start with what a ConfigMap says")
def crash_on_bad_config(stage: Stage) -> None:
    base = landscape(stage)
    stage.happens(1, "a commit changes the settings and rolls the Deployment")
    stage.patch(base.web_settings, {"data": {"LOG_LEVEL": "verbos"}})
    new = rolls_out(stage, base.web, container={"args": ["--config-revision=2"]})
    stage.happens(2, "the process ends at once")
    crashes(stage, new.pods[0], restarts=5, message='invalid LOG_LEVEL "verbos"\n')
    kustomizations_wait(stage, base, new)
    stage.root(new.deployment, "Workload")
    stage.also_right(base.web_settings, "Invalid")


@recipe(40, "readiness-probe-fails", "A container runs and never becomes ready")
def readiness_probe_fails(stage: Stage) -> None:
    base = landscape(stage)
    stage.happens(1, "a commit moves the probe to a path that does not exist")
    probe = {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 10}
    new = rolls_out(stage, base.web, container={"readinessProbe": probe})
    stage.happens(2, "the probe fails")
    stays_unready(stage, new.pods[0], "HTTP probe failed with statuscode: 404", count=3)
    stage.happens(4, "and fails")
    stays_unready(stage, new.pods[0], "HTTP probe failed with statuscode: 404", count=12)
    kustomizations_wait(stage, base, new)
    stage.root(new.deployment, "Workload")


@recipe(40, "container-config-missing", "A container reads a ConfigMap that does not exist")
def container_config_missing(stage: Stage) -> None:
    base = landscape(stage)
    settings = config_map(stage, "cart-settings", base.apps_space, {"REGION": "eu"})
    old = deployment(stage, "cart", base.apps_space, by=base.apps, env_from=[settings])
    name = settings["metadata"]["name"]
    stage.happens(1, "somebody deletes the ConfigMap")
    stage.remove(settings)
    stage.happens(2, "a commit rolls the Deployment")
    new = rolls_out(stage, old, container={"image": _image(old, "2.15.0")})
    stage.happens(3, "the new container cannot be created")
    text = f'configmap "{name}" not found'
    stage.event(new.pods[0], "Failed", f"Error: {text}", count=9)
    waits_for_start(stage, new.pods[0], "CreateContainerConfigError", text)
    kustomizations_wait(stage, base, new)
    stage.root(settings, "Missing")
    stage.path(base.root, base.apps, new.deployment, new.replica_set, *new.pods, settings)


RECIPES: tuple[Recipe, ...] = (
    image_not_found,
    image_pull_unauthorized,
    container_out_of_memory,
    crash_on_bad_config,
    readiness_probe_fails,
    container_config_missing,
)
