"""Run all measures and print them. See docs/benchmarks.md for a recorded run."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path

from query.compare import compare
from query.fleet import fleet_status
from query.graph import dependency_graph
from query.resources import get_resources
from query.root_cause import find_root_cause
from query.view import View
from server.render.budget import Page
from server.render.comparison import render_comparison
from server.render.fleet import render_fleet
from server.render.resources import render_resources
from server.render.root_cause import render_root_cause
from server.render.tree import render_tree
from tests.bench.measures import mirror_running, question_latency, raw_download, served

_NAME = "service-0042"

QUESTIONS: dict[str, Callable[[View], Page]] = {
    "get_fleet_status": lambda view: render_fleet(fleet_status(view), now=view.now),
    "get_kubernetes_resources (all HelmReleases)": lambda view: render_resources(
        get_resources(view, kind="HelmRelease"), now=view.now
    ),
    "compare_clusters (one HelmRelease, its values)": lambda view: render_comparison(
        compare(view, kind="HelmRelease", name=_NAME, namespace="shop"), now=view.now
    ),
    "compare_clusters (namespace flux-system)": lambda view: render_comparison(
        compare(view, namespace="flux-system"), now=view.now
    ),
    "find_root_cause (one HelmRelease)": lambda view: render_root_cause(
        find_root_cause(view, kind="HelmRelease", name=_NAME, namespace="shop"), now=view.now
    ),
    "find_root_cause (everything)": lambda view: render_root_cause(find_root_cause(view), now=view.now),
    "get_dependency_graph (one HelmRelease)": lambda view: render_tree(
        dependency_graph(view, kind="HelmRelease", name=_NAME, namespace="shop"), direction="up"
    ),
}


def main() -> None:
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    print(f"{machine}, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory(prefix="flux-mirror-bench-") as folder:
        _sync(Path(folder), clusters=10, objects=5000)
    with tempfile.TemporaryDirectory(prefix="flux-mirror-bench-") as folder:
        _latencies(Path(folder), clusters=10, objects=1000)


def _sync(folder: Path, *, clusters: int, objects: int) -> None:
    kubeconfig, store = folder / "kubeconfig", folder / "store.db"
    with served(clusters, objects, kubeconfig):
        raw_bytes, raw_s = raw_download(kubeconfig)
        with mirror_running(kubeconfig, store) as sync:
            stored = sum(path.stat().st_size for path in folder.glob("store.db*") if path.is_file())
    count = sync.objects
    print(f"First sync of {clusters} clusters, {count} objects, {raw_bytes / 1e6:.0f} MB of JSON")
    print(f"  raw download of the same pages   {raw_s:8.2f} s  {count / raw_s:10,.0f} objects/s")
    print(
        f"  mirror, from process start       {sync.seconds:8.2f} s  {count / sync.seconds:10,.0f} objects/s"
    )
    print(f"  ratio                            {sync.seconds / raw_s:8.1f}")
    print(f"  memory of the mirror             {sync.memory_bytes / 1e6:8.0f} MB")
    print(f"  store files                      {stored / 1e6:8.0f} MB {stored / count:10,.0f} bytes/object\n")


def _latencies(folder: Path, *, clusters: int, objects: int) -> None:
    kubeconfig = folder / "kubeconfig"
    with served(clusters, objects, kubeconfig), mirror_running(kubeconfig, folder / "store.db") as sync:
        print(f"Questions over {clusters} clusters, {sync.objects} objects, in the reader, mirror running")
        print(f"  {'':50} {'p50 ms':>8} {'p99 ms':>8} {'bytes':>8}")
        for question, ask in QUESTIONS.items():
            found = question_latency(folder / "store.db", question, ask)
            print(f"  {found.question:50} {found.p50_ms:8.1f} {found.p99_ms:8.1f} {found.answer_bytes:8,}")


if __name__ == "__main__":
    main()
