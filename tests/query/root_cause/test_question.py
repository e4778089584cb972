"""What can be asked, over which clusters, and what comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirror.store.changes import ClusterState, ScopeState
from query.errors import UnknownKindError, UnknownObjectError
from query.places import searched
from query.results.answer import ObjectRef
from query.root_cause import find_root_cause
from tests.query.root_cause import fleet
from tests.query.root_cause.conftest import Ask, Cluster, view_of
from tests.query.root_cause.fleet import Document
from tests.query.root_cause.verdicts import blamed, only
from tests.query.stores import Content
from tests.query.stores import view_of as stored_view


def broken(name: str, message: str = "kustomize build failed", since: str = fleet.SINCE) -> Document:
    return fleet.kustomization(name, state=fleet.failed("BuildFailed", message, since=since))


def test_a_healthy_object_is_healthy(ask: Ask) -> None:
    answer = ask([fleet.git(), fleet.kustomization("apps"), broken("other")], kind="ks", name="apps")
    assert answer.healthy
    assert answer.causes == ()
    assert [line.cluster for line in answer.freshness] == ["staging"]


def test_where_nothing_was_ever_read_nothing_is_healthy(tmp_path: Path) -> None:
    never = Content(state=ClusterState.UNREACHABLE, confirmed_at=None, served=())
    with stored_view(tmp_path, {"a": never}) as view:
        assert not find_root_cause(view).healthy
        assert searched(view, None, name=None, namespace=None, selector=None).endswith("; not read yet: a")


def test_an_unknown_object_or_kind_is_an_error(ask: Ask) -> None:
    with pytest.raises(UnknownObjectError, match="appz"):
        ask([fleet.kustomization("apps")], kind="ks", name="appz")
    with pytest.raises(UnknownKindError):
        ask([fleet.kustomization("apps")], kind="Kustomisation", name="apps")


def test_a_name_that_is_only_referred_to_can_be_asked_for(ask: Ask) -> None:
    answer = ask([fleet.git(secretRef={"name": "key"})], kind="Secret", name="key")
    assert blamed(answer) == ("Missing", "Secret/flux-system/key", "")
    assert "spec.secretRef of GitRepository flux-system/flux-system" in only(answer).message


def test_a_kind_without_a_name_asks_about_all_that_fail(ask: Ask) -> None:
    dead = fleet.git(state=fleet.failed("GitOperationFailed", "connection refused"))
    answer = ask([dead, broken("apps"), broken("infra")], kind="Kustomization")
    assert [cause.object.name for cause in answer.causes] == ["apps", "infra"]


def test_a_limit_says_what_it_has_left_out(ask: Ask) -> None:
    objects = [fleet.git(), *(broken(f"k{number}", f"missing file{number}.yaml") for number in range(5))]
    answer = ask(objects, limit=2)
    assert [cause.rank for cause in answer.causes] == [1, 2]
    assert answer.omitted.count == 3


def test_what_breaks_most_comes_first(ask: Ask) -> None:
    waiting = [
        fleet.kustomization(
            name,
            state=fleet.failed("DependencyNotReady", "dependency 'flux-system/zoo' is not ready"),
            dependsOn=[{"name": "zoo"}],
        )
        for name in ("x", "y")
    ]
    answer = ask([fleet.git(), broken("apps"), broken("zoo"), *waiting])
    assert [(cause.object.name, cause.affected.count) for cause in answer.causes] == [("zoo", 2), ("apps", 0)]


def test_of_several_causes_of_one_symptom_the_oldest_comes_first(ask: Ask) -> None:
    new = broken("new", since="2026-11-22T09:00:00Z")
    old = broken("old", since="2026-11-22T07:00:00Z")
    top = fleet.kustomization("top", state=fleet.unhealthy(new, old), children=[new, old])
    answer = ask([fleet.git(), new, old, top], kind="ks", name="top")
    assert [cause.object.name for cause in answer.causes] == ["old", "new"]
    assert answer.causes[0].since == "2026-11-22T07:00:00Z"


def test_a_missing_object_comes_before_a_failed_one(ask: Ask) -> None:
    failed = broken("a", since="2026-11-22T07:00:00Z")
    state = fleet.failed(
        "AuthenticationFailed", "failed to get secret 'flux-system/key': secrets \"key\" not found"
    )
    source = fleet.git("code", state=state, secretRef={"name": "key"})
    top = fleet.kustomization("top", state=fleet.unhealthy(failed, source), children=[failed, source])
    answer = ask([fleet.git(), failed, source, top], kind="ks", name="top")
    assert [cause.class_ for cause in answer.causes] == ["Missing", "Failed"]


def test_one_cause_in_many_clusters_is_one_cause(ask: Ask) -> None:
    message = "kustomize build failed: accumulating resources from /tmp/kustomization-{0}/apps: missing.yaml"
    clusters = {
        f"eu-{number}": [fleet.git(), broken("apps", message.format(1_000_000 + number))]
        for number in range(3)
    }
    cause = only(ask(clusters))
    assert cause.object.cluster == "eu-0"
    assert cause.message.endswith("(the same in eu-1, eu-2)")
    assert [ref.cluster for ref in cause.affected.examples] == ["eu-1", "eu-2"]


def test_different_causes_of_one_name_stay_apart(ask: Ask) -> None:
    clusters = {
        "eu": [fleet.git(), broken("apps", "kustomize build failed: no such file")],
        "us": [fleet.git(), broken("apps", "kustomize build failed: invalid YAML")],
    }
    answer = ask(clusters, kind="ks", name="apps")
    assert [cause.object.cluster for cause in answer.causes] == ["eu", "us"]


def test_only_the_chosen_clusters_are_asked(tmp_path: Path) -> None:
    clusters = {name: Cluster([fleet.git(), broken("apps", name)]) for name in ("eu", "us")}
    with view_of(tmp_path, clusters, chosen=["us"]) as view:
        assert [cause.object.cluster for cause in find_root_cause(view).causes] == ["us"]


def test_affected_objects_are_named_and_counted(ask: Ask) -> None:
    message = "substitute from 'ConfigMap/vars' error: configmaps \"vars\" not found"
    variables = {"substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]}
    objects = [
        fleet.kustomization(f"k{number}", state=fleet.failed("BuildFailed", message), postBuild=variables)
        for number in range(7)
    ]
    affected = only(ask([fleet.git(), *objects])).affected
    assert affected.count == 7
    assert affected.examples[0] == ObjectRef(
        "staging", f"{fleet.KUSTOMIZE}", "Kustomization", "flux-system", "k0"
    )
    assert len(affected.examples) == 5


def test_what_could_not_be_seen_is_said_and_not_called_missing(ask: Ask) -> None:
    message = "failed to get secret 'flux-system/key': secrets \"key\" not found"
    source = fleet.git(state=fleet.failed("AuthenticationFailed", message), secretRef={"name": "key"})
    for state in (ScopeState.FORBIDDEN, ScopeState.FAILED, None):
        answer = ask([source], states={"Secret": state}, kind="GitRepository", name="flux-system")
        assert blamed(answer) == ("Failed", "GitRepository/flux-system/flux-system", "")
        assert len(answer.not_visible) == 1
        assert answer.not_visible[0].startswith("staging: Secret flux-system/key: ")


def test_an_old_warning_is_no_evidence(ask: Ask) -> None:
    state = fleet.failed(
        "GitOperationFailed", 'couldn\'t find remote ref "refs/heads/main"', since=fleet.LATER
    )
    source = fleet.git(state=state)
    old = fleet.event(source, "GitOperationFailed", "authentication required", at="2026-11-21T08:00:00Z")
    new = fleet.event(source, "GitOperationFailed", "couldn't find remote ref, tried 3 times", at=fleet.LATER)
    texts = [item.text for item in only(ask([source, old, new])).evidence]
    assert not any("authentication" in text for text in texts)
    assert any("(3 times)" in text for text in texts)


def test_long_messages_are_cut_in_evidence(ask: Ask) -> None:
    cause = only(ask([fleet.git(), broken("apps", "x" * 5_000)]))
    assert max(len(item.text) for item in cause.evidence) == 500
