"""How SQLite finds what a large fleet is asked for: by an index, and none made for the occasion."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from mirror.flux.claims import CLAIM_KEYS
from mirror.flux.kinds import HELM_GROUP
from mirror.keys import GroupKind
from mirror.records import Reference, Relation
from mirror.store import edges, objects, ownership
from mirror.store.contents import contents
from tests.mirror.store.plans import plan_of
from tests.mirror.store.scene import Store, batch, key, record

pytestmark = pytest.mark.anyio

DEPLOYMENT, HELM_RELEASE = GroupKind("apps", "Deployment"), GroupKind(HELM_GROUP, "HelmRelease")


@pytest.mark.parametrize("number", [1, 8, 64, 512])
@pytest.mark.parametrize("relations", [None, {"owner"}, {"owner", "manages"}, set("abcdefghijk")])
async def test_edges_are_looked_up_object_by_object(
    store: Store, number: int, relations: set[str] | None
) -> None:
    ids = range(1, number + 1)
    down, up = relations or {"source"}, relations or {"source"}
    plan = await store.look(
        plan_of(
            lambda c: edges.incoming(c, ids, relations),
            lambda c: edges.outgoing(c, ids, relations),
            lambda c: edges.neighbourhood(c, ids, down=down, up=up, depth=1, limit=9),
            lambda c: objects.by_ids(c, ids),
        )
    )
    assert plan
    assert [line for line in plan if "AUTOMATIC" in line or line.startswith("SCAN edge")] == []


@pytest.mark.parametrize("kinds", [{DEPLOYMENT}, {DEPLOYMENT, HELM_RELEASE}])
@pytest.mark.parametrize(
    ("namespaces", "names"),
    [
        (None, None),
        (None, ["web", "api"]),
        (["apps"], None),
        (["apps"], ["web"]),
        (["apps", "shop"], ["web", "api"]),
    ],
)
async def test_contents_are_grouped_in_the_order_of_their_index(
    store: Store, kinds: set[GroupKind], namespaces: list[str] | None, names: list[str] | None
) -> None:
    def ask(connection: Connection) -> None:
        for clusters, whole in (({1: "staging"}, True), ({1: "staging", 2: "production"}, False)):
            contents(connection, clusters, kinds, whole=whole, namespaces=namespaces, names=names)

    plan = await store.look(plan_of(ask))
    assert {line.partition(" (")[0] for line in plan} == {"SEARCH object USING COVERING INDEX object_by_kind"}


async def test_ownership_walks_over_what_is_in_question(store: Store) -> None:
    listed = [Reference(Relation.MANAGES, "status.inventory", key("web"))]
    both = [record(name, kind="Kustomization", references=listed) for name in ("apps", "infra")]
    await store.writer.apply(batch(record("web"), *both))
    every = (ownership.shared, ownership.gone, ownership.unmanaged)
    plan = await store.look(plan_of(*(lambda c, ask=ask: ask(c, None) for ask in every)))
    scans = {line.partition(" <- ")[0] for line in plan if line.startswith("SCAN")}
    assert scans <= {
        "SCAN edge USING INDEX edge_managed",
        "SCAN edge USING COVERING INDEX edge_managed",
        "SCAN edge USING COVERING INDEX edge_by_dst",
        "SCAN CONSTANT ROW",
        "SCAN unheld",
        "SCAN object USING INDEX object_absent",
        "SCAN object USING INDEX object_labelled_by_flux",
    }
    assert any("edge JOIN object" in line for line in plan)
    assert any(line.startswith("MERGE (EXCEPT)") for line in plan)
    assert any("object_absent" in line for line in plan)
    assert any("object_labelled_by_flux" in line for line in plan)


def test_the_index_of_what_flux_labels_has_every_claim() -> None:
    assert all("fluxcd." in key for key in CLAIM_KEYS)
