from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from query.comparison.diff import ABSENT, FieldDifference, diff, partition

SCALARS = st.one_of(
    st.booleans(), st.integers(-5, 5), st.sampled_from(["", "a", "b", "1", "true", "a: 1"]), st.none()
)
KEYS = st.sampled_from(["replicas", "image", "values", "a-b", "c_d", "x", "Y", "host"])
TREES = st.recursive(
    SCALARS | st.lists(SCALARS, max_size=3),
    lambda children: st.one_of(
        st.dictionaries(KEYS, children, min_size=1, max_size=4),
        st.dictionaries(st.sampled_from("pqr"), st.dictionaries(KEYS, children, max_size=3), min_size=1).map(
            lambda items: [{"name": name, **item} for name, item in items.items()]
        ),
    ),
    max_leaves=25,
)


def places(node: Any, path: str = "", way: tuple[Any, ...] = ()) -> list[tuple[str, tuple[Any, ...]]]:
    """Every field that can be planted upon: (its path as differences are written, how to get there)."""
    found = []
    if isinstance(node, dict):
        for key, child in node.items():
            if key != "name":
                below = f"{path}.{key}" if path else key
                found += places(child, below, (*way, key)) or [(below, (*way, key))]
    elif isinstance(node, list) and node and all(isinstance(item, dict) for item in node):
        for position, item in enumerate(node):
            below = f"{path}[name={item['name']}]"
            found += places(item, below, (*way, position))
    return found


def value_at(node: Any, way: tuple[Any, ...]) -> Any:
    for step in way:
        node = node[step]
    return node


@settings(max_examples=150)
@given(st.dictionaries(KEYS, TREES, min_size=1), st.data())
def test_exactly_the_planted_differences_come_back(base: dict[str, Any], data: st.DataObject) -> None:
    clusters = {name: copy.deepcopy(base) for name in "abcd"}
    expected = {}
    for path, way in data.draw(st.lists(st.sampled_from(places(base)), max_size=6, unique=True)):
        changed = data.draw(st.sets(st.sampled_from("abcd"), min_size=1, max_size=3))
        expected[path] = dict.fromkeys("abcd", value_at(base, way))
        removed = data.draw(st.booleans())
        for name in changed:
            holder = value_at(clusters[name], way[:-1])
            if removed:
                del holder[way[-1]]
                expected[path][name] = ABSENT
            else:
                holder[way[-1]] = expected[path][name] = {"planted": 1}
    assert dict(diff(clusters)) == expected


@given(TREES)
def test_copies_do_not_differ(tree: Any) -> None:
    assert diff({"a": tree, "b": copy.deepcopy(tree), "c": copy.deepcopy(tree)}) == []


def paths(**trees: Any) -> list[str]:
    return [difference.path for difference in diff(trees)]


@pytest.mark.parametrize("pair", [(1, True), (0, False), (1, 1.0), (1, "1"), (None, ""), (None, False)])
def test_equal_means_equal_json(pair: tuple[Any, Any]) -> None:
    assert paths(a={"x": pair[0]}, b={"x": pair[1]}) == ["x"]


def test_null_is_not_absence() -> None:
    assert diff({"a": {"x": None}, "b": {}}) == [FieldDifference("x", {"a": None, "b": ABSENT})]


def test_a_whole_map_that_is_missing_is_one_difference() -> None:
    ingress = {"host": "shop.example.com", "tls": {"secret": "shop"}}
    assert paths(a={"v": {"ingress": ingress}}, b={"v": {"ingress": ingress}}, c={"v": {}}) == ["v.ingress"]


def test_maps_that_differ_and_are_missing_are_compared_field_by_field() -> None:
    trees = {"a": {"v": {"x": 1, "y": 1}}, "b": {"v": {"x": 2, "y": 1}}, "c": {}}
    assert [path for path, _ in diff(trees)] == ["v.x", "v.y"]


def test_keys_that_are_no_plain_words_are_quoted() -> None:
    assert paths(a={"labels": {"app.kubernetes.io/name": "x"}}, b={"labels": {}}) == [
        'labels["app.kubernetes.io/name"]'
    ]


def test_items_are_matched_by_name_wherever_they_stand() -> None:
    a = [{"name": "web", "image": "1"}, {"name": "proxy", "image": "1"}]
    b = [{"name": "web", "image": "2"}]
    assert paths(a={"c": a}, b={"c": b}) == ["c[name=web].image", "c[name=proxy]"]


def test_items_with_the_same_name_are_matched_by_more_than_the_name() -> None:
    a = [{"kind": "ConfigMap", "name": "x", "optional": True}, {"kind": "Secret", "name": "x"}]
    b = [{"kind": "ConfigMap", "name": "x", "optional": False}, {"kind": "Secret", "name": "x"}]
    assert paths(a={"f": a}, b={"f": b}) == ["f[kind=ConfigMap,name=x].optional"]


def test_the_order_of_named_items_is_a_difference_of_its_own() -> None:
    a, b = [{"name": "x"}, {"name": "y"}], [{"name": "y"}, {"name": "x"}]
    assert diff({"a": {"f": a}, "b": {"f": b}}) == [
        FieldDifference("f[order]", {"a": ["name=x", "name=y"], "b": ["name=y", "name=x"]})
    ]


def test_nameless_items_are_matched_by_position_and_plain_lists_as_a_whole() -> None:
    assert paths(a={"r": [{"q": 1}, {"q": 2}]}, b={"r": [{"q": 1}, {"q": 3}]}) == ["r[1].q"]
    assert paths(a={"args": ["a", "b"]}, b={"args": ["b"]}) == ["args"]


def test_arguments_are_compared_by_flag() -> None:
    a, b = ["--level=info", "--quiet"], ["--quiet", "--level=debug"]
    assert diff({"a": {"args": a}, "b": {"args": b}}) == [
        FieldDifference("args[--level]", {"a": "--level=info", "b": "--level=debug"})
    ]
    assert paths(a={"args": ["--x=1", "--x=2"]}, b={"args": ["--x=1"]}) == ["args"]
    assert paths(a={"args": ["--x", "1"]}, b={"args": ["--x", "2"]}) == ["args"]


def test_values_in_a_config_map_are_compared_field_by_field() -> None:
    a = {"data": {"values.yaml": "replicas: 1\nimage: {tag: '1'}\n"}}
    b = {"data": {"values.yaml": "# two\nimage:\n  tag: '1'\nreplicas: 2\n"}}
    assert diff({"a": a, "b": b}) == [FieldDifference('data["values.yaml"].replicas', {"a": 1, "b": 2})]


def test_texts_that_mean_the_same_are_no_difference_and_others_stay_text() -> None:
    assert paths(a={"values.yaml": "a: 1"}, b={"values.yaml": "a:   1 # one"}) == []
    assert paths(a={"values.yaml": "a: 1"}, b={"values.yaml": "a: b: c"}) == ['["values.yaml"]']
    assert paths(a={"script.sh": "a: 1"}, b={"script.sh": "a:   1"}) == ['["script.sh"]']


def test_groups_are_the_largest_first() -> None:
    trees = {"a": {"x": 1}, "b": {"x": 2}, "c": {"x": 1}, "d": {}}
    assert partition(list(trees), diff(trees)) == [("a", "c"), ("b",), ("d",)]
    assert partition(["a", "b"], []) == [("a", "b")]


def references(*names: str) -> dict[str, Any]:
    return {"valuesFrom": [{"kind": "ConfigMap", "name": name} for name in names]}


def test_a_reference_under_another_name_differs_in_its_name() -> None:
    assert diff({"a": references("common", "values-a"), "b": references("common", "values-b")}) == [
        FieldDifference("valuesFrom[1].name", {"a": "values-a", "b": "values-b"})
    ]


def test_references_that_stand_elsewhere_are_different_ones() -> None:
    assert paths(a=references("common", "x"), b=references("y", "common")) == [
        "valuesFrom[name=x]",
        "valuesFrom[name=y]",
    ]
    of_two_kinds = (
        {"valuesFrom": [{"kind": "ConfigMap", "name": "x"}]},
        {"valuesFrom": [{"kind": "Secret", "name": "y"}]},
    )
    assert paths(a=of_two_kinds[0], b=of_two_kinds[1]) == ["valuesFrom[name=x]", "valuesFrom[name=y]"]


def test_an_item_that_some_lack_is_not_told_by_its_name_again() -> None:
    def tree(value: str | None) -> dict[str, Any]:
        return {"env": [{"name": "A", "value": "1"}] + ([{"name": "B", "value": value}] if value else [])}

    assert paths(a=tree("1"), b=tree("2"), c=tree(None)) == ["env[name=B].value"]
    assert paths(a=tree("1"), b=tree(None)) == ["env[name=B]"]


def test_a_name_that_is_a_number_here_and_a_text_there_is_a_difference() -> None:
    one, other = (
        {"ports": [{"port": port, "protocol": "TCP"}, {"port": 1, "protocol": "TCP"}]} for port in (80, "80")
    )
    assert paths(a=one, b=other, c={"ports": [{"port": 1, "protocol": "TCP"}]}) == [
        "ports[port=80,protocol=TCP].port"
    ]
