"""What is measured, and how: each function returns plain figures."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import psutil

from mirror.clock import SystemClock
from mirror.errors import StoreMissingError
from mirror.flux.kinds import metadata_only, mirrored
from mirror.kube.client import Client
from mirror.kube.credentials import Credentials
from mirror.kube.discovery import discover
from mirror.kube.exec_sources import ExecSources
from mirror.kube.frames import FrameDecoder
from mirror.kube.kubeconfig import Kubeconfig, load_kubeconfig
from mirror.settings import ClientSettings
from mirror.store import clusters as cluster_rows
from mirror.store import objects as object_rows
from mirror.store.changes import ClusterState
from mirror.store.reader import Reader
from query.view import View, open_view
from server.render.budget import Page

__all__ = ["Latency", "Sync", "mirror_running", "question_latency", "raw_download", "served"]

_ROOT = Path(__file__).parents[2]
_POLL_S = 0.02


@dataclass(frozen=True)
class Sync:
    """A first sync: objects stored, seconds from process start to every cluster synced, memory at the end."""

    objects: int
    seconds: float
    memory_bytes: int


@dataclass(frozen=True)
class Latency:
    """Milliseconds of one question, rendering included."""

    question: str
    p50_ms: float
    p99_ms: float
    answer_bytes: int


@contextmanager
def served(clusters: int, objects: int, kubeconfig: Path) -> Iterator[None]:
    """Serve that many clusters with about that many objects each, in another process."""
    command = [sys.executable, "-m", "tests.bench.servers", str(clusters), str(objects), str(kubeconfig)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline().strip() == b"ready"
        try:
            yield
        finally:
            process.stdin.close()


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
    client = Client(
        access, Credentials(access, settings, clock, ExecSources(settings, clock, {})), settings, clock
    )
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


@contextmanager
def mirror_running(kubeconfig: Path, store: Path) -> Iterator[Sync]:
    """A mirror process over that kubeconfig; yields once every cluster is synced."""
    command = [sys.executable, "-m", "server.cli", "mirror", "--foreground"]
    command += ["--kubeconfig", str(kubeconfig), "--store", str(store)]
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=_ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            expected = len(load_kubeconfig([kubeconfig], {}).select(()))
            while not _synced(store, expected):
                assert process.poll() is None, "the mirror ended"
                time.sleep(_POLL_S)
            seconds = time.perf_counter() - began
            with Reader(store) as reader, reader.snapshot() as connection:
                objects = sum(n for *_, n in object_rows.count_by_health(connection, None))
            yield Sync(objects, seconds, psutil.Process(process.pid).memory_info().rss)
        finally:
            process.terminate()


def _synced(store: Path, expected: int) -> bool:
    try:
        reader = Reader(store)
    except StoreMissingError:
        return False
    with reader, reader.snapshot() as connection:
        states = [row.state for row in cluster_rows.clusters(connection)]
    return len(states) == expected and all(state == ClusterState.SYNCED for state in states)


def question_latency(store: Path, question: str, ask: Callable[[View], Page], runs: int = 100) -> Latency:
    """Open a view, ask, render: what a tool call does in the reader."""
    clock = SystemClock()
    took: list[float] = []
    size = 0
    with Reader(store) as reader:
        for _ in range(runs + 3):
            began = time.perf_counter()
            with open_view(reader, clock=clock, alive=True) as view:
                size = len(ask(view).text.encode())
            took.append((time.perf_counter() - began) * 1000)
    kept = sorted(took[3:])  # the first ones fill caches
    return Latency(question, statistics.median(kept), kept[int(len(kept) * 0.99) - 1], size)
