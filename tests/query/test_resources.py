from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mirror.keys import ObjectKey
from mirror.records import EventRecord
from mirror.store.changes import ScopeState
from query.errors import SelectorError, UnknownKindError
from query.resources import get_resources
from query.results.answer import Resources
from tests.query.manifests import config_map, deployment, failed, helm_release, kustomization
from tests.query.stores import RESOURCES, Content, view_of

EVENTS = [
    EventRecord(
        uid=str(number),
        namespace="apps",
        name=f"web.{number}",
        resource_version="1",
        involved=ObjectKey("helm.toolkit.fluxcd.io", "HelmRelease", "apps", "web"),
        type="Warning",
        reason="UpgradeFailed",
        message=f"attempt {number}",
        component="helm-controller",
        count=number,
        first_at=1_794_990_000.0,
        last_at=1_794_990_000.0 + number,
    )
    for number in (1, 2, 3)
]
RELEASES = [
    helm_release("api"),
    helm_release("web", status=failed("UpgradeFailed", "timed out")),
]
FLEET = {
    "a": Content(objects=[*RELEASES, kustomization("apps")], events=EVENTS),
    "b": Content(objects=[helm_release("web", suspend=True)], states={"ConfigMap": None}),
    "c": Content(
        served=[resource for resource in RESOURCES if resource.kind != "HelmRelease"],
        states={"ConfigMap": ScopeState.FORBIDDEN},
        unlisted=frozenset({"Deployment"}),
    ),
}


Ask = Callable[..., Resources]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    with view_of(tmp_path_factory.mktemp("fleet"), FLEET) as view:
        yield partial(get_resources, view)


def names(answer: Resources) -> list[tuple[str, str]]:
    return [(item.object.cluster, item.object.name) for item in answer.items]


def test_what_needs_attention_comes_first(ask: Ask) -> None:
    answer = ask(kind="hr")
    found = [(item.object.cluster, item.object.name, item.health) for item in answer.items]
    assert found == [("a", "web", "Failed"), ("b", "web", "Suspended"), ("a", "api", "Ready")]
    assert answer.items[0].object.api_version == "helm.toolkit.fluxcd.io/v2"
    assert (answer.items[0].reason, answer.items[0].since) == ("UpgradeFailed", "2026-11-18T11:00:00Z")
    assert answer.omitted.count == 0


@pytest.mark.parametrize(("limit", "shown", "left"), [(1, 1, 2), (2, 2, 1), (3, 3, 0), (0, 3, 0)])
def test_a_limit_says_exactly_what_it_left_out(ask: Ask, limit: int, shown: int, left: int) -> None:
    answer = ask(kind="hr", limit=limit)
    assert (len(answer.items), answer.omitted.count) == (shown, left)


def test_a_limit_changes_what_is_shown_but_not_the_order(ask: Ask) -> None:
    everything = names(ask(kind="hr", limit=0))
    assert [names(ask(kind="hr", limit=limit)) for limit in (1, 2, 50)] == [
        everything[:1],
        everything[:2],
        everything,
    ]


def test_a_list_has_no_manifests_a_name_has(ask: Ask) -> None:
    assert [item.manifest for item in ask(kind="hr").items] == [None, None, None]
    manifests = [item.manifest for item in ask(kind="hr", name="api").items]
    assert manifests[0] is not None
    assert manifests[0]["spec"]["interval"] == "10m"


def test_fields_are_projected_instead_of_the_manifest(ask: Ask) -> None:
    answer = ask(kind="hr", namespace="apps", fields=["spec.chart.spec.version", "{.spec.suspend}"])
    assert [item.fields for item in answer.items] == [
        {"spec.chart.spec.version": "1.0.0", "{.spec.suspend}": None},
        {"spec.chart.spec.version": "1.0.0", "{.spec.suspend}": True},
        {"spec.chart.spec.version": "1.0.0", "{.spec.suspend}": None},
    ]
    assert {item.manifest for item in answer.items} == {None}


def test_labels_select(tmp_path: Path) -> None:
    fleet = {"a": Content(objects=[deployment("x", labels={"tier": "1"}), deployment("y")])}
    with view_of(tmp_path, fleet) as view:
        assert names(get_resources(view, kind="deploy", selector="tier in (1)")) == [("a", "x")]
        assert names(get_resources(view, kind="deploy", selector="!tier")) == [("a", "y")]


def test_without_a_kind_every_kind_of_the_group_is_meant(ask: Ask) -> None:
    assert len(ask().items) == 4
    answer = ask(api_version="kustomize.toolkit.fluxcd.io/v1")
    assert names(answer) == [("a", "apps")]


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ({"kind": "hr", "name": "nope"}, "HelmRelease `nope` in all namespaces of a, b; not served by c"),
        (
            {"kind": "cm", "namespace": "apps"},
            "ConfigMap in namespace apps of a; forbidden in c; served but not mirrored in b",
        ),
        (
            {"kind": "deploy", "selector": "a=b"},
            "Deployment with labels a=b in all namespaces of a, b; not listed yet in c",
        ),
    ],
)
def test_an_empty_answer_says_where_it_looked(ask: Ask, question: dict[str, Any], searched: str) -> None:
    answer = ask(**question)
    assert answer.items == ()
    assert answer.searched == searched
    assert [line.cluster for line in answer.freshness] == ["a", "b", "c"]


def test_an_empty_answer_says_what_is_near(ask: Ask) -> None:
    assert ask(kind="hr", name="wep").hint == "did you mean `apps/web`?"
    assert ask(kind="hr", name="web", namespace="shop").hint == "it exists in namespace apps of a, b"
    assert ask(kind="hr", namespace="shop").hint == "nothing is known in namespace `shop`"
    assert ask(kind="hr", name="web").hint == ""


def test_events_come_from_memory_newest_first(ask: Ask) -> None:
    answer = ask(kind="Event", namespace="apps", limit=2)
    assert [item.message for item in answer.items] == ["attempt 3", "attempt 2"]
    assert answer.omitted.count == 1
    manifest = answer.items[0].manifest
    assert manifest is not None
    assert manifest["involvedObject"] == {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "namespace": "apps",
        "name": "web",
    }
    assert (manifest["type"], manifest["count"]) == ("Warning", 3)


def test_events_are_found_by_name_and_projected(ask: Ask) -> None:
    answer = ask(kind="ev", name="web.2", fields=["involvedObject.name", "type"])
    assert [item.fields for item in answer.items] == [{"involvedObject.name": "web", "type": "Warning"}]


@pytest.mark.parametrize(
    ("question", "error"),
    [
        ({"kind": "Wizard"}, UnknownKindError),
        ({"kind": "hr", "fields": ["a["]}, SelectorError),
        ({"kind": "hr", "selector": "a b"}, SelectorError),
        ({"kind": "Event", "selector": "a=b"}, SelectorError),
    ],
)
def test_a_question_that_cannot_be_asked(ask: Ask, question: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        ask(**question)


def test_what_was_referred_to_but_is_not_there_is_not_listed(tmp_path: Path) -> None:
    release = helm_release(valuesFrom=[{"kind": "ConfigMap", "name": "gone"}])
    with view_of(tmp_path, {"a": Content(objects=[release, config_map("here", {})])}) as view:
        assert names(get_resources(view, kind="cm")) == [("a", "here")]
