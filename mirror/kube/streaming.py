"""Whether an API server begins a watch with the list, if it is asked to (WatchList, KEP-3157)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["StreamingOffer"]


@dataclass(slots=True)
class StreamingOffer:
    """What one API server has shown; shared by its scopes, for as long as its informer lives.

    refused: it cannot, or does not do it as it should (422, 500, no end of the initial events). The version
    that it claims decides nothing: the feature was on in 1.32, off in 1.33 and on again in 1.34.
    """

    refused: bool = False
