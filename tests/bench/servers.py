"""A process of its own that serves the clusters, so that serving is not measured with mirroring.

    python -m tests.bench.servers CLUSTERS OBJECTS KUBECONFIG

Prints `ready` and serves until its standard input is closed.
"""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import anyio.to_thread

from mirror.clock import SystemClock
from mirror.testing.apiserver import FakeAPIServer
from mirror.testing.kubeconfig import write_kubeconfig
from tests.bench.fleet import large_cluster


async def main(clusters: int, objects: int, kubeconfig: Path) -> None:
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        servers = {}
        for number in range(clusters):
            cluster = large_cluster(number, objects, clock)
            server = FakeAPIServer(cluster, anonymous=True)
            servers[cluster.name] = await stack.enter_async_context(server)
        write_kubeconfig(kubeconfig, servers)
        print("ready", flush=True)
        await anyio.to_thread.run_sync(sys.stdin.read)


if __name__ == "__main__":
    anyio.run(
        main, int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), backend_options={"use_uvloop": True}
    )
