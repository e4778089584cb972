"""Mermaid charts: valid whatever objects are called, and never larger than what Mermaid draws."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from query.results.answer import DependencyGraph
from server.render.mermaid import LONGEST, MOST_BYTES, MOST_EDGES, render_mermaid
from server.render.picture import picture_of
from tests.server.render.graphs import NASTY, delivery, graph, nasty, node, product, small

SAFE = r"(?:[A-Za-z0-9 ./,()+=@✓✗…‖○·-]|#\d+;)"
LABEL = rf'"{SAFE}+(?:<br/>{SAFE}+){{0,3}}"'
LINES = (
    r"flowchart LR",
    rf"\s+subgraph c\d+\[{LABEL}\]",
    r"  end",
    rf"\s+n\d+\[{{1,2}}{LABEL}\]{{1,2}}",
    rf'  n\d+ (?:-->|-\.->)\|"{SAFE}+"\| n\d+',
    r"  classDef [a-z]+ [a-z#0-9:, -]+",
    r"  class n\d+(?:,n\d+)* [a-z]+",
)
GRAPHS = {
    "one": graph([node("a")], []),
    "small": small(),
    "forty": product(5),
    "hundreds": product(40),
    "clusters": delivery(),
    "nasty": nasty(),
    "ring": graph([node("a"), node("b")], [(0, 1, "depends"), (1, 0, "depends")]),
}


@pytest.mark.parametrize("of", GRAPHS.values(), ids=GRAPHS)
def test_every_line_has_one_of_the_known_forms(of: DependencyGraph) -> None:
    chart = render_mermaid(picture_of(of))
    assert chart.endswith("\n")
    for line in chart.splitlines():
        assert any(re.fullmatch(form, line) for form in LINES), line


def test_states_are_words_signs_and_classes() -> None:
    chart = render_mermaid(picture_of(small()))
    assert '  n0["HelmRelease · shop<br/>checkout<br/>✗ Failed#58; ValuesError<br/>4.2.1"]' in chart
    assert '  n0 -.->|"reads"| n1' in chart
    assert "  class n1 missing" in chart
    assert "  class n0 asked" in chart


def test_clusters_are_subgraphs_where_there_are_several() -> None:
    chart = render_mermaid(picture_of(delivery()))
    assert [line.strip() for line in chart.splitlines() if "subgraph" in line] == [
        'subgraph c0["development"]',
        'subgraph c1["staging"]',
        'subgraph c2["production"]',
    ]
    assert "subgraph" not in render_mermaid(picture_of(small()))


def test_labels_are_bounded() -> None:
    chart = render_mermaid(picture_of(graph([node("n" * 5_000)], [])))
    assert len(chart) < 6 * LONGEST + 200


@pytest.mark.long
def test_the_real_parser_takes_them(tmp_path: Path) -> None:
    """Needs node and the npm packages mermaid and jsdom: `npm install mermaid jsdom` somewhere, and that
    folder in FLUX_MIRROR_TEST_MERMAID."""
    folder = os.environ.get("FLUX_MIRROR_TEST_MERMAID", "")
    if shutil.which("node") is None:
        pytest.skip("no node on this machine")
    if not (Path(folder) / "node_modules" / "mermaid").is_dir():
        pytest.skip("FLUX_MIRROR_TEST_MERMAID names no folder with the npm packages mermaid and jsdom")
    charts = {name: render_mermaid(picture_of(of)) for name, of in GRAPHS.items()}
    charts |= {
        f"nasty {number}": render_mermaid(picture_of(graph([node(name), node("b")], [(0, 1, name)])))
        for number, name in enumerate(NASTY)
    }
    charts["full"] = _full()
    (tmp_path / "charts.json").write_text(json.dumps(charts), encoding="utf-8")
    script = Path(__file__).with_name("parse_mermaid.mjs")
    done = subprocess.run(
        ["node", str(script), str(tmp_path / "charts.json"), folder],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {name: answer["type"] for name, answer in found.items()} == dict.fromkeys(charts, "flowchart-v2")
    for name, answer in found.items():
        assert answer["vertices"] == len(re.findall(r"^\s+n\d+\[", charts[name], re.MULTILINE)), name
        assert answer["edges"] == len(re.findall(r"^\s+n\d+ -", charts[name], re.MULTILINE)), name
    label = found["small"]["labels"][0].replace("<br>", "\n")
    assert label == "HelmRelease · shop\ncheckout\n✗ Failed: ValuesError\n4.2.1"


def _full() -> str:
    """As large as it gets."""
    from server.render.drawing import render_graph

    drawing = render_graph(product(90), "mermaid", budget=None)
    assert 0.5 * MOST_BYTES < len(drawing.picture.encode()) <= MOST_BYTES
    assert drawing.picture.count("| n") <= MOST_EDGES
    return drawing.picture
