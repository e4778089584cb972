"""Colour for the words that matter. Printing drops it where stdout is no terminal or NO_COLOR is set."""

from __future__ import annotations

import re

import click

__all__ = ["styled"]

_COLOURS = {
    "red": ("✗", "Failed", "Missing", "failing", "unreachable", "forbidden", "fail", "fails"),
    "yellow": (
        "Progressing",
        "Suspended",
        "Unknown",
        "stale",
        "syncing",
        "progressing",
        "suspended",
        "unknown",
    ),
    "green": ("✓", "Ready", "ready", "in sync"),
}
_COLOUR_OF = {word: colour for colour, words in _COLOURS.items() for word in words}
_WORD = re.compile(
    r"(?<![\w/.-])(" + "|".join(sorted(map(re.escape, _COLOUR_OF), key=len, reverse=True)) + r")(?![\w/-])"
)


def styled(text: str) -> str:
    """The verdict (first line) bold, words of health in their colour; names and paths are left alone."""
    verdict, newline, rest = text.partition("\n")
    return click.style(verdict, bold=True) + newline + _WORD.sub(_coloured, rest)


def _coloured(match: re.Match[str]) -> str:
    return click.style(match[0], fg=_COLOUR_OF[match[0]])
