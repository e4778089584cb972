"""ResourceSets, input providers, instances, generators as their controllers leave them when all is well."""

from __future__ import annotations

from typing import Any

from mirror.testing.manifests import digest, obj
from mirror.testing.objects import JSON
from mirror.testing.scenarios.sources import artifact
from mirror.testing.scenarios.stage import Ref, Stage

__all__ = ["OPERATOR", "artifact_generator", "flux_instance", "input_provider", "resource_set"]

OPERATOR = "fluxcd.controlplane.io/v1"
EXTENSIONS = "source.extensions.fluxcd.io/v1beta1"


def input_provider(stage: Stage, word: str, space: str, *, by: Ref | None = None, **spec: Any) -> JSON:
    """A ResourceSetInputProvider for the pull requests of a repository; it has found one."""
    name = stage.name(word)
    url = f"https://git.{stage.name('acme')}.example/{stage.name('shop')}/{name}"
    wanted = {"type": "GitHubPullRequest", "url": url, "filter": {"limit": 10}, **spec}
    made = stage.put(
        obj(OPERATOR, "ResourceSetInputProvider", space, name, stage.created, generation=1, spec=wanted),
        by=by,
    )
    exported = [{"branch": "feature/cart", "id": "1147", "sha": digest(name, 1, length=40), "title": "Cart"}]
    return stage.report(
        made,
        ("Ready", "True", "ReconciliationSucceeded", "Reconciliation finished in 351ms"),
        exportedInputs=exported,
        lastExportedRevision=f"sha256:{digest(name, 'inputs')}",
    )


def resource_set(stage: Stage, word: str, space: str, *, by: Ref | None = None, **spec: Any) -> JSON:
    """A ResourceSet that has applied its resources; what they are comes with `stage.put(obj, by=it)`."""
    name = stage.name(word)
    template = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"{name}-<< inputs.id >>"}}
    wanted = {"resources": [template], "wait": True, **spec}
    made = stage.put(
        obj(OPERATOR, "ResourceSet", space, name, stage.created, generation=1, spec=wanted), by=by
    )
    entry = {
        "digest": f"sha256:{digest(name, 'applied')}",
        "firstReconciled": stage.stamp,
        "lastReconciled": stage.stamp,
        "lastReconciledDuration": "34ms",
        "lastReconciledStatus": "ReconciliationSucceeded",
        "metadata": {"inputs": "1", "resources": "1"},
        "totalReconciliations": 1,
    }
    return stage.report(
        made,
        ("Ready", "True", "ReconciliationSucceeded", "Reconciliation finished in 34ms"),
        history=[entry],
        lastAppliedRevision=entry["digest"],
    )


def flux_instance(stage: Stage, space: str) -> JSON:
    """The FluxInstance `flux`, which manages the installation. Its name is fixed by its CRD."""
    spec = {
        "cluster": {"type": "kubernetes"},
        "components": [
            "source-controller",
            "kustomize-controller",
            "helm-controller",
            "notification-controller",
        ],
        "distribution": {"registry": "ghcr.io/fluxcd", "version": "2.9.x"},
    }
    made = stage.put(obj(OPERATOR, "FluxInstance", space, "flux", stage.created, generation=1, spec=spec))
    revision = f"v2.9.4@sha256:{digest('flux', '2.9.4')}"
    return stage.report(
        made,
        ("Ready", "True", "ReconciliationSucceeded", "Reconciliation finished in 8s"),
        lastAppliedRevision=revision,
        lastAttemptedRevision=revision,
    )


def artifact_generator(
    stage: Stage, word: str, space: str, source: JSON, *, by: Ref | None = None
) -> tuple[JSON, JSON]:
    """An ArtifactGenerator on a source, and the ExternalArtifact it has made."""
    name = stage.name(word)
    origin = {"alias": "app", "kind": source["kind"], "name": source["metadata"]["name"]}
    if source["metadata"]["namespace"] != space:
        origin["namespace"] = source["metadata"]["namespace"]
    copied = [{"from": "@app/deploy/**", "to": "@artifact/"}]
    spec = {"sources": [origin], "artifacts": [{"name": name, "copy": copied}]}
    made = obj(EXTENSIONS, "ArtifactGenerator", space, name, stage.created, generation=1, spec=spec)
    made = stage.put(made, by=by)
    external = _external_artifact(stage, made)
    inventory = [
        {
            "digest": external["status"]["artifact"]["digest"],
            "filename": "1734567890.tar.gz",
            "name": name,
            "namespace": space,
        }
    ]
    text = "reconciliation succeeded, generated 1 artifact(s)"
    return stage.report(made, ("Ready", "True", "Succeeded", text), inventory=inventory), external


def _external_artifact(stage: Stage, generator: JSON) -> JSON:
    metadata = generator["metadata"]
    reference = {
        "apiVersion": EXTENSIONS,
        "kind": "ArtifactGenerator",
        "name": metadata["name"],
        "namespace": metadata["namespace"],
    }
    labels = {
        "app.kubernetes.io/managed-by": "source-watcher",
        "source.extensions.fluxcd.io/generator": metadata["uid"],
    }
    made = obj(
        "source.toolkit.fluxcd.io/v1",
        "ExternalArtifact",
        metadata["namespace"],
        metadata["name"],
        stage.created,
        labels=labels,
        generation=1,
        spec={"sourceRef": reference},
    )
    made = stage.put(made)
    revision = f"latest@sha256:{digest(metadata['name'], 'generated')}"
    return stage.report(
        made,
        ("Ready", "True", "Succeeded", "Artifact is ready"),
        artifact=artifact(stage, made, revision),
    )
