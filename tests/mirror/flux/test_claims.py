from __future__ import annotations

import pytest

from mirror.flux.claims import claim_labels, claimed_by
from mirror.flux.fields import object_key
from mirror.flux.inventory import inventory
from mirror.keys import ObjectKey
from tests.mirror.flux.recorded import by_key

RELEASE = ObjectKey("helm.toolkit.fluxcd.io", "HelmRelease", "apps", "web")
KUSTOMIZATION = ObjectKey("kustomize.toolkit.fluxcd.io", "Kustomization", "flux-system", "apps")


def test_the_labels_of_two_owners_name_both() -> None:
    labels = {**claim_labels(RELEASE), **claim_labels(KUSTOMIZATION)}
    assert set(claimed_by({"metadata": {"labels": labels}})) == {RELEASE, KUSTOMIZATION}


def test_a_name_without_a_namespace_claims_nothing() -> None:
    assert claimed_by({"metadata": {"labels": {"helm.toolkit.fluxcd.io/name": "web"}}}) == ()


def test_kinds_that_apply_nothing_have_no_labels() -> None:
    assert claim_labels(ObjectKey("", "ConfigMap", "apps", "web")) == {}


@pytest.mark.parametrize("kind", ["HelmRelease", "Kustomization", "ResourceSet", "FluxInstance"])
def test_claims_agree_with_recorded_inventories(kind: str) -> None:
    known = by_key("31-pvc-pending-unschedulable", "healthy")
    pairs = [
        (object_key(obj), known[entry.key])
        for obj in known.values()
        if obj["kind"] == kind
        for entry in inventory(obj)
        if entry.key in known
    ]
    assert pairs
    assert all(applier in claimed_by(obj) for applier, obj in pairs)
