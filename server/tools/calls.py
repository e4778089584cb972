"""The call that is being answered: which tool, with which arguments, in which session of MCP."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from query.progress import Report

__all__ = ["Call", "calling", "current_call"]


@dataclass(frozen=True, slots=True)
class Call:
    """session: what tells the sessions of a server apart; None where a call belongs to none.

    report: tells the host how far a long call has come.
    """

    tool: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    session: Hashable | None = None
    report: Report | None = None


_NOBODY = Call()
_CURRENT: ContextVar[Call] = ContextVar("call", default=_NOBODY)


def current_call() -> Call:
    """The call that this thread or task answers; one without a tool outside of any."""
    return _CURRENT.get()


@contextmanager
def calling(call: Call) -> Iterator[None]:
    """For the length of the block, `call` is the current one."""
    token = _CURRENT.set(call)
    try:
        yield
    finally:
        _CURRENT.reset(token)
