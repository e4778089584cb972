"""Small words that all texts share: counts, ages, names, values on one line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from mirror.clock import format_age, parse_time
from query.results.answer import ObjectRef

__all__ = ["SIGNS", "WELL", "ago", "clip", "count", "in_cluster", "listing", "plural", "value"]

SIGNS = {
    "Ready": "✓",
    "Failed": "✗",
    "Missing": "✗",
    "Progressing": "…",
    "Suspended": "‖",
    "Unknown": "?",
    "Absent": "○",
}
"""One character for each word of health."""

WELL = frozenset({"Ready", "Absent"})
"""States that are no trouble; Absent is what nobody needs."""

MESSAGE_LIMIT = 400
"""Characters of a message that are shown; controllers wrap errors until the beginning says all."""


def plural(noun: str, number: int) -> str:
    """`cause`, `causes`; `Kustomization`, `Kustomizations`; `GitRepository`, `GitRepositories`."""
    if number == 1:
        return noun
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch")) else "s")


def count(number: int, noun: str) -> str:
    """`1 cause`, `3 causes`."""
    return f"{number:,} {plural(noun, number)}"


def clip(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """The text on one line, at most `limit` characters; `…` marks a cut."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def ago(at: str, now: float, suffix: str = "") -> str:
    """The age of an RFC 3339 time, `12m`; "" when there is none."""
    seconds = parse_time(at)
    return "" if seconds is None else f"{format_age(now - seconds)}{suffix}"


def in_cluster(ref: ObjectRef) -> str:
    """`Kind/namespace/name in cluster`."""
    return f"{ref} in {ref.cluster}"


def listing(names: Iterable[str], limit: int = 5) -> str:
    """`a, b, c and 4 more`."""
    every = list(names)
    shown = ", ".join(every[:limit])
    return shown if len(every) <= limit else f"{shown} and {len(every) - limit} more"


def value(content: Any, limit: int = 100) -> str:
    """A field's value on one line: plain when that cannot be misread, else as JSON."""
    if isinstance(content, str) and _plain(content):
        return clip(content, limit)
    return clip(msgspec.json.encode(content, order="deterministic").decode(), limit)


def _plain(text: str) -> bool:
    """Not mistaken for a number, a list or the end of the field when it stands without quotes."""
    if not text or text != text.strip() or text in ("true", "false", "null"):
        return False
    return _SPECIAL.isdisjoint(text) and not _number(text)


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


_SPECIAL = frozenset("\"'\n\t,;{[")
