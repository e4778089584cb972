"""docs/schema.md: the tables of a store, and how to ask it in SQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, Index, Table, UniqueConstraint

from mirror.store import tables
from server.docs.markdown import page, prose, table
from server.docs.source import module_attributes

__all__ = ["schema_page"]

_ASKING = """\
## Asking it in SQL

A store is one SQLite file with its log (`-wal`) beside it; `flux-mirror mirror --status` says where. Any
SQLite tool can read it, also while a mirror writes it. Only read: the mirror is the one writer.
`sqlite-utils` comes with flux-mirror (`python -m sqlite_utils` where it is not on the PATH). In the folder
of the store:

```sh
# How much is in it.
sqlite-utils tables store.db --counts --table

# The clusters, and when each was last known to be complete (UTC).
sqlite-utils query store.db "select name, version, state, datetime(confirmed_at, 'unixepoch') as confirmed
  from cluster order by name" --table

# What fails where.
sqlite-utils query store.db "select c.name as cluster, o.kind, o.namespace, o.name, o.reason
  from object o join cluster c on c.id = o.cluster_id
  where o.present and o.health = 'Failed' order by cluster, o.kind, o.name" --table

# Who refers to a ConfigMap, and in which field.
sqlite-utils query store.db "select c.name as cluster, s.kind, s.name, e.relation, e.field, d.present
  from edge e join object s on s.id = e.src join object d on d.id = e.dst
  join cluster c on c.id = s.cluster_id
  where d.kind = 'ConfigMap' and d.name = :name" -p name web-values --table

# What each cluster serves of Flux; "group" is a word of SQL and needs its quotes.
sqlite-utils query store.db "select c.name as cluster, r.kind, r.version
  from resource r join cluster c on c.id = r.cluster_id
  where r.\\"group\\" like '%.fluxcd.io' order by r.kind, cluster" --table
```

The objects themselves are in `document`, compressed with zstd and a dictionary of the store's own, so SQL
cannot look into them. `flux-mirror get KIND/NAME -o yaml` can, and so can Python:

```python
from pathlib import Path

from mirror.store import documents, objects
from mirror.store.reader import Reader

with Reader(Path("store.db")) as reader, reader.snapshot() as connection:
    found = objects.select(connection, kind="HelmRelease")
    bodies = documents.load(connection, [row.id for row in found])
    for row in found:
        print(row.cluster, row.name, bodies[row.id]["spec"]["interval"])
```

The schema is no interface: it changes with the revisions in `migrations/versions/`. Scripts that must last
should use `-o json` or the [tools](tools.md).

## Tables

"`cluster.id`, goes with it" means: refers to that column, and is removed together with that row.
"""


def schema_page() -> str:
    """Every table, in the order of the source."""
    docs = module_attributes(tables)
    found = {name: getattr(tables, name) for name in docs}
    return page(
        [
            "# Store schema\n",
            f"{(tables.__doc__ or '').strip()}\n",
            _ASKING,
            *(_table(each, docs[name].doc) for name, each in found.items() if isinstance(each, Table)),
        ]
    )


def _table(each: Table, doc: str) -> str:
    rows = [
        (
            f"`{column.name}`",
            str(column.type),
            _default(column),
            _key(column),
            "yes" if column.nullable else "",
        )
        for column in each.columns
    ]
    columns = table(("column", "type", "default", "key", "may be null"), rows)
    rules = list(_rules(each))
    return "\n".join(
        [f"### {each.name}\n", f"{prose(doc)}\n", *columns, "", *rules, *([""] if rules else [])]
    )


def _default(column: Column[object]) -> str:
    """What the database fills in, as an SQL literal."""
    if column.server_default is None:
        return ""
    text = str(getattr(column.server_default, "arg", ""))
    return f"`{text}`" if text.isdigit() else f"`'{text}'`"


def _key(column: Column[object]) -> str:
    words = ["primary"] if column.primary_key else []
    words += ["unique"] if column.unique else []
    for key in column.foreign_keys:
        then = {"CASCADE": "goes with it", "SET NULL": "null without it"}[str(key.ondelete)]
        words.append(f"`{key.target_fullname}`, {then}")
    return "; ".join(words)


def _rules(each: Table) -> Iterator[str]:
    """Uniqueness over several columns, and indexes, in a stable order."""
    for rule in each.constraints:
        if isinstance(rule, UniqueConstraint) and len(rule.columns) > 1:
            yield f"- unique: {_names(rule)}"
    for index in sorted(each.indexes, key=lambda index: str(index.name)):
        yield f"- index `{index.name}`: {_names(index)}"


def _names(rule: UniqueConstraint | Index) -> str:
    return ", ".join(f"`{column.name}`" for column in rule.columns)
