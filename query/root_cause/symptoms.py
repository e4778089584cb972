"""Where the walks begin when nobody has named an object: everything that says it is not well."""

from __future__ import annotations

from collections.abc import Iterable

from mirror.flux.conditions import conditions
from mirror.flux.kinds import FLUX_GROUPS, HELM_GROUP
from mirror.keys import GroupKind, ObjectKey
from mirror.records import Health
from mirror.store.rows import ObjectRow, identity
from query.selectors import resolve_kind
from query.view import View

__all__ = ["failing", "paused"]

_RELEASE = GroupKind(HELM_GROUP, "HelmRelease")

_DRIFT_S = 24 * 3_600.0
"""Seconds in which a release that has drifted says so again: helm-controller does at each interval."""

_OFTEN_S = 3_600.0
"""Seconds within which corrections follow one another when somebody else keeps changing the object."""

_DRIFT_EVENTS = 500


def failing(view: View, kind: str | None, namespace: str | None, api_version: str | None) -> list[ObjectRow]:
    """Failed objects of any kind; of Flux also those that are on their way or that nobody has reported on,
    and releases that have drifted. Flux objects first: they tell the story best. Raises UnknownKindError."""
    wanted = None if kind is None else resolve_kind(view, kind, api_version)
    states = (Health.FAILED.value, Health.PROGRESSING.value, Health.UNKNOWN.value)
    rows = [
        row
        for row in view.objects(
            group=wanted.group if wanted else None,
            kind=wanted.kind if wanted else None,
            namespace=namespace,
            health=states,
        )
        if row.health == Health.FAILED
        or row.group in FLUX_GROUPS
        or (wanted and row.health != Health.UNKNOWN)
    ]
    if wanted in (None, _RELEASE):
        rows += _drifted(view, namespace, known=rows)
    return sorted(rows, key=lambda row: (row.group not in FLUX_GROUPS, identity(row)))


def paused(view: View, kind: str | None, namespace: str | None, api_version: str | None) -> list[ObjectRow]:
    """The suspended objects of Flux, in a fixed order."""
    wanted = None if kind is None else resolve_kind(view, kind, api_version)
    rows = view.objects(
        group=wanted.group if wanted else None,
        kind=wanted.kind if wanted else None,
        namespace=namespace,
        health=Health.SUSPENDED.value,
    )
    return sorted((row for row in rows if row.group in FLUX_GROUPS), key=identity)


def _drifted(view: View, namespace: str | None, known: Iterable[ObjectRow]) -> list[ObjectRow]:
    """Releases with Drifted=True, and those that are corrected again and again: Ready all the same, so that
    only their events lead to them."""
    seen = {row.id for row in known}
    rows: dict[int, tuple[ObjectRow, bool]] = {}
    for (cluster, key), again in sorted(_telling(view, namespace).items()):
        found = view.objects(
            clusters=[cluster], group=key.group, kind=key.kind, namespace=key.namespace, name=key.name
        )
        rows |= {row.id: (row, again) for row in found if row.id not in seen}
    documents = view.documents(rows)
    return [row for row, again in rows.values() if again or _has_drifted(documents.get(row.id, {}))]


def _telling(view: View, namespace: str | None) -> dict[tuple[str, ObjectKey], bool]:
    """Who has told of drift: whether it was corrected, more than once in a short time."""
    found: dict[tuple[str, ObjectKey], bool] = {}
    for reason, since_s in (("DriftDetected", _DRIFT_S), ("DriftCorrected", _OFTEN_S)):
        events = view.find_events(
            kind=_RELEASE.kind,
            namespace=namespace,
            reason=reason,
            since=view.now - since_s,
            limit=_DRIFT_EVENTS,
        )
        for event in events:
            if event.involved.group == _RELEASE.group:
                again = reason == "DriftCorrected" and event.count > 1
                told = (event.cluster, event.involved)
                found[told] = found.get(told, False) or again
    return found


def _has_drifted(document: dict[str, object]) -> bool:
    drifted = conditions(document).get("Drifted")
    return drifted is not None and drifted.true
