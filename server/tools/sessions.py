"""What belongs to one session of MCP and to no other: the context that was chosen in it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Any

from mcp.server.mcpserver import Context
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

__all__ = ["Sessions", "session_of"]

_MOST = 1_000
"""Sessions whose choice is remembered; the one that has been silent the longest is forgotten first."""

_PIPE = "the pipe"
_SESSION_HEADER = "mcp-session-id"


class _Handshake:
    """One `initialize`: equal to itself only, and kept so that no other takes its place in memory."""

    __slots__ = ("params",)

    def __init__(self, params: object) -> None:
        self.params = params

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Handshake) and other.params is self.params

    def __hash__(self) -> int:
        return id(self.params)


def session_of(context: Context[Any, Any]) -> Hashable | None:
    """What tells the session of a request apart from others; None where the protocol has no sessions.

    Over HTTP that is the session's id, which newer clients have none of. Over a pipe there is one host: where
    it has shaken hands the handshake, else the pipe itself.
    """
    request = context.request_context
    if request.request is not None:
        headers = getattr(request.request, "headers", {})
        return str(headers[_SESSION_HEADER]) if _SESSION_HEADER in headers else None
    if request.protocol_version in MODERN_PROTOCOL_VERSIONS or request.session.client_params is None:
        return _PIPE
    return _Handshake(request.session.client_params)


class Sessions:
    """The cluster that each session has chosen, if any; safe for several threads."""

    def __init__(self) -> None:
        self._chosen: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = Lock()

    def chosen(self, session: Hashable | None) -> str | None:
        """The cluster that is meant where a question of the session names none; None means all of them."""
        with self._lock:
            if session is None or session not in self._chosen:
                return None
            self._chosen.move_to_end(session)
            return self._chosen[session]

    def choose(self, session: Hashable, cluster: str | None) -> None:
        """Remember the choice; None takes it back."""
        with self._lock:
            self._chosen.pop(session, None)
            if cluster is not None:
                self._chosen[session] = cluster
            while len(self._chosen) > _MOST:
                self._chosen.popitem(last=False)
