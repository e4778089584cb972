"""The answers of the tools that agents know from elsewhere. As in results.py, names and shapes are fixed."""

from __future__ import annotations

from typing import Any

import msgspec

from query.results.answer import Answer, Context, ObjectRef
from query.results.fleet import FluxInstallation

__all__ = [
    "ApiVersions",
    "ChosenContext",
    "ClusterFlux",
    "ContainerUsage",
    "DocField",
    "DocMatch",
    "DocMatches",
    "DocPage",
    "EventItem",
    "Events",
    "FluxInstances",
    "KindVersions",
    "Metrics",
    "ReconcilerCount",
    "ServedVersion",
    "Usage",
]


# get_kubernetes_events


class EventItem(msgspec.Struct, frozen=True):
    """One event, repetitions folded as the cluster does. object: what it is about; name: its own name."""

    object: ObjectRef
    type: str
    reason: str
    message: str
    count: int
    first_at: str
    last_at: str
    component: str
    name: str


class Events(Answer, frozen=True, kw_only=True):
    """events: the newest first. searched: where was looked; kept_s: how long events are kept, seconds.

    hint: what the name of an object that is nowhere, and of which no event tells, may have meant.
    """

    events: tuple[EventItem, ...]
    searched: str
    kept_s: float
    hint: str = ""


# get_kubernetes_metrics


class ContainerUsage(msgspec.Struct, frozen=True):
    """cpu in cores, memory in bytes; as written by the metrics API: `12m`, `64Mi`."""

    name: str
    cpu: str
    memory: str


class Usage(msgspec.Struct, frozen=True):
    """What one Pod or Node used. cpu_cores, memory_bytes: over all containers.

    at: the time of the measurement, RFC 3339; window: over which time it was taken, `15s`.
    """

    object: ObjectRef
    cpu_cores: float
    memory_bytes: int
    at: str
    window: str
    containers: tuple[ContainerUsage, ...] = ()


class Metrics(Answer, frozen=True, kw_only=True):
    """usage: the largest memory first. without: clusters that have no metrics, with the reason."""

    usage: tuple[Usage, ...]
    searched: str
    without: tuple[str, ...] = ()


# get_kubernetes_api_versions


class ServedVersion(msgspec.Struct, frozen=True):
    """clusters: those that prefer `version` and serve exactly the versions in `served`."""

    version: str
    served: tuple[str, ...]
    clusters: tuple[str, ...]


class KindVersions(msgspec.Struct, frozen=True):
    """One kind over all clusters. skew: not every cluster serves it in the same versions.

    unknown_in: clusters that cannot say what the kind's API group has.
    """

    group: str
    kind: str
    namespaced: bool
    versions: tuple[ServedVersion, ...]
    not_served_by: tuple[str, ...] = ()
    skew: bool = False
    unknown_in: tuple[str, ...] = ()


class ApiVersions(Answer, frozen=True, kw_only=True):
    """kinds: those with skew first, then Flux's own. kubernetes: version → the clusters that run it.

    unknown: clusters that have not said yet what they serve.
    """

    kinds: tuple[KindVersions, ...]
    kubernetes: dict[str, tuple[str, ...]]
    unknown: tuple[str, ...] = ()


# get_flux_instance


class ReconcilerCount(msgspec.Struct, frozen=True):
    kind: str
    running: int
    failing: int
    suspended: int


class ClusterFlux(msgspec.Struct, frozen=True):
    """The Flux installation of one cluster.

    source: what says so: `FluxInstance`, `FluxReport`, `controllers` (derived from them) or `none`.
    health, reason, message, since: of the FluxInstance. sync: where the cluster's desired state comes from.
    spec: of the FluxInstance, redacted; None where there is none. reconcilers: as the FluxReport counts them,
    or counted here where there is no report.
    """

    cluster: str
    source: str
    installation: FluxInstallation
    kubernetes: str = ""
    operator: str = ""
    health: str = ""
    reason: str = ""
    message: str = ""
    since: str = ""
    revision: str = ""
    sync: dict[str, Any] | None = None
    spec: dict[str, Any] | None = None
    reconcilers: tuple[ReconcilerCount, ...] = ()


class FluxInstances(Answer, frozen=True, kw_only=True):
    clusters: tuple[ClusterFlux, ...]


# set_kubeconfig_context


class ChosenContext(Answer, frozen=True, kw_only=True):
    """context: what questions of this session mean from now on when they name no clusters; None: all."""

    context: Context | None


# search_flux_docs, read_flux_doc


class DocMatch(msgspec.Struct, frozen=True):
    """path: `HelmRelease.spec.install`, as read_flux_doc takes it. clusters: whose schema says so."""

    path: str
    api_version: str
    type: str
    text: str
    clusters: tuple[str, ...]


class DocMatches(Answer, frozen=True, kw_only=True):
    """matches: the best first. searched: which schemas were looked through."""

    matches: tuple[DocMatch, ...]
    searched: str


class DocField(msgspec.Struct, frozen=True):
    """default, enum: as JSON. required: by the object around it."""

    path: str
    type: str
    text: str
    required: bool = False
    default: str = ""
    enum: tuple[str, ...] = ()


class DocPage(Answer, frozen=True, kw_only=True):
    """The documentation of a kind, or of one of its fields, as one cluster's CRD has it.

    fields: what is directly below, and one level more where that is little. clusters: whose schema this is;
    others: clusters whose schema says something else here, or has no such field.
    """

    path: str
    api_version: str
    type: str
    text: str
    fields: tuple[DocField, ...]
    clusters: tuple[str, ...]
    others: tuple[str, ...] = ()
