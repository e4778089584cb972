"""What really runs behind the object that is compared, and how much of it was looked at."""

from __future__ import annotations

from pathlib import Path

from query.comparison.question import compare
from query.comparison.running import MOST_WORKLOADS
from server.render.comparison import render_comparison
from tests.query.manifests import Document, deployment, kustomization
from tests.query.stores import NOW, Content, view_of

MORE = 3
COUNT = MOST_WORKLOADS + MORE


def cluster(*, odd: str = "") -> list[Document]:
    names = [f"app-{number:02}" for number in range(COUNT)]
    apps = kustomization("apps")
    apps["status"]["inventory"] = {
        "entries": [{"id": f"apps_{name}_apps_Deployment", "v": "v1"} for name in names]
    }
    return [apps, *(deployment(name, image="web:2" if name == odd else "web:1") for name in names)]


def test_what_is_uneven_comes_first_and_what_was_not_looked_at_is_counted(tmp_path: Path) -> None:
    fleet = {name: Content(objects=cluster(odd="app-17" if name == "c" else "")) for name in "abc"}
    with view_of(tmp_path, fleet) as view:
        found = compare(view, kind="ks", name="apps")
    assert len(found.running) == MOST_WORKLOADS
    assert found.running_omitted == MORE
    first, *others = found.running
    assert first.object_key == "Deployment/apps/app-17"
    assert [(group.clusters, group.images) for group in first.groups] == [
        (("a", "b"), ("web:1",)),
        (("c",), ("web:2",)),
    ]
    assert all(workload.even for workload in others)
    text = render_comparison(found, now=NOW).text
    assert "- Deployment/apps/app-17: web:1 in a, b; web:2 in c\n" in text
    assert f"- … {MOST_WORKLOADS - 6} more workloads, the same everywhere\n" in text
    assert f"- … {MORE} more workloads not looked at\n" in text
