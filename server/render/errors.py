"""A MirrorError for a reader: what happened, where, and what to do next."""

from __future__ import annotations

from mirror.errors import MirrorError

__all__ = ["error_text"]

_MOST = 1_000
"""Characters of one line: what was asked for is quoted in errors, however long it was."""


def error_text(error: MirrorError) -> str:
    """`error: …`, then `where: …` and `next: …` on lines of their own where the error knows them."""
    lines = [f"error: {error.what}"]
    lines += [f"where: {error.where}"] if error.where else []
    lines += [f"next: {error.hint}"] if error.hint else []
    if error.retryable and not error.hint:
        lines.append("next: try again in a moment")
    return "\n".join(line if len(line) <= _MOST else line[: _MOST - 1] + "…" for line in lines)
