"""One number for what an object says: equal numbers, equal content. Computed once, when an object is stored.

Thousands of objects in fifty clusters are compared by these numbers alone; only objects that have several of
them are ever read. So a digest may tell too much apart (another spelling of one duration), never too little:
it covers all that a comparison looks at (query/comparison/normalize.py, query/comparison/compared.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from mirror.flux.fields import mapping, metadata, sequence, text
from mirror.flux.server_fields import is_server_mark, server_fields
from mirror.records import Health

__all__ = ["content_digest", "told_health"]

_ELSEWHERE: Final = frozenset({"apiVersion", "kind", "metadata", "status"})
_WELL: Final = frozenset({Health.READY, Health.UNKNOWN, Health.SUSPENDED})
_BYTES: Final = 8
"""A digest is only ever compared with those of the same object in other clusters: 64 bits are plenty."""
_encode = msgspec.json.Encoder(order="deterministic").encode


def content_digest(obj: dict[str, Any], *, health: str, reason: str, revision: str) -> int:
    """A signed number of 64 bits over what was decided (spec, data, labels, annotations), what is applied
    (the inventory, the revision) and how it is; not over what servers assign and how often things happened.

    obj: redacted; API version and order of keys do not count. health, reason, revision: as in its Record.
    """
    meta = metadata(obj)
    content: Any = {key: value for key, value in obj.items() if key not in _ELSEWHERE}
    for path in server_fields(obj):
        content = _without(content, path.split("."))
    annotations = mapping(meta.get("annotations"))
    kept = {key: value for key, value in annotations.items() if not is_server_mark(key)}
    entries = sequence(mapping(mapping(obj.get("status")).get("inventory")).get("entries"))
    applied = sorted(text(mapping(entry).get("id")) for entry in entries)
    said = _encode((content, meta.get("labels"), kept, applied, told_health(health, reason), revision))
    return int.from_bytes(hashlib.blake2b(said, digest_size=_BYTES).digest(), "big", signed=True)


def told_health(health: str, reason: str) -> str:
    """`Ready`, `Failed (BuildFailed)`: a reason counts only where something is not as it should be."""
    return health if health in _WELL or not reason else f"{health} ({reason})"


def _without(node: Any, steps: Sequence[str]) -> Any:
    """The node without one field; parts that do not have it are shared with the result."""
    step, rest = steps[0], steps[1:]
    if isinstance(node, list):
        return [_without(item, rest) for item in node] if step == "*" else node
    if not isinstance(node, dict) or step not in node:
        return node
    if not rest:
        return {key: value for key, value in node.items() if key != step}
    return {**node, step: _without(node[step], rest)}
