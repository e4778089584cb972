"""Events by object: a workload speaks through what it owns and has owned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mirror.keys import GroupKind, ObjectKey
from mirror.records import EventRecord
from query.errors import SelectorError, UnknownKindError
from query.object_events import MOST, get_events
from query.owned import was_owned
from query.resources import get_resources
from query.view import View
from server.render.events import render_events
from server.render.resources import render_resources
from tests.query.manifests import deployment, manifest
from tests.query.stores import NOW, Content, view_of


def owned(api_version: str, kind: str, name: str, owner: dict[str, Any]) -> dict[str, Any]:
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"]}
    reference["uid"] = owner["metadata"]["uid"]
    return manifest(api_version, kind, name, ownerReferences=[reference])


def said(key: ObjectKey, reason: str, ago: float, *, type: str = "Normal", message: str = "") -> EventRecord:
    return EventRecord(
        uid=f"{key}-{reason}",
        namespace=key.namespace,
        name=f"{key.name}.{reason}",
        resource_version="1",
        involved=key,
        type=type,
        reason=reason,
        message=message or f"{reason} of {key.name}",
        component="kubelet",
        count=3,
        first_at=NOW - ago - 60,
        last_at=NOW - ago,
    )


def pod(name: str, namespace: str = "apps") -> ObjectKey:
    return ObjectKey("", "Pod", namespace, name)


WEB = ObjectKey("apps", "Deployment", "apps", "web")
RELEASE = ObjectKey("helm.toolkit.fluxcd.io", "HelmRelease", "apps", "web")


@pytest.fixture
def view(tmp_path: Path) -> Iterator[View]:
    web = deployment("web")
    replicas = owned("apps/v1", "ReplicaSet", "web-7d4b9c6f5d", web)
    present = owned("v1", "Pod", "web-7d4b9c6f5d-bcdfg", replicas)
    odd = owned("v1", "Pod", "odd-name", replicas)
    events = [
        said(
            pod("web-7d4b9c6f5d-bcdfg"), "BackOff", 5, type="Warning", message="Back-off pulling image web:2"
        ),
        said(pod("odd-name"), "Started", 10),
        said(pod("web-5f6d7c8b9d-zzzzz"), "Killing", 3 * 86_400),
        said(pod("web-7d4b9c6f5d-bcdfg", "other"), "Elsewhere", 20),
        said(pod("web-admin-0"), "Foreign", 20),
        said(WEB, "ScalingReplicaSet", 30),
        said(RELEASE, "InstallSucceeded", 40),
    ]
    content = Content(objects=[web, replicas, present, odd], events=events)
    with view_of(tmp_path, {"a": content, "b": Content()}) as found:
        yield found


def reasons(view: View, **question: Any) -> list[str]:
    return [event.reason for event in get_events(view, **question).events]


def test_a_workload_speaks_through_what_it_owns_and_has_owned(view: View) -> None:
    """The newest first; a Pod that is gone is known by its name, one with an odd name by its owner."""
    question = {"kind": "deploy", "name": "web", "namespace": "apps"}
    assert reasons(view, **question) == ["BackOff", "Started", "ScalingReplicaSet", "Killing"]


def test_a_flux_object_speaks_for_itself(view: View) -> None:
    assert reasons(view, kind="hr", name="web") == ["InstallSucceeded"]


def test_without_arguments_everything_is_told(view: View) -> None:
    assert len(reasons(view)) == 7
    assert len(reasons(view, namespace="other")) == 1
    assert len(reasons(view, kind="Pod")) == 5


def test_type_since_and_grep_narrow(view: View) -> None:
    assert reasons(view, type="warning") == ["BackOff"]
    assert "Killing" not in reasons(view, since="1h")
    assert reasons(view, grep="pulling|killing") == ["BackOff", "Killing"]
    assert reasons(view, grep="pod/apps/ODD") == ["Started"]


def test_a_limit_keeps_the_newest_and_counts_the_others(view: View) -> None:
    found = get_events(view, limit=2)
    assert [event.reason for event in found.events] == ["BackOff", "Started"]
    assert found.omitted.count == 5
    assert get_events(view, limit=0).omitted.count == 0


def test_beyond_the_bound_there_are_more_than_were_counted(tmp_path: Path) -> None:
    told = [said(pod(f"p-{number}"), "Started", number) for number in range(MOST + 1)]
    with view_of(tmp_path, {"a": Content(events=told)}) as view:
        found = get_events(view, limit=2)
        assert (found.omitted.count, found.omitted.at_least) == (MOST - 2, True)
        assert render_events(found, now=NOW).text.startswith("more than 10,000 events")
        as_resources = get_resources(view, kind="Event", limit=2)
        assert (as_resources.omitted.count, as_resources.omitted.at_least) == (MOST - 2, True)
        assert render_resources(as_resources, now=NOW).text.startswith("more than 10,000 Events")


def test_nothing_found_says_where_it_was_looked(view: View) -> None:
    found = get_events(view, kind="Pod", name="nobody")
    assert found.events == ()
    assert found.searched == "about Pod/nobody in all namespaces of a, b"
    assert found.hint == "no Pod of that name is known"
    assert [line.cluster for line in found.freshness] == ["a", "b"]


def test_what_was_asked_of_the_events_is_said_where_none_is_found(view: View) -> None:
    found = get_events(view, type="normal", since="1s", grep="nothing says so")
    assert found.searched == (
        "about anything in all namespaces of a, b, of type Normal, since 1s, that fit the pattern"
    )


def test_silence_about_what_exists_is_no_typo(view: View) -> None:
    assert "did you mean `apps/web`?" in get_events(view, kind="deploy", name="wbe").hint
    assert get_events(view, kind="deploy", name="web", grep="nothing says so").hint == ""
    assert get_events(view, namespace="nowhere").hint == "nothing is known in namespace `nowhere`"


def test_what_cannot_be_asked_is_refused(view: View) -> None:
    with pytest.raises(SelectorError, match="no event has the type"):
        get_events(view, type="Error")
    with pytest.raises(SelectorError, match="neither a span"):
        get_events(view, since="yesterday")
    with pytest.raises(UnknownKindError):
        get_events(view, kind="Podd")


@pytest.mark.parametrize(
    ("kind", "name", "is_own"),
    [
        (GroupKind("apps", "Deployment"), "web-7d4b9c6f5d-bcdfg", True),
        (GroupKind("apps", "Deployment"), "web-admin", False),
        (GroupKind("apps", "StatefulSet"), "web-12", True),
        (GroupKind("apps", "StatefulSet"), "web-12-bcdfg", False),
        (GroupKind("apps", "DaemonSet"), "web-bcdfg", True),
        (GroupKind("batch", "CronJob"), "web-28910060-bcdfg", True),
        (GroupKind("", "Service"), "web-bcdfg", False),
    ],
)
def test_generated_names(kind: GroupKind, name: str, is_own: bool) -> None:
    assert was_owned(ObjectKey(*kind, "apps", "web"), pod(name)) is is_own
