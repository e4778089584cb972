"""Secrets inside text: URLs, private keys, tokens, assignments, in messages, scripts and arguments.

Only the secret part is replaced (the shapes: secret_shapes.py). What has no recognisable shape
cannot be found.
"""

from __future__ import annotations

import re
from typing import Final

from mirror.flux.secret_names import NameClass, classify_name
from mirror.flux.secret_shapes import ASSIGNMENTS, NEEDLES, RULES, Mask, Rule

__all__ = ["may_hold_secrets", "redact_prose"]

_USERINFO: Final = re.compile(r"://[^\s/?#\"'<>\0]+@")
_NAME_BACKWARDS: Final = re.compile(r"\s?([\w.-]+)")
_LONGEST_NAME: Final = 200


def redact_prose(text: str, mask: Mask) -> str:
    """The text with every recognised secret replaced; the same string when there is none."""
    if not may_hold_secrets(text):
        return text
    lowered = text.lower()
    for rule in RULES:
        if rule.gate in lowered and any(needle in lowered for needle in rule.needles):
            text = _apply(rule, text, mask)
    return _apply(ASSIGNMENTS, text, mask) if "=" in text else text


def may_hold_secrets(text: str) -> bool:
    """A cheap test: False means that `redact_prose` would return the text unchanged.

    Many strings can be asked about at once, joined with a NUL. About 20 µs per KB.
    """
    lowered = text.lower()
    for gate, needles in NEEDLES.items():
        if gate in lowered:
            for needle in needles:
                if needle in lowered:
                    return True
    if "@" in lowered and _USERINFO.search(lowered) is not None:
        return True
    return "=" in text and _assigns_secret(text)


def _apply(rule: Rule, text: str, mask: Mask) -> str:
    return rule.pattern.sub(lambda match: rule.replace(match, mask), text)


def _assigns_secret(text: str) -> bool:
    """Is there a secret-looking name before one of the equals signs?"""
    for part in text.split("=")[:-1]:
        match = _NAME_BACKWARDS.match(part[: -_LONGEST_NAME - 1 : -1])
        if match is not None and classify_name(match[1][::-1]) >= NameClass.VALUE:
            return True
    return False
