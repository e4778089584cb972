"""How the items of two lists are matched: by the fields that name them, as Kubernetes' own merge does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from query.comparison.normalize_rules import LIST_KEYS

__all__ = ["choose_keys", "label_of"]

_PLAIN = re.compile(r"[^\s\"'\[\],=]+")


def choose_keys(lists: Iterable[Sequence[Any]]) -> tuple[str, ...] | None:
    """The fields that tell the items of each list apart; None when there are none, or items are no maps."""
    known = [items for items in lists if items]
    if not known or not all(isinstance(item, dict) for items in known for item in items):
        return None
    return next((keys for keys in LIST_KEYS if all(_names_all(keys, items) for items in known)), None)


def label_of(item: Mapping[str, Any], keys: Sequence[str]) -> str:
    """`name=web` or `kind=ConfigMap,name=values`: how a path names the item."""
    present = ((key, item[key]) for key in keys if item.get(key) is not None)
    return ",".join(f"{key}={_quoted(str(value))}" for key, value in present)


def _names_all(keys: Sequence[str], items: Sequence[Mapping[str, Any]]) -> bool:
    labels = set()
    for item in items:
        if item.get(keys[0]) is None or any(isinstance(item.get(key), dict | list) for key in keys):
            return False
        labels.add(label_of(item, keys))
    return len(labels) == len(items)


def _quoted(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else msgspec.json.encode(value).decode()
