"""The full-text index: what of an object can be found by its words, kept beside its row.

A row that is written leaves its text in `unindexed`, which costs little, and search looks there too. The
index itself, which takes about as long as everything else about an object, follows in steps; what has not
changed is not indexed again. SQLite's FTS5 does the work; this is the one module that knows it writes there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    delete,
    literal,
    select,
)
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.selectable import CTE

from mirror.records import Record
from mirror.store import mentioned
from mirror.store.engine import upsert
from mirror.store.statements import Lookup, Statement, insert, insert_or_update
from mirror.store.tables import object_, unindexed

__all__ = [
    "MARKS",
    "catch_up",
    "forget",
    "forget_cluster",
    "label_text",
    "put",
    "searchable",
    "text_of",
    "trigrams",
]

searchable = Table(
    "searchable", MetaData(), Column("rowid", Integer, primary_key=True), Column("body", Text, nullable=False)
)
"""The index as a table; `rowid` is the object's id. Not among the tables of the schema: SQLite makes it."""

MARKS = {"chart": "\x01", "image": "\x02", "message": "\x03", "revision": "\x04", "label": "\x05"}
"""What a line of a text begins with, by the field it is about: nothing that can be searched for."""

MOST_TRIGRAMS = 24
"""Trigrams that the index is asked for at once; more narrow nothing down any further."""

MOST_OF_A_MESSAGE = 2_000
"""Characters of a message that can be found."""

_PASSING_LABELS = frozenset({"controller-revision-hash", "pod-template-generation", "pod-template-hash"})


def _by_id(wanted: CTE) -> Select[tuple[int, str]]:
    return select(searchable.c.rowid, searchable.c.body).join_from(
        wanted, searchable, searchable.c.rowid == wanted.c.rowid
    )


_COUNTED_MARKS = (MARKS["chart"], MARKS["image"])

_PUT = insert_or_update(unindexed)
_NEXT = Statement(select(unindexed.c.object_id, unindexed.c.body).limit(bindparam("most")))
_TAKE = Statement(delete(unindexed).where(unindexed.c.object_id == bindparam("row")))
_INDEXED = Lookup([searchable.c.rowid], _by_id)
_ADD = insert(searchable)
_DROP = Statement(delete(searchable).where(searchable.c.rowid == bindparam("row")))


def text_of(record: Record) -> str:
    """What the object can be found by: its name, then a line for each thing that is said, with its mark.

    Labels without the domain of their key, `name=redis`; labels that only tell Pods apart are left out.
    """
    said = [record.key.name]
    said += [f"{MARKS[field]}{' '.join(text.split())}" for field, text in record.mentions]
    message = " ".join(record.message[:MOST_OF_A_MESSAGE].split())
    if message or record.reason:
        said.append(MARKS["message"] + ": ".join(filter(None, (record.reason, message))))
    if record.revision:
        said.append(MARKS["revision"] + record.revision)
    said += filter(None, (label_text(key, value) for key, value in record.labels.items()))
    return "\n".join(said)


def label_text(key: str, value: str) -> str:
    """The line of a label; "" for one that nothing can be found by."""
    found = value and key not in _PASSING_LABELS
    return f"{MARKS['label']}{key.rpartition('/')[2]}={value}" if found else ""


def put(cursor: DBAPICursor, texts: Sequence[tuple[int, str]]) -> None:
    """Let the objects be found by these texts, and by none they had before."""
    _PUT.run_all(cursor, texts)


def forget(cursor: DBAPICursor, ids: Collection[int]) -> None:
    """Let the objects not be found any more."""
    _PUT.run_all(cursor, [(row, "") for row in ids])


def forget_cluster(connection: Connection, cluster_id: int) -> None:
    """Let nothing of a cluster be found any more; to be called while its objects are still there."""
    gone = select(object_.c.id, literal("")).where(object_.c.cluster_id == cluster_id)
    statement = upsert(unindexed).from_select(["object_id", "body"], gone)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[unindexed.c.object_id], set_={"body": statement.excluded.body}
        )
    )


def catch_up(cursor: DBAPICursor, most: int) -> int:
    """Move up to so many texts into the index; how many they were. Changes no answer."""
    waiting: dict[int, str] = dict(_NEXT.rows(cursor, most, 0))  # SQLite's dialect writes an OFFSET too
    indexed: dict[int, str] = dict(_INDEXED.rows(cursor, [(row,) for row in waiting]))
    changed = [(row, body) for row, body in waiting.items() if indexed.get(row, "") != body]
    _DROP.run_all(cursor, [(row,) for row, _ in changed if row in indexed])
    _ADD.run_all(cursor, [(row, body) for row, body in changed if body])
    mentioned.rewrite(cursor, indexed, waiting, _COUNTED_MARKS)
    _TAKE.run_all(cursor, [(row,) for row in waiting])
    return len(waiting)


def trigrams(texts: Sequence[str]) -> list[str]:
    """What the index knows texts by that must all be there, each once; of very many some.

    None of a text of less than three characters. What has all of these somewhere must still be compared with
    the texts.
    """
    every = (text[at : at + 3].lower() for text in texts for at in range(len(text) - 2))
    distinct = list(dict.fromkeys(every))
    return distinct[:: 1 + len(distinct) // MOST_TRIGRAMS]
