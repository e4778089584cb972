"""TLS: who is trusted, under which name, and what the client shows of itself."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
import trustme
from aiohttp import web

from mirror.errors import CertificateError, CredentialsError, KubeconfigError, MirrorError, TransportError
from mirror.kube.access import ClusterAccess, User
from mirror.kube.client import Client
from mirror.kube.credentials import Credentials
from mirror.kube.exec_sources import ExecSources
from tests.mirror.kube.plugins import printing, runs
from tests.mirror.kube.wire import (
    CA,
    PEM,
    SETTINGS,
    FakeClock,
    Server,
    access_to,
    always,
    answer,
    connect,
    serve,
)

pytestmark = pytest.mark.anyio

OTHER_CA = trustme.CA()
SERVER = CA.issue_cert("127.0.0.1", "kubernetes.default")
OK = always({"kind": "Pod"})


def context(certificate: trustme.LeafCert = SERVER, clients: trustme.CA | None = None) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(made)
    if clients is not None:
        clients.configure_trust(made)
        made.verify_mode = ssl.CERT_REQUIRED
    return made


# Made here because reading files does not belong on an event loop.
TLS = context()
MUTUAL_TLS = context(clients=CA)
MUTUAL_TLS_BY_VERSION = {v: context(clients=CA) for v in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)}
for version, made in MUTUAL_TLS_BY_VERSION.items():
    made.maximum_version = version
FOREIGN_TLS = context(CA.issue_cert("10.1.2.3"))


def user(certificate: trustme.LeafCert, key: bytes | None = None) -> User:
    return User(
        certificate=certificate.cert_chain_pems[0].bytes(), key=key or certificate.private_key_pem.bytes()
    )


async def fetch(server: Server, **access: Any) -> None:
    async with connect(ClusterAccess("test", server.url, **access)) as client:
        await client.get("/x")


async def failing(server: Server, kind: type[MirrorError], **access: Any) -> MirrorError:
    with pytest.raises(kind) as caught:
        await fetch(server, **access)
    assert caught.value.where == "context test"
    return caught.value


@pytest.mark.parametrize(
    "access",
    [
        {"ca_data": PEM},
        {"ca_data": "# täglich erneuert\n".encode() + OTHER_CA.cert_pem.bytes() + b"\n\n" + PEM},
        {"ca_data": PEM, "tls_server_name": "kubernetes.default"},
        {"insecure_skip_tls_verify": True},
    ],
)
async def test_a_server_that_is_trusted(access: dict[str, Any]) -> None:
    async with serve(OK, TLS) as server:
        await fetch(server, **access)


@pytest.mark.parametrize(
    ("access", "said"),
    [
        ({"ca_data": OTHER_CA.cert_pem.bytes()}, "checked against the kubeconfig's certificate-authority"),
        ({}, "checked against the system's authorities"),
        ({"ca_data": PEM, "tls_server_name": "other.name"}, "for the name other.name"),
        ({"ca_data": PEM, "tls_server_name": "other.name"}, "Hostname mismatch"),
    ],
)
async def test_a_server_that_is_not_trusted(access: dict[str, Any], said: str) -> None:
    async with serve(OK, TLS) as server:
        error = await failing(server, CertificateError, **access)
    assert said in str(error)
    assert f"127.0.0.1:{server.port}" in str(error)
    assert not error.retryable
    assert server.requests == []


async def test_a_certificate_for_another_host() -> None:
    async with serve(OK, FOREIGN_TLS) as server:
        error = await failing(server, CertificateError, ca_data=PEM)
    assert "IP address mismatch" in str(error)


@pytest.mark.parametrize(
    ("ca_data", "what"),
    [
        (b"nothing", "no PEM certificate"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "is damaged"),
    ],
)
async def test_an_authority_that_is_none(ca_data: bytes, what: str) -> None:
    async with serve(OK, TLS) as server:
        error = await failing(server, KubeconfigError, ca_data=ca_data)
    assert what in str(error)


async def test_a_plain_http_server_behind_an_https_url() -> None:
    async with serve(OK) as server:
        server.url = server.url.replace("http:", "https:")
        error = await failing(server, TransportError, ca_data=PEM)
    assert "is it an https server" in str(error)


# Client certificates


async def common_name(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    peer = request.transport.get_extra_info("peercert")
    return answer({"name": peer["subject"][-1][0][1]})


async def test_a_client_certificate_is_shown() -> None:
    access = {"ca_data": PEM, "user": user(CA.issue_cert("me@example.org", common_name="me"))}
    async with serve(common_name, MUTUAL_TLS) as server, connect(access_to(server, **access)) as client:
        assert b'"me"' in (await client.get("/x")).body


async def test_certificate_files_are_shown(tmp_path: Path) -> None:
    me = CA.issue_cert("me@example.org", common_name="me")
    certificate, key = anyio.Path(tmp_path / "crt"), anyio.Path(tmp_path / "key")
    await certificate.write_bytes(me.cert_chain_pems[0].bytes())
    await key.write_bytes(me.private_key_pem.bytes())
    access = {"ca_data": PEM, "user": User(certificate_file=Path(certificate), key_file=Path(key))}
    async with serve(common_name, MUTUAL_TLS) as server, connect(access_to(server, **access)) as client:
        assert b'"me"' in (await client.get("/x")).body


@asynccontextmanager
async def refusing(version: ssl.TLSVersion) -> AsyncIterator[Server]:
    """asyncio's own server hangs up without a word; this one sends the alert that real ones send."""
    listener = socket.create_server(("127.0.0.1", 0))

    def refuse() -> None:
        with contextlib.suppress(OSError):  # the listener has been shut down
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(ssl.SSLError):
                    MUTUAL_TLS_BY_VERSION[version].wrap_socket(connection, server_side=True)

    with listener:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.to_thread.run_sync, refuse)
            yield Server(f"https://127.0.0.1:{listener.getsockname()[1]}")
            listener.shutdown(socket.SHUT_RDWR)


NOBODY, STRANGER = User(), user(OTHER_CA.issue_cert("x@example.org"))


async def test_a_client_certificate_that_the_server_does_not_accept() -> None:
    async with refusing(ssl.TLSVersion.TLSv1_2) as server:
        error = await failing(server, CertificateError, ca_data=PEM, user=STRANGER)
    assert "did not accept the client certificate" in str(error)


async def test_a_refusal_that_gives_no_reason() -> None:
    async with refusing(ssl.TLSVersion.TLSv1_2) as server:
        error = await failing(server, TransportError, ca_data=PEM, user=NOBODY)
    assert "HANDSHAKE_FAILURE" in str(error)
    # TLS 1.3 refuses after the handshake; whether the alert or the reset comes first is chance.
    async with refusing(ssl.TLSVersion.TLSv1_3) as server:
        await failing(server, TransportError, ca_data=PEM, user=STRANGER)


async def test_a_server_that_hangs_up_during_the_handshake() -> None:
    async with serve(common_name, MUTUAL_TLS_BY_VERSION[ssl.TLSVersion.TLSv1_2]) as server:
        error = await failing(server, TransportError, ca_data=PEM)
    assert "the server hung up" in str(error)


ENCRYPTED = b"""-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF

AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
-----END EC PRIVATE KEY-----
"""


@pytest.mark.parametrize(
    "key",
    [b"not a key", ENCRYPTED, CA.issue_cert("other@example.org").private_key_pem.bytes()],
    ids=["junk", "encrypted", "other"],
)
async def test_a_key_that_does_not_fit(key: bytes) -> None:
    async with serve(OK, TLS) as server:
        who = user(CA.issue_cert("me@example.org"), key)
        error = await failing(server, CredentialsError, ca_data=PEM, user=who)
    assert "cannot be used" in str(error)
    assert server.requests == []


async def test_a_new_certificate_of_the_plugin_closes_older_connections(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        if "watch" not in request.query:
            return await common_name(request)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(b"x")
        await anyio.sleep_forever()
        return response

    async def issue(name: str) -> Any:
        me = CA.issue_cert(f"{name}@example.org", common_name=name)
        status = {
            "clientCertificateData": me.cert_chain_pems[0].bytes().decode(),
            "clientKeyData": me.private_key_pem.bytes().decode(),
            "expirationTimestamp": "2023-11-14T22:23:20Z",  # 600 s after the clock's start
        }
        document = {
            "kind": "ExecCredential",
            "apiVersion": "client.authentication.k8s.io/v1",
            "status": status,
        }
        return await printing(tmp_path, document)

    clock = FakeClock()
    async with serve(handler, MUTUAL_TLS) as server:
        access = access_to(server, user=User(exec=await issue("first")))
        async with client_of(access, clock) as client, client.watch("/w", {"watch": "1"}) as chunks:
            assert await anext(aiter(chunks)) == b"x"
            assert b"first" in (await client.get("/x")).body
            await issue("second")
            clock.advance(590)
            assert b"second" in (await client.get("/x")).body
            with pytest.raises(TransportError):
                await anext(aiter(chunks))
    assert await runs(tmp_path) == 2


@asynccontextmanager
async def client_of(access: ClusterAccess, clock: FakeClock) -> AsyncIterator[Client]:
    client = Client(
        access, Credentials(access, SETTINGS, clock, ExecSources(SETTINGS, clock, {})), SETTINGS, clock
    )
    try:
        yield client
    finally:
        await client.close()


# Through a proxy


@asynccontextmanager
async def tunnel(reply: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> AsyncIterator[tuple[str, list[bytes]]]:
    """An HTTP proxy that answers every CONNECT with `reply` and then passes bytes on."""
    heads: list[bytes] = []

    async def pump(source: anyio.abc.SocketStream, sink: anyio.abc.SocketStream) -> None:
        async for data in source:
            await sink.send(data)
        await sink.send_eof()

    async def talk(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            head = await stream.receive()
            heads.append(head)
            await stream.send(reply)
            if b" 200 " not in reply:
                return
            host, _, port = head.split()[1].decode().rpartition(":")
            async with await anyio.connect_tcp(host, int(port)) as far, anyio.create_task_group() as pumps:
                pumps.start_soon(pump, far, stream)
                pumps.start_soon(pump, stream, far)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, talk)
        yield f"http://me:pw@127.0.0.1:{port}", heads
        tasks.cancel_scope.cancel()


async def test_https_through_a_proxy_is_verified_under_the_right_name() -> None:
    async with serve(OK, TLS) as server, tunnel() as (proxy, heads):
        await fetch(server, ca_data=PEM, proxy_url=proxy)
        await fetch(server, ca_data=PEM, proxy_url=proxy, tls_server_name="kubernetes.default")
        await failing(server, CertificateError, ca_data=PEM, proxy_url=proxy, tls_server_name="other")
    assert heads[0].startswith(f"CONNECT 127.0.0.1:{server.port}".encode())
    assert b"Proxy-Authorization: Basic bWU6cHc=" in heads[0]


async def test_a_proxy_that_refuses() -> None:
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    async with serve(OK, TLS) as server, tunnel(refusal) as (proxy, _):
        error = await failing(server, TransportError, ca_data=PEM, proxy_url=proxy)
    assert "answered 407" in str(error)
    assert "pw" not in str(error)
