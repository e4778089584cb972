"""Status churn: what 500 watch events a second cost the mirror, and how soon they are in the store."""

from __future__ import annotations

import subprocess
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tests.bench.processes import Mirror, mirror_running, served, settled

__all__ = ["Written", "churn"]

_PATIENCE_S = 10.0
_POLL_S = 0.005


class Written(msgspec.Struct, array_like=True):
    """One write of the serving process: where, the resourceVersion it got, and when (wall seconds)."""

    cluster: str
    plural: str
    resource_version: int
    at: float


@dataclass(frozen=True)
class _Progress:
    """Up to which resourceVersion a scope was committed at a moment."""

    at: float
    resource_version: int


def churn(
    folder: Path, clusters: int = 50, objects: int = 300, rate: int = 500, seconds: float = 20.0
) -> None:
    """HelmReleases reconcile: Ready goes to Unknown and back, as their controller writes it."""
    kubeconfig, written = folder / "kubeconfig", folder / "written"
    with (
        served(clusters, objects, kubeconfig) as server,
        mirror_running(kubeconfig, folder / "store.db") as mirror,
    ):
        idle = settled(mirror)
        began = time.perf_counter()
        assert server.stdin
        server.stdin.write(f"churn {rate} {seconds} {written}\n".encode())
        server.stdin.flush()
        progress = _follow(mirror, server, seconds)
        took = time.perf_counter() - began
        busy = mirror.usage()
    writes = msgspec.json.decode(written.read_bytes(), type=list[Written])
    lags = sorted(_lags(writes, progress))
    cpu_s = busy.cpu_s - idle.cpu_s
    per_event, grown = cpu_s / len(writes) * 1e6, (busy.memory_bytes - idle.memory_bytes) / 1e6
    p50, p99, most = (lags[int((len(lags) - 1) * part)] * 1e3 for part in (0.5, 0.99, 1))
    print(f"Status churn: {len(writes)} events in {took:.1f} s over {clusters} clusters")
    print(f"  events a second                  {len(writes) / took:8.0f}")
    print(f"  CPU of the mirror                {cpu_s / took:8.1%} of a core {per_event:7.0f} µs/event")
    print(f"  from the write to the commit     {p50:8.0f} ms p50, {p99:.0f} ms p99, {most:.0f} ms at most")
    print(f"  memory of the mirror             {busy.memory_bytes / 1e6:8.0f} MB, {grown:+.0f} MB meanwhile")


def _follow(
    mirror: Mirror, server: subprocess.Popen[bytes], seconds: float
) -> dict[tuple[str, str], list[_Progress]]:
    """Watch the store advance, until it has stood still for a while after the last write."""
    progress: dict[tuple[str, str], list[_Progress]] = defaultdict(list)
    end = time.perf_counter() + seconds + _PATIENCE_S
    quiet_until = time.perf_counter() + seconds + 1.0
    while time.perf_counter() < min(end, quiet_until):
        generation = mirror.reader.generation()
        at = time.time()
        for row in mirror.scopes():
            entries = progress[row.cluster, row.plural]
            if row.resource_version and (
                not entries or entries[-1].resource_version != int(row.resource_version)
            ):
                entries.append(_Progress(at, int(row.resource_version)))
        while mirror.reader.generation() == generation and time.perf_counter() < quiet_until:
            time.sleep(_POLL_S)
    return progress


def _lags(writes: list[Written], progress: dict[tuple[str, str], list[_Progress]]) -> list[float]:
    """Seconds until each write was committed."""
    lags = []
    for write in writes:
        entries = progress[write.cluster, write.plural]
        at = next((entry.at for entry in entries if entry.resource_version >= write.resource_version), None)
        assert at is not None, f"{write} never reached the store"
        lags.append(at - write.at)
    return lags
