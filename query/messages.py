"""Messages without what differs between times and clusters, so that the same fault reads the same."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["excerpt", "is_specific", "normal_message", "wording"]

_HASH = "[bcdfghjklmnpqrstvwxz2456789]"
"""The alphabet of generated names (apimachinery, util/rand)."""

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"/tmp/[^\s:'\"]*"), "<folder>"),  # noqa: S108  a pattern, not a file that is used
    (re.compile(r"\bsha(?:1|256|512):[0-9a-f]{7,128}\b"), "<digest>"),
    (re.compile(r"\b[0-9a-f]{40}\b|\b[0-9a-f]{64}\b"), "<digest>"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<uid>"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"), "<time>"),
    (re.compile(r"\b(?:\d+(?:\.\d+)?(?:h|ms|µs|us|ns|m|s))+\b"), "<duration>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}:\d+\b"), "<address>"),
    (re.compile(rf"-{_HASH}{{8,10}}(?:-{_HASH}{{5}})?\b"), "-<hash>"),
)
"""Temporary folders, digests, times, durations, connections, and the hashes in the names of Pods."""

_NAMES = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|\S*[/\d]\S*")

_REMEMBERED = 1_000
"""Messages of which a process knows what lasts of them: those of one fault are alike in many clusters."""

_SPECIFIC = re.compile(r"['\"/`\[]")


def normal_message(message: str, cluster: str) -> str:
    """The message with the passing parts replaced, and the cluster's own name too."""
    text = _lasting(message)
    if not cluster or cluster not in text:
        return text
    return re.sub(rf"(?<![\w-]){re.escape(cluster)}(?![\w-])", "<cluster>", text)


@lru_cache(maxsize=_REMEMBERED)
def _lasting(message: str) -> str:
    text = " ".join(message.split())
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def is_specific(message: str) -> bool:
    """It names something (a path, a quoted name, a list), so two equal ones speak of the same thing.

    `Failed to upgrade after 4 attempt(s)` is said of any release.
    """
    return _SPECIFIC.search(message) is not None


@lru_cache(maxsize=_REMEMBERED)
def wording(message: str) -> str:
    """What kind of thing a message says, without what it names: no quoted text, lists, paths or numbers."""
    return " ".join(_NAMES.sub(" ", message).split())


def excerpt(message: str, length: int = 300) -> str:
    """One line of at most `length` characters."""
    line = " ".join(message.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
