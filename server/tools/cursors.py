"""Cursors: where a page ended, in a form that a model hands back unchanged. Pure."""

from __future__ import annotations

import hashlib
import re
from typing import Any, NamedTuple

import msgspec

from query.errors import CursorError

__all__ = ["Cursor", "digest", "parse_cursor"]

_FORM = re.compile(r"(\d{1,9})-([0-9a-f]{8})-([0-9a-f]{8})")


class Cursor(NamedTuple):
    """offset: how many items the pages before have shown. question, shown: digests of what was asked, and of
    which items those were."""

    offset: int
    question: str
    shown: str

    def __str__(self) -> str:
        return f"{self.offset}-{self.question}-{self.shown}"


def parse_cursor(text: str) -> Cursor:
    """The cursor in `text`. Raises CursorError for what was never one of ours."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise CursorError(
            f"`{text[:80]}` is no cursor", hint="take it from omitted.cursor of the answer before, as it is"
        )
    return Cursor(int(found[1]), found[2], found[3])


def digest(content: Any) -> str:
    """The same eight digits for the same content, in this process and in any other."""
    encoded = msgspec.json.encode(content, order="deterministic")
    return hashlib.sha256(encoded).hexdigest()[:8]
