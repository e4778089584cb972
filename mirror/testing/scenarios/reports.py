"""What Flux's controllers write when something does not work: conditions, history and Events.

Each function is one attempt of one controller, seen as its watchers see it: a Kustomization that tries
again is Unknown in between. The texts are those of Flux 2.9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from mirror.testing.objects import JSON
from mirror.testing.scenarios.appliers import history
from mirror.testing.scenarios.stage import Ref, Stage

__all__ = [
    "Phase",
    "chart_fails",
    "dependency_waits",
    "fetch_fails",
    "health_fails",
    "keeps_failing",
    "kustomization_fails",
    "kustomization_waits",
    "release_waits",
]

Phase = Literal["Fetching manifests", "Building manifests", "Detecting drift", "Running health checks"]


def fetch_fails(stage: Stage, source: Ref, reason: str, message: str, *, count: int = 1) -> JSON:
    """A source cannot be fetched; the artifact it had stays."""
    stage.event(source, reason, message, count=count)
    return stage.report(
        source,
        ("Reconciling", "True", "ProgressingWithRetry", "reconciliation in progress"),
        ("Ready", "False", reason, message),
        ("FetchFailed", "True", reason, message),
    )


def chart_fails(stage: Stage, chart: Ref, reason: str, message: str, *, stalls: bool = False) -> JSON:
    """A HelmChart cannot be pulled. stalls: the controller gives up until something changes."""
    found = stage.event(chart, reason, message) and stage.get(chart)
    first = (
        ("Stalled", "True", reason, message)
        if stalls
        else ("Reconciling", "True", "ProgressingWithRetry", "reconciliation in progress")
    )
    observed = {"observedGeneration": found["metadata"]["generation"]} if stalls else {}
    return stage.report(
        chart,
        first,
        ("Ready", "False", reason, message),
        ("FetchFailed", "True", reason, message),
        **observed,
    )


def kustomization_fails(
    stage: Stage,
    kustomization: Ref,
    reason: str,
    message: str,
    *,
    during: Phase,
    revision: str = "",
    event: bool = True,
) -> JSON:
    """A Kustomization fails to fetch, build or apply, and will try again.

    during: how far it came. revision: what it tried; by default what it tried before.
    """
    attempt = _begins(stage, kustomization, during, revision)
    found, revision, progress = attempt
    status: JSON = {}
    if during != "Fetching manifests":
        status["lastAttemptedRevision"] = revision
    if reason == "ReconciliationFailed":
        status["history"] = history(stage, found, reason, revision, "241.280139ms")
    if event:
        stage.event(kustomization, reason, message)
    return stage.report(
        kustomization,
        ("Reconciling", "True", "ProgressingWithRetry", progress),
        ("Ready", "False", reason, message),
        **status,
    )


def keeps_failing(
    stage: Stage,
    root: Ref,
    kustomization: Ref,
    reason: str,
    message: str | Callable[[int], str],
    *,
    during: Phase,
    revision: str = "",
    event: bool = True,
) -> None:
    """Three attempts of a Kustomization; `root`, which waits for it, gives up after each and is the symptom.

    message: a function of the attempt's number where the text is another one each time.
    """
    for attempt, minute in enumerate((2, 18, 34)):
        stage.happens(minute, "the Kustomization fails")
        text = message if isinstance(message, str) else message(attempt)
        kustomization_fails(stage, kustomization, reason, text, during=during, revision=revision, event=event)
        stage.happens(minute + 6, "the Kustomization above gives up waiting for it")
        health_fails(stage, root, [kustomization], revision=revision)
    stage.symptom(root)
    stage.victims(root)


def health_fails(
    stage: Stage,
    kustomization: Ref,
    waiting: Iterable[Ref],
    *,
    failed: Iterable[Ref] = (),
    revision: str = "",
) -> JSON:
    """A Kustomization waits in vain for what it applied.

    waiting: what is still InProgress at the timeout. failed: what has given up, which ends the wait early.
    """
    found, revision, progress = _begins(stage, kustomization, "Running health checks", revision)
    stage.report(
        kustomization,
        ("Reconciling", "True", "Progressing", progress),
        ("Ready", "Unknown", "Progressing", "Reconciliation in progress"),
        ("Healthy", "Unknown", "Progressing", progress),
    )
    stalled = [f"{_subject(stage, ref)} status: 'Failed'" for ref in failed]
    listed = stalled or [f"{_subject(stage, ref)} status: 'InProgress'" for ref in waiting]
    why = "failed early due to stalled resources" if stalled else "timeout waiting for"
    text = f"{why}: [{', '.join(listed)}]"
    took = "5.012s" if stalled else f"{_minutes(found['spec']['timeout'])}.03s"
    message = f"health check failed after {took}: {text}"
    stage.event(kustomization, "HealthCheckFailed", message)
    return stage.report(
        kustomization,
        ("Reconciling", "True", "ProgressingWithRetry", progress),
        ("Ready", "False", "HealthCheckFailed", message),
        ("Healthy", "False", "HealthCheckFailed", text),
        lastAttemptedRevision=revision,
        history=history(stage, found, "HealthCheckFailed", revision, took),
    )


def dependency_waits(
    stage: Stage, applier: Ref, dependency: Ref, why: str = "is not ready", *, count: int = 4
) -> JSON:
    """A Kustomization or HelmRelease waits for another one.

    why: `is not ready`, `revision is not up to date`, or `not found: …` after a colon of its own.
    """
    found, target = stage.get(applier), _metadata(dependency)
    message = f"dependency '{target['namespace']}/{target['name']}' {why}"
    waits = ("Ready", "False", "DependencyNotReady", message)
    if found["kind"] == "Kustomization":
        said = "Dependencies do not meet ready condition, retrying in 30s"
        stage.event(applier, "DependencyNotReady", said, warning=False, count=count)
        return stage.report(applier, waits)
    said = f"dependencies do not meet ready condition ({message}): retrying in 30s"
    stage.event(applier, "DependencyNotReady", said, warning=False, count=count)
    return stage.report(applier, ("Reconciling", "True", "Progressing", "Fulfilling prerequisites"), waits)


def kustomization_waits(stage: Stage, kustomization: Ref, *, absent: Ref | None = None) -> JSON:
    """A Kustomization has no artifact to work with.

    absent: the source object that does not exist (then no Event is recorded); by default the source is
    there and has nothing yet.
    """
    message = "Source artifact not found, retrying in 30s"
    if absent is None:
        stage.event(kustomization, "ArtifactFailed", message, warning=False)
    else:
        kind, name = _kind(absent), _metadata(absent)["name"]
        message = f'{kind}.source.toolkit.fluxcd.io "{name}" not found'
    return stage.report(kustomization, ("Ready", "False", "ArtifactFailed", message))


def release_waits(stage: Stage, release: Ref, chart: Ref) -> JSON:
    """A HelmRelease whose chart is not ready; the text is the chart's own."""
    target = stage.get(chart)
    ready = next(item for item in target["status"]["conditions"] if item["type"] == "Ready")
    place = f"{target['metadata']['namespace']}/{target['metadata']['name']}"
    message = f"HelmChart '{place}' is not ready: {ready['message']}"
    stage.event(release, "SourceNotReady", message)
    return stage.report(
        release,
        ("Reconciling", "True", "Progressing", "Fulfilling prerequisites"),
        ("Ready", "False", "SourceNotReady", message),
    )


def _begins(stage: Stage, kustomization: Ref, phase: Phase, revision: str) -> tuple[JSON, str, str]:
    """An attempt is under way: the object as it is then, the revision, and the text of its progress."""
    found = stage.get(kustomization)
    attempted = revision or found["status"]["lastAttemptedRevision"]
    progress = f"{phase} for revision {attempted} with a timeout of {found['spec']['timeout']}"
    begun = stage.report(
        kustomization,
        ("Reconciling", "True", "Progressing", progress),
        ("Ready", "Unknown", "Progressing", "Reconciliation in progress"),
    )
    return begun, attempted, progress


def _subject(stage: Stage, ref: Ref) -> str:
    """`Kind/namespace/name`, as health checks list what they wait for."""
    metadata = _metadata(ref)
    return "/".join(filter(None, (_kind(ref), metadata.get("namespace", ""), metadata["name"])))


def _metadata(ref: Ref) -> JSON:
    return ref["metadata"] if isinstance(ref, dict) else {"namespace": ref.namespace, "name": ref.name}


def _kind(ref: Ref) -> str:
    return str(ref["kind"]) if isinstance(ref, dict) else ref.kind


def _minutes(timeout: str) -> str:
    """`3m0s` without its last unit, so that a fraction can follow."""
    return timeout.removesuffix("s")
