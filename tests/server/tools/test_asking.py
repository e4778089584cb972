"""What the budget cuts from the text is cut from the structure too, and counted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from query.results import (
    Comparison,
    Difference,
    ObjectComparison,
    ObjectRef,
    Omitted,
    ResourceItem,
    Resources,
)
from server.render.budget import Page
from server.tools.asking import answer

MakeRef = Callable[..., ObjectRef]


def compared(name: str) -> ObjectComparison:
    return ObjectComparison(name, (), (Difference("spec.x", ()),))


def test_an_answer_that_fits_is_whole(ref: MakeRef) -> None:
    item = ResourceItem(ref("podinfo"), "Ready", "", "", "", "", "")
    result = answer(Resources(items=(item,), searched=""), Page("text", 1), "items")
    assert result.structured_content is not None
    assert len(result.structured_content["items"]) == 1
    assert result.structured_content["omitted"] == {"count": 0, "cursor": None}
    assert result.is_error is not True


@pytest.mark.parametrize(
    ("kept", "objects", "references", "omitted"), [(5, 3, 2, 4), (4, 3, 1, 5), (3, 3, 0, 6), (1, 1, 0, 8)]
)
def test_items_over_two_fields_are_cut_in_their_order(
    kept: int, objects: int, references: int, omitted: int
) -> None:
    comparison = Comparison(
        clusters=("a", "b"),
        objects=tuple(compared(f"ConfigMap/{number}") for number in range(3)),
        references=tuple(compared(f"Secret/{number}") for number in range(2)),
        omitted=Omitted(4),
    )
    found = answer(comparison, Page("text", kept), "objects", "references").structured_content
    assert found is not None
    assert len(found["objects"]) == objects
    assert len(found["references"]) == references
    assert found["omitted"]["count"] == omitted
