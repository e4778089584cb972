"""The group of commands: quick to start, and every command is where the table says."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from server.cli import main

HEAVY = ("alembic", "anyio", "kubernetes", "mcp", "msgspec", "networkx", "rich", "sqlalchemy", "yaml")


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom server.cli import main\nmain(['--help'], standalone_mode=False)\n"
        f"print('heavy:', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "status" in result.stdout
    assert result.stdout.endswith("heavy: []\n")


def test_every_command_is_there_and_says_what_it_does() -> None:
    with click.Context(main) as context:
        for name in main.list_commands(context):
            command = main.get_command(context, name)
            assert command is not None
            assert command.help, name


@pytest.mark.parametrize("words", [["nonsense"], ["status", "--nonsense"]])
def test_usage_errors_end_with_2(words: list[str]) -> None:
    assert CliRunner().invoke(main, words).exit_code == 2


def test_version() -> None:
    assert CliRunner().invoke(main, ["--version"]).output.startswith("flux-mirror ")
