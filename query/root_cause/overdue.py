"""Work that takes longer than the object's own timeout and interval allow. Pure; the time is an argument.

A controller that does not come back reports nothing: Ready stays Unknown, a deletion waits for its finalizer,
a request is not answered. What stands still can only be told from what is under way by how long it takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mirror.clock import format_age, parse_time
from mirror.flux.conditions import READY, RECONCILING, Condition
from mirror.flux.fields import group_kind, mapping, metadata, sequence, text
from mirror.flux.kinds import HELM_GROUP, OPERATOR_GROUP, SOURCE_GROUP, FluxKind, flux_kind
from mirror.flux.verdict import TERMINATING
from query.syntax.quantities import duration_seconds

__all__ = ["Overdue", "catch_up_s", "overdue"]

_TIMEOUT_S = 300.0
"""Seconds for one attempt where the object sets no timeout: the default of most appliers."""

_FETCH_S = 60.0
"""Seconds for one fetch of a source that sets no timeout."""

_INTERVAL_S = 600.0
"""Seconds between attempts where the object sets none."""

_ACTIONS = 4
"""Helm actions of one attempt, each with the whole timeout: upgrade, test, rollback, uninstall."""

_MARGIN_S = 120.0
"""Seconds beyond what is allowed: queues, and the status that is written last."""

_DELETION_S = 600.0
"""Seconds for a deletion: finalizers prune and uninstall, which takes one timeout."""

_FIRST_REPORT_S = 600.0
"""Seconds in which a controller that runs has seen a new object many times over."""

_EPOCH_DIGITS = 10
_REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"
_EVERY, _FOR = f"{OPERATOR_GROUP}/reconcileEvery", f"{OPERATOR_GROUP}/reconcileTimeout"


class Overdue(NamedTuple):
    """reason: Terminating, NeverReconciled, NotHandled or Stuck. text: what takes too long, and the measure.

    since: when it began, wall seconds.
    """

    reason: str
    text: str
    since: float


def overdue(obj: dict[str, Any], said: Mapping[str, Condition], now: float) -> Overdue | None:
    """What of a Flux object should have ended before `now`, wall seconds; None when everything is in time.

    said: its conditions. Suspended objects are not asked about. A deletion is judged for every kind.
    """
    deleted_at = parse_time(text(metadata(obj).get("deletionTimestamp")))
    kind = flux_kind(group_kind(obj))
    if deleted_at is not None:
        return _deletion(obj, deleted_at, now)
    if kind is None:
        return None
    if not said:
        return _first_report(obj, kind, now) or _request(obj, kind, now)
    return _request(obj, kind, now) or _attempt(obj, kind, said, now)


def catch_up_s(obj: dict[str, Any]) -> float:
    """Seconds in which an applier takes up what its source has fetched, two missed intervals included."""
    kind = flux_kind(group_kind(obj))
    return 2 * _interval(obj) + (_timeout(obj, kind) if kind is not None else _TIMEOUT_S) + _MARGIN_S


def _deletion(obj: dict[str, Any], deleted_at: float, now: float) -> Overdue | None:
    held = sequence(metadata(obj).get("finalizers")) or sequence(mapping(obj.get("spec")).get("finalizers"))
    finalizers = [name for name in held if isinstance(name, str)]
    if now - deleted_at <= _DELETION_S or not finalizers:
        return None
    told = f"deleted {format_age(now - deleted_at)} ago and still held by {', '.join(finalizers)}"
    return Overdue(TERMINATING, told, deleted_at)


def _first_report(obj: dict[str, Any], kind: FluxKind, now: float) -> Overdue | None:
    """Of an object without any condition."""
    created = parse_time(text(metadata(obj).get("creationTimestamp")))
    static = kind.static or (kind.kind == "HelmRepository" and mapping(obj.get("spec")).get("type") == "oci")
    if static or created is None or now - created <= _FIRST_REPORT_S:
        return None
    age = format_age(now - created)
    return Overdue(
        "NeverReconciled", f"created {age} ago, and no controller has ever reported on it", created
    )


def _request(obj: dict[str, Any], kind: FluxKind, now: float) -> Overdue | None:
    """A request to reconcile is answered at the end of the attempt that it starts."""
    asked = text(mapping(metadata(obj).get("annotations")).get(_REQUESTED_AT))
    asked_at = _moment(asked)
    handled = text(mapping(obj.get("status")).get("lastHandledReconcileAt"))
    if not kind.reconcilable or asked_at is None or asked == handled:
        return None
    allowed = 2 * max(_interval(obj), _timeout(obj, kind)) + _MARGIN_S
    if now - asked_at <= allowed:
        return None
    return Overdue(
        "NotHandled", f"asked to reconcile {format_age(now - asked_at)} ago without effect", asked_at
    )


def _moment(written: str) -> float | None:
    """As flux writes it, or the seconds since the epoch that people like to write."""
    return float(written) if written.isdecimal() and len(written) == _EPOCH_DIGITS else parse_time(written)


def _attempt(
    obj: dict[str, Any], kind: FluxKind, said: Mapping[str, Condition], now: float
) -> Overdue | None:
    """Ready is Unknown for the length of one attempt; Reconciling with Ready=True likewise."""
    ready, reconciling = said.get(READY), said.get(RECONCILING)
    began = ready.since if ready is not None and ready.status == "Unknown" else None
    if began is None and reconciling is not None and reconciling.true and not (ready and ready.false):
        began = reconciling.since
    if began is None:
        return None
    timeout = _timeout(obj, kind)
    if now - began <= timeout * (_ACTIONS if kind.group == HELM_GROUP else 2) + _MARGIN_S:
        return None
    told = f"in progress for {format_age(now - began)}, with a timeout of {format_age(timeout)} per attempt"
    return Overdue("Stuck", told, began)


def _timeout(obj: dict[str, Any], kind: FluxKind) -> float:
    written = text(mapping(obj.get("spec")).get("timeout")) or _annotation(obj, _FOR)
    default = _FETCH_S if kind.group == SOURCE_GROUP else max(_TIMEOUT_S, _interval(obj))
    return duration_seconds(written) or default


def _interval(obj: dict[str, Any]) -> float:
    written = text(mapping(obj.get("spec")).get("interval")) or _annotation(obj, _EVERY)
    return duration_seconds(written) or _INTERVAL_S


def _annotation(obj: dict[str, Any], name: str) -> str:
    return text(mapping(metadata(obj).get("annotations")).get(name))
