"""The fault of the simulated fleet: somebody forgot a ConfigMap in one of the two productions."""

from __future__ import annotations

from mirror.clock import to_rfc3339
from mirror.keys import ObjectKey
from mirror.testing.cluster import FakeCluster
from mirror.testing.manifests import JSON, condition, event

__all__ = ["forget_values"]

_MINUTE = 60


def forget_values(cluster: FakeCluster, now: float) -> None:
    """`checkout-limits` is gone: checkout cannot compose its values, and what waits for it turns red too.

    Statuses, messages and events are those of helm-controller and kustomize-controller 2.8.
    """
    cluster.delete(ObjectKey("", "ConfigMap", "shop", "checkout-limits"))
    release = ObjectKey("helm.toolkit.fluxcd.io", "HelmRelease", "shop", "checkout")
    missing = (
        "could not resolve ConfigMap chart values reference 'shop/checkout-limits' with key 'values.yaml': "
        'configmaps "checkout-limits" not found'
    )
    _fail(cluster, release, "ValuesError", missing, now - 42 * _MINUTE, "helm-controller")
    waiting = ObjectKey("helm.toolkit.fluxcd.io", "HelmRelease", "shop", "storefront")
    _fail(
        cluster,
        waiting,
        "DependencyNotReady",
        "dependency 'shop/checkout' is not ready",
        now - 41 * _MINUTE,
        "helm-controller",
        warning=False,
    )
    flux = "kustomize.toolkit.fluxcd.io"
    timeout = (
        "health check failed after 3m0.05s: timeout waiting for: "
        "[HelmRelease/shop/checkout status: 'InProgress', "
        "HelmRelease/shop/storefront status: 'InProgress']"
    )
    _fail(
        cluster,
        ObjectKey(flux, "Kustomization", "flux-system", "apps"),
        "HealthCheckFailed",
        timeout,
        now - 38 * _MINUTE,
        "kustomize-controller",
    )
    parent = (
        "health check failed after 3m0.02s: timeout waiting for: "
        "[Kustomization/flux-system/apps status: 'InProgress']"
    )
    _fail(
        cluster,
        ObjectKey(flux, "Kustomization", "flux-system", "flux-system"),
        "HealthCheckFailed",
        parent,
        now - 35 * _MINUTE,
        "kustomize-controller",
    )


def _fail(
    cluster: FakeCluster,
    key: ObjectKey,
    reason: str,
    message: str,
    at: float,
    component: str,
    *,
    warning: bool = True,
) -> None:
    found: JSON = cluster.get(key)
    when = to_rfc3339(at)
    generation = found["metadata"].get("generation", 1)
    conditions = [
        condition("Reconciling", "True", "ProgressingWithRetry", message, when, generation),
        condition("Ready", "False", reason, message, when, generation),
    ]
    if reason == "HealthCheckFailed":
        conditions.append(condition("Healthy", "False", reason, message, when, generation))
    cluster.patch_status(key, {"conditions": conditions})
    cluster.apply(event(found, reason, message, when, warning=warning, component=component))
