"""One scenario, asked and graded: is the root named, first, alone, by the right way, and only when broken?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mirror.keys import ObjectKey, parse_api_version
from mirror.testing.scenarios.scenario import Root, Scenario
from query.results.answer import Cause, ObjectRef, RootCause

__all__ = ["Answers", "Grade", "asked", "grade", "is_root", "key_of_ref", "names_all", "strangers"]


@dataclass(frozen=True)
class Answers:
    """What was said of one state. symptom: when asked about the symptom; everything: with nothing named."""

    symptom: RootCause
    everything: RootCause


@dataclass(frozen=True)
class Grade:
    """How good the answers to one scenario are.

    first: a root, in its class, is the first cause of the symptom, and of everything unless nothing is red.
    found, roots: how many of the labelled roots were named, of how many. false: other causes that were named.
    path: the way leads from the symptom to the root over the labelled objects; None where none is labelled.
    silent: no cause was named while all was well. misses: what is not as it should be, for people.
    """

    scenario: str
    title: str
    first: bool
    found: int
    roots: int
    false: int
    path: bool | None
    silent: bool
    misses: tuple[str, ...] = ()

    @property
    def perfect(self) -> bool:
        return not self.misses


def asked(scenario: Scenario) -> dict[str, Any]:
    """The arguments of find_root_cause that ask about the symptom."""
    group, kind, namespace, name = scenario.symptom
    version = next(
        (
            item["apiVersion"]
            for item in (
                *scenario.healthy[scenario.symptom_cluster],
                *scenario.faulty()[scenario.symptom_cluster],
            )
            if (parse_api_version(item["apiVersion"])[0], item["kind"]) == (group, kind)
        ),
        None,
    )
    found = {"api_version": version, "kind": kind, "namespace": namespace or None, "name": name}
    return {key: value for key, value in found.items() if value is not None}


def grade(scenario: Scenario, broken: Answers, well: Answers) -> Grade:
    """Compare the answers of the broken and of the healthy state with the labels."""
    answers = [broken.symptom] if scenario.quiet else [broken.symptom, broken.everything]
    misses = [text for answer in answers for text in _misses(scenario, answer)]
    found = min(names_all(scenario, answer) for answer in answers)
    false = [text for answer in answers for text in strangers(scenario, answer)]
    path = _path_is_right(scenario, broken.symptom)
    if path is False:
        misses.append(f"path: expected {_way(scenario.path)}, got {_ways(broken.symptom)}")
    loud = [_told(cause) for answer in (well.symptom, well.everything) for cause in answer.causes]
    return Grade(
        scenario=scenario.name,
        title=scenario.title,
        first=all(_begins_right(scenario, answer) for answer in answers),
        found=found,
        roots=len(scenario.roots),
        false=len(set(false)),
        path=path,
        silent=not loud,
        misses=(*dict.fromkeys(misses), *(f"healthy, and yet: {text}" for text in dict.fromkeys(loud))),
    )


def _begins_right(scenario: Scenario, answer: RootCause) -> bool:
    """Where there is no root nothing may be blamed."""
    if not scenario.roots:
        return not answer.causes
    return bool(answer.causes) and is_root(scenario, answer.causes[0])


def is_root(scenario: Scenario, cause: Cause) -> bool:
    """Whether a cause is one of the labelled ones, in its class."""
    return any(_same(scenario, root, cause) for root in (*scenario.roots, *scenario.also_right))


def names_all(scenario: Scenario, answer: RootCause) -> int:
    """How many of the labelled roots the answer names; what is right as well stands for a root."""
    missed = sum(not any(_same(scenario, root, c) for c in answer.causes) for root in scenario.roots)
    spare = sum(any(_same(scenario, root, c) for c in answer.causes) for root in scenario.also_right)
    return len(scenario.roots) - max(0, missed - spare)


def strangers(scenario: Scenario, answer: RootCause) -> list[str]:
    """The causes that nobody has labelled."""
    return [_told(cause) for cause in answer.causes if not is_root(scenario, cause)]


def key_of_ref(ref: ObjectRef) -> ObjectKey:
    group, _ = parse_api_version(ref.api_version)
    return ObjectKey(group, ref.kind, ref.namespace or "", ref.name)


def _same(scenario: Scenario, root: Root, cause: Cause) -> bool:
    if (key_of_ref(cause.object), cause.class_) != (root.object, root.class_):
        return False
    return len(scenario.clusters) == 1 or cause.object.cluster == root.cluster


def _misses(scenario: Scenario, answer: RootCause) -> list[str]:
    right = [root for root in scenario.roots if any(_same(scenario, root, c) for c in answer.causes)]
    texts = [f"not blamed: {cause}" for cause in strangers(scenario, answer)]
    if answer.causes and scenario.roots and not is_root(scenario, answer.causes[0]):
        texts.append(f"first: expected {_roots(scenario)}, got {_told(answer.causes[0])}")
    if len(right) < len(scenario.roots) and names_all(scenario, answer) < len(scenario.roots):
        texts.append(f"roots: expected {_roots(scenario)}, got {_all_told(answer)}")
    fields = {root.field for root in right if root.field} - {cause.field for cause in answer.causes}
    texts += [f"field: expected {field}" for field in sorted(fields)]
    return texts


def _path_is_right(scenario: Scenario, answer: RootCause) -> bool | None:
    """A way to a root begins at the symptom and leads over labelled objects only.

    Those of the labelled way come in its order; it may be shorter, as a parent's message can name a
    grandchild. What else is on it is another root or a victim.
    """
    if not scenario.path:
        return None
    known = {root.object for root in (*scenario.roots, *scenario.also_right)}.union(scenario.victims)
    ways = [
        [key_of_ref(step.object) for step in cause.path]
        for cause in answer.causes
        if is_root(scenario, cause)
    ]
    return any(
        way[:1] == [scenario.symptom]
        and _in_order([key for key in way if key in scenario.path], scenario.path)
        and known.issuperset(key for key in way if key not in scenario.path)
        for way in ways
    )


def _in_order(way: Sequence[ObjectKey], labelled: Sequence[ObjectKey]) -> bool:
    rest = iter(labelled)
    return all(any(step == known for known in rest) for step in way)


def _told(cause: Cause) -> str:
    field = f" {cause.field}" if cause.field else ""
    return f"{cause.class_} {key_of_ref(cause.object)}{field}"


def _all_told(answer: RootCause) -> str:
    return ", ".join(map(_told, answer.causes)) or "nothing"


def _roots(scenario: Scenario) -> str:
    return ", ".join(f"{root.class_} {root.object}" for root in scenario.roots)


def _ways(answer: RootCause) -> str:
    ways = (_way(key_of_ref(step.object) for step in cause.path) for cause in answer.causes[:2])
    return "; ".join(ways) or "nothing"


def _way(keys: Iterable[ObjectKey]) -> str:
    return " → ".join(map(str, keys))
