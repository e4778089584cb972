"""One graph in three forms, for a model and for a person, inside their bounds."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import get_args

import pytest

from query.results.answer import Freshness
from server.render.drawing import PICTURE_BYTES, Form, render_graph
from tests.server.render.graphs import delivery, nasty, product, small


@pytest.mark.parametrize("form", get_args(Form))
@pytest.mark.parametrize("plan", ["dependencies", "delivery"])
def test_a_model_gets_no_more_than_the_budget(form: Form, plan: str) -> None:
    for of in (small(), product(60, pods=3), delivery(), nasty()):
        drawing = render_graph(of, form, plan="delivery" if plan == "delivery" else "dependencies")
        assert len(drawing.page.text.encode()) <= 8_000
        assert len(drawing.picture.encode()) <= PICTURE_BYTES


def test_a_chart_stands_in_a_fence_and_alone_in_the_picture(synced: tuple[Freshness, ...]) -> None:
    drawing = render_graph(product(60), "mermaid")
    lines = drawing.page.text.splitlines()
    start, end = lines.index("```mermaid"), lines.index("```")
    assert "\n".join(lines[start + 1 : end]) + "\n" == drawing.picture
    assert any(line.endswith("objects not drawn") for line in lines[end:])
    assert lines[0].startswith("Kustomization/flux-system/apps in staging needs")


def test_a_drawing_is_described_for_those_who_see_none() -> None:
    drawing = render_graph(small(), "svg")
    assert "├─ reads ✗ ConfigMap/shop/checkout-limits  Missing" in drawing.page.text
    assert "`picture`" in drawing.page.text
    assert ET.fromstring(drawing.picture).tag.endswith("svg")


@pytest.mark.parametrize("form", ["mermaid", "svg"])
def test_a_person_gets_the_drawing_and_nothing_else(form: Form) -> None:
    drawing = render_graph(product(40), form, budget=None)
    assert drawing.page.text + "\n" == drawing.picture
    assert "not drawn" not in drawing.picture


def test_delivery_as_text_goes_from_the_source_down() -> None:
    text = render_graph(delivery(["staging", "production"]), "text", plan="delivery").page.text
    assert text.startswith("Delivery in staging, production: 20 objects\n\n")
    assert (
        "✓ GitRepository/flux-system/flux-system  main@sha1:4e1f0c7d in production\n"
        "└─ feeds … Kustomization/flux-system/apps  Progressing: Progressing"
        "  main@sha1:9b3c1d5e, not yet main@sha1:4e1f0c7d\n"
        "   └─ manages ✗ HelmRelease/apps/web  Failed: UpgradeFailed  6.7.0, not yet 6.7.1\n" in text
    )
    assert "manages ✓ 1 ConfigMap, 3 Services" in text
