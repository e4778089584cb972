"""dependsOn: waiting for something that is broken, for one another, or for a moment only."""

from __future__ import annotations

from mirror.testing.scenarios.appliers import depends_on, kustomization, succeeds
from mirror.testing.scenarios.landscape import landscape, push
from mirror.testing.scenarios.recipe import Recipe, recipe
from mirror.testing.scenarios.reports import dependency_waits, health_fails, kustomization_fails
from mirror.testing.scenarios.stage import Stage
from mirror.testing.scenarios.workloads import deployment, namespaced

__all__ = ["RECIPES"]


@recipe(25, "dependency-broken", "Three Kustomizations in a row wait for one that cannot be applied")
def dependency_broken(stage: Stage) -> None:
    base = landscape(stage)
    agent = deployment(stage, "agent", base.infra_space, by=base.infra)
    edge = kustomization(stage, "edge", base.system, base.source, by=base.root, after=[base.apps])
    deployment(stage, "edge-proxy", namespaced(stage, "edge", by=edge), by=edge)
    stage.happens(1, "a commit breaks a Deployment of the infrastructure")
    revision = push(stage, base, base.infra, base.apps, edge)
    name = agent.deployment["metadata"]["name"]
    place = f"{base.infra_space}/{name}"
    text = (
        f"Deployment/{place} dry-run failed: failed to create typed patch object ({place}; apps/v1, "
        "Kind=Deployment): .spec.replicas: expected numeric (int or float), got string\n"
    )
    for minute in (2, 18, 34):
        stage.happens(minute, "infra fails, and who depends on it waits")
        kustomization_fails(
            stage, base.infra, "ReconciliationFailed", text, during="Detecting drift", revision=revision
        )
        dependency_waits(stage, base.apps, base.infra)
        dependency_waits(stage, edge, base.apps)
        stage.happens(minute + 6, "the bootstrap Kustomization gives up waiting for all three")
        health_fails(stage, base.root, [base.infra, base.apps, edge], revision=revision)
    stage.symptom(edge)
    stage.root(base.infra, "Failed")
    stage.also_right(agent.deployment, "Failed")
    stage.victims(base.root, base.apps, edge)
    stage.path(edge, base.apps, base.infra)


@recipe(25, "dependency-catching-up", "A Kustomization waits until another one has applied the new commit")
def dependency_catching_up(stage: Stage) -> None:
    base = landscape(stage)
    stage.happens(59, "a commit arrives; its Kustomizations take it in turn")
    revision = push(stage, base, base.infra, base.apps)
    dependency_waits(stage, base.apps, base.infra, "revision is not up to date", count=1)
    stage.happens(59.2, "infra has applied it, apps looks again in half a minute")
    succeeds(stage, base.infra, revision)
    stage.symptom(base.apps)
    stage.transient(base.apps)


@recipe(26, "dependency-cycle", "Two Kustomizations wait for one another")
def dependency_cycle(stage: Stage) -> None:
    base = landscape(stage)
    stage.happens(1, "a commit adds a dependency, and the other direction was already there")
    revision = push(stage, base, base.infra, base.apps)
    stage.patch(base.infra, {"spec": {"dependsOn": [depends_on(base.apps, base.system)]}})
    for minute in (2, 18, 34):
        stage.happens(minute, "each waits for the other")
        dependency_waits(stage, base.infra, base.apps)
        dependency_waits(stage, base.apps, base.infra)
        stage.happens(minute + 6, "the bootstrap Kustomization gives up waiting for both")
        health_fails(stage, base.root, [base.infra, base.apps], revision=revision)
    stage.symptom(base.root)
    stage.root(base.infra, "Cycle", "spec.dependsOn")
    stage.also_right(base.apps, "Cycle", "spec.dependsOn")
    stage.victims(base.root)


RECIPES: tuple[Recipe, ...] = (dependency_broken, dependency_catching_up, dependency_cycle)
