"""Objects as bytes: the exact shapes of lists, single objects and watch events, full or metadata only."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mirror.testing.failures import not_acceptable
from mirror.testing.kinds import Kind
from mirror.testing.objects import Stored

__all__ = ["Rendering", "dumps", "media_types", "metadata_only"]

dumps = msgspec.json.Encoder().encode


def media_types(accept: str) -> list[tuple[str, dict[str, str]]]:
    """The clauses of an Accept header in their order: (type, parameters)."""
    clauses = []
    for clause in (accept or "application/json").split(","):
        kind, *parameters = (part.strip() for part in clause.split(";"))
        clauses.append((kind.lower(), dict(p.partition("=")[::2] for p in parameters)))
    return clauses


def metadata_only(accept: str, *, is_list: bool) -> bool:
    """Whether the first acceptable clause asks for PartialObjectMetadata[List] instead of whole objects.

    Tables, protobuf and YAML are never served: their clauses are passed over. Raises StatusError 406 when
    nothing is left, or when a list is asked for as a single object or the other way round.
    """
    for kind, parameters in media_types(accept):
        if kind not in ("application/json", "application/*", "*/*"):
            continue
        wanted = parameters.get("as")
        if wanted is None:
            return False
        if parameters.get("g") != "meta.k8s.io" or parameters.get("v") not in ("v1", "v1beta1"):
            continue
        if wanted not in ("PartialObjectMetadata", "PartialObjectMetadataList"):
            continue
        if wanted.endswith("List") != is_list:
            found = "a list" if is_list else "not a list"
            raise not_acceptable(f"you requested {wanted}, but the requested object is {found}")
        return True
    raise not_acceptable()


class Rendering:
    """How one kind looks in one version.

    Built-in list items carry no apiVersion and kind, custom ones do; single objects and events always do.
    What cannot be watched is no object in storage but a measurement: neither lists nor items have a
    resourceVersion, and items have no uid.
    """

    def __init__(self, kind: Kind, version: str, *, metadata_only: bool = False) -> None:
        api_version = "meta.k8s.io/v1" if metadata_only else kind.api_version(version)
        name = "PartialObjectMetadata" if metadata_only else kind.kind
        self._metadata_only = metadata_only
        self._measured = "watch" not in kind.verbs
        self._alphabetical = kind.custom and not metadata_only
        if self._alphabetical:
            self._head = b'{"apiVersion":%b,"kind":%b,' % (dumps(api_version), dumps(name))
        else:
            self._head = b'{"kind":%b,"apiVersion":%b,' % (dumps(name), dumps(api_version))
        self._item_head = self._head if kind.custom or metadata_only else b"{"
        self._list_kind = dumps(f"{name}List")
        self._api_version = dumps(api_version)

    def one(self, stored: Stored) -> bytes:
        return self._head + self._tail(stored)

    def page(self, items: Sequence[Stored], rv: int, token: str = "", remaining: int | None = None) -> bytes:
        """A list: ready-made bytes of the items, joined."""
        tails = [self._tail(item) for item in items]
        body = self._item_head + (b"," + self._item_head).join(tails) if tails else b""
        metadata: dict[str, str | int] = {} if self._measured else {"resourceVersion": str(rv)}
        if token or self._alphabetical:
            metadata = {"continue": token, **metadata}
        if remaining is not None:
            metadata["remainingItemCount"] = remaining
        parts = (self._api_version, body, self._list_kind, dumps(metadata))
        if self._alphabetical:
            return b'{"apiVersion":%b,"items":[%b],"kind":%b,"metadata":%b}\n' % parts
        version, body, kind, meta = parts
        return b'{"kind":%b,"apiVersion":%b,"metadata":%b,"items":[%b]}\n' % (kind, version, meta, body)

    def _tail(self, stored: Stored) -> bytes:
        tail = stored.metadata_tail if self._metadata_only else stored.tail
        if not self._measured:
            return tail
        content = msgspec.json.decode(b"{" + tail)
        for field in ("resourceVersion", "uid", "generation"):
            content["metadata"].pop(field, None)
        return dumps(content)[1:]

    def event(self, type: str, stored: Stored) -> bytes:
        """A line of a watch."""
        return b'{"type":"%b","object":%b}\n' % (type.encode(), self.one(stored))

    def bookmark(self, rv: int, *, initial_events_end: bool = False) -> bytes:
        metadata: dict[str, object] = {"resourceVersion": str(rv), "creationTimestamp": None}
        if initial_events_end:
            metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
        return b'{"type":"BOOKMARK","object":%b"metadata":%b}}\n' % (self._head, dumps(metadata))
