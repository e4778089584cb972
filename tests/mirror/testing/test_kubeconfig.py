"""The kubeconfig of fake servers."""

from __future__ import annotations

import base64
import stat
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
import yaml

from mirror.testing import FakeAPIServer, FakeCluster, write_kubeconfig

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path: Path) -> Path:
    config = tmp_path / "config"
    config.write_text("old and world readable")
    return config


async def test_one_context_per_server(path: Path) -> None:
    async with (
        FakeAPIServer(FakeCluster("a"), tokens={"secret-a": "alice"}, ca_pem=b"PEM") as a,
        FakeAPIServer(FakeCluster("b")) as b,
    ):
        call = partial(write_kubeconfig, path, {"staging": a, "prod": b}, users={"prod": {"as": "reader"}})
        await anyio.to_thread.run_sync(call)
        document = yaml.safe_load(await anyio.Path(path).read_text())
        assert [entry["cluster"]["server"] for entry in document["clusters"]] == [a.url, b.url]
    assert stat.S_IMODE((await anyio.Path(path).stat()).st_mode) == 0o600
    assert document["current-context"] == "staging"
    assert [context["name"] for context in document["contexts"]] == ["staging", "prod"]
    assert base64.b64decode(document["clusters"][0]["cluster"]["certificate-authority-data"]) == b"PEM"
    assert document["users"] == [
        {"name": "staging", "user": {"token": "secret-a"}},
        {"name": "prod", "user": {"as": "reader"}},
    ]
