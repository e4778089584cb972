"""Columns of text, as kubectl prints them."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["columns"]


def columns(rows: Sequence[Sequence[str]], *, gap: str = "  ") -> list[str]:
    """One line per row, cells padded to their column; columns that are empty in every row are dropped.

    The first row may be the heading: it does not keep an otherwise empty column alive.
    """
    if not rows:
        return []
    body = rows[1:] or rows
    used = [index for index in range(len(rows[0])) if any(row[index] for row in body)]
    widths = {index: max(len(row[index]) for row in rows) for index in used}
    return [gap.join(row[index].ljust(widths[index]) for index in used).rstrip() for row in rows]
