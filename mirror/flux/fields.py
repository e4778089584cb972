"""Reading fields of decoded JSON whose shape nobody has checked.

API servers validate most objects, but custom resources, old versions and damaged proxies do not
keep their promises. Everything in mirror/flux reads through these functions, so that a missing,
null or wrongly typed field counts as absent instead of raising.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from mirror.keys import GroupKind, ObjectKey, parse_api_version

__all__ = ["group_kind", "integer", "mapping", "metadata", "object_key", "sequence", "text"]


def mapping(value: object) -> dict[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    """The value if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: object) -> str:
    """The value if it is a string, else ""."""
    return value if isinstance(value, str) else ""


def integer(value: object) -> int | None:
    """The value if it is a whole number, else None; `true` is no number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def metadata(obj: dict[str, Any]) -> dict[str, Any]:
    """`metadata`, or an empty mapping."""
    return mapping(obj.get("metadata"))


def group_kind(obj: dict[str, Any]) -> GroupKind:
    """Group and kind of an object; empty strings where it does not say."""
    return _group_kind(text(obj.get("apiVersion")), text(obj.get("kind")))


@lru_cache(maxsize=1024)  # asked several times for each object; a cluster has a few hundred types
def _group_kind(api_version: str, kind: str) -> GroupKind:
    return GroupKind(parse_api_version(api_version)[0], kind)


def object_key(obj: dict[str, Any]) -> ObjectKey:
    """Identity of an object; empty strings where it does not say."""
    group, kind = group_kind(obj)
    meta = metadata(obj)
    return ObjectKey(group, kind, text(meta.get("namespace")), text(meta.get("name")))
