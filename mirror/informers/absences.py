"""How long a type has been missing from discovery. Pure: the time is an argument."""

from __future__ import annotations

from collections.abc import Iterable

from mirror.keys import GroupKind

__all__ = ["Absences"]


class Absences:
    """Tells a type that is gone from one that a server has only not read yet.

    A server that starts answers discovery before it has read its CRDs. So a type counts as gone once looks
    have missed it for `confirm_s` seconds, at least two of them.
    """

    def __init__(self, confirm_s: float) -> None:
        self._confirm_s = confirm_s
        self._since: dict[GroupKind, float] = {}

    def look(self, missing: Iterable[GroupKind], now: float) -> None:
        """These, and only these, were missing at the look just taken. now: monotonic seconds."""
        self._since = {kind: self._since.get(kind, now) for kind in missing}

    def confirmed(self, kind: GroupKind, now: float) -> bool:
        """The type is gone."""
        since = self._since.get(kind)
        return since is not None and now - since >= self._confirm_s
