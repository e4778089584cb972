"""What identifies a cluster, with all rights and with few."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from mirror.errors import ApiError
from mirror.keys import is_another_cluster
from mirror.kube.cluster_identity import cluster_identity
from tests.mirror.kube.wire import Handler, access_to, answer, connect, serve, status

pytestmark = pytest.mark.anyio

CA = b"-----BEGIN CERTIFICATE-----\nnobody reads it\n-----END CERTIFICATE-----\n"


def namespaces(pages: Mapping[str, Any]) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        document = pages.get(request.path.rpartition("/")[2], status(403, "Forbidden"))
        return answer(document, document.get("code", 200))

    return handler


def namespace(uid: str) -> dict[str, Any]:
    return {"kind": "Namespace", "metadata": {"uid": uid}}


@pytest.mark.parametrize(
    ("pages", "identity"),
    [
        ({"kube-system": namespace("u-1"), "default": namespace("u-2")}, "u-1"),
        ({"default": namespace("u-2")}, "default:u-2"),
        ({"kube-system": status(404, "NotFound"), "default": namespace("u-2")}, "default:u-2"),
    ],
)
async def test_the_best_that_may_be_read_identifies(pages: Mapping[str, Any], identity: str) -> None:
    async with serve(namespaces(pages)) as server, connect(access_to(server)) as client:
        assert await cluster_identity(client) == identity


async def test_without_rights_the_authority_and_the_address_do() -> None:
    found = []
    async with serve(namespaces({})) as server:
        for authority in (CA, CA, CA + b"\n", None):
            async with connect(access_to(server)) as client:
                client.access = replace(client.access, ca_data=authority)
                found.append(await cluster_identity(client))
    assert found[0] == found[1] != found[2]
    assert found[0].startswith("address:")
    assert found[3] == "", "an address alone proves nothing"


async def test_a_server_in_trouble_is_not_taken_for_another() -> None:
    pages = {"kube-system": status(503, "ServiceUnavailable")}
    async with serve(namespaces(pages)) as server, connect(access_to(server)) as client:
        with pytest.raises(ApiError):
            await cluster_identity(client)


@pytest.mark.parametrize(
    ("known", "shown", "another"),
    [
        ("u-1", "u-1", False),
        ("u-1", "u-2", True),
        ("u-1", "", False),
        ("", "u-1", False),
        ("u-1", "default:u-2", False),
        ("default:u-2", "address:1", False),
        ("default:u-1", "default:u-2", True),
        ("address:1", "address:2", True),
    ],
)
def test_only_identities_of_one_sort_prove_another_cluster(known: str, shown: str, another: bool) -> None:
    assert is_another_cluster(known, shown) is another
