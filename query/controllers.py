"""Where the controllers of Flux run: the Deployments that carry its label or a controller's name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from mirror.store.rows import ObjectRow
from query.stored import by_cluster
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


InNamespace = Callable[[str], Mapping[str, Sequence[ObjectRow]]]
"""The Deployments of a namespace, by chosen cluster."""


def controllers(
    view: View, instances: Iterable[ObjectRow], in_namespace: InNamespace | None = None
) -> dict[str, list[ObjectRow]]:
    """The Deployments of the controllers, by chosen cluster; empty for a cluster where none can be seen.

    instances: the FluxInstances of these clusters. in_namespace: of a question that keeps what it has read.
    Looked for where Flux usually is and where a FluxInstance is; only in clusters that have none of them
    there, the namespace of source-controller is looked up by its name, which takes longer.
    """
    read = in_namespace or partial(_in_namespace, view)
    found: dict[str, list[ObjectRow]] = {name: [] for name in view.names}
    for namespace in sorted({DEFAULT_NAMESPACE, *(row.namespace for row in instances)}):
        _add(found, read(namespace))
    without = {name: rows for name, rows in found.items() if not rows}
    if without:
        main = view.objects(clusters=list(without), group="apps", kind="Deployment", name=_WITNESS)
        for namespace in sorted({row.namespace for row in main}):
            _add(without, read(namespace))
    return found


def is_part(row: ObjectRow) -> bool:
    """It carries Flux's label."""
    return row.labels.get("app.kubernetes.io/part-of") == "flux"


def _in_namespace(view: View, namespace: str) -> dict[str, list[ObjectRow]]:
    return by_cluster(view.objects(group="apps", kind="Deployment", namespace=namespace))


def _add(found: Mapping[str, list[ObjectRow]], rows: Mapping[str, Sequence[ObjectRow]]) -> None:
    for name, own in found.items():
        own += [row for row in rows.get(name, ()) if is_part(row) or row.name in CONTROLLERS]
