"""`flux-mirror get`: objects from all clusters, with their health."""

from __future__ import annotations

import click

from server.cli.asking import attached, finish, show
from server.cli.options import LIMIT, option, question_options, target_argument
from server.cli.targets import parse_target
from server.options import Options

__all__ = ["get"]


@click.command()
@target_argument
@option("-A", "--all-namespaces", is_flag=True, help="The default; accepted out of habit")
@option("-l", "--selector", metavar="LABELS", help="Label selector, as in kubectl")
@option("--fields", multiple=True, metavar="PATH", help="Show this path instead of the object; repeatable")
@option("--limit", type=LIMIT, default=200, help="Most objects shown")
@question_options
def get(
    options: Options,
    target: tuple[str, ...],
    namespace: str | None,
    api_version: str | None,
    all_namespaces: bool,
    selector: str | None,
    fields: tuple[str, ...],
    limit: int,
    clusters: tuple[str, ...],
    output: str,
    max_age: float | None,
) -> None:
    """Objects from all clusters, with their health.

    KIND is understood as in kubectl: plural, singular and short names, any case. With a NAME the whole
    object is shown (secrets are never stored).
    """
    if all_namespaces and namespace:
        raise click.UsageError("-A and -n contradict each other")
    wanted = parse_target(target, namespace)
    with attached(options) as store:
        from query.resources import get_resources  # noqa: PLC0415
        from server.render.resources import render_resources  # noqa: PLC0415

        store.await_kind(wanted.kind, api_version, clusters or None)
        with store.open_view(clusters or None, max_age) as view:
            found = get_resources(
                view,
                api_version=api_version,
                kind=wanted.kind,
                name=wanted.name,
                namespace=wanted.namespace,
                selector=selector,
                fields=fields or None,
                limit=limit,
            )
    show(found, render_resources(found, now=view.now, budget=None), output)
    finish(found, bad=False, exit_code=False)
