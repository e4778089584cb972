"""Appliers that work in another cluster: what says which one, without any secret.

The kubeconfig in a Secret is never read. A ConfigMap of workload identity names the address of the API
server, and often the cluster as its cloud calls it.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from mirror.flux.fields import mapping, text

__all__ = ["Address", "address_in", "server_of", "works_elsewhere"]

_PORT: Final = 443


class Address(NamedTuple):
    """server: host and port, as `server_of` writes them. cluster: the cloud's name. Both may be ""."""

    server: str
    cluster: str


def works_elsewhere(obj: dict[str, Any]) -> bool:
    """The object's inventory lives in the cluster that `spec.kubeConfig` leads to."""
    return bool(mapping(mapping(obj.get("spec")).get("kubeConfig")))


def address_in(config: dict[str, Any]) -> Address:
    """What the ConfigMap of a `spec.kubeConfig.configMapRef` says."""
    data = mapping(config.get("data"))
    return Address(server_of(text(data.get("address"))), text(data.get("cluster")))


def server_of(url: str) -> str:
    """`host:port` of an API server's URL, with or without a scheme; "" for what is none."""
    written = url.strip()
    try:
        parts = urlsplit(written if "//" in written else f"//{written}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    return f"{host}:{port or _PORT}" if host else ""
