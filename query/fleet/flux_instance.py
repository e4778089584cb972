"""get_flux_instance: the Flux installation of each cluster, by the operator's word or by what can be seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mirror.clock import to_rfc3339
from mirror.flux.fields import integer, mapping, sequence, text
from mirror.flux.kinds import FLUX_KINDS, KUSTOMIZE_GROUP, Category
from mirror.keys import GroupKind
from mirror.records import Health
from mirror.store.rows import ClusterRow, ObjectRow
from query.contents import decided_documents
from query.fleet.installation import INSTANCE, REPORT, installations
from query.results.fleet import FluxInstallation
from query.results.kubernetes import ClusterFlux, FluxInstances, ReconcilerCount
from query.view import View

__all__ = ["flux_instances"]

KUSTOMIZATION = GroupKind(KUSTOMIZE_GROUP, "Kustomization")
SYNCED_BY = "flux-system"
"""The name that `flux bootstrap` gives the Kustomization and the source of a cluster's desired state."""


def flux_instances(view: View) -> FluxInstances:
    """One entry per chosen cluster; those first whose installation is not well, or in which something fails.

    Where the operator is absent, the installation is derived from the controllers' Deployments, the counts
    from the mirrored objects and `sync` from the Kustomization flux-system.
    """
    view.touch(INSTANCE, REPORT, GroupKind("apps", "Deployment"), *FLUX_KINDS)
    every_instance, every_report = (view.objects(**kind._asdict()) for kind in (INSTANCE, REPORT))
    instances, reports = _first(every_instance), _first(every_report)
    bootstraps = _first(view.objects(**KUSTOMIZATION._asdict(), name=SYNCED_BY, namespace=SYNCED_BY))
    documents = view.documents([row.id for row in (*instances.values(), *reports.values())])
    documents |= decided_documents(view, list(bootstraps.values()))
    installed, counts = installations(view, every_report, every_instance), _counts(view)
    found = [
        _cluster_flux(
            cluster,
            installed[cluster.name],
            instances.get(cluster.name),
            _document(documents, reports.get(cluster.name)),
            _document(documents, instances.get(cluster.name)),
            _document(documents, bootstraps.get(cluster.name)),
            counts.get(cluster.name, ()),
        )
        for cluster in view.clusters
    ]
    return FluxInstances(clusters=tuple(sorted(found, key=_rank)), freshness=view.freshness())


def _rank(found: ClusterFlux) -> tuple[bool, bool, str]:
    well = found.health in ("", Health.READY) and all(item.ready for item in found.installation.controllers)
    return (well, not any(entry.failing for entry in found.reconcilers), found.cluster)


def _cluster_flux(
    cluster: ClusterRow,
    installed: FluxInstallation,
    instance: ObjectRow | None,
    report: Mapping[str, Any],
    manifest: Mapping[str, Any],
    bootstrap: Mapping[str, Any],
    counted: Iterable[ReconcilerCount],
) -> ClusterFlux:
    said = mapping(report.get("spec"))
    spec = mapping(manifest.get("spec"))
    source = "FluxInstance" if instance else "FluxReport" if report else "none"
    if source == "none" and installed.controllers:
        source = "controllers"
    return ClusterFlux(
        cluster=cluster.name,
        source=source,
        installation=installed,
        kubernetes=cluster.version or text(mapping(said.get("cluster")).get("serverVersion")),
        operator=text(mapping(said.get("operator")).get("version")),
        health=instance.health if instance else "",
        reason=instance.reason if instance else "",
        message=instance.message if instance else "",
        since=to_rfc3339(instance.since) if instance and instance.since is not None else "",
        revision=instance.revision if instance else "",
        sync={**mapping(spec.get("sync")), **mapping(said.get("sync"))} or _bootstrapped(bootstrap) or None,
        spec=spec or None,
        reconcilers=_reported(said) or tuple(counted),
    )


def _reported(report: Mapping[str, Any]) -> tuple[ReconcilerCount, ...]:
    found = []
    for entry in sequence(report.get("reconcilers")):
        stats = mapping(mapping(entry).get("stats"))
        numbers = [integer(stats.get(name)) or 0 for name in ("running", "failing", "suspended")]
        if any(numbers):
            found.append(ReconcilerCount(text(mapping(entry).get("kind")), *numbers))
    return tuple(found)


def _bootstrapped(kustomization: Mapping[str, Any]) -> dict[str, Any]:
    spec = mapping(kustomization.get("spec"))
    kept: dict[str, Any] = {name: spec[name] for name in ("sourceRef", "path", "interval") if name in spec}
    revision = text(mapping(kustomization.get("status")).get("lastAppliedRevision"))
    return {**kept, "revision": revision} if kept and revision else kept


def _counts(view: View) -> dict[str, list[ReconcilerCount]]:
    """running: all that are not suspended, as the FluxReport counts; those that fail are among them."""
    kinds = {key for key, kind in FLUX_KINDS.items() if kind.category is not Category.REPORT}
    by_health: dict[str, dict[str, dict[str, int]]] = {}
    for cluster, _, kind, health, number in view.count_by_health(kinds):
        numbers = by_health.setdefault(cluster, {}).setdefault(kind, {})
        numbers[health] = numbers.get(health, 0) + number  # a kind's name can stand in two groups
    return {
        cluster: [_reconcilers(kind, numbers) for kind, numbers in sorted(by_kind.items())]
        for cluster, by_kind in by_health.items()
    }


def _reconcilers(kind: str, numbers: Mapping[str, int]) -> ReconcilerCount:
    suspended = numbers.get(Health.SUSPENDED, 0)
    return ReconcilerCount(kind, sum(numbers.values()) - suspended, numbers.get(Health.FAILED, 0), suspended)


def _first(rows: Iterable[ObjectRow]) -> dict[str, ObjectRow]:
    """There is one per cluster; of several, the first by name."""
    found: dict[str, ObjectRow] = {}
    for row in rows:
        found.setdefault(row.cluster, row)
    return found


def _document(documents: Mapping[int, dict[str, Any]], row: ObjectRow | None) -> Mapping[str, Any]:
    return documents.get(row.id, {}) if row else {}
