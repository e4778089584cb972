"""From a context's entries in the kubeconfig to the values a client needs; refuses what kubectl refuses."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mirror.errors import KubeconfigError
from mirror.kube.access import ClusterAccess, ExecConfig, Impersonation, User, is_header_text
from mirror.kube.kubeconfig_file import ClusterEntry, ExecEntry, UserEntry
from mirror.kube.proxy import environment_proxy, is_loopback

__all__ = ["EXEC_API_VERSIONS", "resolve_access"]

EXEC_API_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_EXEC_EXTENSION = "client.authentication.k8s.io/exec"


def resolve_access(
    context: str,
    cluster: ClusterEntry,
    user: UserEntry,
    *,
    user_name: str,
    namespace: str,
    impersonation: Impersonation | None,
    environ: Mapping[str, str],
) -> ClusterAccess:
    """Checks and assembles one context. Raises KubeconfigError naming the context and what is wrong."""
    try:
        ca_data = _data_or_file(
            "certificate-authority", cluster.certificate_authority_data, cluster.certificate_authority
        )
        server = _server(cluster, secure=bool(ca_data or cluster.insecure_skip_tls_verify))
        if ca_data and cluster.insecure_skip_tls_verify:
            raise KubeconfigError("has both a certificate-authority and insecure-skip-tls-verify")
        credentials = _user(user, user_name, impersonation, _cluster_info(cluster, server, ca_data))
        _refuse_cleartext(server, credentials)
        return ClusterAccess(
            context=context,
            server=server,
            ca_data=ca_data,
            insecure_skip_tls_verify=bool(cluster.insecure_skip_tls_verify),
            tls_server_name=cluster.tls_server_name or "",
            proxy_url=_proxy(cluster.proxy_url or environment_proxy(server, environ)),
            namespace=namespace,
            user=credentials,
        )
    except KubeconfigError as error:
        raise KubeconfigError(error.what, where=f"context {context}", hint=error.hint) from error.__cause__


def _server(cluster: ClusterEntry, *, secure: bool) -> str:
    text = (cluster.server or "").strip()
    if not text:
        raise KubeconfigError("its cluster has no server")
    url = (text if "://" in text else f"{'https' if secure else 'http'}://{text}").rstrip("/")
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError
        parts.hostname.encode("idna")  # the resolver would, much later
    except ValueError:
        raise KubeconfigError("the server of its cluster is no http or https URL") from None
    if "@" in parts.netloc:
        raise KubeconfigError(
            "the server of its cluster holds a user and password", hint="put them into the user entry"
        )
    return url


def _proxy(url: str) -> str:
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = "?"
    if url and scheme not in ("http", "https"):
        raise KubeconfigError(
            f"proxy-url with scheme {scheme!r} is not supported", hint="use an http or https proxy"
        )
    return url


def _refuse_cleartext(server: str, user: User) -> None:
    parts = urlsplit(server)
    if parts.scheme == "http" and not user.is_anonymous and not is_loopback(parts.hostname or ""):
        raise KubeconfigError(
            "its credentials would cross the network in clear text",
            hint="use an https server, or a user without any",
        )


def _user(entry: UserEntry, name: str, override: Impersonation | None, cluster_info: dict[str, Any]) -> User:
    if entry.auth_provider is not None:
        raise KubeconfigError(
            f"user {name!r} uses an auth-provider, which Kubernetes removed in 1.26",
            hint="replace it by an exec plugin (kubelogin, gke-gcloud-auth-plugin)",
        )
    if (entry.token or entry.token_file) and (entry.username or entry.password):
        raise KubeconfigError(f"user {name!r} has both a token and a password")
    token = (entry.token or "").strip()
    if not is_header_text(token):
        raise KubeconfigError(f"the token of user {name!r} holds control characters")
    certificate = _decode("client-certificate-data", entry.client_certificate_data)
    key = _decode("client-key-data", entry.client_key_data)
    if bool(certificate or entry.client_certificate) != bool(key or entry.client_key):
        raise KubeconfigError(f"user {name!r} has a client certificate without a key, or a key without one")
    return User(
        name=name,
        token=token,
        token_file=_path(entry.token_file),
        certificate=certificate,
        certificate_file=None if certificate else _path(entry.client_certificate),
        key=key,
        key_file=None if key else _path(entry.client_key),
        username=entry.username or "",
        password=entry.password or "",
        exec=_exec(entry.exec, name, cluster_info) if entry.exec else None,
        impersonation=override or _impersonation(entry),
    )


def _impersonation(entry: UserEntry) -> Impersonation | None:
    if not (entry.as_user or entry.as_uid or entry.as_groups or entry.as_user_extra):
        return None
    extra = {key: tuple(values) for key, values in (entry.as_user_extra or {}).items()}
    return Impersonation(
        entry.as_user or "", tuple(entry.as_groups or ()), entry.as_uid or "", tuple(sorted(extra.items()))
    )


def _exec(entry: ExecEntry, user: str, cluster_info: dict[str, Any]) -> ExecConfig:
    if entry.api_version not in EXEC_API_VERSIONS:
        raise KubeconfigError(
            f"the exec plugin of user {user!r} has apiVersion {entry.api_version!r}",
            hint=f"supported: {', '.join(EXEC_API_VERSIONS)}; update the plugin and its entry",
        )
    if not entry.command:
        raise KubeconfigError(f"the exec plugin of user {user!r} has no command")
    spec: dict[str, Any] = {"interactive": False}
    if entry.provide_cluster_info:
        spec["cluster"] = cluster_info
    info = {"kind": "ExecCredential", "apiVersion": entry.api_version, "spec": spec}
    return ExecConfig(
        command=entry.command,
        api_version=entry.api_version,
        args=tuple(entry.args or ()),
        env=tuple((variable.name, variable.value) for variable in entry.env or ()),
        install_hint=entry.install_hint or "",
        interactive_mode=entry.interactive_mode or "IfAvailable",
        info=json.dumps(info, default=str),
    )


def _cluster_info(cluster: ClusterEntry, server: str, ca_data: bytes | None) -> dict[str, Any]:
    """`spec.cluster` of an ExecCredential; fields that are not set are left out, as client-go does."""
    config = next(
        (e.get("extension") for e in cluster.extensions or () if e.get("name") == _EXEC_EXTENSION), None
    )
    info = {
        "server": server,
        "tls-server-name": cluster.tls_server_name,
        "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify,
        "certificate-authority-data": base64.b64encode(ca_data).decode() if ca_data else None,
        "proxy-url": cluster.proxy_url,
        "disable-compression": cluster.disable_compression,
        "config": config,
    }
    return {name: value for name, value in info.items() if value}


def _data_or_file(field: str, data: str | None, file: str | None) -> bytes | None:
    if data:
        return _decode(f"{field}-data", data)
    if not file:
        return None
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise KubeconfigError(f"{field} {file} cannot be read: {error.strerror}") from error


def _decode(field: str, text: str | None) -> bytes:
    if not text:
        return b""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise KubeconfigError(f"{field} is not base64") from None


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None
