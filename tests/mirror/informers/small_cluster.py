"""A cluster that serves few kinds: each costs a mirror three requests and a stream."""

from __future__ import annotations

from mirror.testing.cluster import FakeCluster

__all__ = ["make_small"]

_KEPT = frozenset(
    {
        ("", "configmaps"),
        ("", "events"),
        ("", "namespaces"),
        ("", "pods"),
        ("", "secrets"),
        ("apiextensions.k8s.io", "customresourcedefinitions"),
        ("apps", "deployments"),
    }
)
"""The built-in kinds of the small cluster: all habits, few streams."""


def make_small(cluster: FakeCluster) -> None:
    """Take away the built-in kinds that add nothing to a test that is not about kinds."""
    for group, plural in set(cluster.etcd.collections) - _KEPT:
        cluster.unregister(group, plural)
