"""What is new about an object since it last worked: the first thing people ask about a failure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from mirror.clock import parse_time
from mirror.flux.fields import mapping, sequence, text
from mirror.flux.kinds import HELM_GROUP, Category, flux_kind
from mirror.flux.revisions import attempted_revision, same_content, short_revision
from mirror.keys import GroupKind
from mirror.records import Health, Relation
from mirror.store.rows import ObjectRow
from query.root_cause.scene import Scene
from query.root_cause.verdicts import Proof

__all__ = ["changes"]

_RELEASE = GroupKind(HELM_GROUP, "HelmRelease")
_DEPLOYMENT = GroupKind("apps", "Deployment")

_WORKED = frozenset({"deployed", "superseded"})
"""What Helm calls revisions of a release that have once been rolled out well."""

_JUST_BEFORE_S = 3_600.0
"""Seconds before a failure in which new content may have to do with it."""


def changes(scene: Scene, row: ObjectRow) -> Iterator[Proof]:
    """Revision, chart, values, images and generation that differ from those that last worked.

    Nothing for an object that is ready or absent: nothing has come between.
    """
    if not row.present or row.health not in (Health.FAILED, Health.PROGRESSING):
        return
    kind = flux_kind(GroupKind(row.group, row.kind))
    if (row.group, row.kind) == _RELEASE:
        yield from _release(scene, row)
    elif kind is not None and kind.category is Category.APPLIER:
        yield from _applied(scene, row)
    elif (row.group, row.kind) == _DEPLOYMENT:
        yield from _images(scene, row)
    if kind is not None and row.observed_generation not in (None, -1, row.generation):
        told = f"its spec has changed: generation {row.generation}, last observed {row.observed_generation}"
        yield Proof(row, "history", told)


def _applied(scene: Scene, row: ObjectRow) -> Iterator[Proof]:
    """The revision that is tried, when it is not the one that was applied last."""
    document = scene.document(row)
    attempted = attempted_revision(document)
    if not attempted or not row.revision or same_content(attempted, row.revision):
        yield from _new_content(scene, row)
        return
    latest = _first(mapping(document.get("status")).get("history"))
    at = parse_time(text(latest.get("firstReconciled")))
    told = (
        f"revision {short_revision(row.revision)} was applied last, {short_revision(attempted)} is tried now"
    )
    yield Proof(row, "history", told, at)


def _new_content(scene: Scene, row: ObjectRow) -> Iterator[Proof]:
    """What its source has fetched shortly before; a failing build leaves no trace in the applier itself."""
    for link in scene.targets(row, Relation.SOURCE):
        if not link.row.present or not link.row.revision or same_content(link.row.revision, row.revision):
            continue
        artifact = mapping(mapping(scene.document(link.row).get("status")).get("artifact"))
        at = parse_time(text(artifact.get("lastUpdateTime")))
        if at is None or row.since is None or not 0 <= row.since - at <= _JUST_BEFORE_S:
            continue
        before = f", {short_revision(row.revision)} was applied last" if row.revision else ""
        yield Proof(link.row, "history", f"fetched {short_revision(link.row.revision)}{before}", at)


def _release(scene: Scene, row: ObjectRow) -> Iterator[Proof]:
    """Chart version and values of the last attempt against those of the last revision that worked."""
    status = mapping(scene.document(row).get("status"))
    history = [mapping(entry) for entry in sequence(status.get("history"))]
    good = next((entry for entry in history if text(entry.get("status")) in _WORKED), None)
    if good is None:
        return
    bad = history[0] if history[0] is not good else {}
    chart = text(status.get("lastAttemptedRevision")) or text(bad.get("chartVersion"))
    values = text(status.get("lastAttemptedConfigDigest")) or text(bad.get("configDigest"))
    told = []
    if chart and not _same_chart(chart, text(good.get("chartVersion"))):
        told.append(f"chart version {text(good.get('chartVersion'))} → {chart}")
    if values and values != text(good.get("configDigest")):
        told.append("other values")
    if told:
        text_ = f"{' and '.join(told)} since revision {good.get('version')} of the release, which worked"
        yield Proof(row, "history", text_, parse_time(text(bad.get("lastDeployed"))))


def _same_chart(left: str, right: str) -> bool:
    return left == right or left.partition("+")[0] == right.partition("+")[0] or same_content(left, right)


def _images(scene: Scene, row: ObjectRow) -> Iterator[Proof]:
    """The images of its newest ReplicaSet against those of the one before."""
    sets = [link.row for link in scene.sources(row, Relation.OWNER) if link.row.kind == "ReplicaSet"]
    newest = sorted(sets, key=lambda item: (-(item.created_at or 0.0), item.name))[:2]
    if len(newest) < 2:
        return
    scene.prefetch(newest)
    now, before = (_by_container(scene.document(item)) for item in newest)
    changed = [
        f"{name}: {before[name]} → {image}" for name, image in now.items() if before.get(name, image) != image
    ]
    if changed:
        told = f"new image of container {'; '.join(islice(changed, 3))}"
        yield Proof(newest[0], "history", told, newest[0].created_at)


def _by_container(replica_set: dict[str, Any]) -> dict[str, str]:
    template = mapping(mapping(replica_set.get("spec")).get("template"))
    containers = sequence(mapping(template.get("spec")).get("containers"))
    return {text(mapping(item).get("name")): text(mapping(item).get("image")) for item in containers}


def _first(entries: object) -> dict[str, Any]:
    return mapping(next(iter(sequence(entries)), None))
