"""The table of grades, for the terminal and for the page, and what it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tests.score.grades import Grade

__all__ = ["Goal", "goals", "markdown", "summary", "terminal"]

_HEAD = ("scenario", "root first", "roots named", "false causes", "path", "healthy twin")


class Goal(NamedTuple):
    """One total. text: for people. reached: as good as it was meant to be."""

    text: str
    reached: bool


def goals(grades: Sequence[Grade]) -> tuple[Goal, ...]:
    """What all grades together come to, against what is wanted."""
    count = len(grades)
    first = sum(grade.first for grade in grades)
    found, roots = sum(grade.found for grade in grades), sum(grade.roots for grade in grades)
    false, loud = sum(grade.false for grade in grades), sum(not grade.silent for grade in grades)
    ways = [grade.path for grade in grades if grade.path is not None]
    return (
        Goal(f"a root is the first cause: {_share(first, count)}, wanted 95 %", first >= 0.95 * count),
        Goal(f"roots named: {_share(found, roots)}, wanted 98 %", found >= 0.98 * roots),
        Goal(f"healthy twins with a cause: {loud} of {count}, wanted 0", not loud),
        Goal(f"false causes: {false}, wanted 0", not false),
        Goal(f"the path is right: {_share(sum(ways), len(ways))}", all(ways)),
    )


def terminal(grades: Sequence[Grade]) -> str:
    """The table with aligned columns, what misses below, then the totals."""
    rows = [_HEAD, *map(_cells, grades)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    misses = [f"{grade.scenario}: {text}" for grade in grades for text in grade.misses]
    told = (*lines, "", *misses, *([""] if misses else []))
    return "\n".join((*(line.rstrip() for line in told), summary(grades)))


def summary(grades: Sequence[Grade]) -> str:
    """The totals, one a line."""
    return "\n".join(f"{'ok  ' if goal.reached else 'MISS'} {goal.text}" for goal in goals(grades))


def markdown(grades: Sequence[Grade]) -> str:
    """The table as a page shows it, with the scenario's title, and what misses below."""
    head = ("scenario", "what is broken", *_HEAD[1:])
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for grade in grades:
        name, *rest = _cells(grade)
        lines.append(f"| {' | '.join((name, grade.title, *rest))} |")
    misses = [f"- `{grade.scenario}`: {text}" for grade in grades for text in grade.misses]
    return "\n".join((*lines, *(["", "What misses:", "", *misses] if misses else ["", "Nothing misses."])))


def _cells(grade: Grade) -> tuple[str, ...]:
    return (
        grade.scenario,
        "yes" if grade.first else "NO",
        f"{grade.found} of {grade.roots}" + ("" if grade.found == grade.roots else " (!)"),
        f"{grade.false} (!)" if grade.false else "0",
        "-" if grade.path is None else "right" if grade.path else "WRONG",
        "silent" if grade.silent else "LOUD",
    )


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "none"
