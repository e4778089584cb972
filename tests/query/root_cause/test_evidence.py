"""What had changed before it failed, since when, and how far it reaches."""

from __future__ import annotations

from typing import Any

from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask
from tests.query.root_cause.fleet import Document
from tests.query.root_cause.verdicts import only

OLD, NEW = "main@sha1:" + "a" * 40, "main@sha1:" + "b" * 40
CLONE = "unable to clone 'https://git.example.com/fleet.git': "
NO_HOST = CLONE + "dial tcp: lookup git.example.com: no such host"


def history(objects: list[Document], ask: Ask, **named: Any) -> list[str]:
    return [item.text for item in only(ask(objects, **named)).evidence if item.kind == "history"]


def test_the_revision_that_is_tried(ask: Ask) -> None:
    attempt = {"lastReconciledStatus": "BuildFailed", "firstReconciled": fleet.SINCE}
    state = fleet.failed(
        "BuildFailed",
        "kustomize build failed",
        lastAppliedRevision=OLD,
        lastAttemptedRevision=NEW,
        history=[attempt],
    )
    (told,) = history([fleet.git(), fleet.kustomization("apps", state=state)], ask, kind="ks", name="apps")
    assert told == "revision main@sha1:aaaaaaaa was applied last, main@sha1:bbbbbbbb is tried now"


def test_what_the_source_has_fetched_just_before(ask: Ask) -> None:
    source = fleet.git(
        state=fleet.ready(artifact={"revision": NEW, "lastUpdateTime": "2026-11-22T07:59:30Z"})
    )
    message = "kustomization path not found: stat /tmp/x/nowhere: no such file or directory"
    state = fleet.failed("ArtifactFailed", message, lastAppliedRevision=OLD)
    (told,) = history([source, fleet.kustomization("apps", state=state)], ask, kind="ks", name="apps")
    assert told == "fetched main@sha1:bbbbbbbb, main@sha1:aaaaaaaa was applied last"


def test_the_chart_and_the_values_of_a_release(ask: Ask) -> None:
    entries = [
        {"version": 4, "status": "failed", "chartVersion": "2.0.0", "configDigest": "sha256:22"},
        {"version": 3, "status": "superseded", "chartVersion": "1.0.0", "configDigest": "sha256:11"},
    ]
    state = fleet.failed(
        "UpgradeFailed", "values don't meet the specifications of the schema", history=entries
    )
    (told,) = history([fleet.helm_release(state=state)], ask, kind="hr", name="shop")
    assert (
        told == "chart version 1.0.0 → 2.0.0 and other values since revision 3 of the release, which worked"
    )


def test_a_new_image(ask: Ask) -> None:
    web = fleet.deployment()
    web["status"]["conditions"] = [
        fleet.condition("Progressing", "False", "ProgressDeadlineExceeded", "late")
    ]
    sets = []
    for number, (image, created) in enumerate((("web:1", fleet.SINCE), ("web:2", fleet.LATER))):
        item = fleet.replica_set(web)
        item["metadata"].update(name=f"web-{number}", uid=f"rs-{number}", creationTimestamp=created)
        item["spec"]["template"] = {"spec": {"containers": [{"name": "web", "image": image}]}}
        sets.append(item)
    assert "new image of container web: web:1 → web:2" in history(
        [web, *sets], ask, kind="Deployment", name="web"
    )


def test_a_generation_that_has_not_been_applied(ask: Ask) -> None:
    changed = fleet.kustomization("apps", state=fleet.failed("BuildFailed", "kustomize build failed"))
    changed["metadata"]["generation"] = 2
    (told,) = history([fleet.git(), changed], ask, kind="ks", name="apps")
    assert told == "its spec has changed: generation 2, last observed 1"


def test_nothing_is_told_of_what_has_not_changed(ask: Ask) -> None:
    state = fleet.failed(
        "BuildFailed", "kustomize build failed", lastAppliedRevision=OLD, lastAttemptedRevision=OLD
    )
    objects = [fleet.git(), fleet.kustomization("apps", state=state)]
    assert history(objects, ask, kind="ks", name="apps") == []


def test_an_outside_host_is_one_incident_with_its_first_occurrence(ask: Ask) -> None:
    """Asked about one object of one cluster, the answer knows of all of them."""

    def dead(name: str, since: str) -> Document:
        return fleet.git(name, state=fleet.failed("GitOperationFailed", NO_HOST, since=since))

    other = fleet.helm_repository(
        url="https://charts.example.com", state=fleet.failed("Failed", "connection refused")
    )
    clusters = {
        "eu": [dead("a", fleet.LATER), dead("flux-system", fleet.LATER), fleet.kustomization("apps")],
        "us": [dead("z", "2026-11-22T07:00:00Z"), other],
    }
    cause = only(ask(clusters, kind="ks", name="apps"))
    assert (cause.class_, str(cause.object)) == ("External", "GitRepository/flux-system/flux-system")
    assert str(cause.path[0].object) == "Kustomization/flux-system/apps"
    assert cause.since == "2026-11-22T07:00:00Z"
    assert [f"{ref.cluster}/{ref.name}" for ref in cause.affected.examples][:2] == ["eu/a", "us/z"]
