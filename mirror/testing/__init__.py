"""Simulated clusters to try everything on: a fake Kubernetes API server that can misbehave on command.

async with FakeAPIServer(FakeCluster("staging")) as server:
    server.cluster.create({"apiVersion": "v1", "kind": "ConfigMap", ...})
    server.faults.throttle(times=2, matching="list pods")
    ... # a client of server.url
    assert server.requests.count("watch pods") == 1
"""

from mirror.testing.access import Access, User
from mirror.testing.apiserver import FakeAPIServer
from mirror.testing.behaviour import Behaviour, StreamSettings
from mirror.testing.clock import ManualClock
from mirror.testing.cluster import FakeCluster
from mirror.testing.crds import crd, flux_crds
from mirror.testing.failures import StatusError
from mirror.testing.faults import Faults
from mirror.testing.holds import Hold
from mirror.testing.kubeconfig import write_kubeconfig
from mirror.testing.recorded import RecordedEvent, load_recorded, load_watch, play, read_recorded
from mirror.testing.requests import RequestInfo, RequestLog

__all__ = [
    "Access",
    "Behaviour",
    "FakeAPIServer",
    "FakeCluster",
    "Faults",
    "Hold",
    "ManualClock",
    "RecordedEvent",
    "RequestInfo",
    "RequestLog",
    "StatusError",
    "StreamSettings",
    "User",
    "crd",
    "flux_crds",
    "load_recorded",
    "load_watch",
    "play",
    "read_recorded",
    "write_kubeconfig",
]
