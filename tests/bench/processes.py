"""The processes of a measurement: who serves the clusters, who mirrors them, and what they use."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil
from sqlalchemy import select

from mirror.errors import StoreMissingError
from mirror.kube.kubeconfig import load_kubeconfig
from mirror.store import clusters as cluster_rows
from mirror.store.changes import ClusterState
from mirror.store.reader import Reader
from mirror.store.rows import ScopeRow
from mirror.store.tables import cluster, scope

__all__ = ["Mirror", "Usage", "mirror_running", "served", "settled"]

_ROOT = Path(__file__).parents[2]
_POLL_S = 0.05
_SYNC_S = 900.0
_STATUS = Path("/proc")


@dataclass(frozen=True)
class Usage:
    """What a process has used so far: seconds of CPU, bytes of memory now and at the most."""

    cpu_s: float
    memory_bytes: int
    peak_bytes: int

    @classmethod
    def of(cls, process: psutil.Process) -> Usage:
        with process.oneshot():
            times, memory = process.cpu_times(), process.memory_info().rss
        return cls(times.user + times.system, memory, max(memory, _peak_bytes(process.pid)))


@dataclass(frozen=True)
class Mirror:
    """A mirror that has synced. seconds: from the start of its process until every cluster was synced;
    reading_s: from its first request on, so without the imports.

    usage(): of the mirror; serving(): of the process that serves the clusters.
    """

    seconds: float
    reading_s: float
    reader: Reader
    usage: Callable[[], Usage]

    def scopes(self) -> list[ScopeRow]:
        with self.reader.snapshot() as connection:
            return cluster_rows.scopes(connection)

    def versions(self, plural: str) -> list[tuple[str, str]]:
        """(cluster, resourceVersion) of the scopes of one kind; cheap enough to be asked all the time."""
        columns = select(cluster.c.name, scope.c.resource_version).join_from(scope, cluster)
        with self.reader.snapshot() as connection:
            return [
                (name, version)
                for name, version in connection.execute(columns.where(scope.c.plural == plural))
            ]


@contextmanager
def served(clusters: int, objects: int, kubeconfig: Path, *flags: str) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that serves so many clusters with about so many objects each. flags: see servers.py."""
    command = [sys.executable, "-m", "tests.bench.servers", str(clusters), str(objects), str(kubeconfig)]
    with _child([*command, *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline().strip() == b"ready"
        yield process


@contextmanager
def mirror_running(kubeconfig: Path, store: Path) -> Iterator[Mirror]:
    """A mirror process over that kubeconfig; entered once every cluster is synced."""
    command = [sys.executable, "-m", "server.cli", "mirror", "--foreground"]
    command += ["--kubeconfig", str(kubeconfig), "--store", str(store)]
    expected = len(load_kubeconfig([kubeconfig], {}).select(()))
    written = store.with_name("mirror.log")
    began = time.perf_counter()
    with (
        written.open("wb") as log,
        _child(command, stderr=log.fileno()) as process,
        _reader(process, store) as reader,
    ):
        while not _synced(reader, expected):
            assert process.poll() is None, "the mirror ended"
            assert time.perf_counter() - began < _SYNC_S, "the clusters did not sync"
            time.sleep(_POLL_S)
        seconds = time.perf_counter() - began
        seen = psutil.Process(process.pid)
        yield Mirror(seconds, _reading_s(written.read_text().splitlines()), reader, lambda: Usage.of(seen))


def settled(mirror: Mirror, quiet_s: float = 2.0) -> Usage:
    """The usage once the work after a sync is over: no CPU to speak of for that long."""
    before = mirror.usage()
    for _ in range(30):
        time.sleep(quiet_s)
        now = mirror.usage()
        if now.cpu_s - before.cpu_s < 0.1 * quiet_s:
            return now
        before = now
    return before


@contextmanager
def _child(
    command: Sequence[str], *, stdin: int | None = None, stdout: int | None = None, stderr: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr, cwd=_ROOT) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextmanager
def _reader(process: subprocess.Popen[bytes], store: Path) -> Iterator[Reader]:
    while True:
        try:
            reader = Reader(store)
        except StoreMissingError:
            assert process.poll() is None, "the mirror ended"
            time.sleep(_POLL_S)
        else:
            break
    with reader:
        yield reader


def _reading_s(log: Sequence[str]) -> float:
    """From the line that names the store to the last of those that say that a cluster is synced."""
    began = next(line for line in log if ": mirroring " in line)
    synced = [line for line in log if line.endswith(": synced")][-1]
    first, last = (datetime.strptime(line[:23], "%Y-%m-%d %H:%M:%S,%f") for line in (began, synced))  # noqa: DTZ007
    return (last - first).total_seconds()


def _synced(reader: Reader, expected: int) -> bool:
    with reader.snapshot() as connection:
        states = [row.state for row in cluster_rows.clusters(connection)]
    return len(states) == expected and all(state == ClusterState.SYNCED for state in states)


def _peak_bytes(pid: int) -> int:
    """The most memory the process has ever had; 0 where the system does not tell."""
    status = _STATUS / str(pid) / "status"
    if not status.exists():
        return 0
    lines = (line.split() for line in status.read_text().splitlines())
    return next((int(words[1]) * 1024 for words in lines if words[0] == "VmHWM:"), 0)
