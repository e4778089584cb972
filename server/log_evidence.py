"""Logs under the evidence of the causes that they speak for."""

from __future__ import annotations

from typing import Any

import msgspec

from query.results.answer import Cause, Evidence, ObjectRef, RootCause
from server.ports import ContainerLog, Logs, LogWanted

__all__ = ["MOST", "with_logs"]

MOST = 3
"""Containers whose logs are read for one answer: those of the first causes."""


def with_logs(answer: RootCause, logs: Logs) -> RootCause:
    """The same answer, with a piece of evidence of kind `log` for each of the first causes that offer one.

    What could not be read says why in its place; no failure of a cluster fails the answer.
    """
    offered = [place for place, cause in enumerate(answer.causes) if cause.logs is not None]
    chosen = offered[:MOST]
    wanted = {place: _wanted(answer.causes[place]) for place in chosen}
    readable = {place: log for place, log in wanted.items() if log is not None}
    found = dict(zip(readable, logs.read_logs(list(readable.values())), strict=True))
    causes = list(answer.causes)
    for place in chosen:
        causes[place] = _with(causes[place], found.get(place))
    for place in offered[MOST:]:
        causes[place] = _added(causes[place], f"not read: only the logs of the first {MOST} causes are")
    return msgspec.structs.replace(answer, causes=tuple(causes))


def _wanted(cause: Cause) -> LogWanted | None:
    """The log that the offered call would read; None where no Pod of the workload is known."""
    arguments = cause.logs.arguments if cause.logs else {}
    if arguments.get("kind") != "Pod":
        return None
    return LogWanted(
        arguments["cluster"],
        arguments["namespace"],
        arguments["name"],
        arguments["container"],
        arguments.get("previous", False),
    )


def _with(cause: Cause, log: ContainerLog | None) -> Cause:
    if log is None:
        return _added(cause, "not read: no Pod of it can be seen")
    arguments = cause.logs.arguments if cause.logs else {}
    of = f"container {arguments.get('container', '')}"
    of += ", previous run" if arguments.get("previous") else ""
    if log.failure:
        return _added(cause, f"{of}: could not be read: {log.failure}")
    if not log.lines:
        return _added(cause, f"{of}: has written nothing")
    return _added(cause, "\n".join([f"{of}, its last words:", *log.lines]))


def _added(cause: Cause, text: str) -> Cause:
    arguments = cause.logs.arguments if cause.logs else {}
    evidence = Evidence(object=_spoken_of(cause, arguments), kind="log", text=text, at="")
    return msgspec.structs.replace(cause, evidence=(*cause.evidence, evidence))


def _spoken_of(cause: Cause, arguments: dict[str, Any]) -> ObjectRef:
    ref = cause.object
    if arguments.get("kind") != "Pod":
        return ref
    return ObjectRef(arguments["cluster"], "v1", "Pod", arguments["namespace"], arguments["name"])
