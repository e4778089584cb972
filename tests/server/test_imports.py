"""What a process imports before it does its work: a warm restart has a second for everything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        # A command, until it has started the mirror.
        ("server.cli.status, server.background", "alembic aiohttp mcp networkx query.view rich sqlalchemy"),
        # The mirror: what kubernetes brings, and what is only needed to make or upgrade a store.
        ("server.daemon", "alembic kubernetes.client kubernetes.config mcp networkx pydantic requests rich"),
    ],
)
def test_what_takes_long_is_not_imported(module: str, unwanted: str) -> None:
    command = f"import sys, {module}; print(*sorted(set({unwanted.split()!r}) & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=_ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
