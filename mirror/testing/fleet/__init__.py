"""A simulated fleet: staging and two productions, each a believable Flux installation, one of them broken."""

from __future__ import annotations

from mirror.clock import Clock
from mirror.testing.cluster import FakeCluster
from mirror.testing.fleet.cluster import Times, install
from mirror.testing.fleet.environment import ENVIRONMENTS
from mirror.testing.fleet.fault import forget_values

__all__ = ["simulated_fleet"]


def simulated_fleet(clock: Clock, *, broken: str = "production-eu") -> dict[str, FakeCluster]:
    """The clusters by context name: staging, production-eu, production-us.

    broken: the cluster with the fault; "" for a fleet in which all is well.
    Everything but the times is the same on every run.
    """
    now = clock.wall()
    fleet = {}
    for env in ENVIRONMENTS:
        cluster = FakeCluster(env.cluster, clock=clock)
        install(cluster, env, Times.before(now))
        fleet[env.cluster] = cluster
    if broken:
        forget_values(fleet[broken], now)
    return fleet
