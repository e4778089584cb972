"""What really runs: the images of the workloads behind an object, with the digests that their Pods report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from mirror.flux.claims import claimed_by_labels
from mirror.flux.content import told_health
from mirror.flux.fields import mapping, sequence, text
from mirror.keys import GroupKind, ObjectKey
from mirror.records import Relation
from mirror.store import ownership
from mirror.store.rows import ObjectRow
from query.comparison.compared import Entry
from query.results.answer import Running, RunningGroup
from query.view import View

__all__ = ["kinds_of_workloads", "running_workloads"]

WORKLOADS = {
    GroupKind("apps", "Deployment"): ("spec", "template", "spec"),
    GroupKind("apps", "StatefulSet"): ("spec", "template", "spec"),
    GroupKind("apps", "DaemonSet"): ("spec", "template", "spec"),
    GroupKind("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template", "spec"),
}
"""Kinds that keep Pods running, and where they say what is in them."""

MOST_WORKLOADS = 20
"""Workloads of one object that are looked at; a Kustomization may have applied hundreds. The rest is
counted."""

PODS_EACH = 2
"""Newest Pods of a workload that are asked for digests: more would say the same, but for a rollout."""

DIGEST_SHOWN = 15
"""`sha256:` and eight digits."""


def running_workloads(view: View, entry: Entry) -> tuple[tuple[Running, ...], int]:
    """(the workload itself, or those that a Kustomization or HelmRelease has applied; how many more of them
    were not looked at). Those that are not the same everywhere come first, then by kind and name.
    """
    keys = sorted(_workloads(view, entry))
    clusters = [cluster for variant in entry.variants for cluster in variant.clusters]
    found = [_running(view, key, clusters) for key in keys[:MOST_WORKLOADS]]
    return tuple(sorted(found, key=lambda workload: workload.even)), len(keys[MOST_WORKLOADS:])


def kinds_of_workloads(running: Iterable[Running]) -> set[GroupKind]:
    """What was looked at for this answer, Pods and ReplicaSets aside."""
    named = {workload.object_key.partition("/")[0] for workload in running}
    return {kind for kind in WORKLOADS if kind.kind in named}


def _workloads(view: View, entry: Entry) -> set[ObjectKey]:
    if _is_workload(entry.key):
        return {entry.key}
    targets = {edge.dst for edge in view.outgoing({each.id for each in entry.variants}, {Relation.MANAGES})}
    keys = {key for key in view.keys(targets).values() if _is_workload(key)}
    return keys if targets else _claimed(view, entry)


def _claimed(view: View, entry: Entry) -> set[ObjectKey]:
    """By their labels: HelmReleases had no inventory before Flux 2.8."""
    rows = view.contents(*WORKLOADS, namespaces=[entry.key.namespace])
    owners = {variant.key for variant in entry.variants}
    labels = view.read(ownership.labels, [row.id for row in rows])
    return {row.key for row in rows if owners & {*claimed_by_labels(labels.get(row.id, {}))}}


def _running(view: View, key: ObjectKey, clusters: Collection[str]) -> Running:
    group, kind, namespace, name = key
    found = view.objects(group=group, kind=kind, namespace=namespace, name=name)
    rows = {row.cluster: row for row in found if row.cluster in clusters}
    documents = _documents_of(view, key)
    digests = _digests(view, [row.id for row in rows.values()])
    groups: dict[tuple[tuple[str, ...], str], list[str]] = defaultdict(list)
    for cluster, row in sorted(rows.items()):
        images = _images(documents.get(cluster, {}), digests.get(row.id, {}))
        groups[images, told_health(row.health, row.reason)].append(cluster)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[1]))
    return Running(
        object_key=f"{kind}/{namespace}/{name}",
        groups=tuple(RunningGroup(tuple(names), images, health) for (images, health), names in ordered),
        missing_in=tuple(
            name for name in sorted(clusters) if name not in rows and view.absence_is_real(name, key)
        ),
    )


def _documents_of(view: View, key: ObjectKey) -> dict[str, dict[str, Any]]:
    """By cluster; each different one is read once."""
    found = view.contents(GroupKind(key.group, key.kind), namespaces=[key.namespace], names=[key.name])
    read = view.documents({row.id for row in found})
    return {cluster: read.get(row.id, {}) for row in found for cluster in row.clusters}


def _images(document: Mapping[str, Any], digests: Mapping[str, str]) -> tuple[str, ...]:
    pod: Any = document
    kind = next((kind for kind in WORKLOADS if kind.kind == document.get("kind")), None)
    for step in WORKLOADS[kind] if kind else ():
        pod = mapping(pod).get(step)
    containers = [
        *sequence(mapping(pod).get("initContainers")),
        *sequence(mapping(pod).get("containers")),
    ]
    images = dict.fromkeys(text(mapping(each).get("image")) for each in containers)
    return tuple(image + digests.get(image, "") for image in images if image)


def _digests(view: View, workloads: Sequence[int]) -> dict[int, dict[str, str]]:
    """Per workload: image → `@sha256:1a2b3c4d`, where its Pods agree on one."""
    pods = _pods(view, workloads)
    documents = view.documents({pod.id for found in pods.values() for pod in found})
    result: dict[int, dict[str, str]] = {}
    for workload, found in pods.items():
        seen: dict[str, set[str]] = defaultdict(set)
        for pod in found:
            for image, digest in _reported(documents.get(pod.id, {})):
                seen[image].add(digest)
        result[workload] = {
            image: "@" + " and @".join(sorted(each[:DIGEST_SHOWN] for each in digests))
            for image, digests in seen.items()
        }
    return result


def _reported(pod: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """(image as the Pod's spec has it, digest it was pulled by)."""
    wanted = {
        text(mapping(each).get("name")): text(mapping(each).get("image"))
        for part in ("initContainers", "containers")
        for each in sequence(mapping(pod.get("spec")).get(part))
    }
    status = mapping(pod.get("status"))
    for part in ("initContainerStatuses", "containerStatuses"):
        for each in sequence(status.get(part)):
            _, at, digest = text(mapping(each).get("imageID")).rpartition("@")
            image = wanted.get(text(mapping(each).get("name")), "")
            if at and image and "@" not in image:
                yield image, digest


def _pods(view: View, workloads: Sequence[int]) -> dict[int, list[ObjectRow]]:
    """The newest Pods of each workload, through its ReplicaSets where it has some."""
    root = {workload: workload for workload in workloads}
    front: Sequence[int] = workloads
    pods: dict[int, list[ObjectRow]] = defaultdict(list)
    for _ in range(2):
        edges = view.incoming(front, {Relation.OWNER}) if front else []
        rows = view.by_ids({edge.src for edge in edges})
        for edge in edges:
            root[edge.src] = root[edge.dst]
        for row in rows.values():
            if row.kind == "Pod" and row.present:
                pods[root[row.id]].append(row)
        front = [row.id for row in rows.values() if row.kind == "ReplicaSet"]
    for found in pods.values():
        found.sort(key=lambda row: (-(row.created_at or 0.0), row.name))
        del found[PODS_EACH:]
    return pods


def _is_workload(key: ObjectKey) -> bool:
    return GroupKind(key.group, key.kind) in WORKLOADS
