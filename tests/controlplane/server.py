"""A control plane of our own: etcd and kube-apiserver on loopback, ready in about three seconds.

No kubelet, scheduler or controller-manager runs: a test writes what those would write. With the Flux
CRDs a control plane takes about 400 MB.
"""

from __future__ import annotations

import base64
import random
import shutil
import socket
import ssl
import uuid
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import aiohttp
import anyio
import msgspec
import trustme

from tests.controlplane import audit
from tests.controlplane.access import ADMIN, MIRROR, STRANGER, Access, User, token_file
from tests.controlplane.api import Api, RefusedError, open_api
from tests.controlplane.audit import Request
from tests.controlplane.build import ServerBinaries
from tests.controlplane.daemon import Daemon, DaemonError
from tests.controlplane.waiting import until

__all__ = ["ControlPlane"]

_PORTS = range(10_000, 30_000)
"""Below the ports that systems give to outgoing connections: ours must stay free while we are down."""

_READY_S = 90.0
"""Seconds to become ready. Usually three; a loaded CI machine gets time."""


class ControlPlane:
    """One real API server with its own data, certificate, users and audit log.

    server: its URL, which stays the same through `kill`, `stop`, `wipe` and `start`.
    ca_pem: the certificate authority that its certificate was issued by.

    Everything it needs is in `folder`, which the caller removes. Its processes end with `stop` or
    `kill`, and by themselves when the test process dies.
    """

    def __init__(
        self,
        name: str,
        binaries: ServerBinaries,
        folder: Path,
        *,
        users: Sequence[User] = (ADMIN, MIRROR, STRANGER),
        api_server_flags: Sequence[str] = (),
    ) -> None:
        self.name = name
        self._binaries = binaries
        self._folder = folder
        self._users = users
        self._flags = api_server_flags
        self._authority = trustme.CA(organization_name=f"flux-mirror test cluster {name}")
        port, self._etcd_port, self._peer_port = _free_ports(3)
        self.server = f"https://127.0.0.1:{port}"
        self.ca_pem = self._authority.cert_pem.bytes().decode()
        self._port = port
        self._etcd: Daemon | None = None
        self._api_server: Daemon | None = None

    @property
    def running(self) -> bool:
        """True while both processes live; says nothing about their being ready."""
        return all(daemon is not None and daemon.running for daemon in (self._etcd, self._api_server))

    @property
    def memory_bytes(self) -> int:
        """Resident memory of both processes. Blocks (a file of the kernel): call it in a thread."""
        return sum(daemon.memory_bytes for daemon in (self._etcd, self._api_server) if daemon is not None)

    async def start(self) -> None:
        """Start, or start again on the same ports and data, and wait until requests are answered.

        What is left of an earlier start is killed. A server that has started anew answers 410 to watches
        from resourceVersions before its start, compacted or not: its watch cache begins there. Raises
        DaemonError with the end of the log when a process ends, TimeoutError after 90 s.
        """
        await self.kill()
        await anyio.to_thread.run_sync(self._write_files)
        await anyio.to_thread.run_sync(self._start_etcd)
        await self._start_api_server()

    async def stop(self) -> None:
        """End both processes in good order; the data stays."""
        await anyio.to_thread.run_sync(self._end_api_server)
        if self._etcd is not None:
            await anyio.to_thread.run_sync(self._etcd.terminate)

    async def kill(self) -> None:
        """End both processes as a power cut does (SIGKILL); the data stays, connections break."""
        for daemon in (self._api_server, self._etcd):
            if daemon is not None:
                await anyio.to_thread.run_sync(daemon.kill)

    async def wipe(self) -> None:
        """Rebuild the cluster under the same URL and certificate: new uids, resourceVersions start over.

        The CRDs and RBAC are gone as well.
        """
        await self.kill()
        await anyio.to_thread.run_sync(shutil.rmtree, self._folder / "etcd")
        await self.start()

    async def back_up(self) -> None:
        """Keep a copy of the data as it is now, for `restore`. The cluster is down meanwhile."""
        await self.stop()
        await anyio.to_thread.run_sync(_copy_folder, self._folder / "etcd", self._folder / "backup")
        await self.start()

    async def restore(self) -> None:
        """Go back to the last `back_up`: the same uid, and resourceVersions that have been used before."""
        await self.kill()
        await anyio.to_thread.run_sync(_copy_folder, self._folder / "backup", self._folder / "etcd")
        await self.start()

    async def compact(self) -> None:
        """Make every resourceVersion up to now expire, with 410 for whoever asks for it.

        Compacts etcd, which ends exact LISTs and continue tokens, and restarts the API server, whose
        watch cache would otherwise go on serving watches from there.
        """
        async with aiohttp.ClientSession(
            f"http://127.0.0.1:{self._etcd_port}", raise_for_status=True
        ) as etcd:
            first_key = base64.b64encode(b"\0").decode()
            async with etcd.post("/v3/kv/range", json={"key": first_key}) as response:
                revision = (await response.json())["header"]["revision"]
            async with etcd.post(
                "/v3/kv/compaction", json={"revision": revision, "physical": True}
            ) as response:
                await response.read()
        await anyio.to_thread.run_sync(self._end_api_server)
        await self._start_api_server()

    def api(self, user: User = ADMIN) -> AbstractAsyncContextManager[Api]:
        """A client that acts as that user; use it with `async with`."""
        tls = ssl.create_default_context(cadata=self.ca_pem)
        return open_api(self.server, tls, {"Authorization": f"Bearer {user.token}"})

    def access(self, user: User = MIRROR, *, context: str = "") -> Access:
        """A kubeconfig context for that user, by default called like the cluster."""
        authority = base64.b64encode(self.ca_pem.encode()).decode()
        cluster = {"server": self.server, "certificate-authority-data": authority}
        return Access(context or self.name, cluster, {"token": user.token})

    async def requests(self, user: User | None = None, *, since: float = 0.0) -> list[Request]:
        """What was asked by that user (None: by anybody) from `since` on (seconds since the epoch).

        Complete for every request that was answered before the call. A watch that was open already
        before `since` is not among them. The server's requests to itself are not written down.
        """
        if self.running:
            await self._settle_audit_log()
        lines = await anyio.to_thread.run_sync(self._audit_lines)
        return audit.parse_requests(lines, user=user.name if user else None, since=since)

    async def _settle_audit_log(self) -> None:
        """A request is written down just after its answer: ask something, and wait until we can read it."""
        mark = f"mark={uuid.uuid4()}"
        async with self.api() as api:
            await api.request("GET", f"/version?{mark}")

        async def written() -> bool:
            return any(mark.encode() in line for line in await anyio.to_thread.run_sync(self._audit_lines))

        await until(written, within_s=10)

    def _audit_lines(self) -> list[bytes]:
        return (self._folder / "audit.log").read_bytes().splitlines(keepends=True)

    async def _start_api_server(self) -> None:
        await anyio.to_thread.run_sync(self._launch_api_server)
        await until(self._ready, within_s=_READY_S)

    async def _ready(self) -> bool:
        """Ready by its own account, and done with what it creates for itself."""
        for daemon in (self._etcd, self._api_server):
            if daemon is not None and not daemon.running:
                end = await anyio.to_thread.run_sync(daemon.last_lines)
                raise DaemonError(f"{daemon.name} of {self.name} ended: {end}")
        try:
            async with self.api() as api:
                async with api.session.get("/readyz") as response:
                    if response.status != 200:
                        return False
                await api.request("GET", "/api/v1/namespaces/kube-system")
                await api.request("GET", "/api/v1/namespaces/default")
        except (aiohttp.ClientConnectionError, RefusedError):
            return False
        return True

    def _write_files(self) -> None:
        """What the API server reads at its start; the same content each time."""
        if (self._folder / "tokens.csv").exists():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        serving = self._authority.issue_cert("127.0.0.1", "localhost")
        serving.private_key_pem.write_to_path(self._folder / "server.key")
        for pem in serving.cert_chain_pems:
            pem.write_to_path(self._folder / "server.pem", append=True)
        (self._folder / "audit-policy.yaml").write_bytes(msgspec.json.encode(audit.POLICY))
        (self._folder / "tokens.csv").write_text(token_file(self._users), "utf-8")

    def _start_etcd(self) -> None:
        client, peer = (f"http://127.0.0.1:{port}" for port in (self._etcd_port, self._peer_port))
        flags = {
            "data-dir": self._folder / "etcd",
            "listen-client-urls": client,
            "advertise-client-urls": client,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"default={peer}",
            "log-level": "warn",
        }
        # Without fsync a crash of the machine loses data; a crash of the process, which tests provoke, none.
        command = [str(self._binaries.etcd), *_spelled(flags), "--unsafe-no-fsync"]
        self._etcd = Daemon("etcd", command, self._folder / "etcd.log")

    def _launch_api_server(self) -> None:
        folder = self._folder
        flags = {
            "etcd-servers": f"http://127.0.0.1:{self._etcd_port}",
            "bind-address": "127.0.0.1",
            "advertise-address": "127.0.0.1",
            "endpoint-reconciler-type": "none",
            "secure-port": self._port,
            "tls-cert-file": folder / "server.pem",
            "tls-private-key-file": folder / "server.key",
            "service-account-key-file": folder / "server.key",
            "service-account-signing-key-file": folder / "server.key",
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-cluster-ip-range": "10.0.0.0/24",
            "token-auth-file": folder / "tokens.csv",
            "authorization-mode": "RBAC",
            # Nobody here creates the ServiceAccounts that this plugin asks Pods to have.
            "disable-admission-plugins": "ServiceAccount",
            "audit-policy-file": folder / "audit-policy.yaml",
            "audit-log-path": folder / "audit.log",
        }
        command = [str(self._binaries.api_server), *_spelled(flags), *self._flags]
        self._api_server = Daemon("kube-apiserver", command, folder / "kube-apiserver.log")

    def _end_api_server(self) -> None:
        if self._api_server is not None:
            self._api_server.terminate()


def _spelled(flags: Mapping[str, object]) -> list[str]:
    return [f"--{name}={value}" for name, value in flags.items()]


def _free_ports(count: int) -> list[int]:
    """Ports that nothing listens on at the moment."""
    found: list[int] = []
    for port in random.sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise DaemonError(f"no {count} free ports between {_PORTS.start} and {_PORTS.stop}")


def _copy_folder(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
