from __future__ import annotations

import pytest

from mirror.flux.kinds import (
    FLUX_GROUPS,
    FLUX_KINDS,
    Category,
    Suspend,
    default_group,
    find_flux_kind,
    flux_kind,
    metadata_only,
    mirrored,
)
from mirror.keys import GroupKind, Resource


def resource(group: str, kind: str, *verbs: str) -> Resource:
    return Resource(group, "v1", kind, f"{kind.lower()}s", True, verbs=frozenset(verbs or ("list", "watch")))


def test_all_nineteen_kinds_are_there() -> None:
    assert len(FLUX_KINDS) == 19
    assert {kind.group for kind in FLUX_KINDS.values()} == FLUX_GROUPS


@pytest.mark.parametrize("name", ["hr", "HelmRelease", "helmreleases", "HELMRELEASE"])
def test_a_kind_is_found_by_any_of_its_names(name: str) -> None:
    found = find_flux_kind(name)
    assert found is not None
    assert found.kind == "HelmRelease"


def test_an_unknown_name_is_not_found() -> None:
    assert find_flux_kind("deployment") is None
    assert flux_kind(GroupKind("apps", "Deployment")) is None


@pytest.mark.parametrize(
    ("kind", "suspend", "annotation"),
    [
        ("Kustomization", Suspend.FIELD, ""),
        ("Alert", Suspend.FIELD, ""),
        ("ResourceSet", Suspend.ANNOTATION, "fluxcd.controlplane.io/reconcile"),
        ("ArtifactGenerator", Suspend.ANNOTATION, "source.extensions.fluxcd.io/reconcile"),
        ("ExternalArtifact", Suspend.NEVER, ""),
    ],
)
def test_how_a_kind_is_suspended(kind: str, suspend: Suspend, annotation: str) -> None:
    row = find_flux_kind(kind)
    assert row is not None
    assert (row.suspend, row.suspend_annotation) == (suspend, annotation)


def test_which_kinds_lack_a_status_or_its_generation() -> None:
    without_status = {kind.kind for kind in FLUX_KINDS.values() if not kind.status}
    without_generation = {kind.kind for kind in FLUX_KINDS.values() if not kind.observed_generation}
    assert without_status == {"Alert", "Provider"}
    assert without_generation - without_status == {
        "ArtifactGenerator",
        "ExternalArtifact",
        "FluxInstance",
        "FluxReport",
        "ResourceSet",
        "ResourceSetInputProvider",
    }


def test_appliers_are_the_kinds_with_an_inventory() -> None:
    appliers = {kind.kind for kind in FLUX_KINDS.values() if kind.category is Category.APPLIER}
    assert appliers == {"FluxInstance", "HelmRelease", "Kustomization", "ResourceSet"}


@pytest.mark.parametrize(
    ("group", "kind", "expected"),
    [
        ("helm.toolkit.fluxcd.io", "HelmRelease", True),
        ("source.toolkit.fluxcd.io", "KindOfALaterRelease", True),
        ("", "Secret", True),
        ("", "Event", True),
        ("events.k8s.io", "Event", False),
        ("apps", "Deployment", True),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding", True),
        ("coordination.k8s.io", "Lease", False),
        ("", "Endpoints", False),
    ],
)
def test_what_is_mirrored_without_being_asked_for(group: str, kind: str, expected: bool) -> None:
    assert mirrored(resource(group, kind)) is expected


def test_what_cannot_be_watched_is_not_mirrored() -> None:
    assert not mirrored(resource("apps", "Deployment", "get", "list"))


def test_only_metadata_of_secrets_may_be_fetched() -> None:
    assert metadata_only(GroupKind("", "Secret"))
    assert not metadata_only(GroupKind("", "ConfigMap"))


def test_the_group_of_a_kind_that_is_named_without_one() -> None:
    assert default_group("HelmRepository") == "source.toolkit.fluxcd.io"
    assert default_group("ConfigMap") == ""
