"""The generated pages are those that the code would write now."""

from __future__ import annotations

from pathlib import Path

from server.docs import documents, outdated, write

DOCS = Path(__file__).parents[2] / "docs"


def test_the_committed_pages_are_up_to_date() -> None:
    assert outdated(DOCS) == [], "run `python -m server.docs`"


def test_a_changed_page_is_noticed(tmp_path: Path) -> None:
    assert outdated(tmp_path) == ["tools.md", "cli.md"]
    write(tmp_path)
    assert outdated(tmp_path) == []
    (tmp_path / "cli.md").write_text("old", encoding="utf-8")
    assert outdated(tmp_path) == ["cli.md"]


def test_every_argument_and_field_is_there() -> None:
    pages = documents()
    assert "| `apiVersion` | string |" in pages["tools.md"]
    assert "## RootCause" in pages["tools.md"]
    assert "| `class` | string |" in pages["tools.md"]
    assert "## flux-mirror why" in pages["cli.md"]
