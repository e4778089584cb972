"""How many objects exist of each kind and health, so that nobody has to count them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_FILL = """
INSERT INTO tally (cluster_id, "group", kind, health, number)
SELECT cluster_id, "group", kind, health, count(*) FROM object WHERE present
GROUP BY cluster_id, "group", kind, health
"""


def upgrade() -> None:
    op.create_table(
        "tally",
        sa.Column(
            "cluster_id",
            sa.Integer,
            sa.ForeignKey("cluster.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("group", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("health", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
    )
    op.execute(_FILL)
