"""Workloads that run, and the plain objects around them.

word: becomes the name. space: the namespace, already a name. by: who applies the object.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from typing import Any, NamedTuple

from mirror.testing.manifests import configmap, deployment_family, namespace, obj, secret
from mirror.testing.objects import JSON, merge
from mirror.testing.scenarios.stage import Ref, Stage

__all__ = [
    "Workload",
    "config_map",
    "credentials",
    "deployment",
    "namespaced",
    "rollout",
    "service",
    "service_account",
]


class Workload(NamedTuple):
    """A Deployment with what its controllers made of it."""

    deployment: JSON
    replica_set: JSON
    pods: tuple[JSON, ...]


def namespaced(stage: Stage, word: str, *, by: Ref | None = None) -> str:
    """Puts up a Namespace; its name."""
    made = stage.put(namespace(stage.name(word), stage.created), by=by)
    return str(made["metadata"]["name"])


def deployment(
    stage: Stage,
    word: str,
    space: str,
    *,
    by: Ref | None = None,
    replicas: int = 1,
    env_from: Iterable[JSON] = (),
    **pod: Any,
) -> Workload:
    """A rolled-out Deployment of an image that is called as it is.

    env_from: ConfigMaps and Secrets its container reads. pod: more of the Pod's spec.
    """
    name = stage.name(word)
    image = f"registry.{stage.name('acme')}.example/{name}:2.14.3"
    return rollout(stage, name, space, image, by=by, replicas=replicas, env_from=env_from, **pod)


def rollout(
    stage: Stage,
    name: str,
    space: str,
    image: str,
    *,
    by: Ref | None = None,
    replicas: int = 1,
    labels: dict[str, str] | None = None,
    env_from: Iterable[JSON] = (),
    **pod: Any,
) -> Workload:
    """A Deployment with its ReplicaSet and Pods; name and image as they are to be written."""
    family = deployment_family(stage.cluster, space, name, image, replicas, stage.stamp, labels or {})
    if sources := [_env_from(item) for item in env_from]:
        container = family[-1]["spec"]["containers"][0]
        pod = {**pod, "containers": [{**container, "envFrom": sources}]}
    template = {"spec": {"template": {"spec": pod}}}
    changes = [template, template, *[{"spec": pod}] * replicas]
    made, replica_set, *pods = (merge(item, change) for item, change in zip(family, changes, strict=True))
    first = stage.put(made, by=by)
    return Workload(first, stage.put(replica_set), tuple(stage.put(item) for item in pods))


def service(stage: Stage, word: str, space: str, *, by: Ref | None = None) -> JSON:
    """A Service for the Pods of the Deployment of the same word."""
    name = stage.name(word)
    spec = {
        "type": "ClusterIP",
        "clusterIP": "10.96.12.7",
        "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080}],
        "selector": {"app.kubernetes.io/name": name},
    }
    return stage.put(obj("v1", "Service", space, name, stage.created, spec=spec), by=by)


def config_map(stage: Stage, word: str, space: str, data: dict[str, str], *, by: Ref | None = None) -> JSON:
    return stage.put(configmap(space, stage.name(word), data, stage.created, {}), by=by)


def credentials(stage: Stage, word: str, space: str, *keys: str, by: Ref | None = None) -> JSON:
    """A Secret with these keys; every value is a planted canary."""
    data = {key: b64encode(f"planted-canary-{word}-{key}".encode()).decode() for key in keys}
    return stage.put(secret(space, stage.name(word), data, stage.created), by=by)


def service_account(stage: Stage, word: str, space: str, *, by: Ref | None = None) -> JSON:
    return stage.put(obj("v1", "ServiceAccount", space, stage.name(word), stage.created), by=by)


def _env_from(item: JSON) -> JSON:
    field = "secretRef" if item["kind"] == "Secret" else "configMapRef"
    return {field: {"name": item["metadata"]["name"]}}
