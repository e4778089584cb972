"""Objects that no API server should serve: what is broken counts as absent, nothing raises."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mirror.flux.claims import claimed_by
from mirror.flux.events import event_record
from mirror.flux.health import judge
from mirror.flux.inventory import parse_inventory_id
from mirror.flux.redaction import Redactor
from mirror.flux.references import references
from mirror.flux.revisions import applied_revision, attempted_revision, parse_revision, same_content
from mirror.records import EventRecord, Health
from tests.mirror.flux.recorded import SCENARIOS, Document, objects

REDACTOR = Redactor(b"k" * 32)
JUNK: tuple[Any, ...] = (
    None, "", "x", 0, -1, 1.5, True, [], {}, [None], [[]], [{}], {"name": None}, {"name": "x"},
    "2026-11-22T10:00:00Z",
)  # fmt: skip


def samples() -> list[Document]:
    """One object of every kind and health, from the broken clusters."""
    found: dict[tuple[str, str, str], Document] = {}
    for scenario in SCENARIOS:
        for obj in objects(scenario, "faulty"):
            verdict = judge(obj)
            found.setdefault((obj["kind"], verdict.health, verdict.reason), obj)
    return list(found.values())


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything inside."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [place for key, item in items for place in ((*path, key), *places(item, (*path, key)))]


def damage(obj: Document, path: tuple[Any, ...], junk: Any, remove: bool) -> None:
    """Put junk in a place, or remove what is there; nothing if earlier damage took the place away."""
    node: Any = obj
    try:
        for step in path[:-1]:
            node = node[step]
        if isinstance(path[-1], int) and not isinstance(node, list):
            return
        if remove:
            del node[path[-1]]
        else:
            node[path[-1]] = copy.deepcopy(junk)
    except (KeyError, IndexError, TypeError):
        return


SAMPLES = samples()
PLACES = [places(obj) for obj in SAMPLES]


@st.composite
def broken_objects(draw: st.DrawFn) -> Document:
    index = draw(st.integers(0, len(SAMPLES) - 1))
    obj = copy.deepcopy(SAMPLES[index])
    # Damage near the top does most harm, so short paths are drawn as often as long ones.
    depths = sorted({len(place) for place in PLACES[index]})
    for _ in range(draw(st.integers(1, 4))):
        depth = draw(st.sampled_from(depths))
        path = draw(st.sampled_from([place for place in PLACES[index] if len(place) == depth]))
        damage(obj, path, draw(st.sampled_from(JUNK)), draw(st.booleans()))
    return obj


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(broken_objects())
def test_a_broken_object_is_read_as_far_as_possible(obj: Document) -> None:
    clean = REDACTOR.redact(obj)
    assert REDACTOR.redact(clean) == clean
    for version in (obj, clean):
        verdict = judge(version)
        assert isinstance(verdict.health, Health)
        assert isinstance(verdict.reason, str)
        assert isinstance(verdict.message, str)
        assert verdict.since is None or isinstance(verdict.since, float)
        edges = references(version)
        assert len({(edge.relation, edge.field, edge.target) for edge in edges}) == len(edges)
        assert all(edge.target.kind and edge.target.name for edge in edges)
        assert isinstance(applied_revision(version), str)
        assert isinstance(attempted_revision(version), str)
        claimed_by(version)
        assert isinstance(event_record(version), EventRecord)
    msgspec.json.encode(clean)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=20,
)


@settings(deadline=None, max_examples=100)
@given(
    st.dictionaries(
        st.sampled_from(["apiVersion", "kind", "metadata", "spec", "status", "data"]), json_values
    )
)
def test_any_json_object_can_be_read(obj: Document) -> None:
    clean = REDACTOR.redact(obj)
    judge(clean)
    references(clean)
    applied_revision(clean)
    event_record(clean)


@given(st.text(alphabet="ab_./-:@+0123456789", max_size=40), st.text(max_size=40))
def test_any_text_is_an_id_or_a_revision_or_not(left: str, right: str) -> None:
    parse_inventory_id(left)
    parse_revision(left)
    assert same_content(left, right) is same_content(right, left)


def test_nesting_has_a_bottom() -> None:
    deep: Any = "password"
    for _ in range(500):
        deep = {"a": [deep]}
    clean = REDACTOR.redact({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}, "data": deep})
    assert len(msgspec.json.encode(clean)) < 2_000
