"""The objects that derived edges connect, those included that no row of the store stands for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from mirror.keys import GroupKind, ObjectKey
from mirror.records import Health
from mirror.store.rows import ObjectRow
from query.view import View

__all__ = ["DerivedEdge", "Nodes", "without_row"]


class DerivedEdge(NamedTuple):
    """From the object that is concerned to the one that concerns it, as with stored edges; both have an id.

    field: of `src`, or of `dst` where only that one says it (a label).
    """

    src: ObjectRow
    dst: ObjectRow
    relation: str
    field: str


class Nodes:
    """Reads for one question, keeps what it has read; used by one thread, as long as its View.

    Objects without a row get negative ids, the same one whenever they are asked for.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self._rows: dict[int, ObjectRow] = {}
        self._without: dict[tuple[str, ObjectKey], ObjectRow] = {}
        self._documents: dict[int, dict[str, Any]] = {}

    def know(self, rows: Iterable[ObjectRow]) -> None:
        """Takes rows that somebody has read already."""
        self._rows.update((row.id, row) for row in rows)

    def rows(self, ids: Sequence[int]) -> dict[int, ObjectRow]:
        """Rows by id, in that order; an id that nothing has is left out."""
        unknown = [row_id for row_id in ids if row_id not in self._rows]
        if unknown:
            self._rows.update(self.view.by_ids(unknown))
        return {row_id: self._rows[row_id] for row_id in ids if row_id in self._rows}

    def documents(self, rows: Sequence[ObjectRow]) -> dict[int, dict[str, Any]]:
        """The stored objects by id; empty for those that are not there."""
        fresh = [row.id for row in rows if row.id not in self._documents]
        if fresh:
            loaded = self.view.documents(fresh)
            self._documents.update((row_id, loaded.get(row_id, {})) for row_id in fresh)
        return {row.id: self._documents[row.id] for row in rows}

    def of_kind(
        self, clusters: Iterable[str], kind: GroupKind, namespace: str | None = None
    ) -> dict[str, list[ObjectRow]]:
        """The present objects of a kind in each of these clusters."""
        found: dict[str, list[ObjectRow]] = defaultdict(list)
        for row in self.view.objects(
            clusters=sorted(set(clusters)), group=kind.group, kind=kind.kind, namespace=namespace
        ):
            found[row.cluster].append(row)
        self.know(row for rows in found.values() for row in rows)
        return found

    def named(self, cluster: str, keys: Iterable[ObjectKey]) -> dict[ObjectKey, ObjectRow]:
        """A row for each key in that cluster: the store's, or one that stands for what it does not know."""
        wanted: dict[tuple[GroupKind, str], list[ObjectKey]] = defaultdict(list)
        for key in dict.fromkeys(keys):
            wanted[GroupKind(key.group, key.kind), key.namespace].append(key)
        found: dict[ObjectKey, ObjectRow] = {}
        for (kind, namespace), ours in wanted.items():
            rows = self.view.objects(
                clusters=[cluster],
                group=kind.group,
                kind=kind.kind,
                namespace=namespace,
                name=ours[0].name if len(ours) == 1 else None,
                present=None,
            )
            by_key = {row.key: row for row in rows}
            found.update((key, by_key.get(key) or self._stand_in(cluster, key)) for key in ours)
        self.know(found.values())
        return found

    def _stand_in(self, cluster: str, key: ObjectKey) -> ObjectRow:
        known = self._without.get((cluster, key))
        if known is None:
            known = without_row(-1 - len(self._without), cluster, key)
            self._without[cluster, key] = known
        return known


def without_row(row_id: int, cluster: str, key: ObjectKey) -> ObjectRow:
    """An object that nothing is stored of, as a row that is not present. row_id: none of the store's."""
    return ObjectRow(
        id=row_id,
        cluster=cluster,
        group=key.group,
        kind=key.kind,
        namespace=key.namespace,
        name=key.name,
        present=False,
        version="",
        uid="",
        resource_version="",
        generation=0,
        observed_generation=None,
        created_at=None,
        deleted_at=None,
        health=Health.UNKNOWN.value,
        reason="",
        message="",
        since=None,
        revision="",
        labels={},
    )
