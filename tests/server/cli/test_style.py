"""Colour marks words of health, never parts of names."""

from __future__ import annotations

import click

from server.cli.style import styled


def test_words_of_health_are_coloured() -> None:
    text = styled("verdict\n✗ Kustomization/a  Failed: x")
    assert click.style("✗", fg="red") in text
    assert click.style("Failed", fg="red") in text
    assert click.unstyle(text) == "verdict\n✗ Kustomization/a  Failed: x"


def test_names_keep_their_colour() -> None:
    plain = "verdict\nConfigMap/apps/Ready-or-not in stale-cluster: x/failing"
    assert styled(plain) == click.style("verdict", bold=True) + plain.removeprefix("verdict")
