"""`flux-mirror why`: the root cause of what is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from server.cli.asking import attached, finish, show
from server.cli.options import LIMIT, option, question_options, target_argument
from server.cli.targets import parse_target
from server.options import Options
from server.second_look import second_look

if TYPE_CHECKING:
    from query.results.answer import RootCause

__all__ = ["why"]


@click.command()
@target_argument
@option("--limit", type=LIMIT, default=10, help="Most causes shown")
@option("--logs", is_flag=True, help="Also read the last log lines of failing containers, from the cluster")
@option("--exit-code", is_flag=True, help="End with 1 when something is broken")
@question_options
def why(
    options: Options,
    target: tuple[str, ...],
    namespace: str | None,
    api_version: str | None,
    limit: int,
    logs: bool,
    exit_code: bool,
    clusters: tuple[str, ...],
    output: str,
    max_age: float | None,
) -> None:
    """The root cause of what is broken, and the way from the symptom to it.

    Of one object (`why hr/podinfo -n apps`), or of everything that fails (`why`).
    """
    wanted = parse_target(target, namespace)
    with attached(options) as store:
        from query.root_cause import find_root_cause  # noqa: PLC0415
        from server.render.root_cause import render_root_cause  # noqa: PLC0415

        store.await_kind(wanted.kind, api_version, clusters or None)

        def ask() -> RootCause:
            with store.open_view(clusters or None, max_age) as view:
                asked_at.append(view.now)
                return find_root_cause(
                    view,
                    api_version=api_version,
                    kind=wanted.kind,
                    name=wanted.name,
                    namespace=wanted.namespace,
                    limit=limit,
                )

        asked_at: list[float] = []
        found = second_look(ask, lambda kind: store.await_kind(kind, None, clusters or None))
        if logs:
            from server.background import live_logs  # noqa: PLC0415
            from server.log_evidence import with_logs  # noqa: PLC0415

            found = with_logs(found, live_logs(options))
    show(found, render_root_cause(found, now=asked_at[-1], budget=None), output)
    finish(found, bad=not found.healthy, exit_code=exit_code)
