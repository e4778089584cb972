"""The last questions: objects that complain of nothing, and yet do not do what they should in time."""

from __future__ import annotations

from mirror.clock import format_age, parse_time
from mirror.flux.fields import mapping, text
from mirror.flux.kinds import HELM_GROUP, KUSTOMIZE_GROUP, SOURCE_GROUP, flux_kind
from mirror.flux.revisions import same_content, short_revision
from mirror.flux.verdict import TERMINATING
from mirror.keys import GroupKind
from mirror.records import Health, Relation
from query.root_cause.case import Case
from query.root_cause.commands import called, kubectl, reconcile
from query.root_cause.overdue import catch_up_s, overdue
from query.root_cause.rules.common import found, step
from query.root_cause.rules.controllers import shard_without_controller
from query.root_cause.rules.deployments import home, responsible
from query.root_cause.verdicts import CauseClass, Proof, Verdict, blame

__all__ = ["behind_its_source", "stuck"]

_ANSWERING = frozenset({SOURCE_GROUP, KUSTOMIZE_GROUP, HELM_GROUP})
"""Groups all of whose reconcilable kinds write down which request they have handled last."""

_KUSTOMIZATION = GroupKind(KUSTOMIZE_GROUP, "Kustomization")


def stuck(case: Case) -> Verdict | None:
    """An attempt, a request or a deletion takes longer than the object itself allows: nobody works on it."""
    row = case.row
    if not row.present or row.health == Health.SUSPENDED:
        return None
    if flux_kind(case.kind) is None and row.reason != TERMINATING:
        return None
    late = overdue(case.body, case.conditions, case.scene.now)
    if late is None or (late.reason == "NotHandled" and not _answers(case)):
        return None
    shard = shard_without_controller(case)
    if shard is not None:
        return shard
    leaving = late.reason == TERMINATING
    proof = Proof(row, "condition", f"{late.reason}: {late.text}", late.since)
    return blame(
        found(
            case,
            CauseClass.FAILED if leaving else CauseClass.STALE,
            f"see what holds it: {kubectl(row, 'describe')}" if leaving else _look_at_the_controller(case),
            reason=late.reason,
            message=f"{called(row)}: {late.text}",
            since=late.since,
            proofs=(proof,),
        )
    )


def behind_its_source(case: Case) -> Verdict | None:
    """Ready, while its source has had another revision for longer than its interval."""
    row = case.row
    if case.kind != _KUSTOMIZATION or not row.revision:
        return None
    if row.observed_generation not in (None, row.generation):
        # It was just pointed to this source; that nobody looks at it is the question of `stuck`.
        return None
    links = [link for link in case.targets(Relation.SOURCE) if link.row.health == Health.READY]
    source = links[0].row if links else None
    if source is None or not source.revision or same_content(source.revision, case.row.revision):
        return None
    artifact = mapping(mapping(case.scene.document(source).get("status")).get("artifact"))
    since = parse_time(text(artifact.get("lastUpdateTime")))
    if since is None or case.scene.now - since <= catch_up_s(case.body):
        return None
    ages = format_age(case.scene.now - since)
    message = (
        f"runs {short_revision(case.row.revision)}, while {called(source)} has had "
        f"{short_revision(source.revision)} for {ages}"
    )
    proof = Proof(source, "history", f"artifact {source.revision} since {ages} ago", since)
    return blame(
        found(
            case,
            CauseClass.STALE,
            _look_at_the_controller(case),
            reason="RevisionBehind",
            message=message,
            since=since,
            tail=(step(links[0]),),
            proofs=(proof,),
        )
    )


def _answers(case: Case) -> bool:
    known = flux_kind(case.kind)
    handled = text(case.status.get("lastHandledReconcileAt"))
    return known is not None and (known.group in _ANSWERING or bool(handled))


def _look_at_the_controller(case: Case) -> str:
    """Its log says why; where no controller can be seen, the request alone remains."""
    again = reconcile(case.row)
    running = responsible(case.scene, case.row)
    if not running:
        case.scene.unseen("apps", "Deployment", home(case.scene))
        return f"see whether its controller runs and is allowed to read it, then: {again}"
    return f"see why it does nothing: {kubectl(running[0], 'logs', '--since=1h')}, then: {again}"
