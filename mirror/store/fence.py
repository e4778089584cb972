"""Who may commit: the writer that came last, even where the lock beside the store has been removed."""

from __future__ import annotations

import secrets
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from mirror.errors import StoreBusyError
from mirror.store.engine import upsert
from mirror.store.tables import meta

__all__ = ["Fence"]

_KEY = "writer"
_LAST = sa.select(meta.c.value).where(meta.c.key == _KEY)


class Fence:
    """The mark of one writer in the store.

    Promised: once another writer has been let in, `require` raises in every transaction of this one, so no
        commit of ours can follow one of theirs.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._token = secrets.token_hex(8)

    def enter(self, connection: Connection) -> None:
        """Be the writer from this transaction on."""
        insert = upsert(meta).values(key=_KEY, value=self._token)
        update = insert.on_conflict_do_update(index_elements=["key"], set_={"value": insert.excluded.value})
        connection.execute(update)

    def require(self, connection: Connection) -> None:
        """Raise StoreBusyError when another writer has come after us. To be asked inside the transaction."""
        if connection.execute(_LAST).scalar_one_or_none() != self._token:
            raise StoreBusyError(
                "another mirror has taken this store over",
                where=str(self._path),
                hint="do not remove the lock file of a mirror that runs",
            )
