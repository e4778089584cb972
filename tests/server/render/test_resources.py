"""Objects as a table, as fields, as a manifest."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from query.results.answer import Freshness, ObjectRef, Omitted, ResourceItem, Resources
from server.render.resources import render_resources

MakeRef = Callable[..., ObjectRef]

CREATED = "2023-11-14T22:01:20Z"


@pytest.fixture
def failing(ref: MakeRef) -> ResourceItem:
    return ResourceItem(ref("podinfo"), "Failed", "UpgradeFailed", "timed out waiting", "", "6.5.4", CREATED)


@pytest.fixture
def ready(ref: MakeRef) -> ResourceItem:
    return ResourceItem(ref("redis"), "Ready", "Succeeded", "all is well", "", "17.0.0", CREATED)


def test_a_table_with_what_is_wrong(
    failing: ResourceItem, ready: ResourceItem, now: float, synced: tuple[Freshness, ...]
) -> None:
    resources = Resources(items=(failing, ready), searched="", freshness=synced)
    assert render_resources(resources, now=now).text == (
        """\
2 HelmReleases in staging: 1 Failed, 1 Ready

CLUSTER  NAMESPACE  KIND         NAME     HEALTH  REASON         AGE  REVISION  MESSAGE
staging  apps       HelmRelease  podinfo  Failed  UpgradeFailed  12m  6.5.4     timed out waiting
staging  apps       HelmRelease  redis    Ready                  12m  17.0.0

Data: all 2 clusters in sync, confirmed 3s ago"""
    )


def test_columns_without_content_are_dropped(ready: ResourceItem, ref: MakeRef, now: float) -> None:
    node = msgspec.structs.replace(ready, object=ref("n1", "Node", namespace=None), revision="")
    text = render_resources(Resources(items=(node,), searched=""), now=now).text
    assert "CLUSTER  KIND  NAME  HEALTH  AGE\nstaging  Node  n1    Ready   12m" in text


def test_nothing_found_says_where_it_looked(now: float) -> None:
    text = render_resources(
        Resources(items=(), searched="HelmRelease in all namespaces of a, b"), now=now
    ).text
    assert text.startswith("Nothing found: HelmRelease in all namespaces of a, b\n")


def test_clusters_of_which_the_table_says_nothing_are_named(ready: ResourceItem, now: float) -> None:
    searched = "HelmRelease in all namespaces of staging; not served by lab; forbidden in prod"
    text = render_resources(Resources(items=(ready,), searched=searched), now=now).text
    assert text.startswith("1 HelmRelease in staging: 1 Ready\nNot served by lab; forbidden in prod\n\n")


def test_one_object_shows_its_manifest(failing: ResourceItem, now: float) -> None:
    whole = msgspec.structs.replace(
        failing, manifest={"kind": "HelmRelease", "metadata": {"name": "podinfo"}, "data": {"x": "a\nb\n"}}
    )
    text = render_resources(Resources(items=(whole,), searched=""), now=now).text
    assert "HelmRelease/apps/podinfo in staging  Failed: UpgradeFailed\n  kind: HelmRelease\n" in text
    assert "    x: |\n      a\n      b" in text


def test_projected_fields_are_lines(failing: ResourceItem, now: float) -> None:
    item = msgspec.structs.replace(failing, fields={"spec.suspend": True, "spec.interval": "1m"})
    text = render_resources(Resources(items=(item,), searched=""), now=now).text
    assert "  spec.suspend: true\n  spec.interval: 1m" in text


def test_a_page_says_how_many_there_are(ready: ResourceItem, now: float) -> None:
    alone = (Freshness("staging", "synced", 1.0),)
    page = Resources(items=(ready,), searched="", omitted=Omitted(41), freshness=alone)
    text = render_resources(page, now=now).text
    assert text.startswith("42 HelmReleases in staging: 1 Ready (of the first 1)\n")
    assert "… 41 objects not shown" in text


def test_many_rows_are_cut_whole(failing: ResourceItem, now: float) -> None:
    page = render_resources(Resources(items=(failing,) * 500, searched=""), now=now)
    assert len(page.text.encode()) <= 8_000
    assert f"… {500 - page.kept} objects not shown" in page.text


def test_a_page_does_not_say_in_which_clusters_the_hidden_ones_are(
    ready: ResourceItem, now: float, synced: tuple[Freshness, ...]
) -> None:
    page = Resources(items=(ready,), searched="", omitted=Omitted(41), freshness=synced)
    text = render_resources(page, now=now).text
    assert text.startswith("42 HelmReleases: 1 Ready (of the first 1)\n")
