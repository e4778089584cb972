"""Faults that show in health checks: what a Kustomization applied does not become healthy (27, 28)."""

from __future__ import annotations

from mirror.testing.objects import JSON
from mirror.testing.scenarios.appliers import kustomization, succeeds
from mirror.testing.scenarios.landscape import landscape
from mirror.testing.scenarios.recipe import Recipe, recipe
from mirror.testing.scenarios.reports import health_fails, kustomization_fails
from mirror.testing.scenarios.rollouts import crashes, gives_up, rolls_out
from mirror.testing.scenarios.sources import fetched
from mirror.testing.scenarios.stage import Stage

__all__ = ["RECIPES"]


@recipe(27, "health-check-timeout", "A Kustomization waits in vain for a Deployment whose new Pods crash")
def health_check_timeout(stage: Stage) -> None:
    base = landscape(stage)
    stage.happens(1, "a commit brings a new image")
    new = rolls_out(stage, base.web, container={"image": _tagged(base.web.deployment, "2.15.0")})
    stage.happens(2, "its process ends at once")
    crashes(stage, new.pods[0], code=2, restarts=1)
    stage.happens(5, "the health check of the Kustomization times out")
    crashes(stage, new.pods[0], code=2, restarts=4)
    health_fails(stage, base.apps, [base.web.deployment])
    stage.happens(8, "and that of the Kustomization above")
    health_fails(stage, base.root, [base.apps])
    stage.happens(12, "the Deployment gives up")
    gives_up(stage, new)
    stage.happens(16, "both try again; a Deployment that has failed is not waited for")
    health_fails(stage, base.apps, (), failed=[base.web.deployment])
    health_fails(stage, base.root, [base.apps])
    stage.symptom(base.root)
    stage.root(base.web.deployment, "Workload")
    stage.victims(base.root, base.apps, new.replica_set, new.pods[0])
    stage.path(base.root, base.apps, base.web.deployment, new.replica_set, new.pods[0])


@recipe(
    28, "nested-kustomizations", "The fourth Kustomization of a chain fails to build; three above it wait"
)
def nested_kustomizations(stage: Stage) -> None:
    base = landscape(stage)
    platform = kustomization(stage, "platform", base.system, base.source, by=base.root)
    network = kustomization(stage, "network", base.system, base.source, by=platform)
    dns = kustomization(stage, "dns", base.system, base.source, by=network)
    revision = f"main@sha1:{'7d' * 20}"
    folder = "/tmp/kustomization-2036683951"  # noqa: S108 (a text)
    missing = f"{folder}/{dns['metadata']['name']}/zone.yaml"
    text = (
        "kustomize build failed: accumulating resources: accumulation err='accumulating resources from "
        f"'zone.yaml': open {missing}: no such file or directory': must build at directory: "
        f"not a valid directory: evalsymlink failure on '{missing}' : lstat {missing}: "
        "no such file or directory"
    )
    stage.happens(1, "a commit forgets a file")
    fetched(stage, base.source, revision)
    stage.happens(2, "the innermost Kustomization cannot be built")
    kustomization_fails(stage, dns, "BuildFailed", text, during="Building manifests", revision=revision)
    for other in (base.infra, base.apps):
        succeeds(stage, other, revision)
    for minute, parent, child in ((5, network, dns), (8, platform, network), (11, base.root, platform)):
        stage.happens(minute, f"{parent['metadata']['name']} gives up waiting")
        health_fails(stage, parent, [child], revision=revision)
    stage.happens(14, "they try again")
    kustomization_fails(stage, dns, "BuildFailed", text, during="Building manifests", revision=revision)
    for parent, child in ((network, dns), (platform, network), (base.root, platform)):
        health_fails(stage, parent, [child], revision=revision)
    stage.symptom(base.root)
    stage.root(dns, "Failed")
    stage.also_right(dns, "Invalid", "spec.path")
    stage.victims(base.root, platform, network)
    stage.path(base.root, platform, network, dns)


def _tagged(deployment: JSON, tag: str) -> str:
    """The image of a Deployment's container with another tag."""
    image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    return f"{image.rpartition(':')[0]}:{tag}"


RECIPES: tuple[Recipe, ...] = (health_check_timeout, nested_kustomizations)
