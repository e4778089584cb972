"""What comes out of the store: plain rows, no SQLAlchemy type among them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

import msgspec

from mirror.keys import ObjectKey

__all__ = [
    "COUNTERS",
    "AlikeRow",
    "ClusterRow",
    "ContentRow",
    "EdgeRow",
    "EventRow",
    "MetaRow",
    "NamesRow",
    "ObjectRow",
    "OpenRow",
    "PreferredRow",
    "ResourceRow",
    "ScopeRow",
    "SeenRow",
    "ServedRow",
    "StateRow",
    "identity",
    "read_labels",
]

_LABELS = msgspec.json.Decoder(dict[str, str])


COUNTERS = ("lists", "watches", "expirations", "failures", "duplicates", "bytes")
"""Those of a scope; they grow as long as the store exists."""


class ClusterRow(NamedTuple):
    id: int
    name: str
    server: str
    uid: str
    version: str
    state: str
    state_since: float
    confirmed_at: float | None
    error: str
    hint: str
    alias_of: str = ""
    heard_at: float | None = None
    identity: str = ""
    streams_open: int = 0
    streams_down: int = 0
    streams_since: float | None = None
    unread_groups: tuple[str, ...] = ()


class ResourceRow(NamedTuple):
    cluster: str
    group: str
    kind: str
    version: str
    plural: str
    singular: str
    short_names: tuple[str, ...]
    namespaced: bool
    served_versions: tuple[str, ...]


class ScopeRow(NamedTuple):
    id: int
    cluster: str
    group: str
    plural: str
    kind: str
    version: str
    namespace: str
    state: str
    state_since: float
    resource_version: str
    listed_at: float | None
    received_at: float | None
    error: str
    lists: int
    watches: int
    expirations: int
    failures: int
    duplicates: int = 0
    bytes: int = 0
    lag_s: float | None = None
    audited_at: float | None = None
    drift: int = 0
    current_at: float | None = None
    before: str = ""

    def of_this_run(self) -> ScopeRow:
        """The same row with what its counters have grown by since the present mirror began."""
        if not self.before:
            return self
        before = zip(COUNTERS, map(int, self.before.split(",")), strict=True)
        return self._replace(**{name: getattr(self, name) - number for name, number in before})


class OpenRow(NamedTuple):
    """The scopes of one cluster that are open and have been listed, taken together.

    current_at: the earliest of the moments at which the content of each was last known to be the cluster's.
    """

    cluster: str
    scopes: int
    current_at: float


class SeenRow(NamedTuple):
    """What must be known of a scope to say whether an absence can be trusted."""

    cluster: str
    group: str
    kind: str
    version: str
    namespace: str
    state: str
    listed_at: float | None


class NamesRow(NamedTuple):
    """What a kind is called; as ResourceRow."""

    group: str
    kind: str
    plural: str
    singular: str
    short_names: tuple[str, ...]


class ServedRow(NamedTuple):
    """A kind and the clusters, by name, that serve it in the same way. As ResourceRow."""

    group: str
    kind: str
    namespaced: bool
    version: str
    served_versions: tuple[str, ...]
    clusters: tuple[str, ...]


class PreferredRow(NamedTuple):
    """A kind and the clusters, by name, that prefer to serve it in this version."""

    group: str
    kind: str
    plural: str
    version: str
    clusters: tuple[str, ...]


class ObjectRow(NamedTuple):
    """An object without its body; `labels` are parsed. present=False: only referred to."""

    id: int
    cluster: str
    group: str
    kind: str
    namespace: str
    name: str
    present: bool
    version: str
    uid: str
    resource_version: str
    generation: int
    observed_generation: int | None
    created_at: float | None
    deleted_at: float | None
    health: str
    reason: str
    message: str
    since: float | None
    revision: str
    labels: dict[str, str]

    @property
    def key(self) -> ObjectKey:
        return ObjectKey(self.group, self.kind, self.namespace, self.name)

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


@lru_cache(maxsize=4096)
def read_labels(text: str) -> dict[str, str]:
    """Labels as they are stored. Most objects carry what others carry: nobody changes what comes out."""
    return _LABELS.decode(text)


identity: Callable[[ObjectRow], tuple[str, str, str, str, str]] = attrgetter(
    "cluster", "kind", "namespace", "name", "group"
)
"""Who an object is over all clusters; and the order in which equals are named: by what they are called, never
by when they were stored."""


class StateRow(NamedTuple):
    """How an object stands; as ObjectRow."""

    health: str
    reason: str
    revision: str


class ContentRow(NamedTuple):
    """An object and the clusters, by name, in which it says the same. id: of its row in one of them.

    digest: the same number for the same content; None where it is not known.
    """

    key: ObjectKey
    id: int
    clusters: tuple[str, ...]
    digest: int | None


class AlikeRow(NamedTuple):
    """An object and the clusters, by name, in which it says the same and stands alike. id: of its row in one
    of them; labels are those it has there."""

    id: int
    name: str
    health: str
    reason: str
    labels: dict[str, str]
    clusters: tuple[str, ...]


class EdgeRow(NamedTuple):
    src: int
    dst: int
    relation: str
    field: str
    optional: bool


class EventRow(NamedTuple):
    cluster: str
    namespace: str
    name: str
    involved: ObjectKey
    type: str
    reason: str
    message: str
    component: str
    count: int  # type: ignore[assignment]  # hides tuple.count, which means nothing here
    first_at: float
    last_at: float


class MetaRow(NamedTuple):
    """The store itself. heartbeat_at: when its mirror was last known to live; None before the first time.

    quota_bytes: what that mirror keeps to; 0 for no quota, or before the first time.
    """

    store_id: str
    created_at: float
    generation: int
    heartbeat_at: float | None
    quota_bytes: int = 0
