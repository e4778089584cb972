"""What a question takes in the reader, while the mirror runs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from mirror.clock import SystemClock
from mirror.store.reader import Reader
from mirror.store.tables import unindexed
from query.api_versions import api_versions
from query.comparison.question import compare
from query.documentation.question import read_doc, search_docs
from query.fleet.flux_instance import flux_instances
from query.fleet.question import fleet_status
from query.graph.question import dependency_graph
from query.graph.trace import trace
from query.object_events import get_events
from query.resources import get_resources
from query.root_cause import find_root_cause
from query.search.question import search_fleet
from query.view import View, open_view
from server.memory import collect_rarely
from server.render.api_versions import render_api_versions
from server.render.budget import Page
from server.render.comparison import render_comparison
from server.render.events import render_events
from server.render.fleet import render_fleet
from server.render.flux_instance import render_flux_instances
from server.render.resources import render_resources
from server.render.root_cause import render_root_cause
from server.render.schema_docs import render_doc_matches, render_doc_page
from server.render.search import render_search
from server.render.trace import render_trace
from server.render.tree import render_tree
from tests.bench.machine import loop_ms
from tests.bench.processes import mirror_running, served
from tests.bench.sync import stored_objects

__all__ = ["questions"]

_NAME = "service-0042"
_FAILING = "service-0000"
_CLUSTER = "cluster-00"
_OF_ONE = "of one cluster"
"""A question that says so is asked of that cluster alone."""


def _trace(view: View) -> Page:
    return render_trace(trace(view, kind="Deployment", name=_NAME, namespace="shop"))


_QUESTIONS: dict[str, Callable[[View], Page]] = {
    "get_fleet_status": lambda view: render_fleet(fleet_status(view), now=view.now),
    "get_fleet_status (with ownership)": lambda view: render_fleet(
        fleet_status(view, ownership=True), now=view.now
    ),
    "get_flux_instance": lambda view: render_flux_instances(flux_instances(view), now=view.now),
    "get_kubernetes_api_versions": lambda view: render_api_versions(api_versions(view)),
    "get_kubernetes_events (all)": lambda view: render_events(get_events(view), now=view.now),
    "get_kubernetes_events (a workload)": lambda view: render_events(
        get_events(view, kind="Deployment", name=_NAME, namespace="shop"), now=view.now
    ),
    "read_flux_doc": lambda view: render_doc_page(read_doc(view, "HelmRelease.spec.upgrade")),
    "search_flux_docs": lambda view: render_doc_matches(search_docs(view, "retries of an upgrade")),
    "search_fleet (a name)": lambda view: render_search(search_fleet(view, _NAME), now=view.now),
    "search_fleet (a word that is everywhere)": lambda view: render_search(
        search_fleet(view, "service"), now=view.now
    ),
    "search_fleet (which clusters run a chart)": lambda view: render_search(
        search_fleet(view, "chart:service@1.1.*"), now=view.now
    ),
    "search_fleet (which clusters run an image)": lambda view: render_search(
        search_fleet(view, f"image:{_NAME}"), now=view.now
    ),
    "search_fleet (what is suspended)": lambda view: render_search(
        search_fleet(view, "", health="Suspended"), now=view.now
    ),
    "search_fleet (a label)": lambda view: render_search(
        search_fleet(view, f"label:name={_NAME}"), now=view.now
    ),
    "get_kubernetes_resources (one HelmRelease)": lambda view: render_resources(
        get_resources(view, kind="HelmRelease", name=_NAME, namespace="shop"), now=view.now
    ),
    "get_kubernetes_resources (all HelmReleases)": lambda view: render_resources(
        get_resources(view, kind="HelmRelease"), now=view.now
    ),
    "compare_clusters (one HelmRelease, its values)": lambda view: render_comparison(
        compare(view, kind="HelmRelease", name=_NAME, namespace="shop"), now=view.now
    ),
    "compare_clusters (how far a chart version has come)": lambda view: render_comparison(
        compare(view, kind="HelmRelease", name=_NAME, namespace="shop", revision="1.1.0"), now=view.now
    ),
    "compare_clusters (everything)": lambda view: render_comparison(compare(view), now=view.now),
    "compare_clusters (namespace flux-system)": lambda view: render_comparison(
        compare(view, namespace="flux-system"), now=view.now
    ),
    "find_root_cause (one failing HelmRelease of one cluster)": lambda view: _why(view, _FAILING),
    "find_root_cause (one healthy HelmRelease of one cluster)": lambda view: _why(view, _NAME),
    "find_root_cause (one HelmRelease in every cluster)": lambda view: _why(view, _NAME),
    "find_root_cause (everything)": lambda view: render_root_cause(find_root_cause(view), now=view.now),
    "get_dependency_graph (one HelmRelease of one cluster)": lambda view: _graph(view, "HelmRelease", _NAME),
    "get_dependency_graph (one HelmRelease in every cluster)": lambda view: _graph(
        view, "HelmRelease", _NAME
    ),
    "get_dependency_graph (who needs a HelmRepository of one cluster)": lambda view: render_tree(
        dependency_graph(view, kind="HelmRepository", name="shop", direction="down"), direction="down"
    ),
    "trace_kubernetes_resource (one Deployment of one cluster)": _trace,
    "trace_kubernetes_resource (one Deployment in every cluster)": _trace,
}


_FEW, _PAUSE_S = 500, 0.2
"""Texts that may still wait for the index; seconds between two looks."""

_RUNS, _FEWEST, _LONGEST_S = 100, 10, 10.0
"""Runs of a question; at least so many, however long they take; seconds after which they are enough."""


def _why(view: View, name: str) -> Page:
    return render_root_cause(
        find_root_cause(view, kind="HelmRelease", name=name, namespace="shop"), now=view.now
    )


def _graph(view: View, kind: str, name: str) -> Page:
    return render_tree(dependency_graph(view, kind=kind, name=name, namespace="shop"), direction="up")


@dataclass(frozen=True)
class _Latency:
    """Milliseconds of one question, rendering included: on the clock, and of the reader's CPU, which says
    more on a machine that is busy. loops: how often the loop of machine.py would run in the median of the
    CPU time, as fast as it ran just before and after; that says most on a machine whose speed changes."""

    p50_ms: float
    p99_ms: float
    p50_cpu_ms: float
    p99_cpu_ms: float
    loops: float
    answer_bytes: int


def questions(folder: Path, clusters: int = 10, objects: int = 1000, failing: int = 20) -> None:
    """100 runs of each question, fewer of slow ones. failing: HelmReleases of all clusters together."""
    kubeconfig = folder / "kubeconfig"
    flags = (f"--failing={failing}",)
    with (
        served(clusters, objects, kubeconfig, *flags),
        mirror_running(kubeconfig, folder / "store.db") as mirror,
    ):
        count = stored_objects(mirror.reader)
        where = f"{clusters} clusters, {count} objects, {failing} of them failing"
        print(f"Questions over {where}, in the reader, mirror running")
        _await_index(mirror.reader)
        collect_rarely()  # as `serve` does
        print(
            f"  {'':66} {'p50 ms':>8} {'p99 ms':>8} {'CPU p50':>8} {'CPU p99':>8} {'loops':>6} {'bytes':>8}"
        )
        for question, ask in _QUESTIONS.items():
            chosen = [_CLUSTER] if _OF_ONE in question else None
            found = _latency(folder / "store.db", ask, chosen=chosen)
            times = (found.p50_ms, found.p99_ms, found.p50_cpu_ms, found.p99_cpu_ms)
            numbers = " ".join(f"{each:8.1f}" for each in times)
            print(f"  {question:66} {numbers} {found.loops:6.2f} {found.answer_bytes:8,}", flush=True)


def _await_index(reader: Reader) -> None:
    """Until all texts are in the full-text index: seconds after the sync."""
    while True:
        with reader.snapshot() as connection:
            if connection.execute(select(func.count()).select_from(unindexed)).scalar_one() < _FEW:
                return
        time.sleep(_PAUSE_S)


def _latency(store: Path, ask: Callable[[View], Page], *, chosen: Sequence[str] | None = None) -> _Latency:
    """Open a view, ask, render: what a tool call does in the reader."""
    clock = SystemClock()
    took: list[tuple[float, float]] = []
    size = 0
    loop = loop_ms()
    with Reader(store) as reader:
        until = time.perf_counter() + _LONGEST_S
        while len(took) < _RUNS + 3 and (time.perf_counter() < until or len(took) < _FEWEST + 3):
            began, worked = time.perf_counter(), time.thread_time()
            with open_view(reader, clock=clock, alive=True, clusters=chosen) as view:
                size = len(ask(view).text.encode())
            took.append((time.perf_counter() - began, time.thread_time() - worked))
    clock_ms, cpu_ms = (sorted(each * 1000 for each in times) for times in zip(*took[3:], strict=True))
    # Without the first ones, which fill caches.
    late = int(len(clock_ms) * 0.99) - 1
    middle = statistics.median(cpu_ms)
    loops = middle / statistics.mean((loop, loop_ms()))
    return _Latency(statistics.median(clock_ms), clock_ms[late], middle, cpu_ms[late], loops, size)
