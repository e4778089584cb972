"""What Pods use is polled while somebody asks for it, and only then; what fails there spoils nothing else."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
import pytest

from mirror.keys import GroupKind, ObjectKey, Resource
from mirror.settings import MetricsSettings, MirrorSettings, WriterSettings
from mirror.store.mailbox import Mailbox
from mirror.testing.apiserver import FakeAPIServer
from tests.mirror.informers.conftest import Bench

pytestmark = pytest.mark.anyio

METRICS = Resource(
    "metrics.k8s.io", "v1beta1", "PodMetrics", "pods", namespaced=True, verbs=frozenset({"get", "list"})
)
KIND = GroupKind("metrics.k8s.io", "PodMetrics")
WEB = ObjectKey(*KIND, "apps", "web-1")


def measured(cpu: str, at: str) -> dict[str, Any]:
    return {
        "apiVersion": "metrics.k8s.io/v1beta1",
        "kind": "PodMetrics",
        "metadata": {
            "name": "web-1",
            "namespace": "apps",
            "labels": {"kustomize.toolkit.fluxcd.io/name": "apps"},
        },
        "timestamp": at,
        "window": "15s",
        "containers": [{"name": "web", "usage": {"cpu": cpu, "memory": "64Mi"}}],
    }


async def measuring(bench: Bench) -> FakeAPIServer:
    server = await bench.serve("one")
    server.cluster.register(METRICS, custom=False, status=False)
    server.cluster.create(measured("100m", "2026-11-18T12:00:00Z"))
    return server


def lists(server: FakeAPIServer) -> int:
    return sum(request.path.startswith("/apis/metrics.k8s.io/v1beta1/pods") for request in server.requests)


async def asked(bench: Bench) -> None:
    await anyio.to_thread.run_sync(Mailbox(bench.paths).ask, KIND)


def cpu(bench: Bench) -> str:
    return str(bench.bodies("one", "PodMetrics")[0]["containers"][0]["usage"]["cpu"])


def failing(bench: Bench) -> bool:
    return any(scope.error for scope in bench.scopes("one") if scope.kind == "PodMetrics")


async def test_metrics_are_polled_from_when_somebody_asks(bench: Bench) -> None:
    server = await measuring(bench)
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        await bench.passes(150)
        assert lists(server) == 0, "nobody has asked"
        assert "PodMetrics" in await bench.see(lambda: bench.served("one"))
        await asked(bench)
        await bench.has("one", WEB)
        server.cluster.apply(measured("250m", "2026-11-18T12:01:00Z"))
        before = bench.clock.monotonic()
        await bench.until(lambda: cpu(bench) == "250m", step_s=1.0)
        assert bench.clock.monotonic() - before < 1.1 * 60 + 10
        scope = await bench.see(lambda: next(s for s in bench.scopes("one") if s.kind == "PodMetrics"))
        assert (scope.state, scope.error) == ("polling", "")
        assert (await bench.see(lambda: bench.cluster("one"))).state == "synced"
        server.cluster.delete(WEB)
        await bench.lacks("one", WEB, step_s=1.0)


async def test_polling_ends_when_nobody_asks_any_more(bench: Bench) -> None:
    server = await measuring(bench)
    settings = MirrorSettings(writer=WriterSettings(gather_s=0.0), metrics=MetricsSettings(keep_s=120.0))
    async with bench.mirroring(settings):
        await bench.until_state("one", "synced")
        await asked(bench)
        await bench.has("one", WEB)
        await bench.lacks("one", WEB, step_s=1.0)
        after = lists(server)
        await bench.passes(150)
        assert lists(server) == after


async def test_a_metrics_server_that_fails_makes_nothing_else_stale(bench: Bench) -> None:
    server = await measuring(bench)
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        await asked(bench)
        await bench.has("one", WEB)
        server.faults.stale_groups.add("metrics.k8s.io")
        await bench.until(lambda: failing(bench), step_s=1.0)
        assert (await bench.see(lambda: bench.cluster("one"))).state == "synced"
        assert WEB in await bench.see(lambda: bench.keys("one")), "the last measurement stays, with its time"
        server.faults.stale_groups.clear()
        await bench.until(lambda: not failing(bench), step_s=1.0)
