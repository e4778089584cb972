"""Points in time as people write them: `2h`, `1h30m`, `3d`, `2026-11-22T09:00Z`. Pure."""

from __future__ import annotations

import re

from mirror.clock import parse_time
from query.errors import SelectorError

__all__ = ["parse_since"]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhdw])")
_SPAN = re.compile(rf"(?:{_PART.pattern})+")


def parse_since(text: str, now: float) -> float:
    """Wall seconds of the moment: a span counts back from now, a time is one. Raises SelectorError."""
    word = text.strip()
    if _SPAN.fullmatch(word):
        return now - sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(word))
    at = parse_time(word)
    if at is None:
        raise SelectorError(
            f"`{text[:80]}` is neither a span nor a time",
            hint="for example `30m`, `2h`, `3d` or `2026-11-22T09:00Z`",
        )
    return at
