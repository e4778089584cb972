"""Which scopes can go on from the resourceVersion that is stored, instead of listing again. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from mirror.keys import ClusterName, ScopeKey
from mirror.store.rows import ClusterRow, ScopeRow

__all__ = ["resume_points"]


def resume_points(
    cluster: ClusterRow | None, scopes: Iterable[ScopeRow], *, uid: str, now: float, max_age_s: float
) -> dict[ScopeKey, str]:
    """The scopes of this cluster whose stored resourceVersion may still be served, with it.

    uid: the identity the cluster shows now. A resourceVersion means nothing in another cluster, and a
    rebuilt one would accept it and stay silent (kubernetes#107457), so without proof of identity nothing
    is resumed. Neither is what is older than the server's compaction would leave (5 minutes in etcd).
    Not promised: that the server still has it; a 410 leads to a list.
    """
    if cluster is None or not uid or cluster.uid != uid:
        return {}
    return {
        ScopeKey(ClusterName(row.cluster), row.group, row.plural, row.namespace): row.resource_version
        for row in scopes
        if row.cluster == cluster.name
        and row.resource_version
        and row.listed_at is not None
        and 0 <= now - max(row.listed_at, row.received_at or 0.0) <= max_age_s
    }
