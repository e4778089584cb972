"""Clusters that do not have the same kinds, questions that cannot be asked: the sentences that are read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
from mcp import Client

from tests.query.manifests import Document, helm_release, kustomization
from tests.query.stores import RESOURCES, Content, write_store
from tests.server.fleet import FileStore
from tests.server.tools.asking import ask, refusal, served_on

pytestmark = pytest.mark.anyio

HELM = "helm.toolkit.fluxcd.io"
WITHOUT = tuple(item for item in RESOURCES if item.group != HELM)
OLDER = tuple(item._replace(version="v2beta2") if item.group == HELM else item for item in RESOURCES)
NOT_SERVED = "Note: HelmRelease is not served in none"
VERSIONS = (
    "Note: HelmRelease is mirrored as v2 in new, as v2beta2 in old; "
    "fields of one version may have another name"
)


def release(version: str = "v2", replicas: int = 1) -> Document:
    return {**helm_release(values={"replicas": replicas}), "apiVersion": f"{HELM}/{version}"}


FLEET = {
    "new": Content(objects=[release(), kustomization("apps")]),
    "old": Content(objects=[release("v2beta2"), kustomization("apps")], served=OLDER),
    "none": Content(objects=[kustomization("apps")], served=WITHOUT),
    "broken": Content(objects=[kustomization("apps")], served=WITHOUT, unread=(HELM,)),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileStore]:
    with write_store(tmp_path_factory.mktemp("unlike") / "store.db", FLEET) as reader:
        yield FileStore(reader)


@pytest.fixture
async def client(store: FileStore) -> AsyncIterator[Client]:
    async with Client(await served_on(store, *FLEET)) as connected:
        yield connected


async def test_one_object_that_is_alike_in_two_versions(client: Client) -> None:
    text, found = await ask(client, "compare_clusters", kind="hr", name="web", clusters=["new", "old"])
    assert text.splitlines()[:2] == ["No difference between new, old: 1 object identical", VERSIONS]
    assert found["notes"] == [VERSIONS.removeprefix("Note: ")]
    assert found["identical"] == 1


@pytest.mark.parametrize("question", [{"kind": "hr", "name": "web"}, {"kind": "HelmRelease"}, {}])
async def test_a_kind_that_only_some_clusters_have(client: Client, question: dict[str, Any]) -> None:
    """Where it is not served it is missing; where its API group cannot be read nobody knows."""
    text, found = await ask(client, "compare_clusters", **question)
    assert text.splitlines()[:3] == [
        "HelmRelease/apps/web differs between broken, new, none, old: missing in none, not visible in broken",
        NOT_SERVED,
        VERSIONS,
    ]
    assert text.endswith(f"broken: cannot see {HELM}: the API group cannot be read")
    (release,) = found["objects"]
    assert (release["missing_in"], release["not_visible_in"]) == (["none"], ["broken"])


async def test_a_kind_that_none_of_the_chosen_clusters_has(client: Client) -> None:
    text, _ = await ask(client, "compare_clusters", kind="hr", clusters=["none", "broken"])
    assert text.splitlines()[:2] == [
        "Nothing to compare between broken, none: no HelmRelease; not everything could be seen in broken",
        NOT_SERVED,
    ]


@pytest.mark.parametrize(
    ("question", "what", "then"),
    [
        (
            {"kind": "hr", "selector": "a in (b"},
            "label selector `a in (b` does not parse at `a in (b`",
            "as in kubectl, separated by commas: `app=web,tier in (a,b),env!=prod,!legacy`",
        ),
        (
            {"kind": "hr", "selector": "app=web,"},
            "label selector `app=web,` does not parse where a comma has nothing beside it",
            "as in kubectl, separated by commas: `app=web,tier in (a,b),env!=prod,!legacy`",
        ),
        (
            {"clusters": ["prod-*"]},
            "no mirrored cluster matches `prod-*`",
            "mirrored: broken, new, none, old",
        ),
        ({"clusters": ["nwe", "old"]}, "no mirrored cluster matches `nwe`", "did you mean `new`, `none`?"),
        (
            {"kind": "hr", "name": "web", "baseline": "nwe"},
            "no mirrored cluster matches `nwe`",
            "did you mean `new`, `none`?",
        ),
        (
            {"kind": "widget"},
            "no cluster serves a kind `widget`",
            f"API groups that cannot be read now: {HELM} in broken",
        ),
        (
            {"kind": "hr", "name": "wbe"},
            "no HelmRelease/wbe in broken, new, none, old",
            "did you mean `apps/web`?; could not be looked for in broken (its API group cannot be read)",
        ),
        ({"name": "web"}, "of what kind is `web`?", "give kind as well, for example HelmRelease"),
        (
            {"kind": "hr", "cursor": "next"},
            "`next` is no cursor",
            "take it from omitted.cursor of the answer before, as it is",
        ),
        (
            {"kind": "hr", "cursor": "50-00000000-00000000"},
            "the cursor belongs to another question",
            "repeat the arguments of the page before with it, or ask without a cursor",
        ),
    ],
)
async def test_the_sentence_says_what_is_wrong_and_what_to_do(
    client: Client, question: dict[str, Any], what: str, then: str
) -> None:
    said = await refusal(client, "compare_clusters", **question)
    assert said.splitlines() == [f"Error executing tool compare_clusters: error: {what}", f"next: {then}"]


async def test_a_cursor_of_an_old_answer_is_refused_in_words(tmp_path: Path) -> None:
    """Between two pages the first object has become the same everywhere."""

    def content(*odd: str) -> Content:
        names = ("a", "b", "c")
        return Content(objects=[kustomization(name, path="./x" if name in odd else "./y") for name in names])

    def written(name: str, *odd: str) -> FileStore:
        fleet = {"one": content(), "two": content(*odd)}
        return FileStore(write_store(tmp_path / name / "store.db", fleet))

    before = await anyio.to_thread.run_sync(written, "before", "a", "b", "c")
    after = await anyio.to_thread.run_sync(written, "after", "b", "c")
    async with Client(await served_on(before, "one", "two")) as client:
        _, found = await ask(client, "compare_clusters", kind="ks", limit=1)
        assert found["omitted"]["count"] == 2
        before.reader = after.reader
        said = await refusal(client, "compare_clusters", kind="ks", cursor=found["omitted"]["cursor"])
    what = "the store has changed: what the pages before have shown is not in its place any more"
    assert said.splitlines() == [
        f"Error executing tool compare_clusters: error: {what}",
        "next: ask again without a cursor; a larger max_tokens shows more at once",
    ]
