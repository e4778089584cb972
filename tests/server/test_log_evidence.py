"""Logs under the evidence: for which causes, how many, and when they cannot be read."""

from __future__ import annotations

from collections.abc import Sequence

from query.results.answer import Affected, Cause, ObjectRef, RootCause, ToolCall
from server.log_evidence import MOST, with_logs
from server.ports import ContainerLog, LogWanted
from server.render.root_cause import render_root_cause


class Written:
    """Logs by Pod; every other one cannot be read."""

    def __init__(self, **lines: tuple[str, ...]) -> None:
        self.lines = lines
        self.asked: list[LogWanted] = []

    def read_logs(self, wanted: Sequence[LogWanted]) -> list[ContainerLog]:
        self.asked += wanted
        return [
            ContainerLog(self.lines[each.pod])
            if each.pod in self.lines
            else ContainerLog(failure="forbidden: no")
            for each in wanted
        ]


def call(name: str, kind: str = "Pod") -> ToolCall:
    arguments = {"cluster": "staging", "kind": kind, "name": name, "namespace": "apps"}
    more = {"container": "web", "previous": True} if kind == "Pod" else {}
    return ToolCall("get_kubernetes_logs", {**arguments, **more, "limit": 50})


def answer(*calls: ToolCall | None) -> RootCause:
    ref = ObjectRef("staging", "apps/v1", "Deployment", "apps", "web")
    causes = tuple(
        Cause(number, ref, "Workload", "CrashLoopBackOff", "", "", "", (), (), Affected(0, ()), logs=each)
        for number, each in enumerate(calls, start=1)
    )
    return RootCause(healthy=False, causes=causes)


def test_the_last_words_are_evidence() -> None:
    logs = Written(a=("starting", "panic: no database"))
    found = with_logs(answer(None, call("a")), logs)
    assert logs.asked == [LogWanted("staging", "apps", "a", "web", True)]
    assert found.causes[0].evidence == ()
    (evidence,) = found.causes[1].evidence
    assert (evidence.kind, evidence.object.kind, evidence.object.name) == ("log", "Pod", "a")
    text = render_root_cause(found, now=0.0).text
    assert (
        "   logs of Pod/apps/a, container web, previous run, its last words:\n"
        "     | starting\n"
        "     | panic: no database"
    ) in text
    assert "get_kubernetes_logs" not in text


def test_what_cannot_be_read_is_said() -> None:
    found = with_logs(answer(call("gone"), call("web", "Deployment"), call("empty")), Written(empty=()))
    said = [evidence.text for cause in found.causes for evidence in cause.evidence]
    assert said == [
        "container web, previous run: could not be read: forbidden: no",
        "not read: no Pod of it can be seen",
        "container web, previous run: has written nothing",
    ]


def test_only_the_first_causes_are_asked_about() -> None:
    logs = Written()
    found = with_logs(answer(*(call(f"p{number}") for number in range(MOST + 2))), logs)
    assert len(logs.asked) == MOST
    assert "only the logs of the first 3" in found.causes[-1].evidence[0].text


def test_without_being_asked_the_call_is_offered() -> None:
    text = render_root_cause(answer(call("a")), now=0.0).text
    assert (
        '   logs: get_kubernetes_logs(cluster="staging", kind="Pod", name="a", namespace="apps", '
        'container="web", previous=true, limit=50), or ask again with include_logs'
    ) in text
