"""Charts and images: the kinds that have them, and where in the fleet there is none or nobody can tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mirror.flux.kinds import HELM_GROUP
from mirror.keys import GroupKind
from query.search_results import FoundValue
from query.view import View
from query.visibility import Visibility

__all__ = ["VALUE_KINDS", "absent_in", "unknown_in"]

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
