"""From a graph to boxes and arrows: directions, crowds, bounds, lags."""

from __future__ import annotations

from server.render.boxes import Family, Picture
from server.render.picture import picture_of
from tests.server.render.graphs import delivery, graph, node, product, small


def arrows(picture: Picture) -> set[tuple[str, str, str]]:
    named = [f"{box.kind}/{box.name}" for box in picture.boxes]
    return {(named[link.start], link.words, named[link.end]) for link in picture.links}


def test_arrows_lead_from_what_needs_to_what_is_needed() -> None:
    nodes = [node("web", "Deployment"), node("web-1", "ReplicaSet"), node("web", "HelmRelease")]
    picture = picture_of(graph(nodes, [(1, 0, "owner"), (2, 0, "manages")]))
    assert arrows(picture) == {
        ("Deployment/web", "owns", "ReplicaSet/web-1"),
        ("HelmRelease/web", "manages", "Deployment/web"),
    }


def test_several_ties_are_one_arrow() -> None:
    nodes = [node("apps", "Kustomization"), node("infra", "Kustomization")]
    edges = [(0, 1, "health"), (0, 1, "manages"), (0, 1, "depends"), (0, 1, "manages")]
    (link,) = picture_of(graph(nodes, edges)).links
    assert link.words == "manages, depends on, waits for"
    assert link.family is Family.OWNERSHIP


def test_healthy_crowds_are_one_box_and_the_others_are_not() -> None:
    nodes = [node("apps", "Kustomization")]
    nodes += [node(f"c{number}", "ConfigMap") for number in range(7)]
    nodes += [node("bad", "ConfigMap", "Failed"), node("s", "Service"), node("far", "Pod")]
    edges = [(0, number, "manages") for number in range(1, 10)]
    picture = picture_of(graph(nodes, [*edges, (9, 10, "config")]))
    crowd = next(box for box in picture.boxes if box.size > 1)
    assert (crowd.kind, crowd.name, crowd.size) == ("7 objects", "7 ConfigMaps", 7)
    assert {box.name for box in picture.boxes} == {"apps", "bad", "s", "far", "7 ConfigMaps"}
    assert picture.folded == 7
    assert ("Kustomization/apps", "manages", "7 objects/7 ConfigMaps") in arrows(picture)


def test_what_was_asked_for_is_never_in_a_crowd() -> None:
    nodes = [node("git", "GitRepository"), *(node(f"k{number}", "Kustomization") for number in range(9))]
    edges = [(number, 0, "source") for number in range(1, 10)]
    picture = picture_of(graph(nodes, edges, roots=[4]))
    assert [box.name for box in picture.boxes if box.root] == ["k3"]
    assert next(box for box in picture.boxes if box.size > 1).size == 8


def test_a_bound_keeps_trouble_with_its_way_and_counts_the_rest() -> None:
    whole = picture_of(product(20))
    picture = picture_of(product(20), most=25)
    assert len(picture.boxes) == 25
    assert picture.omitted == sum(box.size for box in whole.boxes) - sum(box.size for box in picture.boxes)
    bad = {box.name for box in picture.boxes if box.health != "Ready"}
    assert {"apps", "service-03", "service-10", "service-17"} <= bad
    ends = {link.end for link in picture.links} | {0}
    assert all(place in ends for place, box in enumerate(picture.boxes) if box.health == "Failed")


def test_what_the_question_left_out_is_counted_too() -> None:
    from query.results.answer import DependencyGraph, Omitted

    five = small()
    cut = DependencyGraph(nodes=five.nodes, edges=five.edges, roots=five.roots, omitted=Omitted(40))
    assert picture_of(cut, most=3).omitted == 42


def test_delivery_leads_from_the_source_to_what_is_applied() -> None:
    found = arrows(picture_of(delivery(["staging"]), delivery=True, crowd=1))
    assert {
        ("GitRepository/flux-system", "feeds", "Kustomization/apps"),
        ("HelmRepository/charts", "feeds", "HelmChart/shop-web"),
        ("HelmChart/shop-web", "feeds", "HelmRelease/web"),
        ("Kustomization/apps", "manages", "HelmRelease/web"),
    } <= found


def test_a_generator_makes_what_it_names() -> None:
    nodes = [
        node("split", "ArtifactGenerator"),
        node("mono", "GitRepository"),
        node("front", "ExternalArtifact"),
        node("front", "Kustomization"),
    ]
    edges = [(0, 1, "source"), (0, 2, "generates"), (2, 0, "source"), (3, 2, "source")]
    found = arrows(picture_of(graph(nodes, edges), delivery=True))
    assert found == {
        ("GitRepository/mono", "feeds", "ArtifactGenerator/split"),
        ("ArtifactGenerator/split", "generates", "ExternalArtifact/front"),
        ("ExternalArtifact/front", "feeds", "Kustomization/front"),
    }


def test_an_applier_that_lags_says_behind_what() -> None:
    picture = picture_of(delivery(), delivery=True)
    revisions = {(box.cluster, box.kind): box.details for box in picture.boxes}
    assert revisions["production", "Kustomization"] == "main@sha1:9b3c1d5e, not yet main@sha1:4e1f0c7d"
    assert revisions["production", "HelmRelease"] == "6.7.0, not yet 6.7.1"
    assert revisions["staging", "Kustomization"] == "main@sha1:4e1f0c7d"
    assert revisions["staging", "HelmRelease"] == "6.7.1"
