"""A kubeconfig for fake servers, as a person would have one for real clusters."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from mirror.testing.apiserver import FakeAPIServer

__all__ = ["write_kubeconfig"]


def write_kubeconfig(
    path: Path,
    servers: Mapping[str, FakeAPIServer],
    *,
    current_context: str = "",
    users: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Write one context, cluster and user per server, all of the context's name; the file's mode is 0600.

    The servers must be running. A user gets the first token of its server.
    current_context: "" takes the first.
    users: context → `user` entry that replaces it (exec plugin, client certificate, impersonation).
    """
    given = users or {}
    names = list(servers)
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": current_context or (names[0] if names else ""),
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in names],
        "clusters": [{"name": name, "cluster": _cluster(server)} for name, server in servers.items()],
        "users": [
            {"name": name, "user": dict(given.get(name, _user(server)))} for name, server in servers.items()
        ],
        "preferences": {},
    }
    text = yaml.safe_dump(document, sort_keys=False)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)


def _cluster(server: FakeAPIServer) -> dict[str, str]:
    entry = {"server": server.url}
    if server.ca_pem:
        entry["certificate-authority-data"] = base64.b64encode(server.ca_pem).decode()
    return entry


def _user(server: FakeAPIServer) -> dict[str, str]:
    token = next(iter(server.access.tokens or ()), "")
    return {"token": token} if token else {}
