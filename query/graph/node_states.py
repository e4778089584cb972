"""What can be said of an object in a graph, also of one that is referred to and not there."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from mirror.clock import format_age
from mirror.keys import GroupKind
from mirror.records import Health
from mirror.store.changes import ClusterState, ScopeState
from mirror.store.rows import ObjectRow, SeenRow
from query.results.answer import Freshness
from query.view import View

__all__ = ["ABSENT", "MISSING", "NodeState", "node_state", "node_states"]

MISSING = "Missing"
"""The state of an object that is referred to and does not exist. Never said of what cannot be seen."""

ABSENT = "Absent"
"""The state of an object that does not exist and that all who name it can do without."""

_CURRENT: Final = (ClusterState.SYNCED, ClusterState.SYNCING)
_FOLLOWED: Final = (ScopeState.LISTING, ScopeState.WATCHING, ScopeState.POLLING)


class NodeState(NamedTuple):
    """health: as in Health, or Missing, or Unknown; reason: why, "" when nothing says so.

    Missing means: as of the moment of which the answer speaks; `freshness` tells how long ago that is.
    """

    health: str
    reason: str


def node_state(view: View, row: ObjectRow) -> NodeState:
    """The state of a node: Missing only where absence is real, Unknown where nobody could look."""
    if row.present:
        return NodeState(row.health, row.reason)
    if row.cluster not in view.names:
        mirrored = any(row.cluster == cluster.name for cluster in view.every_cluster)
        reason = "its cluster was not asked" if mirrored else "its cluster is not mirrored, or not known"
        return NodeState(Health.UNKNOWN.value, reason)
    seen = view.visibility(row.cluster, row.group, row.kind, row.namespace)
    if seen.absence_is_real:
        return NodeState(MISSING, "not served" if seen.value == "not served" else "")
    return NodeState(Health.UNKNOWN.value, seen.value)


def node_states(
    view: View, rows: Collection[ObjectRow], freshness: Collection[Freshness]
) -> dict[int, NodeState]:
    """The state of each by id, as a graph shows it.

    What does not exist is Missing if somebody needs it, else Absent, and Unknown where its cluster or kind is
    not followed at present. freshness: of the view.
    """
    lines = {line.cluster: line for line in freshness}
    states = {row.id: node_state(view, row) for row in rows}
    missing = [row for row in rows if states[row.id].health == MISSING]
    incoming = view.incoming([row.id for row in missing if row.id > 0])
    spared = {edge.dst for edge in incoming} - {edge.dst for edge in incoming if not edge.optional}
    for row in missing:
        scopes = view.scopes_of(GroupKind(row.group, row.kind)).get(row.cluster, ())
        age = _last_looked(row, scopes, lines[row.cluster])
        if age:
            states[row.id] = NodeState(Health.UNKNOWN.value, f"was not there {age}")
        elif row.id in spared:
            states[row.id] = NodeState(ABSENT, "optional")
    return states


def _last_looked(row: ObjectRow, scopes: Collection[SeenRow], line: Freshness) -> str:
    """When an absent object was last looked for, if that is not now: it may have come since."""
    seen = [
        scope
        for scope in scopes
        if scope.namespace in ("", row.namespace)
        and (scope.listed_at is not None or scope.state == ScopeState.ABSENT)
    ]
    followed = not seen or any(scope.state in (*_FOLLOWED, ScopeState.ABSENT) for scope in seen)
    if line.state in _CURRENT and followed:
        return ""
    ago = "" if line.age_s is None or line.state in _CURRENT else f", {format_age(line.age_s)} ago"
    return f"when last looked for{ago}"
