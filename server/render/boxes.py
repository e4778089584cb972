"""What a drawing is made of: boxes, arrows, and what is in none of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from server.render.words import plural

__all__ = ["Box", "Family", "Link", "Picture", "crowd_of"]


class Family(StrEnum):
    """What kind of tie an arrow is; drawings give each its own line."""

    CONTENT = "content"
    OWNERSHIP = "ownership"
    ORDER = "order"
    CONFIGURATION = "configuration"
    OTHER = "other"


class Box(NamedTuple):
    """One object, or a crowd of `size` healthy ones, whose kinds are its name or, many of them, its details.

    health: as in Health, or Missing. details: the revision, "" where there is none. root: it was asked for.
    """

    kind: str
    namespace: str
    name: str
    cluster: str
    health: str
    reason: str = ""
    details: str = ""
    root: bool = False
    size: int = 1


class Link(NamedTuple):
    """An arrow between two boxes, by position. words: what it says, one or more relations."""

    start: int
    end: int
    words: str
    family: Family


class Picture(NamedTuple):
    """folded: objects that stand in crowds. omitted: objects that are in no box, whoever left them out."""

    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    folded: int
    omitted: int

    @property
    def clusters(self) -> tuple[str, ...]:
        """In the order in which they first appear."""
        return tuple(dict.fromkeys(box.cluster for box in self.boxes))


NAMED = 2
"""Kinds of a crowd that fit into its name."""


def crowd_of(kinds: Mapping[str, int], spaces: Sequence[str], cluster: str) -> Box:
    """The box of a crowd. kinds: how many of each. spaces: the namespaces of its members."""
    total = sum(kinds.values())
    named = ", ".join(f"{number} {plural(kind, number)}" for kind, number in sorted(kinds.items()))
    few = len(kinds) <= NAMED
    return Box(
        kind=f"{total} objects" if few else "all ready",
        namespace=spaces[0] if len(set(spaces)) == 1 else "",
        name=named if few else f"{total} objects",
        cluster=cluster,
        health="Ready",
        details="" if few else named,
        size=total,
    )
