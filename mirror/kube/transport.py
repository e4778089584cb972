"""HTTP to one API server. The only module that imports an HTTP client.

`kubernetes.aio`'s REST client carries the requests, aiohttp underneath. Nothing of that package's
process-wide state (default configuration) is read or set, and neither the environment nor ~/.netrc is
consulted: everything comes from the ClusterAccess. All failures leave here as errors of ours.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

import aiohttp
import anyio
from multidict import CIMultiDict

from mirror.errors import CertificateError, KubeconfigError, MirrorError, ProtocolError, TransportError
from mirror.kube.access import ClusterAccess
from mirror.kube.excerpt import excerpt, mask_url
from mirror.kube.hollow import hollow
from mirror.kube.tls import ClientCertificate, authority_text, load_client_certificate

with hollow("kubernetes", "kubernetes.aio", "kubernetes.aio.utils"):
    from kubernetes.aio.client.configuration import Configuration
    from kubernetes.aio.client.rest import RESTClientObject

__all__ = ["Answer", "Transport"]

_READ_BUFFER_BYTES = 256 * 1024

# A quiet watch sends nothing; a dead peer is noticed within about a minute (kubernetes/kubernetes#87615).
_KEEPALIVE: tuple[tuple[int, str, int], ...] = (
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 30),
    (socket.IPPROTO_TCP, "TCP_KEEPALIVE", 30),  # macOS's name for TCP_KEEPIDLE
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 10),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT", 3),
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", 60_000),
)


class Answer:
    """An HTTP answer whose body is still to be read; leaving its context closes what was not read."""

    def __init__(self, response: aiohttp.ClientResponse, access: ClusterAccess) -> None:
        self._response = response
        self._access = access
        self.status: int = response.status
        self.phrase: str = response.reason or ""
        self.headers: Mapping[str, str] = response.headers

    async def read(self) -> bytes:
        """The whole body, decompressed."""
        with _our_errors(self._access):
            return await self._response.read()

    async def read_start(self, limit: int) -> bytes:
        """The body up to `limit` bytes: enough of an error page."""
        body = bytearray()
        with _our_errors(self._access):
            while len(body) < limit and (part := await self._response.content.read(limit - len(body))):
                body += part
        return bytes(body)

    async def chunks(self) -> AsyncGenerator[bytes]:
        """The body as it arrives, cut anywhere; to be closed by the caller."""
        with _our_errors(self._access):
            async for chunk in self._response.content.iter_any():
                yield chunk

    async def __aenter__(self) -> Answer:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._response.close()  # keeps a connection whose answer was read to its end


@dataclass(frozen=True, slots=True)
class _Session:
    """Streams have connections of their own: one that has carried a large list keeps buffers of its size
    (several hundred KB under TLS) for as long as it is open, and a watch may stay open for days."""

    requests: RESTClientObject
    streams: RESTClientObject
    certificate: ClientCertificate | None

    async def close(self) -> None:
        for rest in (self.requests, self.streams):
            connector: aiohttp.TCPConnector = rest.configuration.client_session_kwargs["connector"]
            await rest.close()
            await connector.close()


class Transport:
    """Connections to one API server, as many as are asked for; opened at the first request."""

    def __init__(self, access: ClusterAccess, connect_timeout_s: float) -> None:
        self._access = access
        self._connect_timeout_s = connect_timeout_s
        self._session: _Session | None = None
        self._connecting = anyio.Lock()
        self._closed = False

    async def send(
        self,
        path: str,
        query: Mapping[str, str],
        headers: list[tuple[str, str]],
        certificate: ClientCertificate | None,
        *,
        total_s: float | None,
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        """GETs, or POSTs the body as JSON; any HTTP status is an answer, except a redirect.

        headers: a name may occur more than once. certificate: when it is another one than before, all older
        connections are closed, as client-go does. total_s: time limit for the answer with its body; None for
        a stream.
        Raises TransportError, CertificateError, ProtocolError, and KubeconfigError or CredentialsError for
        unusable certificates.
        """
        session = await self._connected(certificate)
        url = f"{self._access.server}{path}" + (f"?{urlencode(query)}" if query else "")
        timeout = aiohttp.ClientTimeout(total=total_s, connect=self._connect_timeout_s)
        rest = session.streams if total_s is None else session.requests
        with _our_errors(self._access):
            answer = await rest.request(  # type: ignore[no-untyped-call]
                "GET" if body is None else "POST",
                url,
                CIMultiDict(headers),
                body,
                _request_timeout=timeout,
            )
        return Answer(answer.response, self._access)

    async def renew(self) -> None:
        """Closes all connections, also those that are being read; the next request opens new ones."""
        async with self._connecting:
            session, self._session = self._session, None
            if session is not None:
                await session.close()

    async def close(self) -> None:
        """As `renew`, for good."""
        self._closed = True
        await self.renew()

    async def _connected(self, certificate: ClientCertificate | None) -> _Session:
        if self._session is not None and self._session.certificate == certificate:
            return self._session
        async with self._connecting:
            if self._closed:
                raise TransportError("the client has been closed", where=_where(self._access))
            if self._session is None or self._session.certificate != certificate:
                old = self._session
                self._session = await self._open(certificate)
                if old is not None:
                    await old.close()
            return self._session

    async def _open(self, certificate: ClientCertificate | None) -> _Session:
        # Certificates are read from disk and parsed: milliseconds that do not belong on the event loop.
        rest = await anyio.to_thread.run_sync(_rest_client, self._access, certificate)
        return _Session(_pooled(rest), _pooled(rest), certificate)


def _pooled(rest: RESTClientObject) -> RESTClientObject:
    """The same client, its TLS context too, with connections of its own."""
    twin = _configured(rest, copy(rest.configuration))
    connector = aiohttp.TCPConnector(limit=0, ssl=rest.ssl_context, socket_factory=_keepalive_socket)
    twin.configuration.client_session_kwargs = {
        "connector": connector,
        "cookie_jar": aiohttp.DummyCookieJar(),
        "middlewares": (_refuse_redirect,),
        "read_bufsize": _READ_BUFFER_BYTES,
        "trust_env": False,
    }
    return twin


def _rest_client(access: ClusterAccess, certificate: ClientCertificate | None) -> RESTClientObject:
    where = _where(access)
    configuration = Configuration(
        host=access.server,
        ca_cert_data=authority_text(access.ca_data, where=where) if access.ca_data else None,
        verify_ssl=not access.insecure_skip_tls_verify,
        tls_server_name=access.tls_server_name or None,
        proxy=access.proxy_url or None,
    )
    # Python 3.13 refuses authorities without key identifiers, which kubectl accepts and old clusters have.
    configuration.disable_strict_ssl_verification = True
    if not (access.ca_data or access.insecure_skip_tls_verify or certificate):
        return _configured(_system_client(), configuration)
    try:
        rest = RESTClientObject(configuration)
    except ssl.SSLError as error:
        raise KubeconfigError("the certificate authority is damaged", where=where) from error
    context = rest.ssl_context
    context.set_alpn_protocols(["http/1.1"])
    if certificate is not None:
        load_client_certificate(context, certificate, where=where)
    return rest


@cache  # to read the system's authorities takes 20 ms and 825 KB, also where plain HTTP has no use for them
def _system_client() -> RESTClientObject:
    configuration = Configuration()
    configuration.disable_strict_ssl_verification = True
    rest = RESTClientObject(configuration)
    rest.ssl_context.set_alpn_protocols(["http/1.1"])
    return rest


def _configured(rest: RESTClientObject, configuration: Configuration) -> RESTClientObject:
    """A client like this one, its TLS context shared, under a configuration of its own."""
    twin = copy(rest)
    twin.configuration, twin.proxy = configuration, configuration.proxy
    return twin


def _keepalive_socket(address: tuple[int, int, int, str, object]) -> socket.socket:
    family, kind, protocol, _, _ = address
    opened = socket.socket(family, kind, protocol)
    for level, name, value in _KEEPALIVE:
        option = getattr(socket, name, None)
        if option is not None:
            opened.setsockopt(level, option, value)
    return opened


async def _refuse_redirect(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """API servers never redirect; a gateway that does would be shown our headers and client certificate."""
    response = await send(request)
    if response.status in (301, 302, 303, 307, 308):
        response.close()
        target = mask_url(response.headers.get("Location", "")).partition("?")[0]
        raise ProtocolError(
            f"answered {response.status}, a redirect to {excerpt(target, 120)}",
            where=f"GET {request.url.path}",
            hint="does a proxy or a login page stand before the API server?",
        )
    return response


def _where(access: ClusterAccess) -> str:
    return f"context {access.context}"


@contextmanager
def _our_errors(access: ClusterAccess) -> Iterator[None]:
    try:
        yield
    except (aiohttp.ClientError, OSError) as error:  # OSError has TimeoutError and ssl.SSLError below it
        raise _translate(error, access) from error
    except RuntimeError as error:  # what aiohttp raises once a connection or session has been closed
        raise TransportError(
            f"the connection to {access.host} has been closed", where=_where(access)
        ) from error


def _translate(error: Exception, access: ClusterAccess) -> MirrorError:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return _untrusted(error.certificate_error, access)
    if isinstance(error, ssl.SSLCertVerificationError):
        return _untrusted(error, access)
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, OSError) and cause.errno in (errno.EMFILE, errno.ENFILE):
        return TransportError(
            "too many open files: every watch needs a connection",
            where=_where(access),
            hint="raise the limit (ulimit -Hn) for the mirror, or mirror fewer contexts",
        )
    if isinstance(cause, ssl.SSLError):
        return _tls_failed(cause, access)
    if isinstance(error, aiohttp.ClientResponseError) and not isinstance(error, aiohttp.ClientHttpProxyError):
        return ProtocolError(f"{access.host} does not speak HTTP", where=_where(access))
    proxy = f"the proxy {mask_url(access.proxy_url)}"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        what, hint = f"{proxy} answered {error.status}", "is the proxy right, does it want a password?"
    elif isinstance(error, aiohttp.ClientProxyConnectionError):
        what, hint = f"cannot connect to {proxy}: {_reason(error)}", "is the proxy running?"
    elif isinstance(error, aiohttp.ClientConnectorDNSError):
        what, hint = f"no address found for {access.host}", "is the name right, is the VPN up?"
    elif isinstance(error, aiohttp.ClientConnectorError):
        what, hint = f"cannot connect to {access.host}: {_reason(error)}", "is the API server running?"
    elif isinstance(error, TimeoutError):
        what, hint = f"{access.host} did not answer in time", "is a VPN or a firewall in the way?"
    else:
        said = excerpt(str(error)) or type(error).__name__
        what, hint = f"the connection to {access.host} broke off: {said}", ""
    return TransportError(what, where=_where(access), hint=hint)


def _reason(error: aiohttp.ClientConnectorError) -> str:
    cause = error.os_error
    return os.strerror(cause.errno) if cause.errno else excerpt(str(cause)) or "the server hung up"


def _untrusted(error: Exception, access: ClusterAccess) -> CertificateError:
    reason = getattr(error, "verify_message", "") or excerpt(str(error))
    authority = "the kubeconfig's certificate-authority" if access.ca_data else "the system's authorities"
    name = f" for the name {access.tls_server_name}" if access.tls_server_name else ""
    return CertificateError(
        f"the certificate of {access.host} was not accepted: {reason}",
        where=_where(access),
        hint=f"checked against {authority}{name}",
    )


def _tls_failed(error: ssl.SSLError, access: ClusterAccess) -> TransportError:
    reason = error.reason or "TLS error"
    if "ALERT" in reason and ("CERT" in reason or "UNKNOWN_CA" in reason):
        return CertificateError(
            f"{access.host} did not accept the client certificate: {reason}",
            where=_where(access),
            hint="renew the client certificate of this context",
        )
    return TransportError(
        f"TLS with {access.host} failed: {reason}",
        where=_where(access),
        hint="is it an https server, is a proxy in the way?",
    )
