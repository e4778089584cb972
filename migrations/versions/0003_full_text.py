"""The full-text index of objects; their names can be found at once, the rest with the next list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "unindexed",
        sa.Column("object_id", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("object_id"),
    )
    # Substrings of three characters and more are found through the index; positions are not kept, what the
    # index finds is compared with the text anyway.
    op.execute(
        "CREATE VIRTUAL TABLE searchable USING fts5(body, tokenize='trigram', detail='none', columnsize=0)"
    )
    op.execute("INSERT INTO unindexed (object_id, body) SELECT id, name FROM object WHERE present")
    op.create_index(
        "edge_managed",
        "edge",
        ["dst", "src"],
        sqlite_where=sa.text("relation = 'manages'"),
        postgresql_where=sa.text("relation = 'manages'"),
    )
