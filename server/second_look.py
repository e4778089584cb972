"""Kinds that an answer met on its way and that nobody mirrors yet: ask for them, and look again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from query.results.answer import RootCause

__all__ = ["second_look"]

MOST_KINDS = 3
"""Kinds that one question has mirrored; each may be waited for for a few seconds, and each costs a watch."""


def second_look(ask: Callable[[], RootCause], await_kind: Callable[[str], None]) -> RootCause:
    """The answer, given again once what it could not see is mirrored.

    ask: the question, each time on the newest state. await_kind: has a kind mirrored and waits a moment for
    it, as for the kind that a question names. What is not there in time stays in `not_visible`.
    """
    found = ask()
    if not found.not_mirrored:
        return found
    for kind in found.not_mirrored[:MOST_KINDS]:
        await_kind(kind)
    return ask()
