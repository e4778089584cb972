from __future__ import annotations

from itertools import count

from mirror.store.rows import ObjectRow
from query.fleet.incidents import fold_incidents
from query.results.answer import ObjectRef
from query.results.fleet import Incident

IDS = count(1)


def row(cluster: str, name: str, reason: str, message: str = "", since: float | None = None) -> ObjectRow:
    return ObjectRow(
        next(IDS),
        cluster,
        "kustomize.toolkit.fluxcd.io",
        "Kustomization",
        "flux-system",
        name,
        True,
        "v1",
        "",
        "",
        1,
        1,
        None,
        None,
        "Failed",
        reason,
        message,
        since,
        "",
        {},
    )


def ref(found: ObjectRow) -> ObjectRef:
    return ObjectRef(found.cluster, found.api_version, found.kind, found.namespace, found.name)


def fold(*rows: ObjectRow, most: int = 20) -> list[Incident]:
    return fold_incidents(rows, ref, most_objects=most)


def test_the_same_object_failing_alike_in_two_clusters_is_one_incident() -> None:
    rows = (
        row("a", "apps", "BuildFailed", "cannot read './eu' after 3s", since=20.0),
        row("b", "apps", "BuildFailed", "cannot read './us' after 4s", since=10.0),
    )
    (incident,) = fold(*rows)
    assert (incident.clusters, incident.count) == (("a", "b"), 2)
    assert incident.cause == "BuildFailed: cannot read './us' after 4s"
    assert incident.since == "1970-01-01T00:00:10Z"


def test_one_reason_with_two_stories_is_not_one_incident() -> None:
    path = "kustomization path not found: stat /tmp/kustomization-1/apps: no such file or directory"
    download = "failed to download archive: GET http://10.0.0.1:80/a.tar.gz giving up after 3 attempt(s)"
    rows = (row("a", "apps", "ArtifactFailed", path), row("b", "apps", "ArtifactFailed", download))
    assert fold(*rows) == []
    kinds = (
        "could not resolve Secret chart values reference 'a/b'",
        "could not resolve ConfigMap chart values",
    )
    assert fold(row("a", "web", "ValuesError", kinds[0]), row("b", "web", "ValuesError", kinds[1])) == []


def test_different_reasons_or_names_are_different_incidents() -> None:
    assert fold(row("a", "apps", "BuildFailed"), row("b", "apps", "PruneFailed")) == []
    assert fold(row("a", "apps", "BuildFailed"), row("b", "infra", "BuildFailed")) == []


def test_the_same_message_folds_different_objects_over_clusters() -> None:
    text = "unable to clone 'https://git.example.com': timed out after {}s"
    (incident,) = fold(row("a", "one", "X", text.format(3)), row("b", "two", "Y", text.format(4.5)))
    assert {item.name for item in incident.objects} == {"one", "two"}


def test_a_message_that_names_nothing_folds_nothing() -> None:
    text = "Failed to upgrade after 4 attempt(s)"
    assert fold(row("a", "one", "X", text), row("b", "two", "X", text)) == []


def test_failures_hang_together_over_a_chain() -> None:
    rows = (
        row("a", "one", "X", "secret 'p' not found"),
        row("b", "one", "X", "secret 'q' not found"),
        row("b", "two", "Y", "secret 'q' not found"),
        row("c", "other", "Z", "secret 'r' not found"),
    )
    (incident,) = fold(*rows)
    assert (incident.count, incident.clusters) == (3, ("a", "b"))


def test_the_widest_incident_comes_first_and_names_a_bounded_number_of_objects() -> None:
    small = [row(cluster, "small", "X") for cluster in ("a", "b")]
    wide = [row(cluster, "wide", "Y") for cluster in ("a", "b", "c")]
    first, second = fold(*small, *wide, most=2)
    assert (first.cause, first.count, len(first.objects)) == ("Y", 3, 2)
    assert second.count == 2
