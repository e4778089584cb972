"""What to do about a failed list or watch: one table, after client-go's reflector.go.

    what came                                   what follows
    401, no usable credentials                  AUTH: wait, somebody must log in; keep everything
    403                                         PARK_FORBIDDEN: look again slowly; keep everything. To a watch
                                                  straight after its list: POLL, list again and again
    404                                         PARK_ABSENT: look again slowly, then list
    410, 504 "too large resource version"       RELIST_NOW
    429                                         BACKOFF_WATCH, not before Retry-After
    no connection, 502, 503, 504                BACKOFF_WATCH: the resourceVersion is as good as before
    500, other statuses, answers that make      BACKOFF_RELIST
      no sense
    the stream ended, or broke off              RETRY_WATCH_NOW, BACKOFF_RELIST when it was very short

client-go lists again after any failure to open a watch but 429 and a refused connection. Here a laptop that
wakes up, or a server that restarts, is not met with lists of every kind at once. ListWatch gives up on a
watch that keeps failing, so that a server that can only list is still followed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from mirror.errors import (
    ApiError,
    CredentialsError,
    ExpiredError,
    ForbiddenError,
    KubeconfigError,
    MirrorError,
    NotFoundError,
    ThrottledError,
    TransportError,
    UnauthorizedError,
)

__all__ = ["Action", "Outcome", "classify"]


class Action(StrEnum):
    """What the reflector does next. WATCH means the next request of ListWatch, which may still be a list."""

    RETRY_WATCH_NOW = "retry watch now"
    BACKOFF_WATCH = "back off, then watch"
    RELIST_NOW = "list now"
    BACKOFF_RELIST = "back off, then list"
    PARK_FORBIDDEN = "park: forbidden"
    POLL = "wait, then list: watching is forbidden"
    PARK_ABSENT = "park: absent"
    AUTH = "wait for credentials"


class Outcome(NamedTuple):
    """retry_after_s: seconds the server asked to wait, uncapped; None when it asked for nothing."""

    action: Action
    retry_after_s: float | None = None


_ACTIONS: tuple[tuple[tuple[type[MirrorError], ...], Action], ...] = (
    ((UnauthorizedError, CredentialsError, KubeconfigError), Action.AUTH),
    ((ForbiddenError,), Action.PARK_FORBIDDEN),
    ((NotFoundError,), Action.PARK_ABSENT),
    ((ExpiredError,), Action.RELIST_NOW),
    ((TransportError,), Action.BACKOFF_WATCH),
)


def classify(error: MirrorError) -> Outcome:
    """The table above for one error, whether it failed a request or came inside a stream."""
    if isinstance(error, ThrottledError):
        return Outcome(Action.BACKOFF_WATCH, error.retry_after_s)
    if (
        isinstance(error, ApiError)
        and error.status in (502, 503, 504)
        and not isinstance(error, ExpiredError)
    ):
        return Outcome(Action.BACKOFF_WATCH)
    return Outcome(next((act for kinds, act in _ACTIONS if isinstance(error, kinds)), Action.BACKOFF_RELIST))
