"""References: every object that another object names, as typed edges.

An edge leads from the object that carries the field to the object it names; whether the target
exists is not known here. What only selects (label selectors, `*`) names nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from mirror.flux.applier_references import APPLIER_RULES, applied_references
from mirror.flux.field_rules import CONFIG_MAP, SECRET, follow
from mirror.flux.fields import group_kind, mapping, metadata, sequence, text
from mirror.flux.kinds import CLUSTER_SCOPED_KINDS, OPERATOR_GROUP
from mirror.flux.notification_references import NOTIFICATION_RULES
from mirror.flux.source_references import SOURCE_RULES
from mirror.flux.workload_references import BUILTIN_RULES, POD_TEMPLATES, binding_references, pod_references
from mirror.keys import GroupKind, ObjectKey, parse_api_version
from mirror.records import Reference, Relation

__all__ = ["references"]

_RULES: Final = {**SOURCE_RULES, **APPLIER_RULES, **NOTIFICATION_RULES, **BUILTIN_RULES}

_Finder = Callable[[dict[str, Any]], Iterator[Reference]]
_FINDERS: Final[dict[GroupKind, _Finder]] = {
    **dict.fromkeys(APPLIER_RULES, applied_references),
    GroupKind("rbac.authorization.k8s.io", "RoleBinding"): binding_references,
    GroupKind("rbac.authorization.k8s.io", "ClusterRoleBinding"): binding_references,
    **dict.fromkeys(POD_TEMPLATES, pod_references),
}

_COPY_FROM: Final = f"{OPERATOR_GROUP}/copyFrom"
_CHECKSUM_FROM: Final = f"{OPERATOR_GROUP}/checksumFrom"
_CONVERT_FROM: Final = f"{OPERATOR_GROUP}/convertKubeConfigFrom"


def references(obj: dict[str, Any]) -> tuple[Reference, ...]:
    """Every reference of one object; no two have the same relation, field and target.

    Never raises: fields of the wrong shape are passed over. The answer is the same before and after
    redaction.
    """
    kind = group_kind(obj)
    found = list(follow(obj, _RULES[kind])) if kind in _RULES else []
    finder = _FINDERS.get(kind)
    if finder is not None:
        found.extend(finder(obj))
    meta = metadata(obj)
    if "ownerReferences" in meta:
        found.extend(_owners(meta))
    if "annotations" in meta:
        found.extend(_annotated(kind, mapping(meta["annotations"])))
    return tuple(found)


def _owners(meta: dict[str, Any]) -> Iterator[Reference]:
    """Child -> owner: in the child's namespace, unless the owner's kind is known to have none."""
    own = text(meta.get("namespace"))
    for index, entry in enumerate(sequence(meta.get("ownerReferences"))):
        fields = mapping(entry)
        group, _ = parse_api_version(text(fields.get("apiVersion")))
        kind, name = text(fields.get("kind")), text(fields.get("name"))
        if kind and name:
            namespace = "" if GroupKind(group, kind) in CLUSTER_SCOPED_KINDS else own
            target = ObjectKey(group, kind, namespace, name)
            yield Reference(Relation.OWNER, f"metadata.ownerReferences[{index}]", target)


def _annotated(kind: GroupKind, annotations: dict[str, Any]) -> Iterator[Reference]:
    """The Flux Operator's annotations that copy from, or roll with, another object."""
    copy_from = text(annotations.get(_COPY_FROM))
    if copy_from and kind in (CONFIG_MAP, SECRET):
        yield from _place(_COPY_FROM, kind.kind, copy_from)
    convert_from = text(annotations.get(_CONVERT_FROM))
    if convert_from:
        yield from _place(_CONVERT_FROM, "Secret", convert_from.partition(":")[0])
    checksum_from = text(annotations.get(_CHECKSUM_FROM))
    for part in dict.fromkeys(checksum_from.split(",")) if checksum_from else ():
        source_kind, _, place = part.strip().partition("/")
        if source_kind in ("ConfigMap", "Secret"):
            yield from _place(_CHECKSUM_FROM, source_kind, place)


def _place(annotation: str, kind: str, place: str) -> Iterator[Reference]:
    """`ns/name`."""
    namespace, slash, name = place.partition("/")
    if slash and namespace and name and "/" not in name:
        field = f"metadata.annotations[{annotation}]"
        yield Reference(Relation.CONFIG, field, ObjectKey("", kind, namespace, name))
