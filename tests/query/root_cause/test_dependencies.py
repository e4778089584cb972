"""dependsOn: chains, cycles, suspended and missing dependencies."""

from __future__ import annotations

from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask
from tests.query.root_cause.fleet import Document
from tests.query.root_cause.verdicts import blamed, only, path


def waits(name: str, on: str, text: str = "is not ready") -> Document:
    state = fleet.failed("DependencyNotReady", f"dependency 'flux-system/{on}' {text}")
    return fleet.kustomization(name, state=state, dependsOn=[{"name": on}])


def broken(name: str) -> Document:
    message = "kustomize build failed: accumulating resources: accumulation err='missing.yaml'"
    return fleet.kustomization(name, state=fleet.failed("BuildFailed", message))


def test_the_deepest_object_that_is_not_ready(ask: Ask) -> None:
    answer = ask([fleet.git(), waits("c", "b"), waits("b", "a"), broken("a")], kind="ks", name="c")
    assert blamed(answer) == ("Failed", "Kustomization/flux-system/a", "")
    assert [step.object.name for step in only(answer).path] == ["c", "b", "a"]
    assert [step.relation for step in only(answer).path] == ["", "depends", "depends"]
    assert only(answer).affected.count == 2


def test_only_the_named_dependency_is_followed(ask: Ask) -> None:
    state = fleet.failed("DependencyNotReady", "dependency 'flux-system/b' is not ready")
    both = fleet.kustomization("c", state=state, dependsOn=[{"name": "a"}, {"name": "b"}])
    assert blamed(ask([fleet.git(), both, broken("a"), broken("b")], kind="ks", name="c"))[1].endswith("/b")


def test_a_cycle_is_one_cause_with_all_its_edges(ask: Ask) -> None:
    ring = [fleet.git(), waits("a", "c"), waits("b", "a"), waits("c", "b")]
    answer = ask([*ring, waits("outside", "c")])
    assert blamed(answer) == ("Cycle", "Kustomization/flux-system/a", "spec.dependsOn")
    for edge in (
        "a → Kustomization flux-system/c",
        "b → Kustomization flux-system/a",
        "c → Kustomization flux-system/b",
    ):
        assert edge in only(answer).message
    assert "outside" not in only(answer).message
    assert only(answer).affected.count == 3


def test_waiting_for_oneself_is_a_cycle_too(ask: Ask) -> None:
    answer = ask([fleet.git(), waits("a", "a"), waits("outside", "a")])
    assert blamed(answer) == ("Cycle", "Kustomization/flux-system/a", "spec.dependsOn")
    assert path(answer) == ["Kustomization"]


def test_a_long_chain_is_followed_to_its_end(ask: Ask) -> None:
    chain = [waits(f"k{number}", f"k{number + 1}") for number in range(20)]
    assert blamed(ask([fleet.git(), *chain, broken("k20")], kind="ks", name="k0"))[1].endswith("/k20")


def test_a_suspended_dependency_is_never_going_to_be_ready(ask: Ask) -> None:
    old = fleet.kustomization("a", state=fleet.failed("BuildFailed", "kustomize build failed"), suspend=True)
    answer = ask([fleet.git(), waits("b", "a", "revision is not up to date"), old], kind="ks", name="b")
    assert blamed(answer) == ("Suspended", "Kustomization/flux-system/a", "spec.suspend")


def test_a_dependency_that_does_not_exist(ask: Ask) -> None:
    text = 'not found: Kustomization.kustomize.toolkit.fluxcd.io "a" not found'
    answer = ask([fleet.git(), waits("b", "a", text)], kind="ks", name="b")
    assert blamed(answer) == ("Missing", "Kustomization/flux-system/a", "")
    assert only(answer).path[-1].field == "spec.dependsOn[0]"


def test_waiting_for_a_healthy_dependency_is_transient(ask: Ask) -> None:
    answer = ask([fleet.git(), waits("b", "a", "revision is not up to date"), fleet.kustomization("a")])
    assert answer.healthy
    assert [str(item.object) for item in answer.transient] == ["Kustomization/flux-system/b"]


def test_a_failure_is_remembered_while_the_object_only_waits(ask: Ask) -> None:
    """A new commit makes a Kustomization wait for a few seconds; what failed before is in its events."""
    waiting = waits("b", "a", "revision is not up to date")
    warning = fleet.event(waiting, "BuildFailed", "kustomize build failed: accumulating resources")
    answer = ask([fleet.git(), waiting, fleet.kustomization("a"), warning], kind="ks", name="b")
    assert blamed(answer) == ("Failed", "Kustomization/flux-system/b", "")


def test_a_failure_before_the_last_success_is_forgotten(ask: Ask) -> None:
    waiting = waits("b", "a", "revision is not up to date")
    events = [
        fleet.event(waiting, "BuildFailed", "kustomize build failed", at="2026-11-22T08:10:00Z"),
        fleet.event(waiting, "ReconciliationSucceeded", "done", type_="Normal", at="2026-11-22T08:20:00Z"),
    ]
    assert ask([fleet.git(), waiting, fleet.kustomization("a"), *events], kind="ks", name="b").healthy


def test_a_resource_set_names_the_kind_it_depends_on(ask: Ask) -> None:
    on = {"apiVersion": "v1", "kind": "Secret", "name": "token", "namespace": "apps"}
    message = (
        'Retrying dependency check: dependency v1/Secret/apps/token not found: secrets "token" not found'
    )
    state = fleet.failed("DependencyNotReady", message)
    sets = fleet.obj(fleet.OPERATOR, "ResourceSet", "envs", spec={"dependsOn": [on]}, status=state)
    answer = ask([sets], kind="ResourceSet", name="envs")
    assert blamed(answer) == ("Missing", "Secret/apps/token", "")
    assert path(answer) == ["ResourceSet", "Secret"]


def test_an_object_that_waits_for_itself(ask: Ask) -> None:
    answer = ask([fleet.git(), waits("a", "a")], kind="ks", name="a")
    assert blamed(answer) == ("Cycle", "Kustomization/flux-system/a", "spec.dependsOn")
