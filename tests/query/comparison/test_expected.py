from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mirror.keys import ObjectKey
from query.comparison.diff import ABSENT, FieldDifference
from query.comparison.expected import Expected, ExpectedField, ExpectedObject
from query.comparison.question import compare
from query.results.answer import Comparison
from tests.query.manifests import Document, config_map, helm_release, kustomization
from tests.query.stores import Content, view_of

RELEASE = ObjectKey("helm.toolkit.fluxcd.io", "HelmRelease", "apps", "web")


def left(rules: Expected, path: str, **values: Any) -> bool:
    """Does the difference still count?"""
    found = FieldDifference(path, {name.replace("_", "-"): value for name, value in values.items()})
    kept, _, known = rules.remaining(RELEASE, [found], (), sorted(values))
    assert len(kept) + known == 1
    return bool(kept)


@pytest.mark.parametrize(
    ("rule", "path", "counts"),
    [
        ("spec.values.replicas", "spec.values.replicas", False),
        ("spec.values.replicas", "spec.values.replicasMax", True),
        ("spec.values.ingress", "spec.values.ingress.host", False),
        ("spec.values.ingress", "spec.values.ingress[name=a].host", False),
        ("spec.values.*.host", "spec.values.ingress.host", False),
        ("spec.values.*.host", "spec.values.a.b.host", True),
        ("spec.values.**.host", "spec.values.a.b.host", False),
        ("spec.values.env*.value", "spec.values.env[name=A].value", False),
        ("**.image", "spec.template.spec.containers[name=web].image", False),
        ("replicas", "spec.values.replicas", True),
    ],
)
def test_a_path_covers_itself_and_what_lies_below(rule: str, path: str, counts: bool) -> None:
    assert left(Expected(fields=(ExpectedField(path=rule),)), path, a=1, b=2) is counts


def test_a_rule_is_about_some_objects_only() -> None:
    for which, counts in (({"kinds": ("HelmRelease",)}, False), ({"names": ("api*",)}, True)):
        rule = ExpectedField(path="spec.x", **which)
        assert left(Expected(fields=(rule,)), "spec.x", a=1, b=2) is counts


DOMAINS = Expected(
    variables={
        "domain": {"staging": "staging.example.com", "prod-*": "{cluster}.example.com"},
        "replicas": {"staging": 1, "*": 3},
    }
)


@pytest.mark.parametrize(
    ("staging", "prod", "counts"),
    [
        ("https://web.staging.example.com/", "https://web.prod-eu.example.com/", False),
        ("https://web.staging.example.com/", "https://api.prod-eu.example.com/", True),
        ("xstaging.example.com", "xprod-eu.example.com", True),
        (1, 3, False),
        ("1", "3", False),
        (2, 3, True),
        ("v1.2", "v3.2", True),
        ({"a": [1, "staging.example.com"]}, {"a": [3, "prod-eu.example.com"]}, False),
        (ABSENT, 3, True),
        (None, 3, True),
        ("<masked:111111111111>", "<masked:333333333333>", True),
    ],
    ids=repr,
)
def test_values_are_expected_once_the_clusters_own_texts_are_taken_out(
    staging: Any, prod: Any, counts: bool
) -> None:
    assert left(DOMAINS, "spec.values.x", staging=staging, prod_eu=prod) is counts


def test_a_text_may_stand_for_two_variables_in_one_cluster() -> None:
    rules = Expected(
        variables={"name": {"*": "{cluster}"}, "stage": {"staging": "staging", "*": "production"}}
    )
    assert not left(rules, "spec.path", staging="clusters/staging", prod_eu="clusters/prod-eu")
    assert not left(rules, "spec.ref.branch", staging="staging", prod_eu="production")
    assert left(rules, "spec.path", staging="clusters/staging", prod_eu="clusters/prod-us")


def test_objects_may_be_in_some_clusters_only() -> None:
    rules = Expected(objects=(ExpectedObject(names=("web",), only_in=("prod-*",)),))
    assert rules.remaining(RELEASE, [], ("staging",), ["prod-eu"]) == ([], (), 1)
    assert rules.remaining(RELEASE, [], ("prod-us", "staging"), ["prod-eu"]) == ([], ("prod-us",), 1)
    other = RELEASE._replace(name="api")
    assert rules.remaining(other, [], ("staging",), ["prod-eu"]) == ([], ("staging",), 0)


def ask(path: Path, fleet: dict[str, list[Document]], rules: Expected) -> Comparison:
    contents = {name: Content(objects=objects) for name, objects in fleet.items()}
    with view_of(path, contents) as view:
        return compare(view, expected=rules)


def test_expected_differences_are_left_out_and_counted(tmp_path: Path) -> None:
    def cluster(name: str, host: str, replicas: int, log: str) -> list[Document]:
        values = {"host": host, "replicas": replicas, "log": log}
        return [
            helm_release(values=values),
            helm_release("same", values={"host": host}),
            kustomization("apps", path=f"./clusters/{name}"),
        ]

    fleet = {
        "staging": cluster("staging", "staging.example.com", 1, "debug"),
        "prod-eu": cluster("prod-eu", "prod-eu.example.com", 3, "info"),
        "prod-us": [*cluster("prod-us", "prod-us.example.com", 3, "info"), config_map("x", {})],
    }
    rules = Expected(
        fields=(ExpectedField(path="spec.path", kinds=("Kustomization",)),),
        variables={"domain": DOMAINS.variables["domain"], "replicas": DOMAINS.variables["replicas"]},
    )
    answer = ask(tmp_path, fleet, rules)
    (found,) = answer.objects
    assert [difference.path for difference in found.differences] == ["spec.values.log"]
    assert [group.clusters for group in found.groups] == [("prod-eu", "prod-us"), ("staging",)]
    assert (answer.identical, answer.expected) == (2, 4)
