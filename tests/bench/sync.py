"""First sync of many clusters: how fast, how much memory, how large the store."""

from __future__ import annotations

import time
from pathlib import Path

import anyio
import psutil

from mirror.clock import SystemClock
from mirror.flux.kinds import metadata_only, mirrored
from mirror.kube.client import Client
from mirror.kube.credentials import Credentials
from mirror.kube.discovery import discover
from mirror.kube.exec_sources import ExecSources
from mirror.kube.frames import FrameDecoder
from mirror.kube.kubeconfig import Kubeconfig, load_kubeconfig
from mirror.settings import ClientSettings
from mirror.store import tally
from mirror.store.reader import Reader
from tests.bench.processes import Usage, mirror_running, served, settled

__all__ = ["raw_download", "sync"]


def sync(folder: Path, clusters: int = 50, objects: int = 5000) -> None:
    """The mirror against a raw download of the same pages, and what the mirror costs."""
    kubeconfig, store = folder / "kubeconfig", folder / "store.db"
    with served(clusters, objects, kubeconfig) as server:
        raw_bytes, raw_s = raw_download(kubeconfig)
        serving = psutil.Process(server.pid)
        before = Usage.of(serving)
        with mirror_running(kubeconfig, store) as mirror:
            after, served_by = mirror.usage(), Usage.of(serving)
            later = settled(mirror)
            stored = sum(path.stat().st_size for path in folder.glob("store.db*") if path.is_file())
            count = stored_objects(mirror.reader)
    seconds, per_object = mirror.seconds, after.cpu_s / count * 1e6
    most, rest = after.peak_bytes, later.memory_bytes
    print(f"First sync of {clusters} clusters, {count} objects, {raw_bytes / 1e6:.0f} MB of JSON")
    print(f"  raw download of the same pages   {raw_s:8.2f} s  {count / raw_s:10,.0f} objects/s")
    print(f"  mirror, from process start       {seconds:8.2f} s  {count / seconds:10,.0f} objects/s")
    print(f"  ratio                            {seconds / raw_s:8.1f}")
    print(f"  CPU of the mirror                {after.cpu_s:8.2f} s  {per_object:10.1f} µs/object")
    print(f"  CPU of the server meanwhile      {served_by.cpu_s - before.cpu_s:8.2f} s")
    print(f"  memory of the mirror, at most    {most / 1e6:8.0f} MB {_above(most, count)}")
    print(f"  memory of the mirror, settled    {rest / 1e6:8.0f} MB {_above(rest, count)}")
    print(f"  store files                      {stored / 1e6:8.0f} MB {stored / count:10,.0f} bytes/object")


def _above(memory_bytes: int, objects: int) -> str:
    """What the goal speaks of: memory for each object over a base of 150 MB."""
    return f"{max(0.0, memory_bytes - 150e6) / objects:10,.0f} bytes/object over 150 MB"


def stored_objects(reader: Reader) -> int:
    with reader.snapshot() as connection:
        return sum(n for *_, n in tally.count_by_health(connection, None))


def raw_download(kubeconfig: Path) -> tuple[int, float]:
    """Read every page that the mirror reads, and throw it away: (bytes, seconds)."""
    loaded = load_kubeconfig([kubeconfig], {})
    return anyio.run(_download_all, loaded, backend_options={"use_uvloop": True})


async def _download_all(kubeconfig: Kubeconfig) -> tuple[int, float]:
    began = time.perf_counter()
    totals: list[int] = []
    async with anyio.create_task_group() as tasks:
        for context in kubeconfig.select(()):
            tasks.start_soon(_download, kubeconfig, context.name, totals)
    return sum(totals), time.perf_counter() - began


async def _download(kubeconfig: Kubeconfig, context: str, totals: list[int]) -> None:
    access = kubeconfig.resolve(context)
    clock, settings = SystemClock(), ClientSettings()
    credentials = Credentials(access, settings, clock, ExecSources(settings, clock, {}))
    client = Client(access, credentials, settings, clock)
    try:
        for resource in (await discover(client)).resources:
            if not mirrored(resource):
                continue
            partial = metadata_only(resource.group_kind)
            decoder = FrameDecoder(resource, metadata_only=True)
            query = {"limit": "500"}
            while True:
                body = await client.get_page(resource.path(), query, partial)
                totals.append(len(body))
                following = decoder.page(body).continue_
                if not following:
                    break
                query = {"limit": "500", "continue": following}
    finally:
        await client.close()
