"""A recorded fault as a scenario: what real controllers wrote, with the labels of the people who broke it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mirror.clock import parse_time
from mirror.keys import ObjectKey, parse_api_version
from mirror.testing.objects import JSON
from mirror.testing.recorded import RecordedEvent, load_watch, read_recorded
from mirror.testing.scenarios.scenario import Change, Root, Scenario, Step, key_of

__all__ = ["recording"]


def recording(folder: Path) -> Scenario:
    """The scenario in that folder: its label.json, both states and the watch between them.

    Every watch event is a step. A last step brings the little that the list of the faulty state shows and
    the watch does not. Raises FileNotFoundError, or ValueError for a label that is none.
    """
    label = msgspec.json.decode((folder / "label.json").read_bytes(), type=dict[str, Any])
    cluster = label["cluster"]
    settled = parse_time(label["recorded_at"])
    if settled is None:
        raise ValueError(f"{folder.name}: recorded_at is no time")
    healthy = tuple(read_recorded(folder, "healthy"))
    events = [event for event in load_watch(folder) if event.type != "BOOKMARK"]
    steps = list(_steps(cluster, healthy, events, settled))
    steps.append(_rest(cluster, healthy, steps, read_recorded(folder, "faulty"), settled))
    number, _, name = folder.name.partition("-")
    classes = [item["class"] for item in label["root"]]
    return Scenario(
        number=int(number),
        name=name,
        title=label["explanation"],
        now=settled,
        healthy={cluster: healthy},
        fault=tuple(steps),
        symptom=_key(label["symptom"]),
        symptom_cluster=cluster,
        roots=tuple(_root(item, item["class"], cluster) for item in label["root"]),
        also_right=tuple(_root(item, classes[0], cluster) for item in label["also_right"]),
        victims=tuple(_key(item) for item in label["not_causes"]),
        path=tuple(_key(item) for item in label["chain"]),
        quiet=not label["red_in_faulty"],
    )


def _steps(
    cluster: str, healthy: Iterable[JSON], events: Iterable[RecordedEvent], settled: float
) -> Iterator[Step]:
    """One step per event that changes something; nothing happens before or after what was recorded."""
    known = {key_of(obj) for obj in healthy}
    recorded = list(events)
    last = recorded[-1].t if recorded else 0.0
    for event in recorded:
        key = key_of(event.object)
        if event.type == "DELETED" and key not in known:
            continue
        change = Change(_type(event, key in known), event.object, cluster)
        (known.discard if event.type == "DELETED" else known.add)(key)
        yield Step(settled - last + event.t, f"{change.type} {key}", (change,))


def _rest(
    cluster: str, healthy: Iterable[JSON], steps: Iterable[Step], faulty: Iterable[JSON], settled: float
) -> Step:
    """What still differs from the faulty state after the watch."""
    state = {key_of(obj): obj for obj in healthy}
    for step in steps:
        for change in step.changes:
            if change.type == "DELETED":
                state.pop(key_of(change.object))
            else:
                state[key_of(change.object)] = change.object
    wanted = {key_of(obj): obj for obj in faulty}
    changes = [Change("DELETED", obj, cluster) for key, obj in state.items() if key not in wanted]
    for key, obj in wanted.items():
        if key not in state:
            changes.append(Change("ADDED", obj, cluster))
        elif _version(state[key]) != _version(obj):
            changes.append(Change("MODIFIED", obj, cluster))
    return Step(settled, "as listed in the end", tuple(changes))


def _type(event: RecordedEvent, known: bool) -> Any:
    """What the event means for the state: a watch that begins anew reports ADDED for what is there."""
    if event.type == "DELETED":
        return "DELETED"
    return "MODIFIED" if known else "ADDED"


def _version(obj: JSON) -> str:
    return str(obj["metadata"].get("resourceVersion"))


def _root(item: Mapping[str, Any], class_: Any, cluster: str) -> Root:
    return Root(_key(item), class_, item.get("field", ""), cluster)


def _key(item: Mapping[str, Any]) -> ObjectKey:
    """A label's object. `also_right` leaves the group out where the kind says it."""
    group = parse_api_version(item["apiVersion"])[0] if "apiVersion" in item else _GROUPS[item["kind"]]
    return ObjectKey(group, item["kind"], item.get("namespace") or "", item["name"])


_GROUPS = {
    "ConfigMap": "",
    "Deployment": "apps",
    "HelmRelease": "helm.toolkit.fluxcd.io",
    "Job": "batch",
    "PersistentVolumeClaim": "",
    "Pod": "",
    "RoleBinding": "rbac.authorization.k8s.io",
    "ServiceAccount": "",
}
"""Of the kinds that occur in `also_right`."""
