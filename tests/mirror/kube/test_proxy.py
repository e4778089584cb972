"""The environment's proxy variables mean what they mean to kubectl."""

from __future__ import annotations

import pytest

from mirror.kube.proxy import environment_proxy

PROXY = "http://proxy:3128"


@pytest.mark.parametrize(
    ("server", "environ", "proxy"),
    [
        ("https://api.example.org", {}, ""),
        ("https://api.example.org", {"HTTPS_PROXY": PROXY}, PROXY),
        ("https://api.example.org", {"https_proxy": PROXY}, PROXY),
        ("https://api.example.org", {"HTTP_PROXY": PROXY}, ""),
        ("http://api.example.org", {"HTTP_PROXY": PROXY}, PROXY),
        ("https://api.example.org", {"HTTPS_PROXY": "proxy:3128"}, PROXY),
        ("https://127.0.0.1:6443", {"HTTPS_PROXY": PROXY}, ""),
        ("https://[::1]:6443", {"HTTPS_PROXY": PROXY}, ""),
        ("https://localhost:6443", {"HTTPS_PROXY": PROXY}, ""),
    ],
)
def test_which_variable_counts(server: str, environ: dict[str, str], proxy: str) -> None:
    assert environment_proxy(server, environ) == proxy


@pytest.mark.parametrize(
    ("server", "no_proxy", "direct"),
    [
        ("https://api.example.org", "*", True),
        ("https://api.example.org", "example.org", True),
        ("https://api.example.org", ".example.org", True),
        ("https://api.example.org", "*.example.org", True),
        ("https://API.Example.org", "other, api.example.org", True),
        ("https://api.example.org", "ample.org", False),
        ("https://api.example.org:6443", "api.example.org:6443", True),
        ("https://api.example.org:6443", "api.example.org:443", False),
        ("https://10.1.2.3:6443", "10.0.0.0/8", True),
        ("https://11.1.2.3:6443", "10.0.0.0/8", False),
        ("https://10.1.2.3", "10.1.2.3", True),
        ("https://[fd00::1]:6443", "fd00::/8", True),
        ("https://api.example.org", "", False),
        ("https://api.example.org", ",,", False),
    ],
)
def test_no_proxy(server: str, no_proxy: str, direct: bool) -> None:
    found = environment_proxy(server, {"HTTPS_PROXY": PROXY, "NO_PROXY": no_proxy})
    assert found == ("" if direct else PROXY)
