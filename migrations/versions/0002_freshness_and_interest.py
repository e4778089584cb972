"""Counters and audits of scopes, contexts that name the same cluster, kinds that somebody asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for name in ("alias_of", "identity"):
        op.add_column("cluster", sa.Column(name, sa.Text, server_default="", nullable=False))
    op.add_column("cluster", sa.Column("heard_at", sa.Float, nullable=True))
    for name in ("duplicates", "bytes", "drift"):
        op.add_column("scope", sa.Column(name, sa.Integer, server_default="0", nullable=False))
    op.add_column("scope", sa.Column("before", sa.Text, server_default="", nullable=False))
    for name in ("current_at", "lag_s", "audited_at"):
        op.add_column("scope", sa.Column(name, sa.Float, nullable=True))
    op.create_table(
        "interest",
        sa.Column("group", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("asked_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("group", "kind"),
    )
