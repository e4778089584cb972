"""Labels by which an object claims to be managed.

They are evidence, not proof: copies and restored backups carry them too, and inventories are
better. HelmReleases of helm-controller before 1.5 have no inventory; for those the labels are all
there is, next to the release Secret that is never read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mirror.flux.fields import mapping, metadata, text
from mirror.flux.kinds import HELM_GROUP, KUSTOMIZE_GROUP, OPERATOR_GROUP
from mirror.keys import GroupKind, ObjectKey

__all__ = ["CLAIM_KEYS", "claim_labels", "claimed_by", "claimed_by_labels"]

_PREFIXES: Final = {
    HELM_GROUP: GroupKind(HELM_GROUP, "HelmRelease"),
    KUSTOMIZE_GROUP: GroupKind(KUSTOMIZE_GROUP, "Kustomization"),
    f"resourceset.{OPERATOR_GROUP}": GroupKind(OPERATOR_GROUP, "ResourceSet"),
    OPERATOR_GROUP: GroupKind(OPERATOR_GROUP, "FluxInstance"),
}
_LABELS: Final = {kind: (f"{prefix}/name", f"{prefix}/namespace") for prefix, kind in _PREFIXES.items()}
CLAIM_KEYS: Final = tuple(name for name, _ in _LABELS.values())
"""Labels that an object must carry to claim anything."""


def claimed_by(obj: dict[str, Any]) -> tuple[ObjectKey, ...]:
    """The appliers that the object's labels name: none, one, or more than one."""
    return claimed_by_labels(mapping(metadata(obj).get("labels")))


def claimed_by_labels(labels: Mapping[str, Any]) -> tuple[ObjectKey, ...]:
    """As claimed_by(), of the labels alone."""
    found = []
    for kind, (name_label, namespace_label) in _LABELS.items():
        if name_label not in labels:
            continue
        name, namespace = text(labels[name_label]), text(labels.get(namespace_label))
        if name and namespace:
            found.append(ObjectKey(kind.group, kind.kind, namespace, name))
    return tuple(found)


def claim_labels(applier: ObjectKey) -> dict[str, str]:
    """The labels that objects applied by this one carry: the reverse of `claimed_by`.

    Empty for kinds that do not label what they apply.
    """
    labels = _LABELS.get(GroupKind(applier.group, applier.kind))
    return dict(zip(labels, (applier.name, applier.namespace), strict=True)) if labels else {}
