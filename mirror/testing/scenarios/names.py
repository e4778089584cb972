"""How the things of a scenario are called: a word of the author becomes a name.

Everything that could be called otherwise in another cluster gets its name from here, so that a rule which
matches on a name instead of a reference is found out.
"""

from __future__ import annotations

from collections.abc import Callable

from mirror.testing.manifests import digest

__all__ = ["Names", "misleading", "plain", "scrambled"]

Names = Callable[[str], str]
"""A valid, unique name (a DNS label) for each word; the same word always gets the same name."""

_LURES = (
    "failed",
    "not-found",
    "timeout",
    "source-controller",
    "oom-killed",
    "unauthorized",
    "suspended",
    "secret",
    "no-such-host",
    "ready",
    "kustomization",
    "stalled",
    "forbidden",
    "quota",
    "healthy",
    "x509",
)


def plain(word: str) -> str:
    """The word itself: names that people would choose."""
    return word


def scrambled(seed: int) -> Names:
    """Names that mean nothing."""

    def name(word: str) -> str:
        return f"n{digest(seed, word, length=9)}"

    return name


def misleading(seed: int) -> Names:
    """Names that look like causes: `timeout-3f`, `not-found-a1`."""

    def name(word: str) -> str:
        lure = _LURES[int(digest("lure", seed, word, length=4), 16) % len(_LURES)]
        return f"{lure}-{digest(seed, word, length=5)}"

    return name
