"""Accounts that appliers act as without saying so: `--default-service-account` of their controllers.

An applier that names no account of its own is then held to what that account of its namespace may do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, Final

from mirror.flux.fields import mapping, sequence, text
from mirror.flux.kinds import HELM_GROUP, KUSTOMIZE_GROUP, OPERATOR_GROUP
from mirror.flux.remote import works_elsewhere
from mirror.keys import GroupKind, ObjectKey
from mirror.records import Relation
from mirror.store.rows import ObjectRow
from query.controllers import controllers
from query.derived.nodes import DerivedEdge, Nodes

__all__ = ["ACCOUNT", "CONTROLLERS", "DEFAULT_ACCOUNT", "impersonated_from", "impersonated_to"]

DEFAULT_ACCOUNT: Final = "--default-service-account"

CONTROLLERS: Final = {
    GroupKind(KUSTOMIZE_GROUP, "Kustomization"): "kustomize-controller",
    GroupKind(HELM_GROUP, "HelmRelease"): "helm-controller",
    GroupKind(OPERATOR_GROUP, "ResourceSet"): "flux-operator",
}
"""Of each kind that knows `spec.serviceAccountName`: whose argument stands in for it."""

_DEPLOYMENT: Final = GroupKind("apps", "Deployment")
ACCOUNT: Final = GroupKind("", "ServiceAccount")


def impersonated_from(
    nodes: Nodes, rows: Sequence[ObjectRow], relations: frozenset[str]
) -> Iterator[DerivedEdge]:
    """From an applier that names no account to the one its controller takes for it."""
    if Relation.IDENTITY not in relations:
        return
    taken: list[tuple[ObjectRow, str]] = []
    for row in rows:
        controller = CONTROLLERS.get(GroupKind(row.group, row.kind)) if row.present else None
        account = nodes.once(_accounts, controller).get(row.cluster) if controller else None
        if account:
            taken.append((row, account))
    documents = nodes.documents(row for row, _ in taken)
    acting = [
        (row, (row.cluster, ObjectKey(*ACCOUNT, row.namespace, account)))
        for row, account in taken
        if _names_none(documents[row.id])
    ]
    accounts = nodes.named(place for _, place in acting)
    for row, place in acting:
        yield DerivedEdge(row, accounts[place], Relation.IDENTITY.value, DEFAULT_ACCOUNT)


def impersonated_to(
    nodes: Nodes, rows: Sequence[ObjectRow], relations: frozenset[str]
) -> Iterator[DerivedEdge]:
    """From every applier of its namespace that an account stands in for, to that account."""
    if Relation.IDENTITY not in relations:
        return
    accounts: dict[str, list[ObjectRow]] = defaultdict(list)
    for row in rows:
        if GroupKind(row.group, row.kind) == ACCOUNT:
            accounts[row.namespace].append(row)
    for namespace, ours in accounts.items():
        wanted = {(row.cluster, row.key) for row in ours}
        for kind in CONTROLLERS:
            found = nodes.of_kind({row.cluster for row in ours}, kind, namespace)
            edges = impersonated_from(nodes, [*chain.from_iterable(found.values())], relations)
            yield from (edge for edge in edges if (edge.dst.cluster, edge.dst.key) in wanted)


def _accounts(nodes: Nodes, controller: str) -> dict[str, str]:
    """By cluster: the account that this controller takes where none is named."""
    running = nodes.once(_running, OPERATOR_GROUP)
    deployments = [row for found in running.values() for row in found if row.name == controller]
    documents = nodes.documents(deployments)
    accounts = {row.cluster: _default_account(documents[row.id]) for row in deployments}
    return {cluster: name for cluster, name in accounts.items() if name}


def _running(nodes: Nodes, operator: str) -> dict[str, list[ObjectRow]]:
    instances = nodes.of_kind(nodes.view.names, GroupKind(operator, "FluxInstance"))
    found = [row for rows in instances.values() for row in rows]
    return controllers(nodes.view, found, partial(nodes.in_namespace, _DEPLOYMENT))


def _default_account(deployment: dict[str, Any]) -> str:
    for argument in _arguments(deployment):
        flag, _, name = argument.partition("=")
        if flag == DEFAULT_ACCOUNT:
            return name
    return ""


def _arguments(deployment: dict[str, Any]) -> Iterable[str]:
    template = mapping(mapping(deployment.get("spec")).get("template"))
    for container in sequence(mapping(template.get("spec")).get("containers")):
        yield from (text(argument) for argument in sequence(mapping(container).get("args")))


def _names_none(applier: dict[str, Any]) -> bool:
    """It acts here and says not as whom. With a kubeconfig the account is one of the other cluster."""
    return not text(mapping(applier.get("spec")).get("serviceAccountName")) and not works_elsewhere(applier)
