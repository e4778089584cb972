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

from mirror.errors import StoreBusyError, StoreError
from mirror.store.lease import (
    ReaderLease,
    WriterLease,
    live_readers,
    mirror_alive,
    mirror_pid,
    running_mirror,
)
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


def test_a_lock_file_that_somebody_has_removed_is_noticed(paths: StorePaths) -> None:
    with WriterLease(paths) as first:
        assert not first.lost()
        paths.lock.unlink()
        assert first.lost()
        with WriterLease(paths) as second:
            assert first.lost()
            assert not second.lost()


def test_a_lease_is_inherited_by_the_mirror_that_a_reader_starts(paths: StorePaths) -> None:
    """From before the process exists to its end there is no moment in which another one could begin."""
    ours = WriterLease(paths)
    assert ours.try_acquire()
    assert running_mirror(paths) == (None, "", 0.0, False)
    assert not WriterLease(paths).try_acquire()
    child = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"],
        stdin=subprocess.PIPE,
        pass_fds=[ours.descriptor],
    )
    ours.hand_over(child.pid, version="0.1.0", since=1.5)
    assert not ours.held
    assert running_mirror(paths) == (child.pid, "0.1.0", 1.5, False)
    with pytest.raises(StoreBusyError, match=f"process {child.pid}"):
        WriterLease(paths).acquire()
    child.communicate()
    assert running_mirror(paths) is None


def test_an_inherited_lease_is_adopted_only_if_it_is_one(paths: StorePaths, tmp_path: Path) -> None:
    launcher = WriterLease(paths)
    assert launcher.try_acquire()
    inherited = os.dup(launcher.descriptor)
    with WriterLease(paths).acquire(version="0.2.0", since=7.0, inherited=inherited) as lease:
        launcher.hand_over(os.getpid(), version="0.2.0", since=7.0)
        assert lease.descriptor == inherited
        assert running_mirror(paths) == (os.getpid(), "0.2.0", 7.0, False)
        other = os.open(tmp_path, os.O_RDONLY)
        with pytest.raises(StoreBusyError):
            WriterLease(paths).acquire(inherited=other)
        os.close(other)


def test_a_mirror_says_that_it_leaves(paths: StorePaths) -> None:
    with WriterLease(paths).acquire(version="0.1.0", since=3.0) as lease:
        lease.leaving(True)
        assert running_mirror(paths) == (os.getpid(), "0.1.0", 3.0, True)
        lease.leaving(False)
        assert running_mirror(paths) == (os.getpid(), "0.1.0", 3.0, False)


def test_versions_that_read_a_process_id_and_nothing_else_find_it(paths: StorePaths) -> None:
    with WriterLease(paths).acquire(version="0.1.0"), paths.lock.open("rb") as file:
        file.seek(1)
        assert int(file.read(20)) == os.getpid()
    paths.lock.write_bytes(f" {os.getpid()}".encode())
    with holder("reader", paths), WriterLease(paths) as lease:
        os.pwrite(lease.descriptor, b" 4711\n", 0)
        assert running_mirror(paths) == (4711, "", 0.0, False)


def test_a_store_file_of_two_names_is_refused(paths: StorePaths) -> None:
    paths.create_folder()
    paths.store.write_bytes(b"")
    os.link(paths.store, paths.store.with_name("other.db"))
    with pytest.raises(StoreError, match="2 names"):
        WriterLease(paths).acquire()


def test_a_place_without_lock_files_is_a_clear_error() -> None:
    """/proc stands for the file systems on which no lock file can be made, or none be locked."""
    with pytest.raises(StoreError, match="lock file cannot be used") as caught:
        WriterLease(StorePaths(Path("/proc/self/fd/store.db"))).acquire()
    assert "local file system" in caught.value.hint
