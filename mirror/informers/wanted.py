"""Which of the served types are mirrored. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mirror.flux.kinds import mirrored
from mirror.keys import GroupKind, Resource
from mirror.kube.discovery import Discovery

__all__ = ["Wanted", "wanted"]

_NEVER = frozenset({GroupKind("events.k8s.io", "Event")})
"""The core events under another name."""


class Wanted(NamedTuple):
    """resources: to be mirrored. left_out: served kinds of inventories for which there was no room."""

    resources: tuple[Resource, ...]
    left_out: tuple[GroupKind, ...]


def wanted(
    discovery: Discovery, *, managed: Iterable[GroupKind], asked: Iterable[GroupKind], most: int
) -> Wanted:
    """What always is, what somebody has asked for, and what inventories name.

    managed, asked: in the order in which they were seen; the first ones get the room there is, so that a kind
    that is mirrored does not give way to another. most: kinds of inventories beyond all others.
    """
    served = {resource.group_kind: resource for resource in discovery.resources}
    chosen = {kind: resource for kind, resource in served.items() if mirrored(resource)}
    chosen |= {kind: served[kind] for kind in asked if kind in served and kind not in _NEVER}
    extra = [
        kind
        for kind in managed
        if kind in served and served[kind].watchable and kind not in chosen and kind not in _NEVER
    ]
    chosen |= {kind: served[kind] for kind in extra[:most]}
    return Wanted(tuple(chosen.values()), tuple(extra[most:]))
