"""What readers find by words: objects, by all that they say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from mirror.keys import GroupKind, ObjectKey
from mirror.records import Health
from mirror.store import sayings
from mirror.store.clusters import cluster_names
from mirror.store.foremost import named
from mirror.store.sayings import SAID, having_all, with_text
from mirror.store.statements import Lookup, compiled, value
from mirror.store.tables import object_

__all__ = ["Accept", "Hit", "Matches", "Within", "find_objects", "hits_of"]

_TROUBLED = (Health.FAILED.value, Health.PROGRESSING.value, Health.SUSPENDED.value)

Accept = Callable[[str], bool]
"""Whether an object that says this is meant."""


class Within(NamedTuple):
    """Where to look; None leaves a filter out. health: of the object, also of the one an event is about."""

    clusters: Sequence[str] | None = None
    kind: GroupKind | None = None
    namespace: str | None = None
    health: str | None = None


class Hit(NamedTuple):
    """body: the text it is found by, see searchable.text_of()."""

    id: int
    cluster: str
    key: ObjectKey
    version: str
    health: str
    since: float | None
    body: str


class Matches(NamedTuple):
    """hits: in no order; where they are not all, those that are most likely to be looked for. total: how many
    there are; None: more than was asked for, nobody has counted them."""

    hits: list[Hit]
    total: int | None


def _by_id(wanted: sa.CTE) -> sa.Select[Any]:
    columns = [object_.c[name] for name in ("id", "cluster_id", *ObjectKey._fields, *_SHOWN)]
    return (
        sa.select(*columns).join_from(wanted, object_, object_.c.id == wanted.c.id).where(object_.c.present)
    )


_SHOWN = ("version", "health", "since")
_BY_ID = Lookup([object_.c.id], _by_id)


def find_objects(
    connection: Connection,
    texts: Sequence[str],
    within: Within,
    *,
    most: int | None,
    each: int,
    accept: Accept | None = None,
    first_kinds: Collection[str] = (),
) -> Matches:
    """Objects whose text has every one of the texts, in any case of ASCII letters; without texts, all.

    most: of more than these only some are read: those with a name that begins with the texts, those that are
    not well, and those that were found first; None for no bound. each: so many of each of these sorts.
    accept: what else must be true of a text. first_kinds: of names, those of these kinds come first.
    """
    names = cluster_names(connection, within.clusters)
    enough = None if most is None else most + 1
    told: dict[int, str] = {}
    if texts:
        told = sayings.saying(connection, texts, most=enough, accept=accept)
    many = not texts or len(told) == enough
    if many and (not texts or within != Within()):
        told = _selected(connection, texts, within, names, enough, accept)
        many = len(told) == enough
    if most is None or not many:
        hits = _hits(connection, told, within, names)
        return Matches(hits, len(hits))
    likely = dict(list(told.items())[:each])
    for health in _TROUBLED if within.health is None else ():
        likely |= _selected(connection, texts, within._replace(health=health), names, each, accept)
    for ids in named(connection, " ".join(texts).lower(), first_kinds, most=each) if texts else ():
        bodies = sayings.said_by(connection, [row for row in ids if row not in likely])
        likely |= {row: body for row, body in bodies.items() if _says(body, texts, accept)}
    hits = _hits(connection, likely, within, names)
    return Matches(hits, None if texts else _count(connection, within, names))


def hits_of(connection: Connection, ids: Collection[int]) -> list[Hit]:
    """These objects, as far as they exist."""
    said = sayings.said_by(connection, ids)
    return _hits(connection, said, Within(), cluster_names(connection, None))


def _hits(
    connection: Connection, told: Mapping[int, str], within: Within, names: Mapping[int, str]
) -> list[Hit]:
    """Those of the objects that are in the right place, with what they say."""
    kind, namespace, health = within.kind, within.namespace, within.health
    found: list[Hit] = []
    for row, place, *key, version, now, since in _BY_ID.read(connection, [(row,) for row in told]):
        if (
            place in names
            and (kind is None or (key[0], key[1]) == kind)
            and (namespace is None or key[2] == namespace)
            and (health is None or now == health)
        ):
            found.append(Hit(row, names[place], ObjectKey(*key), version, now, since, told[row]))
    return found


def _says(body: str, texts: Iterable[str], accept: Accept | None) -> bool:
    lowered = body.lower()
    return all(text.lower() in lowered for text in texts) and (accept is None or accept(body))


def _selected(
    connection: Connection,
    texts: Sequence[str],
    within: Within,
    names: Collection[int],
    most: int | None,
    accept: Accept | None,
) -> dict[int, str]:
    """As sayings.saying(), object by object of a place: for words that very many have."""
    words = [text.lower() for text in texts]
    statement = _selection(_Shape.of(within, names), len(words))
    result = connection.exec_driver_sql(statement, (*_values(within, names), *words))
    return sayings.first_of(result, most, accept)


def _count(connection: Connection, within: Within, names: Collection[int]) -> int:
    statement = _number(_Shape.of(within, names))
    return int(connection.exec_driver_sql(statement, _values(within, names)).scalar_one())


class _Shape(NamedTuple):
    """What a query narrows the objects by: for each shape there is one statement, put together once.

    clusters: how many; None for all. exact: columns that have a value.
    """

    clusters: int | None
    exact: tuple[str, ...]

    @classmethod
    def of(cls, within: Within, names: Collection[int]) -> _Shape:
        return cls(None if within.clusters is None else len(names), tuple(_exact(within)))


def _exact(within: Within) -> dict[str, str]:
    """What the columns must be."""
    group, kind = within.kind or (None, None)
    exact = {"group": group, "kind": kind, "namespace": within.namespace, "health": within.health}
    return {column: value for column, value in exact.items() if value is not None}


def _values(within: Within, names: Collection[int]) -> tuple[object, ...]:
    """The parameters of a query: clusters, then what columns must be."""
    return (*(() if within.clusters is None else names), *_exact(within).values())


@lru_cache(maxsize=64)
def _selection(shape: _Shape, words: int) -> str:
    """Its parameters: as _values() has them, then the words in lower case."""
    query = sa.select(object_.c.id, SAID).select_from(with_text(object_))
    return compiled(query.where(*_conditions(shape), *having_all(SAID, words)))


@lru_cache(maxsize=64)
def _number(shape: _Shape) -> str:
    return compiled(sa.select(sa.func.count()).select_from(object_).where(*_conditions(shape)))


def _conditions(shape: _Shape) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [object_.c.present]
    if shape.clusters is not None:
        found.append(object_.c.cluster_id.in_([value(f"cluster_{each}") for each in range(shape.clusters)]))
    return found + [object_.c[name] == value(name) for name in shape.exact]
