"""What a fake can only imitate: real compaction, real watch caches, a real rebuild, thousands of objects."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest

from mirror.settings import MirrorSettings, WatchSettings
from tests.controlplane.access import MIRROR
from tests.controlplane.api import Api
from tests.controlplane.mirroring import Mirrored, mirroring, versions_of
from tests.controlplane.providers import prepare
from tests.controlplane.server import ControlPlane
from tests.controlplane.workloads import config_map

pytestmark = [
    pytest.mark.anyio,
    # Connections to a server that was killed are closed by the collector at times, under load: to be found.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

Planes = tuple[ControlPlane, ControlPlane]
STREAMING = MirrorSettings(watch=WatchSettings(streaming_lists=True))
_AT_ONCE = 16
_MANY = 5_000


async def write(plane: ControlPlane, names: Sequence[str], text: str, *, new: bool = False) -> None:
    """Apply ConfigMaps, many at once; new: none of them exists, which is faster."""
    left = iter(names)

    async def work(api: Api) -> None:
        for name in left:
            await (api.create if new else api.apply)(config_map(name, "default", {"text": text}))

    async with plane.api() as api, anyio.create_task_group() as tasks:
        await api.serves("v1", "ConfigMap")
        for _ in range(_AT_ONCE):
            tasks.start_soon(work, api)


async def changed_while_away(plane: ControlPlane, folder: Path) -> None:
    """A mirror has been here; since it left, an object was changed, one deleted, one created."""
    await write(plane, ["kept", "changed", "deleted"], "1")
    async with mirroring(folder, [plane]) as mirrored:
        await mirrored.until_synced(plane.name)
        await mirrored.until_equal(plane, "ConfigMap")
    await write(plane, ["changed", "created"], "2")
    async with plane.api() as api:
        await api.delete(config_map("deleted", "default", {}))


async def is_listed_anew(plane: ControlPlane, mirrored: Mirrored) -> None:
    await mirrored.until_synced(plane.name)
    found = await mirrored.until_equal(plane, "ConfigMap")
    assert ("default", "created") in found
    scope = await mirrored.scope(plane.name, "configmaps")
    assert scope is not None
    run = scope.of_this_run()
    assert (run.expirations, run.lists) == (1, 1)


async def test_a_compacted_resource_version_is_listed_anew(victim: ControlPlane, tmp_path: Path) -> None:
    await changed_while_away(victim, tmp_path)
    await victim.compact()
    async with mirroring(tmp_path, [victim]) as mirrored:
        await is_listed_anew(victim, mirrored)


async def test_a_resource_version_older_than_the_watch_cache_is_listed_anew(
    victim: ControlPlane, tmp_path: Path
) -> None:
    """Nothing is compacted: the server has started anew, and its watch cache begins after our version."""
    await changed_while_away(victim, tmp_path)
    await victim.kill()
    await victim.start()
    async with mirroring(tmp_path, [victim]) as mirrored:
        await is_listed_anew(victim, mirrored)


async def test_a_cluster_rebuilt_under_the_same_url_is_read_from_the_beginning(
    victim: ControlPlane, two_control_planes: Planes, tmp_path: Path, flux_crds_folder: Path
) -> None:
    """The mirror goes on through it; the other cluster is not concerned."""
    other = two_control_planes[0]
    await write(victim, ["old"], "1")
    async with mirroring(tmp_path, [victim, other]) as mirrored:
        await mirrored.until_synced(victim.name)
        await mirrored.until_equal(other, "ConfigMap")
        before = await mirrored.scope(other.name, "configmaps")
        await victim.wipe()
        await prepare(victim, flux_crds_folder)
        await write(victim, ["new"], "1")
        found = await mirrored.until_equal(victim, "ConfigMap")
        assert ("default", "new") in found
        assert ("default", "old") not in found
        await mirrored.until_equal(victim, "Namespace")
        await mirrored.until_synced(victim.name)
        after = await mirrored.scope(other.name, "configmaps")
        assert before is not None
        assert after is not None
        assert (after.lists, after.watches) == (before.lists, before.watches)


async def test_a_cluster_restored_from_a_backup_is_read_anew(victim: ControlPlane, tmp_path: Path) -> None:
    """The same uid, and a server that accepts watches from its future and stays silent: the mirror goes on
    through it, and what was written after the backup is gone."""
    await write(victim, ["kept"], "1")
    await victim.back_up()
    async with mirroring(tmp_path, [victim]) as mirrored:
        await mirrored.until_synced(victim.name)
        await write(victim, [f"lost-{number}" for number in range(300)], "1")
        await mirrored.until_equal(victim, "ConfigMap")
        await victim.restore()
        await write(victim, ["after"], "1")
        found = await mirrored.until_equal(victim, "ConfigMap")
        assert ("default", "after") in found
        assert not any(name.startswith("lost-") for _, name in found)
        await mirrored.until_synced(victim.name)
        scope = await mirrored.scope(victim.name, "configmaps")
        assert scope is not None
        assert scope.lists == 2


async def test_lists_are_read_as_the_beginning_of_their_watch(
    two_control_planes: Planes, tmp_path: Path
) -> None:
    plane = two_control_planes[0]
    await write(plane, [f"streamed-{number}" for number in range(1200)], "x" * 1000)
    began = time.time()
    async with mirroring(tmp_path, [plane], STREAMING) as mirrored:
        await mirrored.until_synced(plane.name)
        await mirrored.until_equal(plane, "ConfigMap")
        await write(plane, ["later"], "1")
        await mirrored.until_equal(plane, "ConfigMap")
    asked = [request.path for request in await plane.requests(MIRROR, since=began)]
    collections = [path for path in asked if path.startswith("/api/v1/configmaps?")]
    assert len(collections) == 1
    assert "sendInitialEvents=true" in collections[0]
    async with plane.api() as api:
        await api.request("DELETE", "/api/v1/namespaces/default/configmaps")


async def test_5000_objects_are_read_in_pages(two_control_planes: Planes, tmp_path: Path) -> None:
    plane = two_control_planes[0]
    await write(plane, [f"many-{number}" for number in range(_MANY)], "x" * 1000, new=True)
    began = time.time()
    async with mirroring(tmp_path, [plane]) as mirrored:
        await mirrored.until_synced(plane.name)
        assert await mirrored.versions(plane.name, "ConfigMap") == await versions_of(plane, "ConfigMap")
    asked = [request.path for request in await plane.requests(MIRROR, since=began)]
    lists = [path for path in asked if path.startswith("/api/v1/configmaps?") and "watch=" not in path]
    assert len(lists) == 1 + _MANY // 500
    assert all("limit=500" in path for path in lists)
    async with plane.api() as api:
        await api.request("DELETE", "/api/v1/namespaces/default/configmaps")
