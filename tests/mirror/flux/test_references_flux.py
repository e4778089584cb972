from __future__ import annotations

import pytest

from mirror.flux.references import references
from mirror.keys import ObjectKey
from mirror.records import Reference, Relation
from tests.mirror.flux.objects import Document, flux_object

SOURCE = "source.toolkit.fluxcd.io"
KUSTOMIZE = "kustomize.toolkit.fluxcd.io"
HELM = "helm.toolkit.fluxcd.io"
OPERATOR = "fluxcd.controlplane.io"


def edges(obj: Document) -> set[tuple[str, str, str]]:
    """(relation, field, target) of every reference; the target as Kind/ns/name."""
    return {(found.relation.value, found.field, str(found.target)) for found in references(obj)}


def test_groups_come_from_the_api_version_or_the_kind() -> None:
    spec = {
        "sourceRef": {"kind": "GitRepository", "name": "x"},
        "healthChecks": [{"kind": "Deployment", "name": "d"}],
    }
    targets = {
        found.target.kind: found.target.group for found in references(flux_object("Kustomization", spec=spec))
    }
    assert targets == {"GitRepository": SOURCE, "Deployment": "apps"}


@pytest.mark.parametrize("kind", ["Kustomization", "HelmRelease"])
@pytest.mark.parametrize("optional", [True, False])
def test_optional_values_are_optional(kind: str, optional: bool) -> None:
    item = {"kind": "Secret", "name": "x", "optional": optional}
    spec = {"valuesFrom": [item]} if kind == "HelmRelease" else {"postBuild": {"substituteFrom": [item]}}
    (found,) = references(flux_object(kind, spec=spec))
    assert (found.relation, found.target.kind, found.optional) == (Relation.CONFIG, "Secret", optional)


def test_a_release_generates_a_chart_beside_its_source() -> None:
    source = {"kind": "HelmRepository", "name": "charts", "namespace": "sources"}
    chart = {"spec": {"chart": "web", "sourceRef": source, "verify": {"secretRef": {"name": "cosign"}}}}
    assert edges(flux_object("HelmRelease", spec={"chart": chart})) == {
        ("source", "spec.chart.spec.sourceRef", "HelmRepository/sources/charts"),
        ("generates", "spec.chart", "HelmChart/sources/apps-web"),
        ("config", "spec.chart.spec.verify.secretRef", "Secret/sources/cosign"),
    }


def test_a_release_keeps_its_newest_revision_in_a_secret() -> None:
    status = {
        "storageNamespace": "apps",
        "history": [{"name": "my-web", "version": 4}, {"name": "my-web", "version": 3}],
    }
    assert references(flux_object("HelmRelease", status=status)) == (
        Reference(
            Relation.GENERATES,
            "status.history[0]",
            ObjectKey("", "Secret", "apps", "sh.helm.release.v1.my-web.v4"),
            optional=True,
        ),
    )


def test_a_target_namespace_that_helm_creates_may_be_missing() -> None:
    spec = {"targetNamespace": "new", "install": {"createNamespace": True}}
    (found,) = references(flux_object("HelmRelease", spec=spec))
    assert found.optional


ENTRIES = {
    "inventory": {
        "entries": [
            {"id": "apps_web_kustomize.toolkit.fluxcd.io_Kustomization", "v": "v1"},
            {"id": "apps_api_apps_Deployment", "v": "v1"},
            {"id": "apps_api_apps_Deployment", "v": "v1"},
            {"id": "broken", "v": "v1"},
        ]
    }
}


def test_an_inventory_is_managed_without_the_applier_itself() -> None:
    assert edges(flux_object("Kustomization", status=ENTRIES)) == {
        ("manages", "status.inventory.entries", "Deployment/apps/api")
    }


@pytest.mark.parametrize("kind", ["Kustomization", "ResourceSet", "FluxInstance"])
def test_who_waits_depends_on_the_health_of_what_it_manages(kind: str) -> None:
    found = edges(flux_object(kind, spec={"wait": True}, status=ENTRIES))
    assert ("health", "spec.wait", "Deployment/apps/api") in found
    assert ("manages", "status.inventory.entries", "Deployment/apps/api") in found


def test_health_checks_count_only_without_wait() -> None:
    checks = [
        {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "name": "x", "namespace": "other"}
    ]
    checked = flux_object("Kustomization", spec={"healthChecks": checks})
    assert edges(checked) == {("health", "spec.healthChecks[0]", "HelmRelease/other/x")}
    assert edges(flux_object("Kustomization", spec={"healthChecks": checks, "wait": True})) == set()


def test_what_lives_in_another_cluster_is_not_looked_up_here() -> None:
    spec = {
        "kubeConfig": {"secretRef": {"name": "remote"}},
        "wait": True,
        "healthChecks": [{"kind": "Deployment", "name": "x", "namespace": "y"}],
    }
    assert edges(flux_object("Kustomization", spec=spec, status=ENTRIES)) == {
        ("identity", "spec.kubeConfig.secretRef", "Secret/apps/remote")
    }


def test_a_resource_set_depends_on_what_it_hashes() -> None:
    status = {"externalChecksumRefs": ["ConfigMap/apps/settings", "junk"]}
    assert edges(flux_object("ResourceSet", status=status)) == {
        ("config", "status.externalChecksumRefs[0]", "ConfigMap/apps/settings")
    }


def test_a_name_in_every_namespace_names_no_object() -> None:
    """A placeholder in a namespace `*` would be missing for ever."""
    spec = {"selectors": [{"name": "x", "namespace": "*"}, {"name": "y"}]}
    (found,) = references(flux_object("ResourceSetInputProvider", spec=spec))
    assert found.target.name == "y"


def test_references_of_the_wrong_shape_are_passed_over() -> None:
    spec = {
        "sourceRef": "git",
        "dependsOn": [None, 7, {"name": ""}, {"name": ["x"]}],
        "serviceAccountName": 5,
    }
    assert references(flux_object("Kustomization", spec=spec)) == ()
