"""The state of the fleet as an on-call person reads it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from query.results.answer import Freshness, ObjectRef, Omitted
from query.results.fleet import (
    ClusterStatus,
    Controller,
    FailingObject,
    FleetStatus,
    FluxInstallation,
    Incident,
    KindCount,
    Ownership,
    OwnershipFinding,
    SuspendedObject,
)
from server.render.fleet import render_fleet

MakeRef = Callable[..., ObjectRef]

SINCE = "2023-11-14T22:01:20Z"
FLUX = FluxInstallation("v2.7.3", "", (Controller("source-controller", "x", True),))


def kinds(*, failing: int = 0, suspended: int = 0, ready: int = 10) -> tuple[KindCount, ...]:
    total = ready + failing + suspended
    return (KindCount("HelmRelease", total, ready, failing, 0, suspended, 0),)


def calm(name: str) -> ClusterStatus:
    return ClusterStatus(name, FLUX, kinds(), ())


def troubled(ref: MakeRef) -> ClusterStatus:
    down = FluxInstallation("v2.7.3", "", (Controller("helm-controller", "x", False),))
    failing = (
        FailingObject(ref("podinfo"), "UpgradeFailed", "Helm upgrade failed:\n deadline exceeded", SINCE),
        FailingObject(ref("redis"), "InstallFailed", "timed out", ""),
    )
    return ClusterStatus("staging", down, kinds(failing=2, suspended=1), failing)


def test_trouble_comes_first(ref: MakeRef, now: float, synced: tuple[Freshness, ...]) -> None:
    cause = "HelmRepository/flux-system/charts: 404"
    incident = Incident(cause, ("staging",), (ref("podinfo"), ref("redis")), SINCE, 2)
    status = FleetStatus(
        clusters=(calm("production-eu"), troubled(ref)), incidents=(incident,), freshness=synced
    )
    assert render_fleet(status, now=now).text == (
        """\
2 objects fail, in 1 of 2 clusters (2 of 23 Flux objects)

staging        2 failing, 1 suspended, 10 ready  Flux v2.7.3; controllers not ready: helm-controller
production-eu  all 10 Flux objects ready         Flux v2.7.3

Ready: HelmRelease 20/23

Same cause in several places:
- HelmRepository/flux-system/charts: 404
  2 objects in staging, for 12m: HelmRelease/apps/podinfo, HelmRelease/apps/redis

Failing:
HelmRelease/apps/podinfo in staging: UpgradeFailed for 12m: Helm upgrade failed: deadline exceeded
HelmRelease/apps/redis in staging: InstallFailed: timed out

Data: all 2 clusters in sync, confirmed 3s ago"""
    )


def test_a_failing_workload_counts_although_flux_is_content(ref: MakeRef, now: float) -> None:
    app = msgspec.structs.replace(ref("app", "Deployment"), api_version="apps/v1")
    failing = (FailingObject(app, "ImagePullBackOff", "not found", SINCE),)
    status = FleetStatus(clusters=(ClusterStatus("staging", FLUX, kinds(), failing),))
    lines = render_fleet(status, now=now).text.splitlines()
    assert lines[0] == "1 object fails, in 1 of 1 cluster (0 of 10 Flux objects)"
    assert lines[2] == "staging  1 workload failing, all 10 Flux objects ready  Flux v2.7.3"


def test_a_healthy_fleet_says_so_first(now: float, synced: tuple[Freshness, ...]) -> None:
    status = FleetStatus(clusters=(calm("a"), calm("b")), freshness=synced)
    assert render_fleet(status, now=now).text.startswith(
        "No failing Flux object in 2 clusters (20 looked at)\n"
    )


def test_health_is_not_claimed_where_nobody_could_look(now: float) -> None:
    stale = (Freshness("a", "stale", 90.0, (), "timeout"),)
    text = render_fleet(FleetStatus(clusters=(calm("a"),), freshness=stale), now=now).text
    assert text.splitlines()[0].endswith("; not everything could be seen in a")


def test_an_unreachable_fleet_is_not_a_healthy_one(now: float) -> None:
    dead = (Freshness("a", "unreachable", None, (), "no route"),)
    empty = ClusterStatus("a", FluxInstallation("", "", ()), (), ())
    text = render_fleet(FleetStatus(clusters=(empty,), freshness=dead), now=now).text
    assert text.startswith("Nothing could be read yet")
    assert text.endswith("a: unreachable, never read: no route")


def test_many_healthy_clusters_share_a_line(now: float) -> None:
    status = FleetStatus(clusters=tuple(calm(f"c{number:02}") for number in range(60)))
    text = render_fleet(status, now=now).text
    assert "all ready: c00, c01" in text
    assert "and 35 more (600 objects)" in text


def test_ready_is_only_said_of_what_could_be_seen_now(now: float) -> None:
    freshness = (
        Freshness("a", "unreachable", 7_200.0, (), "timeout"),
        Freshness("b", "synced", 1.0, ("helmreleases: forbidden", "pods: forbidden")),
        Freshness("c", "synced", 1.0, ("secrets: forbidden",)),
        Freshness("d", "syncing", 1.0),
    )
    nothing = ClusterStatus("d", FluxInstallation("", "", ()), (), ())
    clusters = (calm("a"), calm("b"), calm("c"), nothing)
    text = render_fleet(FleetStatus(clusters=clusters, freshness=freshness), now=now).text
    assert "a  all 10 Flux objects ready when last seen" in text
    assert "b  all 10 Flux objects ready, as far as can be seen" in text
    assert "c  all 10 Flux objects ready  " in text
    assert "d  no Flux objects, as far as can be seen" in text


def test_many_clusters_of_which_some_are_out_of_reach(now: float) -> None:
    freshness = tuple(Freshness(f"c{n:02}", "unreachable" if n < 2 else "synced", 9.0) for n in range(60))
    status = FleetStatus(clusters=tuple(calm(f"c{n:02}") for n in range(60)), freshness=freshness)
    text = render_fleet(status, now=now).text
    assert "all ready: c02, c03" in text
    assert "all ready when last seen: c00, c01 (20 objects)" in text


def test_a_large_outage_stays_in_the_budget(ref: MakeRef, now: float) -> None:
    failing = tuple(
        FailingObject(ref(f"app-{number}", cluster=f"c{number % 50}"), "UpgradeFailed", "x" * 400, SINCE)
        for number in range(500)
    )
    clusters = [
        ClusterStatus(f"c{number}", FLUX, kinds(failing=10), failing[number * 10 : number * 10 + 10])
        for number in range(50)
    ]
    freshness = tuple(Freshness(f"c{number}", "stale", 9.0, (), "timeout") for number in range(50))
    page = render_fleet(FleetStatus(clusters=tuple(clusters), freshness=freshness), now=now)
    assert len(page.text.encode()) <= 8_000
    assert 0 < page.kept < 500
    assert f"… {500 - page.kept} failing objects not shown" in page.text


def test_what_the_limit_left_out_is_counted(ref: MakeRef, now: float) -> None:
    status = FleetStatus(clusters=(troubled(ref),))
    status = msgspec.structs.replace(status, omitted=msgspec.structs.replace(status.omitted, count=7))
    assert "… 7 failing objects not shown" in render_fleet(status, now=now).text


def test_a_cluster_that_was_never_read_has_unknown_objects_not_none(now: float) -> None:
    nothing = ClusterStatus("staging", FluxInstallation("", "", ()), (), ())
    freshness = (Freshness("production-eu", "synced", 1.0), Freshness("staging", "unreachable", None))
    text = render_fleet(
        FleetStatus(clusters=(calm("production-eu"), nothing), freshness=freshness), now=now
    ).text
    assert "no Flux objects" not in text
    assert "staging        unknown, not read yet" in text


def test_versions_that_differ_are_told_with_who_is_different(now: float) -> None:
    other = msgspec.structs.replace(FLUX, version="v2.6.1")
    clusters = [*(calm(f"c{number}") for number in range(4)), ClusterStatus("old", other, kinds(), ())]
    text = render_fleet(FleetStatus(clusters=tuple(clusters)), now=now).text
    assert "Flux versions differ: v2.7.3 in 4 clusters; v2.6.1 in old" in text
    assert "differ" not in render_fleet(FleetStatus(clusters=tuple(clusters[:4])), now=now).text


def test_a_controller_that_differs_although_flux_does_not(now: float) -> None:
    def installed(image: str) -> FluxInstallation:
        return FluxInstallation("v2.7.3", "", (Controller("helm-controller", image, True),))

    images = {"a": "ghcr.io/fluxcd/hc:v1.4.2", "b": "local:5000/hc:v1.4.2@sha256:0", "c": "hc:v1.3.0"}
    clusters = tuple(ClusterStatus(name, installed(image), kinds(), ()) for name, image in images.items())
    text = render_fleet(FleetStatus(clusters=clusters), now=now).text
    assert "helm-controller differs: v1.4.2 in 2 clusters; v1.3.0 in c" in text


def test_what_is_suspended_and_since_when(ref: MakeRef, now: float) -> None:
    suspended = (
        SuspendedObject(ref("web", cluster="a"), SINCE),
        SuspendedObject(ref("web", cluster="b"), SINCE),
        SuspendedObject(ref("api", cluster="b"), ""),
    )
    clusters = (
        ClusterStatus("a", FLUX, kinds(suspended=1), ()),
        ClusterStatus("b", FLUX, kinds(suspended=4), ()),
    )
    lines = render_fleet(FleetStatus(clusters=clusters, suspended=suspended), now=now).text.splitlines()
    start = lines.index("Suspended, 5 objects:")
    assert lines[start + 1 : start + 4] == [
        "- HelmRelease/apps/web for 12m in a, b",
        "- HelmRelease/apps/api in b",
        "- … 2 more: search_fleet with health=Suspended",
    ]


def test_ownership_is_told_problem_by_problem(ref: MakeRef, now: float) -> None:
    findings = (
        OwnershipFinding("claimed twice", ref("web"), ("Kustomization/f/a", "Kustomization/f/b"), True),
        OwnershipFinding("orphan", ref("old"), ("Kustomization/f/c",), False),
        OwnershipFinding("orphan", ref("old", cluster="lab"), ("Kustomization/f/c",), False),
    )
    status = FleetStatus(clusters=(calm("a"),), ownership=Ownership(1, 0, 9, 3, findings))
    text = render_fleet(status, now=now).text
    assert "- HelmRelease/apps/web in staging: listed by Kustomization/f/a and Kustomization/f/b" in text
    assert (
        "- HelmRelease/apps/old in staging, lab: labelled by Kustomization/f/c, which is gone\n- … 7 more"
        in text
    )
    assert "In an inventory and gone" not in text
    assert "Ownership that cannot be told: 3 objects" in text


def test_ownership_is_not_judged_before_anything_was_read(now: float) -> None:
    empty = ClusterStatus("a", FluxInstallation("", "", ()), (), ())
    dead = (Freshness("a", "unreachable", None),)
    status = FleetStatus(clusters=(empty,), ownership=Ownership(0, 0, 0, 0, ()), freshness=dead)
    assert "claimed twice" not in render_fleet(status, now=now).text


def test_ownership_without_a_problem_says_so(now: float) -> None:
    status = FleetStatus(clusters=(calm("a"),), ownership=Ownership(0, 0, 0, 0, ()))
    assert "nothing is claimed twice" in render_fleet(status, now=now).text
    assert "wnership" not in render_fleet(FleetStatus(clusters=(calm("a"),)), now=now).text


def test_one_object_that_fails_everywhere_is_told_once(ref: MakeRef, now: float) -> None:
    names = [f"c{number:02}" for number in range(30)]
    clusters = tuple(
        ClusterStatus(
            name, FLUX, kinds(failing=1), (FailingObject(ref("web", cluster=name), "X", "no", SINCE),)
        )
        for name in names
    )
    refs = tuple(ref("web", cluster=name) for name in names)
    alone = FleetStatus(clusters=clusters)
    page = render_fleet(alone, now=now)
    assert page.text.count("HelmRelease/apps/web in c00, c01, c02, c03, c04 and 25 more: X for 12m: no") == 1
    assert page.kept == 30
    told = FleetStatus(clusters=clusters, incidents=(Incident("X: no", tuple(names), refs, SINCE, 30),))
    page = render_fleet(told, now=now)
    assert page.text.count("HelmRelease/apps/web") == 1
    assert page.kept == 30


def test_the_worst_of_50_clusters_stays_in_the_budget(ref: MakeRef, now: float) -> None:
    """Outage, skew, suspended objects, ownership, incidents at once; the head too has its bounds."""
    names = [f"cluster-with-a-long-name-{number:02}" for number in range(50)]
    clusters = []
    for number, name in enumerate(names):
        flux = FluxInstallation(f"v2.{number % 9}.0", "", (Controller("helm-controller", "x", False),))
        objects = [ref(f"application-{n}-{number}", cluster=name) for n in range(4)]
        failing = tuple(FailingObject(one, "UpgradeFailed", "m" * 300, SINCE) for one in objects)
        clusters.append(ClusterStatus(name, flux, kinds(failing=40, suspended=9), failing, 7))
    incidents = tuple(
        Incident("c" * 300, tuple(names), tuple(ref(f"app-{n}") for n in range(9)), SINCE, 99)
        for _ in range(9)
    )
    findings = tuple(
        OwnershipFinding(problem, ref(f"object-{n}"), ("Kustomization/flux-system/applications",) * 2, True)
        for problem in ("claimed twice", "gone", "orphan")
        for n in range(9)
    )
    status = FleetStatus(
        clusters=tuple(clusters),
        incidents=incidents,
        suspended=tuple(SuspendedObject(ref(f"suspended-{n}"), SINCE) for n in range(20)),
        ownership=Ownership(500, 500, 500, 500, findings),
        freshness=tuple(Freshness(name, "synced", 1.0) for name in names),
        omitted=Omitted(count=1800),
    )
    page = render_fleet(status, now=now)
    assert len(page.text.encode()) <= 8_000
    assert page.kept > 0
    assert f"… {2000 - page.kept:,} failing objects not shown" in page.text
