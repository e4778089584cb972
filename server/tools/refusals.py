"""Arguments that a tool does not take: which, why, and what it takes instead."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

__all__ = ["refusal"]

_MEANT = {"context": "clusters", "cluster": "clusters", "contexts": "clusters", "labels": "selector"}
"""Names that are not like the one they stand for."""


def refusal(error: ValidationError, known: Collection[str]) -> str:
    """One line per argument that does not fit, then what to do. known: the arguments of the tool."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    strange = [_name(problem) for problem in problems if problem["type"] == "extra_forbidden"]
    lines = [f"error: {_told(problem)}" for problem in problems]
    if strange:
        near = {name: _near(name, known) for name in strange}
        meant = [f"`{each}` instead of `{name}`" for name, each in near.items() if each]
        hint = f"{', '.join(meant)}; " if meant else ""
        lines.append(f"next: {hint}it takes {', '.join(sorted(known))}")
    return "\n".join(lines)


def _told(problem: Any) -> str:
    name = _name(problem)
    if problem["type"] == "extra_forbidden":
        return f"there is no argument `{name}`"
    if problem["type"] == "missing":
        return f"`{name}` is needed"
    message = str(problem["msg"]).removeprefix("Input ")
    return f"`{name}` {message[:1].lower()}{message[1:]}"


def _name(problem: Any) -> str:
    return ".".join(str(part) for part in problem["loc"])[:200]


def _near(name: str, known: Collection[str]) -> str:
    if _MEANT.get(name.lower()) in known:
        return _MEANT[name.lower()]
    return next(iter(get_close_matches(name, sorted(known), n=1, cutoff=0.6)), "")
