"""The Flux Operator's annotations that copy from, or roll with, another object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from mirror.flux.field_rules import CONFIG_MAP, SECRET
from mirror.flux.fields import text
from mirror.flux.kinds import OPERATOR_GROUP
from mirror.keys import GroupKind, ObjectKey
from mirror.records import Reference, Relation

__all__ = ["annotation_references"]

_COPY_FROM: Final = f"{OPERATOR_GROUP}/copyFrom"
_CHECKSUM_FROM: Final = f"{OPERATOR_GROUP}/checksumFrom"
_CONVERT_FROM: Final = f"{OPERATOR_GROUP}/convertKubeConfigFrom"

_TEMPLATE: Final = "<<"
"""Begins an expression in a template of a ResourceSet: what it will name is not written there."""


def annotation_references(
    kind: GroupKind, annotations: dict[str, Any], place: str = "metadata.annotations"
) -> Iterator[Reference]:
    """What the annotations of an object of this kind name. place: where they stand, for the field."""
    copy_from = text(annotations.get(_COPY_FROM))
    if copy_from and kind in (CONFIG_MAP, SECRET):
        yield from _named(f"{place}[{_COPY_FROM}]", kind.kind, copy_from)
    convert_from = text(annotations.get(_CONVERT_FROM))
    if convert_from:
        yield from _named(f"{place}[{_CONVERT_FROM}]", "Secret", convert_from.partition(":")[0])
    checksum_from = text(annotations.get(_CHECKSUM_FROM))
    for part in dict.fromkeys(checksum_from.split(",")) if checksum_from else ():
        source_kind, _, name = part.strip().partition("/")
        if source_kind in ("ConfigMap", "Secret"):
            yield from _named(f"{place}[{_CHECKSUM_FROM}]", source_kind, name)


def _named(field: str, kind: str, place: str) -> Iterator[Reference]:
    """`ns/name`."""
    namespace, slash, name = place.partition("/")
    if slash and namespace and name and "/" not in name and _TEMPLATE not in place:
        yield Reference(Relation.CONFIG, field, ObjectKey("", kind, namespace, name))
