"""`pods/log` of the fake server, in the words of the real one."""

from __future__ import annotations

import pytest

from mirror.testing import FakeAPIServer, FakeCluster
from tests.mirror.testing.api import Api

pytestmark = pytest.mark.anyio

PATH = "/api/v1/namespaces/shop/pods/web/log"


def pod(*containers: str, **status: object) -> dict[str, object]:
    spec = {"containers": [{"name": name, "image": "i"} for name in containers]}
    meta = {"name": "web", "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": status}


async def test_the_last_lines(cluster: FakeCluster, server: FakeAPIServer, api: Api) -> None:
    cluster.create(pod("app"))
    server.logs.write("shop", "web", "app", "one\ntwo\n")
    server.logs.write("shop", "web", "app", "three\n")
    server.logs.write("shop", "web", "app", "crashed\n", previous=True)
    whole = await api.get(PATH)
    assert (whole.status, whole.raw) == (200, b"one\ntwo\nthree\n")
    assert whole.headers["Content-Type"].startswith("text/plain")
    assert (await api.get(PATH, tailLines="2")).raw == b"two\nthree\n"
    assert (await api.get(PATH, tailLines="0")).raw == b""
    assert (await api.get(PATH, previous="true")).raw == b"crashed\n"


async def test_with_both_bounds_the_newest_bytes_are_lost(
    cluster: FakeCluster, server: FakeAPIServer, api: Api
) -> None:
    cluster.create(pod("app"))
    server.logs.write("shop", "web", "app", "one\ntwo\nthree\n")
    assert (await api.get(PATH, tailLines="2", limitBytes="5")).raw == b"two\nt"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({}, "a container name must be specified for pod web, choose one of: [app sidecar]"),
        ({"container": "other"}, "container other is not valid for pod web"),
        (
            {"container": "app", "previous": "true"},
            'previous terminated container "app" in pod "web" not found',
        ),
        ({"container": "sidecar"}, 'container "sidecar" in pod "web" is waiting to start: ImagePullBackOff'),
    ],
)
async def test_refusals(cluster: FakeCluster, api: Api, query: dict[str, str], message: str) -> None:
    waiting = {"name": "sidecar", "state": {"waiting": {"reason": "ImagePullBackOff"}}}
    cluster.create(pod("app", "sidecar", containerStatuses=[waiting]))
    refused = await api.get(PATH, **query)
    assert (refused.status, refused.json["message"]) == (400, message)


async def test_no_such_pod(api: Api) -> None:
    refused = await api.get(PATH)
    assert (refused.status, refused.json["message"]) == (404, 'pods "web" not found')
