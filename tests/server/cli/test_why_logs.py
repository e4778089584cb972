"""`why --logs`, from the store to the API server and back: only when wanted, and secrets stay secret."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from pathlib import Path

import anyio.to_thread
import pytest
from click.testing import CliRunner, Result

from mirror.store.reader import Reader
from mirror.testing import FakeAPIServer, FakeCluster
from mirror.testing.kubeconfig import write_kubeconfig
from server.cli import main
from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Cluster, write
from tests.query.root_cause.test_workloads import with_pod
from tests.server.fleet import FileStore

pytestmark = pytest.mark.anyio

CANARY = "planted-canary-why-4Kd"
POD = "web-6d4b75cb6d-x2x7k"
CRASHING = with_pod(
    state=fleet.waiting("CrashLoopBackOff", "back-off 5m0s"),
    container={"lastState": {"terminated": {"reason": "Error", "exitCode": 1}}},
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FileStore]:
    with write(tmp_path / "mirrored.db", {"staging": Cluster(CRASHING)}, fleet.AT) as reader:
        assert isinstance(reader, Reader)
        yield FileStore(reader)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[FakeAPIServer]:
    cluster = FakeCluster("staging")
    cluster.load(CRASHING[-1])
    async with FakeAPIServer(cluster, anonymous=True) as running:
        await anyio.to_thread.run_sync(write_kubeconfig, tmp_path / "kubeconfig", {"staging": running})
        yield running


async def why(store: FileStore, folder: Path, *words: str) -> Result:
    files = ["--kubeconfig", str(folder / "kubeconfig"), "--store", str(folder / "store.db")]

    def invoke() -> Result:
        return CliRunner().invoke(main, ["why", "ks/apps", *files, *words], obj=lambda _: nullcontext(store))

    return await anyio.to_thread.run_sync(invoke)


async def test_nobody_is_asked_unless_logs_are_wanted(
    store: FileStore, server: FakeAPIServer, tmp_path: Path
) -> None:
    result = await why(store, tmp_path)
    assert server.requests.total == 0
    assert (
        f'logs: get_kubernetes_logs(cluster="staging", kind="Pod", name="{POD}", namespace="apps", '
        'container="web", previous=true, limit=50)'
    ) in result.stdout


async def test_the_last_words_of_the_run_that_crashed(
    store: FileStore, server: FakeAPIServer, tmp_path: Path
) -> None:
    server.logs.write("apps", POD, "web", "of the present run\n")
    server.logs.write(
        "apps", POD, "web", f"connecting to postgres://app:{CANARY}@db/shop\npanic: no route\n", previous=True
    )
    result = await why(store, tmp_path, "--logs")
    assert result.exit_code == 0
    assert server.requests.total == 1
    assert f"logs of Pod/apps/{POD}, container web, previous run, its last words:" in result.stdout
    assert "     | panic: no route" in result.stdout
    assert "of the present run" not in result.stdout
    assert CANARY not in result.stdout
    assert "postgres://app:<masked:" in result.stdout
    assert CANARY not in (await why(store, tmp_path, "--logs", "-o", "json")).stdout


async def test_a_refusal_is_told_and_fails_nothing(
    store: FileStore, server: FakeAPIServer, tmp_path: Path
) -> None:
    server.deny("get", "", "pods/log")
    result = await why(store, tmp_path, "--logs")
    assert result.exit_code == 0
    assert result.stdout.startswith("Root cause: Deployment/apps/web in staging does not become ready")
    assert "could not be read: pods" in result.stdout
    assert 'cannot get resource "pods/log"' in result.stdout
