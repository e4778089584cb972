"""What happens to the answers when servers and processes die."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
import yaml

from mirror.errors import StoreMissingError
from mirror.store import clusters
from mirror.store.lease import mirror_pid
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from tests.e2e import steps
from tests.e2e.client import Server, served, wait_for
from tests.e2e.fakes import Fakes

pytestmark = pytest.mark.anyio

_BREATH_S = 1 / 200
"""Between two bursts of writes: the mirror is always behind, the test's loop never blocked."""


async def test_a_dead_api_server_is_stale_and_catches_up(fakes: Fakes, tmp_path: Path) -> None:
    async with served(fakes.kubeconfig, tmp_path / "state" / "store.db", tmp_path) as server:
        await steps.all_synced(server)
        await fakes.servers["production"].faults.refuse_connections()
        await steps.goes_stale(server, "production")
        await steps.comparison_names_the_planted_differences(server)
        await steps.root_causes_are_right(server)
        fakes.servers["production"].cluster.create(steps.NEWS)
        await fakes.servers["production"].faults.accept_connections()
        await steps.all_synced(server)
        await steps.news_is_seen(server)


async def test_a_mirror_killed_while_writing_resumes_without_a_list(fakes: Fakes, tmp_path: Path) -> None:
    store = tmp_path / "state" / "store.db"
    async with served(fakes.kubeconfig, store, tmp_path) as server:
        await steps.all_synced(server)
        lists_before = _lists(fakes)
        async with anyio.create_task_group() as writers:
            writers.start_soon(_keep_writing, fakes)
            await _wait_for_written(server, 3)
            await steps.kill_mirror(server, store)
            writers.cancel_scope.cancel()
        await steps.all_synced(server)
        await _wait_for_written(server, len(fakes.servers["staging"].cluster.list("", "ConfigMap", "churn")))
        await steps.ask_everything(server)
        assert _lists(fakes) == lists_before, "it should have gone on from the stored resourceVersions"


async def test_an_edited_kubeconfig_is_followed(fakes: Fakes, tmp_path: Path) -> None:
    whole = await anyio.Path(fakes.kubeconfig).read_text()
    content = yaml.safe_load(whole)
    content["contexts"] = [entry for entry in content["contexts"] if entry["name"] == "staging"]
    kubeconfig = anyio.Path(tmp_path / "edited")
    await kubeconfig.write_text(yaml.safe_dump(content))
    async with served(Path(kubeconfig), tmp_path / "state" / "store.db", tmp_path) as server:

        async def mirrored(*names: str) -> bool:
            status = await server.ask("get_fleet_status")
            return {(line["cluster"], line["state"]) for line in status["freshness"]} == {
                (name, "synced") for name in names
            }

        await wait_for("one cluster is mirrored", partial(mirrored, "staging"))
        await kubeconfig.write_text(whole)
        await wait_for("both are mirrored", partial(mirrored, "staging", "production"))
        await kubeconfig.write_text(yaml.safe_dump(content))
        await wait_for("one is forgotten", partial(mirrored, "staging"))


async def test_the_mirror_leaves_after_its_last_reader(fakes: Fakes, tmp_path: Path) -> None:
    store = tmp_path / "state" / "store.db"
    async with served(fakes.kubeconfig, store, tmp_path) as server:
        await steps.all_synced(server)

    async def gone() -> bool:
        return await anyio.to_thread.run_sync(mirror_pid, StorePaths(store)) is None

    await wait_for("the mirror has left", gone)


def _lists(fakes: Fakes) -> int:
    """Lists of everything; one object is asked for before a resourceVersion is resumed from."""
    return sum(
        request.verb == "list" and request.query.get("limit") != "1"
        for s in fakes.servers.values()
        for request in s.requests
    )


async def _keep_writing(fakes: Fakes) -> None:
    """Change the cluster all the time, so that the mirror is writing when it dies."""
    number = 0
    while True:
        metadata = {"name": f"item-{number:05}", "namespace": "churn"}
        config = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata,
            "data": {"number": str(number)},
        }
        fakes.servers["staging"].cluster.create(config)
        number += 1
        if number % 20 == 0:
            await anyio.sleep(_BREATH_S)


async def _wait_for_written(server: Server, number: int) -> None:
    async def seen() -> bool:
        found = await server.ask(
            "get_kubernetes_resources", kind="ConfigMap", namespace="churn", clusters=["staging"], limit=1
        )
        return bool(len(found["items"]) + found["omitted"]["count"] >= number)

    await wait_for(f"{number} ConfigMaps are mirrored", seen)


async def test_too_many_open_files_are_a_state_and_not_the_end(fakes: Fakes, tmp_path: Path) -> None:
    """The limit is too low for all watches: each cluster says so, and the mirror ends decently."""
    store = tmp_path / "state" / "store.db"
    mirror = ["-m", "server.cli", "mirror", "--kubeconfig", str(fakes.kubeconfig), "--store", str(store)]
    limited = ["sh", "-c", 'ulimit -n 48; exec "$0" "$@"', sys.executable, *mirror]

    def said() -> list[str]:
        try:
            with Reader(store) as reader, reader.snapshot() as connection:
                return [row.error for row in clusters.clusters(connection)]
        except StoreMissingError:
            return []

    async def told() -> bool:
        errors = await anyio.to_thread.run_sync(said)
        return len(errors) == 2 and all("too many open files" in error for error in errors)

    async with await anyio.open_process(limited, stderr=None, cwd=Path(__file__).parents[2]) as process:
        await wait_for("both clusters say that the limit is too low", told)
        process.terminate()
        assert await process.wait() == 0
    assert not await anyio.Path(f"{store}-wal").exists()
