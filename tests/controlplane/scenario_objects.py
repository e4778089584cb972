"""The objects of a scenario on a real API server, with the statuses that controllers write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.controlplane.api import Api, Object

__all__ = ["put_up"]

_OBSERVED = ("observedGeneration", "lastAttemptedGeneration")
_LAST = {"Namespace": 0, "Deployment": 2, "Job": 2, "ReplicaSet": 3, "Pod": 4, "ResourceQuota": 5, "Event": 6}
"""Owners come before what they own, which needs their uid; a quota after what it lets in. 1: others."""


async def put_up(api: Api, objects: Iterable[Object]) -> None:
    """Create the objects and give them their statuses. Unknown fields are refused.

    The server gives uids and generations: references to owners and statuses follow it. CRDs are left out,
    those of Flux are there.
    """
    uids: dict[str, str] = {}
    for obj in sorted(objects, key=lambda obj: _LAST.get(obj["kind"], 1)):
        if obj["kind"] == "CustomResourceDefinition":
            continue
        metadata = obj["metadata"]
        live = await api.apply(_wanted(obj, uids))
        uids[metadata["uid"]] = live["metadata"]["uid"]
        if "status" in obj and obj["kind"] != "Namespace":
            generations = metadata.get("generation"), live["metadata"].get("generation")
            await api.replace_status(live | {"status": _observed(obj["status"], *generations)})


def _wanted(obj: Object, uids: Mapping[str, str]) -> Object:
    """What somebody who creates the object says."""
    metadata = {
        key: value
        for key, value in obj["metadata"].items()
        if key in ("name", "namespace", "labels", "annotations")
    }
    if owners := obj["metadata"].get("ownerReferences"):
        metadata["ownerReferences"] = [owner | {"uid": uids[owner["uid"]]} for owner in owners]
    wanted = {key: value for key, value in obj.items() if key != "status"} | {"metadata": metadata}
    if obj["kind"] == "Service":
        wanted["spec"] = {key: value for key, value in obj["spec"].items() if key != "clusterIP"}
    return wanted


def _observed(value: Any, ours: int | None, live: int | None) -> Any:
    """The status with the server's generation where ours was observed, else with the one before."""
    if isinstance(value, list):
        return [_observed(item, ours, live) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: _observed(item, ours, live) for key, item in value.items() if item is not None}
    for key in _OBSERVED:
        if ours is not None and live is not None and isinstance(found.get(key), int) and found[key] > 0:
            found[key] = live if found[key] == ours else live - 1
    return found
