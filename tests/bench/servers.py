"""A process of its own that serves the clusters, so that serving is not measured with mirroring.

    python -m tests.bench.servers CLUSTERS OBJECTS KUBECONFIG [--tls] [--failing=OBJECTS]

Prints `ready`, and serves until it is terminated or its standard input is closed. A line
`churn RATE SECONDS FILE` makes it write so many statuses a second for so long, and then the writes to FILE.
"""

from __future__ import annotations

import os
import ssl
import sys
import time
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import anyio
import anyio.to_thread
import msgspec
import trustme

from mirror.clock import SystemClock, to_rfc3339
from mirror.flux.fields import object_key
from mirror.keys import ObjectKey
from mirror.testing.apiserver import FakeAPIServer
from mirror.testing.cluster import FakeCluster
from mirror.testing.kubeconfig import write_kubeconfig
from tests.bench.churn import Written
from tests.bench.failing import break_some
from tests.bench.fleet import large_cluster

_STEP_S = 0.02
_RELEASE = ("helm.toolkit.fluxcd.io", "HelmRelease")


async def main(clusters: int, objects: int, kubeconfig: Path, tls: bool, failing: int) -> None:
    clock = SystemClock()
    authority = trustme.CA() if tls else None
    async with AsyncExitStack() as stack:
        servers = {}
        for number in range(clusters):
            cluster = large_cluster(number, objects, clock)
            break_some(cluster, (failing + clusters - 1 - number) // clusters, clock.wall())
            server = FakeAPIServer(
                cluster,
                anonymous=True,
                ssl_context=_serving(authority) if authority else None,
                ca_pem=authority.cert_pem.bytes() if authority else b"",
            )
            servers[cluster.name] = await stack.enter_async_context(server)
        write_kubeconfig(kubeconfig, servers)
        print("ready", flush=True)
        while line := await anyio.to_thread.run_sync(sys.stdin.readline):
            _, rate, seconds, file = line.split()
            found = [server.cluster for server in servers.values()]
            written = await _churn(found, float(rate), float(seconds))
            await anyio.to_thread.run_sync(_save, Path(file), written)


def _serving(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


async def _churn(clusters: list[FakeCluster], rate: float, seconds: float) -> list[Written]:
    """Every HelmRelease in turn, one cluster after the other."""
    found = [[*map(object_key, cluster.list(*_RELEASE))] for cluster in clusters]
    turns = (
        (cluster, keys[n % len(keys)]) for n in count() for cluster, keys in zip(clusters, found, strict=True)
    )
    written: list[Written] = []
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < seconds:
        while len(written) < rate * passed:
            cluster, key = next(turns)
            at = time.time()
            _reconcile(cluster, key, to_rfc3339(at), len(written))
            written.append(Written(cluster.name, cluster.rv, at))
        await anyio.sleep(_STEP_S)
    return written


def _reconcile(cluster: FakeCluster, key: ObjectKey, now: str, number: int) -> None:
    """What helm-controller writes when it begins to reconcile, and in the next turn when it is done."""
    found = {condition["type"]: condition for condition in cluster.get(key)["status"]["conditions"]}
    if "Reconciling" not in found:
        says = {"reason": "Progressing", "message": "Fulfilling prerequisites", "lastTransitionTime": now}
        found["Reconciling"] = {"type": "Reconciling", "status": "True", **says}
        found["Ready"] = {"type": "Ready", "status": "Unknown", **says}
    else:
        del found["Reconciling"]
        message = f"Helm upgrade succeeded for release {key.namespace}/{key.name}.v{number}"
        says = {"reason": "UpgradeSucceeded", "message": message, "lastTransitionTime": now}
        found["Ready"] = {"type": "Ready", "status": "True", **says}
    cluster.patch_status(key, {"conditions": [*found.values()], "lastHandledReconcileAt": now})


def _save(file: Path, written: list[Written]) -> None:
    file.with_suffix(".part").write_bytes(msgspec.json.encode(written))
    file.with_suffix(".part").rename(file)


if __name__ == "__main__":
    anyio.run(
        main,
        int(sys.argv[1]),
        int(sys.argv[2]),
        Path(sys.argv[3]),
        "--tls" in sys.argv[4:],
        sum(int(flag.partition("=")[2]) for flag in sys.argv[4:] if flag.startswith("--failing=")),
        backend_options={"use_uvloop": os.name != "nt"},
    )
