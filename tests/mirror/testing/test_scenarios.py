"""Every scenario is what it says: well at first, then broken, with labels that name what is there."""

from __future__ import annotations

import re

import pytest

from mirror.clock import parse_time
from mirror.flux.health import judge
from mirror.flux.references import references
from mirror.keys import ObjectKey
from mirror.records import Health
from mirror.testing.objects import JSON
from mirror.testing.scenarios import (
    NOW,
    RECIPES,
    Recipe,
    Scenario,
    find,
    key_of,
    misleading,
    scrambled,
    simulate,
)

BUILT = {recipe.name: recipe.build() for recipe in RECIPES}

every_recipe = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
every_scenario = pytest.mark.parametrize("scenario", BUILT.values(), ids=BUILT)


def keys(objects: tuple[JSON, ...]) -> set[ObjectKey]:
    return {key_of(obj) for obj in objects}


def names(scenario: Scenario) -> set[str]:
    """Of everything that was ever there."""
    states = (scenario.healthy, scenario.faulty())
    return {key.name for state in states for objects in state.values() for key in keys(objects)}


def test_names_are_unique_and_findable() -> None:
    assert len(BUILT) == len(RECIPES)
    for recipe in RECIPES:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", recipe.name)
        assert find(recipe.name) is recipe
        assert find(str(recipe.number)).number == recipe.number
    with pytest.raises(KeyError):
        find("no-such-scenario")


@every_scenario
def test_all_is_well_before(scenario: Scenario) -> None:
    """Every object is ready, and every reference leads somewhere."""
    for objects in scenario.healthy.values():
        present = keys(objects)
        unwell = {str(key_of(obj)): v for obj in objects if (v := judge(obj)).health is not Health.READY}
        assert unwell == {}
        dangling = [
            (str(key_of(obj)), str(reference.target))
            for obj in objects
            for reference in references(obj)
            if not reference.optional and reference.target not in present
        ]
        assert dangling == []


@every_scenario
def test_something_is_red_after_unless_it_is_quiet(scenario: Scenario) -> None:
    after = scenario.faulty()
    assert scenario.healthy != after
    everything = [obj for objects in after.values() for obj in objects]
    red = [obj for obj in everything if judge(obj).health in (Health.FAILED, Health.PROGRESSING)]
    assert bool(red) is not scenario.quiet
    steps = [step.at for step in scenario.fault]
    assert steps == sorted(steps)
    for obj in everything:
        for item in (obj.get("status") or {}).get("conditions", ()):
            at = parse_time(item["lastTransitionTime"])
            assert at is not None
            assert at <= scenario.now == NOW


@every_scenario
def test_labels_name_what_is_there_or_what_is_missed(scenario: Scenario) -> None:
    """What is missing is at least spoken of, by a reference or in a message: else nobody could find it."""
    state = scenario.faulty()
    after = {name: keys(objects) for name, objects in state.items()}
    assert scenario.symptom in after[scenario.symptom_cluster]
    for root in (*scenario.roots, *scenario.also_right):
        assert (root.object in after[root.cluster]) is (root.class_ != "Missing")
    missing = [root for root in scenario.roots if root.class_ == "Missing"]
    for root in missing:
        crd = root.object.kind == "CustomResourceDefinition"  # known by its group
        named = root.object.name.partition(".")[2] if crd else root.object.name
        assert any(named in str(obj) for obj in state[root.cluster])
    here = after[scenario.symptom_cluster] | {root.object for root in missing}
    assert {*scenario.victims, *scenario.transient} - here == set()
    # A Pod that a rollback has removed is still on the way to what broke it.
    assert set(scenario.path) <= here | {key_of(change.object) for change in scenario.changes()}
    if scenario.path:
        assert scenario.path[0] == scenario.symptom
        assert scenario.roots[0].object in scenario.path, "what shows it may come behind"
    assert not {root.object for root in scenario.roots} & set(scenario.victims)


@every_scenario
def test_a_simulated_server_accepts_it_write_by_write(scenario: Scenario) -> None:
    player = simulate(scenario)
    for step, played in zip(scenario.fault, player.steps(), strict=True):
        assert played is step
    for name, objects in scenario.faulty().items():
        cluster = player.clusters[name]
        for obj in objects:
            stored = cluster.get(key_of(obj))
            assert without_rv(stored) == without_rv(obj)
        gone = keys(scenario.healthy[name]) - keys(objects)
        assert not any(cluster.exists(key) for key in gone)


def without_rv(obj: JSON) -> JSON:
    metadata = {field: value for field, value in obj["metadata"].items() if field != "resourceVersion"}
    return {**obj, "metadata": metadata}


@every_recipe
def test_names_are_a_parameter(recipe: Recipe) -> None:
    """No name of the plain scenario is left in the scrambled one, but for those that Flux itself gives."""
    plain, other = BUILT[recipe.name], recipe.build(names=scrambled(7))
    assert recipe.build(names=scrambled(7)) == other
    assert recipe.build(names=misleading(7)) != other
    kept = names(plain) & names(other)
    assert not {
        name for name in kept if not re.search(r"-controller|fluxcd\.|^source-watcher|^flux(?:\.|$)", name)
    }
    assert len(other.fault) == len(plain.fault)
    assert [root.class_ for root in other.roots] == [root.class_ for root in plain.roots]


def test_the_same_minutes_at_another_time() -> None:
    recipe = RECIPES[0]
    later = recipe.build(now=NOW + 86400)
    assert [step.at - 86400 for step in later.fault] == [step.at for step in BUILT[recipe.name].fault]
