"""API groups that discovery could not read, so that what is not known of them is not called absent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("cluster", sa.Column("unread_groups", sa.Text, nullable=False, server_default=""))
