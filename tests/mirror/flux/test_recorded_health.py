"""The verdicts on real objects, while a real fault appears."""

from __future__ import annotations

import pytest

from mirror.flux.fields import metadata, object_key
from mirror.flux.health import judge
from mirror.flux.kinds import flux_kind
from mirror.keys import GroupKind, ObjectKey, parse_api_version
from mirror.records import Health
from tests.mirror.flux.recorded import SCENARIOS, Document, by_key, label, objects, watched


def key_of(entry: Document) -> ObjectKey:
    group, _ = parse_api_version(entry["apiVersion"])
    return ObjectKey(group, entry["kind"], entry["namespace"] or "", entry["name"])


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nothing_is_red_before_the_fault(scenario: str) -> None:
    verdicts = {object_key(obj): judge(obj) for obj in objects(scenario, "healthy") if obj["kind"] != "Event"}
    # One HelmRelease of the fleet is suspended on purpose.
    suspended = ObjectKey("helm.toolkit.fluxcd.io", "HelmRelease", "apps", "legacy")
    assert verdicts.pop(suspended).health is Health.SUSPENDED
    assert {key: verdict for key, verdict in verdicts.items() if verdict.health is not Health.READY} == {}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_is_red_is_judged_so_with_its_own_reason(scenario: str) -> None:
    faulty = by_key(scenario, "faulty")
    for entry in label(scenario)["red_in_faulty"]:
        verdict = judge(faulty[key_of(entry)])
        waiting = entry["reason"] in ("DependencyNotReady", "SourceNotReady")
        assert verdict.health is (Health.PROGRESSING if waiting else Health.FAILED)
        assert verdict.reason == entry["reason"]
        assert verdict.message.startswith(entry["message"].strip())
        assert verdict.since is not None


@pytest.mark.parametrize(
    ("scenario", "kind", "health", "reason"),
    [
        ("14-healthcheck-imagepullbackoff", "Pod", Health.FAILED, "ImagePullBackOff"),
        ("14-healthcheck-imagepullbackoff", "Deployment", Health.PROGRESSING, "LessUpdated"),
        ("16-quota-exceeded", "Deployment", Health.FAILED, "FailedCreate"),
        ("16-quota-exceeded", "ReplicaSet", Health.FAILED, "FailedCreate"),
        ("31-pvc-pending-unschedulable", "Pod", Health.FAILED, "Unschedulable"),
        ("31-pvc-pending-unschedulable", "PersistentVolumeClaim", Health.PROGRESSING, "Pending"),
        ("38-job-failed", "Job", Health.FAILED, "BackoffLimitExceeded"),
        ("38-job-failed", "Pod", Health.FAILED, "Error"),
        ("26-suspended-source-stale", "GitRepository", Health.SUSPENDED, "Suspended"),
    ],
)
def test_the_object_behind_the_fault_shows_it(scenario: str, kind: str, health: Health, reason: str) -> None:
    verdicts = [judge(obj) for obj in objects(scenario, "faulty") if obj["kind"] == kind]
    assert [v.reason for v in verdicts if v.health is not Health.READY and v.health is health] == [reason]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_object_of_the_watch_can_be_judged(scenario: str) -> None:
    for obj in watched(scenario):
        verdict = judge(obj)
        if flux_kind(GroupKind(object_key(obj).group, obj["kind"])) and "name" in metadata(obj):
            assert verdict.health is not Health.UNKNOWN


def test_a_release_that_fails_stays_failed_while_it_is_tried_again() -> None:
    release = ObjectKey("helm.toolkit.fluxcd.io", "HelmRelease", "apps", "podinfo")
    seen = [judge(obj) for obj in watched("23-helm-upgrade-timeout-rollback") if object_key(obj) == release]
    first = next(index for index, verdict in enumerate(seen) if verdict.health is Health.FAILED)
    assert {verdict.health for verdict in seen[first:]} == {Health.FAILED}
    assert {verdict.reason for verdict in seen[first:]} == {"UpgradeFailed", "RollbackSucceeded"}
