"""Secrets in decoded JSON: first by the names of fields, then by the shape of strings.

The search by name runs over every object, so it is written for speed; it collects the strings it
leaves alone, and only if one of them could hold a secret are they all searched by shape. Nothing is
changed in place: parts without secrets are shared with the result.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from mirror.flux.masking import TOO_DEEP, Masker
from mirror.flux.secret_config import redact_config
from mirror.flux.secret_names import NameClass, classify_name
from mirror.flux.secret_shapes import trivial
from mirror.flux.secret_text import may_hold_secrets, redact_prose

__all__ = ["redact_tree"]

# What a key says, as small integers because it is asked for every field: NameClass and some more.
_PLAIN, _REFERENCE, _LABELS = int(NameClass.PLAIN), int(NameClass.REFERENCE), int(NameClass.LABELS)
_VALUE, _DEEP, _PASSWORD = int(NameClass.VALUE), int(NameClass.DEEP), int(NameClass.PASSWORD)
_UNREAD: Final = -1
"""A name, a time, an enumeration: not searched for shapes of secrets."""
_MESSAGE: Final = -2
"""Prose of a controller: not read as a configuration file."""
_BODY: Final = -3
"""`stringData`, and `data` where the object around it is a Secret."""

_UNREAD_KEYS: Final = (
    "apiVersion", "creationTimestamp", "digest", "finishedAt", "firstReconciled", "imagePullPolicy", "kind",
    "lastHeartbeatTime", "lastProbeTime", "lastReconciled", "lastTransitionTime", "lastUpdateTime", "name",
    "namespace", "reason", "resourceVersion", "startedAt", "status", "terminationMessagePath",
    "terminationMessagePolicy", "type", "uid",
)  # fmt: skip
_SPECIAL_KEYS: Final = {
    **dict.fromkeys(_UNREAD_KEYS, _UNREAD),
    "message": _MESSAGE,
    "note": _MESSAGE,
    "data": _BODY,
    "stringData": _BODY,
}
_LABEL_KEYS: Final = ("name", "key", "path")
_CLOSING: Final = {"{": "}", "[": "]"}


_MOST_KEYS: Final = 16384


class _KeyClasses(dict[str, int]):
    """What each key says, found once: to look it up is most of the cost of a search."""

    def __missing__(self, key: str) -> int:
        special = _SPECIAL_KEYS.get(key)
        kind = int(classify_name(key)) if special is None else special
        if len(self) >= _MOST_KEYS:  # keys of ConfigMaps and labels have no bound
            self.clear()
        self[key] = kind
        return kind


_key_classes: Final = _KeyClasses()

_MOST_HARMLESS: Final = 16384
_LONGEST_HARMLESS: Final = 160

_harmless_texts: set[str] = set()
"""Strings that hold no secret, not even as configuration: the objects of a fleet, and the versions of one
object, say mostly the same. What is secret, or only looks like it, is never kept here."""

_harmless_messages: set[str] = set()
"""The same for messages, which are not read as configuration."""


def _remember(harmless: set[str], strings: list[str]) -> None:
    if len(harmless) >= _MOST_HARMLESS:
        harmless.clear()
    harmless.update(text for text in strings if len(text) <= _LONGEST_HARMLESS)


def redact_tree(
    node: dict[str, Any], masker: Masker, *, read_all: bool = False, depth: int = 0
) -> dict[str, Any]:
    """The object without secrets; the same object when there are none.

    read_all: search every string by shape, as configuration, even if nothing looks suspicious.
    depth: how deep in the whole object this one lies.
    """
    search = _NameSearch(masker)
    node = search.mapping(node, False, depth)
    return _by_shape(node, masker, depth) if read_all or search.suspicious() else node


class _NameSearch:
    """Masks what stands under secret-looking names; collects the strings it leaves alone, but for those
    that are known to be harmless."""

    __slots__ = ("_masker", "_messages", "_texts")

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._texts: list[str] = []
        self._messages: list[str] = []

    def suspicious(self) -> bool:
        """Could any of the collected strings hold a secret?"""
        if self._texts:
            texts = "\0".join(self._texts)
            if "\n" in texts or ": " in texts or may_hold_secrets(texts):
                return True
            _remember(_harmless_texts, self._texts)
        if self._messages:
            if may_hold_secrets("\0".join(self._messages)):
                return True
            _remember(_harmless_messages, self._messages)
        return False

    def mapping(self, node: dict[str, Any], hidden: bool, depth: int) -> dict[str, Any]:
        """hidden: everything here is secret, except under names that only point at something."""
        changes: dict[str, Any] = {}
        new: Any
        for key, value in node.items():
            kind = _key_classes[key]
            type_ = value.__class__
            if type_ is str:
                if kind == _UNREAD:
                    continue
                if kind >= _VALUE or (hidden and kind <= _PLAIN):
                    new = value if trivial(value) else self._masker.mask(value)
                elif value in (_harmless_messages if kind == _MESSAGE else _harmless_texts):
                    continue
                else:
                    (self._messages if kind == _MESSAGE else self._texts).append(value)
                    continue
            elif type_ is dict or type_ is list:
                new = self._below(node, key, value, kind, hidden, depth + 1)
            elif kind == _PASSWORD and (type_ is int or type_ is float):
                new = self._masker.mask(str(value))
            else:
                continue
            if new is not value:
                changes[key] = new
        if "value" in node and _is_secret_pair(node):
            changes["value"] = self._masker.mask_all(node["value"], depth)
        return {**node, **changes} if changes else node

    def _below(self, node: dict[str, Any], key: str, value: Any, kind: int, hidden: bool, depth: int) -> Any:
        """The object or list under a key."""
        if depth > TOO_DEEP or (kind == _BODY and (key == "stringData" or node.get("kind") == "Secret")):
            return self._masker.mask_all(value, depth)
        if kind == _LABELS:
            self._collect(value, depth)
            return value
        # VALUE says nothing about the fields below it (`auth: {username, password}`).
        hidden = kind >= _DEEP or (hidden and kind != _REFERENCE)
        if value.__class__ is dict:
            return self.mapping(value, hidden, depth)
        return self._items(value, hidden or kind == _VALUE, hidden, depth)

    def _items(self, items: list[Any], hide_strings: bool, hidden: bool, depth: int) -> list[Any]:
        changes: dict[int, Any] = {}
        new: Any
        option = False
        for index, item in enumerate(items):
            type_ = item.__class__
            if type_ is str:
                if hide_strings or (option and item[:1] != "-"):
                    new = item if trivial(item) else self._masker.mask(item)
                else:
                    new = item
                    if item not in _harmless_texts:
                        self._texts.append(item)
                option = item[:1] == "-" and "=" not in item and _key_classes[item] >= _VALUE
            elif type_ is dict and depth < TOO_DEEP:
                new = self.mapping(item, hidden, depth + 1)
            elif type_ is list and depth < TOO_DEEP:
                new = self._items(item, hide_strings, hidden, depth + 1)
            else:
                new = self._masker.mask_all(item, depth) if type_ in (dict, list) else item
            if new is not item:
                changes[index] = new
        return [changes.get(index, item) for index, item in enumerate(items)] if changes else items

    def _collect(self, value: Any, depth: int) -> None:
        """The strings below a map of labels, whose keys say nothing."""
        if depth > TOO_DEEP:
            return
        if isinstance(value, str):
            if value not in _harmless_texts:
                self._texts.append(value)
        elif isinstance(value, dict):
            for item in value.values():
                self._collect(item, depth + 1)
        elif isinstance(value, list):
            for item in value:
                self._collect(item, depth + 1)


def _is_secret_pair(node: dict[str, Any]) -> bool:
    """`{name: DB_PASSWORD, value: ...}`, or a JSON patch of a secret-looking path."""
    for key in _LABEL_KEYS:
        label = node.get(key)
        if isinstance(label, str) and _key_classes[label] >= _VALUE:
            return True
    return False


def _by_shape(value: Any, masker: Masker, depth: int, kind: int = _PLAIN) -> Any:
    """Every string below, searched for shapes of secrets."""
    if isinstance(value, str):
        return value if kind == _UNREAD else _text_by_shape(value, masker, depth, kind)
    if depth > TOO_DEEP:
        return masker.mask_all(value, depth) if isinstance(value, (dict, list)) else value
    if isinstance(value, dict):
        changes = {}
        for key, item in value.items():
            new = _by_shape(item, masker, depth + 1, _key_classes[key])
            if new is not item:
                changes[key] = new
        return {**value, **changes} if changes else value
    if isinstance(value, list):
        items = [_by_shape(item, masker, depth + 1) for item in value]
        return value if all(map(_same, items, value)) else items
    return value


def _same(left: object, right: object) -> bool:
    return left is right


def _text_by_shape(text: str, masker: Masker, depth: int, kind: int) -> str:
    if kind == _MESSAGE:
        shown = redact_prose(text, masker.mask)
    elif (decoded := _decode(text)) is not None:
        tree = redact_tree({"": decoded}, masker, read_all=True, depth=depth + 10)[""]
        shown = text if tree is decoded else msgspec.json.encode(tree).decode()
    else:
        shown = redact_config(text, masker.mask)
    return text if shown == text else shown


def _decode(text: str) -> dict[str, Any] | list[Any] | None:
    """The JSON object or array that a string holds as a whole, e.g. a patch; None for anything else."""
    stripped = text.strip()
    if not stripped or _CLOSING.get(stripped[0]) != stripped[-1]:
        return None
    try:
        decoded = msgspec.json.decode(stripped)
    except (msgspec.DecodeError, RecursionError):
        return None
    return decoded if isinstance(decoded, (dict, list)) else None
