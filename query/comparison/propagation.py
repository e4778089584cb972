"""How far one revision of one source has come in each cluster. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mirror.clock import to_rfc3339
from mirror.flux.revisions import names_revision, parse_revision, same_content, short_revision
from mirror.keys import ObjectKey
from mirror.records import Health
from query.results.answer import RevisionState

__all__ = ["Applied", "Holding", "behind", "states_of"]


class Applied(NamedTuple):
    """What one applier has applied in one cluster."""

    applier: ObjectKey
    revision: str
    health: str


class Holding(NamedTuple):
    """What a source holds in one cluster. follows: where it takes it from, equal for equal places.

    fetched_at: wall seconds; None when nothing says so. hidden: it has no appliers here, and there may be
    some that cannot be seen.
    """

    cluster: str
    revision: str
    health: str
    follows: bytes
    fetched_at: float | None
    appliers: tuple[Applied, ...]
    hidden: bool = False


def behind(revision: str, applied: str) -> bool:
    """The source holds something else than what is applied. Never true of a source that holds nothing."""
    return bool(revision) and not same_content(revision, applied)


def states_of(source: ObjectKey, holdings: Sequence[Holding], wanted: str = "") -> list[RevisionState]:
    """One state per cluster, in the order given.

    wanted: the revision to measure by, or its beginning. Without it, of the clusters whose source follows the
    same place, the revision that was fetched last: what one cluster has found there, the others will find.
    """
    measured: dict[str, _Measured] = {}
    if wanted:
        measured = dict.fromkeys((each.cluster for each in holdings), _Measured.by(wanted, holdings))
    else:
        for follows in {holding.follows for holding in holdings}:
            alike = [holding for holding in holdings if holding.follows == follows]
            measured |= dict.fromkeys((each.cluster for each in alike), _Measured.last(alike))
    return [_state(source, holding, measured[holding.cluster]) for holding in holdings]


class _Measured(NamedTuple):
    """The revision that counts. asked: as a person wrote it, or in full. since: when the first cluster that
    still has it has fetched it. branches: those on which it was found."""

    asked: str
    since: float | None
    branches: frozenset[str] = frozenset()

    @classmethod
    def by(cls, wanted: str, holdings: Iterable[Holding]) -> _Measured:
        having = [each for each in holdings if names_revision(wanted, each.revision)]
        times = (each.fetched_at for each in having)
        branches = frozenset(_branch(each.revision) for each in having)
        return cls(wanted, min((at for at in times if at is not None), default=None), branches)

    @classmethod
    def last(cls, holdings: Sequence[Holding]) -> _Measured:
        dated = [(each.fetched_at, each.revision) for each in holdings if each.fetched_at and each.revision]
        if not dated:
            return cls(next((each.revision for each in holdings if each.revision), ""), None)
        newest = max(dated)[1]
        return cls(newest, min(at for at, revision in dated if same_content(revision, newest)))

    def is_(self, revision: str) -> bool:
        return names_revision(self.asked, revision) or same_content(self.asked, revision)

    def is_of_another_branch(self, revision: str) -> bool:
        """Whoever follows that branch does not wait for this revision."""
        known = all(self.branches) and bool(self.branches)
        return known and bool(_branch(revision)) and _branch(revision) not in self.branches


def _branch(revision: str) -> str:
    """`refs/heads/main`; "" for tags, versions, and what does not say."""
    name = parse_revision(revision).name
    return name if name.startswith("refs/heads/") else ""


def _state(source: ObjectKey, holding: Holding, measured: _Measured) -> RevisionState:
    late = [each for each in holding.appliers if not measured.is_(each.revision)]
    waiting = [each for each in holding.appliers if behind(holding.revision, each.revision)]
    healthy = all(each.health == Health.READY for each in holding.appliers)
    if not holding.appliers:
        healthy = holding.health == Health.READY
    reached, since = _reached(holding, measured, late, healthy=healthy)
    if reached != "fetched":
        late = waiting
    if since is None and late:
        since = holding.fetched_at
    shown = (late or list(holding.appliers))[:1]
    return RevisionState(
        source=f"{source.kind}/{source.namespace}/{source.name}",
        cluster=holding.cluster,
        fetched=short_revision(holding.revision),
        applied=short_revision(shown[0].revision) if shown else "",
        healthy=healthy,
        behind_since="" if since is None else to_rfc3339(since),
        reached=reached,
        fetched_at="" if holding.fetched_at is None else to_rfc3339(holding.fetched_at),
        late=tuple(str(each.applier) for each in late),
        appliers_hidden=holding.hidden,
    )


def _reached(
    holding: Holding, measured: _Measured, late: Sequence[Applied], *, healthy: bool
) -> tuple[str, float | None]:
    """(how far, behind since)."""
    if not measured.asked or not holding.revision:
        return "", None
    if holding.appliers and not late:
        return ("healthy" if healthy else "applied"), None
    if measured.is_(holding.revision):
        return "fetched", holding.fetched_at if late else None
    moved_on = measured.since is None or (holding.fetched_at or 0.0) > measured.since
    return (
        ("other", None)
        if moved_on or measured.is_of_another_branch(holding.revision)
        else ("behind", measured.since)
    )
