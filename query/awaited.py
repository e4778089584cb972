"""A question about a kind that is served and not mirrored: whether to ask for it, whether to wait for it."""

from __future__ import annotations

from typing import NamedTuple

from mirror.keys import METRICS_GROUP, GroupKind
from mirror.settings import InterestSettings, MetricsSettings
from mirror.store.changes import ClusterState
from query.errors import UnknownKindError
from query.selectors import resolve_kind
from query.view import View
from query.visibility import Visibility

__all__ = ["Wish", "is_awaited", "wish_of"]

RENEW_S = 24 * 3600.0
"""Seconds after which a kind is asked for again, so that one in use stays mirrored."""

METRICS_RENEW_S = 300.0
"""The same for what Pods and Nodes use, which is polled for a quarter of an hour only."""

PATIENCE_S = 10.0
"""Seconds after it was first asked for in which a kind is worth waiting for; then something is in the way."""


class Wish(NamedTuple):
    """wait: its first lists are likely to be there in a moment."""

    kind: GroupKind
    wait: bool


def wish_of(view: View, kind: str, api_version: str | None) -> Wish | None:
    """What the mirror should be told before the question is answered; None when there is nothing to tell.

    A kind that nobody knows is left to the question itself, which says so.
    """
    try:
        group_kind = resolve_kind(view, kind, api_version)
    except UnknownKindError:
        return None
    metrics = group_kind.group == METRICS_GROUP
    keep_s = MetricsSettings().keep_s if metrics else InterestSettings().keep_s
    renew_s = METRICS_RENEW_S if metrics else RENEW_S
    asked_at = view.asked_at(group_kind)
    if asked_at is not None and view.now - asked_at > keep_s:
        return Wish(group_kind, is_awaited(view, group_kind))  # it was forgotten, or is about to be
    fresh = asked_at is None or view.now - asked_at < PATIENCE_S
    wait = fresh and is_awaited(view, group_kind)
    if asked_at is None:
        hidden = (view.visibility(name, *group_kind, "") for name in view.names)
        return Wish(group_kind, wait) if Visibility.NOT_MIRRORED in hidden else None
    return Wish(group_kind, wait) if wait or view.now - asked_at > renew_s else None


def is_awaited(view: View, kind: GroupKind) -> bool:
    """Some cluster that answers serves the kind and has not been read yet."""
    answering = (
        row.name for row in view.clusters if row.state in (ClusterState.SYNCED, ClusterState.SYNCING)
    )
    unread = (Visibility.NOT_MIRRORED, Visibility.NOT_SYNCED)
    return any(view.visibility(name, *kind, "") in unread for name in answering)
