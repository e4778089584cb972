"""Masks: what stands in the place of a secret."""

from __future__ import annotations

import hmac
import re
from typing import Any, Final

__all__ = ["Masker"]

TOO_DEEP: Final = 100
"""Levels of nesting that are looked into; what lies deeper is masked as a whole."""

_MASKED: Final = re.compile(r"<masked:[0-9a-f]{12}>")


class Masker:
    """Keyed fingerprints: `<masked:` + 12 hex digits of HMAC-SHA256 + `>`.

    Equal values have equal fingerprints under one key; without the key even short values cannot be
    guessed from them. Holds no state but the key.
    """

    def __init__(self, key: bytes) -> None:
        """key: random bytes. Raises ValueError for an empty one."""
        if not key:
            raise ValueError("masking needs a key: without one, fingerprints could be guessed")
        self._key = key

    def mask(self, value: str) -> str:
        """The fingerprint of a value; "" and fingerprints stay as they are."""
        if not value or (value[0] == "<" and _MASKED.fullmatch(value)):
            return value
        digest = hmac.digest(self._key, value.encode("utf-8", "surrogatepass"), "sha256")
        return f"<masked:{digest[:6].hex()}>"

    def mask_all(self, value: Any, depth: int = 0) -> Any:
        """A copy with every string and number below masked; null, true and false stay."""
        if depth > TOO_DEEP:
            return self.mask("nested too deep")
        if isinstance(value, dict):
            return {key: self.mask_all(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self.mask_all(item, depth + 1) for item in value]
        if value is None or isinstance(value, bool):
            return value
        return self.mask(str(value))
