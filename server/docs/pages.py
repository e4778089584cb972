"""Which pages are generated, and whether the files say what the code says."""

from __future__ import annotations

from pathlib import Path

from server.cli import main as cli
from server.docs.cli import cli_page
from server.docs.example import delivery_picture
from server.docs.limits import limits_page
from server.docs.schema import schema_page
from server.docs.settings import settings_page
from server.docs.tools import tools_page

__all__ = ["documents", "outdated", "write"]


def documents() -> dict[str, str]:
    """File name in docs/ → its content."""
    return {
        "tools.md": tools_page(),
        "cli.md": cli_page(cli),
        "settings.md": settings_page(cli),
        "schema.md": schema_page(),
        "limits.md": limits_page(),
        "delivery.svg": delivery_picture(),
    }


def outdated(folder: Path) -> list[str]:
    """The names of the files in `folder` that are missing or differ from what the code says."""
    return [name for name, content in documents().items() if _read(folder / name) != content]


def write(folder: Path) -> None:
    """Write all of them; the folder must exist."""
    for name, content in documents().items():
        (folder / name).write_text(content, encoding="utf-8")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
