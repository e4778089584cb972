"""The same answers when everything around the fault is different: order, noise, rights, names, time, gaps."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mirror.flux.health import judge
from mirror.keys import ObjectKey
from mirror.records import Health
from mirror.testing.objects import JSON
from mirror.testing.scenarios import Change, Names, Scenario, key_of, misleading, scrambled
from query.errors import UnknownKindError, UnknownObjectError
from query.results.answer import RootCause
from tests.score.grades import Answers, asked, grade, is_root, key_of_ref, names_all, strangers
from tests.score.noise import noise
from tests.score.run import RECORDED, SIMULATED, answers, contents, labelled
from tests.score.stored import Stored

_NOTHING = RootCause(healthy=True, causes=(), freshness=())


def chosen(quick: Iterable[str], of: Iterable[str] = (*SIMULATED, *RECORDED)) -> pytest.MarkDecorator:
    """All scenarios by name; those that are not named here are left to the long run."""
    fast = set(quick)
    names = [pytest.param(name, marks=() if name in fast else pytest.mark.long) for name in of]
    return pytest.mark.parametrize("name", names)


def explained(folder: Path, scenario: Scenario, hidden: Iterable[str] = ()) -> Answers:
    with Stored(folder, now=scenario.now) as stored:
        stored.put(contents(scenario.faulty(), hidden))
        return answers(stored, scenario)


def misses(scenario: Scenario, found: Answers) -> tuple[str, ...]:
    """What is wrong with these answers."""
    return grade(scenario, found, Answers(_NOTHING, _NOTHING)).misses


@chosen(["image-not-found", "dependency-cycle", "recorded/36-two-independent-faults"])
def test_the_order_of_storage_changes_nothing(name: str, tmp_path: Path) -> None:
    scenario = labelled(name)
    with Stored(tmp_path, now=scenario.now) as stored:
        stored.put(contents(scenario.faulty()))
        before = answers(stored, scenario)
    for seed in range(2):
        state = {cluster: _shuffled(objects, seed) for cluster, objects in scenario.faulty().items()}
        with Stored(tmp_path / str(seed), now=scenario.now) as stored:
            stored.put(contents(state))
            assert answers(stored, scenario) == before


@chosen(["image-not-found", "git-secret-missing"])
def test_other_objects_and_other_faults_change_nothing(name: str, tmp_path: Path) -> None:
    _among_others(name, tmp_path, 160)


@pytest.mark.long
@pytest.mark.parametrize("name", [*SIMULATED, *RECORDED])
def test_five_thousand_other_objects_change_nothing(name: str, tmp_path: Path) -> None:
    _among_others(name, tmp_path, 5_000)


def _among_others(name: str, folder: Path, count: int) -> None:
    scenario = labelled(name)
    others = noise(count, scenario.now)
    alone = explained(folder / "alone", scenario)
    state = scenario.faulty()
    objects = next(iter(others.faulty().values()))
    home = scenario.symptom_cluster
    with Stored(folder, now=scenario.now) as stored:
        stored.put(contents({**state, home: [*state[home], *objects]}))
        among = answers(stored, scenario)
        everything = stored.why(*scenario.clusters, limit=50)
    assert _said(among)[0] == _said(alone)[0]
    blamed = {key_of_ref(cause.object) for cause in everything.causes}
    own = {key_of_ref(cause.object) for cause in alone.everything.causes}
    foreign = {root.object for root in others.roots}
    assert own <= blamed <= own | foreign
    # Whoever is to look at it is down: until that one is back nobody can tell, and it counts as affected.
    down = [cause for cause in everything.causes if cause.class_ == "ControllerDown"]
    waiting = {key_of_ref(ref) for cause in down for ref in cause.affected.examples}
    assert foreign - blamed <= waiting


@pytest.mark.parametrize("kinds", [("Pod",), ("Event",), ("Event", "Pod", "ReplicaSet")], ids="+".join)
@chosen(["image-not-found", "helm-rolled-back", "storage-class-missing"])
def test_what_may_not_be_seen_makes_the_answer_less_exact_and_never_wrong(
    name: str, kinds: tuple[str, ...], tmp_path: Path
) -> None:
    scenario = labelled(name)
    found = explained(tmp_path, scenario, kinds)
    on_the_way = {root.object for root in (*scenario.roots, *scenario.also_right)} | set(scenario.path)
    for answer in (found.symptom, found.everything):
        for cause in answer.causes:
            assert is_root(scenario, cause) or key_of_ref(cause.object) in on_the_way, str(cause.object)
            assert not (cause.class_ == "Missing" and cause.object.kind in kinds), "unseen is not absent"
        unseen = [*answer.not_visible, *(text for line in answer.freshness for text in line.not_visible)]
        assert all(any(f"{kind.lower()}s" in text.lower() for text in unseen) for kind in kinds)
    if not scenario.quiet:
        assert found.symptom.causes or found.symptom.transient or found.symptom.not_visible


@pytest.mark.parametrize("names", [scrambled(1), misleading(1)], ids=["scrambled", "misleading"])
@chosen(["controller-crashes", "webhook-down"], SIMULATED)
def test_no_rule_matches_on_names(name: str, names: Names, tmp_path: Path) -> None:
    scenario = labelled(name, names)
    assert misses(scenario, explained(tmp_path, scenario)) == ()


@chosen(["health-check-timeout", "git-secret-missing", "helm-rolled-back"])
def test_messages_that_nobody_knows_make_the_answer_less_exact_and_never_wrong(
    name: str, tmp_path: Path
) -> None:
    """Controllers of another version or language: fields are enough to blame nobody wrong."""
    scenario = labelled(name)
    state = {cluster: [_reworded(item) for item in objects] for cluster, objects in scenario.faulty().items()}
    with Stored(tmp_path, now=scenario.now) as stored:
        stored.put(contents(state))
        found = answers(stored, scenario)
    on_the_way = {root.object for root in (*scenario.roots, *scenario.also_right)} | set(scenario.path)
    for answer in (found.symptom, found.everything):
        right = [
            is_root(scenario, cause) or key_of_ref(cause.object) in on_the_way for cause in answer.causes
        ]
        assert not any(right) or right[0], "what is told for want of better never comes first"
        general = {
            key_of_ref(cause.object)
            for cause, is_right in zip(answer.causes, right, strict=True)
            if not is_right
        }
        assert general <= {scenario.symptom, *scenario.victims}, "only who fails is told to fail"
    if not scenario.quiet:
        assert found.symptom.causes or found.symptom.transient


def _reworded(value: JSON) -> JSON:
    """The same with other words wherever a sentence stands."""
    return {
        key: "Nekdo nekaj sporoča." if _is_sentence(key, item) else _inside(item)
        for key, item in value.items()
    }


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return _reworded(value)
    return [_inside(item) for item in value] if isinstance(value, list) else value


def _is_sentence(key: str, value: object) -> bool:
    return key in ("message", "note") and isinstance(value, str) and bool(value)


@chosen(["health-check-timeout", "controller-crashes"])
def test_the_answer_stays_right_at_every_single_event(name: str, tmp_path: Path) -> None:
    """Nothing wrong is said at any moment, and from the first terminal failure on the root is named."""
    scenario = labelled(name)
    wrong = []
    broken = False
    with Stored(tmp_path, now=scenario.fault[0].at) as stored:
        stored.put(contents(scenario.healthy))
        for number, change in enumerate(_played(scenario, stored)):
            broken = broken or _is_terminal(change.object)
            found = answers(stored, scenario)
            texts = [text for answer in _judged(scenario, found) for text in strangers(scenario, answer)]
            if broken and scenario.roots and not names_all(scenario, _judged(scenario, found)[-1]):
                texts.append("no root is named")
            wrong += [f"event {number}, {change.type} {key_of(change.object)}: {text}" for text in texts]
        stored.clock.at = scenario.now
        stored.play(scenario.symptom_cluster, ())
        assert names_all(scenario, answers(stored, scenario).symptom) == len(scenario.roots)
    assert not wrong


def _played(scenario: Scenario, stored: Stored) -> Iterator[Change]:
    for step in scenario.fault:
        stored.clock.at = step.at
        for change in step.changes:
            stored.play(change.cluster, [change])
            yield change


def _is_terminal(obj: JSON) -> bool:
    """It has failed for itself. A Pod has not as long as what keeps it running says nothing."""
    return obj["kind"] not in ("Pod", "ReplicaSet") and judge(obj).health == Health.FAILED


def _judged(scenario: Scenario, found: Answers) -> list[RootCause]:
    return [found.symptom] if scenario.quiet else [found.symptom, found.everything]


@pytest.mark.parametrize(
    "seed", [*range(2), *(pytest.param(n, marks=pytest.mark.long) for n in range(2, 60))]
)
def test_any_part_of_the_objects_gives_an_answer(seed: int, tmp_path: Path) -> None:
    """Whatever is left out: no crash, and nothing that is absent is taken for present."""
    chance = random.Random(seed)
    scenario = labelled(chance.choice(SIMULATED if seed < 2 else (*SIMULATED, *RECORDED)))
    with Stored(tmp_path, now=scenario.now) as stored:
        for number, share in enumerate((0.1, 0.5, 0.8, 0.95)):
            state = {
                f"{cluster}{number}": [item for item in objects if chance.random() < share]
                for cluster, objects in scenario.faulty().items()
            }
            stored.put(contents(state))
            try:
                stored.why(f"{scenario.symptom_cluster}{number}", **asked(scenario))
            except (UnknownKindError, UnknownObjectError):
                assert scenario.symptom not in _keys(state[f"{scenario.symptom_cluster}{number}"])
            stored.why(*state)


def _keys(objects: Iterable[JSON]) -> set[ObjectKey]:
    return {key_of(item) for item in objects}


def _shuffled(objects: Iterable[JSON], seed: int) -> list[JSON]:
    copy = list(objects)
    random.Random(seed).shuffle(copy)
    return copy


def _said(found: Answers) -> list[object]:
    """What the answers say of the fault, without how fresh what they are made from is."""
    return [(answer.causes, answer.transient) for answer in (found.symptom, found.everything)]
