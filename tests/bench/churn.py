"""Status churn: what 500 watch events a second cost the mirror, and how soon they are in the store."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import defaultdict
from pathlib import Path

import msgspec

from tests.bench.processes import Mirror, mirror_running, served, settled

__all__ = ["CHURNED", "Written", "churn"]

_PATIENCE_S = 10.0
_POLL_S = 0.005


class Written(msgspec.Struct, array_like=True):
    """One write of the serving process: where, the resourceVersion it got, and when (wall seconds)."""

    cluster: str
    resource_version: int
    at: float


CHURNED = "helmreleases"
"""What is written."""

_Progress = dict[str, list[tuple[int, float]]]
"""For each cluster: up to which resourceVersion it was committed, and when that was seen."""


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
        progress = _follow(mirror, written, time.perf_counter() + seconds + _PATIENCE_S)
        took = time.perf_counter() - began
        busy = mirror.usage()
    writes = _writes(written)
    lags = sorted(_lags(writes, progress))
    assert len(lags) == len(writes), f"{len(writes) - len(lags)} events never reached the store"
    cpu_s = busy.cpu_s - idle.cpu_s
    per_event, grown = cpu_s / len(writes) * 1e6, (busy.memory_bytes - idle.memory_bytes) / 1e6
    p50, p99, most = (lags[int((len(lags) - 1) * part)] * 1e3 for part in (0.5, 0.99, 1))
    print(f"Status churn: {len(writes)} events in {took:.1f} s over {clusters} clusters")
    print(f"  events a second                  {len(writes) / took:8.0f}")
    print(f"  CPU of the mirror                {cpu_s / took:8.1%} of a core {per_event:7.0f} µs/event")
    print(f"  from the write to the commit     {p50:8.0f} ms p50, {p99:.0f} ms p99, {most:.0f} ms at most")
    print(f"  memory of the mirror             {busy.memory_bytes / 1e6:8.0f} MB, {grown:+.0f} MB meanwhile")


def _follow(mirror: Mirror, written: Path, end: float) -> _Progress:
    """Watch the store advance until it has everything that was written, or until the end of patience."""
    progress: _Progress = defaultdict(list)
    generation = -1
    while time.perf_counter() < end:
        if generation == (generation := mirror.reader.generation()):
            if written.exists() and len(_lags(_writes(written), progress)) == len(_writes(written)):
                break
            time.sleep(_POLL_S)
            continue
        at = time.time()
        for cluster, version in mirror.versions(CHURNED):
            progress[cluster].append((int(version or 0), at))
    return progress


def _writes(written: Path) -> list[Written]:
    return msgspec.json.decode(written.read_bytes(), type=list[Written])


def _lags(writes: list[Written], progress: _Progress) -> list[float]:
    """Seconds from each write to the commit that covers it; those that are not in the store are left out."""
    lags = []
    for write in writes:
        seen = progress.get(write.cluster, [])
        index = bisect_left(seen, (write.resource_version, 0.0))
        if index < len(seen):
            lags.append(seen[index][1] - write.at)
    return lags
