"""Faults outside of the clusters: one host that does not answer is one incident, wherever it is noticed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mirror.flux.kinds import IMAGE_GROUP, OPERATOR_GROUP, SOURCE_GROUP
from mirror.records import Health
from query.root_cause.ranking import Incident
from query.root_cause.scene import Scene
from query.root_cause.walk import Trail, Walk
from query.view import View

__all__ = ["join_outside"]

_FETCHING = (SOURCE_GROUP, IMAGE_GROUP, OPERATOR_GROUP)
_MOST = 200
"""Failing objects of one group that are asked whether they fail because of the same host."""


def join_outside(view: View, scenes: Mapping[str, Scene], incidents: Sequence[Incident]) -> list[Incident]:
    """The incidents; those that an outside host explains with all objects of the view that suffer from it."""
    if not any(incident.found.shared for incident in incidents):
        return list(incidents)
    trails = _failing_to_fetch(view, scenes)
    return [
        incident.joined(trail for trail in trails if _same(trail, incident))
        if incident.found.shared
        else incident
        for incident in incidents
    ]


def _failing_to_fetch(view: View, scenes: Mapping[str, Scene]) -> list[Trail]:
    rows = [
        row
        for group in _FETCHING
        for row in view.objects(group=group, health=Health.FAILED.value, limit=_MOST)
    ]
    walks = {name: Walk(scene) for name, scene in scenes.items()}
    return [trail for row in rows for trail in walks[row.cluster].explain(row).trails]


def _same(trail: Trail, incident: Incident) -> bool:
    ours, theirs = incident.found, trail.found
    return (ours.class_, ours.shared) == (theirs.class_, theirs.shared)
