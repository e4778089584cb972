"""What a server does to an object on its way into storage; pure functions over JSON data and bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mirror.testing.kinds import Kind

__all__ = ["JSON", "Stored", "created", "decode", "encode", "merge", "restamp", "updated"]

JSON = dict[str, Any]
"""An object as `json.loads` gives it."""

_KEPT = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds")
_dumps = msgspec.json.Encoder().encode
_loads = msgspec.json.Decoder(dict[str, Any]).decode


class Stored(msgspec.Struct, frozen=True, gc=False):
    """An object in storage: its JSON without apiVersion and kind, ready to be joined into answers.

    tail: `"metadata":{…},"spec":{…}}`, everything after `"kind":"…","apiVersion":"…",`.
    cut: where the metadata ends in it, so that a metadata-only answer is a slice.
    """

    key: str
    namespace: str
    name: str
    uid: str
    rv: int
    tail: bytes
    cut: int

    @property
    def metadata_tail(self) -> bytes:
        return self.tail[: self.cut] + b"}"


def encode(kind: Kind, obj: Mapping[str, Any], rv: int) -> Stored:
    """The stored form of an object at a resourceVersion."""
    metadata = {**obj["metadata"], "resourceVersion": str(rv)}
    rest = {key: value for key, value in obj.items() if key not in ("apiVersion", "kind", "metadata")}
    head = b'"metadata":' + _dumps(metadata)
    namespace = metadata.get("namespace", "") if kind.namespaced else ""
    return Stored(
        key=kind.key(namespace, metadata["name"]),
        namespace=namespace,
        name=metadata["name"],
        uid=metadata["uid"],
        rv=rv,
        tail=head + (b"," + _dumps(rest)[1:] if rest else b"}"),
        cut=len(head),
    )


def decode(kind: Kind, stored: Stored, version: str = "") -> JSON:
    """The whole object, a fresh copy, with apiVersion (of the preferred version by default) and kind."""
    return {"apiVersion": kind.api_version(version), "kind": kind.kind, **_loads(b"{" + stored.tail)}


def restamp(kind: Kind, stored: Stored, rv: int) -> Stored:
    """The same content under another resourceVersion: what a DELETED event shows."""
    return encode(kind, _loads(b"{" + stored.tail), rv)


def created(kind: Kind, obj: Mapping[str, Any], *, uid: str, now: str) -> JSON:
    """A new object with the metadata a server fills in. What the object already carries is kept."""
    metadata = {key: value for key, value in obj["metadata"].items() if value is not None}
    metadata.pop("resourceVersion", None)
    metadata.setdefault("uid", uid)
    metadata.setdefault("creationTimestamp", now)
    if kind.generation:
        metadata.setdefault("generation", 1)
    return {**obj, "metadata": metadata}


def _desired(kind: Kind, obj: Mapping[str, Any]) -> JSON:
    """The part whose changes are counted by metadata.generation."""
    ignored = {"apiVersion", "kind", "metadata"} | ({"status"} if kind.status else set())
    return {key: value for key, value in obj.items() if key not in ignored}


def updated(kind: Kind, old: Mapping[str, Any], new: Mapping[str, Any]) -> JSON:
    """`new` in the place of `old`: identity and age are kept, generation is counted."""
    before = old["metadata"]
    metadata = {key: value for key, value in new["metadata"].items() if value is not None}
    for field in _KEPT:
        metadata.pop(field, None)
        if field in before:
            metadata[field] = before[field]
    metadata["resourceVersion"] = before["resourceVersion"]
    if kind.generation and _desired(kind, old) != _desired(kind, new):
        metadata["generation"] = int(before.get("generation", 0)) + 1
    return {**new, "apiVersion": old["apiVersion"], "kind": old["kind"], "metadata": metadata}


def merge(target: Any, changes: Any) -> Any:
    """RFC 7386 JSON merge patch: null removes, objects merge, all else replaces. Nothing changes in place."""
    if not isinstance(changes, Mapping):
        return changes
    result = dict(target) if isinstance(target, Mapping) else {}
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result
