"""What is watched follows a real cluster: CRDs that lose versions and go, rights that come and go."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mirror.settings import BackoffSettings, MirrorSettings, WatchSettings
from mirror.testing.crds import crd
from tests.controlplane.access import STRANGER
from tests.controlplane.api import Api, Object, RefusedError
from tests.controlplane.mirroring import Mirrored, mirroring
from tests.controlplane.server import ControlPlane
from tests.controlplane.waiting import until
from tests.controlplane.workloads import config_map, namespace

pytestmark = pytest.mark.anyio

Planes = tuple[ControlPlane, ControlPlane]

GROUP = "source.toolkit.fluxcd.io"
RBAC = "rbac.authorization.k8s.io"
HASTY = MirrorSettings(
    backoff=BackoffSettings(cap_s=1.0), watch=WatchSettings(timeout_min_s=3), discovery_interval_s=3.0
)
"""Watches end after seconds, as they do after minutes: a server does not cut them when rights go."""
_PATIENCE_S = 60.0


def definition(*versions: str, dropped: str = "") -> Object:
    """dropped: a version that is known, and no longer served."""
    names = (*versions, dropped) if dropped else versions
    found: Object = crd(GROUP, "Depot", "depots", versions=names)
    for version in found["spec"]["versions"]:
        version["served"] = version["name"] != dropped
    return found


@asynccontextmanager
async def made(api: Api, *created: Object) -> AsyncIterator[None]:
    """These exist for the length of the block."""
    for obj in created:
        await api.apply(obj)
    try:
        yield
    finally:
        for obj in reversed(created):
            try:
                await api.delete(obj)
            except RefusedError as refusal:
                if refusal.status != 404:
                    raise


async def reached(condition: Callable[[], Awaitable[Any]]) -> None:
    async def holds() -> bool:
        return bool(await condition())

    await until(holds, within_s=_PATIENCE_S)


async def test_no_row_is_lost_when_a_version_is_dropped(two_control_planes: Planes, tmp_path: Path) -> None:
    plane = two_control_planes[0]
    depot = {"apiVersion": f"{GROUP}/v1beta1", "kind": "Depot", "metadata": {"name": "main"}}
    depot["metadata"] |= {"namespace": "default"}  # type: ignore[operator]
    async with mirroring(tmp_path, [plane]) as mirrored, plane.api() as api:
        await mirrored.until_synced(plane.name)
        async with made(api, definition("v1beta1")):
            await reached(lambda: api.serves(f"{GROUP}/v1beta1", "Depot"))
            await api.create(depot)
            await reached(lambda: mirrored.rows(plane.name, "Depot"))
            rows = await mirrored.rows(plane.name, "Depot")
            await api.apply(definition("v1", dropped="v1beta1"))

            async def followed_as_v1() -> bool:
                assert await mirrored.rows(plane.name, "Depot") == rows
                scope = await mirrored.scope(plane.name, "depots")
                return scope is not None and (scope.version, scope.state) == ("v1", "watching")

            await reached(followed_as_v1)
            await mirrored.until_synced(plane.name)
        await reached(lambda: _is_gone(mirrored, plane.name))


async def _is_gone(mirrored: Mirrored, cluster: str) -> bool:
    return not (await mirrored.states(cluster, "depots") or await mirrored.rows(cluster, "Depot"))


def rights(name: str, *, within: str = "") -> list[Object]:
    """May read everything, everywhere or in one namespace."""
    kind = "Role" if within else "ClusterRole"
    place = {"namespace": within} if within else {}
    rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}]
    return [
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": kind,
            "metadata": {"name": name, **place},
            "rules": rules,
        },
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": f"{kind}Binding",
            "metadata": {"name": name, **place},
            "roleRef": {"apiGroup": RBAC, "kind": kind, "name": name},
            "subjects": [{"apiGroup": RBAC, "kind": "User", "name": STRANGER.name}],
        },
    ]


async def test_rights_that_come_and_go_are_followed_and_cost_no_row(
    two_control_planes: Planes, tmp_path: Path
) -> None:
    plane = two_control_planes[0]
    teams = [namespace("team-a"), namespace("team-b")]
    settings = [config_map("settings", team, {"key": "value"}) for team in ("team-a", "team-b")]
    a, b = ("team-a", "settings"), ("team-b", "settings")
    # Without a list of namespaces: that of the context first, then what rows have shown.
    own = [config_map("mine", "default", {"key": "value"}), *rights("own", within="default")]
    more = rights("more", within="team-a")

    async def confined() -> bool:
        assert await mirrored.rows(plane.name, "ConfigMap") == rows
        states = await mirrored.states(plane.name, "configmaps")
        return states == {"": "forbidden", "default": "watching", "team-a": "watching"}

    async def refused() -> bool:
        assert await mirrored.rows(plane.name, "ConfigMap") == rows
        return (await mirrored.states(plane.name, "configmaps")).get("team-a") == "forbidden"

    async with (
        plane.api() as api,
        made(api, *teams, *settings, *own),
        mirroring(tmp_path, [plane], HASTY, user=STRANGER) as mirrored,
    ):
        await mirrored.until_synced(plane.name)
        assert await mirrored.states(plane.name, "configmaps") == {"": "forbidden", "default": "watching"}
        assert (await mirrored.rows(plane.name, "ConfigMap")).keys() == {("default", "mine")}
        async with made(api, *more):
            async with made(api, *rights("everything")):
                await reached(lambda: _holds(mirrored, plane.name, {a, b}))
                await reached(lambda: _only_the_whole(mirrored, plane.name))
                rows = await mirrored.rows(plane.name, "ConfigMap")
            await reached(confined)
            await mirrored.until_synced(plane.name)
        await reached(refused)


async def _holds(mirrored: Mirrored, cluster: str, wanted: set[tuple[str, str]]) -> bool:
    return wanted <= (await mirrored.rows(cluster, "ConfigMap")).keys()


async def _only_the_whole(mirrored: Mirrored, cluster: str) -> bool:
    return await mirrored.states(cluster, "configmaps") == {"": "watching"}
