"""Values as an answer shows them: nothing masked leaks, and long text is cut to where it differs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mirror.flux.revisions import short_revision
from query.comparison.diff import ABSENT, FieldDifference
from query.comparison.normalize import token
from query.results.answer import ClusterValue, Difference

__all__ = ["shown_difference"]

_MASKED = re.compile(r"<masked:[^<>]*>")

LONG_TEXT = 600
"""Characters of one text value that are shown."""

LEAD = 60
"""Characters shown before the first difference of a long text."""


def shown_difference(difference: FieldDifference, *, revisions: bool = False) -> Difference:
    """The difference for an answer: who says what, most clusters first.

    Masked values become `<masked>`; where they differ `<masked 1>`, `<masked 2>`: equal numbers are equal
    values, within this one difference. revisions: the values are revisions, shown in their short form.
    """
    values = difference.values
    alike: dict[bytes | None, list[str]] = {}
    for cluster in sorted(values):
        said = values[cluster]
        alike.setdefault(None if said is ABSENT else token(said), []).append(cluster)
    distinct = [values[clusters[0]] for clusters in alike.values()]
    masks = _numbered(distinct)
    start = _first_difference([value for value in distinct if isinstance(value, str)])
    return Difference(
        path=difference.path,
        values=tuple(
            ClusterValue(tuple(clusters), None, absent=True)
            if same is None
            else ClusterValue(tuple(clusters), _shown(values[clusters[0]], masks, start, revisions))
            for same, clusters in sorted(alike.items(), key=lambda item: -len(item[1]))
        ),
    )


def _shown(value: Any, masks: Mapping[str, str], start: int, revisions: bool) -> Any:
    if isinstance(value, dict):
        return {_unmasked(key, masks): _shown(child, masks, 0, revisions) for key, child in value.items()}
    if isinstance(value, list):
        return [_shown(child, masks, 0, revisions) for child in value]
    if not isinstance(value, str):
        return value
    return short_revision(value) if revisions else _excerpt(value, masks, start)


def _excerpt(text: str, masks: Mapping[str, str], start: int) -> str:
    if len(text) <= LONG_TEXT:
        return _unmasked(text, masks)
    first = max(0, min(start - LEAD, len(text) - LONG_TEXT))
    # A cut must not go through a mask: half a fingerprint would no longer be recognised as one.
    for mask in _MASKED.finditer(text):
        if mask.start() < first < mask.end():
            first = mask.start()
    shown = _unmasked(text, masks) if first == 0 else _unmasked(text[first:], masks)
    before = "…" if first else ""
    after = "…" if len(shown) > LONG_TEXT else ""
    return f"{before}{shown[:LONG_TEXT]}{after} ({len(text)} characters)"


def _first_difference(texts: list[str]) -> int:
    """The position from which texts differ; 0 when there are not two different ones."""
    low, high = min(texts, default=""), max(texts, default="")
    pairs = zip(low, high, strict=False)
    return next((position for position, (a, b) in enumerate(pairs) if a != b), min(len(low), len(high)))


def _numbered(values: Iterable[Any]) -> dict[str, str]:
    found: dict[str, None] = {}
    for value in values:
        for text in _texts(value):
            found.update(dict.fromkeys(_MASKED.findall(text)))
    if len(found) == 1:
        return dict.fromkeys(found, "<masked>")
    return {mask: f"<masked {number}>" for number, mask in enumerate(found, start=1)}


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, child in value.items() for text in (key, *_texts(child))]
    return [text for child in value for text in _texts(child)] if isinstance(value, list) else []


def _unmasked(text: str, masks: Mapping[str, str]) -> str:
    return _MASKED.sub(lambda mask: masks.get(mask[0], "<masked>"), text)
