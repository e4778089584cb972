"""Which state of which object the store holds of a list/watch; what an audit compares."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Connection

from mirror.keys import ScopeKey
from mirror.store.tables import cluster, object_, scope

__all__ = ["stored_versions"]


def stored_versions(
    connection: Connection, key: ScopeKey
) -> tuple[str, dict[tuple[str, str], tuple[str, str]]]:
    """(the scope's resourceVersion, (namespace, name) → (uid, resourceVersion) of its objects).

    ("", {}) for a scope that is not there.
    """
    which = (
        cluster.c.name == key.cluster,
        scope.c.group == key.group,
        scope.c.plural == key.plural,
        scope.c.namespace == key.namespace,
    )
    place = connection.execute(
        sa.select(scope.c.id, scope.c.resource_version).join_from(scope, cluster).where(*which)
    ).one_or_none()
    if place is None:
        return "", {}
    columns = (object_.c.namespace, object_.c.name, object_.c.uid, object_.c.resource_version)
    rows = connection.execute(
        sa.select(*columns).where(object_.c.scope_id == place.id, object_.c.present.is_(True))
    )
    return place.resource_version, {(row[0], row[1]): (row[2], row[3]) for row in rows}
