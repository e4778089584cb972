"""Pods that do not run: the Pod shows it, its author (Deployment, Job …) has to change."""

from __future__ import annotations

from mirror.flux.fields import text
from mirror.records import Health, Relation
from mirror.store.rows import ObjectRow
from query.root_cause import patterns
from query.root_cause.case import Case, Failure
from query.root_cause.commands import fix_in_git, kubectl, run_again
from query.root_cause.containers import spoken_container
from query.root_cause.rules.common import found, not_ready, refers, step
from query.root_cause.rules.names import names_row
from query.root_cause.rules.owners import author, outlived
from query.root_cause.rules.scheduling import UNSCHEDULABLE
from query.root_cause.verdicts import CauseClass, Found, Proof, Step, Verdict, blame, look

__all__ = [
    "broken_container",
    "left_behind",
    "lost_node",
    "missing_configuration",
    "unbound_volume",
    "unready_container",
]

_MOUNTING = ("FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox", "Failed")
_LOST = frozenset({"Evicted", "NodeLost", "NodeShutdown", "Terminated", "NodeAffinity"})
_PROBES_S = 60.0
"""Seconds a container may fail its probes before it counts as broken rather than starting."""


def left_behind(case: Case) -> Verdict | None:
    """Failed, and its owner has what it wants all the same: evicted, or replaced by a better one."""
    return Verdict(over=True) if case.row.health == Health.FAILED and outlived(case) else None


def missing_configuration(case: Case) -> Verdict | None:
    """A ConfigMap or Secret, or a key in it, that a container or volume needs is not there."""
    if not unfinished(case):
        return None
    for failure in _reports(case):
        told = Case(case.scene, case.row, failure)
        verdict = _missing_object(told) or _missing_key(told)
        if verdict is not None:
            return verdict
    return None


def unbound_volume(case: Case) -> Verdict | None:
    """Cannot be scheduled or started because a claim has no volume."""
    if not unfinished(case):
        return None
    claims = case.targets(Relation.VOLUME)
    troubled = not_ready(claims) + [link for link in claims if not link.row.present and not link.optional]
    if not troubled:
        return None
    named = patterns.UNBOUND_CLAIM.search(case.row.message) is not None
    waiting = case.row.reason in (UNSCHEDULABLE, "ContainerCreating", "Pending", "")
    return look(*(step(link) for link in troubled)) if named or waiting else None


def lost_node(case: Case) -> Verdict | None:
    """The node under the Pod has failed or has thrown it out."""
    if case.row.reason not in _LOST:
        return None
    name = text(case.spec.get("nodeName"))
    node = case.scene.find("Node", "", name, group="") if name else None
    if node is None or not node.present or node.health == Health.READY:
        return None
    return look(Step(node, field="spec.nodeName"))


def broken_container(case: Case) -> Verdict | None:
    """A process that cannot be started or does not stay up."""
    if case.row.health != Health.FAILED:
        return None
    owner = author(case)
    return blame(_workload(case, owner, _advice(case, owner)))


def unready_container(case: Case) -> Verdict | None:
    """Runs, and fails its probes for longer than a start should take."""
    if case.row.health != Health.PROGRESSING:
        return None
    probes = case.events("Unhealthy")
    began = case.row.since
    if not probes or began is None or case.scene.now - began < _PROBES_S or probes[0].last_at < began:
        return None
    owner = author(case)
    proof = Proof(
        case.row, "event", f"{probes[0].type} {probes[0].reason}: {probes[0].message}", probes[0].last_at
    )
    case = Case(case.scene, case.row, Failure("Unhealthy", probes[0].message, began, proof))
    advice = fix_in_git(case.scene, owner, "correct the container or its probe")
    return blame(_workload(case, owner, advice))


def unfinished(case: Case) -> bool:
    return case.row.health in (Health.FAILED, Health.PROGRESSING)


def _reports(case: Case) -> list[Failure]:
    """What the Pod says now, then, while it has not started, the newest events about that."""
    row = case.row
    proof = Proof(row, "condition", f"{row.reason}: {row.message}", row.since)
    told = [Failure(row.reason, row.message, row.since, proof)]
    for event in case.events(*_MOUNTING)[:3] if row.health == Health.PROGRESSING else ():
        proof = Proof(row, "event", f"{event.type} {event.reason}: {event.message}", event.last_at)
        told.append(Failure(event.reason, event.message, event.first_at, proof))
    return told


def _missing_object(case: Case) -> Verdict | None:
    named = patterns.named_resources(case.message)
    links = [
        link
        for link in case.targets(Relation.CONFIG, Relation.IDENTITY, Relation.VOLUME)
        if not link.row.present and any(names_row(item, link.row) for item in named)
    ]
    if not links:
        return None
    owner = author(case)
    advice = fix_in_git(case.scene, owner, f"restore {links[0].row.name}, or correct the reference")
    return look(*(step(link) for link in links), otherwise=_workload(case, owner, advice))


def _missing_key(case: Case) -> Verdict | None:
    match = patterns.KEY_IN_CONFIG.search(case.message)
    if match is None:
        return None
    links = [
        link
        for link in case.targets(Relation.CONFIG)
        if (link.row.kind, link.row.name) == (match["kind"], match["name"])
    ]
    present = [link for link in links if link.row.present]
    if not present:
        return None
    advice = fix_in_git(case.scene, present[0].row, f"add key {match['key']}")
    return blame(
        found(
            case,
            CauseClass.INVALID,
            advice,
            object=present[0].row,
            field=f"data.{match['key']}",
            tail=(step(present[0]),),
            proofs=(*case.proofs, refers(case, present[0], f"which has no key {match['key']}")),
        )
    )


def _workload(case: Case, owner: ObjectRow, advice: str) -> Found:
    row = case.row
    text_ = f"{row.reason}: {row.message}" if row.message else row.reason
    proofs = case.proofs or (Proof(row, "condition", text_, row.since),)
    return found(case, CauseClass.WORKLOAD, advice, object=owner, proofs=proofs)


def _advice(case: Case, owner: ObjectRow) -> str:
    if case.row.reason == "OOMKilled":
        return "make it use less memory, or " + fix_in_git(case.scene, owner, "raise its memory limit")
    advise = run_again if owner.kind == "Job" else fix_in_git
    return advise(case.scene, owner, f"{_look(case)} and correct it")


def _look(case: Case) -> str:
    """The command that says more: what the container has written, if it has run."""
    spoken = spoken_container(case.body)
    which = ["-c", spoken.name] if spoken else []
    if spoken.previous if spoken else case.row.reason == "CrashLoopBackOff":
        which.append("--previous")
    if which:
        return f"see why it exits ({kubectl(case.row, 'logs', *which)})"
    return f"see why it does not start ({kubectl(case.row, 'describe')})"
