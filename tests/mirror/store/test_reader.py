"""Readers: one state per snapshot, any number of threads, nothing left behind."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from mirror.errors import StoreMissingError
from mirror.store import clusters, schema
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader


@pytest.fixture
def path(paths: StorePaths) -> Path:
    schema.prepare(paths.store, at=1.0)
    return paths.store


def test_there_is_nothing_to_read_yet(paths: StorePaths) -> None:
    with pytest.raises(StoreMissingError):
        Reader(paths.store)
    assert not paths.store.parent.exists()


def test_many_threads_read_at_once(path: Path) -> None:
    inside = threading.Barrier(20)
    seen: list[int] = []

    def read() -> None:
        with reader.snapshot() as connection:
            inside.wait(5)
            seen.append(clusters.generation(connection))

    with Reader(path) as reader:
        threads = [threading.Thread(target=read) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert seen == [0] * 20


def test_a_snapshot_may_be_opened_again_and_again(path: Path) -> None:
    with Reader(path) as reader:
        for _ in range(100):
            with reader.snapshot() as connection:
                assert clusters.clusters(connection) == []
            assert reader.generation() == 0


def test_an_error_of_the_caller_is_not_the_stores(path: Path) -> None:
    with Reader(path) as reader, pytest.raises(KeyError), reader.snapshot():
        raise KeyError


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_store_in_a_folder_that_may_not_be_written_can_be_read(path: Path) -> None:
    path.parent.chmod(0o500)
    try:
        with Reader(path) as reader:
            assert reader.generation() == 0
    finally:
        path.parent.chmod(0o700)
