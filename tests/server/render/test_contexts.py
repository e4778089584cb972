"""Kubeconfig contexts and what the mirror has of them."""

from __future__ import annotations

from query.results.answer import Context, Contexts, Freshness
from server.render.contexts import render_contexts


def test_contexts(synced: tuple[Freshness, ...]) -> None:
    contexts = Contexts(
        contexts=(
            Context("staging", "https://127.0.0.1:6443", "default", True, True, "synced"),
            Context("prod", "https://prod:6443", "apps", False, False, "", "names no cluster"),
        ),
        freshness=synced,
    )
    assert render_contexts(contexts).text == (
        """\
2 contexts, 1 mirrored, current: staging

CONTEXT           SERVER                  NAMESPACE  MIRROR
staging  current  https://127.0.0.1:6443  default    synced
prod              https://prod:6443       apps       not mirrored: names no cluster

Data: all 2 clusters in sync, confirmed 3s ago"""
    )


def test_before_anything_is_mirrored_there_is_no_freshness_to_report() -> None:
    context = Context("a", "", "default", False, False)
    assert render_contexts(Contexts(contexts=(context,))).text.endswith("not mirrored")
