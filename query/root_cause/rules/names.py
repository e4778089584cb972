"""Objects that a message says do not exist, told apart by what messages call their kinds."""

from __future__ import annotations

from mirror.flux.kinds import FLUX_KINDS
from mirror.keys import GroupKind
from mirror.store.rows import ObjectRow
from query.root_cause.patterns import ResourceName

__all__ = ["kind_named", "names_row"]

_CORE = {
    kind.lower(): GroupKind("", kind)
    for kind in ("Secret", "ConfigMap", "ServiceAccount", "Namespace", "PersistentVolumeClaim")
}
_FLUX = {name: key for key, kind in FLUX_KINDS.items() for name in (kind.plural, kind.kind.lower())}


def kind_named(resource: str) -> GroupKind | None:
    """`secrets`, `configmap`, `gitrepositories.source…`, `GitRepository.source…`; None for any other kind."""
    word, _, group = resource.lower().partition(".")
    if not group:
        return _CORE.get(word) or _CORE.get(word.removesuffix("s"))
    return _FLUX.get(word)


def names_row(item: ResourceName, row: ObjectRow) -> bool:
    """The message means this object: equal names, and equal kinds as far as the kind is known."""
    kind = kind_named(item.resource)
    return item.name == row.name and kind in (None, GroupKind(row.group, row.kind))
