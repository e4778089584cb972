"""More ways in which a source cannot be fetched: other credentials, references, hosts, and a full disk."""

from __future__ import annotations

from mirror.keys import ObjectKey
from mirror.testing.objects import JSON
from mirror.testing.scenarios.appliers import KUSTOMIZE, kustomization
from mirror.testing.scenarios.landscape import landscape, push, tenant
from mirror.testing.scenarios.recipe import Recipe, recipe
from mirror.testing.scenarios.reports import (
    chart_fails,
    fetch_fails,
    health_fails,
    kustomization_fails,
    kustomization_waits,
    release_waits,
)
from mirror.testing.scenarios.sources import SOURCE, bucket, declared, git_repository, oci_repository
from mirror.testing.scenarios.stage import Ref, Stage
from mirror.testing.scenarios.workloads import credentials

__all__ = ["RECIPES"]


def _wait_in_vain(stage: Stage, root: Ref, *waiting: JSON, revision: str = "") -> None:
    for minute in (8, 24, 40):
        stage.happens(minute, "the bootstrap Kustomization gives up waiting")
        health_fails(stage, root, waiting, revision=revision)
    stage.symptom(root)
    stage.victims(root)


def _checkout(source: JSON, why: str) -> str:
    return f"failed to checkout and determine revision: unable to clone '{source['spec']['url']}': {why}"


@recipe(2, "git-host-key-changed", "The SSH host key of a Git host is not the one in the Secret")
def git_host_key_changed(stage: Stage) -> None:
    base = landscape(stage)
    secret = credentials(stage, "deploy-key", base.system, "identity", "identity.pub", "known_hosts")
    url = f"ssh://git@code.{stage.name('acme')}.example/platform/tools.git"
    reference = {"name": secret["metadata"]["name"]}
    source = git_repository(stage, "tools", base.system, by=base.root, url=url, secretRef=reference)
    stage.happens(1, "the Git host is rebuilt with a new key")
    text = _checkout(source, "ssh: handshake failed: knownhosts: key mismatch")
    fetch_fails(stage, source, "GitOperationFailed", text)
    _wait_in_vain(stage, base.root, source)
    stage.root(secret, "Denied")
    stage.victims(source)
    stage.path(base.root, source, secret)


@recipe(2, "git-credentials-absent", "A repository became private, and its GitRepository has no credentials")
def git_credentials_absent(stage: Stage) -> None:
    base = landscape(stage)
    source = git_repository(stage, "tools", base.system, by=base.root)
    stage.happens(1, "the repository is made private")
    text = _checkout(source, "authentication required: Repository not found.")
    fetch_fails(stage, source, "GitOperationFailed", text)
    _wait_in_vain(stage, base.root, source)
    stage.root(source, "Denied", "spec.secretRef")
    stage.also_right(source, "Invalid", "spec.url")
    stage.path(base.root, source)


@recipe(3, "git-semver-unmatched", "No tag of a repository matches the range that a GitRepository asks for")
def git_semver_unmatched(stage: Stage) -> None:
    base = landscape(stage)
    team = tenant(stage, base)
    stage.happens(1, "a commit asks for the next major version")
    revision = push(stage, base)
    source = stage.patch(team.source, {"spec": {"ref": {"branch": None, "semver": ">=3.0.0"}}})
    text = "failed to checkout and determine revision: no match found for semver: >=3.0.0"
    fetch_fails(stage, source, "GitOperationFailed", text)
    _wait_in_vain(stage, base.root, source, revision=revision)
    stage.root(source, "Invalid", "spec.ref.semver")
    stage.path(base.root, source)


@recipe(
    4, "registry-certificate-expired", "A registry's certificate has expired: two sources of it fail at once"
)
def registry_certificate_expired(stage: Stage) -> None:
    base = landscape(stage)
    first = oci_repository(stage, "platform", base.system, by=base.root)
    second = oci_repository(stage, "dashboards", base.system, by=base.root)
    stage.happens(1, "the certificate expires")
    for source in (first, second):
        host = source["spec"]["url"].removeprefix("oci://").partition("/")[0]
        text = (
            f'failed to determine artifact digest: Get "https://{host}/v2/": tls: failed to verify '
            "certificate: x509: certificate has expired or is not yet valid: current time "
            f"{stage.stamp} is after {stage.created}"
        )
        fetch_fails(stage, source, "OCIArtifactPullFailed", text)
    _wait_in_vain(stage, base.root, first, second)
    stage.root(second, "External", "spec.url")
    stage.also_right(first, "External", "spec.url")


@recipe(3, "bucket-not-found", "A Bucket names a bucket that its object store does not have")
def bucket_not_found(stage: Stage) -> None:
    base = landscape(stage)
    source = bucket(stage, "exports", base.system, by=base.root)
    stage.happens(1, "a commit asks for another bucket")
    revision = push(stage, base)
    source = stage.patch(source, {"spec": {"bucketName": stage.name("exports-v2")}})
    text = f"bucket '{source['spec']['bucketName']}' not found"
    fetch_fails(stage, source, "BucketOperationFailed", text)
    _wait_in_vain(stage, base.root, source, revision=revision)
    stage.root(source, "Invalid", "spec.bucketName")
    stage.path(base.root, source)


@recipe(5, "oci-unauthorized", "A registry does not accept the credentials of an OCIRepository")
def oci_unauthorized(stage: Stage) -> None:
    base = landscape(stage)
    secret = credentials(stage, "registry-login", base.system, ".dockerconfigjson")
    reference = {"name": secret["metadata"]["name"]}
    source = oci_repository(stage, "platform", base.system, by=base.root, secretRef=reference)
    stage.happens(1, "the robot account's password is rotated")
    host, _, repository = source["spec"]["url"].removeprefix("oci://").partition("/")
    text = (
        f"failed to determine artifact digest: GET https://{host}/v2/{repository}/manifests/1.4.0: "
        "UNAUTHORIZED: authentication required; [map[Action:pull Class: Type:repository]]"
    )
    fetch_fails(stage, source, "OCIArtifactPullFailed", text)
    _wait_in_vain(stage, base.root, source)
    stage.root(secret, "Denied")
    stage.victims(source)
    stage.path(base.root, source, secret)


@recipe(5, "oci-semver-unmatched", "No tag in a registry matches the range that an OCIRepository asks for")
def oci_semver_unmatched(stage: Stage) -> None:
    base = landscape(stage)
    source = oci_repository(stage, "platform", base.system, by=base.root)
    stage.happens(1, "a commit asks for the next major version")
    revision = push(stage, base)
    source = stage.patch(source, {"spec": {"ref": {"tag": None, "semver": ">=9.0.0"}}})
    url = source["spec"]["url"]
    why = f"failed to determine the artifact tag for '{url}': no match found for semver: >=9.0.0"
    fetch_fails(stage, source, "OCIArtifactPullFailed", why)
    _wait_in_vain(stage, base.root, source, revision=revision)
    stage.root(source, "Invalid", "spec.ref.semver")
    stage.path(base.root, source)


@recipe(
    10,
    "source-suspended-at-birth",
    "A new Kustomization waits for a source that was suspended before its first fetch",
)
def source_suspended_at_birth(stage: Stage) -> None:
    base = landscape(stage)
    name = stage.name("reports")
    stage.happens(1, "a commit adds a suspended source and a Kustomization of it")
    revision = push(stage, base)
    spec: JSON = {
        "interval": "1m0s",
        "ref": {"branch": "main"},
        "suspend": True,
        "url": f"https://git.{stage.name('acme')}.example/{name}.git",
    }
    source = declared(stage, SOURCE, "GitRepository", base.system, name, spec, by=base.root)
    wanted: JSON = {
        "interval": "10m0s",
        "path": "./",
        "prune": True,
        "sourceRef": {"kind": "GitRepository", "name": name},
        "timeout": "3m0s",
        "wait": True,
    }
    applied = declared(stage, KUSTOMIZE, "Kustomization", base.system, name, wanted, by=base.root)
    stage.happens(2, "kustomize-controller waits for an artifact")
    kustomization_waits(stage, applied)
    _wait_in_vain(stage, base.root, source, applied, revision=revision)
    stage.root(source, "Suspended")
    stage.victims(applied)


@recipe(
    10,
    "helm-repository-suspended",
    "A suspended HelmRepository hides a chart version that was published since",
)
def helm_repository_suspended(stage: Stage) -> None:
    base = landscape(stage)
    name = base.backend["metadata"]["name"]
    stage.happens(1, "somebody suspends the HelmRepository and forgets it")
    source = stage.patch(base.charts, {"spec": {"suspend": True}})
    stage.happens(4, "a commit raises the version of a chart")
    revision = push(stage, base, base.apps)
    release = stage.patch(base.backend, {"spec": {"chart": {"spec": {"version": "1.3.0"}}}})
    key = ObjectKey("source.toolkit.fluxcd.io", "HelmChart", base.infra_space, f"{base.apps_space}-{name}")
    stage.patch(key, {"spec": {"version": "1.3.0"}})
    why = f"no '{name}' chart with version matching '1.3.0' found"
    text = f"invalid chart reference: failed to get chart version for remote reference: {why}"
    chart_fails(stage, key, "InvalidChartReference", text, stalls=True)
    release_waits(stage, release, key)
    for minute in (10, 25, 40):
        stage.happens(minute, "apps and the bootstrap Kustomization wait in vain")
        health_fails(stage, base.apps, [release], revision=revision)
        health_fails(stage, base.root, [base.apps], revision=revision)
    stage.symptom(base.apps)
    stage.root(source, "Suspended")
    stage.also_right(release, "Invalid", "spec.chart.spec.version")
    stage.victims(base.root, base.apps, key)


@recipe(11, "include-unavailable", "A GitRepository includes another one that cannot be fetched")
def include_unavailable(stage: Stage) -> None:
    base = landscape(stage)
    shared = git_repository(stage, "shared", base.system, by=base.root)
    include = [{"repository": {"name": shared["metadata"]["name"]}, "toPath": "./shared"}]
    source = git_repository(stage, "portal", base.system, by=base.root, include=include)
    kustomization(stage, "portal", base.system, source, by=base.root)
    branch = stage.name("stable")
    stage.happens(1, "a commit moves the included repository to a branch that does not exist")
    revision = push(stage, base)
    shared = stage.patch(shared, {"spec": {"ref": {"branch": branch}}})
    text = _checkout(shared, f'couldn\'t find remote ref "refs/heads/{branch}"')
    fetch_fails(stage, shared, "GitOperationFailed", text)
    _wait_in_vain(stage, base.root, shared, revision=revision)
    stage.root(shared, "Invalid", "spec.ref.branch")
    stage.path(base.root, shared)


@recipe(
    12, "storage-full", "The volume of source-controller is full: it can fetch, and not keep what it fetched"
)
def storage_full(stage: Stage) -> None:
    base = landscape(stage)
    controller = base.controllers["source-controller"]
    stage.happens(1, "the volume is full")
    place = f"/data/gitrepository/{base.system}/{base.source['metadata']['name']}"
    why = f"write {place}/{'0f' * 20}.tar.gz: no space left on device"
    text = f"unable to archive artifact to storage: {why}"
    stage.event(base.source, "ArchiveOperationFailed", text, count=6)
    stage.report(
        base.source,
        ("Reconciling", "True", "ProgressingWithRetry", "reconciliation in progress"),
        ("Ready", "False", "ArchiveOperationFailed", text),
        ("StorageOperationFailed", "True", "ArchiveOperationFailed", text),
    )
    _wait_in_vain(stage, base.root, base.source)
    stage.root(controller.deployment, "Failed")
    stage.also_right(controller.deployment, "ControllerDown")
    stage.also_right(controller.deployment, "Workload")
    for pod in controller.pods:
        stage.also_right(pod, "Workload")
    stage.victims(base.source)


@recipe(
    12,
    "source-controller-scaled-down",
    "Somebody scaled source-controller to zero; its sources still look ready",
)
def source_controller_scaled_down(stage: Stage) -> None:
    base = landscape(stage)
    controller = base.controllers["source-controller"]
    team = tenant(stage, base)
    stage.happens(1, "somebody scales it down")
    stage.patch(controller.deployment, {"spec": {"replicas": 0}})
    for pod in controller.pods:
        stage.remove(pod)
    none = {"replicas": 0, "readyReplicas": None, "availableReplicas": None, "observedGeneration": 2}
    stage.patch(
        controller.replica_set, {"spec": {"replicas": 0}, "status": {**none, "fullyLabeledReplicas": 0}}
    )
    stage.patch(controller.deployment, {"status": {**none, "updatedReplicas": None}})
    said = f"Scaled down replica set {controller.replica_set['metadata']['name']} from 1 to 0"
    stage.event(controller.deployment, "ScalingReplicaSet", said, warning=False)
    url = team.source["status"]["artifact"]["url"]
    why = f'giving up after 10 attempt(s): Get "{url}": dial tcp 10.96.44.10:80: connect: connection refused'
    text = f"failed to download archive: GET {url} {why}"
    for minute in (12, 30):
        stage.happens(minute, "a Kustomization cannot download")
        kustomization_fails(stage, team.kustomization, "ArtifactFailed", text, during="Fetching manifests")
    stage.symptom(team.kustomization)
    stage.root(controller.deployment, "ControllerDown", "spec.replicas")
    stage.victims(team.kustomization)
    stage.path(team.kustomization, team.source, controller.deployment)


RECIPES: tuple[Recipe, ...] = (
    git_host_key_changed,
    git_credentials_absent,
    git_semver_unmatched,
    registry_certificate_expired,
    bucket_not_found,
    oci_unauthorized,
    oci_semver_unmatched,
    source_suspended_at_birth,
    helm_repository_suspended,
    include_unavailable,
    storage_full,
    source_controller_scaled_down,
)
