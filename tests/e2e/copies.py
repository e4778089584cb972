"""Clusters that are copies of one another, and the differences that are planted into some of them.

The objects are what people write and what Flux makes of it, valid on any API server. What is right after
`plant` is known here: no test that plants has to repeat what it has planted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from tests.controlplane.api import Api, Object
from tests.controlplane.flux_objects import (
    applied,
    fetched,
    git_repository,
    helm_chart,
    helm_release,
    helm_repository,
    kustomization,
    observed,
    released,
)
from tests.controlplane.workloads import config_map, deployment, namespace, secret

__all__ = [
    "CHART",
    "FLAGS",
    "NEWER",
    "OBJECTS",
    "PODINFOS",
    "RELEASES",
    "UPGRADED",
    "VERSION",
    "Copies",
    "Differences",
    "copied",
]

RELEASES = 42
CHART, VERSION, NEWER = "podinfo", "6.5.4", "6.6.0"
"""What a third of the releases run, and what some are upgraded to."""

PODINFOS = RELEASES // 3

OBJECTS = 4 * RELEASES + 6
"""What is compared of a cluster: releases with values, charts and Deployments; namespace, repository, flags,
Secret, Kustomization and its source."""

_SPACE, _SYSTEM = "apps", "flux-system"
_CANARY = "planted-canary"
_REVISION = "main@sha1:" + "5a" * 20
_CHARTS_REVISION = "sha256:" + "c4" * 32

FLAGS = f"ConfigMap/{_SPACE}/feature-flags"
_DIFFERENT, UPGRADED = "app-07", "app-03"
_WAITS_FOR = ("app-01", "app-02")


Differences = dict[str, dict[str, dict[str, Any]]]
"""By object and path: the value in each cluster."""


class Planted(NamedTuple):
    """A field that differs in one cluster. number: of that cluster. Values as an answer tells them."""

    object: str
    path: str
    number: int
    usual: Any
    here: Any


_RELEASE, _VALUES = f"HelmRelease/{_SPACE}/{_DIFFERENT}", f"ConfigMap/{_SPACE}/{_DIFFERENT}-values"
_PLANTED = (
    Planted(_RELEASE, "spec.values.replicaCount", 3, 2, 5),
    Planted(_RELEASE, "spec.values.env[name=LOG].value", 5, "info", "debug"),
    Planted(_RELEASE, "spec.values.auth.password", 7, "<masked 1>", "<masked 2>"),
    Planted(_VALUES, 'data["values.yaml"].size', 3, 3, 20),
)


def copied() -> list[Object]:
    """All objects of one cluster, healthy, in an order in which they can be created."""
    repository = helm_repository("charts", _SPACE, url="https://charts.example.com/stable")
    releases = [_release(f"app-{number:02}", number) for number in range(RELEASES)]
    managed = [
        namespace(_SPACE),
        fetched(repository, _CHARTS_REVISION),
        config_map("feature-flags", _SPACE, {"dark-mode": "on"}),
        secret("api-token", _SPACE, {"token": f"{_CANARY}-copies"}),
        *(_values_of(release) for release in releases),
        *(released(release, [_deployment_of(release)]) for release in releases),
    ]
    source = git_repository("fleet", _SYSTEM, url="https://git.example.com/platform/fleet.git")
    apps = kustomization("apps", _SYSTEM, path="./apps", source="fleet")
    generated = [fetched(helm_chart(release), _version_of(release)) for release in releases]
    workloads = [_deployment_of(release) for release in releases]
    return [
        namespace(_SYSTEM),
        *managed,
        *generated,
        *workloads,
        fetched(source, _REVISION),
        applied(apps, _REVISION, managed),
    ]


class Copies:
    """So many clusters of these names, and what is right to say about them.

    apis: for each cluster, somebody who may change it. generations: of the releases that `plant` has changed,
    by cluster and name.
    """

    QUESTION: Mapping[str, Any] = {"kind": "HelmRelease", "name": _DIFFERENT, "namespace": _SPACE}

    def __init__(self, apis: Mapping[str, Api]) -> None:
        self.names: Sequence[str] = sorted(apis)
        self.generations: dict[tuple[str, str], int] = {}
        self._apis = apis

    def at(self, number: int) -> str:
        """The cluster of that number; of two clusters, odd numbers mean the second one."""
        return self.names[number % len(self.names)]

    @property
    def without_flags(self) -> str:
        """The cluster without ConfigMap feature-flags, after `plant`."""
        return self.at(1)

    @property
    def upgraded_in(self) -> list[str]:
        """The clusters in which UPGRADED runs chart NEWER, after `plant`."""
        return sorted({self.at(5), self.at(9)})

    async def plant(self) -> None:
        """Differences of every sort in some clusters, and changes in others that are no differences."""
        await self._values(3, {"replicaCount": 5})
        await self._values(5, {"env": [{"name": "LOG", "value": "debug"}, {"name": "MODE", "value": "fast"}]})
        await self._values(7, {"auth": {"password": f"{_CANARY}-another"}})
        changed = {"values.yaml": yaml.safe_dump({"size": 20, "url": _url(_DIFFERENT)})}
        await self._apis[self.at(3)].patch(config_map(f"{_DIFFERENT}-values", _SPACE, {}), {"data": changed})
        await self._apis[self.without_flags].delete(config_map("feature-flags", _SPACE, {}))
        for name in self.upgraded_in:
            await self._change(name, _release(UPGRADED, 3, version=NEWER))
        await self._says_the_same_otherwise()

    def differences(self) -> Differences:
        """What QUESTION is to be answered with."""
        found: Differences = {}
        for plant in _PLANTED:
            odd = self.at(plant.number)
            values = {name: plant.here if name == odd else plant.usual for name in self.names}
            found.setdefault(plant.object, {})[plant.path] = values
        return found

    def all_differences(self) -> Differences:
        """What a question about everything is to be answered with. Of an object that is only missing in some
        clusters no field differs.
        """
        versions = {name: NEWER if name in self.upgraded_in else VERSION for name in self.names}
        upgraded = {"spec.chart.spec.version": versions, "revision": versions}
        return self.differences() | {f"HelmRelease/{_SPACE}/{UPGRADED}": upgraded, FLAGS: {}}

    def groups(self, key: str) -> set[tuple[str, ...]]:
        """The clusters in which the object is the same."""
        signs: dict[tuple[bool, ...], list[str]] = {}
        planted = [plant for plant in _PLANTED if plant.object == key]
        for name in self.names:
            signs.setdefault(tuple(name == self.at(plant.number) for plant in planted), []).append(name)
        return {tuple(names) for names in signs.values()}

    def outliers(self, key: str) -> list[str]:
        """The clusters outside the group that is larger than all others together; of two there is none."""
        if len(self.names) == 2:
            return []
        return sorted({self.at(plant.number) for plant in _PLANTED if plant.object == key})

    async def _says_the_same_otherwise(self) -> None:
        """Another order, a default that is written out, another spelling: in a cluster of its own."""
        release = _release(_DIFFERENT, 7)
        spec = {
            "suspend": False,
            "interval": "300s",
            "dependsOn": [{"name": name} for name in reversed(_WAITS_FOR)],
            "valuesFrom": [{**release["spec"]["valuesFrom"][0], "valuesKey": "values.yaml"}],
        }
        await self._change(self.at(8), release, {"spec": spec})

    async def _values(self, number: int, values: Object) -> None:
        await self._change(self.at(number), _release(_DIFFERENT, 7), {"spec": {"values": values}})

    async def _change(self, cluster: str, release: Object, patch: Object | None = None) -> None:
        """Change a release, and be its controller: the status says that the change was seen."""
        api = self._apis[cluster]
        live = await api.patch(release, patch or {"spec": release["spec"]})
        generation = self.generations[cluster, release["metadata"]["name"]] = live["metadata"]["generation"]
        done = observed(released(release, [_deployment_of(release)]), generation)
        await api.replace_status(live | {"status": done["status"]})


def _release(name: str, number: int, *, version: str = VERSION) -> Object:
    release = helm_release(
        name,
        _SPACE,
        repository="charts",
        chart=CHART if number % 3 == 0 else f"web-{number % 3}",
        version=version,
        values={
            "replicaCount": 2,
            "env": [{"name": "LOG", "value": "info"}, {"name": "MODE", "value": "fast"}],
            "auth": {"password": f"{_CANARY}-one"},
        },
        values_from=[{"kind": "ConfigMap", "name": f"{name}-values"}],
    )
    if name == _DIFFERENT:
        release["spec"]["dependsOn"] = [{"name": name} for name in _WAITS_FOR]
    return release


def _version_of(release: Object) -> str:
    version: str = release["spec"]["chart"]["spec"]["version"]
    return version


def _values_of(release: Object) -> Object:
    name = release["metadata"]["name"]
    text = yaml.safe_dump({"size": 3, "url": _url(name)})
    return config_map(f"{name}-values", _SPACE, {"values.yaml": text})


def _url(name: str) -> str:
    return f"https://{name}.example.com/"


def _deployment_of(release: Object) -> Object:
    name = release["metadata"]["name"]
    labels = {"helm.toolkit.fluxcd.io/name": name, "helm.toolkit.fluxcd.io/namespace": _SPACE}
    return deployment(name, _SPACE, image=f"ghcr.io/example/{name}:1.2.0", replicas=2, labels=labels)
