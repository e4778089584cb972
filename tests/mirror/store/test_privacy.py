"""Nobody but its owner can read a store, however its files came to be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import anyio.to_thread
import pytest

from mirror.clock import SystemClock
from mirror.errors import StoreError
from mirror.settings import WriterSettings
from mirror.store.damage import suspect
from mirror.store.lease import ReaderLease, WriterLease
from mirror.store.paths import StorePaths
from mirror.store.privacy import make_private
from mirror.store.writer import Writer
from tests.mirror.store.scene import cluster_update


@pytest.fixture
def open_umask() -> Iterator[None]:
    umask = os.umask(0)
    yield
    os.umask(umask)


def modes(paths: StorePaths) -> dict[str, int]:
    found = [*paths.store.parent.rglob("*"), paths.store.parent]
    return {path.name: path.stat().st_mode & 0o777 for path in found}


@contextmanager
def all_files(paths: StorePaths) -> Iterator[None]:
    """Those that mirrors and readers make beside the store."""
    with WriterLease(paths), ReaderLease(paths):
        paths.fingerprint_key()
        suspect(paths)
        yield


@pytest.mark.anyio
@pytest.mark.usefixtures("open_umask")
async def test_every_file_is_private_whatever_the_umask(paths: StorePaths) -> None:
    files = all_files(paths)
    await anyio.to_thread.run_sync(files.__enter__)
    async with Writer(paths, WriterSettings(), SystemClock()) as writer:
        await writer.apply(cluster_update())
        found = await anyio.to_thread.run_sync(modes, paths)
    await anyio.to_thread.run_sync(files.__exit__, None, None, None)
    folders = {"state", "store.db.readers"}
    assert {name: mode for name, mode in found.items() if name not in folders and mode != 0o600} == {}
    assert {found[name] for name in folders} == {0o700}
    assert {"store.db-wal", "store.db-shm", "store.db.lock", "store.db.key"} < found.keys()


def test_what_others_could_read_is_taken_from_them(
    paths: StorePaths, caplog: pytest.LogCaptureFixture
) -> None:
    paths.create_folder()
    for path, mode in ((paths.store, 0o644), (paths.key, 0o640), (paths.lock, 0o600)):
        path.touch()
        path.chmod(mode)
    paths.readers.mkdir()
    paths.readers.chmod(0o755)
    make_private(paths)
    assert modes(paths) == {
        "state": 0o700,
        "store.db": 0o600,
        "store.db.key": 0o600,
        "store.db.lock": 0o600,
        "store.db.readers": 0o700,
    }
    assert [record.getMessage() for record in caplog.records] == [
        "others could read store.db, store.db.key, store.db.readers: not any more"
    ]


@pytest.mark.parametrize(("mode", "refused"), [(0o777, True), (0o1777, False), (0o755, False)])
def test_a_folder_that_everybody_may_write_is_refused(paths: StorePaths, mode: int, refused: bool) -> None:
    paths.create_folder()
    paths.store.parent.chmod(mode)
    if refused:
        with pytest.raises(StoreError, match="everybody may write") as caught:
            make_private(paths)
        assert "chmod o-w" in caught.value.hint
    else:
        make_private(paths)
    assert paths.store.parent.stat().st_mode & 0o7777 == mode


def test_the_group_of_a_folder_is_named(paths: StorePaths, caplog: pytest.LogCaptureFixture) -> None:
    paths.create_folder()
    paths.store.parent.chmod(0o770)
    make_private(paths)
    assert "written by its group" in caplog.text
