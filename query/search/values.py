"""Charts and images: the kinds that have them, and where in the fleet there is none or nobody can tell."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from mirror.flux.kinds import HELM_GROUP
from mirror.keys import GroupKind
from mirror.store.mentioned import count_mentions
from mirror.store.searchable import MARKS
from query.results.search import FoundValue
from query.search.terms import Term
from query.view import View
from query.visibility import Visibility

__all__ = ["VALUE_KINDS", "absent_in", "count_values", "unknown_in", "values_of"]

VALUE_KINDS = {
    "chart": (GroupKind(HELM_GROUP, "HelmRelease"),),
    "image": (
        GroupKind("", "Pod"),
        GroupKind("apps", "DaemonSet"),
        GroupKind("apps", "Deployment"),
        GroupKind("apps", "StatefulSet"),
        GroupKind("batch", "CronJob"),
        GroupKind("batch", "Job"),
    ),
}
"""Fields whose values are counted over the fleet, with the kinds that have them (see flux/mentions.py)."""


_ONLY_ONE = frozenset({"chart"})
"""Fields of which an object has one value at most."""


def values_of(places: Iterable[tuple[str, str, str]]) -> tuple[FoundValue, ...]:
    """Each value with where it is; places: (field, value, cluster) once for each object."""
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for field, value, cluster in places:
        found[field, value][cluster] += 1
    return _values(found)


def count_values(view: View, term: Term) -> tuple[tuple[FoundValue, ...], int]:
    """(each value that the term means, with where it is, how many objects have one), without reading any."""
    clusters = {row.id: row.name for row in view.clusters}
    wanted = partial(term.matches, term.field)
    numbers, total = view.read(
        count_mentions, MARKS[term.field], wanted, clusters, one=term.field in _ONLY_ONE
    )
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for (value, cluster), number in numbers.items():
        found[term.field, value][cluster] += number
    return _values(found), total


def _values(found: Mapping[tuple[str, str], Counter[str]]) -> tuple[FoundValue, ...]:
    return tuple(
        FoundValue(field=field, value=value, clusters=tuple(sorted(numbers)), count=numbers.total())
        for (field, value), numbers in sorted(found.items())
    )


def absent_in(
    view: View, values: Iterable[FoundValue], kinds: Sequence[GroupKind], namespace: str
) -> tuple[str, ...]:
    """The clusters in which there is none of the values, and there would be seen if there were."""
    having = {cluster for value in values for cluster in value.clusters}
    return tuple(
        name for name in view.names if name not in having and not _hidden(view, name, kinds, namespace)
    )


def unknown_in(view: View, kinds: Sequence[GroupKind], namespace: str) -> tuple[str, ...]:
    """The clusters in which there may be more than what was found, each with the reason:
    `staging (HelmRelease: forbidden)`."""
    return tuple(
        f"{name} ({', '.join(hidden)})"
        for name in view.names
        if (hidden := _hidden(view, name, kinds, namespace))
    )


def _hidden(view: View, cluster: str, kinds: Sequence[GroupKind], namespace: str) -> list[str]:
    seen = {kind.kind: view.visibility(cluster, *kind, namespace) for kind in kinds}
    by_reason: dict[Visibility, list[str]] = {}
    for kind, visibility in seen.items():
        if not visibility.absence_is_real:
            by_reason.setdefault(visibility, []).append(kind)
    return [f"{' and '.join(names)}: {reason.value}" for reason, names in by_reason.items()]
