"""What most rules need: a finding with the case's own words, and steps along edges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mirror.records import Health, Relation
from mirror.store.rows import ObjectRow
from query.root_cause.case import Case
from query.root_cause.commands import called
from query.root_cause.scene import Link
from query.root_cause.verdicts import CauseClass, Found, Proof, Step

__all__ = ["found", "not_ready", "refers", "step", "step_to", "unwell"]


def found(case: Case, class_: CauseClass, next_step: str, **fields: Any) -> Found:
    """A finding that blames the judged object in its own words; `fields` replace what differs."""
    said: dict[str, Any] = {
        "object": case.row,
        "reason": case.reason,
        "message": case.message,
        "since": case.since,
        "proofs": case.proofs,
        **fields,
    }
    return Found(class_=class_, next_step=next_step, **said)


def step(link: Link) -> Step:
    return Step(link.row, link.relation, link.field)


def step_to(case: Case, row: ObjectRow, *relations: Relation) -> Step:
    """The step from the judged object to `row`, named by the first edge of these relations, if any."""
    links = case.scene.links_to(case.row, row, *relations)
    best = min(links, key=lambda link: (relations.index(Relation(link.relation)), link.field), default=None)
    return (
        Step(row, best.relation, best.field) if best else Step(row, relations[0].value if relations else "")
    )


def refers(case: Case, link: Link, text: str) -> Proof:
    """Evidence that a field names something: `spec.secretRef names Secret team-a/x, which does not exist`."""
    return Proof(case.row, "reference", f"{link.field} names {called(link.row)}, {text}")


def not_ready(links: Iterable[Link]) -> list[Link]:
    """Those that are there and not well."""
    return [link for link in links if unwell(link.row)]


def unwell(row: ObjectRow) -> bool:
    """Present, and neither ready nor of a kind whose state means nothing."""
    return row.present and row.health in (Health.FAILED, Health.PROGRESSING, Health.SUSPENDED)
