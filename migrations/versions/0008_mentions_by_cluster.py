"""Charts and images in use, counted by cluster in the order of an index."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_index("mention_by_cluster", "mention", ["value", "cluster_id"])
