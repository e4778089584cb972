"""Where the controllers of Flux run: the Deployments that carry its label or a controller's name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from mirror.store.rows import AlikeRow, ObjectRow
from query.view import View

__all__ = ["CONTROLLERS", "DEFAULT_NAMESPACE", "controllers", "is_part"]

CONTROLLERS = frozenset(
    {
        "flux-operator",
        "helm-controller",
        "image-automation-controller",
        "image-reflector-controller",
        "kustomize-controller",
        "notification-controller",
        "source-controller",
        "source-watcher",
    }
)

DEFAULT_NAMESPACE = "flux-system"

_WITNESS = "source-controller"
"""The controller that no installation does without."""


R = TypeVar("R", ObjectRow, AlikeRow)

InNamespace = Callable[[str], Mapping[str, Sequence[R]]]
"""The Deployments of a namespace, by chosen cluster and name."""


def controllers(
    view: View, instances: Iterable[ObjectRow], in_namespace: InNamespace[R]
) -> dict[str, list[R]]:
    """The Deployments of the controllers, by chosen cluster; empty for a cluster where none can be seen.

    instances: the FluxInstances of these clusters. in_namespace: as the question reads them. They are looked
    for where Flux usually is and where a FluxInstance is; only in clusters that have none of them there, the
    namespace of source-controller is looked up by its name, which takes longer.
    """
    found: dict[str, list[R]] = {name: [] for name in view.names}
    for namespace in sorted({DEFAULT_NAMESPACE, *(row.namespace for row in instances)}):
        _add(found, in_namespace(namespace))
    without = {name: rows for name, rows in found.items() if not rows}
    if without:
        main = view.objects(clusters=list(without), group="apps", kind="Deployment", name=_WITNESS)
        for namespace in sorted({row.namespace for row in main}):
            _add(without, in_namespace(namespace))
    return found


def is_part(row: ObjectRow | AlikeRow) -> bool:
    """It carries Flux's label."""
    return row.labels.get("app.kubernetes.io/part-of") == "flux"


def _add(found: Mapping[str, list[R]], rows: Mapping[str, Sequence[R]]) -> None:
    for name, own in found.items():
        own += [row for row in rows.get(name, ()) if is_part(row) or row.name in CONTROLLERS]
