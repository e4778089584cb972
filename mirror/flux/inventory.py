"""Inventories: the lists of what Kustomizations, HelmReleases, ResourceSets and FluxInstances applied.

An entry is `{id, v}`; the id is `<namespace>_<name>_<group>_<kind>`, the encoding of cli-utils'
object.ObjMetadata.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from mirror.flux.fields import mapping, sequence, text
from mirror.keys import ObjectKey

__all__ = ["InventoryEntry", "inventory", "inventory_ids", "parse_inventory_id"]

_COLON_KINDS = frozenset({"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"})
_RBAC_GROUP = "rbac.authorization.k8s.io"


class InventoryEntry(NamedTuple):
    """One applied object.

    version: the API version it was applied with; the served one may be newer by now.
    """

    key: ObjectKey
    version: str


def parse_inventory_id(entry_id: str) -> ObjectKey | None:
    """The object an inventory id names; None for a malformed id.

    Malformed: fewer than three underscores, or an empty name or kind. Two underscores in the name
    of an RBAC object stand for a colon, which Kubernetes allows only there.
    """
    parts = entry_id.rsplit("_", 2)
    if len(parts) != 3:
        return None
    head, group, kind = parts
    namespace, underscore, name = head.partition("_")
    if not underscore:
        return None
    if "__" in name and group == _RBAC_GROUP and kind in _COLON_KINDS:
        name = name.replace("__", ":")
    return ObjectKey(group, kind, namespace, name) if name and kind else None


def inventory(obj: dict[str, Any]) -> list[InventoryEntry]:
    """What the object says it applied, in apply order, malformed entries left out.

    The object itself is included where it lists itself (a bootstrap Kustomization does). With
    `spec.kubeConfig` the entries live in another cluster.
    """
    found = []
    for fields in map(mapping, _entries(obj)):
        key = parse_inventory_id(text(fields.get("id")))
        if key is not None:
            found.append(InventoryEntry(key, text(fields.get("v"))))
    return found


def inventory_ids(obj: dict[str, Any]) -> tuple[str, ...]:
    """The ids in the object's inventory as they are written, malformed ones included."""
    return tuple(text(mapping(entry).get("id")) for entry in _entries(obj))


def _entries(obj: dict[str, Any]) -> list[Any]:
    return sequence(mapping(mapping(obj.get("status")).get("inventory")).get("entries"))
