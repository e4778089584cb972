"""Mirror processes that are none, for tests of those who start them."""

from __future__ import annotations

import os
from collections.abc import Sequence

from mirror.store.paths import StorePaths

__all__ = ["Child", "Mirrors"]


class Child:
    """A mirror process that is none: it keeps the lock that it has inherited until it is told how to end."""

    def __init__(self, number: int, lease: int) -> None:
        self.pid = number
        self.returncode: int | None = None
        self._lease = os.dup(lease)

    def poll(self) -> int | None:
        return self.returncode

    def end(self, code: int) -> None:
        self.returncode = code
        os.close(self._lease)


class Mirrors:
    """Starts children; keeps them."""

    def __init__(self) -> None:
        self.started: list[Child] = []

    def __call__(self, arguments: Sequence[str], paths: StorePaths, inherited: Sequence[int]) -> Child:
        assert list(arguments) == ["mirror", "--lease", str(inherited[0])]
        child = Child(100 + len(self.started), inherited[0])
        self.started.append(child)
        return child
