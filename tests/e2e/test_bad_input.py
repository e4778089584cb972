"""What a person does wrong, or finds broken: a clear error, a next step, an exit code; nothing is lost."""

from __future__ import annotations

import sqlite3
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
import trustme
import yaml

from mirror.testing.apiserver import FakeAPIServer
from mirror.testing.kubeconfig import write_kubeconfig
from tests.e2e.cli import Commands, Outcome
from tests.e2e.fakes import loaded_cluster
from tests.e2e.here import Here, mirrored_here
from tests.e2e.steps import staging_objects

pytestmark = pytest.mark.anyio

TOKEN = "planted-canary-token-cli"


@pytest.fixture
async def server() -> AsyncIterator[FakeAPIServer]:
    async with FakeAPIServer(
        loaded_cluster("staging", staging_objects()), tokens={TOKEN: "mirror"}
    ) as running:
        yield running


@pytest.fixture
async def kubeconfig(server: FakeAPIServer, tmp_path: Path) -> Path:
    path = tmp_path / "kubeconfig"
    await anyio.to_thread.run_sync(write_kubeconfig, path, {"staging": server})
    return path


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    home = tmp_path / "user"
    home.mkdir()
    return Commands(home)


def rewrite(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = yaml.safe_load(path.read_text("utf-8"))
    change(document)
    path.write_text(yaml.safe_dump(document), "utf-8")


def with_user(**user: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        document["users"][0]["user"] = user

    return change


def clear(outcome: Outcome, code: int, *words: str) -> None:
    """The error says what it should, and nothing it should not."""
    said = outcome.out + outcome.err
    assert outcome.code == code, said
    for word in words:
        assert word in said, said
    assert "Traceback" not in said
    assert "planted-canary" not in said


async def test_no_kubeconfig(commands: Commands) -> None:
    clear(await commands.run("status"), 2, "kubeconfig", "next:")


async def test_an_empty_kubeconfig(tmp_path: Path) -> None:
    await anyio.Path(tmp_path / "empty").write_text("", "utf-8")
    clear(await Here().run("status", "--kubeconfig", str(tmp_path / "empty")), 2, "empty", "next:")


async def test_an_unknown_context_names_the_nearest(kubeconfig: Path) -> None:
    outcome = await Here().run("status", "--kubeconfig", str(kubeconfig), "--kube-context", "stagin")
    clear(outcome, 2, "stagin", "staging")


async def test_refused_credentials(kubeconfig: Path, tmp_path: Path) -> None:
    await anyio.to_thread.run_sync(rewrite, kubeconfig, with_user(token="wrong"))
    async with mirrored_here(kubeconfig, tmp_path / "store.db") as here:
        clear(await here.run("status"), 3, "staging", "nauthorized")


async def test_a_failing_exec_plugin_sends_nothing_anonymously(
    kubeconfig: Path, server: FakeAPIServer, tmp_path: Path
) -> None:
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": ["-c", "import sys; sys.exit('please log in first')"],
        "interactiveMode": "Never",
    }
    await anyio.to_thread.run_sync(rewrite, kubeconfig, with_user(exec=plugin))
    async with mirrored_here(kubeconfig, tmp_path / "store.db") as here:
        clear(await here.run("status"), 3, "staging", "please log in first")
    assert server.requests.total == 0


async def test_an_unreachable_host(kubeconfig: Path, server: FakeAPIServer, tmp_path: Path) -> None:
    await server.faults.refuse_connections()
    async with mirrored_here(kubeconfig, tmp_path / "store.db") as here:
        clear(await here.run("status"), 3, "staging", "connect")


async def test_a_certificate_of_another_authority(tmp_path: Path) -> None:
    def served_by_another() -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
        return context

    context = await anyio.to_thread.run_sync(served_by_another)
    trusted = trustme.CA().cert_pem.bytes()
    async with FakeAPIServer(tokens={TOKEN: "mirror"}, ssl_context=context, ca_pem=trusted) as server:
        path = tmp_path / "kubeconfig"
        await anyio.to_thread.run_sync(write_kubeconfig, path, {"staging": server})
        async with mirrored_here(path, tmp_path / "store.db") as here:
            clear(await here.run("status"), 3, "staging", "certificate")


async def test_unknown_kinds_and_names_offer_the_nearest(kubeconfig: Path, tmp_path: Path) -> None:
    async with mirrored_here(kubeconfig, tmp_path / "store.db") as here:
        clear(await here.run("get", "helmrelaese"), 2, "helmrelaese", "HelmRelease")
        clear(await here.run("why", "hr/podinfu"), 2, "podinfu", "podinfo")
        clear(await here.run("compare", "hr/podinfo", "--clusters", "stagin"), 2, "staging")
        clear(await here.run("why", "-n", "app"), 2, "`app`", "`apps`")
        outcome = await here.run("get", "x" * 50_000)
        clear(outcome, 2, "no cluster serves")
        assert len(outcome.err) < 3_000, "what was asked is echoed"


async def bad_store(commands: Commands, kubeconfig: Path, store: Path, code: int, *words: str) -> None:
    before = await anyio.to_thread.run_sync(store.read_bytes)
    clear(await commands.run("status", "--kubeconfig", str(kubeconfig), "--store", str(store)), code, *words)
    assert await anyio.to_thread.run_sync(store.read_bytes) == before, "the file was changed"


async def test_a_store_that_is_not_ours(commands: Commands, kubeconfig: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"

    def make() -> None:
        connection = sqlite3.connect(other)
        connection.execute("CREATE TABLE diary (entry TEXT)")
        connection.close()

    await anyio.to_thread.run_sync(make)
    await bad_store(commands, kubeconfig, other, 2, "other.db", "next:")
    text = tmp_path / "letter.txt"
    await anyio.to_thread.run_sync(text.write_text, "Dear Sir or Madam, " * 200)
    await bad_store(commands, kubeconfig, text, 2, "letter.txt", "next:")


async def test_a_store_from_the_future_is_left_alone_and_a_damaged_one_replaced(
    commands: Commands, kubeconfig: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store.db"
    clear(await commands.run("status", "--once", "--kubeconfig", str(kubeconfig), "--store", str(store)), 0)

    def from_the_future() -> None:
        connection = sqlite3.connect(store)
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    await anyio.to_thread.run_sync(from_the_future)
    await bad_store(commands, kubeconfig, store, 2, "newer", "next:")

    def damage() -> None:
        with store.open("r+b") as file:
            file.seek(100)
            file.write(b"\xff" * 8000)

    await anyio.to_thread.run_sync(damage)
    clear(await commands.run("status", "--kubeconfig", str(kubeconfig), "--store", str(store)), 0, "staging")
    assert [path async for path in anyio.Path(tmp_path).glob("store.db.damaged-*")]


async def test_a_store_path_that_is_no_file_is_left_alone(kubeconfig: Path) -> None:
    before = (await anyio.Path("/dev/null").stat()).st_mode
    here = Here("--kubeconfig", str(kubeconfig), "--store", "/dev/null")
    clear(await here.run("status"), 2, "/dev/null")
    assert (await anyio.Path("/dev/null").stat()).st_mode == before
