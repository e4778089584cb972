from __future__ import annotations

from pathlib import Path

from query.deployments import deployment_history
from query.resources import get_resources
from tests.query.manifests import config_map, helm_release, kustomization, ready
from tests.query.stores import Content, view_of

UPDATED = "2026-11-18T12:00:00Z"
RELEASES = [
    {
        "chartName": "web",
        "chartVersion": "1.1.0",
        "status": "deployed",
        "version": 2,
        "lastDeployed": "2026-11-18T12:00:00Z",
    },
    {
        "chartName": "web",
        "chartVersion": "1.0.0",
        "status": "superseded",
        "firstDeployed": "2026-11-17T12:00:00Z",
    },
]
APPLIED = {
    "digest": "sha256:" + "d" * 64,
    "firstReconciled": "2026-11-17T08:00:00Z",
    "lastReconciled": "2026-11-18T12:00:00Z",
    "lastReconciledStatus": "ReconciliationSucceeded",
    "totalReconciliations": 12,
    "metadata": {"revision": "main@sha1:" + "1a2b3c4d" * 5},
}


def test_the_releases_of_a_helm_release() -> None:
    assert deployment_history(helm_release(status=ready(history=RELEASES))) == [
        "2026-11-18T12:00:00Z v2 web 1.1.0 deployed",
        "2026-11-17T12:00:00Z web 1.0.0 superseded",
    ]


def test_what_a_kustomization_applied() -> None:
    once = {**APPLIED, "totalReconciliations": 1, "metadata": None}
    assert deployment_history(kustomization("apps", status=ready(history=[APPLIED, once, "odd"]))) == [
        f"{UPDATED} main@sha1:1a2b3c4d ReconciliationSucceeded, 12 times since 2026-11-17T08:00:00Z",
        f"{UPDATED} {APPLIED['digest']} ReconciliationSucceeded",
        "",
    ]


def test_what_has_no_history_has_none() -> None:
    assert deployment_history(config_map("x", {})) is None
    assert deployment_history(None) is None
    assert deployment_history({"status": {"history": "odd"}}) is None


def test_it_is_a_field_of_every_cluster_in_one_call(tmp_path: Path) -> None:
    fleet = {name: Content(objects=[helm_release(status=ready(history=RELEASES))]) for name in ("a", "b")}
    with view_of(tmp_path, fleet) as view:
        found = get_resources(view, kind="HelmRelease", fields=["history"])
    assert [len((item.fields or {})["history"]) for item in found.items] == [2, 2]
