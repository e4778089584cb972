"""Discovery documents: aggregated (`APIGroupDiscoveryList` v2), and the older one per group version."""

from __future__ import annotations

from collections.abc import Collection as AbstractCollection
from collections.abc import Iterable, Mapping
from typing import Any

from mirror.testing.failures import not_acceptable, unavailable
from mirror.testing.kinds import Kind, sort_versions
from mirror.testing.rendering import media_types

__all__ = ["AGGREGATED_TYPE", "Discovery", "wants_aggregated"]

AGGREGATED_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_AGGREGATED = {"g": "apidiscovery.k8s.io", "v": "v2", "as": "APIGroupDiscoveryList"}
_STATUS_VERBS = ["get", "patch", "update"]
_Document = dict[str, Any]


def wants_aggregated(accept: str) -> bool:
    """Whether the first clause of an Accept header that can be served is the aggregated form. Raises 406."""
    for kind, parameters in media_types(accept):
        if kind not in ("application/json", "application/*", "*/*"):
            continue
        if "as" not in parameters:
            return False
        if {name: parameters.get(name) for name in _AGGREGATED} == _AGGREGATED:
            return True
    raise not_acceptable()


class Discovery:
    """The documents for a set of kinds.

    hidden: groups that are left out. stale: groups whose server cannot be reached: marked stale in the
    aggregated form, 503 in the old one.
    """

    def __init__(
        self,
        kinds: Iterable[Kind],
        *,
        hidden: AbstractCollection[str] = (),
        stale: AbstractCollection[str] = (),
    ) -> None:
        self._groups: dict[str, dict[str, list[Kind]]] = {}
        self._stale = stale
        for kind in kinds:
            if kind.group not in hidden:
                for version in kind.versions:
                    self._groups.setdefault(kind.group, {}).setdefault(version, []).append(kind)

    def aggregated(self, *, core: bool) -> _Document:
        """`/api` (core) or `/apis` in the aggregated form."""
        return {
            "kind": "APIGroupDiscoveryList",
            "apiVersion": "apidiscovery.k8s.io/v2",
            "metadata": {},
            "items": [
                {
                    "metadata": {"name": group, "creationTimestamp": None}
                    if group
                    else {"creationTimestamp": None},
                    "versions": [self._version(group, v, versions[v]) for v in sort_versions(versions)],
                }
                for group, versions in self._groups.items()
                if (group == "") == core
            ],
        }

    def _version(self, group: str, version: str, kinds: list[Kind]) -> _Document:
        if group in self._stale:
            return {"version": version, "resources": [], "freshness": "Stale"}
        resources = [_aggregated_resource(kind, version) for kind in kinds]
        return {"version": version, "resources": resources, "freshness": "Current"}

    def document(self, path: str, host: str) -> _Document | None:
        """The old form, for `/api`, `/apis`, `/apis/GROUP` and each group version; None for other paths.

        Raises StatusError 503 for a version of a stale group.
        """
        parts = path.strip("/").split("/")
        if parts == ["api"]:
            cidrs = [{"clientCIDR": "0.0.0.0/0", "serverAddress": host}]
            versions = sort_versions(self._groups.get("", {}))
            return {"kind": "APIVersions", "versions": list(versions), "serverAddressByClientCIDRs": cidrs}
        if parts == ["apis"]:
            groups = [self._group(group) for group in self._groups if group]
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
        if parts[0] == "apis" and len(parts) == 2 and parts[1] in self._groups:
            return {"kind": "APIGroup", "apiVersion": "v1", **self._group(parts[1])}
        if (parts[0], len(parts)) in (("api", 2), ("apis", 3)):
            return self._resources("" if parts[0] == "api" else parts[1], parts[-1])
        return None

    def _group(self, group: str) -> _Document:
        versions = [
            {"groupVersion": f"{group}/{version}", "version": version}
            for version in sort_versions(self._groups[group])
        ]
        return {"name": group, "versions": versions, "preferredVersion": versions[0]}

    def _resources(self, group: str, version: str) -> _Document | None:
        kinds = self._groups.get(group, {}).get(version)
        if kinds is None:
            return None
        if group in self._stale:
            raise unavailable()
        group_version = f"{group}/{version}" if group else version
        resources = [entry for kind in kinds for entry in _resource_entries(kind)]
        return {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": group_version,
            "resources": resources,
        }


def _optional(kind: Kind) -> Mapping[str, list[str]]:
    extra = {"shortNames": list(kind.short_names), "categories": list(kind.categories)}
    return {name: listed for name, listed in extra.items() if listed}


def _aggregated_resource(kind: Kind, version: str) -> _Document:
    response = {"group": kind.group, "version": version, "kind": kind.kind}
    resource: _Document = {
        "resource": kind.plural,
        "responseKind": response,
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": sorted(kind.verbs),
        **_optional(kind),
    }
    if kind.status:
        subresource = {"subresource": "status", "responseKind": response, "verbs": _STATUS_VERBS}
        resource["subresources"] = [subresource]
    return resource


def _resource_entries(kind: Kind) -> Iterable[_Document]:
    yield {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": sorted(kind.verbs),
        **_optional(kind),
    }
    if kind.status:
        yield {
            "name": f"{kind.plural}/status",
            "singularName": "",
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": _STATUS_VERBS,
        }
