"""The tables, once: new stores get them, migrations are checked against them, statements built from them.

Times are seconds since the Unix epoch (UTC, float). A namespace of "" means cluster-scoped for an object
and "all namespaces" for a scope. Enumerations are stored as their words.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

__all__ = [
    "CORE_GROUP",
    "cluster",
    "dictionary",
    "document",
    "edge",
    "event",
    "interest",
    "mention",
    "meta",
    "metadata",
    "object_",
    "resource",
    "scope",
    "tally",
    "unindexed",
]

CORE_GROUP = "core"
"""How the API group without a name is written where a list of groups is stored as text."""

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""Facts about the store itself: `store_id`, `created_at`, `generation` (grows with every commit that changed
what a question could see), `heartbeat_at` (the mirror was alive), `writer` (the one that may
commit)."""

cluster = Table(
    "cluster",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("server", Text, nullable=False, server_default=""),
    Column("uid", Text, nullable=False, server_default=""),
    Column("version", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False),
    Column("state_since", Float, nullable=False),
    Column("confirmed_at", Float),
    Column("heard_at", Float),
    Column("error", Text, nullable=False, server_default=""),
    Column("hint", Text, nullable=False, server_default=""),
    Column("alias_of", Text, nullable=False, server_default=""),
    Column("identity", Text, nullable=False, server_default=""),
    Column("unread_groups", Text, nullable=False, server_default=""),
    Column("streams_open", Integer, nullable=False, server_default="0"),
    Column("streams_down", Integer, nullable=False, server_default="0"),
    Column("streams_since", Float),
)
"""One row per mirrored context. `uid`: the identity of the cluster, as kube/cluster_identity.py tells it.
`confirmed_at`: the last moment at which every stream of the cluster was known to be open, `heard_at`: at
which those that are open were known to be, because the server lived and was the same one. `alias_of`: the
context under which the same cluster is mirrored already; such a row has no objects of its own. `identity`:
a keyed fingerprint of who asks; what one user was shown does not stay for another. `unread_groups`: API
groups that the last discovery could not read, comma-separated, the core group as `core`: what `resource` does
not have of them may be served all the same. `streams_open`: how many of its scopes are open and have been
listed, `streams_since`: when the last of them began to be; `streams_down`: how many are not. Measurements,
which are polled, count in neither. Written with the scopes."""

resource = Table(
    "resource",
    metadata,
    Column("cluster_id", ForeignKey("cluster.id", ondelete="CASCADE"), primary_key=True),
    Column("group", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("plural", Text, nullable=False),
    Column("singular", Text, nullable=False, server_default=""),
    Column("short_names", Text, nullable=False, server_default=""),
    Column("namespaced", Boolean(create_constraint=False), nullable=False),
    Column("served_versions", Text, nullable=False, server_default=""),
)
"""What a cluster serves, mirrored or not: the preferred version, and all served ones, comma-separated."""

scope = Table(
    "scope",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cluster_id", ForeignKey("cluster.id", ondelete="CASCADE"), nullable=False),
    Column("group", Text, nullable=False),
    Column("plural", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("namespace", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False),
    Column("state_since", Float, nullable=False),
    Column("resource_version", Text, nullable=False, server_default=""),
    Column("listed_at", Float),
    Column("received_at", Float),
    Column("current_at", Float),
    Column("error", Text, nullable=False, server_default=""),
    Column("lists", Integer, nullable=False, server_default="0"),
    Column("watches", Integer, nullable=False, server_default="0"),
    Column("expirations", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("duplicates", Integer, nullable=False, server_default="0"),
    Column("bytes", Integer, nullable=False, server_default="0"),
    Column("lag_s", Float),
    Column("audited_at", Float),
    Column("drift", Integer, nullable=False, server_default="0"),
    Column("before", Text, nullable=False, server_default=""),
    UniqueConstraint("cluster_id", "group", "plural", "namespace"),
    Index("scope_by_kind", "kind", "group"),
)
"""One row per list/watch. `resource_version` is committed together with the rows it covers. `listed_at` is
None until the first full list was committed; `received_at` is when the watch last brought something;
`current_at`: written when a stream goes down, the last moment at which it was known to be open.
`lag_s`: seconds from the arrival of the last but one batch to its commit. `audited_at`, `drift`: when the
stored versions were last compared with the server's, and how many differed. `before`: the counters as they
were when the present mirror began, comma-separated in the order of rows.COUNTERS; empty for a new scope."""

interest = Table(
    "interest",
    metadata,
    Column("group", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("asked_at", Float, nullable=False),
)
"""Kinds that somebody asked for and that are mirrored for that reason, in every cluster that serves them."""

object_ = Table(
    "object",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cluster_id", ForeignKey("cluster.id", ondelete="CASCADE"), nullable=False),
    Column("group", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("namespace", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("present", Boolean(create_constraint=False), nullable=False),
    Column("scope_id", ForeignKey("scope.id", ondelete="SET NULL")),
    Column("version", Text, nullable=False, server_default=""),
    Column("uid", Text, nullable=False, server_default=""),
    Column("resource_version", Text, nullable=False, server_default=""),
    Column("generation", Integer, nullable=False, server_default="0"),
    Column("observed_generation", Integer),
    Column("created_at", Float),
    Column("deleted_at", Float),
    Column("health", Text, nullable=False, server_default="Unknown"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("message", Text, nullable=False, server_default=""),
    Column("since", Float),
    Column("revision", Text, nullable=False, server_default=""),
    Column("labels", Text, nullable=False, server_default="{}"),
    Column("digest", BigInteger),
    UniqueConstraint("cluster_id", "group", "kind", "namespace", "name"),
    # All that is needed to see in which clusters an object says the same, in one walk over the index.
    Index("object_by_kind", "kind", "namespace", "name", "group", "digest", "cluster_id", "present"),
    Index("object_by_scope", "scope_id"),
    Index("object_by_namespace", "namespace", "cluster_id"),
    Index(
        "object_by_health",
        "health",
        "cluster_id",
        "group",
        "kind",
        sqlite_where=text("present = 1"),
        postgresql_where=text("present"),
    ),
    Index("object_absent", "id", sqlite_where=text("present = 0"), postgresql_where=text("NOT present")),
    Index(
        "object_labelled_by_flux",
        "id",
        sqlite_where=text("present = 1 AND instr(labels, 'fluxcd.') > 0"),
        postgresql_where=text("present AND labels LIKE '%fluxcd.%'"),
    ),
)
"""One row per object that exists or is referred to. `present` is False for a name that something refers to
but that no list has shown (`deleted_at` is set when it once existed): whether it is missing or merely not
visible depends on the scope that would show it. Rows are removed when nothing refers to them any more.
`digest`: of what the object says, without what servers assign; equal numbers of one object in two clusters
mean that there is nothing to compare. None: not known, or not present."""

tally = Table(
    "tally",
    metadata,
    Column("cluster_id", ForeignKey("cluster.id", ondelete="CASCADE"), primary_key=True),
    Column("group", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("health", Text, primary_key=True),
    Column("number", Integer, nullable=False),
)
"""How many objects exist: written with the rows it counts. 0 where there were some once."""

document = Table(
    "document",
    metadata,
    Column("object_id", ForeignKey("object.id", ondelete="CASCADE"), primary_key=True),
    Column("dictionary_id", Integer, nullable=False, server_default="0"),
    Column("body", LargeBinary, nullable=False),
)
"""The redacted object: zstd over compact JSON. `dictionary_id` 0 means compressed without a dictionary."""

dictionary = Table(
    "dictionary",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""Compression dictionaries; a retrained one gets a new row, so that old documents stay readable."""

edge = Table(
    "edge",
    metadata,
    Column("src", ForeignKey("object.id", ondelete="CASCADE"), nullable=False),
    Column("dst", ForeignKey("object.id", ondelete="CASCADE"), nullable=False),
    Column("relation", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("optional", Boolean(create_constraint=False), nullable=False, server_default="0"),
    # An applier may have thousands of edges of one relation, and two of the one that is asked for.
    PrimaryKeyConstraint("src", "relation", "dst", "field"),
    Index("edge_by_dst", "dst", "relation"),
    Index(
        "edge_managed",
        "dst",
        "src",
        sqlite_where=text("relation = 'manages'"),
        postgresql_where=text("relation = 'manages'"),
    ),
    sqlite_with_rowid=False,
)
"""References, from the object that carries the field to the object it names. Written with their source."""

unindexed = Table(
    "unindexed",
    metadata,
    Column("object_id", Integer, primary_key=True),
    Column("body", Text, nullable=False),
)
"""What search finds an object by and that is not in the full-text index yet; "" for one that is gone. The
index is `searchable`, a table of SQLite's FTS5 (trigrams) whose `rowid` is the object's id. `body`: the name,
then a line for each thing that is said: `image`, `chart`, `message`, `revision`, `label`."""

mention = Table(
    "mention",
    metadata,
    Column("value", Text, primary_key=True),
    Column("object_id", Integer, primary_key=True, autoincrement=False),
    Column("cluster_id", Integer, nullable=False),
    Index("mention_by_cluster", "value", "cluster_id"),
    sqlite_with_rowid=False,
)
"""Charts and images by the objects that name them, as far as their texts are in the full-text index.
`value`: the line of the text, with the mark of its field. Written and removed with the index."""

event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cluster_id", ForeignKey("cluster.id", ondelete="CASCADE"), nullable=False),
    Column("uid", Text, nullable=False),
    Column("namespace", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("resource_version", Text, nullable=False),
    Column("involved_group", Text, nullable=False),
    Column("involved_kind", Text, nullable=False),
    Column("involved_namespace", Text, nullable=False),
    Column("involved_name", Text, nullable=False),
    Column("involved_uid", Text, nullable=False, server_default=""),
    Column("type", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("component", Text, nullable=False, server_default=""),
    Column("count", Integer, nullable=False),
    Column("first_at", Float, nullable=False),
    Column("last_at", Float, nullable=False),
    UniqueConstraint("cluster_id", "uid"),
    Index("event_by_object", "cluster_id", "involved_kind", "involved_namespace", "involved_name", "last_at"),
    Index("event_by_time", "last_at"),
)
"""Kubernetes events, kept after the server has dropped them."""
