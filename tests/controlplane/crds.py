"""Teach a cluster the Flux kinds."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import anyio

from tests.controlplane.api import Api, Object
from tests.controlplane.waiting import until

__all__ = ["install_crds"]

_COLLECTION = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_PATIENCE_S = 30.0


async def install_crds(api: Api, folder: Path) -> list[str]:
    """Apply every CRD of the folder and wait until its kind is served; returns the CRDs' names.

    May be repeated. Raises TimeoutError when the server does not establish them within 30 s.
    """
    documents = await anyio.to_thread.run_sync(_read, folder)
    for name, document in documents.items():
        await api.request(
            "PATCH",
            f"{_COLLECTION}/{name}",
            document,
            params={"fieldManager": "flux-mirror-tests", "force": "true"},
            content_type="application/apply-patch+yaml",
        )
    for name in documents:
        await until(partial(_served, api, name), within_s=_PATIENCE_S)
    return list(documents)


def _read(folder: Path) -> dict[str, bytes]:
    """Name of each CRD -> its YAML; the files are called `<group>_<plural>.yaml`."""
    found = {}
    for path in sorted(folder.glob("*.yaml")):
        group, plural = path.stem.split("_")
        found[f"{plural}.{group}"] = path.read_bytes()
    return found


async def _served(api: Api, name: str) -> bool:
    """The condition Established, and discovery, which follows a moment later."""
    crd = await api.request("GET", f"{_COLLECTION}/{name}")
    spec = crd["spec"]
    version = next(v["name"] for v in spec["versions"] if v["storage"])
    return _established(crd) and await api.serves(f"{spec['group']}/{version}", spec["names"]["kind"])


def _established(crd: Object) -> bool:
    conditions = crd.get("status", {}).get("conditions") or []  # null in a CRD that is a moment old
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)
