"""`flux-mirror trace`: from any object up to the source it comes from."""

from __future__ import annotations

import click

from server.cli.asking import attached, finish, show
from server.cli.options import LIMIT, option, question_options, target_argument
from server.cli.targets import parse_target
from server.options import Options

__all__ = ["trace"]


@click.command()
@target_argument
@option("--limit", type=LIMIT, default=20, help="Most dependents named")
@question_options
def trace(
    options: Options,
    target: tuple[str, ...],
    namespace: str | None,
    api_version: str | None,
    limit: int,
    clusters: tuple[str, ...],
    output: str,
    max_age: float | None,
) -> None:
    """Where an object comes from: its owners, appliers and sources, and what depends on it."""
    wanted = parse_target(target, namespace)
    if wanted.kind is None or wanted.name is None:
        raise click.UsageError("say which object: KIND/NAME")
    with attached(options) as store:
        from query.graph.trace import trace as trace_object  # noqa: PLC0415
        from server.render.trace import render_trace  # noqa: PLC0415

        store.await_kind(wanted.kind, api_version, clusters or None)
        with store.open_view(clusters or None, max_age) as view:
            found = trace_object(
                view,
                api_version=api_version,
                kind=wanted.kind,
                name=wanted.name,
                namespace=wanted.namespace,
                limit=limit,
            )
    show(found, render_trace(found, budget=None), output)
    finish(found, bad=False, exit_code=False)
