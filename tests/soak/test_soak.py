"""Fifty clusters, 500 events a second, something goes wrong every other second: flat, quick, right.

FLUX_MIRROR_SOAK_S is how many seconds it takes, half an hour by default. In less than ten minutes it shows
that all is right in the end, and the figures; what has just started is neither flat nor quick.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import psutil
import pytest

from mirror.store import clusters as cluster_rows
from mirror.store import documents, objects
from mirror.store.lease import mirror_pid
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from tests.bench.processes import mirror_running
from tests.soak.figures import Figures, Lag, Sample, percentile
from tests.soak.outcome import CANARY, Outcome

SECONDS = float(os.environ.get("FLUX_MIRROR_SOAK_S", "1800"))
SEED = int(os.environ.get("FLUX_MIRROR_TEST_SEED", "1"))
CLUSTERS, OBJECTS, RATE = 50, 200, 500
LAG_P99_S, TELLING_S = 0.25, 600.0
_ROOT = Path(__file__).parents[2]
_SAMPLE_S = max(1.0, SECONDS / 360)
_POLL_S = 0.02
_CALM_S = 120.0


@pytest.mark.long
@pytest.mark.soak
def test_half_an_hour_of_fifty_clusters(tmp_path: Path) -> None:
    kubeconfig, outcome = tmp_path / "kubeconfig", tmp_path / "outcome"
    paths = StorePaths(tmp_path / "store.db")
    figures = Figures()
    with served(kubeconfig) as server, mirror_running(kubeconfig, paths.store) as mirror:
        process = psutil.Process(mirror_pid(paths))
        assert server.stdin
        server.stdin.write(f"run {RATE} {SECONDS} {outcome}\n".encode())
        server.stdin.flush()
        follow(mirror.reader, process, paths, outcome, figures)
        end = msgspec.json.decode(outcome.read_bytes(), type=Outcome)
        print(f"\n{figures.report(end.outages)}")
        assert becomes_equal(mirror.reader, end) == []
    if SECONDS >= TELLING_S:
        judge(figures, end)


def judge(figures: Figures, end: Outcome) -> None:
    """Flat: what the second half adds is noise. Quick: a canary can be read within a quarter of a second."""
    last = figures.samples[-1]
    memory = figures.growth(lambda sample: sample.memory_bytes)
    assert memory < max(10e6, 0.05 * last.memory_bytes)
    store = figures.growth(lambda sample: sample.store_bytes)
    assert store < max(8e6, 0.1 * last.store_bytes)
    files, threads = (figures.growth(lambda one: one.files), figures.growth(lambda one: one.threads))
    assert files < 25
    assert threads < 5
    lags = figures.connected(end.outages)
    assert len(lags) > SECONDS * CLUSTERS / 4
    p99 = percentile(lags, 0.99)
    assert p99 < LAG_P99_S


@contextmanager
def served(kubeconfig: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.soak.servers", str(CLUSTERS), str(OBJECTS), str(kubeconfig)]
    with subprocess.Popen(
        [*command, str(SEED)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline().strip() == b"ready"
            yield process
        finally:
            process.terminate()


def follow(
    reader: Reader, process: psutil.Process, paths: StorePaths, outcome: Path, figures: Figures
) -> None:
    """Read the canaries whenever something has changed, and take a sample now and then, until it is over."""
    seen: dict[str, float] = {}
    began, generation = time.time(), -1
    while not outcome.exists():
        assert time.time() - began < SECONDS * 1.5 + 60, "the serving process is stuck"
        if time.time() - began >= len(figures.samples) * _SAMPLE_S:
            figures.samples.append(sample(process, paths, time.time() - began))
        now = reader.generation()
        if now != generation:
            generation = now
            for cluster, sent in canaries(reader):
                if sent > max(began, seen.get(cluster, 0.0)):
                    figures.lags.append(Lag(cluster, sent, time.time()))
                    seen[cluster] = sent
        time.sleep(_POLL_S)


def canaries(reader: Reader) -> list[tuple[str, float]]:
    with reader.snapshot() as connection:
        rows = objects.select(
            connection, group="", kind="ConfigMap", namespace=CANARY.namespace, name=CANARY.name
        )
        bodies = documents.load(connection, [row.id for row in rows])
    return [(row.cluster, float(bodies[row.id]["data"]["sent"])) for row in rows]


def sample(process: psutil.Process, paths: StorePaths, at: float) -> Sample:
    size = 0
    for name in (paths.store.name, f"{paths.store.name}-wal"):
        with suppress(FileNotFoundError):
            size += paths.store.with_name(name).stat().st_size
    with process.oneshot():
        times = process.cpu_times()
        return Sample(
            at,
            process.memory_info().rss,
            size,
            process.num_fds(),
            process.num_threads(),
            times.user + times.system,
        )


def becomes_equal(reader: Reader, end: Outcome) -> list[str]:
    """What differs from the servers in the end; events aside, which are kept longer."""
    until = time.time() + _CALM_S
    while True:
        wrong = list(differences(reader, end))
        if not wrong or time.time() > until:
            return wrong[:20]
        time.sleep(1.0)


def differences(reader: Reader, end: Outcome) -> Iterator[str]:
    with reader.snapshot() as connection:
        states = {row.name: row.state for row in cluster_rows.clusters(connection)}
        scopes = cluster_rows.scopes(connection)
        rows = {row.id: row for row in objects.select(connection)}
    held: dict[tuple[str, str, str], dict[str, int]] = {}
    for row in rows.values():
        name = f"{row.namespace}/{row.name}" if row.namespace else row.name
        held.setdefault((row.cluster, row.group, row.kind), {})[name] = int(row.resource_version)
    yield from (f"{name} is {state}" for name, state in states.items() if state != "synced")
    for scope in scopes:
        if scope.plural == "events":
            continue
        server = end.held[scope.cluster][f"{scope.plural}.{scope.group}"]
        if held.get((scope.cluster, scope.group, scope.kind), {}) != server:
            yield f"{scope.cluster} {scope.plural} differ"
