"""What a store does on a disk of its own: run in a private mount namespace by test_mounts.py."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random

import pytest

from mirror.clock import SystemClock
from mirror.errors import StoreError, StoreUnavailableError
from mirror.settings import WriterSettings
from mirror.store import objects
from mirror.store.changes import ClusterState, Heartbeat
from mirror.store.condition import obstacle
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.store.writer import Writer
from server.background import attached_mirror
from server.mirrored import MirroredStore
from server.options import Options
from tests.mirror.store.scene import RELEASES, STAGING, batch, cluster_update, pages, record, scope_update

SETTINGS = WriterSettings(gather_s=0.0, retry_s=0.01, retry_cap_s=0.05)
BULKY = [record(f"r{n}", 50, body=Random(n).randbytes(1000)) for n in range(1000)]
KUBECONFIG = """
apiVersion: v1
kind: Config
contexts: [{name: staging, context: {cluster: one, user: one}}]
clusters: [{name: one, cluster: {server: "http://127.0.0.1:9"}}]
users: [{name: one, user: {}}]
"""


def mount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)


def names(reader: Reader) -> set[str]:
    with reader.snapshot() as connection:
        return {row.name for row in objects.select(connection)}


async def begin(writer: Writer) -> None:
    synced = cluster_update(state=ClusterState.SYNCED)
    await writer.apply(synced, scope_update(RELEASES), Heartbeat(1.0, (STAGING,)), batch(record("before")))


async def full(folder: Path) -> None:
    """The disk fills up, and is emptied again."""
    mount(folder, "size=3m")
    paths, ballast = StorePaths(folder / "store.db"), folder / "ballast"
    async with Writer(paths, SETTINGS, SystemClock()) as writer:
        await begin(writer)
        assert obstacle(paths, least_free=1) == ""
        with pytest.raises(OSError, match="No space"):
            ballast.write_bytes(bytes(4_000_000))
        listing = asyncio.ensure_future(writer.replace(RELEASES, pages(BULKY), resource_version="50", at=1.0))
        _, waiting = await asyncio.wait([listing], timeout=1.0)
        assert waiting
        assert obstacle(paths).startswith("the disk is full: ")
        with Reader(paths.store) as reader:
            assert names(reader) == {"before"}
            with attached(folder) as store, store.open_view() as view:
                assert view.names == ("staging",)
            ballast.unlink()
            await asyncio.wait_for(listing, 10.0)
            assert len(names(reader)) == 1000


async def full_from_the_start(folder: Path) -> None:
    """A mirror cannot begin on a full disk, and says why."""
    mount(folder, "size=64k")
    (folder / "ballast").write_bytes(bytes(61_440))
    with pytest.raises(StoreUnavailableError, match="full"):
        async with Writer(StorePaths(folder / "store.db"), SETTINGS, SystemClock()):
            pass


async def read_only(folder: Path) -> None:
    """The disk is mounted read-only, and writable again."""
    mount(folder, "size=30m")
    paths = StorePaths(folder / "store.db")
    async with Writer(paths, SETTINGS, SystemClock()) as writer:
        await begin(writer)
    mount(folder, "remount,ro")
    with Reader(paths.store) as reader:
        assert names(reader) == {"before"}
        assert "is read-only" in obstacle(paths)
        with pytest.raises(StoreError):
            async with Writer(paths, SETTINGS, SystemClock()):
                pass
        with attached(folder) as store, store.open_view() as view:
            (line,) = view.freshness()
            assert "is read-only" in line.error
        mount(folder, "remount,rw")
        async with Writer(paths, SETTINGS, SystemClock()) as writer:
            assert names(reader) == {"before"}
            await writer.apply(batch(record("after")))
            assert names(reader) == {"before", "after"}


def attached(folder: Path) -> AbstractContextManager[MirroredStore]:
    kubeconfig = folder.with_name("kubeconfig")
    kubeconfig.write_text(KUBECONFIG)
    return attached_mirror(Options(kubeconfig=kubeconfig, store=folder / "store.db", timeout_s=1.0), {})


SCENARIOS: dict[str, Callable[[Path], Coroutine[None, None, None]]] = {
    "full": full,
    "full-from-the-start": full_from_the_start,
    "read-only": read_only,
}

if __name__ == "__main__":
    asyncio.run(SCENARIOS[sys.argv[1]](Path(sys.argv[2])))
