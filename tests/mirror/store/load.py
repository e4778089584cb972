"""A write load that knows what the store must hold: step n says and does the same in every process.

Each step is one commit, and its heartbeat carries the step's number; so a store tells which step it is at,
and must then equal the model after exactly that step.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec

from mirror.clock import SystemClock
from mirror.keys import ObjectKey
from mirror.records import EventRecord, Record
from mirror.settings import WriterSettings
from mirror.store import clusters, documents, edges, events, objects
from mirror.store.changes import ClusterForgotten, Heartbeat, ScopeRemoved
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.store.writer import Writer
from tests.mirror.store.scene import (
    CONFIG_MAPS,
    EVENTS,
    RELEASES,
    STAGING,
    batch,
    cluster_update,
    deletion,
    event,
    key,
    pages,
    record,
    scope_update,
)

__all__ = ["SETTINGS", "Model", "carry_out", "observed", "write"]

SETTINGS = WriterSettings(gather_s=0.0, dictionary_samples=60, event_retention_s=40.0)
ACTIONS = ("watch", "watch", "watch", "delete", "list", "list", "events", "beat", "drop")
SCOPES = {"HelmRelease": RELEASES, "ConfigMap": CONFIG_MAPS}
MOST_PAYLOAD = 3000
FORGOTTEN_EVERY = 60
"""Steps after which the cluster is forgotten and begins anew; step 0 makes it."""


class Step(NamedTuple):
    number: int
    action: str
    kind: str
    names: tuple[str, ...]


def step(number: int) -> Step:
    """What step `number` does; the same for everybody who asks."""
    random = Random(number)
    action = random.choice(ACTIONS) if number % FORGOTTEN_EVERY else "forget"
    names = random.sample([f"n{i}" for i in range(30)], random.randint(1, 20))
    return Step(number, action, random.choice(sorted(SCOPES)), tuple(names))


def needs_of(name: str, number: int) -> list[str]:
    return sorted(Random(f"{name} {number}").sample([f"n{i}" for i in range(30)], 2))


def said_by(name: str, kind: str, number: int) -> Record:
    payload = Random(f"{name} {kind} {number}")
    content = {
        "metadata": {"name": name, "resourceVersion": str(number)},
        "data": payload.randbytes(payload.randint(0, MOST_PAYLOAD)).hex(),
    }
    needs = needs_of(name, number) if kind == "HelmRelease" else []
    return record(name, number, kind=kind, needs=needs, body=msgspec.json.encode(content))


def told_by(name: str, number: int) -> EventRecord:
    return event(name, at=float(number), count=number)


async def carry_out(writer: Writer, now: Step) -> None:
    """Commit one step."""
    number, action, kind, names = now
    beat, version = Heartbeat(float(number), ()), str(number)
    scope = SCOPES[kind]
    records = [said_by(name, kind, number) for name in names]
    match action:
        case "forget":
            scopes = [scope_update(scope) for scope in (RELEASES, CONFIG_MAPS, EVENTS)]
            await writer.apply(ClusterForgotten(STAGING), cluster_update(), *scopes, beat)
        case "watch":
            await writer.apply(batch(*records, scope=scope, version=version), beat)
        case "delete":
            gone = [deletion(name, kind=kind) for name in names]
            await writer.apply(batch(gone=gone, scope=scope, version=version), beat)
        case "list":
            half = len(records) // 2
            listed = pages(records[:half], records[half:])
            await writer.replace(scope, listed, beat, resource_version=version, at=float(number))
        case "events":
            told = [told_by(name, number) for name in names]
            await writer.apply(batch(events=told, scope=EVENTS, version=version), beat)
        case "drop":
            await writer.apply(ScopeRemoved(scope, float(number)), scope_update(scope), beat)
        case _:
            await writer.apply(beat)


@dataclass
class Model:
    """What a store must hold after a step. versions: of the scopes; objects: when each was last said."""

    number: int = -1
    versions: dict[str, str] = field(default_factory=dict)
    objects: dict[ObjectKey, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)

    def advance(self, number: int) -> None:
        """Go on to a later step."""
        for following in range(self.number + 1, number + 1):
            self._apply(step(following))
        self.number = number

    def content(self) -> dict[str, Any]:
        """In the words of observed()."""
        bodies = {key: said_by(key.name, key.kind, n) for key, n in self.objects.items()}
        links = {
            (key.name, reference.target.name) for key, said in bodies.items() for reference in said.references
        }
        named = {key(name, "ConfigMap") for _, name in links}
        return {
            "number": self.number,
            "scopes": self.versions,
            "objects": {key: str(n) for key, n in self.objects.items()},
            "bodies": {key: msgspec.json.decode(said.body) for key, said in bodies.items()},
            "names": named - self.objects.keys(),
            "links": links,
            "events": {f"podinfo.{uid}": n for uid, n in self.events.items()},
        }

    def _apply(self, now: Step) -> None:
        number, action, kind, names = now
        keys = [key(name, kind) for name in names]
        plural = SCOPES[kind].plural
        match action:
            case "forget":
                self.objects, self.events = {}, {}
                self.versions = dict.fromkeys((scope.plural for scope in (RELEASES, CONFIG_MAPS, EVENTS)), "")
            case "watch" | "list" | "delete":
                if action != "watch":
                    gone = [k for k in self.objects if k.kind == kind and (action == "list" or k in keys)]
                    for one in gone:
                        del self.objects[one]
                if action != "delete":
                    self.objects |= dict.fromkeys(keys, number)
                self.versions[plural] = str(number)
            case "events":
                self.events |= dict.fromkeys(names, number)
                self.versions[EVENTS.plural] = str(number)
            case "drop":
                self.objects = {k: n for k, n in self.objects.items() if k.kind != kind}
                self.versions[plural] = ""
        oldest = number - SETTINGS.event_retention_s
        self.events = {uid: n for uid, n in self.events.items() if n >= oldest}


def observed(path: Path) -> dict[str, Any]:
    """What a store holds, read as readers read it, and whether SQLite finds it whole."""
    with Reader(path) as reader, reader.snapshot() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        rows = {row.id: row for row in objects.select(connection, present=None)}
        present = {row.id: row for row in rows.values() if row.present}
        bodies = documents.load(connection, list(present))
        beat = clusters.meta(connection).heartbeat_at
        told = events.select(connection, limit=1000)
        return {
            "number": -1 if beat is None else int(beat),
            "scopes": {row.plural: row.resource_version for row in clusters.scopes(connection)},
            "objects": {row.key: row.resource_version for row in present.values()},
            "bodies": {present[row].key: body for row, body in bodies.items()},
            "names": {row.key for row in rows.values() if not row.present},
            "links": {(rows[e.src].name, rows[e.dst].name) for e in edges.outgoing(connection, rows)},
            "events": {row.name: row.count for row in told},
        }


def write(path: Path, first: int, acknowledged: Pipe) -> None:
    """Carry out steps for ever, a few at a time; tell the number of each one that is committed."""
    asyncio.run(_write(StorePaths(path), first, acknowledged))


async def _write(paths: StorePaths, first: int, acknowledged: Pipe) -> None:
    waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
    async with Writer(paths, SETTINGS, SystemClock()) as writer:
        number = first
        while True:
            waiting.append((number, asyncio.ensure_future(carry_out(writer, step(number)))))
            number += 1
            if len(waiting) >= 1 + number % 4:
                oldest, commit = waiting.popleft()
                await commit
                acknowledged.send(oldest)
