"""What a fake server has held at each resourceVersion, written down as it happens and never compacted."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from typing import NamedTuple

from mirror.testing.cluster import FakeCluster
from mirror.testing.etcd import Change, Collection

__all__ = ["History", "Identity", "State"]

Identity = tuple[str, int]
"""(uid, resourceVersion) of an object."""

State = dict[str, Identity]
"""The objects of one kind by their key in the collection: `namespace/name` or `name`."""

Plural = tuple[str, str]


class _Write(NamedTuple):
    rv: int
    key: str
    now: Identity | None


class _Life:
    """One line of history: from a beginning to the next rebuild or restore.

    floor: its first resourceVersion. start: from which one on everything is known.
    """

    def __init__(self, cluster: FakeCluster, floor: int) -> None:
        self.floor = floor
        self.start = cluster.rv
        self.base: dict[Plural, State] = {
            plural: {key: (stored.uid, stored.rv) for key, stored in collection.objects.items()}
            for plural, collection in cluster.etcd.collections.items()
        }
        self.writes: dict[Plural, list[_Write]] = defaultdict(list)

    def at(self, plural: Plural, rv: int) -> State | None:
        if rv < self.start:
            return None
        state = dict(self.base.get(plural, {}))
        writes = self.writes[plural]
        for write in writes[: bisect_right(writes, rv, key=lambda write: write.rv)]:
            if write.now is None:
                state.pop(write.key, None)
            else:
                state[write.key] = write.now
        return state


class History:
    """All lives of one cluster. `rebuild` and `restore` are followed by `begin_life`, before any write."""

    def __init__(self, cluster: FakeCluster) -> None:
        self._cluster = cluster
        self._lives = [_Life(cluster, cluster.rv)]
        self.restored = False
        cluster.subscribe(self._note)

    def begin_life(self, floor: int, *, restored: bool = False) -> None:
        """restored: it is the same cluster, in an earlier state."""
        self._lives.append(_Life(self._cluster, floor))
        self.restored |= restored

    def at(self, plural: Plural, rv: int) -> list[State | None]:
        """What the kind held at `rv`, in each life; None where the life does not reach back so far."""
        return [life.at(plural, rv) for life in self._lives]

    @property
    def newest(self) -> tuple[int, int]:
        """The number of the present life and its first resourceVersion."""
        return len(self._lives) - 1, self._lives[-1].floor

    def _note(self, collection: Collection, change: Change) -> None:
        stored = change.stored
        now = None if change.type == "DELETED" else (stored.uid, stored.rv)
        plural = (collection.kind.group, collection.kind.plural)
        self._lives[-1].writes[plural].append(_Write(stored.rv, stored.key, now))
