"""Markdown in small pieces: a page, a table, running text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["page", "prose", "table"]

_HEADER = "<!-- Written by `python -m server.docs`; do not edit. -->\n"


def page(parts: Iterable[str]) -> str:
    """The parts below the header that says where the page comes from."""
    return "\n".join([_HEADER, *parts]).rstrip() + "\n"


def prose(text: str | None) -> str:
    """A docstring on one line."""
    return " ".join((text or "").split())


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table; a bar inside a cell does not end it."""
    lines = (heading, ["---"] * len(heading), *rows)
    return [f"| {' | '.join(map(_cell, line))} |" for line in lines]


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
