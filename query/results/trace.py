"""The answer of trace_kubernetes_resource; as in results.py, its JSON form is the documented one."""

from __future__ import annotations

import msgspec

from query.results.answer import Answer, ObjectRef

__all__ = ["Trace", "TraceSource", "TraceStep", "Traces"]


class TraceStep(msgspec.Struct, frozen=True):
    """One object on the way. message: only of one that is not well. revision: short, what a source holds or
    an applier has applied. url: of sources."""

    object: ObjectRef
    health: str
    reason: str
    message: str = ""
    suspended: bool = False
    revision: str = ""
    url: str = ""


class TraceSource(msgspec.Struct, frozen=True):
    """Where the content of one object comes from, the nearest first: chart, repository."""

    resolved_for: ObjectRef
    steps: tuple[TraceStep, ...]


class Trace(msgspec.Struct, frozen=True):
    """managed_by: owners and appliers, the nearest first. unmanaged: no applier of Flux is above it.

    dependents: who would feel its trouble, those that are not well first; all of them are counted.
    """

    object: TraceStep
    managed_by: tuple[TraceStep, ...]
    sources: tuple[TraceSource, ...]
    unmanaged: bool
    dependents: tuple[TraceStep, ...]
    dependents_count: int
    notes: tuple[str, ...] = ()


class Traces(Answer, frozen=True, kw_only=True):
    """One trace per cluster and namespace that has the object."""

    traces: tuple[Trace, ...]
