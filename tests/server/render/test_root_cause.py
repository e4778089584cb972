"""The root cause as an on-call person reads it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from query.results.answer import (
    Affected,
    Cause,
    Evidence,
    Found,
    Freshness,
    ObjectRef,
    PathStep,
    RootCause,
    TransientObject,
)
from server.render.root_cause import render_root_cause

MakeRef = Callable[..., ObjectRef]

SINCE = "2023-11-14T22:01:20Z"


@pytest.fixture
def missing_secret(ref: MakeRef) -> Cause:
    secret = ref("git-auth", "Secret", namespace="flux-system")
    source = ref("flux", "GitRepository", namespace="flux-system")
    infra = ref("infra", "Kustomization", namespace="flux-system")
    return Cause(
        rank=1,
        object=secret,
        class_="Missing",
        reason="NotFound",
        message="failed to get secret 'flux-system/git-auth'",
        since=SINCE,
        next_step="create Secret flux-system/git-auth",
        path=(
            PathStep(ref("podinfo"), "Progressing", "DependencyNotReady"),
            PathStep(infra, "Failed", "ArtifactFailed", "depends", "spec.dependsOn[0]"),
            PathStep(source, "Failed", "AuthenticationFailed", "source", "spec.sourceRef"),
            PathStep(secret, "Missing", "", "config", "spec.secretRef"),
        ),
        evidence=(
            Evidence(source, "condition", "Ready=False AuthenticationFailed", SINCE),
            Evidence(secret, "reference", "named by spec.secretRef", ""),
        ),
        affected=Affected(7, (ref("podinfo"), ref("redis", cluster="production-eu"))),
    )


def test_the_verdict_then_the_way_to_it(
    missing_secret: Cause, ref: MakeRef, now: float, synced: tuple[Freshness, ...]
) -> None:
    answer = RootCause(
        healthy=False,
        causes=(missing_secret,),
        transient=(TransientObject(ref("nginx"), "Progressing", "Running upgrade", SINCE),),
        not_visible=("pods: forbidden in staging",),
        freshness=synced,
    )
    assert render_root_cause(answer, now=now).text == (
        """\
Root cause: Secret/flux-system/git-auth in staging is missing; 7 objects affected

1. [Missing] Secret/flux-system/git-auth in staging, for 12m
   NotFound: failed to get secret 'flux-system/git-auth'
   next: create Secret flux-system/git-auth
   path:
     HelmRelease/apps/podinfo (Progressing: DependencyNotReady)
     └ depends on (spec.dependsOn[0]) Kustomization/flux-system/infra (Failed: ArtifactFailed)
       └ takes its source from (spec.sourceRef) GitRepository/flux-system/flux (Failed: AuthenticationFailed)
         └ reads (spec.secretRef) Secret/flux-system/git-auth (Missing)
   evidence:
   - condition on GitRepository/flux-system/flux (12m ago): Ready=False AuthenticationFailed
   - reference: named by spec.secretRef
   affects 7: HelmRelease/apps/podinfo, HelmRelease/apps/redis in production-eu and 5 more

Not ready yet, but on the way or only waiting:
- HelmRelease/apps/nginx in staging, for 12m: Progressing: Running upgrade

Could not be looked at: pods: forbidden in staging
Data: all 2 clusters in sync, confirmed 3s ago"""
    )


def test_several_causes_are_counted_in_the_verdict(missing_secret: Cause, now: float) -> None:
    answer = RootCause(healthy=False, causes=(missing_secret, missing_secret), found=Found(causes=5))
    text = render_root_cause(answer, now=now).text
    assert text.startswith("Root cause (1 of 5 causes): ")
    assert "… 3 causes not shown" in text


def test_ownership_reads_from_the_workload_down(ref: MakeRef, missing_secret: Cause, now: float) -> None:
    steps = (
        PathStep(ref("app", "Deployment"), "Progressing", ""),
        PathStep(ref("app-1", "ReplicaSet"), "Progressing", "", "owner", "metadata.ownerReferences[0]"),
        PathStep(ref("app-1-x", "Pod"), "Failed", "ImagePullBackOff", "owner", "metadata.ownerReferences[0]"),
    )
    cause = msgspec.structs.replace(missing_secret, path=steps)
    text = render_root_cause(RootCause(healthy=False, causes=(cause,)), now=now).text
    assert "└ owns ReplicaSet/apps/app-1 (Progressing)" in text
    assert "└ owns Pod/apps/app-1-x (Failed: ImagePullBackOff)" in text


def test_ownership_reads_from_the_pod_up(ref: MakeRef, missing_secret: Cause, now: float) -> None:
    steps = (
        PathStep(ref("app-1-x", "Pod"), "Failed", "ImagePullBackOff"),
        PathStep(ref("app-1", "ReplicaSet"), "Progressing", "", "owner", "metadata.ownerReferences[0]"),
        PathStep(ref("app", "Deployment"), "Progressing", "", "owner", "metadata.ownerReferences[0]"),
    )
    cause = msgspec.structs.replace(missing_secret, path=steps)
    text = render_root_cause(RootCause(healthy=False, causes=(cause,)), now=now).text
    assert "└ is owned by (metadata.ownerReferences[0]) ReplicaSet/apps/app-1" in text
    assert "└ is owned by (metadata.ownerReferences[0]) Deployment/apps/app" in text


def test_a_long_message_is_not_said_twice(missing_secret: Cause, now: float) -> None:
    message = "dry-run failed: " + "x" * 60
    evidence = Evidence(missing_secret.object, "condition", f"Ready=False BuildFailed: {message}", "")
    cause = msgspec.structs.replace(missing_secret, message=message, evidence=(evidence,))
    text = render_root_cause(RootCause(healthy=False, causes=(cause,)), now=now).text
    assert text.count(message) == 1
    assert "- condition: Ready=False BuildFailed: (as above)" in text


def test_a_healthy_answer(now: float, synced: tuple[Freshness, ...]) -> None:
    text = render_root_cause(RootCause(healthy=True, causes=(), freshness=synced), now=now).text
    assert text.splitlines()[0] == "Nothing is broken, as far as can be seen"


def test_a_healthy_answer_names_what_was_asked_about(now: float, synced: tuple[Freshness, ...]) -> None:
    asked = RootCause(healthy=True, causes=(), asked="HelmRelease/apps/web in a, b", freshness=synced)
    verdict = render_root_cause(asked, now=now).text.splitlines()[0]
    assert verdict == "Nothing is broken: HelmRelease/apps/web in a, b, as far as can be seen"


def test_a_healthy_answer_admits_its_blind_spots(now: float) -> None:
    stale = (Freshness("a", "stale", 9.0),)
    text = render_root_cause(RootCause(healthy=True, causes=(), freshness=stale), now=now).text
    assert text.splitlines()[0].endswith("; not everything could be seen")


def test_without_any_answer_nothing_is_claimed(now: float) -> None:
    dead = (Freshness("a", "unreachable", None),)
    text = render_root_cause(RootCause(healthy=True, causes=(), freshness=dead), now=now).text
    assert text.startswith("Cannot tell")


def test_without_clusters_nothing_can_be_told(now: float) -> None:
    text = render_root_cause(RootCause(healthy=False, causes=()), now=now).text
    assert text.startswith("Cannot tell: no cluster is mirrored")


def test_a_huge_first_cause_stays_in_the_budget(missing_secret: Cause, now: float) -> None:
    step = missing_secret.path[1]
    cause = msgspec.structs.replace(missing_secret, path=(step,) * 300)
    page = render_root_cause(RootCause(healthy=False, causes=(cause,) * 3), now=now)
    assert len(page.text.encode()) <= 8_000
    assert page.kept == 1
    assert "next: create Secret" in page.text
    assert "… 2 causes not shown" in page.text
