"""Warm restart: from the start of a command to its answer in sync, the store being there already."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil

from mirror.store import clusters as cluster_rows
from mirror.store.lease import mirror_pid
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from tests.bench.processes import served

__all__ = ["restart"]

_ROOT = Path(__file__).parents[2]


def restart(folder: Path, clusters: int = 1, objects: int = 500, runs: int = 7) -> None:
    """`flux-mirror status` from a cold process: beside a running mirror, and after its end or death."""
    kubeconfig, paths = folder / "kubeconfig", StorePaths(folder / "store.db")
    with served(clusters, objects, kubeconfig):
        command = _command(folder, kubeconfig, paths)
        try:
            first_s = command()
            lists = _lists(paths)
            print(f"Warm restart with {clusters} clusters of {objects} objects, to an answer in sync")
            print(f"  first sync, nothing stored       {first_s:8.2f} s")
            beside, cpu_s = _timed(runs, command, list)
            print(f"  a mirror is running              {beside:8.2f} s   CPU {cpu_s:.2f} s of the command")
            for name, number in (("has left", signal.SIGTERM), ("was killed", signal.SIGKILL)):
                seconds, cpu_s = _timed(runs, command, partial(_end, paths, number))
                print(f"  the mirror {name:<21} {seconds:8.2f} s   CPU {cpu_s:.2f} s of the command")
            print(f"  LISTs meanwhile                  {_lists(paths) - lists:8}")
        finally:
            _end(paths, signal.SIGTERM)


def _command(folder: Path, kubeconfig: Path, paths: StorePaths) -> Callable[[], float]:
    line = [sys.executable, "-m", "server.cli", "status", "-o", "json"]
    line += ["--kubeconfig", str(kubeconfig), "--store", str(paths.store)]
    environment = {**os.environ, "HOME": str(folder), "FLUX_MIRROR_LINGER": "600"}

    def run() -> float:
        began = time.perf_counter()
        done = subprocess.run(line, env=environment, cwd=_ROOT, capture_output=True, check=True)
        seconds = time.perf_counter() - began
        states = [entry["state"] for entry in json.loads(done.stdout)["freshness"]]
        assert states, done.stderr
        assert set(states) == {"synced"}, states
        return seconds

    return run


def _timed(runs: int, command: Callable[[], float], before: Callable[[], object]) -> tuple[float, float]:
    """Medians: seconds until the answer, seconds of CPU that the command itself has used."""
    took, used = [], []
    for _ in range(runs):
        before()
        children = os.times()
        took.append(command())
        now = os.times()
        used.append(
            now.children_user + now.children_system - children.children_user - children.children_system
        )
    return statistics.median(took), statistics.median(used)


def _end(paths: StorePaths, number: signal.Signals) -> None:
    pid = mirror_pid(paths)
    if pid is not None:
        process = psutil.Process(pid)
        process.send_signal(number)
        process.wait(30)


def _lists(paths: StorePaths) -> int:
    with Reader(paths.store) as reader, reader.snapshot() as connection:
        return sum(row.lists for row in cluster_rows.scopes(connection))
