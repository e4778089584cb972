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


def test_a_backup_that_has_overtaken_us_is_found_by_the_audit() -> None:
    """A restored server has written more than it lost before anybody looked: no resourceVersion shows it."""
    run(
        [
            *(Step("put", ("ConfigMap", "apps", name, turn)) for turn in range(4) for name in "abc"),
            Step("rest"),
            Step("restart"),
            Step("restore", (9,)),
            Step("burst", ("Pod", "infra", 14)),
            Step("rest"),
            Step("look"),
        ]
    )


def test_a_crd_that_a_list_no_longer_shows_is_gone() -> None:
    """Its deletion was no event, because the CRDs were being listed: it counted as established for ever."""
    run(
        [
            Step("rest"),
            Step("send_error", (410, "Expired", "")),
            Step("rest"),
            Step("undefine", ("Kustomization",)),
            Step("rest"),
        ]
    )
