"""Selections: the objects that another object picks by their labels instead of naming them.

Which objects that are can only be said by looking at others; here is what is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from mirror.flux.fields import group_kind, mapping, metadata, sequence, text
from mirror.flux.kinds import IMAGE_GROUP, NOTIFICATION_GROUP, OPERATOR_GROUP, SOURCE_GROUP, default_group
from mirror.keys import GroupKind, parse_api_version
from mirror.records import Relation

__all__ = ["SELECTING", "Selection", "selections"]

_POLICY: Final = GroupKind(IMAGE_GROUP, "ImagePolicy")
_IMAGES: Final = GroupKind(IMAGE_GROUP, "ImageRepository")
_INPUT_PROVIDER: Final = GroupKind(OPERATOR_GROUP, "ResourceSetInputProvider")
_ARTIFACT: Final = GroupKind(SOURCE_GROUP, "ExternalArtifact")
_POD: Final = GroupKind("", "Pod")
_NAMESPACE: Final = GroupKind("", "Namespace")

_EVERYWHERE: Final = "*"


class Requirement(NamedTuple):
    """One entry of matchExpressions. An operator that nobody knows selects nothing."""

    key: str
    operator: str
    values: frozenset[str]

    def matches(self, labels: Mapping[str, str]) -> bool:
        match self.operator:
            case "In":
                return labels.get(self.key) in self.values
            case "NotIn":
                return labels.get(self.key) not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels
        return False


class Selection(NamedTuple):
    """What one field of an object selects.

    namespace: the only one looked in, "" for cluster-scoped objects; None for all of them.
    labels, requirements: all must hold; where there are none everything is selected.
    """

    relation: Relation
    field: str
    target: GroupKind
    namespace: str | None
    labels: Mapping[str, str]
    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """An object of the right kind and place, with these labels, is selected."""
        held = all(labels.get(key) == value for key, value in self.labels.items())
        return held and all(requirement.matches(labels) for requirement in self.requirements)


def selections(obj: dict[str, Any]) -> tuple[Selection, ...]:
    """What an object selects, in the order of its fields. Never raises."""
    finder = SELECTING.get(group_kind(obj))
    return tuple(finder(obj)) if finder is not None else ()


def _listeners(relation: Relation, field: str) -> Callable[[dict[str, Any]], Iterator[Selection]]:
    """eventSources and resources: an entry without a name, or named `*`, takes all that its labels match."""

    def finder(obj: dict[str, Any]) -> Iterator[Selection]:
        for place, entry in _entries(obj, field):
            kind, name = text(entry.get("kind")), text(entry.get("name"))
            if kind and name in ("", "*"):
                group, _ = parse_api_version(text(entry.get("apiVersion")))
                target = GroupKind(group or default_group(kind), kind)
                namespace = text(entry.get("namespace")) or _own(obj)
                yield Selection(relation, place, target, namespace, _labels(entry.get("matchLabels")))

    return finder


def _policies(obj: dict[str, Any]) -> Iterator[Selection]:
    """Without a selector every policy of the namespace."""
    selector = mapping(mapping(obj.get("spec")).get("policySelector"))
    yield _selected(Relation.SOURCE, "spec.policySelector", _POLICY, _own(obj), selector)


def _inputs(obj: dict[str, Any]) -> Iterator[Selection]:
    for place, entry in _entries(obj, "inputsFrom"):
        selector = entry.get("selector")
        if isinstance(selector, dict) and not text(entry.get("name")):
            yield _selected(Relation.CONFIG, f"{place}.selector", _INPUT_PROVIDER, _own(obj), selector)


def _artifacts(obj: dict[str, Any]) -> Iterator[Selection]:
    for place, entry in _entries(obj, "selectors"):
        if not text(entry.get("name")):
            written = text(entry.get("namespace"))
            namespace = None if written == _EVERYWHERE else written or _own(obj)
            yield Selection(Relation.SOURCE, place, _ARTIFACT, namespace, _labels(entry.get("matchLabels")))


def _admitted(obj: dict[str, Any]) -> Iterator[Selection]:
    """Namespaces whose policies may read it. One that asks for no label admits all, and names none."""
    access = mapping(mapping(obj.get("spec")).get("accessFrom"))
    for index, entry in enumerate(sequence(access.get("namespaceSelectors"))):
        labels = _labels(mapping(entry).get("matchLabels"))
        if labels:
            place = f"spec.accessFrom.namespaceSelectors[{index}]"
            yield Selection(Relation.CONFIG, place, _NAMESPACE, "", labels)


def _pods(obj: dict[str, Any]) -> Iterator[Selection]:
    """A Service without a selector gets its endpoints from somebody else."""
    labels = _labels(mapping(obj.get("spec")).get("selector"))
    if labels:
        yield Selection(Relation.ROUTES, "spec.selector", _POD, _own(obj), labels)


SELECTING: Final[dict[GroupKind, Callable[[dict[str, Any]], Iterator[Selection]]]] = {
    GroupKind(NOTIFICATION_GROUP, "Alert"): _listeners(Relation.NOTIFY, "eventSources"),
    GroupKind(NOTIFICATION_GROUP, "Receiver"): _listeners(Relation.TRIGGER, "resources"),
    GroupKind(IMAGE_GROUP, "ImageUpdateAutomation"): _policies,
    _IMAGES: _admitted,
    GroupKind(OPERATOR_GROUP, "ResourceSet"): _inputs,
    _INPUT_PROVIDER: _artifacts,
    GroupKind("", "Service"): _pods,
}
"""The kinds that select, and how each does."""


def _selected(
    relation: Relation, field: str, target: GroupKind, namespace: str, selector: Mapping[str, Any]
) -> Selection:
    """A metav1.LabelSelector."""
    requirements = tuple(
        Requirement(
            text(fields.get("key")),
            text(fields.get("operator")),
            frozenset(map(text, sequence(fields.get("values")))),
        )
        for fields in map(mapping, sequence(selector.get("matchExpressions")))
    )
    return Selection(relation, field, target, namespace, _labels(selector.get("matchLabels")), requirements)


def _entries(obj: dict[str, Any], field: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, entry in enumerate(sequence(mapping(obj.get("spec")).get(field))):
        yield f"spec.{field}[{index}]", mapping(entry)


def _labels(value: object) -> dict[str, str]:
    return {key: text(wanted) for key, wanted in mapping(value).items()}


def _own(obj: dict[str, Any]) -> str:
    return text(metadata(obj).get("namespace"))
