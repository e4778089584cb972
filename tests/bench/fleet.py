"""Large clusters for measuring: the simulated fleet's kinds of objects, in any number."""

from __future__ import annotations

import dataclasses

from mirror.clock import Clock
from mirror.testing.cluster import FakeCluster
from mirror.testing.fleet.cluster import Times, install
from mirror.testing.fleet.environment import ENVIRONMENTS, Release

__all__ = ["large_cluster"]

_PER_RELEASE = 7
"""HelmRelease, HelmChart, ConfigMap, Service, Deployment, ReplicaSet, Pod."""


def large_cluster(number: int, objects: int, clock: Clock) -> FakeCluster:
    """One healthy cluster with about that many objects; every third one differs like another environment."""
    environment = ENVIRONMENTS[number % len(ENVIRONMENTS)]
    releases = tuple(_release(n, number % 3) for n in range(max(0, (objects - 120) // _PER_RELEASE)))
    scaled = dataclasses.replace(
        environment, cluster=f"cluster-{number:02}", releases=environment.releases + releases
    )
    cluster = FakeCluster(scaled.cluster, clock=clock)
    install(cluster, scaled, Times.before(clock.wall()))
    return cluster


def _release(number: int, variant: int) -> Release:
    name = f"service-{number:04}"
    values: dict[str, object] = {
        "replicaCount": 1,
        "logLevel": "info",
        "env": {f"SETTING_{n}": f"value-{number}-{n}" for n in range(20)},
        "resources": {"limits": {"memory": f"{128 * (variant + 1)}Mi"}},
    }
    return Release(
        name,
        "shop",
        "service",
        f"1.{variant}.{number % 7}",
        "shop",
        f"ghcr.io/example/{name}:1.{variant}",
        1,
        values,
        {f"{name}-values": f"region: region-{variant}\n"},
    )
