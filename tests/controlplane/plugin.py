"""pytest options that say where real API servers come from, and the marker of the tests that need them.

Registered by the first conftest, because options have to be known before anything is collected.
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path
from typing import NoReturn

import pytest

from tests.controlplane.providers import ControlPlanes, Existing, Kind, Provider

__all__ = ["chosen_provider", "pytest_addoption", "pytest_configure", "tell", "unavailable"]

_NAMES = ("controlplane", "kind", "existing")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("flux-mirror clusters", "real API servers for tests/controlplane")
    group.addoption(
        "--cluster-provider",
        choices=_NAMES,
        default=os.environ.get("FLUX_MIRROR_TEST_PROVIDER", "controlplane"),
        help="controlplane: etcd and kube-apiserver, built once (default); kind: needs Docker; "
        "existing: contexts of a kubeconfig (env FLUX_MIRROR_TEST_PROVIDER)",
    )
    group.addoption(
        "--cluster-kubeconfig",
        type=Path,
        default=os.environ.get("FLUX_MIRROR_TEST_KUBECONFIG"),
        help="with --cluster-provider=existing: the kubeconfig (env FLUX_MIRROR_TEST_KUBECONFIG)",
    )
    group.addoption(
        "--cluster-contexts",
        default=os.environ.get("FLUX_MIRROR_TEST_CONTEXTS", ""),
        help="with --cluster-provider=existing: its contexts, comma-separated; tests WRITE to these clusters "
        "(env FLUX_MIRROR_TEST_CONTEXTS)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "controlplane: talks to real API servers (slow to start, once a run)")


def chosen_provider(config: pytest.Config) -> Provider:
    """The provider that the command line or the environment names."""
    name = config.getoption("--cluster-provider")
    if name == "controlplane":
        return ControlPlanes()
    if name == "kind":
        return Kind()
    if name == "existing":
        contexts = [
            part.strip() for part in config.getoption("--cluster-contexts").split(",") if part.strip()
        ]
        return Existing(config.getoption("--cluster-kubeconfig"), contexts)
    raise pytest.UsageError(f"FLUX_MIRROR_TEST_PROVIDER={name}: it must be one of {', '.join(_NAMES)}")


def unavailable(reason: str) -> NoReturn:
    """Skip with the reason; fail where CI is set, because there these tests must run."""
    text = f"no real API servers: {reason}"
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        pytest.fail(f"{text} (in CI these tests must run)", pytrace=False)
    pytest.skip(text)


def tell(config: pytest.Config, text: str) -> None:
    """Say something at once: a build of minutes must not look like a hang behind captured output."""
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        print(f"\ncontrol plane: {text}", flush=True)
