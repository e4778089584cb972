"""How a mirror process ends, whatever it is doing at that moment; this process is one for a moment."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from anyio.from_thread import BlockingPortal, start_blocking_portal

from mirror.errors import StoreError
from mirror.settings import MirrorSettings
from mirror.store import clusters
from mirror.store.paths import StorePaths
from mirror.store.reader import Reader
from mirror.testing.apiserver import FakeAPIServer
from mirror.testing.cluster import FakeCluster
from mirror.testing.kubeconfig import write_kubeconfig
from server.daemon import run_mirror
from server.options import Options
from server.version import VERSION

_PATIENCE_S = 10.0


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """What a mirror sets for its whole process."""
    umask, thresholds, folder = os.umask(0o077), gc.get_threshold(), Path.cwd()
    yield
    os.umask(umask)
    gc.set_threshold(*thresholds)
    os.chdir(folder)


@pytest.fixture(autouse=True, scope="module")
def thawed() -> Iterator[None]:
    """What a mirror has frozen here is garbage; the rest is frozen again, as tests/conftest.py has it."""
    yield
    gc.unfreeze()
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    """Another thread, in whose loop the API server runs."""
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture
def server(portal: BlockingPortal) -> Iterator[FakeAPIServer]:
    with portal.wrap_async_context_manager(FakeAPIServer(FakeCluster("one"), anonymous=True)) as server:
        yield server


@pytest.fixture
def kubeconfig(tmp_path: Path, server: FakeAPIServer) -> Path:
    path = tmp_path / "kubeconfig"
    write_kubeconfig(path, {"one": server})
    return path


def with_user(kubeconfig: Path, user: dict[str, Any]) -> None:
    document = yaml.safe_load(kubeconfig.read_text())
    document["users"][0]["user"] = user
    kubeconfig.write_text(yaml.safe_dump(document))


def mirrored_until(
    kubeconfig: Path,
    moment: Callable[[], object],
    number: signal.Signals = signal.SIGTERM,
    *,
    background: bool = False,
    last_resort: Callable[[], None] | None = None,
) -> float:
    """Run a mirror, signal the process at that moment; seconds from then to its end."""
    paths = StorePaths(kubeconfig.with_name("state") / "store.db")
    signalled: list[float] = []

    def watch() -> None:
        for _ in range(int(_PATIENCE_S / 0.01)):
            if moment():
                break
            time.sleep(0.01)
        signalled.append(time.monotonic())
        os.kill(os.getpid(), number)

    watcher = threading.Thread(target=watch)
    watcher.start()
    run_mirror(
        Options(kubeconfig=kubeconfig),
        paths,
        settings=MirrorSettings(),
        background=background,
        last_resort=last_resort,
    )
    ended = time.monotonic()
    watcher.join()
    assert not paths.store.with_name("store.db-wal").exists(), "the log has not been put away"
    with Reader(paths.store):
        pass
    return ended - signalled[0]


def synced(kubeconfig: Path) -> bool:
    try:
        with Reader(kubeconfig.with_name("state") / "store.db") as reader, reader.snapshot() as connection:
            return [row.state for row in clusters.clusters(connection)] == ["synced"]
    except StoreError:
        return False


def test_it_ends_with_its_terminal(kubeconfig: Path) -> None:
    inherited = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests themselves may run under nohup
    try:
        assert mirrored_until(kubeconfig, lambda: synced(kubeconfig), signal.SIGHUP) < 2.0
    finally:
        signal.signal(signal.SIGHUP, inherited)


def test_it_leaves_during_the_first_sync(
    kubeconfig: Path, server: FakeAPIServer, portal: BlockingPortal
) -> None:
    portal.call(partial(server.faults.hold, matching="list"))

    def listing() -> bool:
        return any(request.verb == "list" for request in server.requests)

    assert mirrored_until(kubeconfig, listing) < 2.0


def test_it_leaves_while_an_exec_plugin_hangs(kubeconfig: Path, tmp_path: Path) -> None:
    started = tmp_path / "started"
    plugin = f"import pathlib, time; pathlib.Path({str(started)!r}).touch(); time.sleep(600)"
    with_user(
        kubeconfig,
        {
            "exec": {
                "apiVersion": "client.authentication.k8s.io/v1",
                "command": sys.executable,
                "args": ["-c", plugin],
                "interactiveMode": "Never",
            }
        },
    )
    assert mirrored_until(kubeconfig, started.exists) < 2.0


def test_a_read_that_hangs_in_the_kernel_is_not_waited_for(kubeconfig: Path, tmp_path: Path) -> None:
    """A token on a network file system that has gone; a pipe that nobody writes to stands for it."""
    fifo = tmp_path / "token"
    os.mkfifo(fifo)
    with_user(kubeconfig, {"tokenFile": str(fifo)})
    held: list[int] = []

    def is_read() -> bool:
        try:
            held.append(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False  # nobody has opened it to read
        return True

    def let_it_go() -> None:
        os.write(held[0], b"token")
        os.close(held.pop())

    took = mirrored_until(kubeconfig, is_read, last_resort=let_it_go)
    assert held == []
    assert 2.0 <= took < 4.0


def test_the_log_says_what_happens_once_and_no_secret(kubeconfig: Path) -> None:
    with_user(kubeconfig, {"token": "planted-canary"})
    mirrored_until(kubeconfig, lambda: synced(kubeconfig), background=True)
    assert Path.cwd() == kubeconfig.with_name("state")
    log = kubeconfig.with_name("state").joinpath("store.db.log").read_text()
    lines = [line.split(" ", 3)[3] for line in log.splitlines()]
    assert lines[0].startswith(f"flux-mirror {VERSION}: mirroring one into ")
    assert lines.count("one: syncing") == lines.count("one: synced") == 1
    assert lines[-2:] == ["signal SIGTERM: leaving", "the mirror has ended"]
    assert "planted-canary" not in log
