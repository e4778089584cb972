"""The fields in which any number of trees differ. Pure; trees are JSON values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from query.comparison.embedded import parse_embedded
from query.comparison.list_keys import choose_keys, label_of
from query.comparison.normalize import token
from query.comparison.normalize_rules import UNORDERED_LISTS, YAML_SUFFIXES

__all__ = ["ABSENT", "FieldDifference", "diff", "partition", "trees_differ"]

ABSENT = msgspec.UNSET
"""Stands for a field that is not there, which is not the same as null."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


class FieldDifference(NamedTuple):
    """One field and what each tree has there; ABSENT where it has nothing."""

    path: str
    values: dict[str, Any]


def diff(trees: Mapping[str, Any]) -> list[FieldDifference]:
    """The smallest fields that split the trees, in the order of their paths.

    Maps are compared by key, lists of maps by the fields that name their items (else by position), lists of
    flags by flag whatever their order, other lists as a whole. A reference to an object that stands at the
    same place of a list under another name is one that differs in its name. YAML and JSON texts are compared
    as the documents they are, unless they use aliases. A map that some trees lack and all others have alike
    is one difference.
    """
    return list(_diff("", dict(trees)))


def trees_differ(trees: Mapping[str, Any]) -> bool:
    """Whether diff() finds anything, which takes a part of its time."""
    return next(_diff("", dict(trees)), None) is not None


def partition(names: list[str], differences: list[FieldDifference]) -> list[tuple[str, ...]]:
    """The names grouped by equality in every difference; the largest group first, then by name."""
    groups: dict[tuple[bytes, ...], list[str]] = {}
    for name in sorted(names):
        signature = tuple(_token(difference.values.get(name, ABSENT)) for difference in differences)
        groups.setdefault(signature, []).append(name)
    return sorted((tuple(group) for group in groups.values()), key=lambda group: (-len(group), group))


def _diff(path: str, nodes: dict[str, Any]) -> Iterator[FieldDifference]:
    present = [node for node in nodes.values() if node is not ABSENT]
    distinct = len({token(node) for node in present})
    if distinct < 2 and len(present) in (0, len(nodes)):
        return
    if distinct < 2:
        yield FieldDifference(path, nodes)
    elif all(isinstance(node, dict) for node in present):
        yield from _maps(path, nodes)
    elif all(isinstance(node, list) for node in present):
        yield from _lists(path, nodes)
    else:
        yield FieldDifference(path, nodes)


def _maps(path: str, nodes: dict[str, Any]) -> Iterator[FieldDifference]:
    keys = sorted({key for node in nodes.values() if node is not ABSENT for key in node})
    for key in keys:
        children = {name: ABSENT if node is ABSENT else node.get(key, ABSENT) for name, node in nodes.items()}
        if key.endswith(YAML_SUFFIXES):
            children = _documents(children)
        yield from _diff(_join(path, key), children)


def _lists(path: str, nodes: dict[str, Any]) -> Iterator[FieldDifference]:
    lists = [node for node in nodes.values() if node is not ABSENT]
    if flags := _flags(nodes):
        yield from _children(path, flags)
        return
    keys = choose_keys(lists)
    if keys is None and not all(isinstance(item, dict) for items in lists for item in items):
        yield FieldDifference(path, nodes)
        return
    labelled = {name: ABSENT if node is ABSENT else _labelled(node, keys) for name, node in nodes.items()}
    if path.rpartition(".")[2] not in UNORDERED_LISTS:
        _match_renamed(labelled)
    yield from _children(path, labelled, named_by=keys or ())
    yield from _order(path, labelled)


def _children(
    path: str, labelled: dict[str, Any], *, named_by: Sequence[str] = ()
) -> Iterator[FieldDifference]:
    """named_by: the fields that are in the label already."""
    known = [items for items in labelled.values() if items is not ABSENT]
    for label in dict.fromkeys(label for items in known for label in items):
        children = {
            name: ABSENT if items is ABSENT else items.get(label, ABSENT) for name, items in labelled.items()
        }
        said = {f"{path}[{label}].{key}" for key in named_by}
        for found in _diff(f"{path}[{label}]", children):
            if found.path not in said or not _only_absent(found):
                yield found


def _only_absent(found: FieldDifference) -> bool:
    """All that have the field have it alike."""
    return len({token(value) for value in found.values.values() if value is not ABSENT}) < 2


def _match_renamed(labelled: dict[str, Any]) -> None:
    """References that are the only ones of their kind without a namesake, at one and the same position, get
    that position as their label: `valuesFrom[0]`, be its name `values-staging` or `values-production`."""
    known = [items for items in labelled.values() if items is not ABSENT]
    if len(known) < len(labelled) or len({len(items) for items in known}) != 1:
        return
    common = set(known[0]).intersection(*known[1:])
    places = [{number: label for number, label in enumerate(items) if label not in common} for items in known]
    if any(place.keys() != places[0].keys() for place in places):
        return
    for number in places[0]:
        alike = [items[place[number]] for items, place in zip(known, places, strict=True)]
        if len({each.get("kind") for each in alike}) == 1 and all(_is_reference(each) for each in alike):
            for name, place in zip(labelled, places, strict=True):
                labelled[name] = {
                    str(number) if label == place[number] else label: item
                    for label, item in labelled[name].items()
                }


def _is_reference(item: Mapping[str, Any]) -> bool:
    return isinstance(item.get("kind"), str) and isinstance(item.get("name"), str)


def _flags(nodes: dict[str, Any]) -> dict[str, Any] | None:
    """Arguments such as `--log-level=info` by the name of the flag; None when there is anything else."""
    found: dict[str, Any] = {}
    for name, items in nodes.items():
        if items is not ABSENT and not all(isinstance(item, str) and item.startswith("-") for item in items):
            return None
        found[name] = items if items is ABSENT else {item.partition("=")[0]: item for item in items}
    alike = all(items is ABSENT or len(found[name]) == len(items) for name, items in nodes.items())
    return found if alike else None


def _labelled(items: list[Any], keys: tuple[str, ...] | None) -> dict[str, Any]:
    if keys is None:
        return {str(position): item for position, item in enumerate(items)}
    return {label_of(item, keys): item for item in items}


def _order(path: str, labelled: dict[str, Any]) -> Iterator[FieldDifference]:
    """The order of the items that all trees have; sets were sorted before they came here."""
    known = [items for items in labelled.values() if items is not ABSENT]
    common = set(known[0]).intersection(*known[1:])
    orders = {
        name: ABSENT if items is ABSENT else [label for label in items if label in common]
        for name, items in labelled.items()
    }
    if len({tuple(order) for order in orders.values() if order is not ABSENT}) > 1:
        yield FieldDifference(f"{path}[order]", orders)


def _documents(nodes: dict[str, Any]) -> dict[str, Any]:
    """Embedded YAML or JSON parsed, when the texts differ and every one is a map or a list."""
    texts = {node for node in nodes.values() if isinstance(node, str)}
    present = [node for node in nodes.values() if node is not ABSENT]
    if len(texts) < 2 or not all(isinstance(node, str) for node in present):
        return nodes
    parsed = {text: parse_embedded(text) for text in texts}
    if any(document is None for document in parsed.values()):
        return nodes
    return {name: node if node is ABSENT else parsed[node] for name, node in nodes.items()}


def _join(path: str, key: str) -> str:
    if not _PLAIN_KEY.fullmatch(key):
        return f"{path}[{msgspec.json.encode(key).decode()}]"
    return f"{path}.{key}" if path else key


def _token(node: Any) -> bytes:
    return b"" if node is ABSENT else token(node)
