"""Text in a drawing: how wide it is about, and how it is cut and escaped."""

from __future__ import annotations

from html import escape

__all__ = ["fitted", "safe", "width_of"]

_NARROW = frozenset("ijl.,:;'|!ftrI()[]-/ ")
_WIDE = frozenset("mwMWQO@%&…")
_OTHER_EM = 0.6
_NARROW_EM = 0.36
_WIDE_EM = 0.9
_CAPITAL_EM = 0.7
_BOLD = 1.16
_SHEET_EM = 1.05
"""Beyond Latin a letter may be as wide as it is high."""


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Pixels at most, in the usual sans-serif fonts; the drawing does not know which one a reader has."""
    return sum(map(_em, text)) * size * (_BOLD if bold else 1.0)


def fitted(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """The text in at most `room` pixels. What is cut is cut in the middle: names differ at their ends."""
    if width_of(text, size, bold=bold) <= room:
        return text
    keep = len(text) - 1
    while keep > 1:
        head = (keep + 1) * 3 // 5
        cut = f"{text[:head]}…{text[len(text) - (keep - head) :]}"
        if width_of(cut, size, bold=bold) <= room:
            return cut
        keep -= 1
    return "…"


def safe(text: str) -> str:
    """For element content and quoted attributes; characters that XML 1.0 forbids are replaced."""
    return escape("".join(letter if _allowed(letter) else "\N{REPLACEMENT CHARACTER}" for letter in text))


def _em(letter: str) -> float:
    if letter in _NARROW:
        return _NARROW_EM
    if letter in _WIDE:
        return _WIDE_EM
    if letter.isupper():
        return _CAPITAL_EM
    return _OTHER_EM if ord(letter) < 0x2000 else _SHEET_EM


def _allowed(letter: str) -> bool:
    code = ord(letter)
    if code in (9, 10, 13):
        return True
    return 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
