"""Parts of the answer of compare_clusters: revisions on their way, and what workloads run."""

from __future__ import annotations

import msgspec

__all__ = ["RevisionState", "Running", "RunningGroup"]


class RevisionState(msgspec.Struct, frozen=True):
    """How far one source's revision has come in one cluster. behind_since: RFC 3339, "" when not behind.

    applied: by the applier that is furthest behind. healthy: all of them are Ready.
    reached: how far the revision that was asked for, else the one that clusters with the same source fetched
        last, has come here: healthy, applied (and not all is well), fetched, behind (not even fetched), or
        other (the source has fetched something else since, or follows another branch).
    fetched_at: when the source fetched what it holds, RFC 3339. late: appliers that have not applied it.
    appliers_hidden: nobody is known to apply it, and appliers could not be seen.
    """

    source: str
    cluster: str
    fetched: str
    applied: str
    healthy: bool
    behind_since: str
    reached: str = ""
    fetched_at: str = ""
    late: tuple[str, ...] = ()
    appliers_hidden: bool = False


class RunningGroup(msgspec.Struct, frozen=True):
    """What a workload runs in these clusters. images: with the digest that its Pods report, where they do."""

    clusters: tuple[str, ...]
    images: tuple[str, ...]
    health: str


class Running(msgspec.Struct, frozen=True):
    """A workload that belongs to the compared object, as it really runs; what most clusters run is first."""

    object_key: str
    groups: tuple[RunningGroup, ...]
    missing_in: tuple[str, ...] = ()

    @property
    def even(self) -> bool:
        """The same in every cluster, as far as can be seen."""
        return len(self.groups) < 2 and not self.missing_in
