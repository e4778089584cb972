"""`flux-mirror graph`: what hangs on what as a picture, or the way of the content through the fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from server.cli.asking import attached, finish, show
from server.cli.options import LIMIT, option, question_options, target_argument
from server.cli.targets import Target, parse_target
from server.options import Options

if TYPE_CHECKING:
    from server.render.drawing import Form, Plan

__all__ = ["graph"]


@click.command()
@target_argument
@option(
    "--format",
    "form",
    type=click.Choice(["text", "mermaid", "svg"]),
    default="mermaid",
    help="mermaid for pages and chats, svg for browsers and walls",
)
@option(
    "--view",
    "plan",
    type=click.Choice(["dependencies", "delivery"]),
    help="delivery: source → applier → inventory, with revisions  [default: delivery without KIND/NAME]",
    show_default=False,
)
@option(
    "--direction",
    type=click.Choice(["up", "down", "both"]),
    default="up",
    help="up: what it needs; down: what needs it",
)
@option("--depth", type=click.IntRange(1, 20), default=8, help="Most steps from the object")
@option("--limit", type=LIMIT, default=300, help="Most objects drawn; the others are counted")
@question_options
def graph(
    options: Options,
    target: tuple[str, ...],
    namespace: str | None,
    api_version: str | None,
    form: Form,
    plan: Plan | None,
    direction: str,
    depth: int,
    limit: int,
    clusters: tuple[str, ...],
    output: str,
    max_age: float | None,
) -> None:
    """A picture of what an object depends on, or of the delivery through all clusters.

    `graph ks/apps --format svg > apps.svg`; `graph` alone is source → applier → inventory of everything.
    """
    wanted = parse_target(target, namespace)
    plan = plan or ("dependencies" if wanted.kind else "delivery")
    _check(wanted, plan)
    with attached(options) as store:
        from query.graph.delivery import delivery_graph  # noqa: PLC0415
        from query.graph.question import dependency_graph  # noqa: PLC0415
        from server.render.drawing import render_graph  # noqa: PLC0415

        store.await_kind(wanted.kind, api_version, clusters or None)
        with store.open_view(clusters or None, max_age) as view:
            if plan == "delivery" or wanted.kind is None or wanted.name is None:
                found = delivery_graph(
                    view,
                    api_version=api_version,
                    kind=wanted.kind,
                    name=wanted.name,
                    namespace=wanted.namespace,
                    limit=limit,
                )
            else:
                found = dependency_graph(
                    view,
                    api_version=api_version,
                    kind=wanted.kind,
                    name=wanted.name,
                    namespace=wanted.namespace,
                    direction=direction,
                    depth=depth,
                    limit=limit,
                )
    drawing = render_graph(found, form, plan=plan, direction=direction, budget=None)
    if output == "text" and form != "text":
        click.echo(drawing.picture, nl=False)
    else:
        show(msgspec.structs.replace(found, picture=drawing.picture), drawing.page, output)
    finish(found, bad=False, exit_code=False)


def _check(wanted: Target, plan: Plan) -> None:
    if (wanted.kind is None) != (wanted.name is None) or (plan == "dependencies" and wanted.name is None):
        raise click.UsageError("say which object: KIND/NAME (or nothing, for the delivery of everything)")
