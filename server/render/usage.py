"""get_kubernetes_metrics as text: one line per Pod, its containers beside it where there are several."""

from __future__ import annotations

from query.results.kubernetes import Metrics, Usage
from server.render.budget import BUDGET_BYTES, Draft, Page
from server.render.freshness import freshness_lines
from server.render.table import columns
from server.render.words import ago, count

__all__ = ["render_metrics"]

HEADING = ("CLUSTER", "NAMESPACE", "NAME", "CPU", "MEMORY", "MEASURED", "CONTAINERS")


def render_metrics(metrics: Metrics, *, now: float, budget: int | None = BUDGET_BYTES) -> Page:
    """now: wall seconds, for ages. `kept` counts the Pods or Nodes."""
    title, *rows = columns([HEADING, *(_row(usage, now) for usage in metrics.usage)])
    return Draft(
        head=[_verdict(metrics, now), *metrics.without],
        items=[[row] for row in rows],
        foot=freshness_lines(metrics.freshness),
        noun="measurement",
        omitted=metrics.omitted.count,
        title=title,
    ).fit(budget)


def _verdict(metrics: Metrics, now: float) -> str:
    found = metrics.usage
    if not found:
        return f"No metrics: {metrics.searched}"
    total = len(found) + metrics.omitted.count
    memory = sum(usage.memory_bytes for usage in found)
    cores = sum(usage.cpu_cores for usage in found)
    oldest = min((usage.at for usage in found if usage.at), default="")
    age = f", measured up to {ago(oldest, now)} ago" if oldest else ""
    of_these = f" of the largest {len(found)}" if metrics.omitted.count else ""
    return (
        f"{count(total, found[0].object.kind)}; {_cores(cores)} CPU, {_bytes(memory)} memory{of_these}{age}"
    )


def _row(usage: Usage, now: float) -> tuple[str, ...]:
    parts = usage.containers if len(usage.containers) > 1 else ()
    return (
        usage.object.cluster,
        usage.object.namespace or "",
        usage.object.name,
        _cores(usage.cpu_cores),
        _bytes(usage.memory_bytes),
        ago(usage.at, now, " ago"),
        ", ".join(f"{part.name} {part.cpu}/{part.memory}" for part in parts),
    )


def _cores(cores: float) -> str:
    return f"{cores:.1f}" if cores >= 10 else f"{round(cores * 1000)}m"


def _bytes(number: int) -> str:
    return f"{number / 2**30:.1f}Gi" if number >= 2**30 else f"{number / 2**20:.0f}Mi"
