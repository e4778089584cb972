"""RBAC: an account that may not do what it is used for."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from mirror.keys import ObjectKey
from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.root_cause import patterns
from query.root_cause.case import Case
from query.root_cause.commands import called, fix_in_git
from query.root_cause.rules.common import found
from query.root_cause.rules.missing import missing_object
from query.root_cause.verdicts import CauseClass, Found, Proof, Step, Verdict, blame

__all__ = ["forbidden"]

RBAC = "rbac.authorization.k8s.io"

_BUILT_IN = frozenset({"admin", "cluster-admin", "edit", "view"})
"""ClusterRoles of Kubernetes itself: another role has to be bound, these are not for changing."""


_BINDINGS = frozenset({"RoleBinding", "ClusterRoleBinding"})


class _Binding(NamedTuple):
    row: ObjectRow
    role: ObjectRow


def forbidden(case: Case) -> Verdict | None:
    """Blames the role that is bound to the account, else the account: absent, or bound to nothing."""
    match = patterns.FORBIDDEN.search(case.message)
    account = patterns.SERVICE_ACCOUNT_USER.search(match["user"]) if match else None
    if match is None or account is None:
        return None
    row = case.scene.absent(ObjectKey("", "ServiceAccount", account["namespace"], account["name"]))
    step = _account_step(case, row)
    if case.scene.is_missing(row):
        wanted = [link for link in case.scene.sources(row, Relation.IDENTITY) if link.row.id == case.row.id]
        return blame(msgspec.structs.replace(missing_object(case, row, wanted), tail=(step,)))
    needed = f"{match['verb']} {match['plural']}{'.' if match['group'] else ''}{match['group']}"
    namespace = match["namespace"] or ""
    bindings = _bindings(case, row, namespace)
    if bindings:
        return blame(_blame_role(case, step, bindings[0], needed))
    case.scene.unseen(RBAC, "RoleBinding" if namespace else "ClusterRoleBinding", namespace)
    return blame(_blame_account(case, step, needed, namespace))


def _blame_role(case: Case, step: Step, binding: _Binding, needed: str) -> Found:
    bound, role = binding
    through = (
        step,
        Step(bound, Relation.IDENTITY.value, "subjects"),
        Step(role, Relation.CONFIG.value, "roleRef"),
    )
    proof = Proof(bound, "reference", f"{called(bound)} binds {called(step.row)} to {called(role)}")
    if case.scene.is_missing(role):
        return msgspec.structs.replace(
            missing_object(case, role, []), tail=through, proofs=(*case.proofs, proof)
        )
    if role.name in _BUILT_IN and not role.namespace:
        advice = fix_in_git(case.scene, bound, f"bind a role that allows `{needed}`")
        return found(
            case, CauseClass.DENIED, advice, object=bound, tail=through, proofs=(*case.proofs, proof)
        )
    advice = fix_in_git(case.scene, role, f"allow `{needed}` in {called(role)}")
    return found(
        case,
        CauseClass.DENIED,
        advice,
        object=role,
        field="rules",
        tail=through,
        proofs=(*case.proofs, proof),
    )


def _blame_account(case: Case, step: Step, needed: str, namespace: str) -> Found:
    row = step.row
    user = f"--serviceaccount={row.namespace}:{row.name}"
    place = f" -n {namespace}" if namespace else ""
    create = "create rolebinding" if namespace else "create clusterrolebinding"
    command = f"kubectl --context {row.cluster}{place} {create} {row.name} --clusterrole=ROLE {user}"
    advice = f"bind a role that allows `{needed}` to it: {command}"
    return found(case, CauseClass.DENIED, advice, object=row, tail=(step,))


def _bindings(case: Case, account: ObjectRow, namespace: str) -> list[_Binding]:
    """The bindings that name the account and count in the namespace, those to a Role first."""
    rows = [link.row for link in case.scene.sources(account, Relation.IDENTITY) if link.row.kind in _BINDINGS]
    roles = [
        _Binding(row, link.row)
        for row in rows
        if row.namespace in ("", namespace)
        for link in case.scene.targets(row, Relation.CONFIG)
        if link.field == "roleRef"
    ]
    return sorted(roles, key=lambda item: (item.role.kind != "Role", item.row.kind != "RoleBinding"))


def _account_step(case: Case, row: ObjectRow) -> Step:
    for link in case.targets(Relation.IDENTITY):
        if link.row.key == row.key:
            return Step(row, link.relation, link.field)
    return Step(row, Relation.IDENTITY.value)
