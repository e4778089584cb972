"""Pods that fit on no node."""

from __future__ import annotations

from mirror.records import Health
from mirror.store.rows import ObjectRow
from query.root_cause.case import Case
from query.root_cause.commands import called, fix_in_git, kubectl
from query.root_cause.rules.common import found
from query.root_cause.rules.owners import author
from query.root_cause.verdicts import CauseClass, Proof, Step, Verdict, blame, look

__all__ = ["UNSCHEDULABLE", "unschedulable_pod"]

UNSCHEDULABLE = "Unschedulable"

_SCHEDULING_S = 15.0
"""Seconds a Pod may look for a node before it counts as failed, as in kstatus."""

_CORDONED = "SchedulingDisabled"


def unschedulable_pod(case: Case) -> Verdict | None:
    """Blames the nodes when none of them takes Pods, else the author: no node has what the Pod asks for."""
    row = case.row
    if row.health != Health.FAILED or row.reason != UNSCHEDULABLE:
        return None
    if row.since and case.scene.now - row.since < _SCHEDULING_S:
        return Verdict()
    nodes = case.scene.of_kind("Node", group="")
    if not nodes:
        case.scene.unseen("", "Node")
    if nodes and not any(_takes_pods(node) for node in nodes):
        return _no_node(case, nodes)
    owner = author(case)
    advice = "add nodes, or " + fix_in_git(case.scene, owner, "ask for less or for other nodes")
    proof = Proof(row, "condition", f"{row.reason}: {row.message}", row.since)
    return blame(found(case, CauseClass.WORKLOAD, advice, object=owner, proofs=(proof,)))


def _takes_pods(node: ObjectRow) -> bool:
    return node.health == Health.READY and node.reason != _CORDONED


def _no_node(case: Case, nodes: list[ObjectRow]) -> Verdict:
    failed = [node for node in nodes if node.health == Health.FAILED]
    if failed:
        return look(*(Step(node, field="nodes") for node in failed))
    node = nodes[0]
    others = f" and {len(nodes) - 1} more" if len(nodes) > 1 else ""
    return blame(
        found(
            case,
            CauseClass.SUSPENDED,
            kubectl(node, "patch", "--type=merge", "-p", '{"spec":{"unschedulable":false}}'),
            object=node,
            field="spec.unschedulable",
            reason=_CORDONED,
            message=f"{called(node)}{others}: cordoned, so that no node takes new Pods; {case.row.message}",
            tail=(Step(node, field="nodes"),),
            proofs=(Proof(case.row, "condition", f"{case.row.reason}: {case.row.message}", case.row.since),),
        )
    )
