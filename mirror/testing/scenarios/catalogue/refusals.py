"""More ways in which an API server refuses what a Kustomization applies, and more ways of waiting."""

from __future__ import annotations

from functools import partial

from mirror.keys import ObjectKey
from mirror.testing.crds import crd, established
from mirror.testing.scenarios.appliers import depends_on, helm_release, kustomization
from mirror.testing.scenarios.landscape import helm_workload, landscape, push, tenant
from mirror.testing.scenarios.recipe import Recipe, recipe
from mirror.testing.scenarios.reports import (
    chart_fails,
    dependency_waits,
    fetch_fails,
    health_fails,
    keeps_failing,
    kustomization_fails,
    release_waits,
)
from mirror.testing.scenarios.stage import Stage
from mirror.testing.scenarios.workloads import deployment, namespaced, service_account

__all__ = ["RECIPES"]

_refused = partial(keeps_failing, reason="ReconciliationFailed", during="Detecting drift")


@recipe(20, "crd-version-gone", "Manifests use a version of a kind that its CRD no longer serves")
def crd_version_gone(stage: Stage) -> None:
    base = landscape(stage)
    group = f"{stage.name('cert-manager')}.io"
    definition = crd(group, "Certificate", "certificates", versions=("v1",))
    definition["metadata"]["creationTimestamp"] = stage.created
    stage.put({**definition, "status": established(definition, stage.created)}, by=base.infra)
    stage.happens(1, "a commit brings a Certificate of an old version")
    revision = push(stage, base, base.apps)
    text = (
        f"Certificate/{base.apps_space}/{stage.name('web-tls')} dry-run failed: "
        f'no matches for kind "Certificate" in version "{group}/v1alpha2"\n'
    )
    _refused(stage, base.root, base.apps, message=text, revision=revision)
    stage.root(base.apps, "Invalid")
    stage.path(base.root, base.apps)


@recipe(22, "impersonation-account-missing", "The ServiceAccount that a tenant applies with does not exist")
def impersonation_account_missing(stage: Stage) -> None:
    base = landscape(stage)
    team = tenant(stage, base)
    account = service_account(stage, "reconciler", team.space, by=base.root)
    name = account["metadata"]["name"]
    stage.patch(team.kustomization, {"spec": {"serviceAccountName": name}})
    stage.patch(team.kustomization, {"status": {"observedGeneration": 2}})
    stage.happens(1, "a commit removes the account")
    stage.remove(account, by=base.root)
    api = team.api.deployment["metadata"]["name"]
    text = (
        f'Deployment/{team.space}/{api} dry-run failed (Forbidden): deployments.apps "{api}" is forbidden: '
        f'User "system:serviceaccount:{team.space}:{name}" cannot patch resource "deployments" '
        f'in API group "apps" in the namespace "{team.space}"\n'
    )
    _refused(stage, base.root, team.kustomization, message=text)
    stage.root(account, "Missing")
    stage.victims(team.kustomization)
    stage.path(base.root, team.kustomization, account)


@recipe(23, "immutable-selector", "A commit changes the selector of a Deployment")
def immutable_selector(stage: Stage) -> None:
    base = landscape(stage)
    stage.happens(1, "a commit renames a label")
    revision = push(stage, base, base.apps)
    name = base.web.deployment["metadata"]["name"]
    text = (
        f'Deployment/{base.apps_space}/{name} dry-run failed (Invalid): Deployment.apps "{name}" is invalid: '
        'spec.selector: Invalid value: {"matchLabels":{"app":"web"}}: field is immutable\n'
    )
    _refused(stage, base.root, base.apps, message=text, revision=revision)
    stage.root(base.apps, "Failed")
    stage.also_right(base.web.deployment, "Failed")
    stage.path(base.root, base.apps)


@recipe(25, "dependency-missing", "A Kustomization depends on one that does not exist")
def dependency_missing(stage: Stage) -> None:
    base = landscape(stage)
    absent = ObjectKey("kustomize.toolkit.fluxcd.io", "Kustomization", base.system, stage.name("databases"))
    stage.happens(1, "a commit adds a dependency on a Kustomization that is still to come")
    revision = push(stage, base, base.apps)
    stage.patch(base.apps, {"spec": {"dependsOn": [{"name": absent.name}]}})
    why = f'not found: kustomizations.kustomize.toolkit.fluxcd.io "{absent.name}" not found'
    for minute in (2, 18, 34):
        stage.happens(minute, "apps waits for it, and the bootstrap Kustomization for apps")
        dependency_waits(stage, base.apps, absent, why)
        health_fails(stage, base.root, [base.apps], revision=revision)
    stage.symptom(base.root)
    stage.root(absent, "Missing")
    stage.also_right(base.apps, "Invalid", "spec.dependsOn")
    stage.victims(base.root)
    stage.path(base.root, base.apps, absent)


@recipe(
    25, "helm-dependency-broken", "A HelmRelease waits for another one whose chart version does not exist"
)
def helm_dependency_broken(stage: Stage) -> None:
    base = landscape(stage)
    front = helm_release(stage, "front", base.apps_space, base.charts, by=base.apps, after=[base.backend])
    helm_workload(stage, "front", base.apps_space, front)
    name = base.backend["metadata"]["name"]
    key = ObjectKey("source.toolkit.fluxcd.io", "HelmChart", base.infra_space, f"{base.apps_space}-{name}")
    stage.happens(1, "a commit raises the version of a chart to one that nobody published")
    revision = push(stage, base, base.apps)
    release = stage.patch(base.backend, {"spec": {"chart": {"spec": {"version": "7.0.0"}}}})
    stage.patch(key, {"spec": {"version": "7.0.0"}})
    why = f"no '{name}' chart with version matching '7.0.0' found"
    text = f"invalid chart reference: failed to get chart version for remote reference: {why}"
    chart_fails(stage, key, "InvalidChartReference", text, stalls=True)
    release_waits(stage, release, key)
    for minute in (2, 18, 34):
        stage.happens(minute, "the other release waits for it")
        dependency_waits(stage, front, release)
        stage.happens(minute + 6, "apps and the bootstrap Kustomization give up waiting")
        health_fails(stage, base.apps, [release, front], revision=revision)
        health_fails(stage, base.root, [base.apps], revision=revision)
    stage.symptom(front)
    stage.root(release, "Invalid", "spec.chart.spec.version")
    stage.victims(base.root, base.apps, front, key)


@recipe(26, "helm-cycle-of-three", "Three HelmReleases wait for one another in a circle")
def helm_cycle_of_three(stage: Stage) -> None:
    base = landscape(stage)
    ring = [base.backend]
    for word in ("front", "queue"):
        made = helm_release(stage, word, base.apps_space, base.charts, by=base.apps, after=[ring[-1]])
        helm_workload(stage, word, base.apps_space, made)
        ring.append(made)
    stage.happens(1, "a commit closes the circle")
    revision = push(stage, base, base.apps)
    stage.patch(ring[0], {"spec": {"dependsOn": [depends_on(ring[-1], base.apps_space)]}})
    for minute in (2, 18, 34):
        stage.happens(minute, "each waits for the one before it")
        for number, release in enumerate(ring):
            dependency_waits(stage, release, ring[number - 1])
        health_fails(stage, base.apps, ring, revision=revision)
        health_fails(stage, base.root, [base.apps], revision=revision)
    stage.symptom(base.root)
    stage.root(ring[0], "Cycle", "spec.dependsOn")
    stage.also_right(ring[1], "Cycle", "spec.dependsOn")
    stage.also_right(ring[2], "Cycle", "spec.dependsOn")
    stage.victims(base.root, base.apps)


@recipe(26, "self-dependency", "A Kustomization depends on itself")
def self_dependency(stage: Stage) -> None:
    base = landscape(stage)
    stage.happens(1, "a commit copies a dependency to the wrong place")
    revision = push(stage, base, base.infra, base.apps)
    stage.patch(base.infra, {"spec": {"dependsOn": [depends_on(base.infra, base.system)]}})
    for minute in (2, 18, 34):
        stage.happens(minute, "infra waits for itself, and apps for infra")
        dependency_waits(stage, base.infra, base.infra)
        dependency_waits(stage, base.apps, base.infra)
        health_fails(stage, base.root, [base.infra, base.apps], revision=revision)
    stage.symptom(base.root)
    stage.root(base.infra, "Cycle", "spec.dependsOn")
    stage.victims(base.root, base.apps)


@recipe(
    28,
    "two-independent-faults",
    "A broken branch of one team and a broken build of another, at the same time",
)
def two_independent_faults(stage: Stage) -> None:
    base = landscape(stage)
    team = tenant(stage, base)
    tools = kustomization(stage, "tools", base.system, base.source, by=base.root)
    deployment(stage, "tools", namespaced(stage, "tools", by=tools), by=tools)
    branch = stage.name("next")
    stage.happens(
        1, "a commit points a team to a branch that does not exist, and lists a file it does not bring"
    )
    revision = push(stage, base, tools)
    source = stage.patch(team.source, {"spec": {"ref": {"branch": branch}}})
    url = source["spec"]["url"]
    why = f"unable to clone '{url}': couldn't find remote ref \"refs/heads/{branch}\""
    fetch_fails(stage, source, "GitOperationFailed", f"failed to checkout and determine revision: {why}")
    text = (
        "kustomize build failed: accumulating resources: accumulation err='accumulating resources from "
        "'agent.yaml': open agent.yaml: no such file or directory'"
    )
    for minute in (2, 18, 34):
        stage.happens(minute, "the build fails")
        kustomization_fails(stage, tools, "BuildFailed", text, during="Building manifests", revision=revision)
        stage.happens(minute + 6, "the bootstrap Kustomization gives up waiting for both")
        health_fails(stage, base.root, [source, tools], revision=revision)
    stage.symptom(base.root)
    stage.root(source, "Invalid", "spec.ref.branch")
    stage.root(tools, "Failed")
    stage.victims(base.root)
    stage.path(base.root, source)


RECIPES: tuple[Recipe, ...] = (
    crd_version_gone,
    impersonation_account_missing,
    immutable_selector,
    dependency_missing,
    helm_dependency_broken,
    helm_cycle_of_three,
    self_dependency,
    two_independent_faults,
)
