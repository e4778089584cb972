"""The files beside a store, and the key that several processes may ask for at once."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from mirror.errors import StoreError
from mirror.store.paths import StorePaths


def test_sidecars_stand_beside_the_store() -> None:
    paths = StorePaths(Path("/state/eu.db"))
    assert [str(path) for path in (paths.lock, paths.readers, paths.log, paths.key)] == [
        "/state/eu.db.lock",
        "/state/eu.db.readers",
        "/state/eu.db.log",
        "/state/eu.db.key",
    ]


def test_the_key_is_made_once_and_kept(paths: StorePaths) -> None:
    key = paths.fingerprint_key()
    assert len(key) == 32
    assert paths.fingerprint_key() == key
    assert StorePaths(paths.store.with_name("other.db")).fingerprint_key() != key
    assert paths.key.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in paths.store.parent.iterdir()} == {"store.db.key", "other.db.key"}


def test_all_who_ask_at_once_get_the_same_key(paths: StorePaths) -> None:
    start = threading.Barrier(8)
    keys: list[bytes] = []

    def ask() -> None:
        start.wait(5)
        keys.append(paths.fingerprint_key())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert [path.name for path in paths.store.parent.iterdir()] == ["store.db.key"]


def test_a_key_that_is_none_is_refused(paths: StorePaths) -> None:
    paths.create_folder()
    paths.key.write_bytes(b"short")
    with pytest.raises(StoreError, match="5 instead of 32 bytes"):
        paths.fingerprint_key()
    assert paths.key.read_bytes() == b"short"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=os.fspath(tmp_path)):
        StorePaths(tmp_path / "file" / "store.db").fingerprint_key()
