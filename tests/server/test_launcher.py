"""Who starts the mirror, when, and what becomes of an older one."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from mirror.errors import StoreError
from mirror.store.lease import WriterLease, running_mirror
from mirror.store.paths import StorePaths
from mirror.testing.clock import ManualClock
from server.launcher import Launcher
from server.version import is_older
from tests.server.mirrors import Child, Mirrors


@pytest.fixture
def paths(tmp_path: Path) -> StorePaths:
    return StorePaths(tmp_path / "state" / "store.db")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def mirrors() -> Iterator[Mirrors]:
    mirrors = Mirrors()
    yield mirrors
    for child in mirrors.started:
        if child.returncode is None:
            child.end(0)


def launcher(paths: StorePaths, clock: ManualClock, mirrors: Mirrors, version: str = "0.2.0") -> Launcher:
    return Launcher(["mirror"], paths, clock, version=version, spawn=mirrors)


def test_ten_readers_at_the_same_moment_start_one_mirror(
    paths: StorePaths, clock: ManualClock, mirrors: Mirrors
) -> None:
    launchers = [launcher(paths, clock, mirrors) for _ in range(10)]
    gate = Barrier(len(launchers))

    def attach(one: Launcher) -> None:
        gate.wait()
        one.ensure()

    with ThreadPoolExecutor(len(launchers)) as pool:
        list(pool.map(attach, launchers))
    for one in launchers:  # those whose look met another's look
        one.ensure()
    assert len(mirrors.started) == 1
    assert [one.started for one in launchers].count(True) == 1
    assert running_mirror(paths) == (100, "0.2.0", clock.wall(), False)


def test_a_mirror_that_dies_at_once_is_started_after_growing_pauses(
    paths: StorePaths, clock: ManualClock, mirrors: Mirrors
) -> None:
    one = launcher(paths, clock, mirrors)
    paths.create_folder()
    paths.log.write_text("error: out of paper\n")
    one.ensure()
    pauses = []
    for number in range(1, 9):
        assert one.trouble == ""
        mirrors.started[-1].end(3)
        died_at = clock.monotonic()
        while len(mirrors.started) == number:
            assert "ended with code 3: out of paper; a question after " in one.trouble
            clock.advance(1.0)
            one.ensure()
        pauses.append(clock.monotonic() - died_at)
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]


def test_a_mirror_that_is_killed_after_a_long_life_is_started_again_at_once(
    paths: StorePaths, clock: ManualClock, mirrors: Mirrors
) -> None:
    one = launcher(paths, clock, mirrors)
    one.ensure()
    clock.advance(3600.0)
    mirrors.started[0].end(-signal.SIGKILL)
    one.ensure()
    assert len(mirrors.started) == 2
    assert one.failure() is None


def test_why_a_mirror_cannot_be_started_is_told(paths: StorePaths, clock: ManualClock) -> None:
    def no_room(arguments: Sequence[str], paths: StorePaths, inherited: Sequence[int]) -> Child:
        raise StoreError("the mirror's log cannot be written: No space left on device")

    one = Launcher(["mirror"], paths, clock, version="0.2.0", spawn=no_room)
    one.ensure()
    assert one.trouble == (
        "the mirror's log cannot be written: No space left on device; a question after 2 s starts another"
    )
    assert running_mirror(paths) is None


@pytest.fixture
def other(paths: StorePaths) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds the writer's lease, as the mirror of version 0.1.0."""
    lease = WriterLease(paths)
    assert lease.try_acquire()
    command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[lease.descriptor]) as process:
        lease.hand_over(process.pid, version="0.1.0", since=1.0)
        yield process
        process.kill()


def test_an_older_mirror_is_replaced(
    paths: StorePaths, clock: ManualClock, mirrors: Mirrors, other: subprocess.Popen[bytes]
) -> None:
    one = launcher(paths, clock, mirrors, version="0.2.0")
    one.ensure()
    assert other.wait(5) == -signal.SIGTERM
    one.ensure()
    running = running_mirror(paths)
    assert running is not None
    assert running.version == "0.2.0"


def test_a_newer_mirror_is_left_alone(
    paths: StorePaths, clock: ManualClock, mirrors: Mirrors, other: subprocess.Popen[bytes]
) -> None:
    launcher(paths, clock, mirrors, version="0.0.9").ensure()
    launcher(paths, clock, mirrors, version="0.1.0").ensure()
    assert other.poll() is None
    assert mirrors.started == []


@pytest.mark.parametrize(
    ("version", "than", "older"),
    [
        ("0.1.0", "0.2.0", True),
        ("0.9", "0.10", True),
        ("1.0", "1.0.0", False),
        ("0.2.0", "0.1.9", False),
        ("0.1.0.dev3", "0.1.1", True),
        ("", "0.1.0", False),
        ("source", "0.1.0", False),
    ],
)
def test_versions_are_compared_by_their_numbers(version: str, than: str, older: bool) -> None:
    assert is_older(version, than) is older
