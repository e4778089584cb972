"""Logs read from API servers: with whose rights, in what bounds, and what becomes of failures."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import anyio.to_thread
import pytest

from mirror.clock import SystemClock
from mirror.testing import FakeAPIServer, FakeCluster
from mirror.testing.kubeconfig import write_kubeconfig
from server.live import READ_BYTES, Live
from server.options import Options
from server.ports import ContainerLog, LogWanted
from tests.query.root_cause import fleet

pytestmark = pytest.mark.anyio

CANARY = "planted-canary-log-Xw7"
POD = "web-6d4b75cb6d-x2x7k"
OURS = LogWanted("staging", "apps", POD, "web")


@pytest.fixture
async def servers() -> AsyncIterator[dict[str, FakeAPIServer]]:
    """staging and production, each with the Pod."""
    async with AsyncExitStack() as stack:
        running = {}
        for name in ("staging", "production"):
            cluster = FakeCluster(name)
            owner = fleet.replica_set(fleet.deployment())
            cluster.load(fleet.pod(owner, phase="Running"))
            running[name] = await stack.enter_async_context(FakeAPIServer(cluster, anonymous=True))
        yield running


async def read(
    folder: Path,
    servers: dict[str, FakeAPIServer],
    *wanted: LogWanted,
    patience_s: float = 10.0,
    **options: object,
) -> list[ContainerLog]:
    def ask() -> list[ContainerLog]:
        path = folder / "kubeconfig"
        write_kubeconfig(path, servers)
        chosen = Options(kubeconfig=path, store=folder / "store.db", **options)  # type: ignore[arg-type]
        return Live(chosen, {}, SystemClock(), patience_s=patience_s).read_logs(wanted)

    return await anyio.to_thread.run_sync(ask)


async def test_the_last_lines_of_each_container(tmp_path: Path, servers: dict[str, FakeAPIServer]) -> None:
    servers["staging"].logs.write("apps", POD, "web", "now\n")
    servers["staging"].logs.write("apps", POD, "web", "before\n", previous=True)
    servers["production"].logs.write("apps", POD, "web", f"password={CANARY}\n")
    found = await read(
        tmp_path, servers, OURS, OURS._replace(previous=True), OURS._replace(cluster="production")
    )
    assert [log.lines for log in found[:2]] == [("now",), ("before",)]
    assert CANARY not in str(found)
    assert "<masked:" in found[2].lines[0]
    assert (servers["staging"].requests.total, servers["production"].requests.total) == (2, 1)
    asked = servers["production"].requests[0].query
    assert asked == {"container": "web", "tailLines": "200"}


async def test_rights_are_those_of_the_options(tmp_path: Path, servers: dict[str, FakeAPIServer]) -> None:
    servers["staging"].logs.write("apps", POD, "web", "hello\n")
    servers["staging"].deny("get", "", "pods/log", user="bob")
    assert await read(tmp_path, servers, OURS, kube_as="alice") == [ContainerLog(("hello",))]
    (log,) = await read(tmp_path, servers, OURS, kube_as="bob", kube_as_groups=("dev",))
    assert log.lines == ()
    assert 'User "bob" cannot get resource "pods/log"' in log.failure
    assert servers["staging"].requests[-1].impersonated_groups == ("dev",)


async def test_one_failure_is_one_result(tmp_path: Path, servers: dict[str, FakeAPIServer]) -> None:
    servers["staging"].logs.write("apps", POD, "web", "hello\n")
    servers["production"].faults.reset(times=math.inf)
    found = await read(
        tmp_path,
        servers,
        OURS,
        OURS._replace(cluster="production"),
        OURS._replace(cluster="elsewhere"),
        OURS._replace(previous=True),
        OURS._replace(pod="gone"),
    )
    assert found[0] == ContainerLog(("hello",))
    reasons = [log.failure for log in found[1:]]
    assert all(reasons)
    assert "broke off" in reasons[0] or "hung up" in reasons[0]
    assert "no context `elsewhere`" in reasons[1]
    assert "previous terminated container" in reasons[2]
    assert 'pods "gone" not found' in reasons[3]


async def test_a_server_that_hangs_is_not_waited_for(
    tmp_path: Path, servers: dict[str, FakeAPIServer]
) -> None:
    servers["staging"].logs.write("apps", POD, "web", "hello\n")
    hold = servers["production"].faults.hold()
    found = await read(tmp_path, servers, OURS, OURS._replace(cluster="production"), patience_s=0.5)
    hold.release()
    assert found == [ContainerLog(("hello",)), ContainerLog(failure="no answer within 0.5 s")]


async def test_of_a_huge_log_only_the_end_is_kept(tmp_path: Path, servers: dict[str, FakeAPIServer]) -> None:
    servers["staging"].logs.write("apps", POD, "web", b"x" * 300_000 + b"\nthe last words\n")
    (log,) = await read(tmp_path, servers, OURS)
    assert log.lines == ("the last words",)
    servers["staging"].logs.write("apps", POD, "web", b"y" * (READ_BYTES + 1_000_000))
    (log,) = await read(tmp_path, servers, OURS)
    assert len("".join(log.lines)) < 1_000


async def test_a_login_page_is_no_log(tmp_path: Path, servers: dict[str, FakeAPIServer]) -> None:
    servers["staging"].faults.login_page()
    (log,) = await read(tmp_path, servers, OURS)
    assert "instead of" in log.failure


async def test_nothing_wanted_asks_nobody(tmp_path: Path, servers: dict[str, FakeAPIServer]) -> None:
    assert await read(tmp_path, servers) == []
    assert servers["staging"].requests.total == 0


async def test_without_a_kubeconfig_every_log_says_so(tmp_path: Path) -> None:
    options = Options(kubeconfig=tmp_path / "none", store=tmp_path / "store.db")
    found = await anyio.to_thread.run_sync(Live(options, {}, SystemClock()).read_logs, [OURS, OURS])
    assert [log.failure for log in found] == ["no such kubeconfig"] * 2
