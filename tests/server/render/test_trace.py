"""Traces as text."""

from __future__ import annotations

import msgspec

from query.results.answer import Freshness, ObjectRef
from query.results.trace import Trace, Traces, TraceSource, TraceStep
from server.render.trace import grouped, render_trace


def step(
    kind: str,
    name: str,
    health: str = "Ready",
    cluster: str = "staging",
    *,
    revision: str = "",
    url: str = "",
) -> TraceStep:
    return TraceStep(ObjectRef(cluster, "v1", kind, "apps", name), health, "", revision=revision, url=url)


def trace(cluster: str = "staging", git: str = "Ready", dependents: int = 0) -> Trace:
    app = step("Kustomization", "apps", cluster=cluster, revision="main@sha1:4e1f0c7d")
    source = step("GitRepository", "fleet", git, cluster, url="https://git.example.com/fleet.git")
    if git != "Ready":
        source = msgspec.structs.replace(source, reason="GitOperationFailed", message="no route to host")
    named = tuple(step("Pod", f"p{number}", cluster=cluster) for number in range(min(dependents, 20)))
    return Trace(
        object=step("ConfigMap", "values", cluster=cluster),
        managed_by=(app,),
        sources=(TraceSource(app.object, (source,)),),
        unmanaged=False,
        dependents=named,
        dependents_count=dependents,
    )


def test_the_way_up_with_what_feeds_it(synced: tuple[Freshness, ...]) -> None:
    text = render_trace(Traces(traces=(trace(git="Failed", dependents=30),), freshness=synced)).text
    assert text == (
        """\
ConfigMap/apps/values: not all is well on the way: GitRepository/apps/fleet Failed

In staging:
✓ ConfigMap/apps/values
└─ managed by ✓ Kustomization/apps/apps  main@sha1:4e1f0c7d
      from ✗ GitRepository/apps/fleet  Failed: GitOperationFailed  https://git.example.com/fleet.git
           no route to host
30 objects would feel it: ✓ Pod/apps/p0, ✓ Pod/apps/p1, ✓ Pod/apps/p2, ✓ Pod/apps/p3, ✓ Pod/apps/p4, \
✓ Pod/apps/p5, ✓ Pod/apps/p6, ✓ Pod/apps/p7 and 22 more

Data: all 2 clusters in sync, confirmed 3s ago"""
    )


def test_clusters_that_are_alike_share_their_lines_and_stay_in_order() -> None:
    answer = Traces(traces=(trace("a"), trace("b", git="Failed"), trace("c")))
    page = render_trace(answer)
    assert "In a, c:" in page.text
    assert page.text.count("Kustomization/apps/apps") == 2
    assert page.kept == 3
    assert [found.object.object.cluster for found in grouped(answer).traces] == ["a", "c", "b"]


def test_nothing_of_flux() -> None:
    loose = Trace(step("ConfigMap", "loose"), (), (), True, (), 0)
    text = render_trace(Traces(traces=(loose,))).text
    assert text.startswith("ConfigMap/apps/loose is not managed by Flux\n")
    assert "Nothing depends on it" in text
