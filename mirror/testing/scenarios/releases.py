"""What helm-controller writes when a Helm action does not work: the attempt, its failure, what it does then.

The texts and the order of the writes are those of helm-controller 1.6.
"""

from __future__ import annotations

from typing import Literal

from mirror.testing.manifests import digest, obj
from mirror.testing.objects import JSON
from mirror.testing.scenarios.appliers import HELM
from mirror.testing.scenarios.sources import helm_chart, source_ref
from mirror.testing.scenarios.stage import Ref, Stage

__all__ = [
    "action_fails",
    "gives_up_retrying",
    "new_release",
    "remediated",
    "settings_fail",
    "waited_for",
]

Action = Literal["install", "upgrade"]

_LOGS = (
    '\n\nLast Helm logs:\n\n2026-11-22T10:13:36.262123699Z: preparing {action}: {{"name":"{name}"}}\n'
    "2026-11-22T10:13:36.27008157Z: resetting values to the chart's original version: {{}}"
)


def new_release(
    stage: Stage, word: str, space: str, source: JSON, *, by: Ref, version: str = "0.3.1"
) -> JSON:
    """A HelmRelease that was just applied: its chart is there, nothing is installed yet."""
    name, home = stage.name(word), source["metadata"]["namespace"]
    chart = {
        "chart": name,
        "interval": "10m0s",
        "reconcileStrategy": "ChartVersion",
        "sourceRef": {**source_ref(source), "namespace": home},
        "version": version,
    }
    spec = {"chart": {"spec": chart}, "interval": "10m0s", "timeout": "5m0s", "values": {"replicaCount": 1}}
    made = stage.put(obj(HELM, "HelmRelease", space, name, stage.stamp, generation=1, spec=spec), by=by)
    labels = {"helm.toolkit.fluxcd.io/name": name, "helm.toolkit.fluxcd.io/namespace": space}
    helm_chart(stage, f"{space}-{name}", source, name, version, labels)
    return stage.report(
        made,
        ("Reconciling", "True", "Progressing", "Fulfilling prerequisites"),
        helmChart=f"{home}/{space}-{name}",
        observedGeneration=-1,
        storageNamespace=space,
    )


def settings_fail(stage: Stage, release: Ref, reason: str, message: str, *, count: int = 6) -> JSON:
    """A HelmRelease cannot even begin: values, kubeconfig or access are not right. What runs stays."""
    stage.event(release, reason, message, count=count)
    return stage.report(
        release,
        ("Reconciling", "True", "Progressing", "Fulfilling prerequisites"),
        ("Ready", "False", reason, message),
    )


def action_fails(stage: Stage, release: Ref, action: Action, why: str, *, attempt: int = 1) -> JSON:
    """A Helm action has failed. why: Helm's own error. attempt: counts from one for a new configuration."""
    found = stage.get(release)
    metadata = found["metadata"]
    name, chart = metadata["name"], found["spec"]["chart"]["spec"]
    running = f"Running '{action}' action with timeout of {found['spec']['timeout']}"
    stage.report(
        release,
        ("Reconciling", "True", "Progressing", running),
        ("Ready", "Unknown", "Progressing", running),
        lastAttemptedGeneration=metadata["generation"],
        lastAttemptedRevision=chart["version"],
        lastAttemptedConfigDigest=_config(found),
    )
    message = (
        f"Helm {action} failed for release {metadata['namespace']}/{name} "
        f"with chart {chart['chart']}@{chart['version']}: {why}"
    )
    reason = f"{action.capitalize()}Failed"
    stage.event(release, reason, message + _LOGS.format(action=action, name=name))
    return stage.report(
        release,
        ("Reconciling", "True", "ProgressingWithRetry", running),
        ("Ready", "False", reason, message),
        ("Released", "False", reason, message),
        failures=attempt,
        history=_history(stage, found, action, "failed"),
        lastAttemptedReleaseAction=action,
        lastAttemptedReleaseActionDuration="5m0.402s",
        **{f"{action}Failures": attempt},
    )


def remediated(stage: Stage, release: Ref, action: Literal["rollback", "uninstall"]) -> JSON:
    """helm-controller undoes a failed action: Ready stays False, with what was done as its reason."""
    found = stage.get(release)
    metadata, chart = found["metadata"], found["spec"]["chart"]["spec"]
    history = found["status"]["history"]
    place = f"{metadata['namespace']}/{metadata['name']}"
    if action == "rollback":
        good = next(item for item in history if item["status"] in ("deployed", "superseded"))
        told = (
            f"Helm rollback to previous release {place}.v{good['version']} "
            f"with chart {good['chartName']}@{good['chartVersion']} succeeded"
        )
        new = _history(stage, found, action, "deployed")
    else:
        version = history[0]["version"]
        which = f"{place}.v{version} with chart {chart['chart']}@{chart['version']}"
        told = f"Helm uninstall succeeded for release {which}"
        new = [{**history[0], "status": "uninstalled", "deleted": stage.stamp}, *history[1:]]
    reason = f"{action.capitalize()}Succeeded"
    stage.event(release, reason, told, warning=False)
    return stage.report(
        release,
        ("Reconciling", "True", "ProgressingWithRetry", told),
        ("Ready", "False", reason, told),
        ("Remediated", "True", reason, told),
        history=new,
        **({} if action == "rollback" else {"inventory": None}),
    )


def gives_up_retrying(stage: Stage, release: Ref, action: Action, attempts: int) -> JSON:
    """The last retry is used up: the release stalls until somebody changes or resets it."""
    found = stage.get(release)
    ready = next(item for item in found["status"]["conditions"] if item["type"] == "Ready")
    return stage.report(
        release,
        ("Stalled", "True", "RetriesExceeded", f"Failed to {action} after {attempts} attempt(s)"),
        ("Ready", "False", ready["reason"], ready["message"]),
        observedGeneration=found["metadata"]["generation"],
    )


def waited_for(*objects: JSON) -> str:
    """The error of Helm's kstatus waiter: what was not ready in time."""
    names = [f"{item['kind']}/{item['metadata']['namespace']}/{item['metadata']['name']}" for item in objects]
    return "timeout waiting for: [" + ", ".join(f"{name} status: 'InProgress'" for name in names) + "]"


def _config(release: JSON) -> str:
    return f"sha256:{digest(release['metadata']['name'], release['spec'].get('values'))}"


def _history(stage: Stage, release: JSON, action: str, state: str) -> list[JSON]:
    """One more entry in front; what was deployed before stays so after a failure."""
    metadata, chart = release["metadata"], release["spec"]["chart"]["spec"]
    before = list((release.get("status") or {}).get("history") or ())
    version = before[0]["version"] + 1 if before else 1
    if state == "deployed":
        before = [{**old, "status": _superseded(old["status"])} for old in before]
    entry = {
        "action": action,
        "apiVersion": "v2",
        "chartName": chart["chart"],
        "chartVersion": chart["version"],
        "configDigest": _config(release),
        "digest": f"sha256:{digest(metadata['name'], version, state)}",
        "firstDeployed": before[-1]["firstDeployed"] if before else stage.stamp,
        "lastDeployed": stage.stamp,
        "name": metadata["name"],
        "namespace": metadata["namespace"],
        "status": state,
        "version": version,
    }
    return [entry, *before][:5]


def _superseded(status: str) -> str:
    return "superseded" if status == "deployed" else status
