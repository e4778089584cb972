"""How many streams of a cluster are open, and since when, beside the cluster; scopes by kind."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_OPEN = "state = 'watching' AND listed_at IS NOT NULL"
_OF = "FROM scope WHERE cluster_id = cluster.id AND \"group\" != 'metrics.k8s.io'"


def upgrade() -> None:
    op.add_column("cluster", sa.Column("streams_open", sa.Integer, nullable=False, server_default="0"))
    op.add_column("cluster", sa.Column("streams_down", sa.Integer, nullable=False, server_default="0"))
    op.add_column("cluster", sa.Column("streams_since", sa.Float))
    op.execute(
        f"UPDATE cluster SET streams_open = (SELECT count(*) {_OF} AND {_OPEN}), "  # noqa: S608 (our own names)
        f"streams_down = (SELECT count(*) {_OF} AND NOT ({_OPEN})), "
        f"streams_since = (SELECT max(state_since) {_OF} AND {_OPEN})"
    )
    op.create_index("scope_by_kind", "scope", ["kind", "group"])
