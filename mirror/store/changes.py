"""What can be said to the writer: the values it takes, each one committed whole or not at all."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mirror.keys import ClusterName, GroupKind, ObjectKey, Resource, ScopeKey
from mirror.records import EventRecord, Record

__all__ = [
    "Change",
    "ClusterForgotten",
    "ClusterRenamed",
    "ClusterState",
    "ClusterUpdate",
    "Deletion",
    "Heartbeat",
    "KindsAsked",
    "MirrorStarted",
    "ObjectBatch",
    "ResourcesDiscovered",
    "ScopeAudited",
    "ScopeRemoved",
    "ScopeState",
    "ScopeUpdate",
]


class ClusterState(StrEnum):
    """One state per cluster, owned by its informer (mirror/informers/cluster.py)."""

    SYNCING = "syncing"
    """Connected or connecting for the first time; some lists are not complete yet."""
    SYNCED = "synced"
    """Every scope that may be read has been listed once and its watch is open."""
    STALE = "stale"
    """Was synced; at least one stream is down now. What is stored is kept and ages."""
    UNREACHABLE = "unreachable"
    """No answer, and nothing is stored yet."""
    FORBIDDEN = "forbidden"
    """The server refuses us (401, or 403 on everything), or there are no usable credentials."""


class ScopeState(StrEnum):
    """One state per list/watch, owned by its reflector (mirror/informers/reflector.py)."""

    LISTING = "listing"
    WATCHING = "watching"
    POLLING = "polling"
    """May be listed but not watched: listed again and again."""
    RECONNECTING = "reconnecting"
    FORBIDDEN = "forbidden"
    ABSENT = "absent"
    """404: the server does not serve this resource (any more)."""
    FAILED = "failed"

    @property
    def is_open(self) -> bool:
        """What happens in the cluster reaches us without anybody asking again."""
        return self is ScopeState.WATCHING


class Deletion(msgspec.Struct, frozen=True, gc=False):
    """An object (or event) that the watch said is gone. uid guards against deleting its successor."""

    key: ObjectKey
    uid: str
    resource_version: str


class ObjectBatch(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Changes of one scope in the order of the watch, and the resourceVersion that covers them.

    records and deletions are disjoint by (key, uid); the caller has coalesced them. Applying a batch
    twice gives the same objects. An empty batch only moves the resourceVersion (a bookmark).
    duplicates, bytes: increments of the counters since the last batch. lag_s: seconds that the batch before
    took from its arrival to its commit; None leaves the stored figure.
    """

    scope: ScopeKey
    records: tuple[Record, ...] = ()
    events: tuple[EventRecord, ...] = ()
    deletions: tuple[Deletion, ...] = ()
    resource_version: str
    received_at: float
    duplicates: int = 0
    bytes: int = 0
    lag_s: float | None = None


class ScopeUpdate(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The state of one scope has changed; creates the scope's row when there is none.

    lists, watches, expirations, failures, bytes: increments of the counters since the last update.
    """

    scope: ScopeKey
    kind: str
    version: str
    state: ScopeState
    at: float
    error: str = ""
    lists: int = 0
    watches: int = 0
    expirations: int = 0
    failures: int = 0
    bytes: int = 0


class ScopeRemoved(msgspec.Struct, frozen=True, gc=False):
    """The scope is no longer followed: its objects go with it, because their type no longer exists or because
    nobody wants them any more.

    heir: the scope that covers the same objects from now on, to which they are given. It is to be listed
    anew: both have been told of the same changes, in an order that nobody knows, so that only a list from
    after the end of the other one says what still exists.
    """

    scope: ScopeKey
    at: float
    heir: ScopeKey | None = None


class ScopeAudited(msgspec.Struct, frozen=True, gc=False):
    """The stored versions of a scope were compared with the server's; drift: how many were not the same."""

    scope: ScopeKey
    at: float
    drift: int


class ClusterUpdate(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The state of one cluster has changed; creates its row when there is none.

    None leaves what is stored as it is. Everything stored of the cluster is removed first
        when uid differs from the stored one, or the server does and no uid proves it to be the same cluster:
            the name stands for another cluster now;
        when identity (a fingerprint of who asks) differs from the stored one: the rows show what somebody
            else may see;
        when alias_of names the cluster that has the rows.
    """

    cluster: ClusterName
    state: ClusterState
    at: float
    error: str = ""
    hint: str = ""
    server: str | None = None
    uid: str | None = None
    version: str | None = None
    identity: str | None = None
    alias_of: ClusterName | None = None


class ClusterRenamed(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An alias takes over: all that is stored of the cluster stands under its name from now on.

    cluster: loses its row. to: an alias of it, by which other aliases of it are then known. identity: as in
    ClusterUpdate, for `to`: its credentials are the same.
    """

    cluster: ClusterName
    to: ClusterName
    identity: str


class ClusterForgotten(msgspec.Struct, frozen=True, gc=False):
    """The context is gone from the kubeconfig or the selection: all its rows go."""

    cluster: ClusterName


class KindsAsked(msgspec.Struct, frozen=True, gc=False):
    """Somebody has asked for these kinds; those not asked for since `forget_before` are forgotten."""

    kinds: tuple[GroupKind, ...]
    at: float
    forget_before: float


class ResourcesDiscovered(msgspec.Struct, frozen=True, gc=False):
    """What the cluster serves now; replaces what was known of it.

    served: all served versions per resource, in the order of `resources`. unread: API groups that could not
    be read: whether they have more than that, nobody knows.
    """

    cluster: ClusterName
    resources: tuple[Resource, ...]
    served: tuple[tuple[str, ...], ...]
    unread: tuple[str, ...] = ()


class MirrorStarted(msgspec.Struct, frozen=True, gc=False):
    """A mirror begins its work: no stream of an earlier one is open any more, whatever the rows say.

    clusters: it begins anew with these only; None for all.
    """

    at: float
    clusters: tuple[ClusterName, ...] | None = None


class Heartbeat(msgspec.Struct, frozen=True, gc=False):
    """The mirror lives.

    confirmed: the clusters all of whose streams are open at this moment. heard: those whose open streams can
    be trusted at this moment, be it not all of them: the server lives and is still the same one.
    """

    at: float
    confirmed: tuple[ClusterName, ...]
    heard: tuple[ClusterName, ...] = ()


Change = (
    ObjectBatch
    | ScopeUpdate
    | ScopeRemoved
    | ClusterUpdate
    | ClusterForgotten
    | ClusterRenamed
    | KindsAsked
    | ResourcesDiscovered
    | ScopeAudited
    | MirrorStarted
    | Heartbeat
)
