"""Images that cannot be pulled."""

from __future__ import annotations

from typing import Any

import pytest

from mirror.store.changes import ScopeState
from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask
from tests.query.root_cause.fleet import Document
from tests.query.root_cause.verdicts import blamed, only, path

PULL = (
    'Back-off pulling image "registry.example.com/web:500": ErrImagePull: rpc error: desc = failed to pull: '
)
UNAUTHORIZED = PULL + "pull access denied: authorization failed"
NO_HOST = PULL + "dial tcp: lookup registry.example.com: no such host"


def web(message: str, name: str = "web", **spec: Any) -> list[Document]:
    server = fleet.deployment(name)
    server["spec"]["template"]["spec"]["containers"][0].update(
        name="web", image="registry.example.com/web:500"
    )
    owner = fleet.replica_set(server)
    return [server, owner, fleet.pod(owner, state=fleet.waiting("ImagePullBackOff", message), spec=spec)]


def test_an_image_that_does_not_exist(ask: Ask) -> None:
    answer = ask(web(PULL + "registry.example.com/web:500: not found"), kind="Deployment", name="web")
    assert blamed(answer) == (
        "Workload",
        "Deployment/apps/web",
        "spec.template.spec.containers[0].image",
    )
    assert "registry.example.com/web:500" in only(answer).next_step


@pytest.mark.parametrize("exists", [True, False])
def test_a_pull_secret_that_is_refused_or_missing(ask: Ask, exists: bool) -> None:
    objects = web(UNAUTHORIZED, imagePullSecrets=[{"name": "regcred"}])
    objects += [fleet.plain("Secret", "regcred")] if exists else []
    answer = ask(objects, kind="Deployment", name="web")
    assert blamed(answer) == ("Denied" if exists else "Missing", "Secret/apps/regcred", "")
    assert path(answer) == ["Deployment", "ReplicaSet", "Pod", "Secret"]


def test_without_a_pull_secret_the_workload_lacks_one(ask: Ask) -> None:
    assert blamed(ask(web(UNAUTHORIZED), kind="Deployment", name="web"))[0] == "Workload"


def test_a_pull_secret_that_cannot_be_seen_is_not_called_missing(ask: Ask) -> None:
    objects = web(UNAUTHORIZED, imagePullSecrets=[{"name": "regcred"}])
    answer = ask(objects, states={"Secret": ScopeState.FORBIDDEN}, kind="Deployment", name="web")
    assert blamed(answer)[0] == "Workload"
    assert answer.not_visible == ("staging: Secret apps/regcred: forbidden",)


def test_a_registry_that_does_not_answer_is_one_incident(ask: Ask) -> None:
    cause = only(ask([*web(NO_HOST), *web(NO_HOST, "shop")]))
    assert (cause.class_, cause.affected.count) == ("External", 1)
    assert "registry.example.com" in cause.next_step


def test_a_container_that_only_backs_off_is_explained_by_its_events(ask: Ask) -> None:
    objects = web('Back-off pulling image "registry.example.com/web:500"')
    told = fleet.event(objects[-1], "Failed", 'Failed to pull image "x": toomanyrequests: pull rate limit')
    assert only(ask([*objects, told], kind="Deployment", name="web")).class_ == "External"
