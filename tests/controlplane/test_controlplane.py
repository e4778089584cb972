"""The harness itself: what the other tests rely on when they talk to real API servers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import aiohttp
import anyio
import msgspec
import psutil
import pytest

from tests.controlplane.access import MIRROR, STRANGER, write_kubeconfig
from tests.controlplane.api import Object, RefusedError
from tests.controlplane.external import ExternalCluster
from tests.controlplane.fleet import PRODUCTION, STAGING, Environment, Fault, fleet, write
from tests.controlplane.flux_objects import git_repository, inventory_id, observed
from tests.controlplane.providers import Cluster
from tests.controlplane.server import ControlPlane
from tests.controlplane.workloads import config_map

pytestmark = pytest.mark.anyio

Planes = tuple[ControlPlane, ControlPlane]

_EXACTLY = "/api/v1/namespaces/default/configmaps?resourceVersion={}&resourceVersionMatch=Exact"


async def test_both_clusters_serve_the_flux_kinds(two_clusters: tuple[Cluster, Cluster]) -> None:
    for cluster in two_clusters:
        async with cluster.api() as api:
            assert await api.serves("kustomize.toolkit.fluxcd.io/v1", "Kustomization")
            assert await api.serves("helm.toolkit.fluxcd.io/v2", "HelmRelease")
            assert await api.serves("notification.toolkit.fluxcd.io/v1beta3", "Alert")


@pytest.mark.parametrize("faults", [(), tuple(Fault)], ids=["healthy", "faulty"])
@pytest.mark.parametrize("environment", [STAGING, PRODUCTION], ids=lambda environment: environment.name)
async def test_a_fleet_is_stored_as_it_was_built(
    two_clusters: tuple[Cluster, Cluster], environment: Environment, faults: tuple[Fault, ...]
) -> None:
    cluster = next(c for c in two_clusters if c.name == environment.name)
    objects = fleet(environment, faults)
    async with cluster.api() as api:
        await write(api, objects)
        for built in objects:
            stored = await api.request("GET", await api.path_of(built))
            expected = observed(built, stored["metadata"].get("generation", 0))
            assert stored.get("status") == expected.get("status") or built["kind"] == "Namespace"
            if built["kind"] != "Deployment":  # its many defaults are no concern of ours
                assert stored.get("spec") == expected.get("spec") or built["kind"] == "Namespace"
            assert stored.get("data") == expected.get("data")


def test_fleets_differ_only_where_the_environments_do() -> None:
    def bodies(environment: Environment) -> dict[str, Object]:
        return {inventory_id(o): {k: o.get(k) for k in ("spec", "data")} for o in fleet(environment)}

    staging, production = bodies(STAGING), bodies(PRODUCTION)
    assert staging.keys() == production.keys()
    assert {key for key, body in staging.items() if body != production[key]} == {
        "apps_podinfo_helm.toolkit.fluxcd.io_HelmRelease",
        "apps_apps-podinfo_source.toolkit.fluxcd.io_HelmChart",
        "apps_podinfo_apps_Deployment",
        "apps_podinfo-values__ConfigMap",
        "flux-system_cluster-vars__ConfigMap",
        "flux-system_flux-system_kustomize.toolkit.fluxcd.io_Kustomization",
    }


async def test_a_status_is_written_beside_the_spec(two_clusters: tuple[Cluster, Cluster]) -> None:
    source = git_repository("written", "default", url="https://git.example.com/written.git")
    async with two_clusters[0].api() as api:
        created = await api.apply(source | {"status": {"lastHandledReconcileAt": "dropped"}})
        assert created["status"] == {"observedGeneration": -1}
        reported = await api.patch_status(source, {"observedGeneration": 1})
        assert reported["status"] == {"observedGeneration": 1}
        changed = await api.patch(source, {"spec": {"suspend": True}, "status": {"observedGeneration": 9}})
        assert changed["status"] == {"observedGeneration": 1}
        assert (changed["metadata"]["generation"], changed["spec"]["suspend"]) == (2, True)
        await api.delete(source)
        assert await api.list_all("source.toolkit.fluxcd.io/v1", "GitRepository", "default") == []


async def test_a_spec_that_the_crd_does_not_know_is_refused(two_clusters: tuple[Cluster, Cluster]) -> None:
    release = next(o for o in fleet(STAGING) if o["kind"] == "HelmRelease")
    async with two_clusters[0].api() as api:
        with pytest.raises(RefusedError, match="valuesFrmo: field not declared"):
            await api.apply({**release, "spec": {**release["spec"], "valuesFrmo": []}, "status": {}})


async def test_requests_are_counted_by_user_and_time(two_control_planes: Planes) -> None:
    staging, production = two_control_planes
    before = time.time()
    async with staging.api(MIRROR) as api:
        await api.list_all("v1", "ConfigMap")
        await api.list_all("v1", "ConfigMap", "default")
    asked = await staging.requests(MIRROR, since=before)
    assert [(r.verb, r.path, r.code) for r in asked] == [
        ("get", "/api/v1", 200),
        ("list", "/api/v1/configmaps", 200),
        ("list", "/api/v1/namespaces/default/configmaps", 200),
    ]
    assert await staging.requests(MIRROR, since=time.time()) == []
    assert await production.requests(MIRROR, since=before) == []


async def test_an_open_watch_counts_once_when_it_began(two_control_planes: Planes) -> None:
    staging = two_control_planes[0]
    before = time.time()
    async with staging.api(MIRROR) as api, api.session.get("/api/v1/namespaces?watch=1") as watch:
        assert await watch.content.readline()
        opened = await staging.requests(MIRROR, since=before)
        during = time.time()
    closed = await staging.requests(MIRROR, since=before)
    assert [(r.verb, r.path) for r in opened] == [("watch", "/api/v1/namespaces?watch=1")]
    assert [(r.verb, r.path) for r in closed] == [("watch", "/api/v1/namespaces?watch=1")]
    assert await staging.requests(MIRROR, since=during) == []


async def test_rights_are_those_of_the_user(two_control_planes: Planes) -> None:
    staging = two_control_planes[0]
    async with staging.api(MIRROR) as api:
        await api.list_all("v1", "Secret")
        with pytest.raises(RefusedError) as refusal:
            await api.create(config_map("not-mine", "default", {}))
    assert refusal.value.status == 403
    async with staging.api(STRANGER) as api:
        with pytest.raises(RefusedError) as refusal:
            await api.list_all("v1", "Secret")
    assert refusal.value.status == 403


async def test_a_kubeconfig_leads_to_both_clusters(two_control_planes: Planes, tmp_path: Path) -> None:
    accesses = [plane.access(MIRROR) for plane in two_control_planes]
    path = await anyio.to_thread.run_sync(write_kubeconfig, tmp_path / "config", accesses)
    for plane in two_control_planes:
        cluster = await anyio.to_thread.run_sync(ExternalCluster, plane.name, path, plane.name)
        async with cluster.api() as api:
            assert await _cluster_uid(cluster) == await _cluster_uid(plane)
            with pytest.raises(RefusedError, match='User "mirror" cannot delete'):
                await api.delete(config_map("kube-root-ca.crt", "default", {}))


async def test_killed_and_started_again_keeps_address_and_data(victim: ControlPlane) -> None:
    kept = config_map("kept", "default", {"key": "value"})
    async with victim.api() as api:
        written = await api.apply(kept)
    server = victim.server
    await victim.kill()
    assert not victim.running
    with pytest.raises(aiohttp.ClientConnectionError):
        async with victim.api() as api:
            await api.get("v1", "ConfigMap", "kept", "default")
    await victim.start()
    assert victim.server == server
    async with victim.api() as api:
        found = await api.get("v1", "ConfigMap", "kept", "default")
    assert found["metadata"]["uid"] == written["metadata"]["uid"]


async def test_after_compaction_an_old_resource_version_is_gone(victim: ControlPlane) -> None:
    async with victim.api() as api:
        old = (await api.apply(config_map("old", "default", {"key": "1"})))["metadata"]["resourceVersion"]
        await api.apply(config_map("old", "default", {"key": "2"}))
        assert (await api.request("GET", _EXACTLY.format(old)))["metadata"]["resourceVersion"] == old
    assert (await _first_event(victim, old))["type"] == "MODIFIED"
    await victim.compact()
    async with victim.api() as api:
        with pytest.raises(RefusedError) as refusal:
            await api.request("GET", _EXACTLY.format(old))
    assert (refusal.value.status, refusal.value.reason) == (410, "Expired")
    event = await _first_event(victim, old)
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


async def test_a_wiped_cluster_is_another_one_at_the_same_address(victim: ControlPlane) -> None:
    server, uid = victim.server, await _cluster_uid(victim)
    async with victim.api() as api:
        version = (await api.apply(config_map("gone", "default", {})))["metadata"]["resourceVersion"]
    await victim.wipe()
    assert victim.server == server
    assert await _cluster_uid(victim) != uid
    async with victim.api() as api:
        assert not await api.serves("helm.toolkit.fluxcd.io/v2", "HelmRelease")
        fresh = (await api.apply(config_map("new", "default", {})))["metadata"]["resourceVersion"]
    assert int(fresh) < int(version)


def test_a_server_does_not_outlive_the_test_process(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys, time\n"
        "from tests.controlplane.daemon import Daemon\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
        "print(Daemon('sleeper', sleep, pathlib.Path(sys.argv[1])).pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", program, str(tmp_path / "log")]
    environment = {**os.environ, "PYTHONPATH": root}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        server = psutil.Process(int(owner.stdout.readline()))
        owner.kill()
    server.wait(timeout=10)


async def _cluster_uid(cluster: Cluster) -> str:
    """The uid of kube-system, by which the field tells clusters apart."""
    async with cluster.api() as api:
        uid: str = (await api.get("v1", "Namespace", "kube-system"))["metadata"]["uid"]
        return uid


async def _first_event(plane: ControlPlane, version: str) -> Object:
    """The first watch event after a resourceVersion, also when the server refuses before it streams."""
    path = f"/api/v1/namespaces/default/configmaps?watch=1&resourceVersion={version}"
    async with plane.api() as api, api.session.get(path) as response:
        line = msgspec.json.decode(await response.content.readline())
    event: Object = line if "type" in line else {"type": "ERROR", "object": line}
    return event
