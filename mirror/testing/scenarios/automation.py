"""Image automation and notification as their controllers leave them when all is well."""

from __future__ import annotations

from typing import Any, NamedTuple

from mirror.testing.manifests import digest, obj
from mirror.testing.objects import JSON
from mirror.testing.scenarios.sources import source_ref
from mirror.testing.scenarios.stage import Ref, Stage

__all__ = ["Automation", "Notification", "automation", "notification"]

IMAGE = "image.toolkit.fluxcd.io/v1"
NOTIFICATION = "notification.toolkit.fluxcd.io/v1beta3"


class Automation(NamedTuple):
    """An image that is looked for, the policy that picks a tag, and who commits it."""

    repository: JSON
    policy: JSON
    update: JSON


class Notification(NamedTuple):
    """Whom a cluster tells, and about what."""

    provider: JSON
    alert: JSON


def automation(
    stage: Stage, word: str, space: str, source: JSON, *, by: Ref | None = None, **spec: Any
) -> Automation:
    """Tags of an image are scanned, one is chosen and pushed to the source. spec: of its repository."""
    name = stage.name(word)
    image = f"registry.{stage.name('acme')}.example/{name}"
    wanted = {"image": image, "interval": "5m0s", "provider": "generic", **spec}
    scanned = "successful scan: found 12 tags with checksum 2187418763"
    repository = _put(stage, "ImageRepository", name, space, wanted, by)
    repository = stage.report(
        repository,
        ("Ready", "True", "Succeeded", scanned),
        canonicalImageName=image,
        lastScanResult={"latestTags": ["2.14.3", "2.14.2"], "scanTime": stage.stamp, "tagCount": 12},
        observedGeneration=1,
    )
    wanted = {"imageRepositoryRef": {"name": name}, "policy": {"semver": {"range": "2.x"}}}
    chosen = f"Latest image tag for {image} resolved to 2.14.3"
    policy = stage.report(
        _put(stage, "ImagePolicy", name, space, wanted, by),
        ("Ready", "True", "Succeeded", chosen),
        latestRef={"name": image, "tag": "2.14.3"},
        observedGeneration=1,
    )
    reference = {**source_ref(source), "namespace": source["metadata"]["namespace"]}
    git = {"commit": {"author": {"email": "flux@example.com", "name": "flux"}}, "push": {"branch": "main"}}
    wanted = {
        "interval": "10m0s",
        "sourceRef": reference,
        "git": git,
        "update": {"path": "./", "strategy": "Setters"},
    }
    update = stage.report(
        _put(stage, "ImageUpdateAutomation", name, space, wanted, by),
        ("Ready", "True", "Succeeded", "repository up-to-date"),
        lastPushCommit=digest(name, "pushed", length=40),
        observedGeneration=1,
    )
    return Automation(repository, policy, update)


def notification(stage: Stage, word: str, space: str, *, by: Ref | None = None, **spec: Any) -> Notification:
    """An Alert about all Kustomizations of its namespace, to a chat. Neither kind has a status."""
    name = stage.name(word)
    wanted = {"type": "slack", "channel": stage.name("on-call"), **spec}
    provider = obj(NOTIFICATION, "Provider", space, name, stage.created, generation=1, spec=wanted)
    wanted = {
        "eventSeverity": "error",
        "eventSources": [{"kind": "Kustomization", "name": "*"}],
        "providerRef": {"name": name},
    }
    alert = obj(NOTIFICATION, "Alert", space, name, stage.created, generation=1, spec=wanted)
    return Notification(stage.put(provider, by=by), stage.put(alert, by=by))


def _put(stage: Stage, kind: str, name: str, space: str, spec: JSON, by: Ref | None) -> JSON:
    return stage.put(obj(IMAGE, kind, space, name, stage.created, generation=1, spec=spec), by=by)
