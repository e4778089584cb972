"""What kubectl users type."""

from __future__ import annotations

import click
import pytest

from server.cli.targets import Target, parse_target


@pytest.mark.parametrize(
    ("words", "target"),
    [
        ([], Target()),
        (["hr"], Target("hr")),
        (["hr", "podinfo"], Target("hr", "podinfo")),
        (["hr/podinfo"], Target("hr", "podinfo")),
        (["deployments.apps/web"], Target("deployments.apps", "web")),
        (["HelmRelease/apps/podinfo"], Target("HelmRelease", "podinfo", "apps")),
    ],
)
def test_forms(words: list[str], target: Target) -> None:
    assert parse_target(words) == target


def test_the_namespace_option_applies() -> None:
    assert parse_target(["hr/podinfo"], "apps") == Target("hr", "podinfo", "apps")
    assert parse_target(["hr/apps/podinfo"], "apps") == Target("hr", "podinfo", "apps")


@pytest.mark.parametrize("words", [["a", "b", "c"], ["/b"], ["a/"], ["a/b", "c"], ["a/b/c/d"], [""]])
def test_what_cannot_be_read_is_refused(words: list[str]) -> None:
    with pytest.raises(click.UsageError, match="KIND/NAME"):
        parse_target(words)


def test_two_namespaces_contradict_each_other() -> None:
    with pytest.raises(click.UsageError, match="namespace apps"):
        parse_target(["hr/apps/podinfo"], "team-a")
