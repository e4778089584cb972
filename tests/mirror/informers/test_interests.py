"""Kinds beyond those that are always mirrored: asked for by somebody, or named by an inventory."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
import pytest

from mirror.keys import GroupKind, ObjectKey
from mirror.settings import InterestSettings, MirrorSettings, WriterSettings
from mirror.store.mailbox import Mailbox
from tests.mirror.informers.conftest import Bench

pytestmark = pytest.mark.anyio

INGRESS = GroupKind("networking.k8s.io", "Ingress")
WEB = ObjectKey(*INGRESS, "apps", "web")
APPS = ObjectKey("kustomize.toolkit.fluxcd.io", "Kustomization", "apps", "apps")


def ingress(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "apps"},
    }


def kustomization(*inventory: str) -> dict[str, Any]:
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": "apps"},
        "status": {"inventory": {"entries": [{"id": entry, "v": "v1"} for entry in inventory]}},
    }


async def test_a_kind_somebody_asks_for_is_mirrored_wherever_it_is_served(bench: Bench) -> None:
    for name in ("one", "two"):
        (await bench.serve(name, whole=True)).cluster.create(ingress("web"))
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        assert not await bench.see(lambda: bench.has_scope("one", "ingresses"))
        began = bench.clock.monotonic()
        await anyio.to_thread.run_sync(Mailbox(bench.paths).ask, INGRESS)
        await bench.has("one", WEB)
        await bench.has("two", WEB)
        assert bench.clock.monotonic() - began < 20.0
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        assert await bench.see(lambda: bench.has_scope("one", "ingresses")), "it was asked for once"


async def test_a_kind_that_nobody_asks_for_any_more_is_let_go(bench: Bench) -> None:
    (await bench.serve("one", whole=True)).cluster.create(ingress("web"))
    settings = MirrorSettings(writer=WriterSettings(gather_s=0.0), interests=InterestSettings(keep_s=300.0))
    async with bench.mirroring(settings):
        await bench.until_state("one", "synced")
        await anyio.to_thread.run_sync(Mailbox(bench.paths).ask, INGRESS)
        await bench.has("one", WEB)
        bench.clock.advance(301)
        await bench.until(lambda: not bench.has_scope("one", "ingresses"))
        assert WEB not in await bench.see(lambda: bench.keys("one"))


async def test_the_kinds_of_an_inventory_are_mirrored(bench: Bench) -> None:
    server = await bench.serve("one", whole=True)
    server.cluster.create(ingress("web"))
    async with bench.mirroring():
        await bench.until_state("one", "synced")
        server.cluster.create(kustomization("apps_web_networking.k8s.io_Ingress"))
        await bench.has("one", WEB)
    server.cluster.create(ingress("more"))
    async with bench.mirroring():
        await bench.has("one", WEB._replace(name="more"))


async def test_kinds_beyond_the_bound_are_not_mirrored(bench: Bench) -> None:
    server = await bench.serve("one", whole=True)
    server.cluster.create(
        kustomization("apps_a_networking.k8s.io_NetworkPolicy", "apps_web_networking.k8s.io_Ingress")
    )
    settings = MirrorSettings(writer=WriterSettings(gather_s=0.0), managed_kinds=1)
    async with bench.mirroring(settings):
        await bench.until(lambda: bench.has_scope("one", "networkpolicies"))
        await bench.until_state("one", "synced")
        assert not await bench.see(lambda: bench.has_scope("one", "ingresses"))
