"""Structured content inside its budget: as many whole items as fit, and exact counts of the rest. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple

import msgspec

__all__ = ["Fitted", "fitted", "room_for", "size_of"]

_SHARE = 2
"""Bytes of structured content for each byte of text: JSON says in two what the text says in one."""

_LEAST = 8_000
"""Bytes that structured content may always have: with less, hardly an object would be whole."""

_SLACK = 320
"""Bytes kept free for the cursor, and for the words about what was cut."""

_SHORTEST = 40
"""Bytes of a text that are kept however little room there is."""

_WIDEST = 40
"""Keys that a map keeps however little room there is; no part of an answer has so many of its own."""

_PLACES = 20
"""Places of `cut` that are named; what is cut elsewhere is counted as one."""

_MASK = len("<masked:0123456789ab>")

_ELSEWHERE = "elsewhere"

Cut = MutableMapping[str, int]
"""By path: how many entries of a list or map, or characters of a text, were left out."""


class Fitted(NamedTuple):
    """content: what fits. kept: how many items of the page are in it. cut: what else is not whole."""

    content: dict[str, Any]
    kept: int
    cut: dict[str, int]


def room_for(budget: int) -> int:
    """Bytes of structured content beside a text of `budget` bytes."""
    return max(budget * _SHARE, _LEAST)


def size_of(node: Any) -> int:
    """UTF-8 bytes of it as compact JSON."""
    return len(msgspec.json.encode(node))


def fitted(
    content: Mapping[str, Any], room: int, *, items: Sequence[str] = (), whole: Collection[str] = ()
) -> Fitted:
    """The content in at most `room` bytes, unless what can never be left out is more.

    items: the fields that hold the items of the page, in their order; they go last to first. whole: fields
    that are worth nothing in parts, which take no room. What stands beside the items gives way first where it
    is more than half of the room: lines of `freshness` that say nothing but "in sync", all but the oldest,
    then whatever is longest. Where not even the first item fits, its longest parts are cut.
    """
    total = sum(len(content[name]) for name in items)
    rest = {name: part for name, part in content.items() if name not in whole}
    if size_of(rest) <= room:
        return Fitted(dict(content), total, {})
    cut: dict[str, int] = {}
    room -= _SLACK
    paged = {name: rest.pop(name) for name in items}
    _leave_out_the_calm(rest, cut)
    beside = _shortened(rest, max(room // 2, room - size_of(paged)), "", cut)
    chosen, kept = _first_items(paged, room - size_of(beside), cut)
    fields = {**{name: content[name] for name in whole if name in content}, **beside, **chosen}
    return Fitted({name: fields[name] for name in content}, kept, cut)


def _first_items(paged: Mapping[str, Sequence[Any]], room: int, cut: Cut) -> tuple[dict[str, Any], int]:
    """As many of the first items as fit; one of them at least, in parts if need be."""
    chosen: dict[str, list[Any]] = {name: [] for name in paged}
    room -= size_of(chosen)
    kept = 0
    for name, listed in paged.items():
        for item in listed:
            need = size_of(item) + 1
            if need > room and kept:
                return chosen, kept
            if need > room:
                chosen[name].append(_shortened(item, room - 1, f"{name}.0", cut))
                return chosen, 1
            chosen[name].append(item)
            room, kept = room - need, kept + 1
    return chosen, kept


def _leave_out_the_calm(rest: dict[str, Any], cut: Cut) -> None:
    lines = rest.get("freshness", ())
    calm = [line for line in lines if _is_calm(line)]
    if len(calm) > 1:
        oldest = max(calm, key=lambda line: line["age_s"] or 0.0)
        rest["freshness"] = [line for line in lines if line is oldest or not _is_calm(line)]
        cut["freshness"] = len(calm) - 1


def _is_calm(line: Mapping[str, Any]) -> bool:
    more = any(line[field] for field in ("not_visible", "error", "behind"))
    return line["state"] == "synced" and not more


def _shortened(node: Any, room: int, path: str, cut: Cut) -> Any:
    """The same in less room: fewer entries of what is long, the beginning of what is a text."""
    if size_of(node) <= room:
        return node
    if isinstance(node, str):
        return _shortened_text(node, room, path, cut)
    if isinstance(node, list | tuple):
        return _shortened_list(node, room, path, cut)
    return _shortened_map(node, room, path, cut) if isinstance(node, dict) else node


def _shortened_text(text: str, room: int, path: str, cut: Cut) -> str:
    kept = text.encode("utf-8", "surrogatepass")[: max(room - 8, _SHORTEST)].decode("utf-8", "ignore")
    if len(kept) >= len(text):
        return text
    last = kept.rfind("<")
    if last >= len(kept) - _MASK and ">" not in kept[last:]:
        kept = kept[:last]  # half a fingerprint would no longer be recognised as one
    _count(cut, path, len(text) - len(kept))
    return f"{kept}…"


def _shortened_list(items: Sequence[Any], room: int, path: str, cut: Cut) -> list[Any]:
    kept: list[Any] = []
    left = room - 2
    for item in items:
        left -= size_of(item) + 1
        if left < 0:
            break
        kept.append(item)
    if not kept:
        kept = [_shortened(items[0], room - 2, f"{path}.0", cut)]
    if len(kept) < len(items):
        _count(cut, path, len(items) - len(kept))
    return kept


def _shortened_map(node: dict[str, Any], room: int, path: str, cut: Cut) -> dict[str, Any]:
    """The longest part gives way first."""
    kept = dict(node)
    sizes = {name: size_of(part) for name, part in node.items()}
    over = size_of(node) - room
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        if over <= 0:
            return kept
        below = f"{path}.{name}" if path else name
        kept[name] = _shortened(node[name], sizes[name] - over, below, cut)
        over -= sizes[name] - size_of(kept[name])
    dropped = list(kept)[_WIDEST:] if over > 0 else []
    for name in dropped:
        del kept[name]
    if dropped:
        _count(cut, path, len(dropped))
    return kept


def _count(cut: Cut, path: str, number: int) -> None:
    place = path if path in cut or len(cut) < _PLACES else _ELSEWHERE
    cut[place] = cut.get(place, 0) + number
