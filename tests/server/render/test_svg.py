"""SVG drawings: well-formed, self-contained, complete; states without colour; nothing escapes its quotes."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from query.results.answer import DependencyGraph
from server.render.picture import picture_of
from server.render.svg import render_svg
from server.render.svg_text import fitted, safe, width_of
from tests.server.render.graphs import NASTY, delivery, graph, nasty, node, product, small

SPACE = "{http://www.w3.org/2000/svg}"


def drawn(of: DependencyGraph, **how: bool) -> ET.Element:
    return ET.fromstring(render_svg(picture_of(of, **how), title="what it is", notes=["Data: in sync"]))


def texts(svg: ET.Element) -> list[str]:
    return ["".join(each.itertext()) for each in svg.iter(f"{SPACE}text")]


@pytest.mark.parametrize(
    "of", [small(), product(4), product(40), delivery(), nasty(), graph([node("a")], [])]
)
def test_it_is_well_formed_and_needs_nothing_else(of: DependencyGraph) -> None:
    text = render_svg(picture_of(of), title="t")
    svg = ET.fromstring(text)
    tags = {each.tag.removeprefix(SPACE) for each in svg.iter()}
    assert tags <= {"svg", "title", "style", "rect", "g", "path", "circle", "text", "tspan"}
    attributes = {name for each in svg.iter() for name in each.attrib}
    assert not {name for name in attributes if name.startswith("on") or "href" in name or name == "style"}
    style = "".join(svg.find(f"{SPACE}style").itertext())  # type: ignore[union-attr]
    assert "url(" not in style
    assert "@import" not in style


def test_every_object_has_its_state_as_word_colour_and_sign() -> None:
    svg = drawn(small())
    groups = [each for each in svg.iter(f"{SPACE}g") if each.find(f"{SPACE}title") is not None]
    said = {}
    for group in groups:
        words = [text.text for text in group.findall(f"{SPACE}text")]
        classes = " ".join(each.get("class", "") for each in group.iter())
        shape = "rect" if group.find(f"{SPACE}g/{SPACE}rect") is not None else "circle"
        said[words[2]] = (words[1], re.findall(r"fm-rim-(\w+)", classes), shape)
    assert said["checkout-limits"] == ("Missing", ["missing"], "rect")
    assert said["shop"] == ("Ready", [], "circle")
    assert ("Failed", ["failed"], "circle") in said.values() or said["checkout"][0] == "Progressing"
    assert len(groups) == 5


def test_light_and_dark_have_the_same_classes() -> None:
    text = render_svg(picture_of(small()), title="t")
    light, dark = text.split("@media (prefers-color-scheme:dark)")
    names = re.compile(r"\.fm-[\w-]+\{(?:fill|stroke):#")
    coloured = {match.split("{")[0] for match in names.findall(light)}
    assert coloured == {match.split("{")[0] for match in names.findall(dark)}
    assert len(coloured) > 15


def test_what_is_not_drawn_is_counted() -> None:
    svg = ET.fromstring(render_svg(picture_of(product(30), most=40), title="t"))
    assert any(re.fullmatch(r"\d+ more objects are not drawn.*", text) for text in texts(svg))


def test_ties_are_explained_and_told_apart_without_colour() -> None:
    svg = drawn(small())
    dashes = {
        each.get("class", "").split()[1]: each.get("stroke-dasharray")
        for each in svg.iter(f"{SPACE}path")
        if each.get("class", "").startswith("fm-line ")
    }
    assert dashes == {"fm-line-content": None, "fm-line-ownership": None, "fm-line-configuration": "2 3"}
    assert {"generates", "source", "reads", "manages"} <= set(texts(svg))


def test_clusters_are_frames_only_where_there_are_several() -> None:
    frames = [each for each in drawn(delivery()).iter(f"{SPACE}rect") if each.get("class") == "fm-strip"]
    assert len(frames) == 3
    assert any(text.startswith("production") and "Failed" in text for text in texts(drawn(delivery())))
    assert not [each for each in drawn(small()).iter(f"{SPACE}rect") if each.get("class") == "fm-strip"]


def test_an_edge_into_another_cluster_joins_two_frames() -> None:
    nodes = [
        node("apps", "Kustomization", cluster="hub"),
        node("web", "Deployment", "Failed", cluster="edge"),
    ]
    svg = drawn(graph(nodes, [(0, 1, "manages")]))
    frames = [
        float(each.get("y", "")) for each in svg.iter(f"{SPACE}rect") if each.get("class") == "fm-strip"
    ]
    assert len(frames) == 2
    (line,) = [each for each in svg.iter(f"{SPACE}path") if "fm-loud" in each.get("class", "")]
    ys = [float(y) for _, y in re.findall(r"([\d.-]+) ([\d.-]+)", line.get("d", ""))]
    assert ys[-1] - ys[0] > 60, "from one frame down to the other"


def test_nothing_leaves_the_page() -> None:
    svg = drawn(delivery(), delivery=True)
    width, height = float(svg.get("width", "")), float(svg.get("height", ""))
    for rect in svg.iter(f"{SPACE}rect"):
        assert float(rect.get("x", "0")) + float(rect.get("width", "")) <= width
        assert float(rect.get("y", "0")) + float(rect.get("height", "")) <= height


def test_texts_are_cut_to_their_room_and_keep_both_ends() -> None:
    name = "checkout-payment-provider-6d4b75cb6d-x2x7k"
    cut = fitted(name, 150, 13)
    assert width_of(cut, 13) <= 150
    assert cut.startswith("checkout")
    assert cut.endswith("x7k")
    assert fitted("short", 150, 13) == "short"
    assert fitted("anything", 0, 13) == "…"


@pytest.mark.parametrize("text", NASTY)
def test_any_text_survives(text: str) -> None:
    back = ET.fromstring(f'<a b="{safe(text)}">{safe(text)}</a>')
    assert "<" not in safe(text)
    assert (back.text or "").split() == "".join(
        letter if letter in "\t\n\r" or ord(letter) >= 32 else "\N{REPLACEMENT CHARACTER}" for letter in text
    ).split()
