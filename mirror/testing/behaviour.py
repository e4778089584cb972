"""What differs between real servers: releases, configuration, timing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Behaviour", "StreamSettings"]


@dataclass(slots=True)
class StreamSettings:
    """What all streams of a server have in common; read at each step, so it may change while they run.

    bookmark_interval_s: seconds between bookmarks on a stream that asked for them.
    omit_bookmarks: send none, as some aggregated API servers do; also none at the end of initial events.
    chunk_bytes: cut the stream into HTTP chunks of this many bytes, even inside characters; 0 = whole.
    """

    bookmark_interval_s: float = 60.0
    omit_bookmarks: bool = False
    chunk_bytes: int = 0


@dataclass(slots=True)
class Behaviour:
    """What differs between releases and configurations of real servers; may be changed while it runs.

    git_version: what `/version` says; it switches nothing else.
    legacy_discovery: know nothing of aggregated discovery, as before Kubernetes 1.26.
    watch_list: sendInitialEvents is accepted (on from 1.34 on); off: 422.
    watch_cache: off: a LIST with resourceVersion "0" is paged like any other.
    expired_watch: how a forgotten resourceVersion is answered: ERROR event in a 200 stream, or HTTP 410.
    incomplete_reviews: a SelfSubjectRulesReview tells no rule, as with the authorizers of clouds.
    stream: see StreamSettings.
    """

    git_version: str = "v1.35.4"
    legacy_discovery: bool = False
    watch_list: bool = True
    watch_cache: bool = True
    expired_watch: Literal["event", "http"] = "event"
    incomplete_reviews: bool = False
    stream: StreamSettings = field(default_factory=StreamSettings)
