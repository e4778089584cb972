"""Which objects a comparison is about: one by name, a kind, a namespace, or everything that Flux manages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from mirror.keys import ObjectKey
from mirror.store.rows import ContentRow
from query.comparison.compared import Entry, Variant
from query.comparison.managed import managed_objects, mirrored_kinds
from query.comparison.revisions import find_sources
from query.contents import contents_by_key
from query.decided import GENERATED_KINDS, without_generated
from query.errors import QueryError, UnknownObjectError
from query.kinds import is_flux
from query.places import listed
from query.progress import Progress
from query.selectors import find_objects, require_namespace, resolve_kind, unknown_namespace
from query.syntax.labels import parse_selector
from query.view import View

__all__ = ["Choice", "choose_entries"]

RANKS = {
    "Deployment": 1,
    "StatefulSet": 1,
    "DaemonSet": 1,
    "CronJob": 1,
    "Job": 1,
    "ConfigMap": 2,
    "Secret": 2,
}
"""Order of the answer: Flux objects (0), workloads, configuration, everything else (3)."""


class Choice:
    """What was asked for. Nothing at all: everything that Flux manages; only a revision: the sources that
    have it."""

    def __init__(
        self,
        api_version: str | None = None,
        kind: str | None = None,
        name: str | None = None,
        namespace: str | None = None,
        selector: str | None = None,
        revision: str | None = None,
    ) -> None:
        """Raises QueryError for what cannot be asked together, SelectorError."""
        if name and not kind:
            raise QueryError(f"of what kind is `{name}`?", hint="give kind as well, for example HelmRelease")
        if name and selector:
            raise QueryError("a name and a selector together", hint="give one of them")
        self.api_version = api_version
        self.kind = kind or None
        self.name = name or None
        self.namespace = namespace or None
        self.selector = selector or ""
        self.revision = revision or ""
        self.labels = parse_selector(selector) if selector else None

    @property
    def namespaces(self) -> Sequence[str] | None:
        """The one that was asked for; None for all."""
        return [self.namespace] if self.namespace else None

    def told(self, kind: str) -> str:
        """In words. kind: as the clusters call it; "" where none was asked for."""
        what = kind or ("object" if self.namespace else "object that Flux manages")
        what = f"{what} {self.name}" if self.name else what
        place = f" in namespace {self.namespace}" if self.namespace else ""
        return f"{what}{place}{f' with the labels `{self.selector}`' if self.selector else ''}"


def choose_entries(view: View, choice: Choice, progress: Progress) -> list[Entry]:
    """The objects to compare, those that are most looked at first; none where nothing fits.

    Raises UnknownKindError, and UnknownObjectError for a name, a namespace or a revision that no cluster has.
    """
    if choice.kind and choice.name:
        return _named(view, choice.kind, choice.name, choice)
    rows = _rows(view, choice, progress)
    if choice.labels is not None:
        known = view.by_ids({row.id for row in rows})
        rows = [row for row in rows if choice.labels.matches(known[row.id].labels)]
    return _by_key(view, rows)


def _rows(view: View, choice: Choice, progress: Progress) -> list[ContentRow]:
    if choice.kind:
        kind = resolve_kind(view, choice.kind, choice.api_version)
        rows = view.contents(kind, namespaces=choice.namespaces)
        if choice.namespace and not rows:
            require_namespace(view, choice.namespace)
        return rows
    if choice.namespace:
        return _of_namespace(view, choice.namespace)
    if choice.revision:
        return _with_revision(view, choice.revision)
    return managed_objects(view, progress)


def _named(view: View, kind: str, name: str, choice: Choice) -> list[Entry]:
    """The namespace may have another name in each cluster, as long as each has just one such object."""
    group_kind = resolve_kind(view, kind, choice.api_version)
    rows = view.contents(group_kind, namespaces=choice.namespaces, names=[name])
    if not rows:
        find_objects(view, kind, name, choice.namespace, choice.api_version)  # says what is near
    homes = [cluster for row in rows for cluster in row.clusters]
    if len({row.key for row in rows}) > 1 and len(set(homes)) == len(homes):
        return [_entry(view, rows)]
    return _by_key(view, rows)


def _with_revision(view: View, revision: str) -> list[ContentRow]:
    found = contents_by_key(view, find_sources(view, revision))
    if not found:
        raise UnknownObjectError(
            f"no source holds the revision `{revision}` in {listed(view.names)}",
            hint="seven digits of a digest are enough; to measure by one that is gone, give kind and name",
        )
    return [row for rows in found.values() for row in rows]


def _of_namespace(view: View, namespace: str) -> list[ContentRow]:
    kinds = [kind for kind in mirrored_kinds(view) if kind.kind not in GENERATED_KINDS]
    rows = view.contents(*kinds, namespaces=[namespace])
    if not rows and not view.objects(namespace=namespace, limit=1):
        raise unknown_namespace(view, namespace)
    return without_generated(view, rows)


def _by_key(view: View, rows: Iterable[ContentRow]) -> list[Entry]:
    found: dict[ObjectKey, list[ContentRow]] = defaultdict(list)
    for row in rows:
        found[row.key].append(row)
    return [_entry(view, found[key]) for key in sorted(found, key=_rank)]


def _entry(view: View, rows: Sequence[ContentRow]) -> Entry:
    variants = tuple(Variant(row.id, row.key, row.clusters) for row in rows)
    if len(variants) == 1 and len(variants[0].clusters) == len(view.clusters):
        return Entry(variants[0].key, variants)
    there = {cluster for row in rows for cluster in row.clusters}
    largest = max(rows, key=lambda row: len(row.clusters))
    absent = {name: largest.key for name in view.names if name not in there}
    return Entry.of(variants, absent, view.absence_is_real)


def _rank(key: ObjectKey) -> tuple[int, ObjectKey]:
    return (0 if is_flux(key.group) else RANKS.get(key.kind, 3), key)
