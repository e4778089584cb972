"""Many open TLS watches: what a connection costs the mirror."""

from __future__ import annotations

import time
from pathlib import Path

from mirror.store.changes import ScopeState
from tests.bench.processes import mirror_running, served, settled

__all__ = ["watches"]

_IDLE_S = 20.0
"""Connections that lists have used are closed when nobody has needed them for 15 s."""


def watches(folder: Path, clusters: int = 46, objects: int = 0) -> None:
    """Memory of a mirror that follows small clusters over TLS. 44 kinds are watched in each."""
    kubeconfig = folder / "kubeconfig"
    with (
        served(clusters, objects, kubeconfig, "--tls"),
        mirror_running(kubeconfig, folder / "store.db") as mirror,
    ):
        settled(mirror)
        time.sleep(_IDLE_S)
        usage = mirror.usage()
        open_watches = sum(row.state == ScopeState.WATCHING for row in mirror.scopes())
    print(f"Open TLS watches: {open_watches} to {clusters} clusters")
    print(f"  memory of the mirror, settled    {usage.memory_bytes / 1e6:8.0f} MB")
    print(f"  memory of the mirror, at most    {usage.peak_bytes / 1e6:8.0f} MB")
