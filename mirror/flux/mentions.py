"""What an object mentions that is no object: the images it runs, the chart that was installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from mirror.flux.fields import group_kind, mapping, sequence, text
from mirror.flux.kinds import HELM_GROUP
from mirror.flux.revisions import applied_revision
from mirror.flux.workload_references import POD_TEMPLATES
from mirror.keys import GroupKind
from mirror.records import Mention

__all__ = ["mentions"]

_HELM_RELEASE: Final = GroupKind(HELM_GROUP, "HelmRelease")
_REPLICA_SET: Final = GroupKind("apps", "ReplicaSet")
_CONTAINERS: Final = ("containers", "initContainers", "ephemeralContainers")


def mentions(obj: dict[str, Any]) -> tuple[Mention, ...]:
    """`image`: of each container, init containers included, once per image; a ReplicaSet has none, its
    Deployment and its Pods say what is wanted and what runs. `chart`: of a HelmRelease, name and running
    version (`podinfo 6.5.0`); the name alone while nothing was installed.

    Never raises: fields of the wrong shape are passed over.
    """
    kind = group_kind(obj)
    if kind == _HELM_RELEASE:
        chart = _chart(obj)
        return (Mention("chart", chart),) if chart else ()
    path = POD_TEMPLATES.get(kind)
    if path is None or kind == _REPLICA_SET:
        return ()
    return tuple(Mention("image", image) for image in dict.fromkeys(_images(obj, path)))


def _images(obj: dict[str, Any], path: str) -> Iterator[str]:
    pod = obj
    for step in path.split("."):
        pod = mapping(pod.get(step))
    for containers in _CONTAINERS:
        for container in sequence(pod.get(containers)):
            image = text(mapping(container).get("image"))
            if image:
                yield image


def _chart(obj: dict[str, Any]) -> str:
    """What is deployed; a chart in a folder of a Git repository is called like the folder."""
    history = [mapping(entry) for entry in sequence(mapping(obj.get("status")).get("history"))]
    deployed = next((entry for entry in history if entry.get("status") == "deployed"), None)
    newest = deployed or next(iter(history), {})
    template = mapping(mapping(mapping(obj.get("spec")).get("chart")).get("spec"))
    wanted = text(template.get("chart")).rstrip("/").rpartition("/")[2]
    name = text(newest.get("chartName")) or wanted
    return f"{name} {applied_revision(obj)}".strip() if name else ""
