"""How sets of clusters are named in an answer: by their names, or the names of the few that are not in them;
other large ones by a letter that is explained once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from server.render.words import count, listing

__all__ = ["ClusterNames"]

FEW = 4
"""Clusters that are always named one by one, or left out by name."""

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
        large = [(names, often) for names, often in told.items() if not self._short(names)]
        large.sort(key=lambda item: (-item[1] * len(item[0]), sorted(item[0])))
        self._letters = {names: letter for (names, _), letter in zip(large, LETTERS, strict=False)}

    def told(self, names: Sequence[str]) -> str:
        """`a, b`; `all 50 clusters`; `all but a, b`; `the 17 clusters A`."""
        if len(names) <= FEW:
            return ", ".join(names)
        if self._every == frozenset(names):
            return f"all {len(names)} clusters"
        if left := self._left(frozenset(names)):
            return f"all but {', '.join(left)}"
        letter = self._letters.get(frozenset(names))
        return f"the {len(names)} clusters {letter}" if letter else count(len(names), "cluster")

    def legend(self) -> list[str]:
        """One line for each letter."""
        lines = [f"{letter} = {listing(sorted(names), NAMED)}" for names, letter in self._letters.items()]
        return [*lines, ""] if lines else []

    def _short(self, names: frozenset[str]) -> bool:
        """It can be told without a letter."""
        return len(names) <= FEW or names == self._every or bool(self._left(names))

    def _left(self, names: frozenset[str]) -> list[str]:
        """The clusters that are not in the set, sorted; none of them where they are many."""
        left = self._every - names
        return sorted(left) if len(left) <= FEW else []
