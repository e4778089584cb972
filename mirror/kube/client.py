"""One API server as its readers see it: list pages and watches as bytes, every failure as a typed error."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import anyio

from mirror.clock import Clock
from mirror.errors import ApiError, ProtocolError, TransportError
from mirror.kube.access import ClusterAccess
from mirror.kube.credentials import Credentials
from mirror.kube.excerpt import excerpt
from mirror.kube.proxy import is_loopback
from mirror.kube.status import parse_retry_after, parse_status, to_error
from mirror.kube.transport import Answer, Transport
from mirror.settings import ClientSettings

__all__ = ["Client", "Response", "Tail"]

_JSON = "application/json"
_PARTIAL = "application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1,application/json"
_ERROR_BODY_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Response:
    """A successful answer, read to its end and decompressed. Header names compare without case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of a text. whole: nothing came before it, and nothing after it was left unread."""

    text: bytes = field(repr=False)
    whole: bool


class Client:
    """One API server. Safe to share between tasks of one event loop; connects at the first request.

    Every method raises CredentialsError, TransportError, CertificateError, ProtocolError or an ApiError. A
    request is repeated in one case only: after a 401, once, when other credentials may be had.

    requests_total: requests sent, repeated ones included. bytes_total: body bytes received, decompressed.
    heard_at: monotonic seconds of the API server's last sign of life: JSON, a byte of a watch, or a refusal
        in its own words (a 5xx says that something behind it is broken). It begins with now.
    """

    def __init__(
        self, access: ClusterAccess, credentials: Credentials, settings: ClientSettings, clock: Clock
    ) -> None:
        self.access = access
        self.requests_total = 0
        self.bytes_total = 0
        self.heard_at = clock.monotonic()
        self._credentials = credentials
        self._settings = settings
        self._clock = clock
        self._transport = Transport(access, settings.connect_timeout_s)
        # Watches are bounded by the number of reflectors; only short requests have to share.
        self._spare = anyio.Semaphore(settings.spare_connections)
        # Compressing a list costs the server more time than a loopback connection saves.
        local = is_loopback(urlsplit(access.server).hostname or "")
        self._encoding = "identity" if local else "gzip"

    async def get(
        self, path: str, query: Mapping[str, str] | None = None, accept: str | None = None
    ) -> Response:
        """GETs one answer and reads it whole.

        accept: default JSON. When it asks for JSON the body must begin like a JSON object, so that a login
        page never passes for an answer.
        """
        return await self._whole(path, query or {}, accept or _JSON, None)

    async def ask(self, path: str, review: Mapping[str, Any]) -> bytes:
        """The answer to a question that is asked by POST: one of the `authorization.k8s.io` reviews. Nothing
        on the server changes."""
        return (await self._whole(path, {}, _JSON, review)).body

    async def get_page(self, path: str, query: Mapping[str, str], metadata_only: bool = False) -> bytes:
        """One page of a LIST.

        metadata_only: asks for PartialObjectMetadata. A server that cannot do that sends whole objects; the
        caller must drop what it does not want.
        """
        if metadata_only:
            try:
                return (await self.get(path, query, _PARTIAL.format("List"))).body
            except ApiError as error:
                if not _is_not_acceptable(error):
                    raise
        return (await self.get(path, query)).body

    async def tail(self, path: str, query: Mapping[str, str], *, keep: int, most: int) -> Tail:
        """The last `keep` bytes of a text such as a log. After `most` bytes the rest is not read.

        Within the request timeout. Raises ProtocolError for a page in the place of a text.
        """
        kept, length = bytearray(), 0
        async with self._spare:
            limit_s = self._settings.request_timeout_s
            answer = await self._send(path, query, "*/*", "identity", total_s=limit_s)
            async with answer, aclosing(self._counted(answer)) as chunks:
                if "html" in answer.headers.get("Content-Type", ""):
                    raise self._not_json(path, answer)
                async for chunk in chunks:
                    length += len(chunk)
                    kept += chunk
                    del kept[:-keep]
                    if length >= most:
                        break
        return Tail(bytes(kept), whole=length <= keep and length < most)

    @asynccontextmanager
    async def watch(
        self, path: str, query: Mapping[str, str], metadata_only: bool = False
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Opens a watch; gives its bytes as they arrive, cut anywhere.

        Opening fails within the request timeout. The open stream has no time limit: how long silence may
        last is the caller's to decide. It ends without an error when the server ends it properly, and with
        TransportError when the connection breaks. Leaving the context closes the connection.
        """
        async with await self._open_watch(path, query, metadata_only) as answer:
            # Servers flush one gzip member per batch; the decoder would stop after the first one, silently.
            if answer.headers.get("Content-Encoding", "identity") != "identity":
                raise ProtocolError("a watch was compressed, unasked", where=self._at(path))
            if _JSON not in answer.headers.get("Content-Type", _JSON):
                raise self._not_json(path, answer)
            async with aclosing(self._counted(answer)) as chunks:
                yield chunks

    async def reconnect(self) -> None:
        """Closes all connections: readers get TransportError, and the next request opens new ones.

        After the machine has slept: the other ends may be gone without having said so.
        """
        await self._transport.renew()

    async def close(self) -> None:
        """Closes all connections, open watches included. The client cannot be used again."""
        await self._transport.close()

    async def _whole(
        self, path: str, query: Mapping[str, str], accept: str, posted: Mapping[str, Any] | None
    ) -> Response:
        async with self._spare:
            limit_s = self._settings.request_timeout_s
            answer = await self._send(path, query, accept, self._encoding, total_s=limit_s, posted=posted)
            async with answer:
                body = await answer.read()
        self.bytes_total += len(body)
        if "json" in accept and not body[:64].lstrip().startswith(b"{"):
            raise self._not_json(path, answer)
        self.heard_at = self._clock.monotonic()
        return Response(answer.status, answer.headers, body)

    async def _open_watch(self, path: str, query: Mapping[str, str], metadata_only: bool) -> Answer:
        limit_s = self._settings.request_timeout_s
        try:
            with anyio.fail_after(limit_s):
                if metadata_only:
                    try:
                        return await self._send(path, query, _PARTIAL.format(""), "identity")
                    except ApiError as error:
                        if not _is_not_acceptable(error):
                            raise
                return await self._send(path, query, _JSON, "identity")
        except TimeoutError:
            raise TransportError(
                f"{self.access.host} did not begin to answer a watch in {limit_s:g} s",
                where=self._at(path),
                hint="does a proxy on the way hold streams back?",
            ) from None

    async def _counted(self, answer: Answer) -> AsyncGenerator[bytes]:
        async with aclosing(answer.chunks()) as chunks:
            async for chunk in chunks:
                self.bytes_total += len(chunk)
                self.heard_at = self._clock.monotonic()
                yield chunk

    async def _send(
        self,
        path: str,
        query: Mapping[str, str],
        accept: str,
        encoding: str,
        total_s: float | None = None,
        posted: Mapping[str, Any] | None = None,
    ) -> Answer:
        """The successful answer to a GET, or to a POST of what is given; its body still to be read."""
        may_repeat = True
        while True:
            own = await self._credentials.headers()
            certificate = await self._credentials.certificate()
            headers = [*own, ("Accept", accept), ("Accept-Encoding", encoding), ("User-Agent", "flux-mirror")]
            self.requests_total += 1
            answer = await self._transport.send(
                path, query, headers, certificate, total_s=total_s, body=posted
            )
            if 200 <= answer.status < 300:
                return answer
            async with answer:
                if answer.status == 401 and may_repeat and self._credentials.invalidate(own, certificate):
                    may_repeat = False
                    continue
                raise await self._failure(path, answer)

    async def _failure(self, path: str, answer: Answer) -> ApiError:
        body = await answer.read_start(_ERROR_BODY_BYTES)
        status = parse_status(body)
        if status is not None and answer.status < 500:
            self.heard_at = self._clock.monotonic()
        is_page = "html" in answer.headers.get("Content-Type", "")
        return to_error(
            answer.status,
            status,
            where=self._at(path),
            text=f"HTTP {answer.status} {answer.phrase}".rstrip() if is_page else body,
            retry_after_s=parse_retry_after(answer.headers.get("Retry-After"), self._clock.wall()),
        )

    def _not_json(self, path: str, answer: Answer) -> ProtocolError:
        kind = excerpt(answer.headers.get("Content-Type", "something"), 60)
        return ProtocolError(
            f"answered {answer.status} with {kind} instead of a JSON object",
            where=self._at(path),
            hint="does a proxy or a login page stand before the API server?",
        )

    def _at(self, path: str) -> str:
        return f"context {self.access.context}, GET {path}"


def _is_not_acceptable(error: ApiError) -> bool:
    """Some aggregated APIs cannot give metadata alone."""
    return error.status in (406, 415)
