"""References: every object that another object names, as typed edges.

An edge leads from the object that carries the field to the object it names; whether the target
exists is not known here. What only selects (label selectors, `*`) names nothing: see selections.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from mirror.flux.annotation_references import annotation_references
from mirror.flux.applier_references import APPLIER_RULES, applied_references
from mirror.flux.field_rules import follow
from mirror.flux.fields import group_kind, mapping, metadata, sequence, text
from mirror.flux.kinds import CLUSTER_SCOPED_KINDS
from mirror.flux.notification_references import NOTIFICATION_RULES
from mirror.flux.operator_references import OPERATOR_RULES, operator_references
from mirror.flux.source_references import SOURCE_RULES
from mirror.flux.workload_references import BUILTIN_RULES, POD_TEMPLATES, binding_references, pod_references
from mirror.keys import GroupKind, ObjectKey, parse_api_version
from mirror.records import Reference, Relation

__all__ = ["references"]

_RULES: Final = {
    **SOURCE_RULES,
    **APPLIER_RULES,
    **OPERATOR_RULES,
    **NOTIFICATION_RULES,
    **BUILTIN_RULES,
}

_Finder = Callable[[dict[str, Any]], Iterator[Reference]]
_FINDERS: Final[dict[GroupKind, _Finder]] = {
    **dict.fromkeys(APPLIER_RULES, applied_references),
    **dict.fromkeys(OPERATOR_RULES, operator_references),
    GroupKind("rbac.authorization.k8s.io", "RoleBinding"): binding_references,
    GroupKind("rbac.authorization.k8s.io", "ClusterRoleBinding"): binding_references,
    **dict.fromkeys(POD_TEMPLATES, pod_references),
}


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
        found.extend(annotation_references(kind, mapping(meta["annotations"])))
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
