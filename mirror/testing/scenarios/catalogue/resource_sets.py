"""Faults of the Flux Operator's kinds and of generators (44 to 48)."""

from __future__ import annotations

from mirror.testing.objects import JSON
from mirror.testing.scenarios.appliers import kustomization
from mirror.testing.scenarios.landscape import landscape, tenant
from mirror.testing.scenarios.operators import (
    OPERATOR,
    artifact_generator,
    flux_instance,
    input_provider,
    resource_set,
)
from mirror.testing.scenarios.recipe import Recipe, recipe
from mirror.testing.scenarios.reports import fetch_fails, health_fails, kustomization_fails
from mirror.testing.scenarios.rollouts import cannot_pull, rolls_out
from mirror.testing.scenarios.stage import Ref, Stage
from mirror.testing.scenarios.workloads import credentials, deployment

__all__ = ["RECIPES"]


def _fails(stage: Stage, ref: Ref, reason: str, text: str, *, stalls: bool = False, count: int = 3) -> JSON:
    """A kind of the Flux Operator fails; what it had done before stays."""
    stage.event(ref, reason, text, count=count)
    first = (
        ("Stalled", "True", reason, text) if stalls else ("Reconciling", "True", "ProgressingWithRetry", text)
    )
    return stage.report(ref, first, ("Ready", "False", reason, text))


def _inputs(provider: JSON) -> list[JSON]:
    return [{"apiVersion": OPERATOR, "kind": provider["kind"], "name": provider["metadata"]["name"]}]


@recipe(44, "inputs-rate-limited", "A Git host does not answer an input provider any more for now")
def inputs_rate_limited(stage: Stage) -> None:
    base = landscape(stage)
    provider = input_provider(stage, "previews", base.apps_space)
    previews = resource_set(stage, "preview-apps", base.apps_space, inputsFrom=_inputs(provider))
    stage.happens(1, "the limit for requests without credentials is reached")
    text = (
        f"failed to call Git provider: could not list pull requests: GET {provider['spec']['url']}/pulls: "
        "403 API rate limit exceeded for 192.0.2.17. (But here's the good news: Authenticated requests get a "
        "higher rate limit.) [rate reset in 12m4s]"
    )
    _fails(stage, provider, "ReconciliationFailed", text)
    stage.happens(20, "and still")
    _fails(stage, provider, "ReconciliationFailed", text, count=20)
    stage.symptom(previews)
    stage.root(provider, "External", "spec.url")
    stage.also_right(provider, "Failed")
    stage.also_right(provider, "Denied", "spec.secretRef")
    stage.victims(previews)
    stage.path(previews, provider)


@recipe(45, "inputs-missing", "A ResourceSet takes inputs from a provider that does not exist")
def inputs_missing(stage: Stage) -> None:
    base = landscape(stage)
    provider = input_provider(stage, "tenants", base.apps_space)
    name = provider["metadata"]["name"]
    tenants = resource_set(stage, "tenant-apps", base.apps_space, by=base.apps, inputsFrom=_inputs(provider))
    stage.happens(1, "somebody deletes the provider")
    stage.remove(provider)
    stage.happens(2, "flux-operator gives up")
    text = (
        f"failed to compute inputs: failed to get provider {base.apps_space}/{name}: "
        f'resourcesetinputproviders.fluxcd.controlplane.io "{name}" not found'
    )
    _fails(stage, tenants, "BuildFailed", text, stalls=True)
    stage.happens(4, "the Kustomization above sees that")
    health_fails(stage, base.apps, (), failed=[tenants])
    stage.symptom(base.apps)
    stage.root(provider, "Missing")
    stage.victims(base.apps, tenants)
    stage.path(base.apps, tenants, provider)


@recipe(46, "dependency-secret-missing", "A ResourceSet waits for a Secret that nobody makes")
def dependency_secret_missing(stage: Stage) -> None:
    base = landscape(stage)
    secret = credentials(stage, "database", base.apps_space, "dsn")
    name = secret["metadata"]["name"]
    wanted = {"apiVersion": "v1", "kind": "Secret", "name": name, "namespace": base.apps_space}
    databases = resource_set(stage, "databases", base.apps_space, by=base.apps, dependsOn=[wanted])
    stage.happens(1, "the Secret is deleted")
    stage.remove(secret)
    text = (
        f"Retrying dependency check: dependency v1/Secret/{base.apps_space}/{name} not found: "
        f'secrets "{name}" not found'
    )
    stage.happens(2, "flux-operator waits for it")
    stage.event(databases, "DependencyNotReady", text, warning=False, count=40)
    progress = ("Reconciling", "True", "Progressing", text)
    stage.report(databases, progress, ("Ready", "False", "DependencyNotReady", text))
    stage.happens(5, "the Kustomization above gives up waiting")
    health_fails(stage, base.apps, [databases])
    stage.symptom(base.apps)
    stage.root(secret, "Missing")
    stage.victims(base.apps, databases)
    stage.path(base.apps, databases, secret)


@recipe(46, "dependency-chain-of-sets", "A ResourceSet waits for a Kustomization that cannot be built")
def dependency_chain_of_sets(stage: Stage) -> None:
    base = landscape(stage)
    team = tenant(stage, base)
    metadata = team.kustomization["metadata"]
    version = team.kustomization["apiVersion"]
    wanted = {
        "apiVersion": version,
        "kind": "Kustomization",
        "name": metadata["name"],
        "namespace": team.space,
        "ready": True,
    }
    addons = resource_set(stage, "addons", base.apps_space, by=base.apps, dependsOn=[wanted])
    text = 'kustomize build failed: json: unknown field "patchesStrategic"'
    stage.happens(1, "a commit breaks the team's manifests")
    kustomization_fails(stage, team.kustomization, "BuildFailed", text, during="Building manifests")
    waits = (
        f"Retrying dependency check: dependency {version}/Kustomization/{team.space}/{metadata['name']} "
        "not ready: status InProgress"
    )
    stage.happens(3, "flux-operator waits for the Kustomization")
    stage.event(addons, "DependencyNotReady", waits, warning=False, count=30)
    progress = ("Reconciling", "True", "Progressing", waits)
    stage.report(addons, progress, ("Ready", "False", "DependencyNotReady", waits))
    stage.happens(6, "the Kustomization above gives up waiting")
    health_fails(stage, base.apps, [addons])
    stage.symptom(base.apps)
    stage.root(team.kustomization, "Failed")
    stage.victims(base.apps, addons, base.root)
    stage.path(base.apps, addons, team.kustomization)


@recipe(46, "step-health-check", "A step of a ResourceSet waits in vain for a Deployment")
def step_health_check(stage: Stage) -> None:
    base = landscape(stage)
    steps = [{"name": "rollout", "resources": [{"apiVersion": "apps/v1", "kind": "Deployment"}]}]
    canary = resource_set(stage, "canary", base.apps_space, by=base.apps, steps=steps)
    old = deployment(stage, "canary", base.apps_space, by=canary)
    image = old.deployment["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[0]
    stage.happens(1, "new inputs bring a new image")
    new = rolls_out(stage, old, container={"image": f"{image}:2.15.0"})
    stage.happens(2, "which does not exist")
    cannot_pull(stage, new.pods[0], f"{image}:2.15.0: not found")
    stage.happens(7, "the step's health check times out")
    place = f"Deployment/{base.apps_space}/{new.deployment['metadata']['name']}"
    text = (
        'reconciliation failed: step "rollout" health check failed: '
        f"timeout waiting for: [{place} status: 'InProgress']"
    )
    _fails(stage, canary, "ReconciliationFailed", text)
    stage.happens(10, "the Kustomization above gives up waiting")
    health_fails(stage, base.apps, [canary])
    stage.symptom(base.apps)
    stage.root(new.deployment, "Workload", "spec.template.spec.containers[0].image")
    stage.victims(base.apps, canary, new.replica_set, *new.pods)
    stage.path(base.apps, canary, new.deployment, new.replica_set, *new.pods)


@recipe(47, "generator-source-missing", "A generator copies from a source that does not exist any more")
def generator_source_missing(stage: Stage) -> None:
    base = landscape(stage)
    team = tenant(stage, base)
    generator, external = artifact_generator(stage, "split", team.space, team.source, by=base.root)
    fed = kustomization(stage, "part", team.space, external, by=base.root)
    name = team.source["metadata"]["name"]
    stage.happens(1, "somebody deletes the source")
    stage.remove(team.source)
    text = (
        f"get sources failed: unable to get source '{team.space}/{name}': "
        f'GitRepository.source.toolkit.fluxcd.io "{name}" not found'
    )
    stage.happens(2, "source-watcher cannot read it; its artifact stays")
    _fails(stage, generator, "SourceFetchFailed", text)
    absent = f'GitRepository.source.toolkit.fluxcd.io "{name}" not found'
    stage.report(team.kustomization, ("Ready", "False", "ArtifactFailed", absent))
    stage.symptom(fed)
    stage.root(team.source, "Missing")
    stage.victims(fed, external, generator, team.kustomization)
    stage.path(fed, external, generator, team.source)


@recipe(47, "generator-source-not-ready", "A generator's source cannot be fetched")
def generator_source_not_ready(stage: Stage) -> None:
    base = landscape(stage)
    team = tenant(stage, base)
    generator, external = artifact_generator(stage, "split", team.space, team.source, by=base.root)
    fed = kustomization(stage, "part", team.space, external, by=base.root)
    url = team.source["spec"]["url"]
    text = f"failed to checkout and determine revision: unable to clone '{url}': couldn't find remote ref "
    stage.happens(1, "the branch is deleted")
    fetch_fails(stage, team.source, "GitOperationFailed", f'{text}"refs/heads/main"')
    stage.happens(3, "source-watcher waits for the source; its artifact stays")
    waits = f"source '{team.space}/{team.source['metadata']['name']}' is not ready"
    _fails(stage, generator, "SourceFetchFailed", waits)
    stage.happens(8, "the bootstrap Kustomization gives up waiting")
    health_fails(stage, base.root, [team.source, generator])
    stage.symptom(fed)
    stage.root(team.source, "Invalid", "spec.ref.branch")
    stage.victims(base.root, fed, external, generator)
    stage.path(fed, external, generator, team.source)


@recipe(47, "generator-copies-nothing", "A generator copies from a path that its source does not have")
def generator_copies_nothing(stage: Stage) -> None:
    base = landscape(stage)
    team = tenant(stage, base)
    generator, external = artifact_generator(stage, "split", team.space, team.source, by=base.root)
    fed = kustomization(stage, "part", team.space, external, by=base.root)
    name = generator["metadata"]["name"]
    copied = [{"from": "@app/charts/**", "to": "@artifact/"}]
    stage.happens(1, "a commit copies from another folder")
    stage.patch(generator, {"spec": {"artifacts": [{"name": name, "copy": copied}]}})
    text = f'{name} build failed: failed to apply copy operations: source path "charts" does not exist'
    stage.happens(2, "source-watcher does not find it")
    _fails(stage, generator, "BuildFailed", text)
    stage.happens(6, "the bootstrap Kustomization gives up waiting")
    health_fails(stage, base.root, [generator])
    stage.symptom(fed)
    stage.root(generator, "Failed")
    stage.also_right(generator, "Invalid", "spec.artifacts")
    stage.victims(base.root, fed, external)
    stage.path(fed, external, generator)


@recipe(48, "flux-build-failed", "A FluxInstance asks for a version of Flux that does not exist")
def flux_build_failed(stage: Stage) -> None:
    base = landscape(stage)
    instance = flux_instance(stage, base.system)
    stage.happens(1, "a commit asks for a version that is not out yet")
    stage.patch(instance, {"spec": {"distribution": {"version": "3.1.x"}}})
    text = "build failed: no match found for semver: 3.1.x"
    stage.happens(2, "flux-operator gives up; the installed version stays")
    _fails(stage, instance, "BuildFailed", text, stalls=True)
    stage.symptom(instance)
    stage.root(instance, "Failed")
    stage.also_right(instance, "Invalid", "spec.distribution.version")
    stage.path(instance)


@recipe(48, "flux-manifests-unreachable", "A FluxInstance cannot fetch the manifests of Flux")
def flux_manifests_unreachable(stage: Stage) -> None:
    base = landscape(stage)
    instance = flux_instance(stage, base.system)
    text = 'fetch failed: Get "https://ghcr.io/v2/": dial tcp: lookup ghcr.io on 10.96.0.10:53: no such host'
    stage.happens(1, "the registry cannot be resolved")
    _fails(stage, instance, "ArtifactFailed", text)
    stage.symptom(instance)
    stage.root(instance, "External")
    stage.also_right(instance, "Failed")
    stage.path(instance)


RECIPES: tuple[Recipe, ...] = (
    inputs_rate_limited,
    inputs_missing,
    dependency_secret_missing,
    dependency_chain_of_sets,
    step_health_check,
    generator_source_missing,
    generator_source_not_ready,
    generator_copies_nothing,
    flux_build_failed,
    flux_manifests_unreachable,
)
