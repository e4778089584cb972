"""Differences, field by field, with the clusters that share a value together."""

from __future__ import annotations

from typing import Any

from query.comparison.diff import ABSENT, FieldDifference
from query.comparison.shown import shown_difference
from query.results.answer import (
    Comparison,
    Difference,
    Freshness,
    Group,
    ObjectComparison,
    Omitted,
    RevisionState,
)
from server.render.comparison import render_comparison

CLUSTERS = ("production-eu", "production-us", "staging")
DIGEST = "0123456789abcdef0123456789abcdef01234567"


def difference(path: str, **values: Any) -> Difference:
    said = {name.replace("_", "-"): ABSENT if content is ... else content for name, content in values.items()}
    return shown_difference(FieldDifference(path, said))


def podinfo(*differences: Difference) -> ObjectComparison:
    groups = (Group(CLUSTERS[:2], "a"), Group(CLUSTERS[2:], "b"))
    return ObjectComparison("HelmRelease/apps/podinfo", groups, differences, outliers=("staging",))


def test_one_object(now: float, synced: tuple[Freshness, ...]) -> None:
    comparison = Comparison(
        clusters=CLUSTERS,
        objects=(
            podinfo(
                difference(
                    "spec.chart.spec.version", production_eu="6.5.4", production_us="6.5.4", staging="6.6.0"
                ),
                difference("spec.values.replicas", production_eu=3, production_us=2, staging=1),
                difference("spec.values.ui.color", production_eu=..., production_us=..., staging="#fff"),
            ),
        ),
        references=(
            ObjectComparison(
                "ConfigMap/apps/podinfo-values",
                (Group(("production-eu",), "a"),),
                (),
                missing_in=("staging",),
                not_visible_in=("production-us",),
                field="spec.valuesFrom[0]",
            ),
        ),
        identical=12,
        revisions=(
            RevisionState(
                "GitRepository/flux-system/flux",
                "production-eu",
                f"main@sha1:{DIGEST}",
                "",
                True,
                "",
                "fetched",
            ),
            RevisionState(
                "GitRepository/flux-system/flux",
                "staging",
                f"main@sha1:{DIGEST}",
                f"main@sha1:f{DIGEST}",
                False,
                "2023-11-14T22:01:20Z",
                "fetched",
                late=("Kustomization/flux-system/apps",),
            ),
        ),
        freshness=synced,
    )
    assert render_comparison(comparison, now=now).text == (
        """\
HelmRelease/apps/podinfo differs between production-eu, production-us, staging: 3 fields differ; \
so does what it refers to: ConfigMap/apps/podinfo-values

HelmRelease/apps/podinfo: 3 fields differ
  odd one out: staging
  spec.chart.spec.version: production-eu, production-us = 6.5.4; staging = 6.6.0
  spec.values.replicas: production-eu = 3; production-us = 2; staging = 1
  spec.values.ui.color: production-eu, production-us = (absent); staging = #fff

ConfigMap/apps/podinfo-values (from spec.valuesFrom[0]): missing in staging, not visible in production-us

12 more objects compared the same

Revisions:
- GitRepository/flux-system/flux in staging: fetched main@sha1:01234567, applied main@sha1:f0123456 \
(Kustomization/flux-system/apps), behind for 12m, not healthy
- GitRepository/flux-system/flux in production-eu: holds main@sha1:01234567, applied by nobody

Data: all 2 clusters in sync, confirmed 3s ago"""
    )


def test_equal_clusters_are_reported_with_what_was_compared(
    now: float, synced: tuple[Freshness, ...]
) -> None:
    comparison = Comparison(clusters=CLUSTERS, objects=(), identical=12, freshness=synced)
    text = render_comparison(comparison, now=now).text
    assert text.startswith(
        "No difference between production-eu, production-us, staging: 12 objects identical"
    )


def test_equality_is_not_claimed_where_nobody_could_look(now: float) -> None:
    hidden = (Freshness("staging", "synced", 1.0, ("configmaps: forbidden",)),)
    comparison = Comparison(clusters=CLUSTERS, objects=(), identical=12, freshness=hidden)
    verdict = render_comparison(comparison, now=now).text.splitlines()[0]
    assert verdict.endswith("; not everything could be seen in staging")


def test_a_namespace_counts_what_differs(now: float) -> None:
    objects = tuple(
        ObjectComparison(f"ConfigMap/apps/c{number}", (), (difference("data.x", a=1, b=2),))
        for number in range(3)
    )
    comparison = Comparison(clusters=("a", "b"), objects=objects, identical=9)
    assert render_comparison(comparison, now=now).text.startswith("3 of 12 objects differ between a, b\n")


def test_what_is_referred_to_counts_with_the_rest_of_its_kind(now: float) -> None:
    one = (ObjectComparison("HelmRelease/apps/web", (), (difference("spec.x", a=1, b=2),)),)
    two = (ObjectComparison("ConfigMap/apps/web", (), (difference("data.x", a=1, b=2),)),)
    comparison = Comparison(clusters=("a", "b"), objects=one, references=two, identical=9, omitted=Omitted(3))
    text = render_comparison(comparison, now=now).text
    assert text.startswith(
        "5 of 14 objects differ between a, b; among them, because others refer to it: Conf"
    )


def test_long_texts_show_only_where_they_differ(now: float) -> None:
    same = "x" * 300
    values = difference("data.values", a=f"{same}replicas: 3{same}", b=f"{same}replicas: 1{same}")
    text = render_comparison(
        Comparison(clusters=("a", "b"), objects=(ObjectComparison("ConfigMap/c", (), (values,)),)), now=now
    ).text
    assert "replicas: 3" in text
    assert "replicas: 1" in text
    assert "x" * 30 not in text


def test_numbers_and_their_text_are_told_apart(now: float) -> None:
    values = difference("data.port", a=8080, b="8080")
    text = render_comparison(
        Comparison(clusters=("a", "b"), objects=(ObjectComparison("ConfigMap/c", (), (values,)),)), now=now
    ).text
    assert 'data.port: a = 8080; b = "8080"' in text


def test_a_hundred_differing_objects_stay_in_the_budget(now: float) -> None:
    objects = tuple(
        ObjectComparison(f"ConfigMap/apps/c{number}", (), (difference("data.x", a="y" * 90, b="z" * 90),))
        for number in range(100)
    )
    page = render_comparison(Comparison(clusters=("a", "b"), objects=objects), now=now)
    assert len(page.text.encode()) <= 8_000
    assert f"… {100 - page.kept} differing objects not shown" in page.text
