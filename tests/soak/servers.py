"""A process of its own that serves the clusters of the soak, writes to them and lets things go wrong.

    python -m tests.soak.servers CLUSTERS OBJECTS KUBECONFIG SEED

Prints `ready` and waits for a line `run RATE SECONDS FILE`: so many writes a second for so long, then calm,
and what every cluster holds to FILE. Serves until its standard input is closed.
"""

from __future__ import annotations

import os
import random
import sys
import time
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import anyio
import anyio.to_thread
import msgspec

from mirror.clock import SystemClock
from mirror.flux.fields import object_key
from mirror.testing.apiserver import FakeAPIServer
from mirror.testing.cluster import FakeCluster
from mirror.testing.kubeconfig import write_kubeconfig
from tests.bench.fleet import large_cluster
from tests.soak.outcome import CANARY, Outage, Outcome

_STEP_S = 0.02
_CANARY_S = 1.0
_MISHAP_S = 3.0
"""So seldom that less than one canary in a hundred meets one: p99 is about the others."""
_REFUSING_S = 3.0
_PLURALS = ("configmaps", "helmreleases", "kustomizations", "pods", "deployments", "events", "secrets")


class Churn:
    """Writes to all clusters in turn; from time to time something happens to one of them."""

    def __init__(self, servers: list[FakeAPIServer], rng: random.Random) -> None:
        self._servers = servers
        self._rng = rng
        self._releases = [
            [*map(object_key, server.cluster.list("helm.toolkit.fluxcd.io", "HelmRelease"))]
            for server in servers
        ]
        self.outages: list[Outage] = []

    async def run(self, rate: float, seconds: float) -> None:
        began, turns, canaries, mishaps = time.perf_counter(), count(), 0, 0
        done = 0
        async with anyio.create_task_group() as tasks:
            while (passed := time.perf_counter() - began) < seconds:
                while canaries < passed * len(self._servers) / _CANARY_S:
                    self._sing(self._servers[canaries % len(self._servers)].cluster)
                    canaries += 1
                while done + canaries < rate * passed:
                    self._reconcile(next(turns))
                    done += 1
                if mishaps < passed / _MISHAP_S:
                    mishaps += 1
                    tasks.start_soon(self._mishap, self._rng.choice(self._servers))
                await anyio.sleep(_STEP_S)
        for server in self._servers:
            server.faults.clear()

    def _sing(self, cluster: FakeCluster) -> None:
        cluster.patch(CANARY, {"data": {"sent": repr(time.time())}})

    def _reconcile(self, turn: int) -> None:
        which = turn % len(self._servers)
        keys = self._releases[which]
        round_ = turn // len(self._servers)
        ready = "True" if (round_ // len(keys)) % 2 else "Unknown"
        condition = {"type": "Ready", "status": ready, "reason": "Soak", "message": f"turn {turn}"}
        self._servers[which].cluster.patch_status(
            keys[round_ % len(keys)], {"conditions": [condition], "observedGeneration": 1}
        )

    async def _mishap(self, server: FakeAPIServer) -> None:
        plural = self._rng.choice(_PLURALS)
        faults = server.faults
        match self._rng.randrange(8):
            case 0:
                faults.end_watches()
            case 1:
                faults.cut_watches(plural)
            case 2:
                faults.send_error(410, plural)
            case 3:
                faults.send_duplicates()
            case 4:
                faults.compact()
                faults.end_watches(plural)
            case 5:
                faults.throttle(times=3, matching=f"list {self._rng.choice(_PLURALS[1:])}")
                faults.send_error(410, self._rng.choice(_PLURALS[1:]))
            case 6:
                faults.truncate(times=1, matching=f"list {self._rng.choice(_PLURALS[1:])}")
                faults.abort_connections()
            case _:
                await self._outage(server)

    async def _outage(self, server: FakeAPIServer) -> None:
        began = time.time()
        await server.faults.refuse_connections()
        await anyio.sleep(_REFUSING_S)
        await server.faults.accept_connections()
        self.outages.append(Outage(server.cluster.name, began, time.time()))


def _held(cluster: FakeCluster) -> dict[str, dict[str, int]]:
    return {
        f"{plural}.{group}": {key: stored.rv for key, stored in collection.objects.items()}
        for (group, plural), collection in cluster.etcd.collections.items()
    }


def _canary() -> dict[str, object]:
    metadata = {"name": CANARY.name, "namespace": CANARY.namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"sent": "0"}}


async def main(clusters: int, objects: int, kubeconfig: Path, seed: int) -> None:
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        servers: dict[str, FakeAPIServer] = {}
        for number in range(clusters):
            cluster = large_cluster(number, objects, clock)
            cluster.create(_canary())
            server = FakeAPIServer(cluster, anonymous=True)
            servers[cluster.name] = await stack.enter_async_context(server)
        write_kubeconfig(kubeconfig, servers)
        print("ready", flush=True)
        while line := await anyio.to_thread.run_sync(sys.stdin.readline):
            _, rate, seconds, file = line.split()
            churn = Churn([*servers.values()], random.Random(seed))
            await churn.run(float(rate), float(seconds))
            held = {name: _held(server.cluster) for name, server in servers.items()}
            outcome = msgspec.json.encode(Outcome(held, churn.outages))
            await anyio.to_thread.run_sync(_save, Path(file), outcome)


def _save(file: Path, content: bytes) -> None:
    file.with_suffix(".part").write_bytes(content)
    file.with_suffix(".part").rename(file)


if __name__ == "__main__":
    anyio.run(
        main,
        int(sys.argv[1]),
        int(sys.argv[2]),
        Path(sys.argv[3]),
        int(sys.argv[4]),
        backend_options={"use_uvloop": os.name != "nt"},
    )
