"""The objects of a list page, decoded one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, overload

import msgspec

__all__ = ["Items"]


class Items(Sequence[dict[str, Any]]):
    """Objects that stay JSON until they are looked at; each look makes a new dict.

    As dicts, the 500 objects of a page take ten times the memory of their JSON, and while a fleet is first
    read many pages are in memory at once. What is decoded just before it is used is used while it is warm.

    A look raises what `decode` raises.
    """

    __slots__ = ("_decode", "_raw")

    def __init__(self, raw: Sequence[msgspec.Raw], decode: Callable[[msgspec.Raw], dict[str, Any]]) -> None:
        self._raw = raw
        self._decode = decode

    def __len__(self) -> int:
        return len(self._raw)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...

    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(index, slice):
            return [self._decode(raw) for raw in self._raw[index]]
        return self._decode(self._raw[index])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return map(self._decode, self._raw)

    def __eq__(self, other: object) -> bool:
        return [*self] == [*other] if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # equal to lists, which have none either
