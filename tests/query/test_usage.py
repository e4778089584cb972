"""What Pods use: summed, the largest first; what cannot be told has its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mirror.keys import METRICS_GROUP, GroupKind, Resource
from mirror.store.changes import ScopeState
from query.awaited import METRICS_RENEW_S, wish_of
from query.errors import SelectorError
from query.usage import METRICS_VERSION, get_metrics, measured_kind
from server.render.usage import render_metrics
from tests.query.manifests import manifest
from tests.query.stores import NOW, RESOURCES, Content, view_of

KIND = GroupKind(METRICS_GROUP, "PodMetrics")
SERVED = (*RESOURCES, Resource(METRICS_GROUP, "v1beta1", "PodMetrics", "pods", True))


def measured(name: str, *used: tuple[str, str], namespace: str = "apps", **labels: str) -> dict[str, Any]:
    return manifest(
        METRICS_VERSION,
        "PodMetrics",
        name,
        namespace,
        labels=labels,
        timestamp="2026-11-18T12:00:00Z",
        window="15s",
        containers=[
            {"name": f"c{number}", "usage": {"cpu": cpu, "memory": memory}}
            for number, (cpu, memory) in enumerate(used)
        ],
    )


PODS = [
    measured("small", ("1500u", "65536Ki"), app="web"),
    measured("large", ("250m", "1Gi"), ("1", "512Mi"), app="db"),
    measured("other", ("12345678n", "100M"), namespace="infra"),
]


def test_the_largest_comes_first_with_the_sum_of_its_containers(tmp_path: Path) -> None:
    with view_of(tmp_path, {"a": Content(objects=PODS, served=SERVED), "b": Content()}) as view:
        found = get_metrics(view)
        assert [usage.object.name for usage in get_metrics(view, selector="app in (web)").usage] == ["small"]
        assert [usage.object.name for usage in get_metrics(view, namespace="infra").usage] == ["other"]
        assert get_metrics(view, limit=1).omitted.count == 2
    assert [usage.object.name for usage in found.usage] == ["large", "other", "small"]
    large, other, small = found.usage
    assert (large.object.kind, large.object.api_version) == ("Pod", "v1")
    assert (large.cpu_cores, large.memory_bytes) == (1.25, 1024**3 + 512 * 1024**2)
    assert (small.cpu_cores, small.memory_bytes, other.memory_bytes) == (0.0015, 64 * 1024**2, 100_000_000)
    assert found.without == ("b: no metrics API (metrics.k8s.io) is served",)
    text = render_metrics(found, now=NOW).text
    assert "3 Pods; 1264m CPU, 1.7Gi memory, measured up to" in text
    assert "b: no metrics API" in text
    assert "c0 250m/1Gi, c1 1/512Mi" in text


def test_without_a_metrics_api_the_answer_says_so(tmp_path: Path) -> None:
    with view_of(tmp_path, {"a": Content()}) as view:
        text = render_metrics(get_metrics(view, namespace="apps"), now=NOW).text
    assert text.startswith(
        "No metrics: Pods in namespace apps of a\na: no metrics API (metrics.k8s.io) is served"
    )


@pytest.mark.parametrize(
    ("state", "words"),
    [(ScopeState.FORBIDDEN, "not allowed to read metrics"), (None, "asked for and not there yet")],
)
def test_metrics_that_cannot_be_seen_have_a_reason(
    tmp_path: Path, state: ScopeState | None, words: str
) -> None:
    with view_of(tmp_path, {"a": Content(served=SERVED, states={"PodMetrics": state})}) as view:
        assert words in get_metrics(view).without[0]


def test_measurements_make_nothing_else_old(tmp_path: Path) -> None:
    """They are polled once a minute, and no other question is about them."""
    lost = {"PodMetrics": ScopeState.POLLING}
    content = Content(objects=PODS, served=SERVED, lost=lost, confirmed_at=NOW - 1)
    with view_of(tmp_path, {"a": content}) as view:
        view.touch()
        assert view.freshness()[0].behind == ()


@pytest.mark.parametrize(
    ("asked_ago_s", "wish"),
    [(60.0, None), (METRICS_RENEW_S + 1, (KIND, False)), (10_000.0, (KIND, False))],
)
def test_the_interest_in_metrics_is_short(
    tmp_path: Path, asked_ago_s: float, wish: tuple[GroupKind, bool] | None
) -> None:
    fleet = {"a": Content(objects=PODS, served=SERVED)}
    with view_of(tmp_path, fleet, asked={KIND: NOW - asked_ago_s}) as view:
        assert wish_of(view, "PodMetrics", METRICS_VERSION) == wish


@pytest.mark.parametrize(
    ("kind", "measured_as"),
    [
        (None, "PodMetrics"),
        ("pods", "PodMetrics"),
        ("po", "PodMetrics"),
        ("Node", "NodeMetrics"),
        ("nodemetrics", "NodeMetrics"),
    ],
)
def test_kinds_that_are_measured(kind: str | None, measured_as: str) -> None:
    assert measured_kind(kind) == measured_as
    with pytest.raises(SelectorError, match="nobody measures"):
        measured_kind("Service")
