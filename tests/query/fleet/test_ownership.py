from __future__ import annotations

from pathlib import Path
from typing import Any

from mirror.store.changes import ScopeState
from query.fleet.ownership import ownership
from query.results.fleet import Ownership
from tests.query.manifests import (
    config_map,
    deployment,
    helm_chart,
    helm_release,
    kustomization,
    manifest,
    ready,
)
from tests.query.stores import Content, view_of

KUSTOMIZE = "kustomize.toolkit.fluxcd.io"


def applier(name: str, *listed: str, status: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """A Kustomization whose inventory lists these ConfigMaps of namespace apps."""
    entries = [{"id": f"apps_{entry}__ConfigMap", "v": "v1"} for entry in listed]
    return kustomization(name, status=status or ready(inventory={"entries": entries}), **spec)


def claims(name: str, applier: str, **content: Any) -> dict[str, Any]:
    labels = {f"{KUSTOMIZE}/name": applier, f"{KUSTOMIZE}/namespace": "flux-system"}
    return manifest("v1", "ConfigMap", name, labels=labels, **content)


def found(path: Path, *objects: dict[str, Any], **more: Any) -> Ownership:
    with view_of(path, {"a": Content(objects=objects, **more)}) as view:
        return ownership(view)


def told(answer: Ownership) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.problem, one.object.name, one.appliers) for one in answer.findings]


def test_an_object_in_two_inventories_is_claimed_twice(tmp_path: Path) -> None:
    answer = found(
        tmp_path,
        applier("one", "shared", "own"),
        applier("two", "shared"),
        config_map("shared", {}),
        config_map("own", {}),
    )
    both = ("Kustomization/flux-system/one", "Kustomization/flux-system/two")
    assert told(answer) == [("claimed twice", "shared", both)]
    assert answer.claimed_twice == 1


def test_what_an_inventory_lists_and_nobody_has_seen_is_gone(tmp_path: Path) -> None:
    answer = found(tmp_path, applier("one", "lost", "kept"), config_map("kept", {}))
    assert told(answer) == [("gone", "lost", ("Kustomization/flux-system/one",))]


def test_what_could_not_be_seen_is_not_gone(tmp_path: Path) -> None:
    answer = found(tmp_path, applier("one", "lost"), states={"ConfigMap": ScopeState.FORBIDDEN})
    assert (answer.gone, answer.unknown, answer.findings) == (0, 1, ())


def test_a_job_removed_by_its_ttl_is_not_gone(tmp_path: Path) -> None:
    job = ready(inventory={"entries": [{"id": "apps_migrate_batch_Job", "v": "v1"}]})
    assert found(tmp_path, applier("one", status=job)).gone == 0


def test_what_an_applier_labels_and_does_not_list_is_an_orphan(tmp_path: Path) -> None:
    answer = found(
        tmp_path, applier("one", "kept"), claims("kept", "one"), claims("left", "one"), claims("old", "away")
    )
    assert told(answer) == [
        ("orphan", "left", ("Kustomization/flux-system/one",)),
        ("orphan", "old", ("Kustomization/flux-system/away",)),
    ]
    assert [one.applier_exists for one in answer.findings] == [True, False]
    assert answer.orphans == 2


def test_labels_borne_by_the_way_make_no_orphan(tmp_path: Path) -> None:
    owner = [{"apiVersion": "v1", "kind": "ConfigMap", "name": "kept", "uid": "1"}]
    answer = found(
        tmp_path,
        applier("one", "kept"),
        claims("kept", "one"),
        claims("child", "one", ownerReferences=owner),
        claims("hook", "one", annotations={"helm.sh/hook": "post-install"}),
        helm_release(status=ready(inventory={"entries": []})),
        helm_chart(),
    )
    assert (answer.orphans, answer.unknown) == (0, 0)


def test_a_kustomization_that_applies_itself_is_no_orphan(tmp_path: Path) -> None:
    itself = applier("flux-system")
    labels = {f"{KUSTOMIZE}/name": "flux-system", f"{KUSTOMIZE}/namespace": "flux-system"}
    itself["metadata"]["labels"] = labels
    assert found(tmp_path, itself) == Ownership(0, 0, 0, 0, ())


def test_an_applier_that_says_nothing_certain_makes_no_orphan(tmp_path: Path) -> None:
    old = helm_release("old")  # helm-controller before 1.5: no inventory
    busy = applier("busy", status={"observedGeneration": -1, "inventory": {"entries": []}})
    remote = applier("remote", kubeConfig={"secretRef": {"name": "there"}})
    helm = {"helm.toolkit.fluxcd.io/name": "old", "helm.toolkit.fluxcd.io/namespace": "apps"}
    answer = found(
        tmp_path,
        old,
        busy,
        remote,
        claims("a", "busy"),
        claims("b", "remote"),
        deployment("c", labels=helm),
    )
    assert (answer.orphans, answer.unknown) == (0, 3)


def test_an_applier_that_could_not_be_seen_makes_no_orphan(tmp_path: Path) -> None:
    answer = found(tmp_path, claims("a", "one"), states={"Kustomization": ScopeState.FORBIDDEN})
    assert (answer.orphans, answer.unknown) == (0, 1)


def test_the_applier_in_another_cluster_owns_what_it_applies_there(tmp_path: Path) -> None:
    hub = Content(objects=[applier("one", kubeConfig={"secretRef": {"name": "edge"}})])
    with view_of(tmp_path, {"hub": hub, "edge": Content(objects=[claims("a", "one")])}) as view:
        answer = ownership(view)
    assert (answer.orphans, answer.unknown) == (0, 1)


def test_a_limit_cuts_each_problem_and_no_count(tmp_path: Path) -> None:
    lost = [f"lost-{n}" for n in range(5)]
    with view_of(tmp_path, {"a": Content(objects=[applier("one", *lost), claims("x", "one")])}) as view:
        answer = ownership(view, limit=2)
    assert (answer.gone, answer.orphans, len(answer.findings)) == (5, 1, 3)


def test_only_the_chosen_clusters_count(tmp_path: Path) -> None:
    bad = Content(objects=[applier("one", "lost"), claims("x", "one")])
    with view_of(tmp_path, {"a": bad, "b": Content()}, clusters=["b"]) as view:
        answer = ownership(view)
    assert answer == Ownership(0, 0, 0, 0, ())
