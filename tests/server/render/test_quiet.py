"""Large pictures: what is well is folded, what is not or is needed by others stays."""

from __future__ import annotations

from server.render.boxes import Box, Family, Link
from server.render.picture import DETAILED, picture_of
from server.render.quiet import quietened
from tests.server.render.graphs import product


def box(name: str, health: str = "Ready", kind: str = "Pod", *, root: bool = False) -> Box:
    return Box(kind, "apps", name, "staging", health, root=root)


def arrows(*pairs: tuple[int, int]) -> list[Link]:
    return [Link(start, end, "owns", Family.OWNERSHIP) for start, end in pairs]


def test_what_hangs_on_one_healthy_object_is_one_box() -> None:
    boxes = [box("top", "Failed"), box("release", kind="HelmRelease"), *(box(name) for name in "abc")]
    said, links, folded = quietened(boxes, arrows((0, 1), (1, 2), (1, 3), (3, 4)))
    assert [each.name for each in said] == ["top", "release", "3 Pods"]
    assert (said[2].size, folded) == (3, 3)
    assert [(link.start, link.end) for link in links] == [(0, 1), (1, 2)]


def test_nothing_that_is_not_well_is_folded_nor_what_is_above_it() -> None:
    boxes = [box("top"), box("release"), box("good"), box("bad", "Progressing"), box("below")]
    said, links, folded = quietened(boxes, arrows((0, 1), (1, 2), (1, 3), (3, 4)))
    assert [each.name for each in said] == [each.name for each in boxes]
    assert (len(links), folded) == (4, 0)


def test_what_others_need_too_stays_and_stays_joined() -> None:
    boxes = [box("top", "Failed"), box("a"), box("b"), *(box(f"{n}") for n in range(4)), box("shared")]
    said, links, _ = quietened(boxes, arrows((0, 1), (0, 2), (1, 3), (1, 4), (2, 5), (2, 6), (4, 7), (6, 7)))
    assert [each.name for each in said] == ["top", "a", "b", "shared", "2 Pods", "2 Pods"]
    assert {(link.start, link.end) for link in links} == {(0, 1), (0, 2), (1, 4), (2, 5), (4, 3), (5, 3)}


def test_what_was_asked_for_is_never_folded() -> None:
    boxes = [box("top"), box("a"), box("asked", root=True), box("b")]
    said, _, folded = quietened(boxes, arrows((0, 1), (1, 2), (2, 3)))
    assert [each.name for each in said] == ["top", "a", "asked", "b"]
    assert folded == 0


def test_rings_are_folded_like_everything_else() -> None:
    boxes = [box("top", "Failed"), box("a"), box("b"), box("c")]
    said, links, folded = quietened(boxes, arrows((0, 1), (1, 2), (2, 3), (3, 2)))
    assert [each.name for each in said] == ["top", "a", "2 Pods"]
    assert ([(link.start, link.end) for link in links], folded) == ([(0, 1), (1, 2)], 2)


def test_only_large_pictures_are_quiet_and_no_object_is_lost() -> None:
    small, large = picture_of(product(16)), picture_of(product(42))
    assert len(small.boxes) <= DETAILED
    assert small.folded == 0
    assert large.folded > 0
    assert sum(each.size for each in large.boxes) == len(product(42).nodes)
    troubled = {node.object.name for node in product(42).nodes if node.health != "Ready"}
    assert troubled <= {each.name for each in large.boxes}
