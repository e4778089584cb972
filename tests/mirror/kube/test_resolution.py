"""One context's entries: what is taken over, and what is refused with a reason."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mirror.errors import KubeconfigError
from mirror.kube.access import ClusterAccess, Impersonation
from mirror.kube.kubeconfig_file import ClusterEntry, UserEntry
from mirror.kube.resolution import resolve_access

V1 = "client.authentication.k8s.io/v1"
SERVER = {"server": "https://api:6443"}


def resolve(cluster: dict[str, Any], user: dict[str, Any] | None = None, **environ: str) -> ClusterAccess:
    return resolve_access(
        "ctx",
        msgspec.convert(cluster, ClusterEntry),
        msgspec.convert(user or {}, UserEntry),
        user_name="me",
        namespace="default",
        impersonation=None,
        environ=environ,
    )


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_data_wins_over_files() -> None:
    access = resolve(
        SERVER | {"certificate-authority-data": b64("ca"), "certificate-authority": "/nowhere"},
        {
            "client-certificate-data": b64("cert"),
            "client-certificate": "/nowhere",
            "client-key-data": b64("key"),
        },
    )
    assert access.ca_data == b"ca"
    assert (access.user.certificate, access.user.key) == (b"cert", b"key")
    assert access.user.certificate_file is None


def test_everything_about_the_server_is_taken_over() -> None:
    access = resolve(
        {
            "server": "https://rancher/k8s/clusters/c-1/",
            "tls-server-name": "kubernetes",
            "proxy-url": "http://p:1",
        }
    )
    assert access.server == "https://rancher/k8s/clusters/c-1"
    assert access.tls_server_name == "kubernetes"
    assert access.proxy_url == "http://p:1"
    assert access.host == "rancher:443"


def test_the_kubeconfigs_proxy_wins_over_the_environments() -> None:
    assert resolve(SERVER, HTTPS_PROXY="http://env:1").proxy_url == "http://env:1"
    assert (
        resolve(SERVER | {"proxy-url": "http://own:1"}, HTTPS_PROXY="http://env:1").proxy_url
        == "http://own:1"
    )


@pytest.mark.parametrize(
    ("cluster", "url"),
    [
        ({"server": "localhost:8080"}, "http://localhost:8080"),
        ({"server": "api:6443", "insecure-skip-tls-verify": True}, "https://api:6443"),
        ({"server": "https://[fd00::1]:6443"}, "https://[fd00::1]:6443"),
    ],
)
def test_a_server_without_scheme(cluster: dict[str, Any], url: str) -> None:
    assert resolve(cluster).server == url


@pytest.mark.parametrize(
    ("cluster", "message"),
    [
        ({}, "no server"),
        ({"server": "ftp://x"}, "no http or https URL"),
        ({"server": "https://x:notaport"}, "no http or https URL"),
        ({"server": "https://"}, "no http or https URL"),
        ({"server": "https://a..b"}, "no http or https URL"),
        ({"server": "https://me:pw@x"}, "user and password"),
        (SERVER | {"certificate-authority-data": "%%%"}, "certificate-authority-data is not base64"),
        (SERVER | {"certificate-authority": "/nowhere/ca.crt"}, "/nowhere/ca.crt cannot be read"),
        (SERVER | {"proxy-url": "socks5://p:1"}, "'socks5' is not supported"),
        (
            SERVER | {"certificate-authority-data": b64("x"), "insecure-skip-tls-verify": True},
            "both a certificate-authority and insecure",
        ),
    ],
)
def test_clusters_that_cannot_be_used(cluster: dict[str, Any], message: str) -> None:
    with pytest.raises(KubeconfigError, match=message) as caught:
        resolve(cluster)
    assert caught.value.where == "context ctx"


@pytest.mark.parametrize(
    ("user", "message"),
    [
        ({"auth-provider": {"name": "oidc"}}, "removed in 1.26"),
        ({"token": "t", "username": "u"}, "both a token and a password"),
        ({"token": "a\nb"}, "control characters"),
        ({"client-certificate-data": b64("c")}, "without a key"),
        ({"client-key": "/k"}, "without a key, or a key without one"),
        ({"as-groups": ["g"]}, "without a user"),
        ({"as": "a\r\nX-Evil: 1"}, "control characters"),
        ({"exec": {"command": "x"}}, "apiVersion None"),
        ({"exec": {"command": "x", "apiVersion": "client.authentication.k8s.io/v1alpha1"}}, "v1alpha1"),
        ({"exec": {"command": "", "apiVersion": V1}}, "no command"),
    ],
)
def test_users_that_cannot_be_used(user: dict[str, Any], message: str) -> None:
    with pytest.raises(KubeconfigError, match=message):
        resolve(SERVER, user)


def test_credentials_do_not_cross_the_network_in_clear_text() -> None:
    with pytest.raises(KubeconfigError, match="clear text"):
        resolve({"server": "http://api:8080"}, {"token": "t"})
    assert resolve({"server": "http://api:8080"}).user.is_anonymous
    assert resolve({"server": "http://127.0.0.1:8080"}, {"token": "t"}).user.token == "t"


def test_the_plugin_is_told_about_the_cluster_only_on_request() -> None:
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "a"}}
    cluster = SERVER | {"certificate-authority-data": b64("ca"), "extensions": [{"name": "x"}, extension]}
    plugin = {"command": "x", "apiVersion": V1, "args": ["a"], "env": [{"name": "N", "value": "V"}]}
    silent = resolve(cluster, {"exec": plugin}).user.exec
    told = resolve(cluster, {"exec": plugin | {"provideClusterInfo": True}}).user.exec
    assert silent is not None
    assert told is not None
    assert json.loads(silent.info) == {
        "kind": "ExecCredential",
        "apiVersion": V1,
        "spec": {"interactive": False},
    }
    assert json.loads(told.info)["spec"]["cluster"] == {
        "server": "https://api:6443",
        "certificate-authority-data": b64("ca"),
        "config": {"audience": "a"},
    }
    assert (told.args, told.env) == (("a",), (("N", "V"),))


def test_reprs_mask_what_is_secret() -> None:
    canary = "planted-canary"
    access = resolve(
        {"server": "https://api", "proxy-url": f"http://u:{canary}@p:1"},
        {
            "password": canary,
            "username": "u",
            "client-key-data": b64(canary),
            "client-certificate-data": b64(canary),
            "exec": {
                "command": "x",
                "apiVersion": V1,
                "args": [f"--secret={canary}"],
                "env": [{"name": "A", "value": canary}],
            },
        },
    )
    assert canary not in repr(access)
    assert access.user.password == canary
    assert "https://api" in repr(access)


def test_impersonation_needs_a_user() -> None:
    with pytest.raises(KubeconfigError, match="without a user"):
        Impersonation("", groups=("system:masters",))


def test_files_of_a_user_are_not_read_yet(tmp_path: Path) -> None:
    access = resolve(SERVER, {"tokenFile": str(tmp_path / "later")})
    assert access.user.token_file == tmp_path / "later"
