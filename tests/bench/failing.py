"""Failures in a large cluster, so that there is something to explain."""

from __future__ import annotations

from mirror.clock import to_rfc3339
from mirror.keys import ObjectKey
from mirror.testing.cluster import FakeCluster

__all__ = ["break_some"]

_RELEASE = ("helm.toolkit.fluxcd.io", "HelmRelease")
_NAMESPACE = "shop"


def break_some(cluster: FakeCluster, count: int, now: float) -> None:
    """So many of the HelmReleases that the cluster was made large with fail, from the first one on.

    In turn: the values are gone, the chart cannot be rendered, another release is waited for.
    """
    for number in range(count):
        name = f"service-{number:04}"
        match number % 3:
            case 0:
                _forget_values(cluster, name, now)
            case 1:
                text = f"Helm upgrade failed for release {_NAMESPACE}/{name} with chart service: "
                _fail(cluster, name, "UpgradeFailed", f"{text}execution error at (service/x.yaml:1:3)", now)
            case _:
                other = f"service-{number - 2:04}"
                text = f"dependency '{_NAMESPACE}/{other}' is not ready"
                release = cluster.get(ObjectKey(*_RELEASE, _NAMESPACE, name))
                cluster.apply({**release, "spec": {**release["spec"], "dependsOn": [{"name": other}]}})
                _fail(cluster, name, "DependencyNotReady", text, now)


def _forget_values(cluster: FakeCluster, name: str, now: float) -> None:
    values = f"{name}-values"
    cluster.delete(ObjectKey("", "ConfigMap", _NAMESPACE, values))
    text = (
        f"could not resolve ConfigMap chart values reference '{_NAMESPACE}/{values}' with key 'values.yaml'"
    )
    _fail(cluster, name, "ValuesError", f'{text}: configmaps "{values}" not found', now)


def _fail(cluster: FakeCluster, name: str, reason: str, message: str, now: float) -> None:
    key = ObjectKey(*_RELEASE, _NAMESPACE, name)
    generation = cluster.get(key)["metadata"].get("generation", 1)
    ready = {
        "type": "Ready",
        "status": "False",
        "reason": reason,
        "message": message,
        "lastTransitionTime": to_rfc3339(now - 600),
        "observedGeneration": generation,
    }
    cluster.patch_status(key, {"conditions": [ready], "observedGeneration": generation})
