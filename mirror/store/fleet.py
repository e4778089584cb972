"""The writer's side of clusters: their rows, what they serve, that they are being followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, delete, insert, select, update
from sqlalchemy.engine.interfaces import DBAPICursor

from mirror.errors import StoreError
from mirror.keys import ClusterName, GroupKind, is_another_cluster
from mirror.store import searchable
from mirror.store.changes import ClusterRenamed, ClusterUpdate, Heartbeat, ResourcesDiscovered
from mirror.store.statements import Statement, insert_or_update
from mirror.store.tables import CORE_GROUP, cluster, event, meta, object_, resource, scope, tally

__all__ = [
    "confirm",
    "forget_cluster",
    "rename_cluster",
    "replace_resources",
    "require_cluster",
    "update_cluster",
]

_GIVEN = ("server", "uid", "version", "identity", "alias_of")
_BEAT = insert_or_update(meta)
_CONFIRM = Statement(
    update(cluster).where(cluster.c.name == bindparam("the_name")).values(confirmed_at=bindparam("at"))
)
_HEAR = Statement(
    update(cluster).where(cluster.c.name == bindparam("the_name")).values(heard_at=bindparam("at"))
)

_CLUSTER = Statement(select(cluster.c.id).where(cluster.c.name == bindparam("the_name")))


def confirm(cursor: DBAPICursor, change: Heartbeat) -> None:
    """The mirror lives, and these clusters are being followed; names without a row are left out."""
    _BEAT.run(cursor, "heartbeat_at", repr(change.at))
    _CONFIRM.run_all(cursor, [(change.at, name) for name in change.confirmed])
    _HEAR.run_all(cursor, [(change.at, name) for name in change.heard])


def require_cluster(cursor: DBAPICursor, name: str) -> int:
    """The row of a cluster; StoreError when no ClusterUpdate has made one."""
    rows = _CLUSTER.rows(cursor, name)
    if not rows:
        raise StoreError(
            "nothing can be stored of a cluster that is not known",
            where=name,
            hint="a ClusterUpdate must come first",
        )
    return int(rows[0][0])


def update_cluster(connection: Connection, change: ClusterUpdate) -> bool:
    """Create or update the row of a cluster; whether anything is different now.

    A stored uid, server or identity of "" says only that nobody knew it so far.
    """
    given = {name: getattr(change, name) for name in _GIVEN}
    said = {key: value for key, value in given.items() if value is not None}
    said |= {"state": change.state.value, "error": change.error, "hint": change.hint}
    row = connection.execute(select(cluster).where(cluster.c.name == change.cluster)).one_or_none()
    if row is None:
        connection.execute(insert(cluster).values({**said, "name": change.cluster, "state_since": change.at}))
        return True
    if _stands_for_other(change, row) or change.alias_of:
        _empty(connection, row.id)
        said.setdefault("alias_of", "")
    return _update_row(connection, cluster, row, said, change.at)


def _stands_for_other(change: ClusterUpdate, row: Row[Any]) -> bool:
    """Another cluster, or another user of it."""
    if change.identity and row.identity and change.identity != row.identity:
        return True
    if change.uid and change.uid == row.uid:
        return False
    if is_another_cluster(row.uid, change.uid or ""):
        return True
    return bool(change.server and row.server and change.server != row.server)


def rename_cluster(connection: Connection, change: ClusterRenamed) -> bool:
    """Let an alias have the row of its cluster; whether there was one."""
    row = connection.execute(select(cluster.c.id).where(cluster.c.name == change.cluster)).scalar()
    if row is None:
        return False
    forget_cluster(connection, change.to)
    now = {"name": change.to, "alias_of": "", "identity": change.identity}
    connection.execute(update(cluster).where(cluster.c.id == row).values(now))
    others = update(cluster).where(cluster.c.alias_of == change.cluster)
    connection.execute(others.values(alias_of=change.to))
    return True


def forget_cluster(connection: Connection, name: ClusterName) -> bool:
    """Remove a cluster and all that was stored of it; whether there was one."""
    row = connection.execute(select(cluster.c.id).where(cluster.c.name == name)).scalar()
    if row is None:
        return False
    _empty(connection, row)
    connection.execute(delete(cluster).where(cluster.c.id == row))
    return True


def replace_resources(connection: Connection, cursor: DBAPICursor, change: ResourcesDiscovered) -> bool:
    """Store what a cluster serves in place of what was known of it; whether anything is different now."""
    cluster_id = require_cluster(cursor, change.cluster)
    groups = ",".join(sorted(group or CORE_GROUP for group in change.unread))
    row = connection.execute(select(cluster).where(cluster.c.id == cluster_id)).one()
    changed = _update_row(connection, cluster, row, {"unread_groups": groups}, row.state_since)
    columns = [c for c in resource.c if c.name != "cluster_id"]
    of_cluster = resource.c.cluster_id == cluster_id
    before = {tuple(row) for row in connection.execute(select(*columns).where(of_cluster))}
    now = _resource_rows(change)
    if before == set(now):
        return changed
    connection.execute(delete(resource).where(of_cluster))
    if now:
        names = [c.name for c in columns]
        new = [{"cluster_id": cluster_id, **dict(zip(names, row, strict=True))} for row in now]
        connection.execute(insert(resource), new)
    return True


def _update_row(
    connection: Connection, table: Table, row: Row[Any], said: Mapping[str, object], at: float
) -> bool:
    """Write what differs from the row of a cluster or scope; a new state begins at `at`."""
    different = {key: value for key, value in said.items() if getattr(row, key) != value}
    if not different:
        return False
    if "state" in different:
        different["state_since"] = at
    connection.execute(update(table).where(table.c.id == row.id).values(different))
    return True


def _resource_rows(change: ResourcesDiscovered) -> list[tuple[object, ...]]:
    rows: dict[GroupKind, tuple[object, ...]] = {}
    for r, served in zip(change.resources, change.served, strict=True):
        names = (r.plural, r.singular, ",".join(r.short_names))
        rows.setdefault(r.group_kind, (r.group, r.kind, r.version, *names, r.namespaced, ",".join(served)))
    return list(rows.values())


def _empty(connection: Connection, cluster_id: int) -> None:
    searchable.forget_cluster(connection, cluster_id)
    # Objects first: edges and documents go with them, and no scope has to let go of its objects.
    for table in (object_, tally, event, scope, resource):
        connection.execute(delete(table).where(table.c.cluster_id == cluster_id))
    nothing = {
        "confirmed_at": None,
        "heard_at": None,
        "unread_groups": "",
        "streams_open": 0,
        "streams_down": 0,
        "streams_since": None,
    }
    connection.execute(update(cluster).where(cluster.c.id == cluster_id).values(nothing))
