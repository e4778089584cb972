"""Faults of OCI and Helm sources, and of the controller that fetches them all."""

from __future__ import annotations

from mirror.keys import ObjectKey
from mirror.testing.objects import JSON
from mirror.testing.scenarios.appliers import HELM, kustomization
from mirror.testing.scenarios.breakdowns import crashes
from mirror.testing.scenarios.landscape import Landscape, landscape, push
from mirror.testing.scenarios.recipe import Recipe, recipe
from mirror.testing.scenarios.reports import (
    chart_fails,
    dependency_waits,
    fetch_fails,
    health_fails,
    kustomization_fails,
    release_waits,
)
from mirror.testing.scenarios.sources import SOURCE, declared, oci_repository
from mirror.testing.scenarios.stage import Ref, Stage
from mirror.testing.scenarios.workloads import credentials, deployment, namespaced

__all__ = ["RECIPES"]


def _platform(stage: Stage, base: Landscape, **spec: object) -> JSON:
    """An OCIRepository with manifests, and a Kustomization that applies them."""
    source = oci_repository(stage, "platform", base.system, by=base.root, **spec)
    applied = kustomization(stage, "platform", base.system, source, by=base.root)
    space = namespaced(stage, "platform", by=applied)
    deployment(stage, "platform-agent", space, by=applied)
    return source


def _wait_in_vain(stage: Stage, base: Landscape, revision: str, *waiting: Ref) -> None:
    """apps waits for what it applied, and the bootstrap Kustomization for apps."""
    for minute in (10, 25, 40):
        stage.happens(minute, "apps and the bootstrap Kustomization wait in vain")
        health_fails(stage, base.apps, waiting, revision=revision)
        health_fails(stage, base.root, [base.apps], revision=revision)
    stage.symptom(base.root)


def _chart(base: Landscape) -> ObjectKey:
    """The HelmChart that was made for the release `backend`."""
    name = f"{base.apps_space}-{base.backend['metadata']['name']}"
    return ObjectKey("source.toolkit.fluxcd.io", "HelmChart", base.infra_space, name)


@recipe(5, "oci-tag-not-found", "An OCIRepository asks for a tag that the registry does not have")
def oci_tag_not_found(stage: Stage) -> None:
    base = landscape(stage)
    source = _platform(stage, base)
    stage.happens(1, "a commit asks for a tag that nobody pushed")
    revision = push(stage, base)
    source = stage.patch(source, {"spec": {"ref": {"tag": "1.5.0"}}})
    place = source["spec"]["url"].removeprefix("oci://")
    host, _, repository = place.partition("/")
    stage.happens(2, "source-controller does not find it")
    text = (
        f"failed to determine artifact digest: GET https://{host}/v2/{repository}/manifests/1.5.0: "
        "MANIFEST_UNKNOWN: manifest unknown; map[Tag:1.5.0]"
    )
    fetch_fails(stage, source, "OCIArtifactPullFailed", text)
    for minute in (6, 12):
        stage.happens(minute, "the bootstrap Kustomization gives up waiting for the source")
        health_fails(stage, base.root, [source], revision=revision)
    stage.symptom(base.root)
    stage.root(source, "Invalid", "spec.ref.tag")
    stage.victims(base.root)
    stage.path(base.root, source)


@recipe(6, "signature-invalid", "A new artifact is not signed by the key that the source trusts")
def signature_invalid(stage: Stage) -> None:
    base = landscape(stage)
    key = credentials(stage, "cosign-key", base.system, "cosign.pub")
    verify = {"provider": "cosign", "secretRef": {"name": key["metadata"]["name"]}}
    source = _platform(stage, base, verify=verify)
    good = f"verified signature of revision {source['status']['artifact']['revision']}"
    stage.report(source, ("SourceVerified", "True", "Succeeded", good))
    stage.happens(1, "somebody pushes an image that the pipeline did not sign")
    url = source["spec"]["url"].removeprefix("oci://")
    why = f"no matching signatures were found for '{url}:1.4.0'"
    text = f"failed to verify the signature using provider 'cosign': {why}"
    stage.event(source, "VerificationError", text, count=9)
    stage.report(
        source,
        ("Reconciling", "True", "ProgressingWithRetry", "reconciliation in progress"),
        ("Ready", "False", "VerificationError", text),
        ("SourceVerified", "False", "VerificationError", text),
    )
    for minute in (8, 13):
        stage.happens(minute, "the bootstrap Kustomization gives up waiting for the source")
        health_fails(stage, base.root, [source])
    stage.symptom(base.root)
    stage.root(source, "Denied", "spec.verify")
    stage.victims(base.root)
    stage.path(base.root, source)


@recipe(7, "helm-index-not-found", "A new HelmRepository has no index at its URL")
def helm_index_not_found(stage: Stage) -> None:
    base = landscape(stage)
    space, name = base.apps_space, stage.name("queue")
    stage.happens(1, "a commit adds a HelmRepository and a HelmRelease from it")
    revision = push(stage, base, base.apps)
    repository = stage.name("partner-charts")
    url = f"https://charts.{stage.name('partner')}.example/stable"
    index: JSON = {"interval": "1h0m0s", "provider": "generic", "url": url}
    source = declared(stage, SOURCE, "HelmRepository", space, repository, index, by=base.apps)
    reference = {"kind": "HelmRepository", "name": repository}
    wanted = {"chart": name, "version": "3.1.0", "interval": "10m0s", "reconcileStrategy": "ChartVersion"}
    chart_spec = {**wanted, "sourceRef": {**reference, "namespace": space}}
    spec: JSON = {"interval": "10m0s", "timeout": "5m0s", "chart": {"spec": chart_spec}}
    release = declared(stage, HELM, "HelmRelease", space, name, spec, by=base.apps)
    made = {**wanted, "sourceRef": reference}
    chart = declared(stage, SOURCE, "HelmChart", space, f"{space}-{name}", made)
    stage.patch(release, {"status": {"helmChart": f"{space}/{space}-{name}"}})
    stage.happens(2, "source-controller fetches the index and gets a 404")
    why = f"failed to cache index to temporary file: failed to fetch {url}/index.yaml : 404 Not Found"
    fetch_fails(stage, source, "Failed", f"failed to fetch Helm repository index: {why}")
    text = f"no artifact available for HelmRepository source '{repository}'"
    chart_fails(stage, chart, "NoSourceArtifact", text)
    release_waits(stage, release, chart)
    _wait_in_vain(stage, base, revision, source, release)
    stage.root(source, "Invalid", "spec.url")
    stage.victims(base.root, base.apps, release, chart)
    stage.path(base.root, base.apps, source)


@recipe(
    8, "chart-version-not-found", "A HelmRelease asks for a chart version that its repository does not have"
)
def chart_version_not_found(stage: Stage) -> None:
    base = landscape(stage)
    chart, name = _chart(base), base.backend["metadata"]["name"]
    stage.happens(1, "a commit raises the version of a chart")
    revision = push(stage, base, base.apps)
    release = stage.patch(base.backend, {"spec": {"chart": {"spec": {"version": "9.9.9"}}}})
    stage.patch(chart, {"spec": {"version": "9.9.9"}})
    stage.happens(2, "source-controller does not find it")
    why = f"no '{name}' chart with version matching '9.9.9' found"
    text = f"failed to get chart version for remote reference: {why}"
    chart_fails(stage, chart, "InvalidChartReference", f"invalid chart reference: {text}", stalls=True)
    release_waits(stage, release, chart)
    _wait_in_vain(stage, base, revision, release)
    stage.root(release, "Invalid", "spec.chart.spec.version")
    stage.victims(base.root, base.apps, chart)
    stage.path(base.root, base.apps, release)


@recipe(9, "chart-source-missing", "A HelmRelease names a HelmRepository that does not exist")
def chart_source_missing(stage: Stage) -> None:
    base = landscape(stage)
    absent = stage.name("charts-v2")
    stage.happens(1, "a commit points a HelmRelease to another HelmRepository")
    revision = push(stage, base, base.apps)
    release = stage.patch(base.backend, {"spec": {"chart": {"spec": {"sourceRef": {"name": absent}}}}})
    chart = stage.patch(_chart(base), {"spec": {"sourceRef": {"name": absent}}})
    stage.happens(2, "source-controller cannot find it")
    text = f'failed to get source: HelmRepository.source.toolkit.fluxcd.io "{absent}" not found'
    chart_fails(stage, chart, "SourceUnavailable", text)
    release_waits(stage, release, chart)
    _wait_in_vain(stage, base, revision, release)
    missing = ObjectKey("source.toolkit.fluxcd.io", "HelmRepository", base.infra_space, absent)
    stage.root(missing, "Missing")
    stage.also_right(release, "Invalid", "spec.chart.spec.sourceRef")
    stage.victims(base.root, base.apps, chart)
    stage.path(base.root, base.apps, release, chart, missing)


@recipe(12, "source-controller-down", "source-controller runs out of memory: nobody can download an artifact")
def source_controller_down(stage: Stage) -> None:
    base = landscape(stage)
    controller = base.controllers["source-controller"]
    stage.happens(1, "source-controller is killed, and again after each restart")
    crashes(stage, controller, "OOMKilled", 137)
    url = base.source["status"]["artifact"]["url"]
    why = f'giving up after 10 attempt(s): Get "{url}": dial tcp 10.96.44.10:80: connect: connection refused'
    text = f"failed to download archive: GET {url} {why}"
    for minute in (11, 22, 33):
        stage.happens(minute, "Kustomizations reconcile and cannot download")
        for item in (base.infra, base.root):
            kustomization_fails(stage, item, "ArtifactFailed", text, during="Fetching manifests")
        dependency_waits(stage, base.apps, base.infra)
    stage.symptom(base.root)
    stage.root(controller.deployment, "ControllerDown")
    for pod in controller.pods:
        stage.also_right(pod, "Workload")
    stage.victims(base.root, base.infra, base.apps, base.source)
    stage.path(base.root, base.source, controller.deployment)


RECIPES: tuple[Recipe, ...] = (
    oci_tag_not_found,
    signature_invalid,
    helm_index_not_found,
    chart_version_not_found,
    chart_source_missing,
    source_controller_down,
)
