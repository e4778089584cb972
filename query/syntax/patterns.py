"""Regular expressions that come with a question: small ones, so that none of them runs away. Pure."""

from __future__ import annotations

import re

from query.errors import SelectorError

__all__ = ["parse_pattern"]

LONGEST = 200
"""Characters of a pattern."""

_NESTED = re.compile(r"[*+}][^()]*\)[*+{?]")
"""`(a+)*`: may take for ever on a text that nearly matches."""


def parse_pattern(text: str) -> re.Pattern[str]:
    """The pattern, case-insensitive. Raises SelectorError for what does not parse, is too long, or repeats a
    group that repeats something itself."""
    if len(text) > LONGEST:
        raise SelectorError(f"a pattern of {len(text)} characters; at most {LONGEST} are taken")
    if _NESTED.search(text):
        raise SelectorError(
            f"pattern `{text}` repeats a repetition", hint="use `.*` instead of nested groups"
        )
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise SelectorError(
            f"pattern `{text}` does not parse: {error}", hint="escape ( ) [ ] . * + ? with a backslash"
        ) from error
