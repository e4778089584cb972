"""Every way in which an object of a Flux cluster refers to another one, as data.

Made from the CRDs of source-controller 1.9, kustomize-controller 1.9, helm-controller 1.6,
notification-controller 1.9, image-reflector and image-automation-controller 1.2, source-watcher 2.2 and
flux-operator 0.58. A row is an object `apps/web` with the one field that is set, and what follows from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.mirror.flux.objects import Document

__all__ = ["ROWS", "Row"]


class Row(NamedTuple):
    """content: of the object, by dotted path. target: Kind/namespace/name, or Kind/name without one."""

    kind: str
    content: Document
    relation: str
    field: str
    target: str
    optional: bool = False


X = {"name": "x"}
FAR = {"name": "x", "namespace": "far"}


def _secrets(kind: str, *paths: str, relation: str = "config") -> Iterator[Row]:
    for path in paths:
        yield Row(kind, {path: X}, relation, path, "Secret/apps/x")


def _accounts(*kinds: str) -> Iterator[Row]:
    for kind in kinds:
        path = "spec.serviceAccountName"
        yield Row(kind, {path: "x"}, "identity", path, "ServiceAccount/apps/x")


def _sources(kind: str, path: str, kinds: str, *, same_namespace: bool = False) -> Iterator[Row]:
    """path may end in [0]: the field is a list."""
    for target in kinds.split():
        for written, place in ((X, "apps"), (FAR, "apps" if same_namespace else "far")):
            named = {"kind": target, **written}
            yield Row(kind, _at(path, named), "source", path, f"{target}/{place}/x")


def _at(path: str, value: object) -> Document:
    return {path[:-3]: [value]} if path.endswith("[0]") else {path: value}


def _kubeconfig(kind: str) -> Iterator[Row]:
    for key, target in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
        path = f"spec.kubeConfig.{key}"
        yield Row(kind, {path: X}, "identity", path, f"{target}/apps/x")


def _inventory(kind: str) -> Iterator[Row]:
    """Native inventories: `<namespace>_<name>_<group>_<kind>`."""
    for entry, target in (
        ("far_x_apps_Deployment", "Deployment/far/x"),
        ("_x__y_rbac.authorization.k8s.io_ClusterRole", "ClusterRole/x:y"),
        (
            "_x.example.com_apiextensions.k8s.io_CustomResourceDefinition",
            "CustomResourceDefinition/x.example.com",
        ),
    ):
        content = {"status.inventory.entries": [{"id": entry, "v": "v1"}]}
        yield Row(kind, content, "manages", "status.inventory.entries", target)
    if kind != "HelmRelease":
        waited = {"spec.wait": True, "status.inventory.entries": [{"id": "far_x_apps_Deployment", "v": "v1"}]}
        yield Row(kind, waited, "health", "spec.wait", "Deployment/far/x")


_CHART = {"chart": "x", "sourceRef": {"kind": "HelmRepository", **FAR}}
_ARTIFACTS = "OCIRepository GitRepository Bucket ExternalArtifact"
_ANNOTATION = "fluxcd.controlplane.io"

_SOURCES: tuple[Row, ...] = (
    *_secrets("GitRepository", "spec.secretRef", "spec.verify.secretRef", "spec.proxySecretRef"),
    Row(
        "GitRepository",
        {"spec.include": [{"repository": X, "fromPath": "a"}]},
        "source",
        "spec.include[0].repository",
        "GitRepository/apps/x",
    ),
    *_secrets(
        "OCIRepository",
        "spec.secretRef",
        "spec.certSecretRef",
        "spec.proxySecretRef",
        "spec.verify.secretRef",
        "spec.verify.trustedRootSecretRef",
    ),
    *_secrets(
        "Bucket",
        "spec.secretRef",
        "spec.certSecretRef",
        "spec.proxySecretRef",
        "spec.sts.secretRef",
        "spec.sts.certSecretRef",
    ),
    *_secrets("HelmRepository", "spec.secretRef", "spec.certSecretRef"),
    *_sources("HelmChart", "spec.sourceRef", "HelmRepository GitRepository Bucket", same_namespace=True),
    *_secrets("HelmChart", "spec.verify.secretRef"),
    *_sources("ExternalArtifact", "spec.sourceRef", "ArtifactGenerator"),
    *_accounts("GitRepository", "OCIRepository", "Bucket"),
)

_APPLIERS: tuple[Row, ...] = (
    *_sources("Kustomization", "spec.sourceRef", _ARTIFACTS),
    Row("Kustomization", {"spec.dependsOn": [X]}, "depends", "spec.dependsOn[0]", "Kustomization/apps/x"),
    Row("Kustomization", {"spec.dependsOn": [FAR]}, "depends", "spec.dependsOn[0]", "Kustomization/far/x"),
    *_secrets("Kustomization", "spec.decryption.secretRef", relation="identity"),
    Row(
        "Kustomization",
        {"spec.decryption.serviceAccountName": "x"},
        "identity",
        "spec.decryption.serviceAccountName",
        "ServiceAccount/apps/x",
    ),
    *_kubeconfig("Kustomization"),
    *(
        Row(
            "Kustomization",
            {"spec.postBuild.substituteFrom": [{"kind": kind, "name": "x", "optional": optional}]},
            "config",
            "spec.postBuild.substituteFrom[0]",
            f"{kind}/apps/x",
            optional,
        )
        for kind in ("ConfigMap", "Secret")
        for optional in (True, False)
    ),
    Row(
        "Kustomization",
        {"spec.healthChecks": [{"kind": "Deployment", **FAR}]},
        "health",
        "spec.healthChecks[0]",
        "Deployment/far/x",
    ),
    *_inventory("Kustomization"),
    *_sources("HelmRelease", "spec.chartRef", "OCIRepository HelmChart ExternalArtifact"),
    Row(
        "HelmRelease",
        {"spec.chart.spec": _CHART},
        "source",
        "spec.chart.spec.sourceRef",
        "HelmRepository/far/x",
    ),
    Row("HelmRelease", {"spec.chart.spec": _CHART}, "generates", "spec.chart", "HelmChart/far/apps-web"),
    Row(
        "HelmRelease",
        {"spec.chart.spec": {**_CHART, "verify": {"secretRef": {"name": "cosign"}}}},
        "config",
        "spec.chart.spec.verify.secretRef",
        "Secret/far/cosign",
    ),
    Row("HelmRelease", {"spec.dependsOn": [FAR]}, "depends", "spec.dependsOn[0]", "HelmRelease/far/x"),
    *(
        Row(
            "HelmRelease",
            {"spec.valuesFrom": [{"kind": kind, "name": "x", "optional": optional}]},
            "config",
            "spec.valuesFrom[0]",
            f"{kind}/apps/x",
            optional,
        )
        for kind in ("ConfigMap", "Secret")
        for optional in (True, False)
    ),
    *_kubeconfig("HelmRelease"),
    Row("HelmRelease", {"spec.targetNamespace": "x"}, "config", "spec.targetNamespace", "Namespace/x"),
    Row("HelmRelease", {"spec.storageNamespace": "x"}, "config", "spec.storageNamespace", "Namespace/x"),
    Row(
        "HelmRelease",
        {"status.storageNamespace": "far", "status.history": [{"name": "my-web", "version": 4}]},
        "generates",
        "status.history[0]",
        "Secret/far/sh.helm.release.v1.my-web.v4",
        optional=True,
    ),
    *_inventory("HelmRelease"),
    *_accounts("Kustomization", "HelmRelease"),
)

_IMAGES: tuple[Row, ...] = (
    *_secrets("ImageRepository", "spec.secretRef", "spec.certSecretRef", "spec.proxySecretRef"),
    Row(
        "ImagePolicy",
        {"spec.imageRepositoryRef": FAR},
        "source",
        "spec.imageRepositoryRef",
        "ImageRepository/far/x",
    ),
    Row(
        "ImagePolicy",
        {"spec.imageRepositoryRef": X},
        "source",
        "spec.imageRepositoryRef",
        "ImageRepository/apps/x",
    ),
    *_sources("ImageUpdateAutomation", "spec.sourceRef", "GitRepository"),
    *_secrets("ImageUpdateAutomation", "spec.git.commit.signingKey.secretRef"),
    *_accounts("ImageRepository"),
)

_MESSENGERS: tuple[Row, ...] = (
    Row("Alert", {"spec.providerRef": X}, "config", "spec.providerRef", "Provider/apps/x"),
    *(
        Row(
            "Alert",
            {"spec.eventSources": [{"kind": kind, **FAR}]},
            "notify",
            "spec.eventSources[0]",
            f"{kind}/far/x",
        )
        for kind in ("Kustomization", "HelmRelease", "GitRepository", "ImagePolicy", "FluxInstance")
    ),
    *_secrets("Provider", "spec.secretRef", "spec.certSecretRef", "spec.proxySecretRef"),
    *_secrets("Receiver", "spec.secretRef"),
    *(
        Row(
            "Receiver",
            {"spec.resources": [{"kind": kind, **X}]},
            "trigger",
            "spec.resources[0]",
            f"{kind}/apps/x",
        )
        for kind in ("GitRepository", "ImageRepository", "ResourceSet")
    ),
    *_accounts("Provider"),
)

_GENERATORS: tuple[Row, ...] = (
    *_sources(
        "ArtifactGenerator",
        "spec.sources[0]",
        "Bucket GitRepository OCIRepository HelmChart ExternalArtifact",
    ),
    Row(
        "ArtifactGenerator",
        {"spec.artifacts": [X]},
        "generates",
        "spec.artifacts[0]",
        "ExternalArtifact/apps/x",
    ),
    Row(
        "ArtifactGenerator",
        {"status.inventory": [FAR]},
        "manages",
        "status.inventory[0]",
        "ExternalArtifact/far/x",
    ),
)

_PULL = {
    "spec.sync.pullSecret": "spec.sync.pullSecret",
    "spec.distribution.imagePullSecret": "spec.distribution.imagePullSecret",
    "spec.distribution.artifactPullSecret": "spec.distribution.artifactPullSecret",
}

_OPERATOR: tuple[Row, ...] = (
    Row(
        "ResourceSet",
        {"spec.inputsFrom": [{"kind": "ResourceSetInputProvider", **FAR}]},
        "config",
        "spec.inputsFrom[0]",
        "ResourceSetInputProvider/apps/x",
    ),
    Row(
        "ResourceSet",
        {"spec.dependsOn": [{"apiVersion": "apps/v1", "kind": "Deployment", **FAR}]},
        "depends",
        "spec.dependsOn[0]",
        "Deployment/far/x",
    ),
    Row(
        "ResourceSet",
        {"spec.dependsOn": [{"apiVersion": "v1", "kind": "Namespace", **X}]},
        "depends",
        "spec.dependsOn[0]",
        "Namespace/x",
    ),
    *(
        Row("ResourceSet", content, "config", f"{place}.metadata.annotations[{_ANNOTATION}/{name}]", target)
        for name, value, target in (
            ("copyFrom", "far/x", "Secret/far/x"),
            ("convertKubeConfigFrom", "far/x:value", "Secret/far/x"),
            ("checksumFrom", "ConfigMap/far/x", "ConfigMap/far/x"),
        )
        for template in (
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "<< inputs.name >>", "annotations": {f"{_ANNOTATION}/{name}": value}},
            },
        )
        for content, place in (
            ({"spec.resources": [template]}, "spec.resources[0]"),
            ({"spec.steps": [{"name": "s", "resources": [template]}]}, "spec.steps[0].resources[0]"),
        )
    ),
    Row(
        "ResourceSet",
        {"status.externalChecksumRefs": ["ConfigMap/far/x"]},
        "config",
        "status.externalChecksumRefs[0]",
        "ConfigMap/far/x",
    ),
    *_inventory("ResourceSet"),
    *_secrets("ResourceSetInputProvider", "spec.secretRef", "spec.certSecretRef"),
    Row(
        "ResourceSetInputProvider",
        {"spec.selectors": [FAR]},
        "source",
        "spec.selectors[0]",
        "ExternalArtifact/far/x",
    ),
    *(Row("FluxInstance", {path: "x"}, "config", field, "Secret/apps/x") for path, field in _PULL.items()),
    *(
        Row("FluxInstance", {"spec.sync": {"kind": source, **name}}, "generates", "spec.sync", target)
        for source in ("GitRepository", "OCIRepository", "Bucket")
        for name, called in (({}, "apps"), ({"name": "x"}, "x"))
        for target in (f"{source}/apps/{called}", f"Kustomization/apps/{called}")
    ),
    *_inventory("FluxInstance"),
    Row(
        "FluxReport",
        {"spec.sync.id": "kustomization/x"},
        "notify",
        "spec.sync.id",
        "Kustomization/apps/x",
    ),
    Row("FluxReport", {"spec.components": [X]}, "notify", "spec.components[0]", "Deployment/apps/x"),
    *_accounts("ResourceSet", "ResourceSetInputProvider"),
)

_MARKS: tuple[Row, ...] = (
    *(
        Row(
            "ConfigMap",
            {f"metadata.annotations.{_ANNOTATION}/{name}": value},
            "config",
            f"metadata.annotations[{_ANNOTATION}/{name}]",
            target,
        )
        for name, value, target in (
            ("copyFrom", "far/x", "ConfigMap/far/x"),
            ("convertKubeConfigFrom", "far/x:key", "Secret/far/x"),
            ("checksumFrom", "Secret/far/x", "Secret/far/x"),
        )
    ),
    Row(
        "ConfigMap",
        {"metadata.ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", **X}]},
        "owner",
        "metadata.ownerReferences[0]",
        "Deployment/apps/x",
    ),
    *(
        Row(
            "Deployment",
            {"spec.template.spec.containers": [{"args": ["--watch-all", f"{flag}=x"]}]},
            "config",
            "spec.template.spec.containers[0].args[1]",
            f"{kind}/apps/x",
        )
        for flag, kind in (("--sops-age-secret", "Secret"), ("--sops-vault-configmap", "ConfigMap"))
    ),
)

ROWS = (*_SOURCES, *_APPLIERS, *_IMAGES, *_MESSENGERS, *_GENERATORS, *_OPERATOR, *_MARKS)
