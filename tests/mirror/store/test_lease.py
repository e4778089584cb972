"""One mirror, any number of readers, and leases that end with their process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mirror.errors import StoreBusyError
from mirror.store.lease import ReaderLease, WriterLease, live_readers, mirror_alive, mirror_pid
from mirror.store.paths import StorePaths

HOLDER = """
import sys
from pathlib import Path
from mirror.store.lease import ReaderLease, WriterLease
from mirror.store.paths import StorePaths
lease = {"writer": WriterLease, "reader": ReaderLease}[sys.argv[1]]
with lease(StorePaths(Path(sys.argv[2]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(kind: str, paths: StorePaths) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds a lease until its standard input ends."""
    root = Path(__file__).parents[3]
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, kind, str(paths.store)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.communicate()


def test_there_is_one_mirror_at_most(paths: StorePaths) -> None:
    with WriterLease(paths).acquire() as lease:
        assert lease.held
        with pytest.raises(StoreBusyError, match=f"process {os.getpid()}") as caught:
            WriterLease(paths).acquire()
        assert caught.value.where == str(paths.store)
        assert mirror_alive(paths)
        assert mirror_pid(paths) == os.getpid()
    assert not mirror_alive(paths)
    assert mirror_pid(paths) is None
    with WriterLease(paths):
        assert mirror_alive(paths)


def test_no_mirror_has_ever_been_here(paths: StorePaths) -> None:
    assert not mirror_alive(paths)
    assert live_readers(paths) == 0
    assert not paths.store.parent.exists()


def test_a_mirror_in_another_process(paths: StorePaths) -> None:
    with holder("writer", paths) as process:
        assert mirror_pid(paths) == process.pid
        with pytest.raises(StoreBusyError, match=f"process {process.pid}"):
            WriterLease(paths).acquire()
    assert not mirror_alive(paths)


def test_a_killed_mirror_leaves_the_lease_free(paths: StorePaths) -> None:
    with holder("writer", paths) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(5)
        assert not mirror_alive(paths)
        assert mirror_pid(paths) is None
        with WriterLease(paths):
            assert mirror_pid(paths) == os.getpid()


def test_looking_does_not_disturb_a_mirror_that_starts(paths: StorePaths) -> None:
    paths.create_folder()
    with holder("writer", paths):
        pass
    for _ in range(50):
        assert not mirror_alive(paths)
        with WriterLease(paths):
            assert mirror_alive(paths)


def test_readers_are_counted(paths: StorePaths) -> None:
    with ReaderLease(paths), ReaderLease(paths):
        assert live_readers(paths) == 2
        with holder("reader", paths):
            assert live_readers(paths) == 3
        assert live_readers(paths) == 2
    assert live_readers(paths) == 0
    assert list(paths.readers.iterdir()) == []


def test_a_killed_reader_is_not_counted_and_cleared_away(paths: StorePaths) -> None:
    with holder("reader", paths) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(5)
        assert len(list(paths.readers.iterdir())) == 1
        assert live_readers(paths) == 0
        assert list(paths.readers.iterdir()) == []


def test_lease_files_are_for_their_owner_only(paths: StorePaths) -> None:
    umask = os.umask(0)
    try:
        with WriterLease(paths), ReaderLease(paths):
            (reader,) = paths.readers.iterdir()
            modes = [path.stat().st_mode & 0o777 for path in (paths.lock, paths.readers, reader)]
    finally:
        os.umask(umask)
    assert modes == [0o600, 0o700, 0o600]
