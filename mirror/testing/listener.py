"""The listening socket: open, refusing on a reserved port, open again."""

from __future__ import annotations

import asyncio
import socket
import ssl

import anyio
from aiohttp import web

__all__ = ["Listener"]

_ROUNDS = 5
"""Turns of the event loop that asyncio needs from accepting a connection to handing it over, and one more."""


class Listener:
    """One address on the loopback interface, for as long as the server lives.

    port: chosen by the system; the same again after `refuse` and `accept`. 0 before `open`.
    """

    def __init__(self, ssl_context: ssl.SSLContext | None = None) -> None:
        self.port = 0
        self.tls = ssl_context is not None
        self._ssl_context = ssl_context
        self._server: web.Server | None = None
        self._runner: web.ServerRunner | None = None
        self._site: web.SockSite | None = None
        self._reserved: socket.socket | None = None
        self._listening: socket.socket | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._server.connections) if self._server is not None else 0

    async def open(self, server: web.Server) -> None:
        self._server = server
        self._runner = web.ServerRunner(server, shutdown_timeout=1.0)
        await self._runner.setup()
        self._reserved = self._bind()
        self.port = self._reserved.getsockname()[1]
        await self.accept()

    async def accept(self) -> None:
        """Listen on the reserved port; nothing happens when it already does."""
        if self._reserved is None or self._runner is None:
            return
        self._listening, self._reserved = self._reserved, None
        self._site = web.SockSite(self._runner, self._listening, ssl_context=self._ssl_context, backlog=1024)
        await self._site.start()

    async def refuse(self) -> None:
        """Break all connections; new ones are refused, and nobody else can take the port."""
        if self._site is None:
            return
        await self._stop()
        self._reserved = self._bind()  # bound, but not listening: connecting fails
        await self._break_off()

    def abort_connections(self) -> None:
        for connection in self._server.connections if self._server is not None else ():
            if connection.transport is not None:
                connection.transport.abort()

    async def close(self) -> None:
        await self._stop()
        await self._break_off()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._reserved is not None:
            self._reserved.close()
        self._runner = self._site = self._reserved = None

    async def _stop(self) -> None:
        """Listen no longer. First accept nothing new and let what was accepted be handed over: asyncio loses
        a connection, socket and all, whose server is closed in between."""
        if self._site is None:
            return
        loop = asyncio.get_running_loop()
        if isinstance(loop, asyncio.SelectorEventLoop) and self._listening is not None:
            loop.remove_reader(self._listening)
        for _ in range(_ROUNDS):
            await anyio.lowlevel.checkpoint()
        await self._site.stop()
        self._site = self._listening = None

    async def _break_off(self) -> None:
        """Abort all connections, also those that were accepted a moment ago and are still being set up."""
        for _ in range(_ROUNDS):
            self.abort_connections()
            await anyio.lowlevel.checkpoint()

    def _bind(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)
        sock.bind(("127.0.0.1", self.port))
        return sock
