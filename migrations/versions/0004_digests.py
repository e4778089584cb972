"""Digests of what objects say, by which they are compared over clusters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("object", sa.Column("digest", sa.BigInteger, nullable=True))
    op.drop_index("object_by_kind", table_name="object")
    op.create_index(
        "object_by_kind",
        "object",
        ["kind", "namespace", "name", "group", "digest", "cluster_id", "present"],
    )
