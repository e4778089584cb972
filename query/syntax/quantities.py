"""Durations and quantities by value: `60m` is `1h0m0s`, `1000m` is `1`, `1024Mi` is `1Gi`."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

__all__ = ["canonical_duration", "canonical_quantity", "duration_seconds", "quantity_value"]

_UNIT_NS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_SHOWN = (("h", 3600 * 10**9), ("m", 60 * 10**9), ("s", 10**9), ("ms", 10**6), ("us", 10**3), ("ns", 1))

_QUANTITY = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))([eE][+-]?\d{1,2}|[KMGTPE]i|[numkMGTPE]?)")
_BINARY = ("Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


@lru_cache(maxsize=1024)
def canonical_duration(text: str) -> str:
    """The shortest form of a Go duration (time.ParseDuration): `90s` → `1m30s`, `1h0m0s` → `1h`.

    Text that is no duration comes back unchanged.
    """
    body = text.removeprefix("-")
    total = _nanoseconds(body)
    if total is None or total.denominator != 1:
        return text
    return ("-" if body != text and total else "") + _shortest(int(total))


def duration_seconds(text: str) -> float | None:
    """A Go duration in seconds; None for text that is none, and for a negative one."""
    total = _nanoseconds(text)
    return None if total is None else float(total / _UNIT_NS["s"])


def _nanoseconds(body: str) -> Fraction | None:
    if body == "0":
        return Fraction(0)
    parts = list(_PART.finditer(body))
    if not parts or "".join(part[0] for part in parts) != body:
        return None
    return sum((Fraction(part[1]) * _UNIT_NS[part[2]] for part in parts), Fraction(0))


def _shortest(nanoseconds: int) -> str:
    shown = []
    for unit, size in _SHOWN:
        count, nanoseconds = divmod(nanoseconds, size)
        if count:
            shown.append(f"{count}{unit}")
    return "".join(shown) or "0s"


def canonical_quantity(value: object) -> object:
    """One text per value of a Kubernetes quantity (apimachinery, resource.Quantity); numbers count as well.

    Anything that is no quantity comes back unchanged.
    """
    number = quantity_value(value)
    return value if number is None else _quantity_text(number)


def quantity_value(value: object) -> Fraction | None:
    """The number that a quantity stands for: `12m` → 0.012, `64Mi` → 67108864; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    match = _QUANTITY.fullmatch(str(value))
    if match is None:
        return None
    number, suffix = Fraction(match[1]), match[2]
    if suffix in _BINARY:
        number *= 1024 ** (_BINARY.index(suffix) + 1)
    elif suffix in _DECIMAL:
        number *= Fraction(10) ** _DECIMAL[suffix]
    else:
        number *= Fraction(10) ** int(suffix[1:])
    return number


def _quantity_text(number: Fraction) -> str:
    if number.denominator == 1:
        return _integer_text(int(number))
    for suffix in ("m", "u", "n"):
        scaled = number / Fraction(10) ** _DECIMAL[suffix]
        if scaled.denominator == 1:
            return f"{int(scaled)}{suffix}"
    return str(Decimal(number.numerator) / Decimal(number.denominator))


def _integer_text(number: int) -> str:
    """Binary or decimal suffixes only from a million on: `2048` Pods stay `2048`."""
    for power in range(len(_BINARY), 1, -1):
        if number and number % 1024**power == 0:
            return f"{number // 1024**power}{_BINARY[power - 1]}"
    for suffix in ("E", "P", "T", "G", "M"):
        size = 10 ** _DECIMAL[suffix]
        if number and number % size == 0:
            return f"{number // size}{suffix}"
    return str(number)
