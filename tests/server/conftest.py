"""Hand-made answers for the renderers; a prepared store for tools and commands is in conftest_store."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from query.results import Freshness, ObjectRef

NOW = 1_700_000_000.0
"""2023-11-14T22:13:20Z"""

MakeRef = Callable[..., ObjectRef]


@pytest.fixture
def ref() -> MakeRef:
    """`ref("podinfo")` is a HelmRelease in namespace apps of staging; everything can be said otherwise."""

    def make(
        name: str, kind: str = "HelmRelease", cluster: str = "staging", namespace: str | None = "apps"
    ) -> ObjectRef:
        return ObjectRef(cluster, "v1", kind, namespace, name)

    return make


@pytest.fixture
def now() -> float:
    return NOW


@pytest.fixture
def synced() -> tuple[Freshness, ...]:
    return (Freshness("production-eu", "synced", 1.2), Freshness("staging", "synced", 3.4))
