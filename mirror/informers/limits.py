"""How many LISTs may be under way at once: against one API server, and in all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

__all__ = ["ListLimits"]


class ListLimits:
    """Bounds the startup storm: memory here, load there. Shared by the reflectors of one cluster."""

    def __init__(self, total: anyio.Semaphore, per_cluster: int) -> None:
        self._total = total
        self._cluster = anyio.Semaphore(per_cluster)

    @asynccontextmanager
    async def listing(self) -> AsyncIterator[None]:
        """Wait for a place; the cluster's own first, so that a slow cluster holds no place of another."""
        async with self._cluster, self._total:
            yield
