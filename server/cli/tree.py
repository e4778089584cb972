"""`flux-mirror tree`: what an object depends on, or what depends on it."""

from __future__ import annotations

import click
import msgspec

from server.cli.asking import attached, finish, show
from server.cli.options import option, question_options, target_argument
from server.cli.targets import parse_target
from server.options import Options

__all__ = ["tree"]


@click.command()
@target_argument
@option(
    "--direction",
    type=click.Choice(["up", "down", "both"]),
    default="up",
    help="up: what it needs; down: what needs it",
)
@option("--depth", type=click.IntRange(1, 20), default=8, help="Most steps from the object")
@question_options
def tree(
    options: Options,
    target: tuple[str, ...],
    namespace: str | None,
    api_version: str | None,
    direction: str,
    depth: int,
    clusters: tuple[str, ...],
    output: str,
    max_age: float | None,
) -> None:
    """What an object depends on, or what depends on it, as a tree with the health of each."""
    wanted = parse_target(target, namespace)
    if wanted.kind is None or wanted.name is None:
        raise click.UsageError("say which object: KIND/NAME")
    with attached(options) as store:
        from query.graph.question import dependency_graph  # noqa: PLC0415
        from server.render.tree import render_tree  # noqa: PLC0415

        store.await_kind(wanted.kind, api_version, clusters or None)
        with store.open_view(clusters or None, max_age) as view:
            graph = dependency_graph(
                view,
                api_version=api_version,
                kind=wanted.kind,
                name=wanted.name,
                namespace=wanted.namespace,
                direction=direction,
                depth=depth,
            )
    page = render_tree(graph, direction=direction, budget=None)
    show(msgspec.structs.replace(graph, picture=page.text), page, output)
    finish(graph, bad=False, exit_code=False)
