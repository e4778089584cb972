"""How the chosen clusters stand, for the kinds that a question is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from mirror.keys import GroupKind
from mirror.settings import MirrorSettings
from mirror.store import streams
from mirror.store.rows import OpenRow, ScopeRow
from query.ages import CLOCK_MARGIN_S
from query.freshness import Standing, require_max_age, standing_of
from query.kinds import is_flux
from query.sight import Sight
from query.stored import Stored
from query.visibility import Visibility

__all__ = ["Standings"]


class Standings:
    """Found once for what a question touches: the beginning and the end of an answer both ask."""

    def __init__(
        self,
        stored: Stored,
        sight: Sight,
        *,
        now: float,
        silence: str,
        aliases: Mapping[str, str],
        max_age: float | None,
        settings: MirrorSettings,
    ) -> None:
        """aliases, max_age: as View has them. silence: as mirror_silence() says."""
        self._stored = stored
        self._sight = sight
        self._now = now
        self._silence = silence
        self._aliases = aliases
        self._max_age = max_age
        self._settings = settings
        self._found: dict[frozenset[GroupKind] | None, list[Standing]] = {}

    def of(self, kinds: frozenset[GroupKind] | None) -> list[Standing]:
        """One per chosen cluster. kinds: those that the question is about; None for all that is mirrored.

        Raises StaleDataError when `max_age` is not met.
        """
        if kinds not in self._found:
            standings = self._told(kinds)
            if self._max_age is not None:
                require_max_age(standings, self._max_age)
            self._found[kinds] = standings
        return self._found[kinds]

    def _told(self, kinds: Collection[GroupKind] | None) -> list[Standing]:
        fine, others = self._streams(kinds, self._now + CLOCK_MARGIN_S)
        together = {row.cluster: row for row in fine}
        by_cluster: dict[str, list[ScopeRow]] = defaultdict(list)
        for scope in others:
            by_cluster[scope.cluster].append(scope)
        also: dict[str, list[str]] = defaultdict(list)
        for alias, name in self._aliases.items():
            also[name].append(alias)
        return [
            standing_of(
                row,
                by_cluster.get(row.name, ()),
                together.get(row.name),
                undiscovered=self._undiscovered(row.name, kinds),
                now=self._now,
                silence=self._silence,
                settings=self._settings,
                narrowed=kinds is not None,
                aliases=tuple(also.get(row.name, ())),
            )
            for row in self._stored.clusters
        ]

    def _streams(
        self, kinds: Collection[GroupKind] | None, until: float
    ) -> tuple[list[OpenRow], list[ScopeRow]]:
        if kinds is None:
            return self._stored.read(streams.standing_of_all, self._stored.clusters, until)
        return self._stored.read(streams.standing, self._stored.within, kinds, until)

    def _undiscovered(self, cluster: str, kinds: Collection[GroupKind] | None) -> tuple[str, ...]:
        """API groups that the question is about and of which nobody knows what the cluster has."""
        groups = self._sight.unread_groups(cluster)
        if kinds is None or not groups:
            return tuple(group for group in groups if is_flux(group))
        hidden = {
            kind.group
            for kind in kinds
            if kind.group in groups
            and self._sight.visibility(cluster, *kind, "") is Visibility.NOT_DISCOVERED
        }
        return tuple(sorted(hidden))
