"""get_kubernetes_metrics: what Pods or Nodes used when the mirror looked last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from mirror.flux.fields import mapping, sequence, text
from mirror.keys import METRICS_GROUP, GroupKind
from mirror.store.rows import ObjectRow
from query.errors import SelectorError
from query.places import listed
from query.results.answer import ObjectRef, Omitted
from query.results.kubernetes import ContainerUsage, Metrics, Usage
from query.syntax.labels import parse_selector
from query.syntax.quantities import quantity_value
from query.view import View
from query.visibility import Visibility

__all__ = ["METRICS_VERSION", "get_metrics", "measured_kind"]

METRICS_VERSION = f"{METRICS_GROUP}/v1beta1"
_MEASURED = {"pod": "PodMetrics", "node": "NodeMetrics"}
_OBJECTS = {"PodMetrics": "Pod", "NodeMetrics": "Node"}

_REASONS = {
    Visibility.NOT_DISCOVERED: f"the metrics API ({METRICS_GROUP}) does not answer",
    Visibility.NOT_SERVED: f"no metrics API ({METRICS_GROUP}) is served",
    Visibility.FORBIDDEN: "not allowed to read metrics",
    Visibility.NOT_SYNCED: "metrics are asked for and not there yet: ask again in some seconds",
    Visibility.NOT_MIRRORED: "metrics are asked for and not there yet: ask again in some seconds",
}


def measured_kind(kind: str | None) -> str:
    """`PodMetrics` or `NodeMetrics`, for `Pod`, `pods`, `po`, `node` ... Raises SelectorError for others."""
    word = (kind or "Pod").strip().lower()
    word = {"po": "pod", "no": "node"}.get(word, word).removesuffix("s").removesuffix("metric")
    if word not in _MEASURED:
        raise SelectorError(f"nobody measures `{(kind or '')[:80]}`", hint="kind is Pod or Node")
    return _MEASURED[word]


def get_metrics(
    view: View,
    *,
    kind: str | None = None,
    name: str | None = None,
    namespace: str | None = None,
    selector: str | None = None,
    limit: int = 100,
) -> Metrics:
    """The last measurement of each Pod (or Node) that fits, the largest memory first.

    The mirror polls metrics once a minute while somebody asks for them; each measurement has its own time.
    selector: of the Pods' labels. limit: Pods; 0 means all.
    Raises SelectorError.
    """
    measured = measured_kind(kind)
    wanted = parse_selector(selector) if selector else None
    view.touch(GroupKind(METRICS_GROUP, measured))
    rows = [
        row
        for row in view.objects(group=METRICS_GROUP, kind=measured, name=name, namespace=namespace or None)
        if wanted is None or wanted.matches(row.labels)
    ]
    documents = view.documents([row.id for row in rows])
    usage = [_usage(view, row, documents.get(row.id, {})) for row in rows]
    usage.sort(key=lambda each: (-each.memory_bytes, each.object.cluster, str(each.object)))
    shown = usage[:limit] if limit > 0 else usage
    return Metrics(
        usage=tuple(shown),
        searched=_searched(view, measured, name, namespace, selector),
        without=tuple(_without(view, measured, namespace or "")),
        freshness=view.freshness(),
        omitted=Omitted(count=len(usage) - len(shown)),
    )


def _usage(view: View, row: ObjectRow, document: Mapping[str, Any]) -> Usage:
    parts = [mapping(part) for part in sequence(document.get("containers"))]
    used = [mapping(part.get("usage")) for part in parts] or [mapping(document.get("usage"))]
    kind = _OBJECTS[row.kind]
    return Usage(
        object=ObjectRef(
            row.cluster, view.api_version(row.cluster, "", kind), kind, row.namespace or None, row.name
        ),
        cpu_cores=float(_total(use.get("cpu") for use in used)),
        memory_bytes=int(_total(use.get("memory") for use in used)),
        at=text(document.get("timestamp")),
        window=text(document.get("window")),
        containers=tuple(
            ContainerUsage(text(part.get("name")), text(use.get("cpu")), text(use.get("memory")))
            for part, use in zip(parts, used, strict=False)
        ),
    )


def _total(quantities: Iterable[object]) -> Fraction:
    numbers = map(quantity_value, quantities)
    return sum((number for number in numbers if number is not None), Fraction(0))


def _without(view: View, measured: str, namespace: str) -> Iterable[str]:
    """Clusters of which nothing can be said, and why; those with the same reason share a line."""
    by_reason: dict[str, list[str]] = {}
    errors = {
        s.cluster: s.error
        for s in view.scopes()
        if (s.group, s.kind) == (METRICS_GROUP, measured) and s.error
    }
    for cluster in view.names:
        seen = view.visibility(cluster, METRICS_GROUP, measured, namespace)
        if seen in _REASONS:
            why = errors.get(cluster) if seen is Visibility.NOT_SYNCED else None
            by_reason.setdefault(why or _REASONS[seen], []).append(cluster)
    return (f"{listed(clusters)}: {reason}" for reason, clusters in by_reason.items())


def _searched(
    view: View, measured: str, name: str | None, namespace: str | None, selector: str | None
) -> str:
    what = f"{_OBJECTS[measured]}s" + (f" `{name}`" if name else "")
    what += f" with labels {selector}" if selector else ""
    place = f"namespace {namespace}" if namespace else "all namespaces"
    return f"{what} in {place} of {listed(view.names)}"
