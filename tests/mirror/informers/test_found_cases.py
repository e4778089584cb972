"""What test_interleavings has found, each as the shortest program that showed it."""

from __future__ import annotations

from tests.mirror.informers.interleaving.programs import Step
from tests.mirror.informers.test_interleavings import run


def test_a_kind_that_goes_while_the_mirror_is_down_takes_its_rows_with_it() -> None:
    """What an earlier run had stored was only removed when this run had followed it, too."""
    run(
        [
            Step("put", ("Kustomization", "apps", "a", 1)),
            Step("rest"),
            Step("restart"),
            Step("undefine", ("Kustomization",)),
            Step("rest"),
        ]
    )
