"""Kustomizations and HelmReleases as their controllers leave them when all is well.

word: becomes the name. space: the namespace, already a name. by: who applies the object.
What they apply comes later, with `stage.put(obj, by=applier)`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mirror.testing.manifests import digest, obj
from mirror.testing.objects import JSON
from mirror.testing.scenarios.sources import helm_chart, source_ref
from mirror.testing.scenarios.stage import Ref, Stage

__all__ = ["HELM", "KUSTOMIZE", "depends_on", "helm_release", "history", "kustomization", "succeeds"]

KUSTOMIZE = "kustomize.toolkit.fluxcd.io/v1"
HELM = "helm.toolkit.fluxcd.io/v2"


def kustomization(
    stage: Stage,
    word: str,
    space: str,
    source: JSON,
    *,
    by: Ref | None = None,
    after: Iterable[JSON] = (),
    **spec: Any,
) -> JSON:
    """A Kustomization that has applied its source's revision and, with `wait`, found all of it healthy.

    after: Kustomizations it depends on.
    """
    name = stage.name(word)
    reference = source_ref(source)
    if source["metadata"]["namespace"] != space:
        reference["namespace"] = source["metadata"]["namespace"]
    wanted = {
        "force": False,
        "interval": "10m0s",
        "path": f"./{name}",
        "prune": True,
        "retryInterval": "2m0s",
        "sourceRef": reference,
        "timeout": "3m0s",
        "wait": True,
        **spec,
    }
    if dependencies := [depends_on(item, space) for item in after]:
        wanted["dependsOn"] = dependencies
    made = stage.put(
        obj(KUSTOMIZE, "Kustomization", space, name, stage.created, generation=1, spec=wanted), by=by
    )
    return succeeds(stage, made, source["status"]["artifact"]["revision"])


def succeeds(stage: Stage, kustomization: Ref, revision: str) -> JSON:
    """A Kustomization applies a revision and finds it healthy."""
    found = stage.get(kustomization)
    conditions = [("Ready", "True", "ReconciliationSucceeded", f"Applied revision: {revision}")]
    if found["spec"].get("wait") or found["spec"].get("healthChecks"):
        conditions.append(("Healthy", "True", "Succeeded", "Health check passed in 52.6ms"))
    message = f"Reconciliation finished in 1.2s, next run in {found['spec']['interval']}"
    stage.event(found, "ReconciliationSucceeded", message, warning=False)
    return stage.report(
        found,
        *conditions,
        history=history(stage, found, "ReconciliationSucceeded", revision, "1.201s"),
        lastAppliedRevision=revision,
        lastAttemptedRevision=revision,
        observedGeneration=found["metadata"]["generation"],
    )


def history(stage: Stage, kustomization: JSON, outcome: str, revision: str, took: str) -> list[JSON]:
    """status.history after one more attempt: newest first, equal outcomes of equal content in one entry."""
    name = kustomization["metadata"]["name"]
    before = list((kustomization.get("status") or {}).get("history") or ())
    entry = {
        "digest": f"sha256:{digest(name, revision)}",
        "firstReconciled": stage.stamp,
        "lastReconciled": stage.stamp,
        "lastReconciledDuration": took,
        "lastReconciledStatus": outcome,
        "metadata": {"revision": revision},
        "totalReconciliations": 1,
    }
    for old in before:
        if (old["digest"], old["lastReconciledStatus"]) == (entry["digest"], outcome):
            before.remove(old)
            entry["firstReconciled"] = old["firstReconciled"]
            entry["totalReconciliations"] = old["totalReconciliations"] + 1
            break
    return [entry, *before][:5]


def depends_on(item: JSON, space: str) -> JSON:
    """An entry of spec.dependsOn of an object in namespace `space`."""
    metadata = item["metadata"]
    if metadata["namespace"] == space:
        return {"name": metadata["name"]}
    return {"name": metadata["name"], "namespace": metadata["namespace"]}


def helm_release(
    stage: Stage,
    word: str,
    space: str,
    source: JSON,
    *,
    by: Ref | None = None,
    after: Iterable[JSON] = (),
    version: str = "1.2.0",
    **spec: Any,
) -> JSON:
    """A HelmRelease, installed once, and the HelmChart that helm-controller made for it.

    The chart is called as the release is. after: HelmReleases it depends on.
    """
    name = stage.name(word)
    home = source["metadata"]["namespace"]
    reference = {**source_ref(source), "namespace": home}
    chart = {
        "chart": name,
        "interval": "10m0s",
        "reconcileStrategy": "ChartVersion",
        "sourceRef": reference,
        "version": version,
    }
    wanted = {
        "chart": {"spec": chart},
        "interval": "10m0s",
        "timeout": "5m0s",
        "values": {"replicaCount": 1},
        **spec,
    }
    if dependencies := [depends_on(item, space) for item in after]:
        wanted["dependsOn"] = dependencies
    made = obj(HELM, "HelmRelease", space, name, stage.created, generation=1, spec=wanted)
    made = stage.put(made, by=by)
    labels = {"helm.toolkit.fluxcd.io/name": name, "helm.toolkit.fluxcd.io/namespace": space}
    helm_chart(stage, f"{space}-{name}", source, name, version, labels)
    return _installed(stage, made, name, version, f"{home}/{space}-{name}")


def _installed(stage: Stage, release: JSON, chart: str, version: str, helm_chart: str) -> JSON:
    space, name = release["metadata"]["namespace"], release["metadata"]["name"]
    done = f"Helm install succeeded for release {space}/{name}.v1 with chart {chart}@{version}"
    config = f"sha256:{digest(name, 'values')}"
    stage.event(release, "InstallSucceeded", done, warning=False)
    return stage.report(
        release,
        ("Ready", "True", "InstallSucceeded", done),
        ("Released", "True", "InstallSucceeded", done),
        helmChart=helm_chart,
        history=[
            {
                "action": "install",
                "apiVersion": "v2",
                "chartName": chart,
                "chartVersion": version,
                "configDigest": config,
                "digest": f"sha256:{digest(name, version)}",
                "firstDeployed": stage.stamp,
                "lastDeployed": stage.stamp,
                "name": name,
                "namespace": space,
                "status": "deployed",
                "version": 1,
            }
        ],
        lastAttemptedConfigDigest=config,
        lastAttemptedGeneration=1,
        lastAttemptedReleaseAction="install",
        lastAttemptedReleaseActionDuration="6.320816328s",
        lastAttemptedRevision=version,
        observedGeneration=1,
        storageNamespace=space,
    )
