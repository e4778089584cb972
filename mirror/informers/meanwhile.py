"""Doing something useful while an answer is on its way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from mirror.errors import MirrorError

__all__ = ["meanwhile"]

_T = TypeVar("_T")


async def meanwhile(fetch: Callable[[], Awaitable[_T]], work: Callable[[], Awaitable[None]]) -> _T:
    """What fetch gives, once the work is done as well; both go on at the same time.

    A MirrorError of fetch is raised after the work is done, one of the work at once. Cancelled: both are.
    """
    answers: list[_T] = []
    errors: list[MirrorError] = []

    async def run() -> None:
        try:
            answers.append(await fetch())
        except MirrorError as error:
            errors.append(error)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        try:
            await work()
        except MirrorError as error:
            errors.insert(0, error)
            tasks.cancel_scope.cancel()
    if errors:
        raise errors[0]
    return answers[0]
