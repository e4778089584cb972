"""Since when an object is suspended: neither spec nor status says it, the field's owner does."""

from __future__ import annotations

from typing import Any

from mirror.clock import parse_time
from mirror.flux.fields import group_kind, mapping, metadata, sequence, text
from mirror.flux.kinds import Suspend, flux_kind

__all__ = ["suspended_since"]


def suspended_since(obj: dict[str, Any]) -> float | None:
    """When whoever owns the field (or annotation) that suspends it has last written, wall seconds.

    obj: as the server sent it, with managedFields; without them nothing is known: None. The object has been
    suspended for at least so long, unless the owner has changed something else since then.
    """
    kind = flux_kind(group_kind(obj))
    if kind is None:
        return None
    path: tuple[str, ...] = ("f:spec", "f:suspend")
    if kind.suspend is Suspend.ANNOTATION:
        path = ("f:metadata", "f:annotations", f"f:{kind.suspend_annotation}")
    times = [
        at
        for entry in map(mapping, sequence(metadata(obj).get("managedFields")))
        if _owns(entry, path) and (at := parse_time(text(entry.get("time")))) is not None
    ]
    return max(times, default=None)


def _owns(entry: dict[str, Any], path: tuple[str, ...]) -> bool:
    fields: Any = entry.get("fieldsV1")
    for step in path:
        if step not in mapping(fields):
            return False
        fields = fields[step]
    return True
