"""Long values side by side: only the part in which they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server.render.words import value

__all__ = ["contrast"]

WHOLE = 80
"""Characters up to which values are shown whole."""

AROUND = 20
"""Characters of common text kept on each side of the part that differs."""


def contrast(values: Sequence[Any]) -> list[str]:
    """One text per value, in order. Long strings lose the beginning and end that all of them share."""
    texts = [text for text in values if isinstance(text, str)]
    if len(texts) < 2 or all(len(text) <= WHOLE for text in texts):
        return [value(each) for each in values]
    start = max(0, _shared(texts) - AROUND)
    end = max(0, _shared([text[start:][::-1] for text in texts]) - AROUND)
    return [_part(each, start, end) if isinstance(each, str) else value(each) for each in values]


def _shared(texts: Sequence[str]) -> int:
    """How many characters all texts begin with alike: as many as the first and the last in order do."""
    first, last = min(texts), max(texts)
    return next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))


def _part(text: str, start: int, end: int) -> str:
    middle = text[start : len(text) - end]
    before, after = ("…" if start else ""), ("…" if end else "")
    return f"{before}{value(middle)}{after}"
