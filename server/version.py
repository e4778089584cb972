"""Which flux-mirror this is. The version stands here alone; the package takes it from this line."""

from __future__ import annotations

import re

__all__ = ["VERSION", "is_older", "product_version"]

VERSION = "0.1.0"

_NUMBERS = re.compile(r"\d+(?:\.\d+)*")


def product_version() -> str:
    """The version of this code, not of what is installed beside it."""
    return VERSION


def is_older(version: str, than: str) -> bool:
    """By the numbers that both begin with; False where one has none, for then nobody knows."""
    one, other = _numbers(version), _numbers(than)
    return one is not None and other is not None and one < other


def _numbers(version: str) -> tuple[int, ...] | None:
    found = _NUMBERS.match(version)
    if found is None:
        return None
    numbers = [int(part) for part in found[0].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
