"""How far a revision has come, decided from what sources hold and appliers have applied."""

from __future__ import annotations

from mirror.clock import to_rfc3339
from mirror.keys import ObjectKey
from query.comparison.propagation import Applied, Holding, states_of

SOURCE = ObjectKey("source.toolkit.fluxcd.io", "GitRepository", "flux-system", "fleet")
APPS = ObjectKey("kustomize.toolkit.fluxcd.io", "Kustomization", "flux-system", "apps")
OLD, NEW = "main@sha1:" + "a" * 40, "main@sha1:" + "b" * 40


def holding(
    cluster: str, revision: str, at: float, *applied: str, health: str = "Ready", follows: bytes = b"main"
) -> Holding:
    appliers = tuple(Applied(APPS, each, health) for each in applied)
    return Holding(cluster, revision, "Ready", follows, at, appliers)


def reached(*holdings: Holding, wanted: str = "") -> dict[str, tuple[str, str]]:
    """(reached, behind since) by cluster."""
    return {
        state.cluster: (state.reached, state.behind_since) for state in states_of(SOURCE, holdings, wanted)
    }


def test_what_was_fetched_last_is_what_the_others_are_measured_by() -> None:
    assert reached(
        holding("done", NEW, 100.0, NEW),
        holding("sick", NEW, 110.0, NEW, health="Failed"),
        holding("late", NEW, 120.0, NEW, OLD),
        holding("deaf", OLD, 50.0, OLD),
        holding("elsewhere", OLD, 200.0, OLD, follows=b"next"),
    ) == {
        "done": ("healthy", ""),
        "sick": ("applied", ""),
        "late": ("fetched", to_rfc3339(120.0)),
        "deaf": ("behind", to_rfc3339(100.0)),
        "elsewhere": ("healthy", ""),
    }


def test_a_wanted_revision_is_measured_by_its_first_digits() -> None:
    found = reached(holding("has", OLD, 50.0, OLD), holding("moved-on", NEW, 100.0, NEW), wanted="aaaaaaaa")
    assert found == {"has": ("healthy", ""), "moved-on": ("other", "")}
    found = reached(holding("has", NEW, 100.0, NEW), holding("not-yet", OLD, 50.0, OLD), wanted="bbbbbbb")
    assert found == {"has": ("healthy", ""), "not-yet": ("behind", to_rfc3339(100.0))}


def test_the_appliers_that_wait_are_named() -> None:
    (state,) = states_of(SOURCE, [holding("a", NEW, 100.0, NEW, OLD)])
    assert state.late == ("Kustomization/flux-system/apps",)
    assert (state.fetched, state.applied) == ("main@sha1:bbbbbbbb", "main@sha1:aaaaaaaa")


def test_a_source_that_nobody_applies_has_only_fetched() -> None:
    assert reached(holding("a", NEW, 100.0)) == {"a": ("fetched", "")}


def test_appliers_that_cannot_be_seen_are_not_nobody() -> None:
    hidden, seen = (holding(name, NEW, 100.0)._replace(hidden=name == "a") for name in ("a", "b"))
    assert [state.appliers_hidden for state in states_of(SOURCE, [hidden, seen])] == [True, False]


def test_nothing_is_said_of_a_source_that_holds_nothing() -> None:
    assert reached(holding("a", "", 100.0, OLD)) == {"a": ("", "")}


def test_a_source_that_follows_another_branch_does_not_wait_for_the_revision() -> None:
    """It has fetched something older, and will never fetch this one."""
    production, staging = (f"refs/heads/{branch}@sha1:" for branch in ("production", "staging"))
    found = reached(
        holding("has", production + "b" * 40, 100.0),
        holding("late", production + "a" * 40, 50.0),
        holding("staging", staging + "c" * 40, 50.0),
        wanted="bbbbbbb",
    )
    assert found == {
        "has": ("fetched", ""),
        "late": ("behind", to_rfc3339(100.0)),
        "staging": ("other", ""),
    }
