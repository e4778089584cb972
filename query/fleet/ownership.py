"""Who owns what: claimed by two appliers, in an inventory and gone, owned by nobody any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from mirror.flux.claims import claimed_by_labels
from mirror.flux.fields import mapping, metadata
from mirror.flux.kinds import FLUX_KINDS, Category
from mirror.keys import GroupKind, ObjectKey
from mirror.records import Health
from mirror.store import ownership as store
from mirror.store.rows import ObjectRow
from query.results.fleet import Ownership, OwnershipFinding
from query.view import View

__all__ = ["Problem", "ownership"]

APPLIERS = tuple(kind for kind, row in FLUX_KINDS.items() if row.category is Category.APPLIER)
_JOB = GroupKind("batch", "Job")
_HOOK = "helm.sh/hook"
_SETTLED = (Health.READY, Health.SUSPENDED)


class Problem(StrEnum):
    """What is wrong with the ownership of an object."""

    CLAIMED_TWICE = "claimed twice"
    """Two inventories list it: each applier undoes what the other does."""
    GONE = "gone"
    """An inventory lists it, and it does not exist. Jobs are left out: their TTL removes them."""
    ORPHAN = "orphan"
    """Its labels name an applier, whose inventory does not list it, or which does not exist."""


class _Case(NamedTuple):
    problem: Problem
    row: ObjectRow
    appliers: tuple[ObjectRow | ObjectKey, ...]


def ownership(view: View, *, limit: int = 20) -> Ownership:
    """All three problems in the chosen clusters, each at most `limit` times (0: all), with exact counts.

    Only what is certain is reported. Unknown, and counted as such: an object that could not be seen if it
    existed; labels that name an applier which could not be seen, which has not come to rest, which says
    nothing of what it applied (helm-controller before 1.5), or which applies to another cluster.
    """
    twice = list(_claimed_twice(view))
    gone, unseen = _gone(view)
    orphans, unclear = _orphans(view)
    cases = [*twice, *gone, *orphans]
    groups = [[case for case in cases if case.problem is problem] for problem in Problem]
    shown = [case for group in groups for case in (group[:limit] if limit > 0 else group)]
    return Ownership(
        claimed_twice=len(twice),
        gone=len(gone),
        orphans=len(orphans),
        unknown=unseen + unclear,
        findings=tuple(_finding(view, case) for case in shown),
    )


def _finding(view: View, case: _Case) -> OwnershipFinding:
    names = [applier.key if isinstance(applier, ObjectRow) else applier for applier in case.appliers]
    return OwnershipFinding(
        problem=case.problem.value,
        object=view.ref(case.row),
        appliers=tuple(f"{key.kind}/{key.namespace}/{key.name}" for key in names),
        applier_exists=any(isinstance(applier, ObjectRow) for applier in case.appliers),
    )


def _claimed_twice(view: View) -> Iterator[_Case]:
    appliers, rows = _by_target(view, view.read(store.shared, view.within))
    for row in rows:
        yield _Case(Problem.CLAIMED_TWICE, row, appliers[row.id])


def _gone(view: View) -> tuple[list[_Case], int]:
    """(what is gone, of how much that cannot be told)."""
    appliers, rows = _by_target(view, view.read(store.gone, view.within))
    rows = [row for row in rows if GroupKind(row.group, row.kind) != _JOB]
    real = [row for row in rows if view.absence_is_real(row.cluster, row.key)]
    return [_Case(Problem.GONE, row, appliers[row.id]) for row in real], len(rows) - len(real)


def _by_target(
    view: View, pairs: Iterable[tuple[int, int]]
) -> tuple[dict[int, tuple[ObjectRow, ...]], list[ObjectRow]]:
    """(the appliers by the id of what they list, the rows of that in their order)."""
    sources: dict[int, list[int]] = defaultdict(list)
    for target, source in pairs:
        sources[target].append(source)
    found = view.by_ids({*sources, *(source for listed in sources.values() for source in listed)})
    appliers = {target: tuple(found[source] for source in listed) for target, listed in sources.items()}
    return appliers, sorted((found[target] for target in sources), key=_in_order)


def _orphans(view: View) -> tuple[list[_Case], int]:
    """(objects that nobody owns any more, of how many that cannot be told)."""
    rows = list(view.by_ids(view.read(store.unmanaged, view.within)).values())
    claims = {row.id: keys for row in rows if (keys := _claimed_by(row))}
    judge = _Appliers(view, {(row.cluster, key) for row in rows for key in claims.get(row.id, ())})
    verdicts = {
        row.id: [judge.has_let_go(row.cluster, key) for key in claims.get(row.id, ())] for row in rows
    }
    suspects = [row for row in rows if verdicts[row.id] and all(verdicts[row.id])]
    unclear = sum(None in verdicts[row.id] for row in rows)
    hooks = _hooks(view, [row.id for row in suspects])
    return [
        _Case(Problem.ORPHAN, row, tuple(judge.rows.get((row.cluster, key), key) for key in claims[row.id]))
        for row in sorted(suspects, key=_in_order)
        if row.id not in hooks
    ], unclear


def _claimed_by(row: ObjectRow) -> tuple[ObjectKey, ...]:
    """The appliers that its labels name; none for one that names itself: a bootstrap Kustomization applies
    itself, and that it lists itself is no edge."""
    keys = claimed_by_labels(row.labels)
    return () if row.key in keys else keys


def _hooks(view: View, ids: Sequence[int]) -> set[int]:
    """Helm's hooks and tests, which no inventory lists."""
    documents = view.documents(ids)
    return {row for row, it in documents.items() if _HOOK in mapping(metadata(it).get("annotations"))}


class _Appliers:
    """What is known of appliers that labels name."""

    def __init__(self, view: View, named: set[tuple[str, ObjectKey]]) -> None:
        self._view = view
        present = [row for kind in APPLIERS for row in view.objects(**kind._asdict())] if named else []
        keys = {key for _, key in named}
        self.rows = {(row.cluster, row.key): row for row in present if row.key in keys}
        self._listing = view.read(store.listing, {row.id for row in self.rows.values()})
        silent = [row for row in self.rows.values() if row.id not in self._listing]
        self._elsewhere = {row.key for row in silent}
        # A HelmRelease without an inventory is most likely of helm-controller before 1.5, and they are many.
        self._documents = view.documents(row.id for row in silent if row.kind != "HelmRelease")

    def has_let_go(self, cluster: str, key: ObjectKey) -> bool | None:
        """It does not own what is not in its inventory; None when that cannot be told."""
        row = self.rows.get((cluster, key))
        if row is None:
            known = self._view.absence_is_real(cluster, key) and key not in self._elsewhere
            return True if known else None
        return True if row.health in _SETTLED and self._tells(row) else None

    def _tells(self, row: ObjectRow) -> bool:
        """It says what it applied here; an empty inventory tells as much as one with entries."""
        document = self._documents.get(row.id, {})
        remote = bool(mapping(document.get("spec")).get("kubeConfig"))
        told = "inventory" in mapping(document.get("status"))
        return row.id in self._listing or (told and not remote)


def _in_order(row: ObjectRow) -> tuple[str, str, str, str]:
    return row.kind, row.namespace, row.name, row.cluster
