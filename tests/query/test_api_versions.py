"""Kinds and their versions over the fleet: what differs comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from query.api_versions import api_versions
from query.errors import UnknownKindError
from query.results.kubernetes import ServedVersion
from server.render.api_versions import render_api_versions
from tests.query.stores import RESOURCES, Content, view_of

OLDER = tuple(
    resource._replace(version="v2beta2") if resource.kind == "HelmRelease" else resource
    for resource in RESOURCES
    if resource.kind != "FluxReport"
)
FLEET = {"a": Content(), "b": Content(served=OLDER), "c": Content()}


def test_kinds_that_are_not_the_same_everywhere_come_first(tmp_path: Path) -> None:
    with view_of(tmp_path, FLEET) as view:
        found = api_versions(view)
    report, release = found.kinds[:2]
    assert (report.kind, report.not_served_by, report.skew) == ("FluxReport", ("b",), True)
    assert release.kind == "HelmRelease"
    assert release.versions == (
        ServedVersion("v2", ("v2",), ("a", "c")),
        ServedVersion("v2beta2", ("v2beta2",), ("b",)),
    )
    assert [kind.skew for kind in found.kinds[2:]] == [False] * (len(RESOURCES) - 2)
    groups = [kind.group for kind in found.kinds[2:]]
    assert groups.index("kustomize.toolkit.fluxcd.io") < groups.index("apps"), "Flux before what all have"
    text = render_api_versions(found).text
    assert "HelmRelease.helm.toolkit.fluxcd.io  v2 in a, c; v2beta2 in b" in text
    assert "FluxReport.fluxcd.controlplane.io  v1 in a, c; not served by b" in text


def test_one_kind_or_the_kinds_of_a_group(tmp_path: Path) -> None:
    with view_of(tmp_path, FLEET) as view:
        assert [kind.kind for kind in api_versions(view, kind="hr").kinds] == ["HelmRelease"]
        assert {kind.kind for kind in api_versions(view, group="apps").kinds} == {"Deployment", "ReplicaSet"}
        nothing = api_versions(view, group="nobody")
        assert render_api_versions(nothing).text.startswith("0 kinds") is False
        with pytest.raises(UnknownKindError):
            api_versions(view, kind="Nothing")


def test_a_limit_counts_what_it_leaves_out(tmp_path: Path) -> None:
    with view_of(tmp_path, FLEET) as view:
        found = api_versions(view, limit=3)
    assert (len(found.kinds), found.omitted.count) == (3, len(RESOURCES) - 3)


def test_a_group_that_cannot_be_read_is_unknown_not_absent(tmp_path: Path) -> None:
    fleet = {"a": Content(), "b": Content(served=OLDER, unread=("fluxcd.controlplane.io",))}
    with view_of(tmp_path, fleet) as view:
        found = api_versions(view, kind="FluxReport")
    (report,) = found.kinds
    assert (report.not_served_by, report.unknown_in, report.skew) == ((), ("b",), False)
    assert "unknown in b, where the API group cannot be read" in render_api_versions(found).text


def test_a_cluster_that_has_not_spoken_is_unknown_not_without(tmp_path: Path) -> None:
    with view_of(tmp_path, {"a": Content(), "new": Content(served=())}) as view:
        found = api_versions(view)
    assert found.unknown == ("new",)
    assert not any(kind.not_served_by for kind in found.kinds)
    assert "Not known yet what these serve: new" in render_api_versions(found).text
