"""What the state of a cluster is, given the states of its scopes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mirror.errors import CredentialsError, ForbiddenError, MirrorError, UnauthorizedError
from mirror.keys import ScopeKey
from mirror.store.changes import ClusterState, ScopeState

__all__ = ["ScopeStatus", "cluster_state", "state_after_failure"]

_SETTLED = frozenset({ScopeState.FORBIDDEN, ScopeState.ABSENT})
_FOLLOWED = frozenset({ScopeState.WATCHING, ScopeState.POLLING})


@dataclass(frozen=True, slots=True)
class ScopeStatus:
    """The last word of one reflector.

    listed: its first list is committed (now or in an earlier run).
    error: what is wrong now; None when nothing is.
    """

    state: ScopeState
    listed: bool
    error: MirrorError | None = None

    @property
    def refused(self) -> bool:
        """The server did not accept who we are: the same for every scope of the cluster."""
        return isinstance(self.error, CredentialsError | UnauthorizedError)


def cluster_state(scopes: Mapping[ScopeKey, ScopeStatus], *, ever_synced: bool) -> ClusterState:
    """One state for the cluster: the worst news that concerns all of it, else how far it has come.

    A scope that we may not read, or that is not served, is settled: it does not keep a cluster from being
    synced, it is named as not visible instead. If that is true of every scope, the cluster is forbidden.
    """
    statuses: Collection[ScopeStatus] = scopes.values()
    if any(status.refused for status in statuses):
        return ClusterState.STALE if ever_synced else ClusterState.FORBIDDEN
    if statuses and all(status.state is ScopeState.FORBIDDEN for status in statuses):
        return ClusterState.FORBIDDEN
    if any(status.state in (ScopeState.RECONNECTING, ScopeState.FAILED) for status in statuses):
        if ever_synced:
            return ClusterState.STALE
        listed = any(status.listed for status in statuses)
        return ClusterState.SYNCING if listed else ClusterState.UNREACHABLE
    if statuses and all(status.state in _SETTLED | _FOLLOWED for status in statuses):
        return ClusterState.SYNCED
    return ClusterState.SYNCING


def state_after_failure(error: MirrorError, *, ever_synced: bool) -> ClusterState:
    """The state of a cluster that could not even be asked what it serves."""
    if ever_synced:
        return ClusterState.STALE
    if isinstance(error, CredentialsError | UnauthorizedError | ForbiddenError):
        return ClusterState.FORBIDDEN
    return ClusterState.UNREACHABLE
