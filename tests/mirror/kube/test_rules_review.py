"""What the server says we may read, and what it cannot say."""

from __future__ import annotations

import json

import pytest
from aiohttp import web

from mirror.errors import TransportError
from mirror.keys import Resource
from mirror.kube.rules_review import review_rights
from tests.mirror.kube.wire import always, answer, serve_and_connect, status

pytestmark = pytest.mark.anyio

PODS = Resource("", "v1", "Pod", "pods", True)
JOBS = Resource("batch", "v1", "Job", "jobs", True)


def review(*rules: dict[str, object], incomplete: bool = False) -> dict[str, object]:
    return {
        "kind": "SelfSubjectRulesReview",
        "status": {"resourceRules": list(rules), "incomplete": incomplete},
    }


def rule(verbs: str, groups: list[str], resources: str, **more: object) -> dict[str, object]:
    return {"verbs": verbs.split(), "apiGroups": groups, "resources": resources.split(), **more}


@pytest.mark.parametrize(
    ("told", "pods", "jobs"),
    [
        (review(rule("get list watch", [""], "pods configmaps")), True, False),
        (review(rule("*", ["*"], "*")), True, True),
        (review(rule("get watch", [""], "pods")), False, False),
        (review(rule("list", [""], "pods", resourceNames=["one"])), False, False),
        (review(rule("list", ["batch"], "jobs"), incomplete=True), None, True),
        (review(rule("list", [""], "pods/log"), rule("list", ["apps"], "jobs")), False, False),
        ({"kind": "SelfSubjectRulesReview"}, False, False),
    ],
)
async def test_rules_decide(told: dict[str, object], pods: bool | None, jobs: bool | None) -> None:
    async def tell(request: web.Request) -> web.StreamResponse:
        asked = json.loads(await request.read())
        assert (request.method, asked["spec"]) == ("POST", {"namespace": "team-a"})
        return answer(told, 201)

    async with serve_and_connect(tell) as (_, client):
        rights = await review_rights(client, "team-a")
    assert (rights.may_list(PODS), rights.may_list(JOBS)) == (pods, jobs)


@pytest.mark.parametrize("code", [403, 404])
async def test_a_server_that_does_not_say_leaves_everything_open(code: int) -> None:
    async with serve_and_connect(always(status(code), code)) as (_, client):
        assert (await review_rights(client, "team-a")).may_list(PODS) is None


async def test_a_server_that_is_away_says_nothing() -> None:
    async with serve_and_connect(_broken) as (_, client):
        with pytest.raises(TransportError):
            await review_rights(client, "team-a")


async def _broken(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
