"""Any part of a cluster, with anything in its fields: an answer, never a crash, and nothing that is there is
called missing."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mirror.clock import parse_time
from query.errors import UnknownObjectError
from query.root_cause import find_root_cause
from query.view import View
from tests.query.root_cause.conftest import Cluster, label, read, view_of
from tests.query.root_cause.fleet import Document

SCENARIOS = (
    "07-dependson-upstream-broken-3-levels",
    "12-impersonated-sa-forbidden",
    "16-quota-exceeded",
    "23-helm-upgrade-timeout-rollback",
    "31-pvc-pending-unschedulable",
    "36-two-independent-faults",
)
JUNK: tuple[Any, ...] = (None, "", "x", 0, -1, 1.5, True, [], {}, [None], [[]], [{}], {"name": None}, "1h")
IDENTITY = ("apiVersion", "kind", "metadata")

MANY = [pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 400)]


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, item in items:
        if path or key not in IDENTITY:
            yield (*path, key)
            yield from places(item, (*path, key))


def damaged(obj: Document, dice: random.Random) -> Document:
    """The same object with something unexpected in one of its fields, or without that field."""
    found = copy.deepcopy(obj)
    every = list(places(found))
    if not every:
        return found
    *path, last = dice.choice(every)
    node: Any = found
    for step in path:
        node = node[step]
    if isinstance(node, dict) and dice.random() < 0.4:
        del node[last]
    else:
        node[last] = dice.choice(JUNK)
    return found


def subset(objects: list[Document], dice: random.Random) -> list[Document]:
    """Some tens of the objects, a third of them damaged."""
    chosen = dice.sample(objects, dice.randint(20, 90))
    return [damaged(item, dice) if dice.random() < 0.33 else item for item in chosen]


def questions(objects: list[Document], dice: random.Random) -> Iterator[dict[str, Any]]:
    yield {}
    kinds = sorted({item["kind"] for item in objects} - {"Event"})
    yield {"kind": dice.choice(kinds)}
    named = [item for item in objects if item["kind"] != "Event"]
    for item in dice.sample(named, min(6, len(named))):
        yield {"kind": item["kind"], "name": item["metadata"]["name"], "api_version": item["apiVersion"]}


def answer(view: View, question: dict[str, Any], there: set[tuple[str, str, str]]) -> None:
    try:
        found = find_root_cause(view, **question)
    except UnknownObjectError:  # CRDs may be damaged: then nobody knows the name any more
        return
    assert found.healthy is not bool(found.causes)
    for cause in found.causes:
        assert cause.next_step
        assert cause.path
        key = (cause.object.kind, cause.object.namespace or "", cause.object.name)
        assert cause.class_ != "Missing" or key not in there


@pytest.mark.parametrize("seed", [*range(4), *MANY])
def test_every_part_of_a_cluster_gets_an_answer(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    scenario = SCENARIOS[seed % len(SCENARIOS)]
    told = label(scenario)
    objects = subset(read(scenario, "faulty"), dice)
    there = {(o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]) for o in objects}
    with view_of(
        tmp_path, {told["cluster"]: Cluster(objects)}, at=parse_time(told["recorded_at"]) or 0.0
    ) as view:
        for question in questions(objects, dice):
            answer(view, question, there)
