"""Which log speaks for a cause, and which causes have none."""

from __future__ import annotations

from typing import Any

import pytest

from query.results.answer import ToolCall
from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask
from tests.query.root_cause.test_workloads import applied, with_pod
from tests.query.root_cause.verdicts import only

CRASHED = {"lastState": {"terminated": {"reason": "Error", "exitCode": 1}}}
POD = {
    "cluster": "staging",
    "kind": "Pod",
    "name": "web-6d4b75cb6d-x2x7k",
    "namespace": "apps",
    "container": "web",
}


@pytest.mark.parametrize(
    ("content", "previous"),
    [
        ({"state": fleet.waiting("CrashLoopBackOff", "back-off 5m0s"), "container": CRASHED}, True),
        ({"state": {"terminated": {"reason": "Error", "exitCode": 2}}}, False),
        ({"state": {"running": {}}, "phase": "Running", "container": {**CRASHED, "restartCount": 3}}, True),
    ],
)
def test_the_run_that_failed(ask: Ask, content: dict[str, Any], previous: bool) -> None:
    cause = only(ask(with_pod(**content), kind="ks", name="apps"))
    arguments = {**POD, **({"previous": True} if previous else {}), "limit": 50}
    assert cause.logs == ToolCall("get_kubernetes_logs", arguments)


@pytest.mark.parametrize(
    "content",
    [
        {"state": fleet.waiting("ImagePullBackOff", "not found")},
        {"conditions": [fleet.condition("PodScheduled", "False", "Unschedulable", "no nodes")]},
    ],
)
def test_what_never_ran_has_written_nothing(ask: Ask, content: dict[str, Any]) -> None:
    assert only(ask(with_pod(**content), kind="ks", name="apps")).logs is None


def test_without_a_pod_to_be_seen_the_workload_is_named(ask: Ask) -> None:
    job = fleet.obj(
        "batch/v1",
        "Job",
        "migrate",
        spec={"backoffLimit": 0},
        status=fleet.status(fleet.condition("Failed", "True", "BackoffLimitExceeded", "Job has reached it")),
    )
    cause = only(ask(applied(job), kind="ks", name="apps"))
    assert cause.logs is not None
    assert cause.logs.arguments == {
        "cluster": "staging",
        "kind": "Job",
        "name": "migrate",
        "namespace": "apps",
        "limit": 50,
    }


def test_a_missing_object_has_no_log(ask: Ask) -> None:
    values = [{"kind": "ConfigMap", "name": "limits"}]
    message = "could not resolve ConfigMap values reference 'apps/limits': configmaps \"limits\" not found"
    release = fleet.helm_release(valuesFrom=values, state=fleet.failed("ValuesError", message))
    assert (
        only(ask([fleet.helm_repository(), fleet.helm_chart(), release], kind="hr", name="shop")).logs is None
    )
