"""Recorded clusters as stores, written by the real writer after the real redaction."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mirror.flux.events import event_record
from mirror.flux.kinds import FLUX_KINDS
from mirror.flux.redaction import Redactor
from mirror.keys import GroupKind, Resource, parse_api_version
from mirror.store.changes import ScopeState
from mirror.testing.kinds import BUILT_IN_KINDS
from query.results import RootCause
from query.root_cause import find_root_cause
from query.view import View, open_view
from tests.query.stores import Content, FixedClock, write_store

RECORDED = Path(__file__).parents[2] / "data" / "recorded"
KEY = b"k" * 32

Document = dict[str, Any]
Ask = Callable[..., RootCause]


def read(scenario: str, which: str) -> list[Document]:
    """The objects of one recorded state."""
    with gzip.open(RECORDED / scenario / f"{which}.jsonl.gz") as lines:
        return [msgspec.json.decode(line) for line in lines]


def label(scenario: str) -> Document:
    """What the people who made the fault say about it."""
    found: Document = msgspec.json.decode((RECORDED / scenario / "label.json").read_bytes())
    return found


def content(
    objects: Sequence[Document],
    *,
    states: Mapping[str, ScopeState | None] | None = None,
    seed: int | None = None,
) -> Content:
    """A cluster that serves the built-in kinds, Flux's, and whatever occurs; every kind is followed.

    states: scopes by kind that are not. seed: shuffles the order in which objects are stored.
    """
    redactor = Redactor(KEY)
    clean = [redactor.redact(item) for item in objects]
    if seed is not None:
        random.Random(seed).shuffle(clean)
    return Content(
        objects=[item for item in clean if item["kind"] != "Event"],
        events=[event_record(item) for item in clean if item["kind"] == "Event"],
        served=served(clean),
        states=states or {},
    )


def served(objects: Sequence[Document]) -> tuple[Resource, ...]:
    found = {
        kind.group_kind: Resource(kind.group, kind.versions[0], kind.kind, kind.plural, kind.namespaced)
        for kind in BUILT_IN_KINDS
    }
    for item in objects:
        group, version = parse_api_version(item["apiVersion"])
        key = GroupKind(group, item["kind"])
        flux = FLUX_KINDS.get(key)
        plural = flux.plural if flux else f"{item['kind'].lower()}s"
        names = flux.short_names if flux else ()
        namespaced = "namespace" in item["metadata"]
        found.setdefault(key, Resource(group, version, item["kind"], plural, namespaced, short_names=names))
    for key, flux in FLUX_KINDS.items():
        found.setdefault(
            key, Resource(key.group, "v1", key.kind, flux.plural, True, short_names=flux.short_names)
        )
    return tuple(found.values())


@contextmanager
def fleet_view(
    path: Path, fleet: Mapping[str, Content], at: float, clusters: Sequence[str] | None = None
) -> Iterator[View]:
    """A View of these clusters, opened at that time (wall seconds)."""
    with (
        write_store(path / "store.db", fleet) as reader,
        open_view(reader, clock=FixedClock(at), alive=True, clusters=clusters) as view,
    ):
        yield view


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """find_root_cause over one cluster `staging` made of plain manifests."""

    def question(
        objects: Sequence[Document],
        *,
        states: Mapping[str, ScopeState | None] | None = None,
        seed: int | None = None,
        at: float = 1_795_350_000.0,
        **arguments: Any,
    ) -> RootCause:
        folder = tmp_path / f"store-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        with fleet_view(folder, {"staging": content(objects, states=states, seed=seed)}, at) as view:
            return find_root_cause(view, **arguments)

    return question
