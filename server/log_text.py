"""The telling part of a log: masked, without colours, a few lines. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

__all__ = ["BYTES", "LAST", "telling_part"]

LAST = 12
"""Last lines that are shown: a process says at its end why it ends."""

EARLIER = 8
"""Lines from before them that speak of an error: a stack trace begins with what happened."""

BYTES = 1_500
"""Bytes of one log in an answer: three of them leave room for the causes they belong to."""

LONGEST = 240
"""Characters of one line; what a server logs as JSON can be any length."""

_COLOURS = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")
_CONTROL = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)))
_TROUBLE = re.compile(
    r"\b(?:error|err|fatal|panic|exception|traceback|caused by|critical|failed|cannot|unable|refused"
    r"|denied)\b",
    re.IGNORECASE,
)
_KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY-----")
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")
GAP = "…"


class _Line(NamedTuple):
    place: int
    text: str


def telling_part(raw: bytes, redact: Callable[[str], str], *, whole: bool) -> tuple[str, ...]:
    """The last lines of a log, after those before them that name an error; `…` marks what is left out.

    redact: masks secrets; it sees all of the text before anything is cut, so that no cut hides a secret from
    it. whole: `raw` is all there is; otherwise its first line is only a part of one and is left out.
    """
    text = _COLOURS.sub("", raw.decode("utf-8", "replace")).replace("\r", "\n").translate(_CONTROL)
    if not whole:
        text = text.partition("\n")[2] or text
    spoken = (line.rstrip() for line in redact(_without_half_key(text)).splitlines() if line.strip())
    numbered = [_Line(place, line) for place, line in enumerate(spoken)]
    last = numbered[-LAST:]
    earlier = [line for line in numbered[: -len(last) or None] if _TROUBLE.search(line.text)]
    return _bounded([*(earlier[-EARLIER:] if len(numbered) > len(last) else ()), *last])


def _without_half_key(text: str) -> str:
    """A private key of which only the end is in the text cannot be recognised any more: it goes as well."""
    end = _KEY_ENDS.search(text)
    if end is None or _KEY_BEGINS.search(text, 0, end.start()):
        return text
    return text[end.end() :]


def _bounded(lines: Sequence[_Line]) -> tuple[str, ...]:
    """From the end as many as fit, each cut to a length, with marks where lines are left out."""
    room = BYTES
    kept: list[_Line] = []
    for line in reversed(lines):
        text = line.text if len(line.text) <= LONGEST else f"{line.text[: LONGEST - 1]}…"
        room -= len(text.encode()) + 1
        if room < 0 and kept:
            break
        kept.append(_Line(line.place, text))
    shown: list[str] = []
    before = -1
    for line in reversed(kept):
        if line.place > before + 1:
            shown.append(GAP)
        shown.append(line.text)
        before = line.place
    return tuple(shown)
