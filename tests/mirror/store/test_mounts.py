"""Disks that are really full or read-only: a file system in memory, seen by one child process only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mirror.store.mounts import SCENARIOS

ROOT = Path(__file__).parents[3]


def can_mount(folder: Path) -> bool:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    mounted = ["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    return subprocess.run(mounted, capture_output=True, check=False).returncode == 0


@pytest.mark.long
@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_on_a_disk_of_its_own(tmp_path: Path, scenario: str) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    if not can_mount(folder):
        pytest.skip("mounts need root and `unshare -m`")
    command = ["unshare", "-m", sys.executable, "-m", "tests.mirror.store.mounts", scenario, str(folder)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
