"""The simulated fleet is believable: complete, healthy but for its fault, different as real ones are."""

from __future__ import annotations

import json

import pytest

from mirror.flux.health import judge
from mirror.flux.redaction import Redactor
from mirror.flux.references import references
from mirror.keys import ObjectKey
from mirror.records import Health
from mirror.testing.clock import ManualClock
from mirror.testing.cluster import FakeCluster
from mirror.testing.fleet import simulated_fleet

CLUSTERS = ("staging", "production-eu", "production-us")


@pytest.fixture(scope="module")
def healthy() -> dict[str, FakeCluster]:
    return simulated_fleet(ManualClock(), broken="")


@pytest.mark.parametrize("name", CLUSTERS)
def test_every_reference_leads_to_an_object(healthy: dict[str, FakeCluster], name: str) -> None:
    cluster = healthy[name]
    missing = [
        (obj["kind"], obj["metadata"]["name"], str(reference.target))
        for obj in cluster.objects()
        for reference in references(obj)
        if not cluster.exists(reference.target)
    ]
    assert missing == []


@pytest.mark.parametrize("name", CLUSTERS)
def test_everything_is_well_until_something_breaks(healthy: dict[str, FakeCluster], name: str) -> None:
    bad = {
        (obj["kind"], obj["metadata"]["name"]): verdict.health
        for obj in healthy[name].objects()
        if (verdict := judge(obj)).health is not Health.READY
    }
    assert bad == {}


def test_one_fault_shows_in_what_waits_for_it() -> None:
    fleet = simulated_fleet(ManualClock())
    broken = fleet["production-eu"]
    assert not broken.exists(ObjectKey("", "ConfigMap", "shop", "checkout-limits"))
    failed = {obj["metadata"]["name"] for obj in broken.objects() if judge(obj).health is Health.FAILED}
    assert failed == {"checkout", "apps", "flux-system"}
    for name in ("staging", "production-us"):
        assert all(judge(obj).health is Health.READY for obj in fleet[name].objects())


def test_environments_differ_and_the_two_productions_are_twins(healthy: dict[str, FakeCluster]) -> None:
    key = ObjectKey("helm.toolkit.fluxcd.io", "HelmRelease", "shop", "checkout")
    staging, eu, us = (healthy[name].get(key)["spec"] for name in CLUSTERS)
    assert staging["chart"] != eu["chart"] == us["chart"]
    assert {k: v for k, v in eu["values"].items() if k != "ingress"} == {
        k: v for k, v in us["values"].items() if k != "ingress"
    }


def test_planted_secrets_are_there_and_redaction_removes_them(healthy: dict[str, FakeCluster]) -> None:
    redactor = Redactor(b"k" * 32)
    canaries = ("planted-canary", "cGxhbnRlZC1jYW5hcn")  # and its base64
    raw = clean = 0
    for obj in healthy["staging"].objects():
        raw += any(canary in json.dumps(obj) for canary in canaries)
        clean += any(canary in json.dumps(redactor.redact(obj)) for canary in canaries)
    assert raw >= 3
    assert clean == 0


def test_the_same_fleet_on_every_run() -> None:
    first, second = (simulated_fleet(ManualClock()) for _ in range(2))
    for name in CLUSTERS:
        assert list(first[name].objects()) == list(second[name].objects())
