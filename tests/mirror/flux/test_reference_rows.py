"""The graph is complete: every row of the table of references is extracted, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

from mirror.flux.applier_references import APPLIER_RULES
from mirror.flux.field_rules import FieldRule
from mirror.flux.kinds import FLUX_KINDS
from mirror.flux.notification_references import NOTIFICATION_RULES
from mirror.flux.operator_references import OPERATOR_RULES
from mirror.flux.redaction import Redactor
from mirror.flux.references import references
from mirror.flux.selections import SELECTING, selections
from mirror.flux.source_references import SOURCE_RULES
from tests.mirror.flux.objects import API_VERSIONS, Document
from tests.mirror.flux.reference_rows import ROWS, Row
from tests.mirror.flux.selection_rows import NO_EDGE, SELECTIONS, NoEdge, Selects

BUILT_IN = {"ConfigMap": "v1", "Service": "v1", "Deployment": "apps/v1"}
COMPANIONS = {
    "HelmRelease": {"spec.chart.spec.sourceRef", "spec.chart"},
    "FluxInstance": {"spec.sync"},
}
"""Fields that say two things at once: the chart of a release, the two objects of a sync."""


def document(kind: str, content: Document) -> Document:
    """An object `apps/web` with these values at these dotted paths; slashes belong to a key."""
    found: Document = {
        "apiVersion": {**API_VERSIONS, **BUILT_IN}[kind],
        "kind": kind,
        "metadata": {"name": "web", "namespace": "apps"},
    }
    for path, value in content.items():
        head, annotations, key = path.partition("metadata.annotations.")
        steps = ["metadata", "annotations", key] if annotations else head.split(".")
        node: dict[str, Any] = found
        for step in steps[:-1]:
            node = node.setdefault(step, {})
        node[steps[-1]] = value
    return found


def ids(rows: Sequence[Row | NoEdge | Selects]) -> list[str]:
    return [f"{number}-{row.kind}:{','.join(row.content)}" for number, row in enumerate(rows)]


@pytest.mark.parametrize("row", ROWS, ids=ids(ROWS))
def test_a_field_gives_its_edge_and_no_other(row: Row) -> None:
    obj = document(row.kind, row.content)
    found = {(e.relation.value, e.field, str(e.target), e.optional) for e in references(obj)}
    expected = (row.relation, row.field, row.target, row.optional)
    assert expected in found
    companions = COMPANIONS.get(row.kind, set()) | ({row.field} if row.relation != "health" else set())
    others = {edge for edge in found if edge[1] not in companions and edge != expected}
    assert all(edge[0] == "manages" for edge in others), others


@pytest.mark.parametrize("row", SELECTIONS, ids=ids(SELECTIONS))
def test_a_field_selects_by_labels(row: Selects) -> None:
    obj = document(row.kind, row.content)
    (found,) = selections(obj)
    assert (found.relation.value, found.field, found.target.kind, found.namespace, dict(found.labels)) == row[
        2:
    ]
    assert found.matches({**row.labels, "more": "x"})
    assert not row.labels or not found.matches({"team": "b"})
    assert references(obj) == ()


@pytest.mark.parametrize("row", NO_EDGE, ids=ids(NO_EDGE))
def test_other_fields_name_nothing(row: NoEdge) -> None:
    obj = document(row.kind, row.content)
    assert (references(obj), selections(obj)) == ((), ()), row.why


@pytest.mark.parametrize("kind", sorted(kind.kind for kind in FLUX_KINDS.values()))
def test_each_of_the_nineteen_kinds_is_covered(kind: str) -> None:
    assert len(FLUX_KINDS) == 19
    assert any(row.kind == kind for row in ROWS)


@pytest.mark.parametrize("kind", sorted(kind.kind for kind in SELECTING))
def test_each_kind_that_selects_is_covered(kind: str) -> None:
    assert any(row.kind == kind for row in SELECTIONS)


def test_every_rule_has_a_row() -> None:
    """A rule without a row is one that nobody has looked at."""
    tables = (SOURCE_RULES, APPLIER_RULES, OPERATOR_RULES, NOTIFICATION_RULES)
    rules = {(kind.kind, dotted(rule)) for table in tables for kind, ours in table.items() for rule in ours}
    rows = {(row.kind, re.sub(r"\[\d+\]", "[]", row.field)) for row in ROWS}
    assert rules - rows == set()


def dotted(rule: FieldRule) -> str:
    return ".".join(rule.path)


def test_redaction_takes_no_edge_away() -> None:
    redactor = Redactor(b"k" * 32)
    for row in ROWS:
        obj = document(row.kind, row.content)
        assert references(redactor.redact(obj)) == references(obj), row
    for chosen in SELECTIONS:
        obj = document(chosen.kind, chosen.content)
        assert selections(redactor.redact(obj)) == selections(obj), chosen
