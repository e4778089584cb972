"""What charts and images are in use, counted without reading texts; ways to few objects among many."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "mention",
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("object_id", sa.Integer, nullable=False),
        sa.Column("cluster_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("value", "object_id"),
        sqlite_with_rowid=False,
    )
    # Texts that name a chart or an image take their way into the index once more.
    op.execute(
        "INSERT OR IGNORE INTO unindexed (object_id, body) SELECT rowid, body FROM searchable "
        "WHERE instr(body, char(1)) OR instr(body, char(2))"
    )
    op.drop_index("edge_by_dst", table_name="edge")
    op.create_index("edge_by_dst", "edge", ["dst", "relation"])
    op.create_index(
        "object_absent",
        "object",
        ["id"],
        sqlite_where=sa.text("present = 0"),
        postgresql_where=sa.text("NOT present"),
    )
    op.create_index(
        "object_labelled_by_flux",
        "object",
        ["id"],
        sqlite_where=sa.text("present = 1 AND instr(labels, 'fluxcd.') > 0"),
        postgresql_where=sa.text("present AND labels LIKE '%fluxcd.%'"),
    )
