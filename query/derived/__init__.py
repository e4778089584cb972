"""Edges that no object states by itself: found by looking at others, when a question is asked.

Labels that select, the inventory of an applier that works in another cluster, quotas of a namespace, the
definition behind a custom kind, what a HelmRelease without an inventory has put its labels on, the account
that a controller takes for appliers that name none.
"""

from query.derived.around import derived_from, derived_to, ends_at
from query.derived.impersonated import DEFAULT_ACCOUNT
from query.derived.nodes import DerivedEdge, Nodes

__all__ = ["DEFAULT_ACCOUNT", "DerivedEdge", "Nodes", "derived_from", "derived_to", "ends_at"]
