"""A cluster that somebody else runs, reached through a context of a kubeconfig."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import yaml

from tests.controlplane.access import Access
from tests.controlplane.api import Api, open_api

__all__ = ["ExternalCluster"]

_FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


class ExternalCluster:
    """What tests need of a cluster, and no more: it cannot be killed, wiped or asked for its audit log.

    The constructor blocks: it reads the kubeconfig and runs its exec plugin, if it has one. Raises
    KeyError when the context, or what it names, is not there.
    """

    def __init__(self, name: str, kubeconfig: Path, context: str) -> None:
        self.name = name
        config = yaml.safe_load(kubeconfig.read_text("utf-8"))
        entry = _named(config, "context", context)
        self._access = Access(
            name,
            _resolved(_named(config, "cluster", entry["cluster"]), kubeconfig.parent),
            _resolved(_named(config, "user", entry["user"]), kubeconfig.parent),
        )
        self._server, self._tls, self._headers = _connection(kubeconfig, context)

    def api(self) -> AbstractAsyncContextManager[Api]:
        """A client with the context's own credentials; use it with `async with`."""
        return open_api(self._server, self._tls, self._headers)

    def access(self) -> Access:
        """A kubeconfig context called like the cluster, with the same credentials."""
        return self._access


def _named(config: Mapping[str, Any], what: str, name: str) -> dict[str, Any]:
    for entry in config.get(f"{what}s") or []:
        if entry["name"] == name:
            found: dict[str, Any] = entry[what]
            return found
    raise KeyError(f"the kubeconfig has no {what} {name!r}")


def _resolved(entry: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """File names in a kubeconfig are relative to its own folder; ours will lie somewhere else."""
    return {key: str(folder / value) if key in _FILES else value for key, value in entry.items()}


def _connection(kubeconfig: Path, context: str) -> tuple[str, ssl.SSLContext, dict[str, str]]:
    """Server, TLS and headers as the official client reads them: it knows every kind of credentials."""
    from kubernetes import client, config  # slow to import, and no other provider needs it

    load: Callable[..., None] = config.load_kube_config
    loaded = client.Configuration()
    load(str(kubeconfig), context=context, client_configuration=loaded, persist_config=False)
    tls = ssl.create_default_context(cafile=loaded.ssl_ca_cert)
    if loaded.cert_file:
        tls.load_cert_chain(loaded.cert_file, loaded.key_file)
    bearer = loaded.get_api_key_with_prefix("BearerToken")
    return loaded.host, tls, {"Authorization": bearer} if bearer else {}
