"""Any sequence of lists, batches, deletions and restarts: the store equals a model of a few dictionaries."""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mirror.clock import SystemClock
from mirror.keys import ObjectKey, ScopeKey
from mirror.records import Health, Record
from mirror.settings import WriterSettings
from mirror.store import edges, objects, tally
from mirror.store.changes import Change, ClusterForgotten, Deletion, ScopeRemoved
from mirror.store.pages import Pages
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.store.writer import Writer
from tests.mirror.store.scene import (
    CONFIG_MAPS,
    RELEASES,
    STAGING,
    batch,
    cluster_update,
    pages,
    reads,
    record,
    scope_update,
)

SCOPES = {"HelmRelease": RELEASES, "ConfigMap": CONFIG_MAPS}
NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
OBJECTS = st.tuples(
    NAMES,
    st.integers(1, 2).map("uid-{}".format),
    st.dictionaries(NAMES, st.booleans(), max_size=3),
)
KINDS = st.sampled_from(sorted(SCOPES))

Edge = tuple[ObjectKey, ObjectKey, bool]


def health(version: int) -> Health:
    """Some versions of an object are as well as the one before, some are not."""
    return (Health.READY, Health.READY, Health.FAILED)[version % 3]


class StoreMachine(RuleBasedStateMachine):
    """objects: (uid, version, targets) per key. gone: names that stay, with whether they ever existed."""

    def __init__(self) -> None:
        super().__init__()
        self.resources = ExitStack()
        folder = self.resources.enter_context(tempfile.TemporaryDirectory())
        self.paths = StorePaths(Path(folder) / "store.db")
        self.portal = self.resources.enter_context(start_blocking_portal())
        self.objects: dict[ObjectKey, tuple[str, int, dict[str, bool]]] = {}
        self.gone: dict[ObjectKey, bool] = {}
        self.version = 100

    @initialize()
    def open(self) -> None:
        self.writer_stack = ExitStack()
        # Three rows per statement: chunks end in the middle of everything.
        options = WriterSettings(gather_s=0.0, rows_per_statement=3, dictionary_samples=20)
        writer = Writer(self.paths, options, SystemClock())
        self.writer = self.writer_stack.enter_context(self.portal.wrap_async_context_manager(writer))
        self.apply(cluster_update(), *(scope_update(scope) for scope in SCOPES.values()))

    @rule()
    def restart(self) -> None:
        self.writer_stack.close()
        self.open()

    @rule(kind=KINDS, told=st.lists(OBJECTS, min_size=1, max_size=6, unique_by=lambda told: told[0]))
    def watch(self, kind: str, told: list[tuple[str, str, dict[str, bool]]]) -> None:
        self.version += 1
        records = [self.record(kind, *one, self.version) for one in told]
        self.apply(batch(*records, scope=SCOPES[kind], version=str(self.version)))
        for name, uid, targets in told:
            self.put(kind, name, uid, targets, self.version)
        self.settle()

    @rule(kind=KINDS, told=OBJECTS)
    def repeat_old_news(self, kind: str, told: tuple[str, str, dict[str, bool]]) -> None:
        name, uid, targets = told
        known = self.objects.get(self.key(kind, name))
        self.apply(batch(self.record(kind, name, uid, targets, 50), scope=SCOPES[kind]))
        if known is None or known[0] != uid:
            self.put(kind, name, uid, targets, 50)
        self.settle()

    @rule(kind=KINDS, names=st.lists(NAMES, min_size=1, unique=True), uid=st.sampled_from(["uid-1", "uid-2"]))
    def delete(self, kind: str, names: list[str], uid: str) -> None:
        keys = [self.key(kind, name) for name in names]
        self.apply(batch(gone=[Deletion(key, uid, "1") for key in keys], scope=SCOPES[kind]))
        for key in keys:
            if key in self.objects and self.objects[key][0] == uid:
                self.take(key)
        self.settle()

    @rule(kind=KINDS, told=st.lists(OBJECTS, max_size=8, unique_by=lambda told: told[0]), keep=st.booleans())
    def relist(self, kind: str, told: list[tuple[str, str, dict[str, bool]]], keep: bool) -> None:
        self.version += 0 if keep else 1
        content = [self.record(kind, *one, self.version) for one in told]
        known = {key: self.objects[key] for key in self.objects if key.kind == kind}
        for key in known:
            self.take(key)
        for name, uid, targets in told:
            before = known.get(self.key(kind, name))
            if before and before[:2] == (uid, self.version):  # the same version cannot say anything else
                self.put(kind, name, uid, before[2], self.version)
            else:
                self.put(kind, name, uid, targets, self.version)
        listed = pages(content[:4], content[4:])
        self.replace(SCOPES[kind], listed)
        self.settle()

    @rule(kind=KINDS)
    def type_goes_and_comes(self, kind: str) -> None:
        self.apply(ScopeRemoved(SCOPES[kind], 9.0), scope_update(SCOPES[kind]))
        for key in [key for key in self.objects if key.kind == kind]:
            self.take(key)
        self.settle()

    @rule()
    def forget(self) -> None:
        self.apply(ClusterForgotten(STAGING))
        self.apply(cluster_update(), *(scope_update(scope) for scope in SCOPES.values()))
        self.objects, self.gone = {}, {}

    @invariant()
    def the_store_equals_the_model(self) -> None:
        with Reader(self.paths.store) as reader, reader.snapshot() as connection:
            rows = {row.id: row for row in objects.select(connection, present=None)}
            links = {
                (rows[link.src].key, rows[link.dst].key, link.optional)
                for link in edges.outgoing(connection, rows)
            }
            counted = {row[2:4]: row[4] for row in tally.count_by_health(connection)}
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        assert broken == []
        present = {row.key: (row.uid, int(row.resource_version)) for row in rows.values() if row.present}
        assert present == {key: value[:2] for key, value in self.objects.items()}
        names = {row.key: row.deleted_at is not None for row in rows.values() if not row.present}
        assert names == self.gone
        assert links == self.links()
        assert counted == Counter((key.kind, health(value[1])) for key, value in self.objects.items())

    def teardown(self) -> None:
        self.writer_stack.close()
        self.resources.close()

    def apply(self, *changes: Change) -> None:
        self.portal.call(self.writer.apply, *changes)

    def replace(self, scope: ScopeKey, listed: Pages) -> None:
        async def call() -> None:
            await self.writer.replace(scope, listed, resource_version=str(self.version), at=3.0)

        self.portal.call(call)

    def key(self, kind: str, name: str) -> ObjectKey:
        return record(name, kind=kind).key

    def record(self, kind: str, name: str, uid: str, targets: dict[str, bool], version: int) -> Record:
        references = [reads(target, optional=optional) for target, optional in targets.items()]
        return record(name, version, kind=kind, uid=uid, references=references, health=health(version))

    def put(self, kind: str, name: str, uid: str, targets: dict[str, bool], version: int) -> None:
        key = self.key(kind, name)
        self.objects[key] = (uid, version, targets)

    def take(self, key: ObjectKey) -> None:
        del self.objects[key]
        self.gone[key] = True

    def settle(self) -> None:
        """Names stay while something refers to them."""
        named = {dst for _, dst, _ in self.links()} - self.objects.keys()
        self.gone = {key: self.gone.get(key, False) for key in named}

    def links(self) -> set[Edge]:
        return {
            (key, self.key("ConfigMap", target), optional)
            for key, (_, _, targets) in self.objects.items()
            for target, optional in targets.items()
        }


TestStore = StoreMachine.TestCase
TestStore.settings = settings(
    max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
