"""The references of real objects lead to real objects."""

from __future__ import annotations

import pytest

from mirror.flux.fields import object_key
from mirror.flux.redaction import Redactor
from mirror.flux.references import references
from mirror.keys import GroupKind, ObjectKey
from mirror.records import Relation
from tests.mirror.flux.recorded import SCENARIOS, by_key, objects, watched

NOT_RECORDED = {
    GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"),
    GroupKind("rbac.authorization.k8s.io", "ClusterRole"),
    GroupKind("rbac.authorization.k8s.io", "ClusterRoleBinding"),
}
BROKEN_BY = {
    "01-git-secret-missing": ObjectKey("", "Secret", "team-a", "git-credentials"),
    "06-substitutefrom-configmap-missing": ObjectKey("", "ConfigMap", "flux-system", "cluster-vars-v2"),
    "20-valuesfrom-secret-missing": ObjectKey("", "Secret", "apps", "podinfo-secret-values"),
    "31-pvc-pending-unschedulable": ObjectKey("storage.k8s.io", "StorageClass", "", "fast-ssd"),
}


def dangling(scenario: str, state: str) -> set[ObjectKey]:
    """Targets that nothing in the cluster answers to."""
    known = by_key(scenario, state)
    targets = {edge.target for obj in known.values() for edge in references(obj)}
    return {
        target
        for target in targets - known.keys()
        if GroupKind(target.group, target.kind) not in NOT_RECORDED
        # Kubernetes binds accounts of controllers that do not run here.
        and target.namespace != "kube-system"
    }


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_in_a_healthy_cluster_every_reference_is_answered(scenario: str) -> None:
    assert dangling(scenario, "healthy") == set()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_in_a_broken_cluster_only_what_is_missing_is_not(scenario: str) -> None:
    expected = {BROKEN_BY[scenario]} if scenario in BROKEN_BY else set()
    assert dangling(scenario, "faulty") == expected


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_edge_is_doubled_and_redaction_changes_none(scenario: str) -> None:
    redactor = Redactor(b"k" * 32)
    for obj in (*objects(scenario, "faulty"), *watched(scenario)):
        found = references(obj)
        assert len({(edge.relation, edge.field, edge.target) for edge in found}) == len(found)
        assert references(redactor.redact(obj)) == found


def test_every_applied_object_is_managed_by_exactly_one_applier() -> None:
    known = by_key("36-two-independent-faults", "healthy")
    managers: dict[ObjectKey, list[ObjectKey]] = {}
    for obj in known.values():
        for edge in references(obj):
            if edge.relation is Relation.MANAGES:
                managers.setdefault(edge.target, []).append(object_key(obj))
    assert len(managers) > 50
    # The bootstrap objects belong to the FluxInstance; its Kustomization lists none of them.
    assert {str(key): found for key, found in managers.items() if len(found) > 1} == {}
