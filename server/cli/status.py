"""`flux-mirror status`: health of Flux in every cluster, once or for as long as somebody watches."""

from __future__ import annotations

import click

from server.cli.asking import attached, finish, show
from server.cli.options import LIMIT, option, question_options
from server.options import Options

__all__ = ["status"]


@click.command()
@option("--limit", type=LIMIT, default=50, help="Most failing objects shown")
@option("--ownership", is_flag=True, help="Also: claimed by two appliers, gone, orphans")
@option("--exit-code", is_flag=True, help="End with 1 when something fails")
@option("-w", "--watch", is_flag=True, help="Keep showing it until Ctrl-C")
@question_options
def status(
    options: Options,
    limit: int,
    ownership: bool,
    exit_code: bool,
    watch: bool,
    clusters: tuple[str, ...],
    output: str,
    max_age: float | None,
) -> None:
    """Health of Flux in every cluster: what fails, since when, and with which version."""
    if watch:
        if output != "text":
            raise click.UsageError("--watch shows text only")
        with attached(options) as store:
            from server.cli.status_pages import pages  # noqa: PLC0415
            from server.cli.watching import watch as show_changes  # noqa: PLC0415

            show_changes(pages(store, clusters, limit, max_age=max_age, ownership=ownership))
        return
    with attached(options) as store:
        from server.cli.status_pages import look  # noqa: PLC0415

        with store.open_view(clusters or None, max_age) as view:
            found, page = look(view, limit, ownership=ownership)
    show(found, page, output)
    finish(found, bad=not found.healthy, exit_code=exit_code)
