"""Waiting for a real server, which tells nobody when it has got somewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio

__all__ = ["until"]

_PAUSE_S = 0.05


async def until(reached: Callable[[], Awaitable[bool]], *, within_s: float) -> None:
    """Ask again and again, 20 times a second, until the answer is yes. Raises TimeoutError."""
    with anyio.fail_after(within_s):
        while not await reached():  # noqa: ASYNC110  (a process outside of us has no event to wait for)
            await anyio.sleep(_PAUSE_S)
