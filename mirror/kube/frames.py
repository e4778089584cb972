"""List pages and watch lines as values: decoded, and checked to be of the kind that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from mirror.errors import ProtocolError
from mirror.keys import Resource
from mirror.kube.excerpt import excerpt
from mirror.kube.items import Items
from mirror.kube.status import Status, parse_status, to_error

__all__ = ["EventType", "FrameDecoder", "Page", "WatchEvent"]

_INITIAL_END = "k8s.io/initial-events-end"
_PARTIAL = ("meta.k8s.io/v1", "PartialObjectMetadata")


class EventType(StrEnum):
    """The types of watch events that carry state. ADDED and MODIFIED both mean "this is how it is now"."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    BOOKMARK = "BOOKMARK"


class WatchEvent(NamedTuple):
    """One event.

    object: with the watched type's apiVersion and kind; DELETED: the last state; BOOKMARK: empty.
    resource_version: of the change; DELETED: of the deletion.
    ends_initial: a BOOKMARK that ends the list with which a watch begins.
    """

    type: EventType
    object: dict[str, Any]
    resource_version: str
    ends_initial: bool = False


class Page(NamedTuple):
    """One page of a list.

    resource_version: of the snapshot, equal on all its pages. continue_: "" on the last page.
    remaining: the server's estimate of what is still to come; None when it gives none.
    """

    items: Sequence[dict[str, Any]]
    resource_version: str
    continue_: str
    remaining: int | None = None


_T = TypeVar("_T")


class _ListMeta(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")
    remaining_item_count: int | None = None


class _List(msgspec.Struct, Generic[_T], rename="camel"):
    kind: str = ""
    api_version: str = ""
    metadata: _ListMeta | None = None
    items: list[_T] | msgspec.UnsetType | None = msgspec.UNSET


class _Frame(msgspec.Struct, Generic[_T]):
    type: str
    object: _T


class _Head(msgspec.Struct, rename="camel"):
    """An object without its content, which is skipped and never becomes a Python object."""

    api_version: str | None = None
    kind: str | None = None
    metadata: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"apiVersion": self.api_version, "kind": self.kind, "metadata": self.metadata}


class _Named(msgspec.Struct):
    name: str


class _Checked(msgspec.Struct, rename="camel"):
    """What a page's item must have, at least; the rest is skipped."""

    metadata: _Named
    api_version: str | None = None
    kind: str | None = None


class FrameDecoder:
    """Decodes what one resource's collection answers.

    metadata_only: keeps apiVersion, kind and metadata, whatever else the server sends.
    Lists of what cannot be watched need no resourceVersion.
    """

    def __init__(self, resource: Resource, *, metadata_only: bool = False, where: str = "") -> None:
        own = (resource.api_version, resource.kind)
        self._own = own
        self._versioned = resource.watchable
        self._where = where
        self._metadata_only = metadata_only
        self._objects = (own, _PARTIAL) if metadata_only else (own,)
        self._lists = (*((version, f"{kind}List") for version, kind in self._objects), ("v1", "List"))
        self._page: msgspec.json.Decoder[_List[Any]] = msgspec.json.Decoder(
            _List[_Head] if metadata_only else _List[msgspec.Raw]
        )
        self._frame: msgspec.json.Decoder[_Frame[Any]] = msgspec.json.Decoder(
            _Frame[_Head] if metadata_only else _Frame[dict[str, Any]]
        )
        self._checked = msgspec.json.Decoder(_Checked)
        self._one = msgspec.json.Decoder(dict[str, Any])
        self._error_frame = msgspec.json.Decoder(_Frame[Status])

    def page(self, body: bytes) -> Page:
        """A page of a LIST. Raises the ApiError of a Status, and ProtocolError for anything but a list."""
        listed = self._decode(self._page, body)
        if listed.kind == "Status":
            raise to_error(0, parse_status(body), where=self._where)
        if (listed.api_version, listed.kind) not in self._lists:
            raise self._wrong(f"a list of {self._own[1]}", listed.api_version, listed.kind)
        meta = listed.metadata
        unversioned = self._versioned and meta is not None and meta.resource_version in ("", "0")
        if listed.items is msgspec.UNSET or meta is None or unversioned:
            raise ProtocolError("a list without items or resourceVersion", where=self._where)
        items = self._items(listed.items or [])
        return Page(items, meta.resource_version, meta.continue_, meta.remaining_item_count)

    def event(self, line: bytes) -> WatchEvent | None:
        """One line of a watch; None for a type of event that is not known.

        Raises the ApiError of an ERROR event, and ProtocolError for what is no event or another kind's.
        """
        frame = self._decode(self._frame, line)
        if frame.type == "ERROR":
            raise to_error(0, self._decode(self._error_frame, line).object, where=self._where)
        if frame.type not in EventType.__members__:
            return None
        if frame.type == EventType.BOOKMARK:
            head = frame.object.to_dict() if self._metadata_only else frame.object
            return WatchEvent(EventType.BOOKMARK, {}, self._resource_version(head), _ends_initial(head))
        found = self._object(frame.object, may_be_bare=False)
        return WatchEvent(EventType[frame.type], found, self._resource_version(found))

    def _items(self, listed: list[Any]) -> Sequence[dict[str, Any]]:
        if self._metadata_only:
            return [self._object(item, may_be_bare=True) for item in listed]
        for raw in listed:
            self._check(raw)
        return Items(listed, self._whole)

    def _check(self, raw: msgspec.Raw) -> None:
        """Raise if it is not an object of ours; most are seen to be right without becoming a dict."""
        try:
            found = self._checked.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        else:
            if (found.api_version, found.kind) in (self._own, (None, None)):
                return
        self._whole(raw)

    def _whole(self, raw: msgspec.Raw) -> dict[str, Any]:
        return self._object(self._decode(self._one, raw), may_be_bare=True)

    def _object(self, raw: Any, *, may_be_bare: bool) -> dict[str, Any]:
        """The object under its own apiVersion and kind; typed lists leave them out of their items."""
        found: dict[str, Any] = raw.to_dict() if self._metadata_only else raw
        version, kind = found.get("apiVersion"), found.get("kind")
        if (version, kind) not in self._objects and not (may_be_bare and not version and not kind):
            raise self._wrong(f"a {self._own[1]}", version, kind)
        metadata = found.get("metadata")
        if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
            raise ProtocolError(f"a {self._own[1]} without a name", where=self._where)
        found["apiVersion"], found["kind"] = self._own
        return found

    def _resource_version(self, found: dict[str, Any]) -> str:
        metadata = found.get("metadata")
        version = metadata.get("resourceVersion") if isinstance(metadata, dict) else None
        if not isinstance(version, str) or not version:
            raise ProtocolError("a watch event without resourceVersion", where=self._where)
        return version

    def _decode(self, decoder: msgspec.json.Decoder[_T], data: bytes | msgspec.Raw) -> _T:
        try:
            return decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ProtocolError(f"an answer that cannot be read: {error}", where=self._where) from error

    def _wrong(self, wanted: str, version: Any, kind: Any) -> ProtocolError:
        return ProtocolError(
            f"{excerpt(str(version), 80)} {excerpt(str(kind), 80)} instead of {wanted}", where=self._where
        )


def _ends_initial(bookmark: dict[str, Any]) -> bool:
    """Only after _resource_version: the metadata is an object."""
    annotations = bookmark["metadata"].get("annotations")
    return isinstance(annotations, dict) and annotations.get(_INITIAL_END) == "true"
