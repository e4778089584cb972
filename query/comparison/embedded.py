"""Documents inside text: the `values.yaml` in a ConfigMap. Anybody may have written them."""

from __future__ import annotations

from functools import lru_cache
from math import isfinite
from typing import Any

import yaml

__all__ = ["parse_embedded"]

LIMIT = 256 * 1024
"""Characters; longer text stays text."""

MAX_DEPTH = 64
"""Levels; deeper text stays text. The C parser recurses without a bound of its own."""

_Loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


@lru_cache(maxsize=128)
def parse_embedded(text: str) -> dict[str, Any] | list[Any] | None:
    """The one YAML or JSON document in `text` as JSON values; None when it is no map or list, does not
    parse, is too long or too deep, or uses aliases (a few of them can stand for gigabytes).

    Kept, because parsing takes longer than all the rest of a comparison and the same texts are asked for
    again and again: callers must not change the result.
    """
    if len(text) > LIMIT:
        return None
    try:
        if not _is_tame(text):
            return None
        document = _plain(_Loader(text).get_single_data())
    except (yaml.YAMLError, ValueError):
        return None
    return document if isinstance(document, dict | list) else None


def _is_tame(text: str) -> bool:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH or isinstance(event, yaml.AliasEvent):
            return False
    return True


def _plain(node: Any) -> Any:
    """JSON values only: YAML has dates, infinite numbers, and keys that are no text."""
    if isinstance(node, dict):
        return {str(key): _plain(child) for key, child in node.items()}
    if isinstance(node, list):
        return [_plain(child) for child in node]
    if isinstance(node, float):
        return node if isfinite(node) else str(node)
    return node if node is None or isinstance(node, int | str) else str(node)
