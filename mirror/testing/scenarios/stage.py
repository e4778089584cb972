"""The stage a recipe writes to: clusters that are put up piece by piece, then a fault minute by minute.

Objects handed out are snapshots; every method takes any snapshot of an object, or its key, and works on the
object as it is now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mirror.clock import to_rfc3339
from mirror.keys import ObjectKey
from mirror.testing.kinds import BUILT_IN_KINDS
from mirror.testing.manifests import event, stable_uid
from mirror.testing.objects import JSON, merge
from mirror.testing.scenarios.claims import claimed, component_of, with_entry, without_entry
from mirror.testing.scenarios.names import Names
from mirror.testing.scenarios.scenario import CauseClass, Change, Root, Scenario, Step, key_of

__all__ = ["LENGTH_S", "Ref", "Stage"]

LENGTH_S = 3600.0
"""The fault begins an hour before somebody asks; every step lies within that hour."""

Ref = JSON | ObjectKey
_UNCOUNTED = ("apiVersion", "kind", "metadata", "status")
_UNCOUNTED_KINDS = frozenset(kind.group_kind for kind in BUILT_IN_KINDS if not kind.generation)


class Stage:
    """One scenario in the making.

    name: gives every word its name; whatever could be called otherwise goes through it.
    cluster: where `put`, `patch` and `remove` write; change it with `on`.
    time: the moment on stage, wall seconds. Until the first `happens` that is six hours before the fault,
        when all that is there was last deployed.
    """

    def __init__(self, names: Names, now: float) -> None:
        self.name = names
        self.now = now
        self.began = now - LENGTH_S
        self.time = self.began - 6 * 3600
        self.cluster = names("staging")
        self._state: dict[str, dict[ObjectKey, JSON]] = {self.cluster: {}}
        self._healthy: dict[str, tuple[JSON, ...]] | None = None
        self._steps: list[tuple[float, str, list[Change]]] = []
        self._rv = 1000
        self._labels: dict[str, Any] = {}
        self._roots: list[Root] = []
        self._also_right: list[Root] = []

    # -- time ----------------------------------------------------------------------------------------------

    @property
    def stamp(self) -> str:
        """The moment on stage as controllers write it."""
        return to_rfc3339(self.time)

    @property
    def created(self) -> str:
        """When what is put up now was made: a month before the fault, or during it."""
        return to_rfc3339(self.began - 30 * 86400) if self._healthy is None else self.stamp

    def happens(self, minute: float, text: str) -> None:
        """From here on the writes belong to this minute of the fault. text: what happens, for people.

        Raises ValueError when it is not within the hour, or before the step before it.
        """
        at = self.began + 60 * minute
        if not self.time <= at < self.now:
            raise ValueError(f"step at minute {minute} is out of order: {text}")
        if self._healthy is None:
            self._healthy = {name: tuple(objects.values()) for name, objects in self._state.items()}
        self.time = at
        self._steps.append((at, text, []))

    # -- objects -------------------------------------------------------------------------------------------

    @contextmanager
    def on(self, word: str) -> Iterator[None]:
        """Write to another cluster within the block; it is put up by the first write to it."""
        before, self.cluster = self.cluster, self.name(word)
        self._state.setdefault(self.cluster, {})
        try:
            yield
        finally:
            self.cluster = before

    def get(self, ref: Ref) -> JSON:
        """The object as it is now. Raises KeyError when it is not there."""
        return self._state[self.cluster][_key(ref)]

    def exists(self, ref: Ref) -> bool:
        return _key(ref) in self._state[self.cluster]

    def of_kind(self, kind: str) -> list[JSON]:
        """The objects of a kind in the current cluster, in the order in which they came."""
        return [obj for key, obj in self._state[self.cluster].items() if key.kind == kind]

    def put(self, obj: JSON, *, by: Ref | None = None) -> JSON:
        """Create or replace an object; what the server fills in is filled in, generation is counted.

        by: the Kustomization, HelmRelease or ResourceSet that applies it: the object gets its marks and the
            applier's inventory the entry.
        """
        if by is not None:
            applier = self.get(by)
            obj = claimed(obj, applier)
            listed = with_entry(applier, obj)
            if listed is not applier:
                self._write(listed)
        return self._write(obj)

    def patch(self, ref: Ref, changes: Mapping[str, Any]) -> JSON:
        """Change some fields: a JSON merge patch."""
        return self._write(merge(self.get(ref), changes))

    def remove(self, ref: Ref, *, by: Ref | None = None) -> JSON:
        """Delete an object; its last state. by: the applier that prunes it, off its inventory too."""
        gone = self._state[self.cluster].pop(_key(ref))
        self._record("DELETED", gone)
        if by is not None:
            self._write(without_entry(self.get(by), gone))
        return gone

    def _write(self, obj: JSON) -> JSON:
        key = key_of(obj)
        objects = self._state[self.cluster]
        old = objects.get(key)
        self._rv += 1
        metadata = {**obj["metadata"], "resourceVersion": str(self._rv)}
        metadata.setdefault("uid", stable_uid(self.cluster, *key))
        metadata.setdefault("creationTimestamp", self.created)
        if key[:2] not in _UNCOUNTED_KINDS:
            metadata.setdefault("generation", 1)
        if old is not None:
            metadata["creationTimestamp"] = old["metadata"]["creationTimestamp"]
            if "generation" in metadata:
                changed = _desired(old) != _desired(obj)
                metadata["generation"] = old["metadata"]["generation"] + changed
        written = {**obj, "metadata": metadata}
        objects[key] = written
        self._record("ADDED" if old is None else "MODIFIED", written)
        return written

    def _record(self, type_: Any, obj: JSON) -> None:
        if self._healthy is not None:
            self._steps[-1][2].append(Change(type_, obj, self.cluster))

    # -- what controllers say ------------------------------------------------------------------------------

    def report(self, ref: Ref, *conditions: tuple[str, str, str, str], **status: Any) -> JSON:
        """Write a Flux object's status: conditions as (type, status, reason, message), and other fields.

        Conditions of other types stay, but for those that controllers remove when they are not true. A
        condition that says what it said before keeps its lastTransitionTime, observedGeneration follows.
        """
        obj = self.get(ref)
        generation = obj["metadata"].get("generation", 1)
        before = {item["type"]: item for item in obj.get("status", {}).get("conditions", ())}
        new = {item[0]: _condition(item, before.get(item[0]), generation, self.stamp) for item in conditions}
        kept = [c for type_, c in before.items() if type_ not in new and type_ not in ABNORMAL]
        merged = merge(obj.get("status", {}), {**status, "conditions": [*new.values(), *kept]})
        return self._write({**obj, "status": merged})

    def event(
        self,
        ref: Ref,
        reason: str,
        message: str,
        *,
        warning: bool = True,
        count: int = 1,
        component: str = "",
    ) -> JSON:
        """Record an Event about an object, now; the same again raises its count.

        component: who says it; by default the Flux controller that owns the object's kind.
        """
        involved = self.get(ref)
        speaker = component or component_of(involved["kind"])
        said = event(involved, reason, message, self.stamp, warning=warning, component=speaker)
        known = self._state[self.cluster].get(key_of(said))
        if known is not None:
            count += known["count"]
            said = {**said, "firstTimestamp": known["firstTimestamp"], "metadata": known["metadata"]}
        return self._write({**said, "count": count})

    # -- labels --------------------------------------------------------------------------------------------

    def symptom(self, ref: Ref, *, quiet: bool = False) -> None:
        """What an on-call person would ask about, in the current cluster. quiet: nothing at all is red."""
        self._labels |= {"symptom": _key(ref), "symptom_cluster": self.cluster, "quiet": quiet}

    def root(self, ref: Ref, class_: CauseClass, field: str = "") -> None:
        """A thing that must be mended, in the current cluster."""
        self._roots.append(Root(_key(ref), class_, field, self.cluster))

    def also_right(self, ref: Ref, class_: CauseClass, field: str = "") -> None:
        """An answer that is right too, instead of a root."""
        self._also_right.append(Root(_key(ref), class_, field, self.cluster))

    def victims(self, *refs: Ref) -> None:
        """Red or waiting, and yet nobody needs to touch them."""
        self._labels["victims"] = self._labels.get("victims", ()) + tuple(map(_key, refs))

    def path(self, *refs: Ref) -> None:
        """The way from the symptom to the first root, and on to what shows it, such as its Pod."""
        self._labels["path"] = tuple(map(_key, refs))

    def transient(self, *refs: Ref) -> None:
        """Not ready, but only for a moment."""
        self._labels["transient"] = self._labels.get("transient", ()) + tuple(map(_key, refs))

    def finish(self, number: int, name: str, title: str) -> Scenario:
        """The scenario. Raises ValueError without a step, a symptom, or either a root or a transient."""
        told = self._roots or "transient" in self._labels
        if self._healthy is None or not told or "symptom" not in self._labels:
            raise ValueError(f"{name}: a scenario needs a step, a symptom and a root")
        return Scenario(
            number=number,
            name=name,
            title=title,
            now=self.now,
            healthy=self._healthy,
            fault=tuple(Step(at, text, tuple(changes)) for at, text, changes in self._steps),
            roots=tuple(self._roots),
            also_right=tuple(self._also_right),
            **self._labels,
        )


ABNORMAL = frozenset(
    {
        "Reconciling",
        "Stalled",
        "FetchFailed",
        "BuildFailed",
        "ArtifactOutdated",
        "StorageOperationFailed",
        "IncludeUnavailable",
    }
)
"""Conditions that are removed when they are not true."""


def _condition(item: tuple[str, str, str, str], old: JSON | None, generation: int, stamp: str) -> JSON:
    type_, status, reason, message = item
    said = {"type": type_, "status": status, "reason": reason, "message": message}
    same = old is not None and all(old[field] == value for field, value in said.items())
    since = old["lastTransitionTime"] if same and old is not None else stamp
    return {**said, "lastTransitionTime": since, "observedGeneration": generation}


def _desired(obj: JSON) -> JSON:
    return {key: value for key, value in obj.items() if key not in _UNCOUNTED}


def _key(ref: Ref) -> ObjectKey:
    return ref if isinstance(ref, ObjectKey) else key_of(ref)
