"""The answer of get_fleet_status. Names and shapes are fixed, as those in query/results/answer.py."""

from __future__ import annotations

import msgspec

from query.results.answer import Answer, ObjectRef

__all__ = [
    "ClusterStatus",
    "Controller",
    "FailingObject",
    "FleetStatus",
    "FluxInstallation",
    "Incident",
    "KindCount",
    "Ownership",
    "OwnershipFinding",
    "SuspendedObject",
]


class Controller(msgspec.Struct, frozen=True):
    name: str
    image: str
    ready: bool


class FluxInstallation(msgspec.Struct, frozen=True):
    """version and distribution are "" when nothing in the cluster says them."""

    version: str
    distribution: str
    controllers: tuple[Controller, ...]


class KindCount(msgspec.Struct, frozen=True):
    kind: str
    total: int
    ready: int
    failing: int
    progressing: int
    suspended: int
    unknown: int


class FailingObject(msgspec.Struct, frozen=True):
    """since: wall seconds as RFC 3339, "" when nothing says so."""

    object: ObjectRef
    reason: str
    message: str
    since: str


class ClusterStatus(msgspec.Struct, frozen=True):
    """failing: the first ones; failing_workloads: how many workloads fail, listed or not."""

    cluster: str
    flux: FluxInstallation
    kinds: tuple[KindCount, ...]
    failing: tuple[FailingObject, ...]
    failing_workloads: int = 0


class Incident(msgspec.Struct, frozen=True):
    """The same cause seen in several objects or clusters. count: of the objects; the first ones are named."""

    cause: str
    clusters: tuple[str, ...]
    objects: tuple[ObjectRef, ...]
    since: str
    count: int = 0


class SuspendedObject(msgspec.Struct, frozen=True):
    """since: RFC 3339; at least for so long, "" when nothing says so."""

    object: ObjectRef
    since: str


class OwnershipFinding(msgspec.Struct, frozen=True):
    """problem: `claimed twice` (two inventories list it), `gone` (in an inventory, and not there) or
    `orphan` (its labels name an applier that does not list it, or that is not there: applier_exists).
    appliers: those concerned, `Kustomization/flux-system/apps`."""

    problem: str
    object: ObjectRef
    appliers: tuple[str, ...]
    applier_exists: bool


class Ownership(msgspec.Struct, frozen=True):
    """How many objects have each problem, exactly, and the first ones of each. unknown: of how many it could
    not be told, because something could not be seen or has not come to rest."""

    claimed_twice: int
    gone: int
    orphans: int
    unknown: int
    findings: tuple[OwnershipFinding, ...]


class FleetStatus(Answer, frozen=True, kw_only=True):
    """suspended: the first ones, the longest first; how many there are say the kinds of the clusters.
    ownership: only where it was asked for."""

    clusters: tuple[ClusterStatus, ...]
    incidents: tuple[Incident, ...] = ()
    suspended: tuple[SuspendedObject, ...] = ()
    ownership: Ownership | None = None

    @property
    def healthy(self) -> bool:
        return not any(cluster.failing for cluster in self.clusters)
