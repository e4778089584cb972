"""What speaks for a cause: the finding's own proofs, what had changed, the newest warnings, and what stands
on the way."""

from __future__ import annotations

from collections.abc import Iterator

from mirror.clock import to_rfc3339
from mirror.records import Health
from query.results.answer import Evidence
from query.root_cause.changes import changes
from query.root_cause.patterns import headline, normalise
from query.root_cause.rules.common import unwell
from query.root_cause.scene import Scene
from query.root_cause.verdicts import Proof
from query.root_cause.walk import Trail

__all__ = ["evidence"]

MOST = 8
LONGEST = 500
"""Characters of one text; what a controller writes can be as long as a manifest."""

_CHANGES = 2
"""Changes of one cause that are told, the nearest to it."""

_RECENT_S = 3_600.0
_MARGIN_S = 120.0
"""Seconds that an event may be older than the state it explains: controllers write it on the way there."""


def evidence(scene: Scene, trail: Trail) -> tuple[Evidence, ...]:
    """At most eight pieces, the nearest to the cause first; no two say the same of one object."""
    kept: dict[tuple[object, str], Proof] = {}
    for proof in _proofs(scene, trail):
        said = normalise(proof.text.partition(": ")[2] or proof.text)
        kept.setdefault((proof.row.key, said), proof)
    return tuple(_evidence(scene, proof) for proof in list(kept.values())[:MOST])


def _proofs(scene: Scene, trail: Trail) -> Iterator[Proof]:
    yield from trail.found.proofs
    on_the_way = [step.row for step in reversed(trail.steps) if step.row.present]
    rows = {row.id: row for row in (trail.found.object, *on_the_way)}
    changed = [proof for row in rows.values() for proof in changes(scene, row)]
    yield from changed[:_CHANGES]
    for row in on_the_way:
        if unwell(row) and not (row.health == Health.SUSPENDED and row.id == trail.found.object.id):
            state = row.health if row.reason == row.health else f"{row.health} {row.reason}"
            yield Proof(row, "condition", f"{state}: {row.message}".strip(": "), row.since)
    nearest = [row for row in on_the_way[:2] if row.health in (Health.FAILED, Health.PROGRESSING)]
    for row in nearest:
        own = scene.of(row) or scene
        began = (row.since if row.since is not None else own.now - _RECENT_S) - _MARGIN_S
        warning = next((event for event in own.events(row) if event.type == "Warning"), None)
        if warning is not None and warning.last_at >= began:
            times = f" ({warning.count} times)" if warning.count > 1 else ""
            text = f"Warning {warning.reason}{times}: {headline(warning.message)}"
            yield Proof(row, "event", text, warning.last_at)


def _evidence(scene: Scene, proof: Proof) -> Evidence:
    text = " ".join(proof.text.split())
    return Evidence(
        object=scene.view.ref(proof.row),
        kind=proof.kind,
        text=text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…",
        at=to_rfc3339(proof.at) if proof.at else "",
    )
