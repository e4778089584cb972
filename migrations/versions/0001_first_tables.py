"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _create_meta()
    _create_clusters()
    _create_objects()
    _create_events()


def _create_meta() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "dictionary",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _create_clusters() -> None:
    op.create_table(
        "cluster",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("server", sa.Text, server_default="", nullable=False),
        sa.Column("uid", sa.Text, server_default="", nullable=False),
        sa.Column("version", sa.Text, server_default="", nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("state_since", sa.Float, nullable=False),
        sa.Column("confirmed_at", sa.Float, nullable=True),
        sa.Column("error", sa.Text, server_default="", nullable=False),
        sa.Column("hint", sa.Text, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "resource",
        sa.Column("cluster_id", sa.Integer, nullable=False),
        sa.Column("group", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("plural", sa.Text, nullable=False),
        sa.Column("singular", sa.Text, server_default="", nullable=False),
        sa.Column("short_names", sa.Text, server_default="", nullable=False),
        sa.Column("namespaced", sa.Boolean, nullable=False),
        sa.Column("served_versions", sa.Text, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("cluster_id", "group", "kind"),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], ondelete="CASCADE"),
    )
    op.create_table(
        "scope",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("cluster_id", sa.Integer, nullable=False),
        sa.Column("group", sa.Text, nullable=False),
        sa.Column("plural", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("namespace", sa.Text, server_default="", nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("state_since", sa.Float, nullable=False),
        sa.Column("resource_version", sa.Text, server_default="", nullable=False),
        sa.Column("listed_at", sa.Float, nullable=True),
        sa.Column("received_at", sa.Float, nullable=True),
        sa.Column("error", sa.Text, server_default="", nullable=False),
        sa.Column("lists", sa.Integer, server_default="0", nullable=False),
        sa.Column("watches", sa.Integer, server_default="0", nullable=False),
        sa.Column("expirations", sa.Integer, server_default="0", nullable=False),
        sa.Column("failures", sa.Integer, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], ondelete="CASCADE"),
        sa.UniqueConstraint("cluster_id", "group", "plural", "namespace"),
    )


def _create_objects() -> None:
    op.create_table(
        "object",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("cluster_id", sa.Integer, nullable=False),
        sa.Column("group", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("namespace", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("present", sa.Boolean, nullable=False),
        sa.Column("scope_id", sa.Integer, nullable=True),
        sa.Column("version", sa.Text, server_default="", nullable=False),
        sa.Column("uid", sa.Text, server_default="", nullable=False),
        sa.Column("resource_version", sa.Text, server_default="", nullable=False),
        sa.Column("generation", sa.Integer, server_default="0", nullable=False),
        sa.Column("observed_generation", sa.Integer, nullable=True),
        sa.Column("created_at", sa.Float, nullable=True),
        sa.Column("deleted_at", sa.Float, nullable=True),
        sa.Column("health", sa.Text, server_default="Unknown", nullable=False),
        sa.Column("reason", sa.Text, server_default="", nullable=False),
        sa.Column("message", sa.Text, server_default="", nullable=False),
        sa.Column("since", sa.Float, nullable=True),
        sa.Column("revision", sa.Text, server_default="", nullable=False),
        sa.Column("labels", sa.Text, server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["scope_id"], ["scope.id"], ondelete="SET NULL"),
        sa.UniqueConstraint("cluster_id", "group", "kind", "namespace", "name"),
    )
    op.create_index("object_by_kind", "object", ["kind", "namespace", "name"])
    op.create_index("object_by_scope", "object", ["scope_id"])
    op.create_index("object_by_namespace", "object", ["namespace", "cluster_id"])
    op.create_index(
        "object_by_health",
        "object",
        ["health", "cluster_id", "group", "kind"],
        sqlite_where=sa.text("present = 1"),
        postgresql_where=sa.text("present"),
    )
    op.create_table(
        "document",
        sa.Column("object_id", sa.Integer, nullable=False),
        sa.Column("dictionary_id", sa.Integer, server_default="0", nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("object_id"),
        sa.ForeignKeyConstraint(["object_id"], ["object.id"], ondelete="CASCADE"),
    )
    op.create_table(
        "edge",
        sa.Column("src", sa.Integer, nullable=False),
        sa.Column("dst", sa.Integer, nullable=False),
        sa.Column("relation", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("optional", sa.Boolean, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("src", "dst", "relation", "field"),
        sa.ForeignKeyConstraint(["dst"], ["object.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["src"], ["object.id"], ondelete="CASCADE"),
    )
    op.create_index("edge_by_dst", "edge", ["dst"])


def _create_events() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("cluster_id", sa.Integer, nullable=False),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("namespace", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("resource_version", sa.Text, nullable=False),
        sa.Column("involved_group", sa.Text, nullable=False),
        sa.Column("involved_kind", sa.Text, nullable=False),
        sa.Column("involved_namespace", sa.Text, nullable=False),
        sa.Column("involved_name", sa.Text, nullable=False),
        sa.Column("involved_uid", sa.Text, server_default="", nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("component", sa.Text, server_default="", nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("first_at", sa.Float, nullable=False),
        sa.Column("last_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], ondelete="CASCADE"),
        sa.UniqueConstraint("cluster_id", "uid"),
    )
    op.create_index(
        "event_by_object",
        "event",
        ["cluster_id", "involved_kind", "involved_namespace", "involved_name", "last_at"],
    )
    op.create_index("event_by_time", "event", ["last_at"])
