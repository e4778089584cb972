"""What the Flux Operator's kinds refer to, besides what they manage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from mirror.flux.annotation_references import annotation_references
from mirror.flux.applier_references import managed_references
from mirror.flux.field_rules import Rules, Scope, account, named, secret
from mirror.flux.fields import group_kind, mapping, metadata, sequence, text
from mirror.flux.kinds import KUSTOMIZE_GROUP, OPERATOR_GROUP, SOURCE_GROUP
from mirror.keys import GroupKind, ObjectKey
from mirror.records import Reference, Relation

__all__ = ["OPERATOR_RULES", "operator_references"]

_RESOURCE_SET: Final = GroupKind(OPERATOR_GROUP, "ResourceSet")
_INPUT_PROVIDER: Final = GroupKind(OPERATOR_GROUP, "ResourceSetInputProvider")
_INSTANCE: Final = GroupKind(OPERATOR_GROUP, "FluxInstance")
_REPORT: Final = GroupKind(OPERATOR_GROUP, "FluxReport")

OPERATOR_RULES: Final[dict[GroupKind, Rules]] = {
    _RESOURCE_SET: (
        named(Relation.CONFIG, "spec.inputsFrom[]", _INPUT_PROVIDER, Scope.OWN),
        named(Relation.DEPENDS, "spec.dependsOn[]", scope=Scope.AS_WRITTEN),
        account(),
    ),
    _INPUT_PROVIDER: (
        secret("spec.secretRef"),
        secret("spec.certSecretRef"),
        account(),
        named(Relation.SOURCE, "spec.selectors[]", GroupKind(SOURCE_GROUP, "ExternalArtifact")),
    ),
    _INSTANCE: (
        secret("spec.sync.pullSecret"),
        secret("spec.distribution.imagePullSecret"),
        secret("spec.distribution.artifactPullSecret"),
    ),
    _REPORT: (named(Relation.NOTIFY, "spec.components[]", GroupKind("apps", "Deployment"), Scope.OWN),),
}
"""By group and kind; what needs more than a path is in `operator_references`."""


def operator_references(obj: dict[str, Any]) -> Iterator[Reference]:
    """References that no path alone states: what an instance syncs, what templates copy from, inventories."""
    kind, spec = group_kind(obj), mapping(obj.get("spec"))
    if kind == _REPORT:
        yield from _reported(obj, spec)
    elif kind == _INSTANCE:
        yield from _synced(obj, spec)
        yield from managed_references(obj)
    elif kind == _RESOURCE_SET:
        yield from managed_references(obj)
        yield from _templates(spec, "spec")
        yield from _checksums(obj)


def _synced(obj: dict[str, Any], spec: dict[str, Any]) -> Iterator[Reference]:
    """An instance makes a source and a Kustomization of one name: spec.sync.name, else its namespace."""
    sync = mapping(spec.get("sync"))
    namespace = text(metadata(obj).get("namespace"))
    name, source = text(sync.get("name")) or namespace, text(sync.get("kind"))
    if sync and name and source:
        for group, kind in ((SOURCE_GROUP, source), (KUSTOMIZE_GROUP, "Kustomization")):
            yield Reference(Relation.GENERATES, "spec.sync", ObjectKey(group, kind, namespace, name))


def _reported(obj: dict[str, Any], spec: dict[str, Any]) -> Iterator[Reference]:
    """`spec.sync.id` is `kustomization/<name>`."""
    kind, slash, name = text(mapping(spec.get("sync")).get("id")).partition("/")
    if slash and name and kind == "kustomization":
        namespace = text(metadata(obj).get("namespace"))
        target = ObjectKey(KUSTOMIZE_GROUP, "Kustomization", namespace, name)
        yield Reference(Relation.NOTIFY, "spec.sync.id", target)


def _templates(spec: dict[str, Any], place: str) -> Iterator[Reference]:
    """Annotations of what the set is about to apply: without their objects it cannot be built.

    Only of templates that are objects; resourcesTemplate is a program's text, and its outcome carries them.
    """
    for index, entry in enumerate(sequence(spec.get("resources"))):
        template = mapping(entry)
        annotations = mapping(metadata(template).get("annotations"))
        field = f"{place}.resources[{index}].metadata.annotations"
        yield from annotation_references(group_kind(template), annotations, field)
    for index, step in enumerate(sequence(spec.get("steps"))):
        yield from _templates({"resources": mapping(step).get("resources")}, f"{place}.steps[{index}]")


def _checksums(obj: dict[str, Any]) -> Iterator[Reference]:
    """`status.externalChecksumRefs`: `Kind/ns/name` of ConfigMaps and Secrets that roll workloads."""
    for index, entry in enumerate(sequence(mapping(obj.get("status")).get("externalChecksumRefs"))):
        parts = text(entry).split("/")
        if len(parts) == 3 and all(parts):
            field = f"status.externalChecksumRefs[{index}]"
            yield Reference(Relation.CONFIG, field, ObjectKey("", *parts))
