"""What the fronts need from below: a store to ask, and the contexts of the kubeconfig."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from query.view import View

__all__ = ["Attach", "ContainerLog", "LogWanted", "Logs", "Store"]


class Store(Protocol):
    """The mirrored fleet as a reader sees it."""

    def open_view(
        self, clusters: Sequence[str] | None = None, max_age: float | None = None
    ) -> AbstractContextManager[View]:
        """One consistent look for one question. clusters: names and globs, None for all; max_age: seconds.

        May be called from any thread; may block, for a bounded time. Raises MirrorError.
        """
        ...

    def await_kind(
        self, kind: str | None, api_version: str | None = None, clusters: Sequence[str] | None = None
    ) -> None:
        """Before a question about a kind: have it mirrored where it is served and is not, and wait a moment.

        kind: as people call it; None where the question names none. May block, for a bounded time. Raises
        MirrorError.
        """
        ...


class LogWanted(NamedTuple):
    """The log of one container. previous: of the run before the present one."""

    cluster: str
    namespace: str
    pod: str
    container: str
    previous: bool = False


class ContainerLog(NamedTuple):
    """lines: the telling ones, masked; empty for a container that has written nothing.

    failure: why there are none; "" when the log could be read.
    """

    lines: tuple[str, ...] = ()
    failure: str = ""


class Logs(Protocol):
    """What containers have written, read from the API servers at the moment of the question."""

    def read_logs(self, wanted: Sequence[LogWanted]) -> list[ContainerLog]:
        """One result per log, in order; a failure is a result. May be called from any thread; may block, for
        a bounded time. Raises nothing."""
        ...


Attach = Callable[[], AbstractContextManager[Store]]
"""Become a reader of the store for the length of the block. Raises MirrorError."""
