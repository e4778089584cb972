"""What a page does not show is left out of the structure, and counted."""

from __future__ import annotations

import pytest

from query.results.answer import Comparison, Difference, ObjectComparison, Omitted
from server.render.budget import Page
from server.tools.asking import answer, trimmed


def compared(name: str) -> ObjectComparison:
    return ObjectComparison(name, (), (Difference("spec.x", ()),))


def comparison() -> Comparison:
    return Comparison(
        clusters=("a", "b"),
        objects=tuple(compared(f"ConfigMap/{number}") for number in range(3)),
        references=tuple(compared(f"Secret/{number}") for number in range(2)),
        omitted=Omitted(4),
    )


def test_an_answer_that_fits_is_whole() -> None:
    result = answer(comparison(), Page("text", 1), 8_000)
    found = result.structured_content
    assert found is not None
    assert (len(found["objects"]), len(found["references"])) == (3, 2)
    assert found["omitted"] == {"count": 4, "cursor": None}
    assert result.is_error is not True


@pytest.mark.parametrize(
    ("kept", "objects", "references", "omitted"), [(5, 3, 2, 4), (4, 3, 1, 5), (3, 3, 0, 6), (1, 1, 0, 8)]
)
def test_items_over_two_fields_are_cut_in_their_order(
    kept: int, objects: int, references: int, omitted: int
) -> None:
    found = trimmed(comparison(), kept, ("objects", "references"))
    assert isinstance(found, Comparison)
    assert (len(found.objects), len(found.references)) == (objects, references)
    assert found.omitted.count == omitted


def test_an_item_may_count_for_more_than_one() -> None:
    found = trimmed(comparison(), 1, ("objects",), weigh=lambda item: 10)
    assert found.omitted.count == 4 + 20
