"""The state of the fleet as an on-call person reads it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from query.results import (
    ClusterStatus,
    Controller,
    FailingObject,
    FleetStatus,
    FluxInstallation,
    Freshness,
    Incident,
    KindCount,
    ObjectRef,
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
