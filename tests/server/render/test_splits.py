"""In a comparison of many objects, who stands against whom is seen before anything else."""

from __future__ import annotations

from typing import Any

from query.comparison.diff import FieldDifference
from query.comparison.shown import shown_difference
from query.results.answer import Comparison, Difference, Group, ObjectComparison, Omitted
from server.render.comparison import render_comparison

FOUR = ("eu", "us", "asia", "staging")


def differing(path: str, **values: Any) -> Difference:
    return shown_difference(FieldDifference(path, values))


def compared(
    name: str, *differences: Difference, present: tuple[str, ...] = FOUR, outliers: tuple[str, ...] = ()
) -> ObjectComparison:
    return ObjectComparison(
        f"HelmRelease/apps/{name}",
        tuple(Group((cluster,), cluster) for cluster in present),
        differences,
        missing_in=tuple(sorted(set(FOUR) - set(present))),
        outliers=outliers,
    )


def lines(comparison: Comparison) -> list[str]:
    return render_comparison(comparison, now=0.0, budget=None).text.splitlines()


ODD = {"eu": 1, "us": 1, "asia": 1, "staging": 2}
OBJECTS = (
    compared("web", differing("a", **ODD), differing("b", eu=1, us=2, asia=3, staging=4)),
    compared("api", differing("a", **ODD), differing("b", **ODD)),
    compared("jobs", differing("a", eu=1, us=1, asia=2, staging=2)),
    compared("debug", present=("staging",)),
    compared("cron", present=("eu", "us", "asia")),
    compared("mail", differing("a", eu=1, us=1, asia=2, staging=3)),
)


def test_the_commonest_split_is_told_first() -> None:
    said = lines(Comparison(clusters=FOUR, objects=OBJECTS))
    begin = said.index("What splits them:")
    assert said[begin : begin + 6] == [
        "What splits them:",
        "- staging against the others: 3 fields of 2 objects, 1 object missing there, 1 object only there",
        "- in three groups or more: 1 field of 1 object",
        "- no two alike: 1 field of 1 object",
        "- asia, staging against eu, us: 1 field of 1 object",
        "",
    ]


def test_of_a_part_it_is_said_that_it_is_one() -> None:
    said = lines(Comparison(clusters=FOUR, objects=OBJECTS, omitted=Omitted(30)))
    assert "What splits them (the 6 objects listed):" in said


def test_two_clusters_and_few_objects_need_no_summary() -> None:
    two = compared("web", differing("a", eu=1, us=2), present=FOUR)
    for comparison in (
        Comparison(clusters=("eu", "us"), objects=(two,) * 4),
        Comparison(clusters=FOUR, objects=OBJECTS[:2]),
    ):
        assert not any(line.startswith("What splits them") for line in lines(comparison))


def test_with_a_baseline_the_others_are_told_by_it() -> None:
    found = compared("web", differing("a", eu=1, us=2, asia=1, staging=3), outliers=("us", "staging"))
    assert "  not as in eu: us, staging" in lines(Comparison(clusters=FOUR, objects=(found,), baseline="eu"))
    assert "  odd ones out: us, staging" in lines(Comparison(clusters=FOUR, objects=(found,)))


def test_clusters_of_which_no_two_are_alike_are_not_called_alike() -> None:
    said = lines(Comparison(clusters=FOUR, objects=OBJECTS[:1]))
    assert "  no two clusters alike" in said
    assert not any(line.startswith("  alike:") for line in said)
