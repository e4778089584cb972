"""How sets of clusters are named in an answer: by names, large ones by a letter that is explained once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from server.render.words import count, listing

__all__ = ["ClusterNames"]

FEW = 4
"""Clusters that are always named one by one."""

LETTERS = "ABCDEF"
"""Sets that get a letter, those first that are told most often."""

NAMED = 60
"""Clusters named in the explanation of a letter."""


class ClusterNames:
    """sets: every set of clusters that the answer tells, as often as it does."""

    def __init__(self, sets: Iterable[Sequence[str]], every: Sequence[str]) -> None:
        """every: the clusters that the answer is about."""
        self._every = frozenset(every)
        told = Counter(frozenset(names) for names in sets)
        large = [(names, often) for names, often in told.items() if FEW < len(names) < len(self._every)]
        large.sort(key=lambda item: (-item[1] * len(item[0]), sorted(item[0])))
        self._letters = {names: letter for (names, _), letter in zip(large, LETTERS, strict=False)}

    def told(self, names: Sequence[str]) -> str:
        """`a, b`; `the 17 clusters A`; `all 50 clusters`."""
        if len(names) <= FEW:
            return ", ".join(names)
        if self._every == frozenset(names):
            return f"all {len(names)} clusters"
        letter = self._letters.get(frozenset(names))
        return f"the {len(names)} clusters {letter}" if letter else count(len(names), "cluster")

    def legend(self) -> list[str]:
        """One line for each letter."""
        lines = [f"{letter} = {listing(sorted(names), NAMED)}" for names, letter in self._letters.items()]
        return [*lines, ""] if lines else []
