"""Between the tools and the store: attach once, a view per call, errors and results in MCP's form."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import Any

import msgspec
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent

from mirror.errors import MirrorError
from query.results.answer import Answer
from query.view import View
from server.ports import Attach, Store
from server.render.budget import Page
from server.render.errors import error_text
from server.tools.calls import current_call
from server.tools.fitting import fitted, room_for
from server.tools.sessions import Sessions

__all__ = ["EVERY", "Mirror", "answer", "readable_errors", "told", "trimmed"]

EVERY = ("*",)
"""As `clusters`: all of them, also where the session has chosen one."""

log = logging.getLogger("flux_mirror")


class Mirror:
    """The attached store, shared by all calls of a server process; safe for several threads.

    An attempt to attach that failed (no kubeconfig yet, say) is repeated by the next call, so a person can
    mend the reason without restarting the host.

    sessions: what was chosen in each session of MCP.
    """

    def __init__(self, attach: Attach) -> None:
        self.sessions = Sessions()
        self._attach = attach
        self._lock = Lock()
        self._stack = ExitStack()
        self._store: Store | None = None

    def connect(self) -> None:
        """Attach ahead of the first call. A failure is only noted: the first call meets it and reports it."""
        try:
            self._attached()
        except MirrorError as error:
            log.warning("cannot attach to the mirror yet: %s", error)

    def close(self) -> None:
        """Stop being a reader."""
        with self._lock:
            self._store = None
            self._stack.close()

    @contextmanager
    def view(
        self,
        clusters: Sequence[str] | None,
        max_age: float | None,
        *,
        kind: str | None = None,
        api_version: str | None = None,
    ) -> Iterator[View]:
        """A view for one call; every MirrorError inside becomes a ToolError that the model can read.

        clusters: without any, the one that was chosen in this session, else all. kind: what the question is
        about; it is waited for if it is not mirrored yet.
        """
        with readable_errors():
            clusters = self._narrowed(clusters)
            store = self._attached()
            store.await_kind(kind, api_version, clusters)
            with store.open_view(clusters, max_age) as view:
                yield view

    def await_kind(self, kind: str, clusters: Sequence[str] | None) -> None:
        """Have a kind mirrored that an answer has met, and wait a moment for it."""
        with readable_errors():
            self._attached().await_kind(kind, None, self._narrowed(clusters))

    def _narrowed(self, clusters: Sequence[str] | None) -> Sequence[str] | None:
        return None if clusters and tuple(clusters) == EVERY else clusters or self._chosen()

    def _chosen(self) -> tuple[str] | None:
        chosen = self.sessions.chosen(current_call().session)
        return (chosen,) if chosen else None

    def _attached(self) -> Store:
        with self._lock:
            if self._store is None:
                self._store = self._stack.enter_context(self._attach())
            return self._store


@contextmanager
def readable_errors() -> Iterator[None]:
    """MirrorError → ToolError with what, where and what next."""
    try:
        yield
    except MirrorError as error:
        raise ToolError(error_text(error)) from error


def answer(result: Answer, page: Page, budget: int, *, whole: Collection[str] = ()) -> CallToolResult:
    """Text and structured content of an answer that has one page.

    budget: bytes of the text, from which follow those of the structured content. whole: as fitted() says.
    """
    form = fitted(msgspec.to_builtins(result), room_for(budget), whole=whole)
    return told(page.text, form.content, form.cut)


def told(text: str, content: dict[str, Any], cut: Mapping[str, int]) -> CallToolResult:
    """cut: what the structured content lacks beside whole items; told in its `omitted` where there is any."""
    omitted = {**content["omitted"], **({"cut": cut} if cut else {})}
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content={**content, "omitted": omitted}
    )


def trimmed(
    result: Answer, kept: int, fields: Sequence[str], weigh: Callable[[Any], int] = lambda item: 1
) -> Answer:
    """The answer with the first `kept` items of these fields; `omitted` counts the others too.

    weigh: for how many each of them counts.
    """
    changes: dict[str, Any] = {}
    dropped: list[Any] = []
    for field in fields:
        items = getattr(result, field)
        changes[field] = items[:kept]
        dropped += items[kept:]
        kept -= len(changes[field])
    if not dropped:
        return result
    omitted = msgspec.structs.replace(result.omitted, count=result.omitted.count + sum(map(weigh, dropped)))
    return msgspec.structs.replace(result, omitted=omitted, **changes)
