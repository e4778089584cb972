"""Pods that fit on no node."""

from __future__ import annotations

import pytest

from mirror.clock import to_rfc3339
from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask
from tests.query.root_cause.fleet import AT, Document
from tests.query.root_cause.verdicts import blamed

FULL = "0/2 nodes are available: 2 Insufficient memory."


def web(since: str = fleet.SINCE) -> list[Document]:
    server = fleet.deployment()
    owner = fleet.replica_set(server)
    states = [
        fleet.condition("PodScheduled", "False", "Unschedulable", FULL, since),
        fleet.condition("Ready", "False", "ContainersNotReady", since=since),
    ]
    return [server, owner, fleet.pod(owner, conditions=states)]


def node(name: str, *, ready: bool = True, cordoned: bool = False) -> Document:
    state = fleet.condition("Ready", str(ready), "KubeletReady" if ready else "NodeStatusUnknown")
    spec = {"unschedulable": True} if cordoned else {}
    return fleet.obj("v1", "Node", name, None, spec=spec, status={"conditions": [state]})


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ([node("a"), node("b", cordoned=True)], ("Workload", "Deployment/apps/web", "")),
        ([node("a", cordoned=True), node("b", cordoned=True)], ("Suspended", "Node/a", "spec.unschedulable")),
        ([node("a", ready=False), node("b", cordoned=True)], ("Failed", "Node/a", "")),
        ([], ("Workload", "Deployment/apps/web", "")),
    ],
)
def test_who_takes_no_pods(ask: Ask, nodes: list[Document], expected: tuple[str, str, str]) -> None:
    assert blamed(ask([*web(), *nodes], kind="Deployment", name="web")) == expected


def test_a_pod_that_has_just_come_is_given_some_seconds(ask: Ask) -> None:
    assert ask(web(to_rfc3339(AT - 10)), kind="Deployment", name="web").healthy
