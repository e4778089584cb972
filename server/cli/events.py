"""`flux-mirror events`: what Kubernetes and Flux have said about objects."""

from __future__ import annotations

import click

from server.cli.asking import attached, finish, show
from server.cli.options import LIMIT, option, question_options, target_argument
from server.cli.targets import parse_target
from server.options import Options

__all__ = ["events"]


@click.command()
@target_argument
@option("--type", metavar="TYPE", help="Only Normal or Warning")
@option("--since", metavar="WHEN", help="Only since then: 30m, 2h, 3d or a time")
@option("--grep", metavar="PATTERN", help="Only where reason, message or object matches")
@option("--limit", type=LIMIT, default=200, help="Most events shown")
@question_options
def events(
    options: Options,
    target: tuple[str, ...],
    namespace: str | None,
    api_version: str | None,
    type: str | None,
    since: str | None,
    grep: str | None,
    limit: int,
    clusters: tuple[str, ...],
    output: str,
    max_age: float | None,
) -> None:
    """Events about objects, from all clusters, the newest first.

    KIND/NAME of a workload includes its ReplicaSets, Jobs and Pods, also those that are gone. Events are kept
    for a week, although API servers drop them after an hour.
    """
    wanted = parse_target(target, namespace)
    with attached(options) as store:
        from query.object_events import get_events  # noqa: PLC0415
        from server.render.events import render_events  # noqa: PLC0415

        store.await_kind(wanted.kind, api_version, clusters or None)
        with store.open_view(clusters or None, max_age) as view:
            found = get_events(
                view,
                api_version=api_version,
                kind=wanted.kind,
                name=wanted.name,
                namespace=wanted.namespace,
                type=type,
                since=since,
                grep=grep,
                limit=limit,
            )
    show(found, render_events(found, now=view.now, budget=None), output)
    finish(found, bad=False, exit_code=False)
