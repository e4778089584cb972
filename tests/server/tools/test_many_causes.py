"""A bad day: a hundred objects fail in many clusters, and the answer is still one page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from mcp import Client

from server.render.budget import BUDGET_BYTES
from server.tools.fitting import room_for, size_of
from tests.query.manifests import failed, git_repository, kustomization
from tests.query.stores import Content, write_store
from tests.server.fleet import FileStore
from tests.server.tools.asking import ask, served_on

pytestmark = pytest.mark.anyio

CLUSTERS, FAILING = 20, 5
REVISION = "main@sha1:" + "a" * 40


def broken(cluster: int, number: int) -> dict[str, object]:
    """Each fails for a reason of its own, told at length."""
    why = (
        f"kustomize build failed: accumulating resources: missing file {cluster}-{number}.yaml " + "x" * 2_000
    )
    return kustomization(f"app-{number}", status=failed("BuildFailed", why, lastAppliedRevision=REVISION))


def content(cluster: int) -> Content:
    waiting = failed("DependencyNotReady", "dependency 'flux-system/base' is not ready")
    return Content(
        objects=[
            git_repository(REVISION),
            *(broken(cluster, number) for number in range(FAILING)),
            *(kustomization(f"paused-{number}", suspend=True) for number in range(FAILING)),
            kustomization("base"),
            *(
                kustomization(f"waits-{number}", status=waiting, dependsOn=[{"name": "base"}])
                for number in range(FAILING)
            ),
        ]
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileStore]:
    fleet = {f"prod-{number:02}": content(number) for number in range(CLUSTERS)}
    with write_store(tmp_path_factory.mktemp("store") / "store.db", fleet) as reader:
        yield FileStore(reader)


async def test_a_hundred_causes_fit_the_budget_and_are_counted(store: FileStore) -> None:
    """The causes, and what waits or is suspended: named or counted, never lost."""
    async with Client(await served_on(store, "prod-00")) as client:
        text, found = await ask(client, "find_root_cause")
    assert len(text.encode()) <= BUDGET_BYTES
    total = CLUSTERS * FAILING
    assert f"1 of {total} causes" in text
    assert found["causes"]
    shown = sum(len(found[field]) for field in ("causes", "transient", "suspended"))
    assert shown + found["omitted"]["count"] == 3 * total


async def test_the_structured_answer_is_bounded_too(store: FileStore) -> None:
    """It has the evidence whole, no more causes than the text, and says where to go on."""
    async with Client(await served_on(store, "prod-00")) as client:
        text, found = await ask(client, "find_root_cause", limit=500)
    assert len(text.encode()) <= BUDGET_BYTES
    assert size_of(found) <= room_for(BUDGET_BYTES)
    assert 1 < len(found["causes"]) <= text.count("\n   next: ")
    assert found["omitted"]["cursor"].startswith(f"{len(found['causes'])}-")


async def test_one_object_of_many_clusters(store: FileStore) -> None:
    async with Client(await served_on(store, "prod-00")) as client:
        text, found = await ask(client, "find_root_cause", kind="ks", name="app-0")
    assert len(text.encode()) <= BUDGET_BYTES
    assert len(found["causes"]) + found["omitted"]["count"] == CLUSTERS
