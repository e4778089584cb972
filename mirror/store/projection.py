"""Which code has redacted, judged and linked the rows: what other code has written is written anew."""

from __future__ import annotations

import logging

import sqlalchemy as sa
from sqlalchemy import Connection

from mirror.records import PROJECTION
from mirror.store.engine import upsert
from mirror.store.tables import event, meta, object_, scope

__all__ = ["renew"]

log = logging.getLogger("flux_mirror.store")

_KEY = "projection"
_STORED = sa.select(meta.c.value).where(meta.c.key == _KEY)


def renew(connection: Connection) -> None:
    """Let every list write its objects anew if rows were made by other code than ours (records.PROJECTION).

    Promised: what is stored can be read all the time. Each object becomes ours with the next list of its
        type, which is never skipped; that this is to be done is part of the caller's transaction. Events go:
        a cluster no longer has the older ones.
    """
    if connection.execute(_STORED).scalar_one_or_none() == PROJECTION:
        return
    # A version that no object has: the same object in the same version is something else to us now.
    connection.execute(sa.update(object_).where(object_.c.present).values(resource_version=""))
    resumable = connection.execute(sa.update(scope).values(resource_version="")).rowcount
    connection.execute(sa.delete(event))
    note = upsert(meta).values(key=_KEY, value=PROJECTION)
    connection.execute(note.on_conflict_do_update(index_elements=["key"], set_={"value": PROJECTION}))
    if resumable:
        log.info("another version has written this store: everything is fetched again")
