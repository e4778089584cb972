"""Alerts that reach nobody: neither Alert nor Provider has a status, only references and events."""

from __future__ import annotations

from mirror.flux.kinds import NOTIFICATION_GROUP
from mirror.keys import GroupKind
from mirror.records import Relation
from mirror.store.rows import EventRow
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.commands import fix_in_git
from query.root_cause.rules.common import found, refers, step
from query.root_cause.scene import Link
from query.root_cause.verdicts import CauseClass, Found, Proof, Step, Verdict, look

__all__ = ["undelivered_alert", "unusable_provider"]

_ALERT = GroupKind(NOTIFICATION_GROUP, "Alert")
_PROVIDER = GroupKind(NOTIFICATION_GROUP, "Provider")

_UNDELIVERED = "NotificationDispatchFailed"
_RECENT_S = 24 * 3_600.0
"""Seconds after which a failed delivery says nothing any more: an Alert is silent while all is well."""


def undelivered_alert(case: Case) -> Verdict | None:
    """Goes on with a Provider that does not exist; one that could not deliver is to blame itself."""
    if case.kind != _ALERT:
        return None
    links = [link for link in case.targets(Relation.CONFIG) if link.field == "spec.providerRef"]
    absent = [link for link in links if not link.row.present]
    if absent or not links:
        return look(*(step(link) for link in absent)) if absent else None
    event = next(iter(case.events(_UNDELIVERED)), None)
    if event is None or case.scene.now - event.last_at > _RECENT_S:
        return look(step(links[0]))
    return look(step(links[0]), otherwise=_blame_provider(case, links[0], event))


def unusable_provider(case: Case) -> Verdict | None:
    """The Secret that it takes its address or its token from does not exist."""
    if case.kind != _PROVIDER:
        return None
    links = case.targets(Relation.CONFIG, Relation.IDENTITY)
    absent = [link for link in links if not link.row.present and not link.optional]
    return look(*(step(link) for link in absent)) if absent else None


def _blame_provider(case: Case, link: Link, event: EventRow) -> Found:
    """The Secret if the other side has refused it, else the Provider."""
    provider = link.row
    secret = _credentials(case.other(provider))
    refused = patterns.CREDENTIALS.search(event.message) is not None
    tail: tuple[Step, ...] = (step(link),)
    if refused and secret is not None:
        tail = (*tail, step(secret))
    blamed = tail[-1].row
    class_, field = CauseClass.INVALID, "spec.address"
    if refused:
        class_, field = CauseClass.DENIED, "" if blamed is not provider else "spec.secretRef"
    elif patterns.UNREACHABLE.search(event.message):
        class_ = CauseClass.EXTERNAL
    proof = Proof(case.row, "event", f"{event.type} {event.reason}: {event.message}", event.last_at)
    return found(
        case,
        class_,
        fix_in_git(case.scene, blamed, "correct its credentials or where it sends to"),
        object=blamed,
        field=field,
        reason=event.reason,
        message=event.message,
        since=event.first_at,
        tail=tail,
        proofs=(proof, refers(case, link, "which did not deliver")),
        shared=patterns.host_of(event.message) if class_ is CauseClass.EXTERNAL else "",
    )


def _credentials(provider: Case) -> Link | None:
    links = [link for link in provider.targets(Relation.CONFIG) if link.field == "spec.secretRef"]
    return next((link for link in links if link.row.present), None)
