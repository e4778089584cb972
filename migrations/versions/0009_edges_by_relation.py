"""Edges in the order in which they are asked for: of an object, those of a relation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_COLUMNS = "src, dst, relation, field, optional"


def upgrade() -> None:
    op.drop_index("edge_by_dst", table_name="edge")
    op.drop_index("edge_managed", table_name="edge")
    op.rename_table("edge", "edge_before")
    op.create_table(
        "edge",
        sa.Column("src", sa.Integer, sa.ForeignKey("object.id", ondelete="CASCADE"), nullable=False),
        sa.Column("dst", sa.Integer, sa.ForeignKey("object.id", ondelete="CASCADE"), nullable=False),
        sa.Column("relation", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("optional", sa.Boolean(create_constraint=False), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("src", "relation", "dst", "field"),
        sqlite_with_rowid=False,
    )
    op.execute(
        f"INSERT INTO edge ({_COLUMNS}) SELECT {_COLUMNS} FROM edge_before "  # noqa: S608 (our own names)
        "ORDER BY src, relation, dst, field"
    )
    op.drop_table("edge_before")
    op.create_index("edge_by_dst", "edge", ["dst", "relation"])
    op.create_index(
        "edge_managed",
        "edge",
        ["dst", "src"],
        sqlite_where=sa.text("relation = 'manages'"),
        postgresql_where=sa.text("relation = 'manages'"),
    )
