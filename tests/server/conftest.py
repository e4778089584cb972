"""Hand-made answers for the renderers; a written store for tools and commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from query.results.answer import Freshness, ObjectRef
from tests.query.stores import write_store
from tests.server.fleet import FLEET, FileStore

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


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileStore]:
    """The store of tests/server/fleet.py, written once; nobody changes it."""
    with write_store(tmp_path_factory.mktemp("fleet") / "store.db", FLEET) as reader:
        yield FileStore(reader)
