"""The process that has started us: a server without its host is of no use to anybody."""

from __future__ import annotations

import os
from collections.abc import Callable

from mirror.clock import Clock

__all__ = ["until_orphaned"]

_LOOK_S = 2.0
"""Seconds between two looks at who our parent is."""


async def until_orphaned(before: int, clock: Clock, parent: Callable[[], int] = os.getppid) -> None:
    """Wait until our parent process is another one than `before`: then the host has died.

    A host that ends closes our stdin, and that ends us. Where somebody else has inherited the other end of
    the pipe (a sibling, a helper of the host), it stays open, and this is the only sign. On Windows a
    parent's end changes nothing: there it is never seen.
    """
    while parent() == before:
        await clock.sleep(_LOOK_S)
