"""Structured content keeps to its room, and what is not in it is counted exactly."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.tools.fitting import fitted, size_of

LEAST = 1_500
"""Bytes in which even the largest of the items below has room for its fields."""


def line(cluster: str, **more: Any) -> dict[str, Any]:
    calm = {"state": "synced", "age_s": 1.0, "not_visible": [], "error": "", "behind": [], "aliases": []}
    return {"cluster": cluster, **calm, **more}


ITEMS = st.fixed_dictionaries(
    {
        "name": st.text("abc", min_size=1, max_size=8),
        "text": st.integers(0, 3_000).map(lambda length: "ä" * length),
        "values": st.lists(st.integers(0, 9), max_size=400),
    }
)


@given(
    items=st.lists(ITEMS, max_size=12),
    beside=st.lists(st.text("xyz", max_size=30), max_size=80),
    clusters=st.integers(0, 60),
    room=st.integers(LEAST, 20_000),
)
def test_it_keeps_to_the_room_and_counts_what_is_gone(
    items: list[dict[str, Any]], beside: list[str], clusters: int, room: int
) -> None:
    lines = [line(f"cluster-{number:02}") for number in range(clusters)]
    content: dict[str, Any] = {
        "items": items,
        "beside": beside,
        "freshness": lines,
        "omitted": {"count": 0, "cursor": None},
    }
    found = fitted(content, room, items=("items",))
    assert size_of(found.content) <= room
    assert list(found.content) == list(content)
    assert found.kept == len(found.content["items"])
    assert found.kept or not items
    for name in ("beside", "freshness"):
        assert len(found.content[name]) + found.cut.get(name, 0) == len(content[name])
    if not any(path.startswith("items.0") for path in found.cut):
        assert found.content["items"] == items[: found.kept]
    else:
        (first,) = found.content["items"]
        assert len(first["values"]) + found.cut.get("items.0.values", 0) == len(items[0]["values"])
        shown = first["text"].removesuffix("…")
        assert len(shown) + found.cut.get("items.0.text", 0) == len(items[0]["text"])


def test_what_fits_is_left_as_it_is() -> None:
    content = {"items": [1, 2], "omitted": {}}
    assert fitted(content, 8_000, items=("items",)) == (content, 2, {})


def test_clusters_that_are_not_well_keep_their_lines() -> None:
    lines = [line(f"cluster-{number:02}") for number in range(40)]
    lines[7] = line("cluster-07", age_s=30.0)
    lines[20] = line("cluster-20", state="stale", error="gone")
    lines[21] = line("cluster-21", not_visible=["pods: forbidden"])
    found = fitted({"items": ["x" * 2_000], "freshness": lines}, 3_200, items=("items",))
    kept = [each["cluster"] for each in found.content["freshness"]]
    assert kept == ["cluster-07", "cluster-20", "cluster-21"], "the oldest of those in sync stands for them"
    assert found.cut == {"freshness": 37}


@pytest.mark.parametrize("room", range(700, 800))
def test_no_cut_goes_through_a_fingerprint(room: int) -> None:
    content = {"items": [{"text": "<masked:0123456789ab> " * 100}], "omitted": {}}
    (item,) = fitted(content, room, items=("items",)).content["items"]
    assert item["text"].removesuffix("…").replace("<masked:0123456789ab>", "").strip() == ""


def test_a_picture_comes_besides_and_whole() -> None:
    content = {"nodes": ["x" * 50] * 100, "picture": "<svg>" + "x" * 9_000, "omitted": {}}
    found = fitted(content, 4_000, whole=("picture",))
    assert found.content["picture"] == content["picture"]
    assert size_of({**found.content, "picture": ""}) <= 4_000


def test_a_manifest_with_very_many_keys_fits() -> None:
    item = {"manifest": {"data": {f"key-{number}": "x" * 30 for number in range(1_000)}}}
    found = fitted({"items": [item], "omitted": {}}, 8_000, items=("items",))
    assert size_of(found.content) <= 8_000
    kept = found.content["items"][0]["manifest"]["data"]
    assert len(kept) + found.cut["items.0.manifest.data"] == 1_000
