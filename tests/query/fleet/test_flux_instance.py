"""The installation of Flux: by the operator's word, or derived."""

from __future__ import annotations

from pathlib import Path

from mirror.clock import to_rfc3339
from query.fleet.flux_instance import flux_instances
from query.results.kubernetes import ReconcilerCount
from server.render.flux_instance import render_flux_instances
from tests.query.manifests import deployment, failed, helm_release, kustomization, manifest, ready
from tests.query.stores import NOW, Content, view_of

INSTANCE = manifest(
    "fluxcd.controlplane.io/v1",
    "FluxInstance",
    "flux",
    "flux-system",
    spec={
        "distribution": {"version": "2.9.x", "registry": "ghcr.io/fluxcd"},
        "components": ["source-controller", "helm-controller"],
        "sync": {"kind": "GitRepository", "url": "ssh://git@git.example.com/fleet", "path": "clusters/a"},
    },
    status=failed(
        "ReconciliationFailed", "cannot pull the distribution", lastAppliedRevision="v2.9.4@sha256:1"
    ),
)
REPORT = manifest(
    "fluxcd.controlplane.io/v1",
    "FluxReport",
    "flux",
    "flux-system",
    spec={
        "distribution": {"version": "v2.9.4"},
        "operator": {"version": "v0.58.0"},
        "cluster": {"serverVersion": "v1.35.4"},
        "sync": {"id": "kustomization/flux-system", "ready": True, "status": "Applied revision: main"},
        "reconcilers": [
            {"kind": "HelmRelease", "stats": {"running": 40, "failing": 2, "suspended": 1}},
            {"kind": "Bucket", "stats": {"running": 0, "failing": 0, "suspended": 0}},
        ],
    },
    status=ready(),
)
CONTROLLERS = [
    deployment("source-controller", image="ghcr.io/fluxcd/source-controller:v1.9.4", namespace="flux-system"),
    deployment(
        "helm-controller", image="reg.local/helm@sha256:" + "a" * 64, namespace="flux-system", ok=False
    ),
]


def test_each_cluster_by_the_best_word_there_is(tmp_path: Path) -> None:
    fleet = {
        "a": Content(objects=[INSTANCE, REPORT, *CONTROLLERS]),
        "b": Content(
            objects=[
                *CONTROLLERS,
                kustomization("flux-system", suspend=True),
                helm_release(status=failed("X", "broken")),
                helm_release("fine"),
            ]
        ),
        "c": Content(),
    }
    with view_of(tmp_path, fleet) as view:
        found = flux_instances(view)
    a, b, c = found.clusters
    assert (a.source, a.installation.version, a.operator) == ("FluxInstance", "v2.9.4", "v0.58.0")
    assert (a.health, a.reason, a.kubernetes) == ("Failed", "ReconciliationFailed", "v1.35.0")
    assert a.sync is not None
    assert (a.sync["url"], a.sync["ready"]) == ("ssh://git@git.example.com/fleet", True)
    assert a.reconcilers == (ReconcilerCount("HelmRelease", 40, 2, 1),)
    assert (b.source, b.installation.version) == ("controllers", "v2.9.x")
    assert b.sync is not None
    assert b.sync["path"] == "./apps"
    assert b.reconcilers == (
        ReconcilerCount("HelmRelease", 2, 1, 0),
        ReconcilerCount("Kustomization", 0, 0, 1),
    )
    assert (c.source, c.reconcilers) == ("none", ())
    text = render_flux_instances(found, now=NOW).text
    assert text.startswith("Flux in 2 of 3 clusters: v2.9.4, v2.9.x")
    assert "a: Flux v2.9.4, managed by a FluxInstance" in text
    assert "cannot pull the distribution" in text
    assert "helm-controller sha256:aaaaaaaaaaaa NOT READY" in text
    assert "reconcilers: HelmRelease 40, 2 failing, 1 suspended" in text
    assert "c: no Flux to be seen" in text
    assert to_rfc3339(NOW) > a.since > ""
