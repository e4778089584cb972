"""`flux-mirror demo`, as `make demo` runs it."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from tests.e2e.cli import Commands

pytestmark = pytest.mark.anyio


async def test_the_demo_shows_status_comparison_and_root_cause_and_leaves_nothing(tmp_path: Path) -> None:
    scratch = tmp_path / "tmp"
    await anyio.Path(scratch).mkdir()
    outcome = await Commands(tmp_path, TMPDIR=str(scratch)).run("demo")
    assert outcome.code == 0, outcome.err
    for shown in (
        "$ flux-mirror status",
        "HelmRelease/shop/checkout in production-eu: ValuesError",
        "$ flux-mirror compare HelmRelease/checkout -n shop",
        "spec.values.replicaCount: production-eu, production-us = 3; staging = 1",
        "$ flux-mirror why",
        "Root cause: ConfigMap/shop/checkout-limits in production-eu is missing",
        '"args": ["serve"]',
    ):
        assert shown in outcome.out
    assert "planted-canary" not in outcome.out + outcome.err
    assert [path async for path in anyio.Path(scratch).iterdir()] == []


async def test_a_scenario_tells_how_it_came_about_and_what_is_right(tmp_path: Path) -> None:
    commands = Commands(tmp_path)
    outcome = await commands.run("demo", "--scenario", "git-secret-missing")
    assert outcome.code == 0, outcome.err
    for shown in (
        "Scenario 1, git-secret-missing: The Secret with a GitRepository's credentials does not exist.",
        "59m ago: somebody deletes the Secret",
        "$ flux-mirror why Kustomization/flux-system -n flux-system",
        "Root cause: Secret/team/team-git in staging is missing",
        "Right: Secret/team/team-git in staging (Missing)",
    ):
        assert shown in outcome.out
    listed = await commands.run("demo", "--scenario", "nothing-of-that-name")
    assert listed.code == 2
    assert "git-secret-missing" in listed.out
    assert "there is no scenario 'nothing-of-that-name'" in listed.err
